"""Sensitivity measures are right although the outcomes are noisy.

Rate assertions fail by chance with probability at most 1e-5 each, see ``tests/support/statistical``;
assertions on bias likewise. The intervals err on the wide side by construction, so coverage is
asserted from below only. Seeds are fixed and are not changed to get green.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.statistics.sensitivity import (
    elementary_effects,
    morris,
    no_effect_p,
    signal_covariance,
    signal_square,
    sobol,
)
from tests.support import known_functions as known
from tests.support.statistical import assert_mean, assert_rate_at_least

LUCK = known.Luck(shift=5.0, bend=3.0, noise=6.0)  # noise is .8 of the variance of a run
TRIALS = 400


@pytest.fixture(scope="module")
def ishigami_trials() -> list:
    """Sobol analyses of the Ishigami function: 64 rows, 8 replicates."""
    rng = np.random.default_rng(21)
    found = []
    for _ in range(TRIALS):
        base, other, mixed = known.saltelli(rng, 64, 4)
        found.append(sobol(*LUCK.outcomes(known.ishigami, rng, 8, base, other, mixed)))
    return found


@pytest.mark.parametrize(
    ("measure", "factor"), [("first", 0), ("first", 2), ("total", 0), ("total", 1), ("total", 2)]
)
def test_sobol_intervals_cover(ishigami_trials, measure, factor) -> None:
    """Sees coverage .86 for .95 with power above .95."""
    truth = {"first": known.ISHIGAMI_FIRST, "total": known.ISHIGAMI_TOTAL}[measure][factor]
    covered = sum(
        one.measures[measure].low[factor] <= truth <= one.measures[measure].high[factor]
        for one in ishigami_trials
    )
    name = f"sobol-{measure}-{factor}"
    assert_rate_at_least(covered, TRIALS, nominal=0.95, biased=0.86, name=name)


def test_the_variances_behind_the_indices_are_unbiased_and_the_plain_ones_are_not() -> None:
    """V and the total variance of a factor without effect; a ratio has a bias of its own."""
    rng = np.random.default_rng(22)
    variance, idle, plain, plain_idle = [], [], [], []
    rows, replicates = np.full((1, 64), 1 / 64), np.full((1, 8), 1 / 8)
    for _ in range(3000):
        base, _, mixed = known.saltelli(rng, 64, 4)
        values, last = LUCK.outcomes(known.ishigami, rng, 8, base, mixed[3])
        variance.append(signal_covariance(values, values, rows, replicates)[0] * 64 / 63)
        idle.append(signal_square(values - last, rows, replicates)[0] / 2)
        plain.append(values.mean(axis=1).var(ddof=1))
        plain_idle.append(((values - last).mean(axis=1) ** 2).mean() / 2)
    truth = known.ISHIGAMI_VARIANCE
    assert_mean(np.array(variance), truth, bias=0.06 * truth, name="sobol-variance")
    assert_mean(np.array(idle), 0.0, bias=0.03 * truth, name="sobol-idle")
    with pytest.raises(AssertionError, match="expected"):
        assert_mean(np.array(plain), truth, bias=0.06 * truth, name="sobol-variance-plain")
    with pytest.raises(AssertionError, match="expected"):
        assert_mean(np.array(plain_idle), 0.0, bias=0.03 * truth, name="sobol-idle-plain")


def test_the_g_function_is_found_again_with_many_rows() -> None:
    """One large design: indices within four of their own standard errors, plain totals far off."""
    rng = np.random.default_rng(23)
    design = known.saltelli(rng, 1024, 4)
    found = sobol(*known.Luck(1.0, 0.5, 1.0).outcomes(known.sobol_g, rng, 12, *design))
    for name, truth in (("first", known.G_FIRST), ("total", known.G_TOTAL)):
        measure = found.measures[name]
        assert (np.abs(measure.value - truth) <= 2.0 * (measure.high - measure.low) / 2.0).all()
    assert found.measures["total"].plain[3] > 10 * max(found.measures["total"].value[3], 0.01)
    assert found.noise_dominates.tolist() == [False, False, False, True]


def morris_function(x: np.ndarray) -> np.ndarray:
    """Linear, linear with an interaction, interaction only, nothing."""
    return 10.0 * x[..., 0] + 12.0 * (x[..., 0] - 0.5) * (x[..., 1] - 0.5) - 4.0 * x[..., 1]


@pytest.fixture(scope="module")
def morris_truth() -> dict[str, np.ndarray]:
    units = known.paths(np.random.default_rng(24), 40_000, 3)
    effects = elementary_effects(units, morris_function(units)[..., None])[..., 0]
    return {
        "mu": effects.mean(axis=1),
        "mu_star": np.abs(effects).mean(axis=1),
        "sigma": effects.std(axis=1),
    }


@pytest.fixture(scope="module")
def morris_trials() -> list:
    """Morris analyses: 20 paths, 10 replicates."""
    rng = np.random.default_rng(25)
    found = []
    for _ in range(TRIALS):
        units = known.paths(rng, 20, 3)
        found.append(morris(units, LUCK.outcomes(morris_function, rng, 10, units)[0]))
    return found


@pytest.mark.parametrize(
    ("measure", "factor"),
    [("mu", 0), ("mu", 2), ("mu_star", 0), ("mu_star", 1), ("mu_star", 2), ("sigma", 1)],
)
def test_morris_intervals_cover(morris_trials, morris_truth, measure, factor) -> None:
    """Sees coverage .86 for .95 with power above .95."""
    truth = morris_truth[measure][factor]
    covered = sum(
        one.measures[measure].low[factor] - 1e-9
        <= truth
        <= one.measures[measure].high[factor] + 1e-9
        for one in morris_trials
    )
    name = f"morris-{measure}-{factor}"
    assert_rate_at_least(covered, TRIALS, nominal=0.95, biased=0.86, name=name)


def test_noise_does_not_look_like_an_effect(morris_trials, morris_truth) -> None:
    """mu* of a factor without effect is 0 on average; the plain one is its floor."""
    value = np.array([one.measures["mu_star"].value[2] for one in morris_trials])
    plain = np.array([one.measures["mu_star"].plain[2] for one in morris_trials])
    floor = np.mean([one.floor[2] for one in morris_trials])
    assert_mean(value, 0.0, bias=0.5, name="mu-star-idle")
    assert abs(plain.mean() - floor) < 0.1 * floor
    strong = np.array([one.measures["mu_star"].value[0] for one in morris_trials])
    # The stated bound on what the sign costs: .34 standard errors of one effect.
    error = floor / np.sqrt(2 / np.pi)
    assert morris_truth["mu_star"][0] - 0.34 * error - 0.5 < strong.mean()
    assert strong.mean() < morris_truth["mu_star"][0] + 0.5


NO_EFFECT = {
    "bent": lambda rng: (
        rng.normal(0, 2, 10) * rng.random((20, 1))
        + rng.normal(0, 1 + rng.random((20, 1)), (20, 10))
    ),
    "counts": lambda rng: (
        (lambda g: rng.poisson(g, (64, 10)) - rng.poisson(g, (64, 10)))(rng.gamma(1, 1, 10))
    ).astype(float),
    "few": lambda rng: rng.normal(0, 1, (20, 5)) + rng.normal(0, 1, 5),
}


@pytest.mark.parametrize("kind", NO_EFFECT)
def test_a_factor_without_effect_is_rarely_told_from_noise(kind) -> None:
    """At most 5 % false positives. Sees 8 % with power above .95."""
    rng = np.random.default_rng(26)
    silent = sum(no_effect_p(NO_EFFECT[kind](rng)) > 0.05 for _ in range(3000))
    assert_rate_at_least(silent, 3000, nominal=0.95, biased=0.92, name=f"no-effect-{kind}")


def test_an_effect_as_large_as_noise_is_told() -> None:
    """Power: an effect of 1.5 standard errors in every row, in nine of ten analyses."""
    rng = np.random.default_rng(27)
    told = sum(
        no_effect_p(rng.normal(0, 1, (20, 10)) + 1.5 / np.sqrt(10), 4) <= 0.05 / 4
        for _ in range(400)
    )
    assert_rate_at_least(told, 400, nominal=0.9, biased=0.78, name="effect-told")


def test_no_factor_is_flagged_together(ishigami_trials) -> None:
    """Family-wise: the idle factor is told from noise in at most 5 % of analyses (Holm over four)."""
    silent = sum(bool(one.noise_dominates[3]) for one in ishigami_trials)
    assert_rate_at_least(silent, TRIALS, nominal=0.95, biased=0.86, name="holm-idle")
