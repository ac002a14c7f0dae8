"""Whatever the levers and the world: money is kept, shares are shares, counts are consistent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.kinds import KINDS
from simulation.measures import gini
from simulation.outcomes import COUNTS, OUTCOMES, TRAJECTORIES, RunResult
from simulation.policies.funding import grant_for, releasable
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.runner import run_replicate
from simulation.world import World
from tests.support import worlds
from tests.support.strategies import populations, regimes, small_worlds

share = st.floats(0.0, 1.0)
TOLERANCE = 1e-6  # million yuan: sums of floats from fen

SHARES = [outcome.name for outcome in OUTCOMES if outcome.unit in ("share", "Gini")]
MAY_EXCEED_ONE = {"expertise_growth"}  # a change, not a share of something


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(small_worlds(), populations, regimes, st.integers(0, 2**63 - 1))
def test_any_run_is_sound(world: World, population: Population, regime: Regime, seed: int) -> None:
    """``run_replicate`` itself refuses a run that lost money or ran out of room."""
    result = run_replicate(world, population, worlds.reference(), [regime], seed=seed, replicate=0)[
        0
    ]
    assert_consistent(result)


def test_the_default_regimes_are_consistent(results: dict[str, RunResult]) -> None:
    for result in results.values():
        assert_consistent(result)


def assert_consistent(result: RunResult) -> None:
    found = result.outcomes
    assert list(found) == [outcome.name for outcome in OUTCOMES]
    assert list(result.trajectories) == [outcome.name for outcome in TRAJECTORIES]
    assert_shares(found)
    assert_counts(found)
    assert_money(found)
    assert_paths(result)


def assert_shares(found: dict[str, float]) -> None:
    for name in SHARES:
        if name not in MAY_EXCEED_ONE and not math.isnan(found[name]):
            assert -1e-12 <= found[name] <= 1.0 + 1e-12, (name, found[name])
    for name, value in found.items():
        assert not math.isinf(value), name


def assert_counts(found: dict[str, float]) -> None:
    assert found["technical"] <= found["solved"] <= found["needs"]
    assert found["industrial"] <= found["solved"]
    assert found["major"] <= found["solved"]
    for name in COUNTS:
        assert found[f"{name}_20q"] <= found[f"{name}_40q"] <= found[name]
    assert found["solved_private"] <= found["solved"]
    assert found["frontier_solved"] <= found["technical"]
    assert sum(found[f"solved_led_by_{kind}"] for kind in KINDS) == found["solved"]
    assert found["deadweight"] + found["additional"] <= found["solved"]
    assert found["awards"] <= found["bids"]
    assert found["awards"] + found["private_projects"] == found["projects"]


def assert_money(found: dict[str, float]) -> None:
    assert found["public_spent"] + TOLERANCE >= 0.0
    assert found["public_spent"] <= found["public_offered"] + TOLERANCE
    assert found["paid_programme"] <= found["public_spent"] + TOLERANCE
    for name, value in found.items():
        if name.startswith("bound_") or name.endswith("_cost") and name != "welfare_cost":
            assert value >= 0.0, name
    parts = ("scanning", "coordination", "bidding", "review", "office")
    assert sum(found[f"{part}_cost"] for part in parts) <= found["all_in_cost"] + TOLERANCE


def assert_paths(result: RunResult) -> None:
    for name in (*COUNTS, "public_spent"):
        path = result.trajectories[name]
        if name != "public_spent":  # penalties of failed projects flow back
            assert (np.diff(path) >= 0).all(), name
    for name in COUNTS:
        assert result.trajectories[name][-1] == result.outcomes[name], name


@given(st.floats(0.0, 1e9), share, share, share, share, share, st.booleans(), st.booleans())
def test_what_is_released_is_part_of_the_grant_and_grows_with_spending(
    grant: float, spent: float, more: float, a: float, b: float, c: float, gate: bool, solved: bool
) -> None:
    upfront, milestone = a, (1.0 - a) * b
    parts = (upfront, milestone, (1.0 - upfront - milestone) * c)
    released = releasable(grant, spent, gate, solved, *parts)
    later = releasable(grant, min(1.0, spent + more), gate, solved, *parts)
    slack = 1e-9 * grant
    assert -slack <= released <= grant + slack
    assert later >= released - slack
    assert releasable(grant, spent, True, solved, *parts) >= released - slack
    assert releasable(grant, spent, gate, True, *parts) >= released - slack
    assert releasable(grant, 1.0, True, True, *parts) == pytest.approx(grant)


@given(st.floats(0.0, 1e3), share, st.floats(0.1, 100.0), st.floats(0.0, 5.0))
def test_a_grant_keeps_share_cap_and_own_money(
    planned: float, public: float, cap: float, ratio: float
) -> None:
    grant = grant_for(planned, public, cap, ratio)
    assert 0.0 <= grant <= min(cap, public * planned) + 1e-9
    assert planned - grant >= ratio * grant - 1e-6  # own money stands beside it


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60))
def test_gini_is_a_share_and_knows_no_order(amounts: list[int]) -> None:
    value = gini(np.array(amounts))
    if sum(amounts) == 0:
        assert math.isnan(value)
        return
    assert -1e-9 <= value <= 1.0 - 1.0 / len(amounts) + 1e-9
    assert value == gini(np.array(amounts[::-1]))
    pairs = np.abs(np.subtract.outer(np.array(amounts, float), np.array(amounts, float)))
    assert value == pytest.approx(pairs.mean() / (2.0 * np.mean(amounts)), abs=1e-9)
