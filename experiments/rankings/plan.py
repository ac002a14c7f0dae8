"""What is to be run: the world as it stands, other structures, and drawn worlds, on luck of their own.

Every world has another seed. Draws are then independent of each other, which intervals of shares of draws rest
on; within a world all regimes share their luck as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.settings import ConfigError
from experiments.levers.settings import changed_regime, changed_world
from experiments.rankings.settings import Rankings, Structure
from experiments.running.complete import complete_outcomes
from experiments.running.plan import MAIN, Plan, Point
from experiments.running.store import ExperimentError, Store
from experiments.sweep.designs import LHS, Design, make_design
from experiments.sweep.space import Space

FloatArray = NDArray[np.float64]
DRAW = "draw "  # with this begin the names of drawn worlds
SEEDS_APART = 1_000_003  # between the seeds of two worlds


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """All worlds: point 0 is the world as it stands, then the structures, then the draws."""

    structures: tuple[Structure, ...]
    design: Design
    plan: Plan

    @property
    def first_draw(self) -> int:
        """Number of the first drawn world."""
        return 1 + len(self.structures)


def lay_out(rankings: Rankings) -> Layout:
    """Build every world once.

    Raises
    ------
    ConfigError: a structure or a drawn world contradicts itself.
    """
    uncertainty = rankings.uncertainty
    design = make_design(
        Space(uncertainty.factors), LHS, rankings.draws, rankings.setup.seed % 2**32
    )
    names = design.space.names
    points = [_point(rankings, 0, MAIN, {}, {}, rankings.setup.replicates)]
    for one in uncertainty.structures:
        points.append(
            _point(rankings, len(points), one.name, one.world, one.levers, uncertainty.replicates)
        )
    for number, row in enumerate(design.rows()):
        world = dict(zip(names, row, strict=True))
        points.append(
            _point(rankings, len(points), f"{DRAW}{number}", world, {}, rankings.per_draw)
        )
    return Layout(uncertainty.structures, design, Plan(tuple(points)))


def _point(
    rankings: Rankings, number: int, name: str, world: Any, levers: Any, replicates: int
) -> Point:
    """A world with all regimes; the hand-over test, which no ranking here reads, is left out."""
    setup = rankings.setup
    try:
        regimes = tuple(
            changed_regime(entry.regime, levers, entry.name) if levers else entry.regime
            for entry in setup.regimes
        )
        changed = changed_world(setup.world, {**world, "time.hand_over": 0})
    except ConfigError as error:
        raise ConfigError(f"rankings, world '{name}': {error}") from error
    return Point(
        variant=name,
        world=changed,
        population=setup.population,
        reference=setup.reference.regime,
        regimes=regimes,
        seed=(setup.seed + number * SEEDS_APART) % 2**63,
        replicates=replicates,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Outcomes by world and name, each of shape (regimes, replicates), and replicates left out."""

    worlds: tuple[dict[str, FloatArray], ...]
    missing: int


def gather(layout: Layout, store: Store, outcomes: tuple[str, ...]) -> Values:
    """Outcomes of the replicates that every regime has finished.

    Raises
    ------
    ExperimentError: a world has fewer than two.
    """
    worlds: list[dict[str, FloatArray]] = []
    missing = 0
    for point in layout.plan.points:
        found, complete = complete_outcomes(point, store, outcomes)
        if complete < 2:
            raise ExperimentError(
                f"Fewer than two replicates are complete in the world '{point.variant}'. Start the "
                f"same command again; 'failures.parquet' names what failed."
            )
        missing += point.replicates - complete
        worlds.append(found)
    return Values(tuple(worlds), missing)
