"""Resampling: random weights without a generator, and the bootstrap where Student's law fails.

Weights and draws are hashes of their own places, or come from a stated seed, so that a table is a
function of the runs.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from experiments.statistics.paired import LEVEL, hashed_uniforms, mean_interval

FloatArray = NDArray[np.float64]

DRAWS = 999  # of a bootstrap
SEED = 20_240_621  # of scipy's bootstrap
COCHRAN = 25.0  # normal theory serves a mean when n exceeds this many times the squared skewness
FEWEST = 8  # values below which a bootstrap has too few distinct resamples to be an interval


@lru_cache(maxsize=16)
def bootstrap_weights(count: int, key: int, draws: int = DRAWS) -> FloatArray:
    """Weights of ``count`` units that sum to 1 in each draw, shape (draws, count); ``count`` >= 3.

    A Bayesian bootstrap (Rubin 1981) whose Dirichlet law has shape (count - 2) / count, for which
    the variance of a weighted mean is exactly the usual s^2 / count. No weight is ever 0, so that
    products of two different units, on which the noise-free estimates rest, always exist.
    """
    shape = (count - 2) / count
    uniforms = hashed_uniforms(draws, count, key)
    drawn: FloatArray = special.gammaincinv(shape, uniforms)
    weights: FloatArray = drawn / drawn.sum(axis=1, keepdims=True)
    return weights


def skewness(values: FloatArray) -> float:
    """Fisher's skewness of a sample; 0 for one without spread."""
    deviations = values - values.mean()
    spread = float(np.sqrt(np.mean(deviations**2)))
    if spread <= 1e-12 * float(np.abs(values).max(initial=0.0)):
        return 0.0
    return float(np.mean(deviations**3)) / spread**3


def normal_theory_serves(values: FloatArray) -> bool:
    """Cochran's rule (1977, Sampling Techniques, section 2.15): n > 25 times the squared skewness.

    By that rule a 95 % interval of a mean is wrong in no more than 6 % of samples.
    """
    valid = values[~np.isnan(values)]
    return len(valid) > COCHRAN * skewness(valid) ** 2 if len(valid) else False


def bca_interval(
    values: FloatArray, statistic: Any = np.mean, *, level: float = LEVEL
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval (Efron 1987), by SciPy with a fixed seed.

    Parameters
    ----------
    values: shape (n,), or (k, n) for a statistic of k paired samples; columns with NaN are left out.
    statistic: a vectorised function of k samples with an argument ``axis``.

    Returns
    -------
    NaN, NaN with fewer than 8 columns; the value twice where all columns are equal.
    """
    from scipy import stats

    samples = np.atleast_2d(values)
    samples = samples[:, ~np.isnan(samples).any(axis=0)]
    if samples.shape[1] < FEWEST:
        return math.nan, math.nan
    if (samples == samples[:, :1]).all():
        value = float(statistic(*samples, axis=-1))
        return value, value
    found = stats.bootstrap(
        tuple(samples), statistic, paired=len(samples) > 1, vectorized=True, n_resamples=1999,
        confidence_level=level, method="BCa", rng=SEED,
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def interval_of_mean(values: FloatArray, level: float = LEVEL) -> tuple[float, float, str]:
    """Interval of a mean and how it was made: ``student``, or ``bca`` where Cochran's rule fails.

    With too few values for either rule or bootstrap it is Student's.
    """
    if normal_theory_serves(values):
        return *mean_interval(values, level), "student"
    low, high = bca_interval(values, level=level)
    if math.isnan(low):
        return *mean_interval(values, level), "student"
    return low, high, "bca"
