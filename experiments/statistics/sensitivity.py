"""Sensitivity of a stochastic outcome: Morris and Sobol measures of its expectation.

What is measured is the expected outcome over replicates, f(x) = E y(x, luck). Replicates share
their luck across all points, so y(x, j) = f(x) + a(j) + b(x, j): a replicate shifts all points
together, and bends the response in a way of its own. Plain indices of the means over n replicates
hold the variance of the mean of b, in the numerator and in the denominator.

Here every square and every product of two outcomes is taken between two *different* replicates.
Their luck is independent, so its expectation is the product of the expected outcomes, whatever the
law of the noise. Decision record: ``0016-replication-noise``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from agents.settings import ConfigError
from experiments.statistics.multiplicity import holm
from experiments.statistics.paired import LEVEL, ROUNDING, hashed_uniforms
from experiments.statistics.resampling import bootstrap_weights

FloatArray = NDArray[np.float64]
# (weights of rows, shape (draws, rows) or (1, rows); of replicates likewise) -> (draws, measures)
Statistic = Callable[[FloatArray, FloatArray], FloatArray]

FEWEST_REPLICATES = 3
FEWEST_ROWS = 4
ROW_KEY, REPLICATE_KEY, SIGN_KEY = 1, 2, 3  # keep these draws apart
MOST_SIGNS = 8192
MORRIS, SOBOL = ("mu", "mu_star", "sigma"), ("first", "total")


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One measure of every factor, arrays of shape (factors,).

    ``value`` has the replication noise taken out and may be a little below 0 for a factor without
    effect; ``plain`` is what the means over replicates give; ``low, high`` is the 95 % interval.
    """

    value: FloatArray
    plain: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """Measures by name, and what replication noise does to them.

    Attributes
    ----------
    measures: ``mu``, ``mu_star`` and ``sigma`` of Morris (change of the outcome over the whole
        range of the factor), or ``first`` and ``total`` of Sobol (shares of the variance of the
        expected outcome).
    floor: shape (factors,), what the plain mu* or total index of a factor without effect would be.
    noise_share: shape (factors,), share of the mean square of a factor's effects that is noise.
    p: shape (factors,), of the hypothesis that the factor changes no expectation; ``p_holm``
        over all factors at once.
    noise_dominates: shape (factors,), ``p_holm`` above 0.05: the factor is not told from noise.
    signal_variance, noise_variance: of the expected outcome over the design; of runs at one point.
    rows, replicates: of the design (trajectories, or base rows), and per point.
    """

    measures: dict[str, Measure]
    floor: FloatArray
    noise_share: FloatArray
    p: FloatArray
    p_holm: FloatArray
    noise_dominates: NDArray[np.bool_]
    signal_variance: float
    noise_variance: float
    rows: int
    replicates: int

    @property
    def noise_share_of_run(self) -> float:
        """Share of the variance of single runs that is replication noise."""
        return self._share(self.noise_variance)

    @property
    def noise_share_of_mean(self) -> float:
        """Share of the variance of means over the replicates that is replication noise."""
        return self._share(self.noise_variance / self.replicates)

    def _share(self, noise: float) -> float:
        whole = noise + max(self.signal_variance, 0.0)
        return noise / whole if whole > 0.0 else math.nan


def elementary_effects(units: FloatArray, values: FloatArray) -> FloatArray:
    """Effects of the steps of Morris trajectories, shape (factors, trajectories, replicates).

    Parameters
    ----------
    units: shape (trajectories, factors + 1, factors), points in unit coordinates; each step
        changes one factor and each trajectory changes every factor once.
    values: shape (trajectories, factors + 1, replicates), outcomes.
    """
    steps = np.diff(units, axis=1)
    moved = np.abs(steps) > 1e-12
    if not ((moved.sum(axis=1) == 1).all() and (moved.sum(axis=2) == 1).all()):
        raise ValueError("each step of a trajectory changes one factor, and every factor once")
    factor = moved.argmax(axis=2)  # (trajectories, steps)
    size = np.take_along_axis(steps, factor[:, :, None], axis=2)
    effects = np.diff(values, axis=1) / size
    order = np.argsort(factor, axis=1)
    return np.take_along_axis(effects, order[:, :, None], axis=1).transpose(1, 0, 2)


