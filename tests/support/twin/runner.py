"""Whole runs of the twin: every regime is simply run from the start."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.measures import outcomes
from simulation.outcomes import TRAJECTORIES, RunResult
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.state import State
from simulation.world import World
from tests.support.twin.columns import columns_of
from tests.support.twin.model import TwinModel
from tests.support.twin.needs import SOLVED


def run_twin(
    world: World,
    population: Population,
    reference: Regime,
    regimes: Sequence[Regime],
    *,
    seed: int,
    replicate: int,
) -> list[RunResult]:
    """What :func:`simulation.runner.run_replicate` gives, from the twin."""
    results = []
    _, baseline = whole_run(TwinModel(world, population, reference, seed=seed, replicate=replicate))
    for regime in regimes:
        model = TwinModel(world, population, regime, seed=seed, replicate=replicate)
        start, end = whole_run(model)
        after = hand_over(TwinModel(world, population, regime, seed=seed, replicate=replicate))
        results.append(
            RunResult(
                regime=regime.name,
                replicate=replicate,
                outcomes=outcomes(end, start, baseline, after),
                trajectories={
                    outcome.name: end.trajectory[:, column]
                    for column, outcome in enumerate(TRAJECTORIES)
                },
                stages=end.stages[1:],
            )
        )
    return results


def whole_run(model: TwinModel) -> tuple[State, State]:
    """Columns at the first policy quarter and after the run-out."""
    while model.quarter < 0:
        model.step()
    start = columns_of(model)
    model.run_model()
    return start, columns_of(model)


def hand_over(model: TwinModel) -> float:
    """Needs solved in further quarters without policy, by what the regime leaves behind."""
    if model.w.time_hand_over == 0:
        return float("nan")
    while model.now < model.policy_ends:
        model.step()
    for _ in range(model.w.time_hand_over):
        model.pass_quarter(policy=False, fresh=True)
    later = model.needs[model.cohort.stop :]
    return float(len([need for need in later if need.status == SOLVED]))
