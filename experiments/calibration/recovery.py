"""Recovery of known values: can the targets tell the parameters at all?

Each of the runs over the prior is taken for the observation in turn, its values for the truth.
They are inferred from the other runs, by rejection with local-linear regression (Beaumont, Zhang
and Balding 2002): cross-validation of ABC (Csilléry et al. 2012). It tries the targets and the
model, not the sequential search, which tests try on a law that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.calibration.fit import Bank, scaled
from experiments.calibration.settings import Prior
from experiments.statistics.paired import FloatArray, wilson_interval
from experiments.validation.against import Target

LEVEL = 0.9  # of the intervals whose coverage is counted
KEPT_SHARE, FEWEST_KEPT = 0.2, 30  # of the other runs, the nearest
FEWEST_RUNS = 40


@dataclass(frozen=True, slots=True)
class Recovered:
    """How one parameter is recovered.

    Attributes
    ----------
    runs: that were taken for the observation.
    covered: intervals of level .9 that hold the truth; low, high: 95 % interval of their rate.
    explained: 1 minus the mean squared error of the estimate over the variance of the truth: 0 or
        below, the targets tell nothing of it.
    width: mean width of the intervals over the width of the prior; .9 is that of the prior itself.
    """

    runs: int
    covered: int
    low: float
    high: float
    explained: float
    width: float


def recovery(
    bank: Bank, priors: Sequence[Prior], targets: tuple[Target, ...]
) -> list[Recovered] | None:
    """Each parameter's recovery; None with too few runs of which all targets are defined."""
    summaries = np.array([scaled(one, targets) for one in bank.found], np.float64)
    defined = ~np.isnan(summaries).any(axis=1)
    places, summaries = bank.places[defined], summaries[defined]
    if len(places) < FEWEST_RUNS:
        return None
    ends = np.array([[one.low, one.high] for one in priors])
    found = np.array(
        [inferred(np.delete(places, k, 0), np.delete(summaries, k, 0), summaries[k], ends)
         for k in range(len(places))]
    )  # fmt: skip  # shape (runs, parameters, 3)
    return [
        _recovered(places[:, column], found[:, column], priors[column])
        for column in range(len(priors))
    ]


def inferred(
    places: FloatArray, summaries: FloatArray, observed: FloatArray, ends: FloatArray
) -> FloatArray:
    """Lower end, median and upper end for each parameter, shape (parameters, 3).

    Values are adjusted on the logit of their prior, so that none leaves it.
    """
    far = np.sqrt(((summaries - observed) ** 2).mean(axis=1))
    kept = np.argsort(far)[: max(FEWEST_KEPT, int(KEPT_SHARE * len(far)))]
    weight = np.sqrt(np.maximum(1.0 - (far[kept] / (far[kept].max() * 1.0001)) ** 2, 1e-9))
    unit = (places[kept] - ends[:, 0]) / (ends[:, 1] - ends[:, 0])
    unit = np.clip(unit, 1e-6, 1 - 1e-6)
    logit = np.log(unit / (1 - unit))
    design = np.column_stack([np.ones(len(kept)), summaries[kept] - observed])
    slopes = np.linalg.lstsq(design * weight[:, None], logit * weight[:, None], rcond=None)[0]
    adjusted = logit - design[:, 1:] @ slopes[1:]
    adjusted = slopes[0] + (adjusted - slopes[0]) * _widening(weight**2, design.shape[1])
    back = ends[:, 0] + (ends[:, 1] - ends[:, 0]) / (1 + np.exp(-adjusted))
    shares = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)
    told: FloatArray = np.array(
        [weighted_quantiles(column, weight**2, shares) for column in back.T]
    )
    return told


def _widening(weights: FloatArray, coefficients: int) -> float:
    """By how much residuals of a fit are too narrow for the error of a new value.

    Least squares takes ``coefficients`` of the effective number of runs, and the fitted level has an
    error of its own.
    """
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    used = coefficients / effective
    return float(np.sqrt((1 + used) / max(1 - used, 0.1)))


def weighted_quantiles(
    values: FloatArray, weights: FloatArray, shares: Sequence[float]
) -> list[float]:
    """Quantiles of weighted values."""
    order = np.argsort(values)
    reached = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return [float(np.interp(share, reached, values[order])) for share in shares]


def _recovered(truth: FloatArray, found: FloatArray, prior: Prior) -> Recovered:
    low, median, high = found.T
    covered = int(((low <= truth) & (truth <= high)).sum())
    ends = wilson_interval(covered, len(truth))
    return Recovered(
        len(truth), covered, float(ends[0]), float(ends[1]),
        float(1 - ((median - truth) ** 2).mean() / truth.var()),
        float((high - low).mean() / (prior.high - prior.low)),
    )  # fmt: skip