def morris(units: FloatArray, values: FloatArray) -> Sensitivity:
    """Morris measures (Morris 1991; mu* of Campolongo et al. 2007).

    Parameters
    ----------
    units, values: see :func:`elementary_effects`.

    Notes
    -----
    - mu: mean effect. sigma: standard deviation of the expected effect over trajectories; its
      square is unbiased, and 0 where it comes out negative.
    - mu*: each replicate's effect with the sign that the *other* replicates give it. The mean
      size of effects would have a floor of .8 standard errors for a factor that does nothing;
      this has expectation 0 there, and is at most .34 standard errors of an effect too low elsewhere.

    Raises
    ------
    ConfigError: too few replicates or trajectories, NaN, infinite values, or a constant outcome.
    """
    refuse_unusable(values)
    effects = elementary_effects(units, values)
    means = effects.mean(axis=2)
    plain = (means.mean(axis=1), np.abs(means).mean(axis=1), means.std(axis=1, ddof=1))
    statistics = [_morris_statistic(effect) for effect in effects]
    found = np.array([_two_way_interval(one, *effects.shape[1:]) for one in statistics])
    found[:, :, 2] = np.sqrt(np.maximum(found[:, :, 2], 0.0))  # sigma from its square
    measures = {
        name: Measure(found[:, 0, k], plain[k], found[:, 1, k], found[:, 2, k])
        for k, name in enumerate(MORRIS)
    }
    floor = np.sqrt(2.0 / np.pi * _noise_of_means(effects))
    return _with_noise(measures, floor, effects, values.reshape(-1, values.shape[-1]))


def sobol(base: FloatArray, other: FloatArray, mixed: FloatArray) -> Sensitivity:
    """First-order and total Sobol indices of the expected outcome.

    Parameters
    ----------
    base, other: shape (rows, replicates), outcomes at the rows of the matrices A and B.
    mixed: shape (factors, rows, replicates), at the rows of A with one column taken from B.

    Notes
    -----
    Estimators of Saltelli et al. (2010) for the first order and of Jansen (1999) for the total, as
    in SALib, but with products between different replicates only. NaN where no variance is left.

    Raises
    ------
    ConfigError: too few replicates or rows, NaN, infinite values, or a constant outcome.
    """
    everything = np.concatenate([base, other, *mixed])
    refuse_unusable(everything)
    changes, factors = base - mixed, len(mixed)
    statistic = _sobol_statistic(base, other, changes)
    value, low, high = _two_way_interval(statistic, *base.shape)
    plain = plain_sobol(base.mean(axis=1), other.mean(axis=1), mixed.mean(axis=2))
    measures = {
        name: Measure(value[part], plain[k], low[part], high[part])
        for k, (name, part) in enumerate(
            zip(SOBOL, (slice(factors), slice(factors, None)), strict=True)
        )
    }
    spread = np.concatenate([base, other]).mean(axis=1).var()
    floor = _noise_of_means(changes) / 2 / spread if spread > 0.0 else np.full(factors, math.nan)
    return _with_noise(measures, floor, changes, np.concatenate([base, other]))


