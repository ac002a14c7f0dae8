"""What the census moves: for every lever its regime, its levels, and the test that was fixed for it.

``configs/levers/default.yaml`` has a row for each lever. It was written before the tests in
``tests/statistical/test_levers.py`` were run, and the census takes its settings from the same rows.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError, nearest
from experiments.library import CONFIGS, read_yaml
from simulation.policies.registry import FAMILIES, Programme, Regime
from simulation.world import World

if TYPE_CHECKING:
    from experiments.configuration import Setup

TABLE = CONFIGS / "levers" / "default.yaml"
Levers = Mapping[str, Any]  # by ``family.lever``


@dataclass(frozen=True, slots=True)
class Row:
    """One lever, and how it is moved.

    Attributes
    ----------
    lever: ``family.lever``.
    regime: the preset in which it is moved.
    low, high: settings of the two arms of the test, ``family.lever`` to value.
    world: settings of the world of both arms; empty for the default world.
    outcome, sign, smallest: what must move, which way, and by how much at least; ``sign`` 0
        for a lever that is published as inert.
    replicates: pairs of runs of the test.
    """

    lever: str
    regime: str
    low: Levers
    high: Levers
    world: Mapping[str, Any]
    outcome: str
    sign: int
    smallest: float
    replicates: int

    def levels(self) -> list[tuple[Any, Levers]]:
        """Every level but the first, each with the settings of its arm.

        A choice has all its values, a number the middle and the end of the test's range.
        """
        low, high = self.low[self.lever], self.high[self.lever]
        return [(value, {**self.high, self.lever: value}) for value in _between(self, low, high)]


def _between(row: Row, low: Any, high: Any) -> list[Any]:
    family, lever = row.lever.split(".")
    if isinstance(high, str):
        others = FAMILIES[family].parameters()[lever].choices
        return [value for value in others if value != low]
    if isinstance(high, (bool, list)):
        return [high]
    whole = isinstance(low, int) and isinstance(high, int)
    middle = round((low + high) / 2) if whole else (low + high) / 2
    return [high] if middle in (low, high) else [middle, high]


@functools.cache
def rows() -> tuple[Row, ...]:
    """The table, in its order."""
    return tuple(Row(**{"world": {}, **entry}) for entry in read_yaml(TABLE))


def changed_world(world: World, changes: Mapping[str, Any]) -> World:
    """The world with other values, given as ``{"section.parameter": value}``."""
    values = {name: dict(section) for name, section in world.as_mapping().items()}
    for name, value in changes.items():
        section, parameter = name.split(".")
        values[section][parameter] = value
    return World.from_mapping(values)


def changed_regime(regime: Regime, changes: Levers, name: str) -> Regime:
    """The regime under another name with other levers in all its programmes."""
    programmes = []
    for programme in regime.programmes:
        values = {family: dict(levers) for family, levers in programme.as_mapping().items()}
        for lever, value in changes.items():
            family, _, inside = lever.partition(".")
            values[family][inside] = value
        programmes.append(Programme.from_mapping(values))
    return Regime(name, tuple(programmes))


@dataclass(frozen=True, slots=True)
class Census:
    """What one census is about: its setup and the rows it runs."""

    setup: Setup
    rows: tuple[Row, ...]


def load_census(
    names: Sequence[str], texts: Sequence[str], config_dirs: Sequence[Path] = ()
) -> Census:
    """Compose and check everything for ``levers [NAME ...]``; a name is a lever or a family.

    Raises
    ------
    ConfigError: a name is no lever, or any setting cannot be used.
    """
    from experiments.configuration import load_setup

    known = [row.lever for row in rows()]
    for name in names:
        if name not in (*known, *FAMILIES):
            raise ConfigError(f"'{name}' is not a lever. {nearest(name, [*known, *FAMILIES])}")
    for text in texts:
        if text.partition("=")[0] in ("regimes", "regime"):
            raise ConfigError(
                f"{text} does nothing here: each lever is moved in the regime that "
                f"configs/levers/default.yaml names. Leave it out; to change a lever of a regime, "
                f"write such as regime.race.selection.teams=2."
            )
    setup = load_setup("levers", texts, config_dirs)
    chosen = tuple(
        row
        for row in rows()
        if not names or row.lever in names or row.lever.partition(".")[0] in names
    )
    config = setup.config | {"levers": [row.lever for row in chosen]}
    return Census(dataclasses.replace(setup, config=config), chosen)
