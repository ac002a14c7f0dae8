"""Error rates of the verdicts of ``validate``, on networks whose law is known.

Model and programme are drawn from one law, or from two. Where the law is the same, an interval
misses 0 for any of the measures in no more than 5 % of cases; where they differ by a lot, the
verdict says so.
"""

from __future__ import annotations

import numpy as np

from experiments.validation.measures import BEHAVIOUR, MEASURES
from experiments.validation.results import Column, difference_interval
from tests.support.programmes import drawn
from tests.support.statistical import assert_rate_at_least

TRIALS = 150
REPLICATES, WINDOWS, PROJECTS = 8, 8, 40
NAMES = [
    "participation_gini", "top_tenth", "single_share", "incumbent_share", "persistence",
    "repeat_share", "same_region_ratio", "university_leads",
]  # fmt: skip


def values(rng: np.random.Generator, count: int, friends: float) -> dict[str, Column]:
    """Behaviours of ``count`` networks."""
    networks = [drawn(rng, PROJECTS, 250, old_friends=friends) for _ in range(count)]
    return {name: Column(np.array([MEASURES[name].of(one) for one in networks])) for name in NAMES}


def test_intervals_cover_and_see() -> None:
    """Coverage of .95 for all at once, told from .8; power on repeat ties, told from .8."""
    assert all(MEASURES[name].group == BEHAVIOUR for name in NAMES)
    rng = np.random.default_rng(20261128)
    covered = seen = 0
    for _ in range(TRIALS):
        real = values(rng, WINDOWS, 0.2)
        same = values(rng, REPLICATES, 0.2)
        other = values(rng, REPLICATES, 0.8)
        held = [difference_interval(same[name], real[name], len(NAMES)) for name in NAMES]
        covered += all(low <= 0.0 <= high for low, high in held)
        low, _ = difference_interval(other["repeat_share"], real["repeat_share"], len(NAMES))
        seen += low > 0.0
    assert_rate_at_least(covered, TRIALS, nominal=0.95, biased=0.75, name="validation covers")
    assert_rate_at_least(seen, TRIALS, nominal=0.95, biased=0.75, name="validation sees")
