"""What a replication found: estimates beside references, and claims, with verdicts.

All verdicts of a replication are held at 99 % together (Bonferroni): where the model is right, one
replication in a hundred shows any difference by chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.replications.plan import Claim, Reference, Replication

LEVEL = 0.01  # chance of any wrong "differs", and of any wrong verdict on a claim
REPRODUCED, CLOSE, DIFFERS, NO_REFERENCE = "reproduced", "close", "differs", "no_reference"
HOLDS, REVERSED, CANNOT_TELL = "holds", "reversed", "cannot_tell"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One measure of one case.

    Attributes
    ----------
    case: settings and facts of the case by name.
    z: difference from the reference over the standard error of both; NaN without a reference.
    """

    case: Mapping[str, Any]
    measure: str
    replicates: int
    mean: float
    standard_error: float
    reference: Reference | None
    z: float
    verdict: str

    @property
    def difference(self) -> float:
        """From the reference; NaN without one."""
        return self.mean - self.reference.value if self.reference else math.nan


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with the paired mean difference found for it."""

    claim: Claim
    difference: float
    standard_error: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Result:
    """All estimates and findings of a replication."""

    replication: Replication
    seed: int
    replicates: int
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]

    def count(self, verdict: str) -> int:
        """Estimates with this verdict."""
        return sum(one.verdict == verdict for one in self.estimates)

    @property
    def reproduced(self) -> bool:
        """Whether no reference value is contradicted and every claim holds."""
        return not self.count(DIFFERS) and all(one.verdict == HOLDS for one in self.findings)


def judge(
    replication: Replication, seed: int, values: Sequence[Mapping[str, np.ndarray]]
) -> Result:
    """Turn the values of all replicates, by case and measure, into verdicts."""
    n = len(next(iter(values[0].values())))
    held = sum(len(case.references) for case in replication.cases)
    limit = critical_value(held, n)
    estimates = []
    for case, found in zip(replication.cases, values, strict=True):
        kind = replication.kind
        about = case.settings.as_mapping() | kind.about(replication.model, case.settings, seed)
        for measure in kind.measures(replication.model):
            reference = case.references.get(measure)
            estimates.append(
                _estimate(about, measure, found[measure], reference, limit, replication.tolerance)
            )
    claims = replication.claims
    bound = critical_value(len(claims), n)
    findings = tuple(_finding(claim, values, bound) for claim in claims)
    return Result(replication, seed, n, tuple(estimates), findings)


def critical_value(count: int, n: int) -> float:
    """Two-sided limit of Student's t for ``count`` verdicts that hold together."""
    from scipy import stats

    return float(stats.t.ppf(1.0 - LEVEL / (2 * max(count, 1)), n - 1))


def _estimate(
    about: Mapping[str, Any], measure: str, values: np.ndarray,
    reference: Reference | None, limit: float, tolerance: float,
) -> Estimate:  # fmt: skip
    mean, error = mean_and_error(values)
    if reference is None:
        return Estimate(about, measure, len(values), mean, error, None, math.nan, NO_REFERENCE)
    difference = mean - reference.value
    z = _ratio(difference, math.hypot(error, reference.error))
    verdict = DIFFERS
    if abs(z) <= limit:
        verdict = REPRODUCED
    elif abs(difference) <= tolerance:
        verdict = CLOSE
    return Estimate(about, measure, len(values), mean, error, reference, z, verdict)


def _finding(claim: Claim, values: Sequence[Mapping[str, np.ndarray]], bound: float) -> Finding:
    """Differences are taken within replicates: both sides had the same luck."""
    paired = (
        values[claim.more.case][claim.more.measure] - values[claim.less.case][claim.less.measure]
    )
    mean, error = mean_and_error(paired)
    z = _ratio(mean, error)
    verdict = CANNOT_TELL if abs(z) <= bound else HOLDS if z > 0 else REVERSED
    return Finding(claim, mean, error, verdict)


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """Mean, and its standard error over replicates."""
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


def _ratio(difference: float, error: float) -> float:
    """Difference over error; where nothing varies, 0 for equal up to rounding and infinite else."""
    if error > 0.0:
        return difference / error
    return 0.0 if abs(difference) < 1e-12 else math.copysign(math.inf, difference)
