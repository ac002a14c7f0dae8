"""Whole runs: the regimes of one replicate on one burn-in, one stream of needs, one set of landscapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulation.accounts import imbalance
from simulation.branching import branch
from simulation.columns import OVERFLOW, SOLVED
from simulation.measures import outcomes
from simulation.memory import keep_freed_memory
from simulation.outcomes import TRAJECTORIES, RunResult
from simulation.phases import addresses, advance, run_out, withdraw_policy
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.setup import first_state, install
from simulation.state import State
from simulation.world import World


def run_replicate(
    world: World,
    population: Population,
    reference: Regime,
    regimes: Sequence[Regime],
    *,
    seed: int,
    replicate: int,
) -> list[RunResult]:
    """Run every regime of one replicate on the same luck.

    Parameters
    ----------
    reference: regime without money (``laissez_faire``); always run, since deadweight and
        displacement are counted against it.
    regimes: the regimes to report, in order; the reference may be among them.

    Returns
    -------
    One result per regime, in the order given.

    Raises
    ------
    RuntimeError: columns overflowed or money was lost; both are defects of the model.
    """
    keep_freed_memory()
    start = first_state(world, population, seed=seed, replicate=replicate)
    burn_in = int(start.world[0]["time_burn_in"])
    advance(start, addresses(), 0, burn_in, False, True)
    spare: list[State] = []
    baseline, baseline_hand_over = finish(install(start, reference), spare)
    results = []
    for regime in regimes:
        if regime.programmes == reference.programmes:
            state, hand_over = baseline, baseline_hand_over
        else:
            state, hand_over = finish(install(start, regime, spare), spare)
        results.append(
            RunResult(
                regime=regime.name,
                replicate=replicate,
                outcomes=outcomes(state, start, baseline, hand_over),
                trajectories=_trajectories(state),
                stages=state.stages[1:].copy(),
            )
        )
        if state is not baseline:
            spare.append(state)
    return results


def finish(
    state: State, spare: list[State] | None = None, *, with_test: bool = True
) -> tuple[State, float]:
    """Policy quarters, hand-over test on a branch, run-out; returns the state and the test's result.

    Parameters
    ----------
    spare: see :func:`simulation.branching.branch`; the test's branch is added when it is over.
    with_test: without it the result is NaN; the state is the same, for the test leaves it alone.
    """
    w = state.world[0]
    policy_ends = int(w["time_burn_in"] + w["time_policy"])
    advance(state, addresses(), int(w["time_burn_in"]), policy_ends, True, True)
    withdraw_policy(state)
    tested = with_test and w["time_hand_over"] > 0
    handed_over = _hand_over(state, policy_ends, spare) if tested else float("nan")
    reached = run_out(state, addresses(), policy_ends, policy_ends + int(w["time_run_out"]))
    _fill_trajectory(state, reached)
    check_sound(state)
    return state, handed_over


def _hand_over(state: State, policy_ends: int, spare: list[State] | None = None) -> float:
    """Needs solved in further quarters without policy, by what the regime leaves behind."""
    w = state.world[0]
    test = branch(state, spare)
    last = policy_ends + int(w["time_hand_over"])
    unrecorded = addresses()[:-1]  # nobody reads what the last phase writes down
    advance(test, unrecorded, policy_ends, last, False, True)
    later = test.problems[int(test.cohort[1]) :]
    solved = float((later["status"] == SOLVED).sum())
    if spare is not None:
        spare.append(test)
    return solved


def _fill_trajectory(state: State, reached: int) -> None:
    """After the last open project nothing changes: the last row holds to the end."""
    row = reached - int(state.world[0]["time_burn_in"])
    state.trajectory[row:] = state.trajectory[row - 1]


def _trajectories(state: State) -> dict[str, np.ndarray]:
    return {
        outcome.name: state.trajectory[:, column].copy()
        for column, outcome in enumerate(TRAJECTORIES)
    }


def check_sound(state: State) -> None:
    """Refuse to report a run that lost money or ran out of room."""
    if state.counters[OVERFLOW]:
        raise RuntimeError("the columns of a run were too small; please report the configuration")
    lost = imbalance(state)
    if lost:
        raise RuntimeError(f"money was lost or made: {lost} fen; please report the configuration")
