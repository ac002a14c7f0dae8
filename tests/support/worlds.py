"""The default world, its populations and its regimes, as the command line builds them."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.compiled import rule
from experiments.configuration import Setup, load_setup
from simulation.bits import count_bits, lowest
from simulation.outcomes import RunResult
from simulation.phases import addresses, advance
from simulation.policies.registry import Programme, Regime
from simulation.population import Population
from simulation.runner import run_replicate
from simulation.setup import first_state
from simulation.state import CHANGING, GROWING, State
from simulation.world import World

SEED = 20240521


@functools.cache
def default_setup(population: str = "yangtze_delta") -> Setup:
    """Everything ``consortia compare`` would run on this population, without robustness."""
    return load_setup("compare", [f"population={population}", "robustness=none"])


def default_world() -> World:
    return default_setup().world


def default_population() -> Population:
    return default_setup().population


@functools.cache
def regimes() -> dict[str, Regime]:
    """Every regime of ``configs/regime`` by name, the reference first."""
    return {entry.name: entry.regime for entry in default_setup().regimes}


def reference() -> Regime:
    return default_setup().reference.regime


def changed_world(changes: Mapping[str, Any], world: World | None = None) -> World:
    """The world with other values, given as ``{"section.parameter": value}``."""
    values = copy.deepcopy((world or default_world()).as_mapping())
    for name, value in changes.items():
        section, parameter = name.split(".")
        values[section][parameter] = value
    return World.from_mapping(values)


def changed_regime(regime: Regime, changes: Mapping[str, Any]) -> Regime:
    """The regime with other levers in all its programmes, ``{"family.lever": value}``."""
    programmes = []
    for programme in regime.programmes:
        values = copy.deepcopy(programme.as_mapping())
        for name, value in changes.items():
            family, lever = name.split(".")
            values[family][lever] = value
        programmes.append(Programme.from_mapping(values))
    return Regime(regime.name, tuple(programmes))


def renamed(regime: Regime, name: str) -> Regime:
    return dataclasses.replace(regime, name=name)


def with_bystanders(population: Population, count: int) -> Population:
    """More organisations of every kind and region, without staff, at the end of the list."""
    kinds = len(np.unique(population.kind))
    codes = np.arange(count)
    kind = codes % kinds
    return dataclasses.replace(
        population,
        kind=np.append(population.kind, kind),
        ownership=np.append(population.ownership, np.where(kind >= 2, 3, codes % 3)),
        region=np.append(population.region, codes % len(population.regions)),
        staff=np.append(population.staff, np.zeros(count)),
        home_field=np.append(population.home_field, np.full(count, -1)),
        labels=(*population.labels, *(f"bystander {code}" for code in codes)),
    )


def cut(population: Population, count: int) -> Population:
    """A smaller population: ``count`` organisations evenly taken from the list."""
    rows = np.linspace(0, population.size - 1, count).astype(int)
    columns = ("kind", "ownership", "region", "staff", "home_field")
    return dataclasses.replace(
        population,
        **{name: getattr(population, name)[rows] for name in columns},
        labels=tuple(population.labels[row] for row in rows),
    )


def run(
    chosen: list[Regime],
    *,
    world: World | None = None,
    population: Population | None = None,
    replicate: int = 0,
) -> list[RunResult]:
    """Run one replicate of some regimes in the default world or another."""
    return run_replicate(
        world or default_world(), population or default_population(), reference(), chosen,
        seed=SEED, replicate=replicate,
    )  # fmt: skip


def state_after_burn_in(world: World, population: Population, replicate: int = 0) -> State:
    start = first_state(world, population, seed=SEED, replicate=replicate)
    advance(start, addresses(), 0, int(start.world[0]["time_burn_in"]), False, True)
    return start


def enlist(state: State, row: int, organisations: list[int]) -> np.ndarray:
    """Give a consortium its members, as many as any other has; returns their records."""
    size = len(organisations)
    state.consortia[row] = state.no_consortium[0]
    state.escrow[row] = 0
    team = state.consortia[row]
    team["lead"], team["size"], team["first"] = organisations[0], size, row * size
    members: np.ndarray = state.members[row * size : (row + 1) * size]
    members[:] = np.zeros(size, members.dtype)
    members["row"] = organisations
    return members


def members_of(state: State, row: int) -> np.ndarray:
    """Records of a consortium's members, the lead first, shape (size,)."""
    team = state.consortia[row]
    members: np.ndarray = state.members[team["first"] : team["first"] + team["size"]]
    return members


def differences(first: RunResult, second: RunResult) -> list[str]:
    """Names of outcomes and trajectories that are not equal to the last bit."""
    unequal = [
        name
        for name, value in first.outcomes.items()
        if np.float64(value).tobytes() != np.float64(second.outcomes[name]).tobytes()
    ]
    return unequal + [
        f"trajectory {name}"
        for name, path in first.trajectories.items()
        if path.tobytes() != second.trajectories[name].tobytes()
    ]


def unequal_columns(first: State, second: State) -> list[str]:
    """Names of the columns that two runs of the same regime do not share to the last bit."""

    def in_use(state: State, name: str) -> bytes:
        column: np.ndarray = getattr(state, name)
        used = int(state.counters[GROWING[name]]) if name in GROWING else len(column)
        return column[:used].tobytes()

    return [name for name in (*CHANGING, *GROWING) if in_use(first, name) != in_use(second, name)]


@rule
def ask_bits(part, answers):
    """Elements and lowest element of a bit set, asked in compiled code."""
    answers[0] = count_bits(part)
    answers[1] = lowest(part)


def plain(rule: Any) -> Any:
    """The uncompiled form of a rule, which the agents' methods and the slow twin call."""
    return rule.py_func
