"""The bootstrap and the rule that says when it serves.

Rate assertions fail by chance with probability at most 1e-5 each and see what they name with power
above .95.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.statistics.paired import mean_interval
from experiments.statistics.resampling import (
    bca_interval,
    bootstrap_weights,
    interval_of_mean,
    normal_theory_serves,
    skewness,
)
from tests.support.statistical import assert_rate_at_least


def test_weights_sum_to_one_and_have_the_variance_of_a_mean() -> None:
    for count in (3, 10, 40):
        weights = bootstrap_weights(count, 7, 20_000)
        assert weights.sum(axis=1) == pytest.approx(np.ones(20_000))
        values = np.random.default_rng(count).normal(size=count)
        spread = (weights @ values).var()
        assert spread == pytest.approx(values.var(ddof=1) / count, rel=0.05)
    assert (bootstrap_weights(10, 7) != bootstrap_weights(10, 8)).any()


def test_cochran_s_rule() -> None:
    assert skewness(np.array([1.0, 1.0, 1.0])) == 0.0
    assert skewness(np.array([0.0, 0.0, 0.0, 4.0])) == pytest.approx(2.0 / math.sqrt(3.0))
    assert normal_theory_serves(np.arange(30.0))
    assert not normal_theory_serves(np.array([0.0] * 29 + [1.0]))
    assert not normal_theory_serves(np.array([math.nan]))


def test_the_rule_chooses_the_interval() -> None:
    plain = np.random.default_rng(1).normal(size=50)
    assert interval_of_mean(plain) == (*mean_interval(plain), "student")
    skewed = np.array([0.0] * 29 + [1.0])
    low, high, method = interval_of_mean(skewed)
    assert method == "bca" and (low, high) == bca_interval(skewed)
    assert interval_of_mean(np.array([0.0, 0.0, 5.0]))[2] == "student"  # too few for a bootstrap


def test_the_interval_is_a_function_of_the_values() -> None:
    values = np.random.default_rng(3).lognormal(size=30)
    assert bca_interval(values) == bca_interval(values)
    with_gap = np.r_[values, math.nan]
    assert bca_interval(with_gap) == bca_interval(values)
    assert bca_interval(np.full(9, 4.0)) == (4.0, 4.0)
    assert all(map(math.isnan, bca_interval(values[:7])))


def ratio(top: np.ndarray, bottom: np.ndarray, axis: int = -1) -> np.ndarray:
    return top.mean(axis=axis) / bottom.mean(axis=axis)


def test_coverage_of_medians_ratios_and_rare_counts() -> None:
    """Sees .81 for .93 (the bootstrap is good to one or two points at n = 40)."""
    rng, trials = np.random.default_rng(71), 300
    covered = dict.fromkeys(("median", "ratio", "rare"), 0)
    for _ in range(trials):
        skewed, luck = rng.lognormal(0.0, 1.0, 40), rng.gamma(4.0, 0.25, 40)
        pair = np.stack(
            [rng.gamma(2.0, 2.0, 40) * luck, rng.poisson(5.0 * luck).astype(np.float64)]
        )
        rare = rng.poisson(0.3 * luck).astype(np.float64)
        for name, found, truth in (
            ("median", bca_interval(skewed, np.median), 1.0),
            ("ratio", bca_interval(pair, ratio), 0.8),
            ("rare", interval_of_mean(rare)[:2], 0.3),
        ):
            covered[name] += found[0] <= truth <= found[1]
    for name, count in covered.items():
        assert_rate_at_least(count, trials, nominal=0.93, biased=0.81, name=f"bca-{name}")
