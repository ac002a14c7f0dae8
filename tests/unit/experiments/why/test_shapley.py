"""Contributions: they add up, they are Shapley's, and drawn orders come near them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from experiments.statistics import paired
from experiments.why.shapley import (
    all_mixes,
    drawn_orders,
    exact_contributions,
    judge_exact,
    judge_sampled,
    mixes_of,
    order_contributions,
)

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
COUNT = 4


def games(count: int = COUNT, replicates: int = 3):
    return of_numpy.arrays(np.float64, (1 << count, replicates), elements=NUMBERS)


def by_mix(game: np.ndarray, count: int = COUNT) -> dict[frozenset[int], np.ndarray]:
    return dict(zip(all_mixes(count), game, strict=True))


@given(game=games())
@settings(max_examples=60, deadline=None)
def test_contributions_add_up_in_every_replicate(game) -> None:
    values = by_mix(game)
    whole = values[frozenset(range(COUNT))] - values[frozenset()]
    size = np.abs(game).max(initial=1.0)
    exact = exact_contributions(values, COUNT)
    np.testing.assert_allclose(exact.sum(axis=0), whole, rtol=0, atol=1e-12 * size)
    for number in (2, 6):
        found = order_contributions(values, drawn_orders(COUNT, number))
        np.testing.assert_allclose(
            found.sum(axis=1), np.tile(whole, (number, 1)), rtol=0, atol=1e-12 * size
        )


@given(game=games())
@settings(max_examples=30, deadline=None)
def test_all_mixes_give_the_mean_over_all_orders(game) -> None:
    values = by_mix(game)
    orders = list(itertools.permutations(range(COUNT)))
    mean = order_contributions(values, orders).mean(axis=0)
    size = np.abs(game).max(initial=1.0)
    np.testing.assert_allclose(exact_contributions(values, COUNT), mean, rtol=0, atol=1e-11 * size)


def test_a_group_that_does_nothing_gets_nothing_and_equals_share_alike() -> None:
    values = {mix: np.full(2, 8.0 * ({0, 1} <= mix)) for mix in all_mixes(3)}
    np.testing.assert_allclose(exact_contributions(values, 3), [[4.0] * 2, [4.0] * 2, [0.0] * 2])


def test_drawn_orders_are_orders_with_their_reverses_and_more_keep_the_first() -> None:
    orders = drawn_orders(9, 12)
    assert len(orders) == 12 and all(sorted(order) == list(range(9)) for order in orders)
    assert all(orders[k + 1] == orders[k][::-1] for k in range(0, 12, 2))
    assert len(set(orders)) == 12
    assert drawn_orders(9, 20)[:12] == orders
    assert list(mixes_of((2, 0))) == [frozenset(), {2}, {0, 2}]


def test_a_pair_of_reverses_is_exact_where_groups_meet_in_twos() -> None:
    chance = np.random.default_rng(5)
    single, double = chance.normal(size=6), chance.normal(size=(6, 6))
    values = {
        mix: np.array([single[list(mix)].sum() + double[np.ix_(list(mix), list(mix))].sum()] * 2)
        for mix in all_mixes(6)
    }
    drawn = order_contributions(values, drawn_orders(6, 4)).mean(axis=0)
    np.testing.assert_allclose(drawn, exact_contributions(values, 6), atol=1e-12)
    for one in judge_sampled(order_contributions(values, drawn_orders(6, 4))):
        assert one.se_orders == pytest.approx(0.0, abs=1e-12)


def test_what_never_varies_is_told_or_is_nothing() -> None:
    shares = np.array([[2.0] * 12, [0.0] * 12])
    first, second = judge_exact(shares)
    assert (first.verdict, first.sim_low, first.sim_high) == (paired.HIGHER, 2.0, 2.0)
    assert (second.verdict, second.sim_low, second.sim_high) == (paired.CANNOT_TELL, 0.0, 0.0)
    first, second = judge_sampled(np.repeat(shares[None], 8, axis=0))
    assert (first.verdict, first.sim_low) == (paired.HIGHER, 2.0)
    assert second.contribution == 0.0 and second.verdict == paired.CANNOT_TELL


def test_few_replicates_promise_nothing() -> None:
    found = np.random.default_rng(1).normal(5.0, 1.0, (4, 3, 2))
    for one in judge_sampled(found):
        assert one.sim_low < one.low < one.contribution < one.high < one.sim_high
    for one in (*judge_exact(found[0, :, :1]), *judge_sampled(found[:, :, :1])):
        assert np.isnan([one.low, one.sim_high]).all() and one.verdict == paired.CANNOT_TELL
