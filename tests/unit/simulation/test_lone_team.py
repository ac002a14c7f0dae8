"""What integration and noise do to a team that only searches (run with ``-s`` for the tables).

Settings are compared on the same landscapes and the same luck. ``assert_better`` is an exact
one-sided McNemar test: where there is no difference it passes with probability ``LEVEL`` at most;
with 2,000 landscapes, of which at most 40 % are solved under one setting only, it sees a difference
of .09 with power above .95.
"""

from __future__ import annotations

import functools

import pytest
from scipy import stats

from tests.support.lone_team import Trial, lone_team, table

LEVEL = 1e-5
LANDSCAPES = 2000
MANY = 5000  # sees a difference of .057, as between noise .04 and .1, with the same power
DEFAULT_GAMMA = 0.6  # about what four institutions reach without bought coordination
GAMMAS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0)
NOISES = (0.0, 0.02, 0.04, 0.1, 0.2, 0.3)


@functools.cache
def trial(
    gamma: float,
    *,
    links: int = 5,
    members: int = 4,
    noise: float = 0.04,
    landscapes: int = LANDSCAPES,
) -> Trial:
    return lone_team(gamma=gamma, links=links, members=members, noise=noise, landscapes=landscapes)


def assert_better(better: Trial, worse: Trial) -> None:
    only_better = int((better.solved & ~worse.solved).sum())
    only_worse = int((worse.solved & ~better.solved).sum())
    test = stats.binomtest(only_better, only_better + only_worse, alternative="greater")
    assert test.pvalue < LEVEL, f"{better.rate:.3f} against {worse.rate:.3f}"


def test_the_comparison_has_the_stated_power() -> None:
    for landscapes, difference in ((LANDSCAPES, 0.09), (MANY, 0.057)):
        discordant = int(0.4 * landscapes)
        least = stats.binom.isf(LEVEL, discordant, 0.5) + 1
        assert stats.binom.sf(least - 1, discordant, 0.5 + difference / (2 * 0.4)) > 0.95


def test_without_links_integration_has_no_effect_at_all() -> None:
    """K = 0: own components tell everything, so every try is judged alike. Exact."""
    first = trial(0.0, links=0)
    assert first.rate > 0.9
    for gamma in GAMMAS[1:]:
        other = trial(gamma, links=0)
        assert (other.solved == first.solved).all()
        assert (other.quarters == first.quarters).all()


@pytest.mark.parametrize("members", [4, 6, 12])
def test_integration_has_an_interior_optimum(members: int) -> None:
    trials = [trial(gamma, members=members) for gamma in GAMMAS]
    table({f"K=5, {members} members, by gamma": trials}, list(GAMMAS), print)
    best = trial(0.9, members=members)
    assert_better(best, trial(0.3, members=members))
    assert_better(best, trial(0.6, members=members))
    assert_better(best, trial(1.0, members=members))
    assert 0.8 <= GAMMAS[max(range(len(GAMMAS)), key=lambda k: trials[k].rate)] <= 0.95


def test_more_links_are_harder() -> None:
    trials = [trial(DEFAULT_GAMMA, links=links) for links in (0, 2, 5, 8)]
    table({"gamma .6, by K": trials}, [0, 2, 5, 8], print)
    for easier, harder in zip(trials, trials[1:], strict=False):
        assert_better(easier, harder)


def test_noise_hurts_a_team_of_default_integration() -> None:
    """Success falls once noise exceeds about .04; below, noise neither helps nor hurts much."""
    trials = [trial(DEFAULT_GAMMA, noise=noise, landscapes=MANY) for noise in NOISES]
    table({"gamma .6, by noise": trials}, list(NOISES), print)
    for quieter, louder in zip(trials[2:], trials[3:], strict=False):
        assert_better(quieter, louder)


def test_at_high_integration_success_may_peak_at_some_noise() -> None:
    """A tightly integrated team climbs to the next local optimum; some error frees it."""
    trials = [trial(0.95, noise=noise) for noise in NOISES]
    table({"gamma .95, by noise": trials}, list(NOISES), print)
    assert_better(trial(0.95, noise=0.1), trial(0.95, noise=0.0))
    assert_better(trial(0.95, noise=0.1), trial(0.95, noise=0.3))
