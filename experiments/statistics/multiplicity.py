"""P-values of many hypotheses at once.

``holm`` keeps the chance of any false statement; ``false_discovery`` keeps the expected share of
false ones among those made, under any dependence. Simultaneous intervals are in ``paired``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]


def holm(p: FloatArray) -> FloatArray:
    """Holm's (1979) adjusted p-values, shape as given; NaN stays NaN and is not counted.

    Refusing where the result is at most alpha makes any false refusal with probability at most
    alpha, whatever the dependence.
    """
    adjusted = np.full(p.shape, math.nan)
    known = ~np.isnan(p)
    values = p[known]
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    result = np.empty(len(values))
    result[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    adjusted[known] = result
    return adjusted


def false_discovery(p: FloatArray) -> FloatArray:
    """Benjamini and Yekutieli's (2001) adjusted p-values, shape as given; NaN stays NaN.

    Of the hypotheses refused where the result is at most alpha, an expected share of at most alpha
    is true, whatever the dependence: outcomes of the same runs depend on each other in any way.
    """
    from scipy.stats import false_discovery_control  # imports slowly

    adjusted = np.full(p.shape, math.nan)
    known = ~np.isnan(p)
    if known.any():
        adjusted[known] = false_discovery_control(p[known], method="by")
    return adjusted


def student_p(difference: FloatArray, se: FloatArray, n: FloatArray) -> FloatArray:
    """Two-sided p-values of paired differences; NaN where there is no spread to judge by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0.0, np.abs(difference) / se, math.nan)
    p: FloatArray = 2.0 * special.stdtr(n - 1.0, -t)
    return p
