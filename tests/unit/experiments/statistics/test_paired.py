"""Intervals and verdicts on samples small enough to reason about."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.statistics import paired
from experiments.statistics.paired import (
    CANNOT_TELL,
    HIGHER,
    LOWER,
    cumulative_incidence,
    families,
    fieller_ratio,
    mean_and_se,
    mean_interval,
    paired_differences,
    wilson_interval,
)


def sample(regimes: int = 4, replicates: int = 30, step: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(11)
    common = rng.normal(0.0, 3.0, replicates)
    noise = rng.normal(0.0, 1.0, (regimes, replicates))
    return 20.0 + common + noise + step * np.arange(regimes)[:, None]


def test_pointwise_interval_is_the_paired_t_interval() -> None:
    values = sample(2)
    found = paired_differences(values, ["a", "b"], [(1, 0)])[0]
    expected = stats.ttest_rel(values[1], values[0]).confidence_interval(0.95)
    assert found.low == pytest.approx(expected.low)
    assert found.high == pytest.approx(expected.high)


def test_family_of_one_has_the_pointwise_interval_up_to_monte_carlo_error() -> None:
    found = paired_differences(sample(2), ["a", "b"], [(1, 0)])[0]
    width = (found.sim_high - found.sim_low) / (found.high - found.low)
    assert width == pytest.approx(1.0, abs=0.03)


def test_simultaneous_critical_value_lies_between_pointwise_and_bonferroni() -> None:
    values = sample(6)
    pairs = families("abcdef", ())["all_pairs"]
    for found in paired_differences(values, list("abcdef"), pairs):
        critical = (found.sim_high - found.difference) / found.se
        pointwise = stats.t.ppf(0.975, 29)
        bonferroni = stats.t.ppf(1 - 0.05 / (2 * len(pairs)), 29)
        assert pointwise * 1.1 < critical < bonferroni * 1.01


def test_simultaneous_critical_value_agrees_with_dunnett() -> None:
    """Independent regimes, many replicates: Dunnett's two-sided value for 4 comparisons is 2.44."""
    values = np.random.default_rng(3).normal(size=(5, 4000))
    pairs = [(row, 0) for row in range(1, 5)]
    found = paired_differences(values, list("abcde"), pairs)[0]
    assert (found.sim_high - found.difference) / found.se == pytest.approx(2.44, abs=0.05)


def test_verdict_comes_from_the_simultaneous_interval() -> None:
    values = sample(3, step=2.0)
    found = paired_differences(values, list("abc"), [(1, 0), (0, 2), (0, 1)])
    assert [row.verdict for row in found] == [HIGHER, LOWER, LOWER]
    close = sample(12)
    close[1] += 0.4
    for row in paired_differences(close, list("abcdefghijkl"), [(k, 0) for k in range(1, 12)]):
        told = row.sim_low > 0 or row.sim_high < 0
        assert told == (row.verdict != CANNOT_TELL)


def test_equal_regimes_differ_by_exactly_zero_with_zero_width() -> None:
    one = sample(1)
    found = paired_differences(np.repeat(one, 3, axis=0), list("abc"), [(1, 0), (2, 0)])
    for row in found:
        assert (row.difference, row.se, row.low, row.high, row.sim_low, row.sim_high) == (0,) * 6
        assert row.verdict == CANNOT_TELL
        assert row.share_won == 0.5


def test_one_equal_pair_does_not_spoil_the_others() -> None:
    values = sample(3, step=3.0)
    values[1] = values[0]
    equal, other = paired_differences(values, list("abc"), [(1, 0), (2, 0)])
    assert (equal.difference, equal.sim_high) == (0.0, 0.0)
    assert other.verdict == HIGHER


def test_rounding_is_not_a_difference() -> None:
    values = np.full((2, 40), 0.3)
    values[1] = 0.1 + 0.2
    found = paired_differences(values, ["a", "b"], [(1, 0)])[0]
    assert found.difference == 0.0
    assert found.verdict == CANNOT_TELL


def test_one_replicate_claims_no_interval() -> None:
    found = paired_differences(np.array([[1.0], [5.0]]), ["a", "b"], [(1, 0)])[0]
    assert found.difference == 4.0
    assert all(
        math.isnan(v) for v in (found.se, found.low, found.high, found.sim_low, found.sim_high)
    )
    assert found.verdict == CANNOT_TELL


@pytest.mark.parametrize(("replicates", "verdict"), [(3, CANNOT_TELL), (40, HIGHER)])
def test_constant_difference_needs_as_many_replicates_as_a_sign_test(
    replicates: int, verdict: str
) -> None:
    values = np.zeros((2, replicates))
    values[1] = 2.0
    found = paired_differences(values, ["a", "b"], [(1, 0)])[0]
    assert found.verdict == verdict
    assert math.isnan(found.sim_low) == (verdict == CANNOT_TELL)


