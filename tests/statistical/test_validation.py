"""Error rates of the verdicts of ``validate``, on networks whose law is known.

Model and programme are drawn from one law, or from two. Where the law is the same, an interval
misses 0 for any of the measures in no more than 5 % of cases; where they differ by a lot, the
verdict says so. Last, a short version of the published validation: the model beside FP7.
"""

from __future__ import annotations

import numpy as np

from experiments.running.progress import Progress
from experiments.validation.measures import BEHAVIOUR, MEASURES
from experiments.validation.reader import read_programme
from experiments.validation.results import Column, compare, difference_interval
from experiments.validation.runs import model_networks
from experiments.validation.settings import load_validate
from tests.support.programmes import drawn
from tests.support.statistical import assert_larger, assert_rate_at_least

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


def test_the_model_beside_fp7(tmp_path) -> None:
    """What is published for 3,000 organisations, for 1,000: incumbents come back too often.

    Each assertion fails by chance with probability 1e-5 at most, and sees .1 with power above .95.
    """
    setup = load_validate(["population.size=1000", "replicates=12", "seed=77"])
    networks = model_networks(setup.model, tmp_path, Progress())
    against = setup.against
    real, sample = (read_programme(str(name)).network for name in (against.data, against.sample))
    found = {
        one.target.measure.name: one for one in compare(against, networks, real, sample, 100).found
    }  # fmt: skip
    for name, sign in (("incumbent_share", 1), ("persistence", 1), ("single_share", -1)):
        one = found[name]
        above = sign * (one.model.values - one.real.mean)
        assert_larger(above, effect=0.1, name=f"validation {name}")
