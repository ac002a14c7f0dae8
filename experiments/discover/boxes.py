"""Boxes found by PRIM (Friedman and Fisher 1999; Bryant and Lempert 2010).

``ema_workbench`` peels and pastes; here a box is chosen from its way by a stated rule, freed of
restrictions that do nothing, and put into the words of the design: levels and ends of ranges.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import stats

from agents.settings import ConfigError
from experiments.discover.question import IntArray, TruthArray
from experiments.sweep.designs import Design
from experiments.sweep.space import shown

MOST_BOXES = 3
LEAST_IN_BOX = 10  # worlds, so that a density means something
LEAST_MASS = 0.05  # share of the worlds; Bryant and Lempert (2010)
QUASI_P = 0.05  # a restriction with a larger quasi-p-value is dropped


@dataclass(frozen=True, slots=True)
class Side:
    """One restriction of a box: a lower end, an upper end, or some of the levels of a factor.

    ``low`` and ``high`` are None but for the one that it is; ``levels`` stand for names.
    """

    factor: int
    low: float | None = None
    high: float | None = None
    levels: tuple[Any, ...] = ()

    def holds(self, values: Sequence[Any]) -> TruthArray:
        """Which values keep to it."""
        if self.levels:
            return np.array([value in self.levels for value in values], bool)
        numbers = np.asarray(values, np.float64)
        if self.low is not None:
            return numbers >= self.low
        return numbers <= self.high


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the space: where all sides hold. Without sides it is the whole space."""

    sides: tuple[Side, ...] = ()

    def holds(self, design: Design, points: IntArray) -> TruthArray:
        """Which of the points lie inside, shape (points,)."""
        inside = np.ones(len(points), bool)
        for side in self.sides:
            values = design.values(side.factor)
            inside &= side.holds([values[point] for point in points.tolist()])
        return inside

    def without(self, number: int) -> Box:
        """The wider box that lacks one side."""
        return Box(self.sides[:number] + self.sides[number + 1 :])


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A box, and the boxes that PRIM passed from the whole space on, of which it is one simplified."""

    box: Box
    steps: tuple[Box, ...]


def find_boxes(design: Design, points: IntArray, cases: TruthArray) -> list[Way]:
    """Up to :data:`MOST_BOXES` boxes, each in the points that the ones before have left.

    Parameters
    ----------
    points: numbers of the points in which boxes are sought.
    cases: whether each of them is a case, shape (points,).

    Raises
    ------
    ConfigError: ``ema_workbench`` is not installed.
    """
    found: list[Way] = []
    left = np.ones(len(points), bool)
    for _ in range(MOST_BOXES):
        rest, own = points[left], cases[left]
        if len(rest) < 2 * LEAST_IN_BOX or not 0 < own.sum() < len(own):
            break
        steps = _peeled(design, rest, own)
        box = _simplified(design, rest, own, steps[_best(design, rest, own, steps)])
        if not box.sides:
            break
        found.append(Way(box, tuple(steps)))
        left &= ~box.holds(design, points)
    return found


def quasi_p(design: Design, points: IntArray, cases: TruthArray, box: Box) -> tuple[float, ...]:
    """For each side, the chance of so many cases inside if only the other sides mattered.

    A one-sided binomial test against the density without the side (Bryant and Lempert 2010), where
    the box was found a measure of size and no chance of error; NaN where the box is empty.
    """
    inside = box.holds(design, points)
    hits, count = int(cases[inside].sum()), int(inside.sum())
    wider = [box.without(number).holds(design, points) for number in range(len(box.sides))]
    return tuple(
        float(stats.binomtest(hits, count, float(cases[one].mean()), "greater").pvalue)
        if count
        else float("nan")
        for one in wider
    )


def _peeled(design: Design, points: IntArray, cases: TruthArray) -> list[Box]:
    """The boxes that PRIM passes through, from the whole space on."""
    prim = _library()
    least = max(LEAST_MASS, LEAST_IN_BOX / len(points))
    table = _table(design, points).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # words to its own authors about a later pandas
        passed = prim.Prim(table, cases.astype(np.int64), mass_min=least).find_box()
    whole = passed.box_lims[0]
    return [_box(design, limits, whole) for limits in passed.box_lims]


def _library() -> Any:
    """PRIM of ``ema_workbench``, without its words about parts that are not needed here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from ema_workbench.analysis import prim
    except ImportError as error:
        raise ConfigError(
            "discover needs ema_workbench, which is not installed. Write: pip install "
            "'consortia[explore]'."
        ) from error
    logging.getLogger("EMA").setLevel(logging.WARNING)
    return prim


def _table(design: Design, points: IntArray) -> pa.Table:
    """Values of the factors; all numbers as floating point, since PRIM halves whole numbers too."""
    columns: dict[str, Any] = {}
    for k, factor in enumerate(design.space.factors):
        values = design.values(k)
        column = [values[point] for point in points.tolist()]
        if factor.ordered:
            columns[factor.name] = np.asarray(column, np.float64)
        else:
            columns[factor.name] = [shown(value) for value in column]
    return pa.table(columns)


def _box(design: Design, limits: Any, whole: Any) -> Box:
    """PRIM's limits as sides; a limit that is the outermost value of any point is none."""
    sides: list[Side] = []
    for k, factor in enumerate(design.space.factors):
        if factor.name not in limits:
            continue  # a name with one value only, which PRIM leaves out
        (low, high), (lowest, highest) = limits[factor.name], whole[factor.name]
        if not factor.ordered:
            if low != lowest:
                sides.append(Side(k, levels=tuple(v for v in factor.levels if shown(v) in low)))
            continue
        if low > lowest:
            sides.append(Side(k, low=min(_stops(design, k, float(low), above=True))))
        if high < highest:
            sides.append(Side(k, high=max(_stops(design, k, float(high), above=False))))
    return Box(tuple(sides))


def _stops(design: Design, k: int, limit: float, *, above: bool) -> list[float]:
    """Where a side may end: anywhere on a range, at a value of levels and of whole numbers."""
    factor = design.space.factors[k]
    if factor.is_range and not factor.whole:
        return [limit]
    values = {float(value) for value in design.values(k)}
    return [value for value in values if (value >= limit if above else value <= limit)]


def _best(design: Design, points: IntArray, cases: TruthArray, steps: Sequence[Box]) -> int:
    """The step with the largest Youden index: share of the cases inside less share of the others.

    Unlike a product of coverage and density it does not depend on how many worlds are cases.
    """
    inside = np.array([step.holds(design, points) for step in steps])
    index = inside[:, cases].mean(axis=1) - inside[:, ~cases].mean(axis=1)
    return int(np.argmax(index))


def _simplified(design: Design, points: IntArray, cases: TruthArray, box: Box) -> Box:
    """Without sides of no effect; they are dropped one by one, the one with the largest p first."""
    while box.sides:
        p = quasi_p(design, points, cases, box)
        worst = int(np.argmax(p))
        if p[worst] <= QUASI_P:
            break
        box = box.without(worst)
    return box
