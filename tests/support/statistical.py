"""Statistical tests that state their error rates before they look.

One false-positive budget for the whole suite is divided by the number of assertions. An assertion
about a rate names the bias it must see; it is refused when the number of trials gives it too
little power for that, so that a green test means something.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

FALSE_POSITIVE_BUDGET = 1e-3  # chance that any statistical test of the suite fails by bad luck
ASSERTIONS = 120  # that the suite may hold, in all its workers together
LEAST_POWER = 0.95

_registered: set[str] = set()


def registered() -> list[str]:
    """Names of the assertions made so far in this process."""
    return sorted(_registered)


def too_many(names: set[str]) -> str:
    """What to say when so many assertions share the budget, or nothing."""
    if len(names) <= ASSERTIONS:
        return ""
    return f"{len(names)} statistical assertions share a budget for {ASSERTIONS}: raise ASSERTIONS."


def _register(name: str) -> None:
    _registered.add(name)
    message = too_many(_registered)
    assert not message, message


class TooLittlePowerError(AssertionError):
    """The test could not see the bias it names."""


@dataclass(frozen=True, slots=True)
class RateTest:
    """Exact binomial test that a rate is at least ``nominal``, able to see ``biased``.

    Attributes
    ----------
    least: fewest successes that pass.
    false_positive: chance to fail at the nominal rate.
    power: chance to fail at the biased rate.
    """

    trials: int
    least: int
    false_positive: float
    power: float


def rate_test(*, nominal: float, biased: float, trials: int) -> RateTest:
    """Plan a one-sided test against too low a rate.

    Raises
    ------
    TooLittlePowerError: when a rate of ``biased`` would be seen with less than LEAST_POWER.
    """
    level = FALSE_POSITIVE_BUDGET / ASSERTIONS
    least = int(stats.binom.ppf(level, trials, nominal))
    power = float(stats.binom.cdf(least - 1, trials, biased))
    if power < LEAST_POWER:
        raise TooLittlePowerError(
            f"{trials} trials see a rate of {biased:g} instead of {nominal:g} with power {power:.2f}, "
            f"below {LEAST_POWER:g}: use more trials or name a larger bias."
        )
    return RateTest(trials, least, float(stats.binom.cdf(least - 1, trials, nominal)), power)


def assert_rate_at_least(
    successes: int, trials: int, *, nominal: float, biased: float, name: str
) -> None:
    """Fail when the successes are too few for ``nominal``; each name is one assertion of the budget."""
    _register(name)
    planned = rate_test(nominal=nominal, biased=biased, trials=trials)
    assert successes >= planned.least, (
        f"{name}: {successes} of {trials} ({successes / trials:.3f}), fewer than {planned.least}; "
        f"at {nominal:g} this happens with probability {planned.false_positive:.1e}"
    )


def assert_mean(
    values: np.ndarray, expected: float, *, bias: float, name: str, error: float = 0.0
) -> None:
    """Fail when a mean differs from an expected value with a standard error of its own.

    Raises
    ------
    TooLittlePowerError: when a difference of ``bias`` would be seen with less than LEAST_POWER.
    """
    own = values.std(ddof=1) / math.sqrt(len(values))
    limit = _limit(name, math.hypot(own, error), bias, tails=2)
    difference = values.mean() - expected
    assert abs(difference) <= limit, (
        f"{name}: {values.mean():.4f} in {len(values)} runs, expected {expected:g} within {limit:.4f}"
    )


def assert_larger(differences: np.ndarray, *, effect: float, name: str) -> None:
    """Fail when paired differences are not above 0 by more than chance.

    Raises
    ------
    TooLittlePowerError: when an ``effect`` of this size would be seen with less than LEAST_POWER.
    """
    own = differences.std(ddof=1) / math.sqrt(len(differences))
    limit = _limit(name, own, effect, tails=1)
    assert differences.mean() > limit, (
        f"{name}: {differences.mean():.4f} in {len(differences)} pairs is not above {limit:.4f}"
    )


def _limit(name: str, error: float, bias: float, tails: int) -> float:
    """How far chance carries a mean at the level of one assertion; refuses too little power."""
    _register(name)
    limit = float(stats.norm.isf(FALSE_POSITIVE_BUDGET / ASSERTIONS / tails)) * error
    power = float(stats.norm.sf((limit - bias) / error)) if error > 0.0 else 1.0
    if power < LEAST_POWER:
        raise TooLittlePowerError(
            f"{name}: a standard error of {error:.4f} sees {bias:g} with power {power:.2f}, below "
            f"{LEAST_POWER:g}: use more runs or name a larger bias."
        )
    return limit
