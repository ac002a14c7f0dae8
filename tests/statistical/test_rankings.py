"""Rankings: luck alone flips no pair, and components of variance cover.

Five regimes that are equal in every world: in at least 95 % of 600 sets of 200 drawn worlds with 10 replicates no pair is found
reversed in more worlds than luck explains. The intervals of the variance between worlds cover in 95 % of cases where differences
are normal. Each assertion fails by chance with probability at most 1e-5 and sees a rate of .88 with power above .95.
"""

from __future__ import annotations

import itertools

import numpy as np

from experiments.rankings.results import BY_LUCK, share_of, told_by_draw, variances
from tests.support.statistical import assert_rate_at_least

TRIALS, DRAWS, REPLICATES, REGIMES = 600, 200, 10, 5
PAIRS = list(itertools.combinations(range(REGIMES), 2))


def test_luck_flips_no_ranking() -> None:
    chance = np.random.default_rng(31)
    right = flipped_by_plain_share = 0
    for _ in range(TRIALS):
        worlds = list(chance.normal(0.0, 1.0, (DRAWS, REGIMES, REPLICATES)))
        _, _, signs = told_by_draw(worlds, PAIRS)
        shares = [share_of(row < 0, len(PAIRS)) for row in signs]
        right += all(one.low <= BY_LUCK for one in shares)
        flipped_by_plain_share += any(one.share > BY_LUCK for one in shares)
    assert_rate_at_least(right, TRIALS, nominal=0.95, biased=0.88, name="rankings, flips by luck")
    assert flipped_by_plain_share > 0.5 * TRIALS, (
        "plain shares would do, so this test shows nothing"
    )


def test_variance_between_worlds_is_covered() -> None:
    chance = np.random.default_rng(32)
    covered, found = 0, []
    for _ in range(TRIALS):
        expected = chance.normal(0.0, 1.0, (60, 1))
        single = expected + chance.normal(0.0, 2.0, (60, REPLICATES))
        errors = single.std(axis=1, ddof=1) / np.sqrt(REPLICATES)
        parts = variances(single.mean(axis=1), errors, REPLICATES, [])
        covered += parts.parameters_low <= 1.0 <= parts.parameters_high
        found.append((parts.parameters, parts.luck))
    assert_rate_at_least(covered, TRIALS, nominal=0.95, biased=0.88, name="rankings, variances")
    np.testing.assert_allclose(np.mean(found, axis=0), [1.0, 4.0], rtol=0.05)
