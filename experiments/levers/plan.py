"""What is to be run for a census: every arm once, in the default world and in the worlds of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.settings import ConfigError
from experiments.levers.settings import Census, Levers, Row, changed_regime, changed_world
from experiments.running.complete import complete_outcomes
from experiments.running.plan import MAIN, Plan, Point
from experiments.running.store import OUTCOME_NAMES, ExperimentError, Store
from simulation.policies.registry import Regime

FloatArray = NDArray[np.float64]
_World = tuple[tuple[str, Any], ...]  # changed parameters, sorted


@dataclass(frozen=True, slots=True)
class Arm:
    """Where runs stand in the plan."""

    point: int
    regime: int


@dataclass(frozen=True, slots=True)
class Move:
    """A lever moved from its first level to another, in the default world."""

    row: Row
    value: Any
    base: Arm
    moved: Arm


@dataclass(frozen=True, slots=True)
class Trial:
    """The test that was fixed for a lever: its own world, ends and outcome."""

    row: Row
    base: Arm
    moved: Arm


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A census laid out for its runs; point 0 is the default world."""

    moves: tuple[Move, ...]
    trials: tuple[Trial, ...]
    plan: Plan


@dataclass(slots=True)
class _Arms:
    """Distinct regimes of one world; equal levers are one regime."""

    regimes: list[Regime] = field(default_factory=list)
    by_levers: dict[bytes, int] = field(default_factory=dict)

    def place(self, regime: Regime) -> int:
        """Its number; it is added when no regime has its levers."""
        key = regime.columns.tobytes()
        if key not in self.by_levers:
            self.by_levers[key] = len(self.regimes)
            self.regimes.append(regime)
        return self.by_levers[key]


def lay_out(census: Census) -> Layout:
    """Build every arm once.

    Raises
    ------
    ConfigError: changed levers of a regime contradict those the census moves.
    """
    setup = census.setup
    regimes = {entry.name: entry.regime for entry in setup.regimes}
    worlds: dict[_World, _Arms] = {(): _Arms()}
    numbers: dict[_World, int] = {(): 0}

    def arm(row: Row, levers: Levers, world: _World = ()) -> Arm:
        arms = worlds.setdefault(world, _Arms())
        point = numbers.setdefault(world, len(numbers))
        return Arm(point, arms.place(_built(regimes[row.regime], row, levers)))

    moves, trials = [], []
    for row in census.rows:
        base = arm(row, row.low)
        moves += [Move(row, value, base, arm(row, levers)) for value, levers in row.levels()]
        world = tuple(sorted(row.world.items()))
        trials.append(Trial(row, arm(row, row.low, world), arm(row, row.high, world)))
    points = tuple(_point(census, dict(world), arms.regimes) for world, arms in worlds.items())
    return Layout(tuple(moves), tuple(trials), Plan(points))


def _built(regime: Regime, row: Row, levers: Levers) -> Regime:
    told = ", ".join(f"{name} = {value}" for name, value in levers.items())
    try:
        return changed_regime(regime, levers, f"{regime.name}: {told}")
    except ConfigError as error:
        raise ConfigError(f"lever '{row.lever}' in regime '{row.regime}': {error}") from error


def _point(census: Census, world: dict[str, Any], regimes: Sequence[Regime]) -> Point:
    """A world with its arms; the hand-over test, which no column here reads, is left out."""
    setup = census.setup
    name = ", ".join(f"{parameter} = {value}" for parameter, value in world.items())
    return Point(
        variant=name or MAIN,
        world=changed_world(setup.world, {**world, "time.hand_over": 0}),
        population=setup.population,
        reference=setup.reference.regime,
        regimes=tuple(regimes),
        seed=setup.seed,
        replicates=setup.replicates,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Outcomes by point and name, each of shape (regimes, replicates), and replicates left out."""

    outcomes: tuple[dict[str, FloatArray], ...]
    missing: int

    def pair(self, outcome: str, base: Arm, moved: Arm) -> tuple[FloatArray, FloatArray]:
        """Outcome of the base and of the moved arm, each of shape (replicates,)."""
        held = self.outcomes[base.point][outcome]
        return held[base.regime], held[moved.regime]


def gather(layout: Layout, store: Store) -> Values:
    """Outcomes of the replicates that are complete in each world.

    Raises
    ------
    ExperimentError: a world has fewer than two.
    """
    outcomes: list[dict[str, FloatArray]] = []
    missing = 0
    for point in layout.plan.points:
        found, complete = complete_outcomes(point, store, OUTCOME_NAMES)
        if complete < 2:
            raise ExperimentError(
                f"Fewer than two replicates are complete in the world '{point.variant}', so "
                f"nothing can be compared. Start the same command again, with replicates=2 or more."
            )
        missing += point.replicates - complete
        outcomes.append(found)
    return Values(tuple(outcomes), missing)
