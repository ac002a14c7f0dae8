"""Runs of candidates: in all worlds, on the same luck, as paired differences to the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.configuration import MOST_SEED
from experiments.library import Library
from experiments.regimes import RegimeEntry
from experiments.running.jobs import Engine
from experiments.running.plan import Plan, Point
from experiments.running.session import do_runs
from experiments.running.store import Store
from experiments.search.settings import SearchSetup
from simulation.world import SECTIONS, World

FloatArray = NDArray[np.float64]
UNCERTAIN = "uncertain_world"  # the sweep whose factors of the world are drawn


class Trials:
    """Does runs of candidates, either where they are sought or where they are held out.

    Attributes
    ----------
    worlds: the worlds in which every candidate runs.
    seed, replicates: the luck on which it runs.
    runs: runs asked for so far, those of the reference included; failed: those without a result.
    """

    def __init__(
        self,
        setup: SearchSetup,
        store: Store,
        run: Engine | None,
        *,
        held_out: bool,
        progress: bool,
    ) -> None:
        self._setup, self._store, self._engine, self._progress = setup, store, run, progress
        self.seed = held_out_seed(setup.base.seed) if held_out else setup.base.seed
        self.replicates = setup.rule.held_out if held_out else setup.base.replicates
        self.worlds = drawn_worlds(setup, self.seed)
        self.done, self.cached, self.seconds = 0, 0, 0.0
        self.failed: list[str] = []

    def differences(self, entries: Sequence[RegimeEntry], outcomes: Sequence[str]) -> FloatArray:
        """Outcomes less those of the reference, shape (entries, outcomes, replicates).

        Means over the worlds; NaN where a run failed or has no value.
        """
        plan = self._plan(entries)
        execution = do_runs(plan, self._store, self._setup.base, self._progress, self._engine)
        self.done, self.cached = self.done + execution.done, self.cached + execution.cached
        self.seconds += execution.seconds
        self.failed += [failure.error for failure in execution.failures]
        total = np.zeros((len(entries) + 1, len(outcomes), self.replicates))
        for point in plan.points:
            total += self._values(point, outcomes)
        means = total / len(plan.points)
        differences: FloatArray = means[1:] - means[:1]
        return differences

    def _plan(self, entries: Sequence[RegimeEntry]) -> Plan:
        base = self._setup.base
        regimes = (base.reference.regime, *(entry.regime for entry in entries))
        return Plan(
            tuple(
                Point(
                    variant=f"world {number}", world=world, population=base.population,
                    reference=base.reference.regime, regimes=regimes, seed=self.seed,
                    replicates=self.replicates,
                )
                for number, world in enumerate(self.worlds)
            )
        )  # fmt: skip

    def _values(self, point: Point, outcomes: Sequence[str]) -> FloatArray:
        names = point.run_ids().ravel()
        there = np.asarray(self._store.run_ids.held(names))
        values = np.full((len(names), len(outcomes)), np.nan)
        rows = self._store.runs(names[there], ["run_id", *outcomes])
        values[there] = np.column_stack([rows.column(name).to_numpy() for name in outcomes])
        shape = (len(point.regimes), point.replicates, len(outcomes))
        return values.reshape(shape).transpose(0, 2, 1)


def held_out_seed(seed: int) -> int:
    """The seed of the luck on which final figures rest: the next one, after the largest the first."""
    return (seed + 1) % (MOST_SEED + 1)


def drawn_worlds(setup: SearchSetup, seed: int) -> tuple[World, ...]:
    """The world as it is set, or worlds drawn around it by a Latin hypercube."""
    from experiments.sweep.designs import make_design
    from experiments.sweep.factors import make_factor
    from experiments.sweep.grammar import read_request
    from experiments.sweep.space import Space

    count = setup.rule.worlds
    if count == 1:
        return (setup.base.world,)
    library = Library.open(setup.config_dirs)
    varied = read_request(library, [f"sweep={UNCERTAIN}"]).varied
    space = Space(
        tuple(
            make_factor(name, one, library, {})
            for name, one in varied.items()
            if name.split(".")[0] in SECTIONS
        )
    )
    design = make_design(space, "lhs", count, seed)
    return tuple(_changed(setup.base.world, space.names, row) for row in design.rows())


def _changed(world: World, names: Sequence[str], row: Sequence[object]) -> World:
    plain = {section: dict(values) for section, values in world.as_mapping().items()}
    for name, value in zip(names, row, strict=True):
        section, parameter = name.split(".")
        plain[section][parameter] = value
    return World.from_mapping(plain)
