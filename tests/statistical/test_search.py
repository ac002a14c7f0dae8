"""What a search says of its finalists is right about as often as it says.

Rate assertions fail by chance with probability at most 1e-5 each, see ``tests/support/statistical``.
Seeds are fixed and are not changed to get green.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.library import Library
from experiments.regimes import RegimeEntry, load_regime
from experiments.search.results import (
    CANNOT_TELL,
    DOMINATED,
    MIX,
    ON_FRONT,
    PRESET,
    TUNED,
    Finalist,
    judge_contest,
    judge_front,
)
from experiments.search.settings import Goal
from experiments.statistics import paired
from tests.support.statistical import assert_rate_at_least

TRIALS, REPLICATES = 400, 40
GOALS = (Goal("technical", 1), Goal("all_in_cost", -1))
NAMES = ("race", "prize", "open_challenge", "agency_managed")


@pytest.fixture(scope="module")
def entries() -> list[RegimeEntry]:
    library = Library.open(())
    return [load_regime(library, name) for name in NAMES]


def outcomes(rng: np.random.Generator, means: np.ndarray) -> np.ndarray:
    """Shape (finalists, goals, replicates): luck that all share, and luck of their own."""
    shared = rng.normal(0.0, 2.0, (1, len(GOALS), REPLICATES))
    return means[:, :, None] + shared + rng.normal(0.0, 1.0, (len(means), len(GOALS), REPLICATES))


def statuses(trial: int, means: np.ndarray, entries: list[RegimeEntry]) -> tuple[str, ...]:
    rng = np.random.default_rng([96, trial])
    finalists = [Finalist(entry, MIX) for entry in entries]
    return judge_front(finalists, GOALS, outcomes(rng, means)).status


def test_of_equals_nothing_is_told(entries) -> None:
    """On all goals at once; sees 86 % in place of 95 % with power above .95."""
    means = np.zeros((len(NAMES), len(GOALS)))
    silent = sum(set(statuses(trial, means, entries)) == {CANNOT_TELL} for trial in range(TRIALS))
    assert_rate_at_least(silent, TRIALS, nominal=0.95, biased=0.86, name="search-front-equal")


def test_a_clear_front_is_told(entries) -> None:
    """One that trades one goal for the other, one that is beaten, and two equals that trade the other way."""
    means = np.array([[2.0, 2.0], [0.0, 0.0], [-1.0, 3.0], [2.0, 2.0]])
    right = (CANNOT_TELL, ON_FRONT, DOMINATED, CANNOT_TELL)
    found = sum(statuses(trial, means, entries) == right for trial in range(TRIALS))
    assert_rate_at_least(found, TRIALS, nominal=0.9, biased=0.75, name="search-front-clear")


def test_a_contest_of_equals_has_no_winner_and_no_gain(entries) -> None:
    finalists = [Finalist(entry, PRESET) for entry in entries[:2]]
    finalists += [
        Finalist(entry, TUNED, origin.name, np.zeros(1))
        for entry, origin in zip(entries[2:], entries[:2], strict=True)
    ]
    silent = 0
    for trial in range(TRIALS):
        rng = np.random.default_rng([97, trial])
        values = outcomes(rng, np.zeros((len(NAMES), len(GOALS))))[:, :1]
        final = judge_contest(finalists, GOALS[:1], values)
        silent += all(one.verdict == paired.CANNOT_TELL for one in final.pairs[0])
    assert_rate_at_least(silent, TRIALS, nominal=0.95, biased=0.86, name="search-contest-equal")
