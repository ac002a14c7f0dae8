"""What a box is worth in worlds and on luck that had no part in finding it.

Two things must hold before a box is told. *Over worlds*: the share of cases inside (density) has an
exact interval (Clopper and Pearson 1934) that lies above the share of cases in all held-out worlds.
*Over luck*: all worlds share their replicates, so that a chance interplay of luck and a factor
would show in every world alike; the difference inside less that outside, replicate by replicate,
has Student's interval that lies below 0. Both hold for all boxes at once (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from experiments.discover.boxes import Box, Way, quasi_p
from experiments.discover.question import Cases, FloatArray, IntArray, TruthArray
from experiments.statistics import paired
from experiments.sweep.designs import Design


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``count`` with an exact interval; NaN where nothing was counted."""

    hits: int
    count: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.count if self.count else math.nan


@dataclass(frozen=True, slots=True)
class Measured:
    """A box in held-out worlds, and beside it what it seemed to be where it was found.

    A later box counts only in worlds that lie in none of the boxes before it.

    Attributes
    ----------
    density: share of cases among the worlds inside.
    coverage: share of the cases that lie inside.
    base: share of cases among all worlds in which it counts.
    quasi_p: of each side, see :func:`experiments.discover.boxes.quasi_p`.
    gap: mean difference inside less that outside, with ``gap_low, gap_high`` over replicates.
    found_density, found_coverage: the same shares where the box was found.
    told: whether both tests hold.
    """

    density: Share
    coverage: Share
    base: Share
    quasi_p: tuple[float, ...]
    gap: float
    gap_low: float
    gap_high: float
    found_density: float
    found_coverage: float
    told: bool


def exact_share(hits: int, count: int, level: float) -> Share:
    """A share with the interval of Clopper and Pearson."""
    if not count:
        return Share(0, 0, math.nan, math.nan)
    limits = stats.binomtest(hits, count).proportion_ci(level, method="exact")
    return Share(hits, count, float(limits.low), float(limits.high))


def measure_all(design: Design, cases: Cases, ways: Sequence[Way]) -> list[Measured]:
    """Every box that was found; the intervals hold for all of them at once."""
    level = 1.0 - (1.0 - paired.LEVEL) / max(1, len(ways))
    places = zip(
        ways,
        left_before(design, cases.found_on, ways),
        left_before(design, cases.held_out, ways),
        strict=True,
    )
    return [measure(design, cases, way.box, found, held, level) for way, found, held in places]


def left_before(design: Design, points: IntArray, ways: Sequence[Way]) -> Iterator[IntArray]:
    """For each box the points that lie in none of those before it."""
    left = np.ones(len(points), bool)
    for way in ways:
        yield points[left]
        left = left & ~way.box.holds(design, points)


def measure(
    design: Design, cases: Cases, box: Box, found_on: IntArray, held_out: IntArray, level: float
) -> Measured:
    """One box in the worlds in which it counts; see :class:`Measured`."""
    inside, case = box.holds(design, held_out), cases.judged[held_out]
    density = exact_share(int(case[inside].sum()), int(inside.sum()), level)
    base = exact_share(int(case.sum()), len(case), level)
    gap, gap_low, gap_high = _gap(cases.fresh[held_out], inside, level)
    there, sought = box.holds(design, found_on), cases.sought[found_on]
    return Measured(
        density=density,
        coverage=exact_share(density.hits, base.hits, level),
        base=base,
        quasi_p=quasi_p(design, held_out, case, box),
        gap=gap,
        gap_low=gap_low,
        gap_high=gap_high,
        found_density=float(sought[there].mean()),
        found_coverage=float(sought[there].sum() / sought.sum()),
        told=bool(density.low > base.value and gap_high < 0.0),
    )


def _gap(differences: FloatArray, inside: TruthArray, level: float) -> tuple[float, float, float]:
    """Mean over the worlds inside less mean over those outside, each replicate one observation."""
    if not 0 < inside.sum() < len(inside):
        return math.nan, math.nan, math.nan
    each = differences[inside].mean(axis=0) - differences[~inside].mean(axis=0)
    return float(each.mean()), *paired.mean_interval(each, level)


def trade_off(
    design: Design, cases: Cases, way: Way, found: IntArray, held: IntArray
) -> FloatArray:
    """Coverage and density at every step of a way, shape (steps, 4): where found, then held out."""
    rows = []
    for step in (*way.steps, way.box):
        row: list[float] = []
        for points, case in ((found, cases.sought), (held, cases.judged)):
            inside, own = step.holds(design, points), case[points]
            row.append(float(own[inside].sum() / own.sum()) if own.any() else math.nan)
            row.append(float(own[inside].mean()) if inside.any() else math.nan)
        rows.append(row)
    return np.array(rows)
