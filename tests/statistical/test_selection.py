"""The best is chosen as often as promised, and the paper's rule is what is programmed.

Configurations of Kim and Nelson (2001): slippage (one system leads all others by the indifference
zone) and monotone increasing means (each leads the next by it), with an indifference zone of one
standard error of the first stage and ten observations in it. Rate assertions fail by chance with
probability at most 1e-5 each and see a probability of correct selection of .90 for .95 with power
above .95.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.statistics.selection import Selection, screening_constant, select_best
from tests.support.statistical import assert_rate_at_least

FIRST = 10
ZONE = 1.0 / np.sqrt(FIRST)  # standard deviations
TRIALS = 1000


def means_of(configuration: str, systems: int) -> np.ndarray:
    if configuration == "slippage":
        return np.r_[ZONE, np.zeros(systems - 1)]
    return -ZONE * np.arange(systems)


def normal(rng: np.random.Generator, means: np.ndarray, common: float, most: int) -> np.ndarray:
    """Normal observations with correlation ``common`` between systems, shape (systems, most)."""
    own = rng.normal(0.0, np.sqrt(1.0 - common), (len(means), most))
    return means[:, None] + own + rng.normal(0.0, np.sqrt(common), most)


def choose(values: np.ndarray, zone: float = ZONE) -> Selection:
    return select_best(list(values), indifference=zone, confidence=0.95, first_stage=FIRST)


def runs_of(state: Selection) -> int:
    return sum(at or state.seen for at in state.dropped_at)


@pytest.mark.parametrize("common", [0.0, 0.5])
@pytest.mark.parametrize(
    ("configuration", "systems"), [("slippage", 2), ("slippage", 5), ("monotone", 5)]
)
def test_correct_selection_is_as_probable_as_promised(configuration, systems, common) -> None:
    rng = np.random.default_rng([31, systems, int(10 * common)])
    means = means_of(configuration, systems)
    chosen = [choose(normal(rng, means, common, 900)) for _ in range(TRIALS)]
    assert all(one.decided for one in chosen)
    correct = sum(one.contenders == (0,) for one in chosen)
    name = f"selection-{configuration}-{systems}-{common}"
    assert_rate_at_least(correct, TRIALS, nominal=0.95, biased=0.90, name=name)


def test_counts_that_share_their_luck() -> None:
    """Skewed counts: the promise is for normal observations and holds here."""
    rng = np.random.default_rng(32)
    correct = 0
    for _ in range(TRIALS):
        luck = rng.gamma(4.0, 0.25, 900)
        values = rng.poisson(np.array([6.0, 5.0, 5.0, 5.0])[:, None] * luck).astype(float)
        correct += choose(values, zone=1.0).contenders == (0,)
    assert_rate_at_least(correct, TRIALS, nominal=0.95, biased=0.90, name="selection-counts")


def test_the_choice_is_good_where_nobody_leads_by_the_zone() -> None:
    """Half of the zone between neighbours: a choice within the zone of the best, nearly always."""
    rng = np.random.default_rng(33)
    means = -ZONE / 2.0 * np.arange(5)
    good = sum(choose(normal(rng, means, 0.5, 900)).contenders[0] <= 2 for _ in range(TRIALS))
    assert_rate_at_least(good, TRIALS, nominal=0.95, biased=0.90, name="selection-good")


def test_common_luck_saves_runs() -> None:
    """The variance of a difference is 2 (1 - correlation); the runs fall nearly as much."""
    means = means_of("slippage", 5)
    runs = {}
    for common in (0.0, 0.5, 0.8):
        rng = np.random.default_rng(34)
        runs[common] = np.mean(
            [runs_of(choose(normal(rng, means, common, 900))) for _ in range(200)]
        )
    assert runs[0.5] < 0.6 * runs[0.0]
    assert runs[0.8] < 0.3 * runs[0.0]


def plain_procedure(values: np.ndarray, zone: float, confidence: float) -> tuple[set[int], int]:
    """The steps of the paper, one observation at a time."""
    k = len(values)
    alpha = 1.0 - confidence
    eta = 0.5 * ((2.0 * alpha / (k - 1)) ** (-2.0 / (FIRST - 1)) - 1.0)
    h2 = 2.0 * eta * (FIRST - 1)
    s2 = {
        (i, j): np.var(values[i, :FIRST] - values[j, :FIRST], ddof=1)
        for i in range(k)
        for j in range(k)
    }
    inside = set(range(k))
    r = FIRST
    while True:
        mean = {i: values[i, :r].mean() for i in inside}
        margin = lambda i, j: max(0.0, zone / (2.0 * r) * (h2 * s2[i, j] / zone**2 - r))  # noqa: B023, E731
        inside = {i for i in inside if all(mean[i] >= mean[j] - margin(i, j) for j in inside - {i})}
        if len(inside) == 1:
            return inside, r
        r += 1


@pytest.mark.parametrize("seed", range(20))
def test_it_takes_the_steps_of_the_paper(seed) -> None:
    values = normal(np.random.default_rng([35, seed]), np.array([0.1, 0.0, 0.3, -0.5]), 0.3, 2000)
    found = choose(values)
    inside, seen = plain_procedure(values, ZONE, 0.95)
    assert (set(found.contenders), found.seen) == (inside, seen)


def test_the_constant_is_the_paper_s() -> None:
    """c = 1: half (1 + 2 eta)^(-(n - 1) / 2) = alpha / (k - 1)."""
    eta = screening_constant(10, 20, 0.95) / (2 * 19)
    assert 0.5 * (1.0 + 2.0 * eta) ** (-19 / 2) == pytest.approx(0.05 / 9)


def test_it_says_how_far_it_can_get() -> None:
    values = normal(np.random.default_rng(36), np.zeros(3), 0.0, 2000)
    part = choose(values[:, :20])
    assert not part.decided and part.seen == 20 < part.needed
    whole = choose(values)
    assert whole.decided and whole.seen <= part.needed


def test_a_dropped_system_needs_no_more_observations() -> None:
    values = normal(np.random.default_rng(37), np.array([0.0, -2.0, 0.1]), 0.0, 2000)
    whole = choose(values)
    short = [one[: at or 2000] for one, at in zip(values, whole.dropped_at, strict=True)]
    assert select_best(short, indifference=ZONE, confidence=0.95, first_stage=FIRST) == whole


def test_equal_systems_are_never_separated() -> None:
    one = np.random.default_rng(38).normal(size=100)
    found = choose(np.stack([one, one, one - 5.0]))
    assert found.contenders == (0, 1)
    assert found.seen >= found.needed and not found.decided
