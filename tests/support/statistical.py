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
ASSERTIONS = 100  # rate assertions the suite may hold; `register` refuses more
LEAST_POWER = 0.95

_registered: set[str] = set()


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
    _registered.add(name)
    assert len(_registered) <= ASSERTIONS, "raise ASSERTIONS: the false-positive budget is used up"
    planned = rate_test(nominal=nominal, biased=biased, trials=trials)
    assert successes >= planned.least, (
        f"{name}: {successes} of {trials} ({successes / trials:.3f}), fewer than {planned.least}; "
        f"at {nominal:g} this happens with probability {planned.false_positive:.1e}"
    )


def assert_unbiased(estimates: np.ndarray, truth: float, *, visible: float, name: str) -> None:
    """Fail when the mean of independent estimates is not ``truth``; one assertion of the budget.

    The test is a two-sided normal one. It is refused when a bias of ``visible`` would be seen with
    less than LEAST_POWER.
    """
    _registered.add(name)
    assert len(_registered) <= ASSERTIONS, "raise ASSERTIONS: the false-positive budget is used up"
    se = float(estimates.std(ddof=1)) / math.sqrt(len(estimates))
    allowed = float(stats.norm.isf(FALSE_POSITIVE_BUDGET / ASSERTIONS / 2)) * se
    power = float(stats.norm.sf((allowed - visible) / se))
    if power < LEAST_POWER:
        raise TooLittlePowerError(
            f"{name}: {len(estimates)} estimates see a bias of {visible:g} with power {power:.2f}, "
            f"below {LEAST_POWER:g}: use more or name a larger bias."
        )
    bias = float(estimates.mean()) - truth
    assert abs(bias) <= allowed, f"{name}: bias {bias:g}, more than chance gives ({allowed:g})"
