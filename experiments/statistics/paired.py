"""From paired replicates to intervals: differences, ratios, curves, shares of wins.

All regimes of one replicate run on the same luck, so a difference is taken within the replicate
and its spread over replicates is what the intervals rest on. Decision record: ``0005-statistics``.
The one Monte Carlo (the critical value of simultaneous intervals) hashes the number of each draw
with the mixing function of :mod:`simulation.streams`, so that a table is a function of the runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulation import streams

FloatArray = NDArray[np.float64]

LEVEL = 0.95  # of every interval, pointwise or over the whole family
CRITICAL_DRAWS = 8192  # Monte Carlo error of the critical value: about 1 % of its size
CRITICAL_KEY = np.uint64(20_240_621)  # keeps these draws apart from those of the model
ROUNDING = 1e-12  # relative size below which a difference or a spread is rounding, not chance
CHUNK_DRAWS = 1024  # bounds memory when many regimes are compared
SLICE_DRAWS = 32
UNIT = 2.0**-53

HIGHER, LOWER, CANNOT_TELL = "higher", "lower", "cannot_tell"


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean paired difference of one outcome between a regime and a baseline.

    ``low, high`` is the pointwise interval; ``sim_low, sim_high`` the simultaneous one, which
    covers all comparisons of its family at once and alone decides the verdict. Intervals are NaN
    where the replicates cannot give one.
    """

    regime: str
    baseline: str
    difference: float
    se: float
    low: float
    high: float
    sim_low: float
    sim_high: float
    share_won: float
    n: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ratio of two paired mean differences with Fieller's interval.

    ``bounded`` is False where the interval of the denominator includes 0: then no finite interval
    exists and ``value, low, high`` are NaN.
    """

    value: float
    low: float
    high: float
    bounded: bool
    n: int


@dataclass(frozen=True, slots=True)
class Incidence:
    """Cumulative incidence of a first event over replicates, at each time of ``times``."""

    times: FloatArray
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    incidence: FloatArray
    low: FloatArray
    high: FloatArray


def mean_and_se(values: FloatArray) -> tuple[float, float, int]:
    """Mean, standard error and number of the values that are not NaN; NaN where undefined."""
    valid = values[~np.isnan(values)]
    n = len(valid)
    if n == 0:
        return math.nan, math.nan, 0
    if n == 1:
        return float(valid[0]), math.nan, 1
    spread = float(valid.std(ddof=1))
    if spread <= ROUNDING * float(np.abs(valid).max()):
        spread = 0.0
    return float(valid.mean()), spread / math.sqrt(n), n


def mean_interval(values: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """Student's interval of the mean of one regime; NaN with fewer than two values."""
    mean, se, n = mean_and_se(values)
    if n < 2:
        return math.nan, math.nan
    half = student_quantile(n - 1, level) * se
    return mean - half, mean + half


def _shares_won(regime: FloatArray, baseline: FloatArray) -> FloatArray:
    """Share of each row's pairs in which the regime has more; ties count half; NaN without pairs."""
    pairs = (~(np.isnan(regime) | np.isnan(baseline))).sum(axis=1)
    points = ((regime > baseline) + 0.5 * (regime == baseline)).sum(axis=1)
    share: FloatArray = points / np.where(pairs > 0, pairs, math.nan)
    return share