def test_nan_pairs_are_left_out_and_bonferroni_serves() -> None:
    values = sample(3, replicates=20)
    values[0, :5] = np.nan
    found = paired_differences(values, list("abc"), [(1, 0), (2, 0)])
    assert [row.n for row in found] == [15, 15]
    critical = (found[0].sim_high - found[0].difference) / found[0].se
    assert critical == pytest.approx(stats.t.ppf(1 - 0.05 / 4, 14))


def test_outcome_that_no_run_has_gives_no_number() -> None:
    found = paired_differences(np.full((2, 10), np.nan), ["a", "b"], [(1, 0)])[0]
    assert found.n == 0
    assert math.isnan(found.difference) and math.isnan(found.share_won)
    assert found.verdict == CANNOT_TELL


def test_intervals_do_not_depend_on_what_was_computed_before() -> None:
    values, pairs = sample(4), families("abcd", ())["all_pairs"]
    first = paired_differences(values, list("abcd"), pairs)
    paired_differences(sample(7), list("abcdefg"), families("abcdefg", ())["all_pairs"])
    np.random.default_rng(0).normal()
    paired._reference_draws.cache_clear()
    assert paired_differences(values, list("abcd"), pairs) == first


def test_ties_are_split_in_the_share_won() -> None:
    values = np.array([[2.0, 1.0, 0.0, np.nan], [1.0, 1.0, 1.0, 0.0]])
    assert paired_differences(values, ["a", "b"], [(0, 1)])[0].share_won == 0.5


def test_families_leave_out_a_baseline_that_was_not_run() -> None:
    found = families(["a", "b", "c"], ("b", "absent"))
    assert found == {"b": [(0, 1), (2, 1)], "all_pairs": [(1, 0), (2, 0), (2, 1)]}


def test_fieller_is_close_to_the_delta_method_when_the_denominator_is_sure() -> None:
    rng = np.random.default_rng(2)
    bottom = rng.normal(50.0, 1.0, 100)
    top = 3.0 * bottom + rng.normal(0.0, 5.0, 100)
    found = fieller_ratio(top, bottom)
    assert found.bounded
    assert found.value == pytest.approx(3.0, abs=0.05)
    half = stats.t.ppf(0.975, 99) * np.std(top - found.value * bottom, ddof=1) / 10 / bottom.mean()
    assert found.high - found.value == pytest.approx(half, rel=0.02)


def test_fieller_is_unbounded_exactly_when_the_denominator_includes_zero() -> None:
    rng = np.random.default_rng(4)
    top = rng.normal(100.0, 5.0, 25)
    for shift in np.linspace(0.0, 1.0, 21):
        bottom = rng.normal(shift, 1.0, 25)
        low, high = mean_interval(bottom)
        found = fieller_ratio(top, bottom)
        assert found.bounded == (not low <= 0.0 <= high)
        assert found.bounded != math.isnan(found.value)


def test_fieller_without_spread_or_effect() -> None:
    assert not fieller_ratio(np.ones(20), np.zeros(20)).bounded
    assert not fieller_ratio(np.ones(1), np.ones(1)).bounded
    assert not fieller_ratio(np.arange(2.0), np.ones(2)).bounded


def test_mean_and_se_of_nothing_and_one() -> None:
    assert mean_and_se(np.array([3.0, np.nan]))[::2] == (3.0, 1)
    assert mean_and_se(np.array([np.nan]))[2] == 0


def test_incidence_counts_events_and_those_still_waiting() -> None:
    curve = cumulative_incidence(np.array([1.0, 3.0, 3.0, np.nan, 9.0]), horizon=4)
    assert curve.events.tolist() == [1, 0, 2, 0]
    assert curve.at_risk.tolist() == [5, 4, 4, 2]
    assert curve.incidence.tolist() == pytest.approx([0.2, 0.2, 0.6, 0.6])
    assert np.all(curve.low <= curve.incidence) and np.all(curve.incidence <= curve.high)


def test_event_before_the_first_quarter_is_not_lost() -> None:
    assert cumulative_incidence(np.array([0.0, 2.0]), horizon=2).events.tolist() == [1, 1]


def test_wilson_against_scipy() -> None:
    low, high = wilson_interval(np.array([3.0]), 20)
    expected = stats.binomtest(3, 20).proportion_ci(0.95, method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high))
    assert all(np.isnan(side).all() for side in wilson_interval(np.array([1.0]), 1))
