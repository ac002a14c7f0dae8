"""From choices to a world and two regimes, in milliseconds: the configuration is composed once.

Composing takes half a second on a busy machine; a slider has to answer at once. A test holds that
a case equals what :func:`experiments.configuration.load_setup` makes of the same settings.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from experiments.classroom.choices import POPULATION, Choices
from experiments.classroom.menu import UNCHANGED, Menu, menu
from experiments.library import Library
from experiments.regimes import Change, Levers, RegimeEntry, expand, regime_entry
from simulation.policies.registry import FAMILIES
from simulation.population import Population
from simulation.world import World

if TYPE_CHECKING:
    from experiments.configuration import WhySetup


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What choices come to.

    Attributes
    ----------
    entry, against: the regime and the one it is compared with, in the same world.
    reference: the regime without money.
    sliders: where every slider stands; None for levers of a regime without programmes.
    """

    choices: Choices
    world: World
    population: Population
    entry: RegimeEntry
    against: RegimeEntry
    reference: RegimeEntry
    sliders: dict[str, float | None]


@cache
def base() -> WhySetup:
    """Everything that no choice changes, as ``why`` needs it."""
    from experiments.why.settings import load_why

    settings = [f"population={POPULATION}", f"replicates={menu().replicates}",
                f"orders={menu().orders}"]  # fmt: skip
    return load_why(["rd_tax_credit", "race"], settings)


@lru_cache(maxsize=64)
def case_of(choices: Choices) -> Case:
    """The world and the regimes of these choices.

    Raises
    ------
    ConfigError: values that contradict each other.
    """
    given = menu()
    world = _world(choices, given)
    entry = _entry(choices.regime, choices, given)
    if choices.against == UNCHANGED:
        own = _entry(choices.regime, choices.world_only(given), given)
        against = _renamed(own, UNCHANGED)
    else:
        against = _entry(choices.against, choices.world_only(given), given)
    return Case(
        choices=choices, world=world, population=base().population, entry=entry, against=against,
        reference=base().reference, sliders=_positions(world, entry, given),
    )  # fmt: skip


def why_setup(case: Case) -> WhySetup:
    """The difference between the two regimes of a case, to be taken apart."""
    return dataclasses.replace(
        base(), world=case.world, regimes=(case.against, case.entry), seed=case.choices.seed,
        outcome=case.choices.outcome,
    )  # fmt: skip


def _world(choices: Choices, given: Menu) -> World:
    values = copy.deepcopy(base().world.as_mapping())
    for name, value in choices.settings:
        if not given.sliders[name].lever:
            section, parameter = name.split(".")
            values[section][parameter] = value
    return World.from_mapping(values)


def _entry(name: str, choices: Choices, given: Menu) -> RegimeEntry:
    """A regime with the levers of these choices, where it is the one they change."""
    known = given.regimes[name]
    changes = [
        Change(None, None, setting.split(".")[0], setting.split(".")[1], value)
        for setting, value in choices.settings
        if given.sliders[setting].lever and name == choices.regime
    ]
    words = {"title": known.title, "question": known.question, "source": known.source,
             "systems": known.systems}  # fmt: skip
    return regime_entry(Library.open(), name, words, copy.deepcopy(_expanded(name)), changes)


@cache
def _expanded(name: str) -> dict[str, Levers]:
    return expand(Library.open(), name)


def _renamed(entry: RegimeEntry, name: str) -> RegimeEntry:
    regime = dataclasses.replace(entry.regime, name=name)
    return dataclasses.replace(entry, name=name, regime=regime)


def _positions(world: World, entry: RegimeEntry, given: Menu) -> dict[str, float | None]:
    """Value of every slider's setting; of levers, that of the first programme."""
    world_values = world.as_mapping()
    programmes = entry.regime.programmes
    positions: dict[str, float | None] = {}
    for name, slider in given.sliders.items():
        section, parameter = name.split(".")
        if not slider.lever:
            positions[name] = world_values[section][parameter]
        elif programmes:
            assert section in FAMILIES
            positions[name] = programmes[0].levers[section].as_mapping()[parameter]
        else:
            positions[name] = None
    return positions