def paired_differences(
    values: FloatArray,
    names: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    *,
    level: float = LEVEL,
    bonferroni: bool = False,
) -> list[Difference]:
    """Differences of one family of comparisons with pointwise and simultaneous intervals.

    Parameters
    ----------
    values: shape (regimes, replicates), one outcome; NaN where a run has none.
    names: names of the regimes, by row.
    pairs: the family: (row of the regime, row of the baseline).
    level: coverage, of each pointwise interval and of the family as a whole.
    bonferroni: take Bonferroni's critical value, which holds whatever the correlation. It serves
        families nearly as large as the number of replicates, whose correlation cannot be estimated.

    Notes
    -----
    Single-step max-|t| (Hothorn, Bretz and Westfall 2008): the critical value is the ``level``
    quantile of the largest |t| over the family under joint normality with the estimated
    covariance of the regimes. Each comparison has its own estimated variance, so the reference
    law is simulated with a Wishart covariance rather than one common chi-square. With NaN in the
    outcome the pairs that are complete are used and the critical value is Bonferroni's.
    """
    values = np.asarray(values, dtype=np.float64)
    if not pairs:
        return []
    regime, baseline = (values[[pair[side] for pair in pairs]] for side in (0, 1))
    mean, se, n = _paired_means(regime, baseline)
    won = _shares_won(regime, baseline)
    critical = None if bonferroni else _family_critical(values, pairs, level)
    return [
        _difference(
            names[pair[0]], names[pair[1]], float(mean[k]), float(se[k]), int(n[k]), float(won[k]),
            len(pairs), critical, level,
        )
        for k, pair in enumerate(pairs)
    ]  # fmt: skip