def plain_sobol(
    base: FloatArray, other: FloatArray, mixed: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """First-order and total indices by SALib, of outcomes without noise.

    Parameters
    ----------
    base, other: shape (rows,). mixed: shape (factors, rows).

    Raises
    ------
    ConfigError: NaN, infinite values or a constant outcome, of which SALib makes zeros.
    """
    from SALib.analyze import sobol as salib  # imports pandas

    values = np.stack([base, *mixed, other], axis=1).ravel()
    refuse_unusable(values[:, None], fewest=1)
    names = [str(k) for k in range(len(mixed))]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    found = salib.analyze(
        problem, values, calc_second_order=False, num_resamples=2, seed=1  # its intervals are not used
    )  # fmt: skip
    return np.asarray(found["S1"]), np.asarray(found["ST"])


def refuse_unusable(values: FloatArray, *, fewest: int = FEWEST_REPLICATES) -> None:
    """Refuse what has no sensitivity, in words, before a library makes zeros of it.

    Parameters
    ----------
    values: shape (..., replicates).

    Raises
    ------
    ConfigError: NaN or infinite values, a constant outcome, or too few replicates.
    """
    missing, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    if missing or infinite:
        what = "have no value" if missing else "are infinite"
        raise ConfigError(
            f"{missing or infinite} of {values.size} outcomes {what}. Sensitivity needs a number "
            f"from every run: choose another outcome, or ranges in which it is always defined."
        )
    if np.ptp(values) <= ROUNDING * np.abs(values).max():
        raise ConfigError(
            f"the outcome is {values.flat[0]:g} in all {values.size} runs: nothing varies, so "
            f"nothing can be attributed. Choose another outcome or wider ranges."
        )
    if values.shape[-1] < fewest:
        raise ConfigError(
            f"replicates = {values.shape[-1]} cannot tell an effect from luck. Sensitivity needs at "
            f"least {fewest}; the same sweep with replicates=10 adds them to the runs that are there."
        )


# ---------------------------------------------------------------- noise-free moments


def signal_square(values: FloatArray, rows: FloatArray, replicates: FloatArray) -> FloatArray:
    """Mean square of the expected values, shape (draws,).

    Parameters
    ----------
    values: shape (rows, replicates).
    rows, replicates: weights that sum to 1, shape (draws, ...) or (1, ...).
    """
    squares = replicates**2
    crossed = (values @ replicates.T) ** 2 - values**2 @ squares.T  # (rows, draws)
    return _weighted(rows, crossed) / (1.0 - squares.sum(axis=1))


def signal_covariance(
    one: FloatArray, two: FloatArray, rows: FloatArray, replicates: FloatArray
) -> FloatArray:
    """Covariance over rows of two expected values, shape (draws,); weights as for the square.

    Each replicate is centred by itself, which takes out what it adds to all rows.
    """
    squares = replicates**2
    means = one @ replicates.T, two @ replicates.T
    crossed = _weighted(rows, means[0] * means[1])
    crossed = crossed - _weighted(rows, means[0]) * _weighted(rows, means[1])
    own = rows @ (one * two) - (rows @ one) * (rows @ two)  # (draws or 1, replicates)
    return (crossed - (own * squares).sum(axis=1)) / (1.0 - squares.sum(axis=1))


def _weighted(rows: FloatArray, values: FloatArray) -> FloatArray:
    """Weighted sum over rows for each draw; ``values`` has shape (rows, draws or 1)."""
    if len(rows) == 1 or values.shape[1] == 1:
        return (rows @ values).ravel()
    sums: FloatArray = np.einsum("dr,rd->d", rows, values)
    return sums


def _morris_statistic(effect: FloatArray) -> Statistic:
    """mu, mu* and the square of sigma of one factor; ``effect`` (trajectories, replicates)."""

    def statistic(rows: FloatArray, replicates: FloatArray) -> FloatArray:
        means = effect @ replicates.T
        others = means[:, None, :] - effect[:, :, None] * replicates.T[None]
        signed = (np.sign(others) * effect[:, :, None] * replicates.T[None]).sum(axis=1)
        spread = signal_covariance(effect, effect, rows, replicates)
        unbiased = spread / (1.0 - (rows**2).sum(axis=1))
        columns = _weighted(rows, means), _weighted(rows, signed), unbiased
        return np.stack(np.broadcast_arrays(*columns), axis=1)

    return statistic


def _sobol_statistic(base: FloatArray, other: FloatArray, changes: FloatArray) -> Statistic:
    """First-order indices, then total indices, linear around their values.

    A resample of noisy outcomes may leave no variance to divide by. Its numerator less the index
    times its denominator, over the variance of the whole sample, varies like the index and always
    exists (the delta method). Outcomes are centred, so that their level does not matter.
    """
    level = np.concatenate([base, other]).mean()
    points, centred = np.concatenate([base, other]) - level, other - level

    def parts(rows: FloatArray, replicates: FloatArray) -> tuple[FloatArray, FloatArray]:
        both = np.concatenate([rows, rows], axis=1) / 2
        first = [-signal_covariance(centred, one, rows, replicates) for one in changes]
        total = [signal_square(one, rows, replicates) / 2 for one in changes]
        return np.stack([*first, *total]).T, signal_covariance(points, points, both, replicates)

    numerators, variance = parts(_even(len(base)), _even(base.shape[1]))
    whole = float(variance[0]) if variance[0] > 0.0 else math.nan
    indices = numerators[0] / whole

    def statistic(rows: FloatArray, replicates: FloatArray) -> FloatArray:
        numerators, variance = parts(rows, replicates)
        linear: FloatArray = indices + (numerators - indices * variance[:, None]) / whole
        return linear

    return statistic


def _even(count: int) -> FloatArray:
    return np.full((1, count), 1.0 / count)


def _two_way_interval(statistic: Statistic, rows: int, replicates: int) -> FloatArray:
    """Value, lower and upper bound of each measure, shape (3, measures).

    Rows and replicates are crossed: every replicate is run at every row. Each way is resampled
    with the other held, and the two variances add; the part that belongs to both is counted
    twice, so the interval errs on the wide side. Student's law with Satterthwaite's freedom.
    """
    if rows < FEWEST_ROWS:
        raise ConfigError(
            f"{rows} trajectories or base rows cannot give an interval. Use at least {FEWEST_ROWS}; "
            f"20 trajectories (morris) or 256 base rows (sobol) are usual."
        )
    value = statistic(_even(rows), _even(replicates))[0]
    over_rows = statistic(bootstrap_weights(rows, ROW_KEY), _even(replicates)).var(axis=0)
    drawn = bootstrap_weights(replicates, REPLICATE_KEY)
    over_replicates = statistic(_even(rows), drawn).var(axis=0)
    variance = over_rows + over_replicates
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = variance**2 / (over_rows**2 / (rows - 1) + over_replicates**2 / (replicates - 1))
        half = special.stdtrit(freedom, 0.5 + LEVEL / 2) * np.sqrt(variance)
    half = np.where(variance == 0.0, 0.0, half)
    return np.stack([value, value - half, value + half])


# ---------------------------------------------------------------- noise


def _noise_of_means(effects: FloatArray) -> FloatArray:
    """Mean over rows of the variance of a mean over replicates; (factors, rows, replicates)."""
    noise: FloatArray = effects.var(axis=2, ddof=1).mean(axis=1) / effects.shape[2]
    return noise


def _with_noise(
    measures: dict[str, Measure], floor: FloatArray, effects: FloatArray, points: FloatArray
) -> Sensitivity:
    """Add what noise does; ``effects`` (factors, rows, replicates), ``points`` (points, replicates)."""
    noise = _noise_of_means(effects)
    square = (effects.mean(axis=2) ** 2).mean(axis=1)
    p = np.array([no_effect_p(effect, len(effects)) for effect in effects])
    return Sensitivity(
        measures=measures,
        floor=floor,
        noise_share=np.minimum(noise / np.where(square > 0.0, square, math.nan), 1.0),
        p=p,
        p_holm=holm(p),
        noise_dominates=holm(p) > 1.0 - LEVEL,
        signal_variance=float(signal_covariance(points, points, *map(_even, points.shape))[0]),
        noise_variance=float(points.var(axis=1, ddof=1).mean()),
        rows=effects.shape[1],
        replicates=effects.shape[2],
    )


def no_effect_p(effect: FloatArray, hypotheses: int = 1) -> float:
    """P-value of the hypothesis that a factor changes the expectation in no row.

    Parameters
    ----------
    effect: shape (rows, replicates), changes of the outcome; replicates are independent.
    hypotheses: how many are tested together; decides whether sign changes can be precise enough.

    Notes
    -----
    The statistic is the mean square of the mean changes. Without an effect the changes of one
    replicate, all rows together, are as likely with the other sign (as far as noise is symmetric),
    so the law follows from changing signs: exact for any dependence between rows. Where so few
    replicates have too few signs, the ANOVA-type F test (Brunner, Dette and Munk 1997), whose
    freedom is here estimated on the low side, serves; it finds large effects only.
    """
    n = effect.shape[1]
    if (effect == 0.0).all():
        return 1.0
    products = effect.T @ effect  # as large as the replicates, not as the rows
    if 2.0 ** (1 - n) * hypotheses > 1.0 - LEVEL:
        return _anova_type_p(products / len(effect))
    signs = _signs(n)
    squares = ((signs @ products) * signs).sum(axis=1)
    return float(np.mean(squares >= squares[0] * (1.0 - 1e-9)))


@lru_cache(maxsize=16)
def _signs(count: int) -> FloatArray:
    """Changes of sign, shape (draws, count), the first without any: all of them, or a sample."""
    if 2 ** (count - 1) <= MOST_SIGNS:
        number = np.arange(2 ** (count - 1))
        bits = (number[:, None] >> np.arange(count)) & 1
        return (1 - 2 * bits).astype(np.float64)
    signs: FloatArray = np.where(hashed_uniforms(MOST_SIGNS, count, SIGN_KEY) < 0.5, -1.0, 1.0)
    signs[0] = 1.0
    return signs


def _anova_type_p(products: FloatArray) -> float:
    """F test from the products between replicates, shape (replicates, replicates)."""
    n = len(products)
    centre = np.eye(n) - 1.0 / n
    within = centre @ products @ centre / (n - 1)
    trace, mean_square = float(np.trace(within)), float(products.mean())
    if trace <= ROUNDING * float(np.trace(products)):
        return 0.0  # every replicate shows the same change
    freedom = trace**2 / float((within**2).sum())
    return float(special.fdtrc(freedom, freedom * (n - 1), n * mean_square / trace))
