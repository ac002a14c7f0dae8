"""Boxes are told where there are any, and hardly ever where there are none.

Each assertion on a rate fails by chance with probability at most 1e-5, see
``tests/support/statistical``. Seeds are fixed and are not changed to get green.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.discover.boxes import find_boxes
from experiments.discover.measures import Measured, measure_all
from experiments.discover.question import Question, cases_of
from tests.support import planted_boxes as known
from tests.support.statistical import assert_rate_at_least

TRIALS = 100
POINTS, REPLICATES = 200, 20
QUESTION = Question("fails", "race", "laissez_faire", "welfare", 0.0)


def boxes(trial: int, kind: str) -> list[Measured]:
    """The boxes of one sweep: nothing there, luck that favours one end of a factor, or a planted box."""
    rng = np.random.default_rng([94, trial])
    made = known.design(POINTS, seed=trial)
    if kind == "luck":
        race = known.lucky(rng, made, REPLICATES)
    elif kind == "box":
        means = np.where(known.in_box(made), -2.0, 2.0) + rng.normal(0.0, 1.0, POINTS)
        race = known.noisy(rng, means, REPLICATES, 3.0)
    else:
        race = known.noisy(rng, rng.normal(0.0, 1.0, POINTS), REPLICATES, 1.0)
    cases = cases_of(known.planted(Path("nowhere"), made, race), QUESTION)
    found = find_boxes(made, cases.found_on, cases.sought[cases.found_on])
    return measure_all(made, cases, found)


@pytest.mark.parametrize("kind", ["nothing", "luck"])
def test_no_box_is_told_where_there_is_none(kind) -> None:
    """At least 95 % of sweeps without a box tell none; sees 75 % with power above .95."""
    silent = sum(not any(one.told for one in boxes(trial, kind)) for trial in range(TRIALS))
    assert_rate_at_least(silent, TRIALS, nominal=0.95, biased=0.75, name=f"discover-{kind}")


def test_a_planted_box_is_told() -> None:
    """A third of the space, -2 against 2, spread 1 over worlds and 3 over luck: in nine of ten sweeps."""
    found = sum(any(one.told for one in boxes(trial, "box")) for trial in range(TRIALS))
    assert_rate_at_least(found, TRIALS, nominal=0.9, biased=0.6, name="discover-power")
