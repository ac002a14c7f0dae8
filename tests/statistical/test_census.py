"""The census' table is right in all cells at once, and sees the effect that it says it sees.

Runs without any effect, with correlated and skewed differences as counts have them: the share of
tables in which every cell covers 0 is at least nominal (95 %). The assertion fails by chance with
probability at most 1e-5 and sees a coverage of .90 with power above .95. An effect of the size in the column
``detectable`` is told with the power stated there (80 %).
"""

from __future__ import annotations

import numpy as np

from experiments.levers.results import POWER, detectable, differences
from experiments.statistics import paired
from tests.support.statistical import assert_rate_at_least

TABLES, CELLS, PAIRS = 1500, 60, 100


def test_no_cell_of_a_table_is_told_without_an_effect() -> None:
    chance = np.random.default_rng(28)
    right = 0
    for _ in range(TABLES):
        luck = chance.poisson(4.0, PAIRS).astype(float)  # shared by both arms
        base = luck + chance.poisson(2.0, (CELLS, PAIRS))
        moved = luck + chance.poisson(2.0, (CELLS, PAIRS))
        found = differences(list(zip(base, moved, strict=True)))
        right += all(one.verdict == paired.CANNOT_TELL for one in found)
    assert_rate_at_least(right, TABLES, nominal=0.95, biased=0.90, name="census, whole table")


def test_an_effect_of_the_detectable_size_is_told() -> None:
    chance = np.random.default_rng(29)
    told = trials = 0
    size = detectable(np.sqrt(2.0 / PAIRS), PAIRS, CELLS)  # of two arms with unit variance each
    for _ in range(50):
        base = chance.normal(0.0, 1.0, (CELLS, PAIRS))
        moved = chance.normal(size, 1.0, (CELLS, PAIRS))
        found = differences(list(zip(base, moved, strict=True)))
        told += sum(one.verdict == paired.HIGHER for one in found)
        trials += len(found)
    assert_rate_at_least(told, trials, nominal=POWER - 0.02, biased=0.70, name="census, power")