def families(names: Sequence[str], baselines: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """The families of comparisons: every regime against each baseline, then all pairs.

    Baselines that were not run are left out. In ``all_pairs`` each pair stands once.
    """
    rows = {name: row for row, name in enumerate(names)}
    found = {
        baseline: [(row, rows[baseline]) for row in range(len(names)) if row != rows[baseline]]
        for baseline in baselines
        if baseline in rows
    }
    found["all_pairs"] = [(a, b) for b in range(len(names)) for a in range(b + 1, len(names))]
    return found


def _difference(
    regime: str,
    baseline: str,
    mean: float,
    se: float,
    n: int,
    won: float,
    family_size: int,
    critical: float | None,
    level: float,
) -> Difference:
    point = joint = math.nan
    if n >= 2 and se > 0.0:
        point = student_quantile(n - 1, level) * se
        joint = (critical or _bonferroni(n, family_size, level)) * se
    elif n >= 2 and _constant_can_be_told(mean, n, family_size, level):
        point = joint = 0.0
    verdict = CANNOT_TELL
    if mean - joint > 0.0:
        verdict = HIGHER
    elif mean + joint < 0.0:
        verdict = LOWER
    return Difference(
        regime, baseline, mean, se, mean - point, mean + point, mean - joint, mean + joint, won, n,
        verdict,
    )  # fmt: skip


def _paired_means(
    regime: FloatArray, baseline: FloatArray
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Mean, standard error and number of the differences of each row, as :func:`mean_and_se`.

    Differences and spreads that are only rounding are set to exactly 0.
    """
    difference = regime - baseline
    size = np.maximum(np.abs(regime), np.abs(baseline))
    difference[np.abs(difference) <= ROUNDING * size] = 0.0
    valid = ~np.isnan(difference)
    known = np.where(valid, difference, 0.0)
    n = valid.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = known.sum(axis=1) / np.where(n > 0, n, math.nan)
        deviations = np.where(valid, known - mean[:, None], 0.0)
        spread = np.sqrt(np.square(deviations).sum(axis=1) / np.where(n > 1, n - 1, math.nan))
    spread[spread <= ROUNDING * np.abs(known).max(axis=1, initial=0.0)] = 0.0
    return mean, spread / np.sqrt(n), n


def _constant_can_be_told(mean: float, n: int, family_size: int, level: float) -> bool:
    """Whether n equal differences may be given a zero-width interval.

    Equal runs differ by exactly 0: yes. A constant difference other than 0 has no spread to
    estimate, so we ask what a sign test asks: n equal signs have probability 2^(1-n) by chance.
    """
    return mean == 0.0 or 2.0 ** (1 - n) <= (1.0 - level) / family_size


def _bonferroni(n: int, family_size: int, level: float) -> float:
    return student_quantile(n - 1, 1.0 - (1.0 - level) / family_size)


def _family_critical(
    values: FloatArray, pairs: Sequence[tuple[int, int]], level: float
) -> float | None:
    """Critical value of max |t|; None where Bonferroni's must serve (NaN, or too few replicates)."""
    rows = sorted({row for pair in pairs for row in pair})
    used = values[rows]
    n = used.shape[1]
    if n < 2 or np.isnan(used).any():
        return None
    position = {row: k for k, row in enumerate(rows)}
    contrasts = np.zeros((len(rows), len(pairs)))
    for column, (regime, baseline) in enumerate(pairs):
        contrasts[position[regime], column] += 1.0
        contrasts[position[baseline], column] -= 1.0
    loadings = _loadings(used, contrasts)
    if loadings.shape[1] == 0:
        return None
    return float(np.quantile(_largest_t(loadings, n - 1), level))


def _loadings(values: FloatArray, contrasts: FloatArray) -> FloatArray:
    """Standardised contrasts on uncorrelated directions, shape (directions, comparisons that vary)."""
    centred = values - values.mean(axis=1, keepdims=True)
    scale = centred.std(axis=1, keepdims=True).max()
    if scale == 0.0:
        return np.zeros((0, 0))
    left, singular, _ = np.linalg.svd(centred / scale, full_matrices=False)
    kept = singular > singular.max() * 1e-10
    loadings: FloatArray = (left[:, kept] * singular[kept]).T @ contrasts
    length = np.linalg.norm(loadings, axis=0)
    varying = length > length.max() * 1e-10
    return loadings[:, varying] / length[varying]


def _largest_t(loadings: FloatArray, freedom: int) -> FloatArray:
    """Simulated max |t| over the comparisons, shape (CRITICAL_DRAWS,).

    The variance of a comparison with loadings l is l'Wl; as a sum over the k (k + 1) / 2 distinct
    cells of W it is one matrix product for all draws and comparisons.
    """
    directions = loadings.shape[0]
    normals, covariances = _reference_draws(directions, freedom)
    row, column = np.tril_indices(directions)
    cells = loadings[row] * loadings[column] * np.where(row == column, 1.0, 2.0)[:, None]
    largest = np.empty(CRITICAL_DRAWS)
    for start in range(0, CRITICAL_DRAWS, CHUNK_DRAWS):
        chunk = slice(start, start + CHUNK_DRAWS)
        squares = np.square(_product(normals[chunk], loadings))
        squares /= _product(covariances[chunk], cells)
        largest[chunk] = squares.max(axis=1)
    return np.sqrt(largest)


def _product(tall: FloatArray, matrix: FloatArray) -> FloatArray:
    """``tall @ matrix`` in slices too small for BLAS to start threads, which cost more than they give."""
    slices = tall.reshape(-1, SLICE_DRAWS, tall.shape[1]) @ matrix
    return slices.reshape(len(tall), matrix.shape[1])


@lru_cache(maxsize=8)
def _reference_draws(directions: int, freedom: int) -> tuple[FloatArray, FloatArray]:
    """Standard normals (draws, k), and Wishart covariances (draws, k (k + 1) / 2).

    The covariances are lower triangles, row by row, made of Bartlett factors A as A A' / freedom.
    Deviations from the mean span at most ``freedom`` directions, so k never exceeds it.
    """
    cells = directions * (directions + 1) // 2
    uniforms = hashed_uniforms(CRITICAL_DRAWS, cells + directions)
    normals = special.ndtri(uniforms[:, :cells])
    factor = np.zeros((CRITICAL_DRAWS, directions, directions))
    row, column = np.tril_indices(directions, -1)
    factor[:, row, column] = normals[:, directions:]
    half = (freedom - np.arange(directions)) / 2.0
    diagonal = np.arange(directions)
    factor[:, diagonal, diagonal] = np.sqrt(2.0 * special.gammaincinv(half, uniforms[:, cells:]))
    covariance = factor @ factor.transpose(0, 2, 1) / freedom
    lower = covariance[:, *np.tril_indices(directions)]
    return np.ascontiguousarray(normals[:, :directions]), np.ascontiguousarray(lower)


def hashed_uniforms(rows: int, columns: int, key: int = 0) -> FloatArray:
    """Numbers in (0, 1), shape (rows, columns): hashes of their own places and a key.

    The plain form of the mixing function works cell by cell; its compiled form takes one number.
    """
    mix = streams.mix.py_func  # type: ignore[attr-defined]
    place = np.arange(1, rows * columns + 1, dtype=np.uint64).reshape(rows, columns)
    bits: NDArray[np.uint64] = mix(mix(place) + (CRITICAL_KEY + np.uint64(key)))
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * UNIT


@lru_cache(maxsize=256)
def student_quantile(freedom: int, level: float) -> float:
    """The t that a Student variable exceeds in size with probability ``1 - level``."""
    return float(special.stdtrit(freedom, 0.5 + level / 2))


def fieller_ratio(numerator: FloatArray, denominator: FloatArray, *, level: float = LEVEL) -> Ratio:
    """Ratio of the means of two paired samples (Fieller 1954).

    The interval holds every ratio r for which mean(numerator - r denominator) = 0 is not refused
    by a t-test. It is finite exactly when the interval of the denominator leaves out 0.

    Parameters
    ----------
    numerator, denominator: shape (replicates,), paired; replicates with NaN are left out.
    """
    valid = ~(np.isnan(numerator) | np.isnan(denominator))
    top, bottom = numerator[valid], denominator[valid]
    n = len(top)
    unbounded = Ratio(math.nan, math.nan, math.nan, False, n)
    if n < 2 or bottom.mean() == 0.0:
        return unbounded
    covariance = np.cov(top, bottom) / n
    t2 = student_quantile(n - 1, level) ** 2
    a = bottom.mean() ** 2 - t2 * covariance[1, 1]
    b = top.mean() * bottom.mean() - t2 * covariance[0, 1]
    c = top.mean() ** 2 - t2 * covariance[0, 0]
    if a <= 0.0 or (covariance[1, 1] == 0.0 and 2.0 ** (1 - n) > 1.0 - level):
        return unbounded
    root = math.sqrt(max(b * b - a * c, 0.0))
    value = float(top.mean() / bottom.mean())
    return Ratio(value, float((b - root) / a), float((b + root) / a), True, n)


def wilson_interval(events: Any, n: int, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval of a share; NaN with fewer than two trials."""
    share = np.asarray(events, dtype=np.float64) / max(n, 1)
    if n < 2:
        return np.full_like(share, math.nan), np.full_like(share, math.nan)
    z2 = float(special.ndtri(0.5 + level / 2)) ** 2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def cumulative_incidence(first_event: FloatArray, horizon: int) -> Incidence:
    """Share of replicates whose first event came by each quarter, 1 to ``horizon``.

    Parameters
    ----------
    first_event: shape (replicates,), quarter of the first event; NaN where none came by the end.
    horizon: last quarter; later events and NaN are censored there.

    Notes
    -----
    The curve is SciPy's Kaplan-Meier estimate. All replicates are followed to the same horizon, so
    nobody is censored before it and the number of events is binomial: Wilson's interval holds, also
    where none or all have had one and Greenwood's has no width.
    """
    from scipy import stats  # slow to import

    n = len(first_event)
    times = np.arange(1, horizon + 1, dtype=np.float64)
    quarter = np.maximum(np.ceil(first_event), 1.0)
    censored = ~(quarter <= horizon)  # NaN too
    events = np.array([np.sum(quarter == time) for time in times], dtype=np.int64)
    happened = np.cumsum(events)
    low, high = wilson_interval(happened, n)
    if n == 0:
        return Incidence(times, n - happened + events, events, np.zeros(horizon), low, high)
    seen = stats.CensoredData.right_censored(np.where(censored, horizon, quarter), censored)
    incidence = stats.ecdf(seen).cdf.evaluate(times)
    return Incidence(times, n - happened + events, events, incidence, low, high)
