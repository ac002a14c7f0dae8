"""The rules organisations decide by: bounds, limits and directions."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.decisions import (
    acceptance_utility,
    accepts,
    adopts,
    believed_success,
    call_utility,
    friction_between,
    posted_price,
    project_utility,
    race_success,
    scan_breadth,
    takes_bold_try,
)
from tests.support.worlds import plain

share = st.floats(0.0, 1.0)
inner = st.floats(0.01, 0.99)
money = st.floats(0.0, 1e4)
trials = st.integers(0, 500)


@given(trials, trials, inner, st.floats(0.5, 100.0), share, st.floats(0.0, 6.0))
def test_believed_success_is_a_probability(
    successes: int, failures: int, prior: float, weight: float, coverage: float, exponent: float
) -> None:
    p = believed_success(
        float(successes), float(successes + failures), prior, weight, coverage, exponent
    )
    assert 0.0 <= p <= 1.0


def test_belief_starts_at_the_prior_and_ends_at_experience() -> None:
    assert believed_success(0.0, 0.0, 0.35, 10.0, 1.0, 3.0) == pytest.approx(0.35)
    assert believed_success(0.0, 0.0, 0.35, 10.0, 0.5, 3.0) == pytest.approx(0.35 / 8.0)
    assert believed_success(8e5, 1e6, 0.35, 10.0, 1.0, 3.0) == pytest.approx(0.8, abs=1e-4)
    assert believed_success(5.0, 10.0, 0.35, 10.0, 1.0, 3.0) == pytest.approx(8.5 / 20.0)


@given(inner, st.integers(1, 30))
def test_a_race_is_won_by_one_of_its_teams(p: float, teams: int) -> None:
    assert teams * race_success(p, teams) == pytest.approx(1.0 - (1.0 - p) ** teams)
    assert race_success(p, teams + 1) < race_success(p, teams)


def test_a_race_of_one_is_no_race() -> None:
    assert race_success(0.3, 1) == pytest.approx(0.3)


@given(money, inner, st.floats(1e-4, 1.0), st.floats(1.0, 3.0), st.integers(1, 128))
def test_dearer_looking_is_never_broader(
    stake: float, hit: float, cost: float, dearer: float, most: int
) -> None:
    assert (
        0 <= scan_breadth(stake, hit, cost * dearer, most) <= scan_breadth(stake, hit, cost, most)
    )
    assert scan_breadth(stake, hit, cost, most) <= most


@given(st.floats(0.1, 1e3), st.floats(0.05, 0.9), st.floats(1e-3, 0.2))
def test_looking_stops_where_the_next_look_costs_more_than_it_brings(
    stake: float, hit: float, cost: float
) -> None:
    looks = scan_breadth(stake, hit, cost, 10_000)
    assert stake * hit * (1.0 - hit) ** looks <= cost * (1 + 1e-9)
    if looks:
        assert stake * hit * (1.0 - hit) ** (looks - 1) >= cost * (1 - 1e-9)


def test_free_looking_is_as_broad_as_allowed() -> None:
    assert scan_breadth(10.0, 0.3, 0.0, 40) == 40
    assert scan_breadth(0.0, 0.3, 0.01, 40) == 0


def acceptance(**changes: float) -> float:
    values = {
        "p": 0.4, "value_share": 5.0, "learning": 0.1, "learning_weight": 6.0, "reputation": 1.0,
        "reputation_weight": 0.5, "own_cost": 1.0, "leakage_loss": 0.5, "penalty_share": 0.2,
    }  # fmt: skip
    return acceptance_utility(*(values | changes).values())


def test_acceptance_utility_is_its_formula() -> None:
    assert acceptance() == pytest.approx(0.4 * 4.5 + 6.0 * 0.1 + 0.5 - 1.0 - 0.6 * 0.2)


@pytest.mark.parametrize(
    ("name", "sign"),
    [("value_share", 1), ("learning", 1), ("reputation", 1), ("own_cost", -1),
     ("leakage_loss", -1), ("penalty_share", -1)],
)  # fmt: skip
def test_acceptance_moves_with_what_it_is_made_of(name: str, sign: int) -> None:
    assert sign * (acceptance(**{name: 7.0}) - acceptance()) > 0


@pytest.mark.parametrize(
    ("utility", "transfer", "free", "expected"),
    [(0.0, 0.0, 2.0, True), (-0.1, 0.0, 2.0, False), (-0.1, 0.1, 2.0, True), (1.0, 0.0, 0.9, False),
     (1.0, 0.0, 1.0, True)],
)  # fmt: skip
def test_the_invited_joins_when_it_pays_and_staff_are_free(
    utility: float, transfer: float, free: float, expected: bool
) -> None:
    assert accepts(utility, transfer, free, 2.0, 0.5) == expected


def test_project_utility_is_expected_value_less_cost() -> None:
    assert project_utility(0.25, 8.0, 1.5) == pytest.approx(0.5)


@given(share, st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 5))
def test_a_call_is_never_worth_more_than_its_better_branch(
    p_award: float, won: float, fallback: float, bid: float
) -> None:
    value = call_utility(p_award, won, fallback, bid, 0.95)
    assert value <= max(won, max(0.0, fallback)) - bid + 1e-9
    assert value >= min(won, 0.0) - bid - 1e-9


def test_tolerance_and_a_passed_gate_invite_bold_tries() -> None:
    stake, grant, weights = 10.0, 8.0, (0.1, 0.3)
    assert not takes_bold_try(stake, grant, 1.0, 2.0, 0.0, *weights)
    assert takes_bold_try(stake, grant, 1.0, 2.0, 1.0, *weights)
    assert takes_bold_try(stake, grant, 0.0, 2.0, 0.0, *weights)
    assert not takes_bold_try(0.0, 0.0, 0.0, 0.0, 1.0, *weights)


@given(money, share, share, st.floats(0.1, 1e3))
def test_adoption_needs_value_above_cost(
    value: float, friction: float, absorption: float, cost: float
) -> None:
    kept = value * (1.0 - friction) * absorption
    assert adopts(value, friction, absorption, cost) == (kept > cost)
    assert not adopts(value, 1.0, absorption, cost)


@given(share, share, share, share, share, share, share, share, share)
def test_friction_is_a_share_that_distance_raises_and_the_rest_lowers(
    distance: float, engagement: float, scenario: float, standard: float, base: float,
    per_distance: float, e: float, c: float, t: float,
) -> None:  # fmt: skip
    weights = (base, per_distance, e, c, t)
    here = friction_between(distance, engagement, scenario, standard, *weights)
    assert 0.0 <= here <= 0.95
    assert friction_between(1.0, engagement, scenario, standard, *weights) >= here
    for lowered in (
        (1.0, scenario, standard),
        (engagement, 1.0, standard),
        (engagement, scenario, 1.0),
    ):
        assert friction_between(distance, *lowered, *weights) <= here


@given(inner, st.floats(1.0, 1e3), share, st.floats(0.0, 1e3), share)
def test_a_posted_price_makes_good_what_solvers_miss(
    p: float, value: float, left: float, cost: float, margin: float
) -> None:
    price = posted_price(p, value, left, cost, margin)
    assert price >= 0.0
    income = p * value * (left + price)
    assert income >= (1.0 + margin) * cost * (1.0 - 1e-9)
    if price > 0.0:
        assert income == pytest.approx((1.0 + margin) * cost)


@given(inner, inner, inner)
def test_compiled_and_plain_rules_agree(a: float, b: float, c: float) -> None:
    """The plain form serves the agents' methods and the slow twin."""
    pairs = [
        (race_success, (a, 3)), (scan_breadth, (50.0 * a, b, 0.1 * c, 64)),
        (believed_success, (3.0, 9.0, a, 10.0, b, 3.0)),
        (friction_between, (a, b, c, a, b, c, a, b, c)),
    ]  # fmt: skip
    for rule, arguments in pairs:
        compiled: Any = rule
        assert compiled(*arguments) == plain(rule)(*arguments)
    assert math.isfinite(race_success(a, 3))
