"""Intervals of contributions over drawn orders cover, and would not if orders were taken as given.

Six groups, 20 replicates, 10 pairs of orders; effects of luck, of pairs of orders and of both
together. Coverage is that of all groups at once. The rate assertion fails by chance with
probability at most 1e-5 and sees a coverage of .89 for .95 with power above .95.
"""

from __future__ import annotations

import numpy as np

from experiments.why.shapley import judge_exact, judge_sampled
from tests.support.statistical import assert_rate_at_least

TRIALS, PAIRS, GROUPS, REPLICATES = 1000, 10, 6, 20


def test_drawn_orders_are_counted_in_the_intervals() -> None:
    chance = np.random.default_rng(21)
    covered = naive = 0
    for _ in range(TRIALS):
        orders = chance.normal(0.0, 1.0, (PAIRS, GROUPS, 1))
        luck = chance.normal(0.0, 1.0, (1, GROUPS, REPLICATES))
        both = chance.normal(0.0, 1.0, (PAIRS, GROUPS, REPLICATES))
        pairs = orders + luck + both
        judged = judge_sampled(np.repeat(pairs, 2, axis=0))
        covered += all(one.sim_low <= 0.0 <= one.sim_high for one in judged)
        naive += all(one.sim_low <= 0.0 <= one.sim_high for one in judge_exact(pairs.mean(axis=0)))
    assert_rate_at_least(covered, TRIALS, nominal=0.95, biased=0.89, name="why, drawn orders")
    assert naive < 0.8 * TRIALS, "orders taken as given would do, so this test shows nothing"
