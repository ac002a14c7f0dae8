"""What a census says: every level against the first, the fixed tests, and a verdict for each lever.

Two families, each with its own 95 %: all cells of the table (level x outcome) together, and the
tests that were fixed for the levers together. Intervals are Bonferroni's, which hold whatever the
dependence between cells of the same runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import special

from experiments.levers.plan import FloatArray, Layout, Move, Trial, Values
from experiments.levers.settings import Levers, Row
from experiments.statistics import paired
from experiments.statistics.multiplicity import false_discovery, student_p
from experiments.statistics.paired import Difference
from experiments.tables.files import make_schema, make_table
from experiments.why.results import plain
from simulation.outcomes import COUNTS

MONEY = ("all_in_cost", "welfare")
SHOWN = (*COUNTS, *MONEY)
POWER = 0.8  # with which the effect in the column `detectable` is seen
BITES, ONLY_MONEY, ONLY_IF, INERT = "bites", "money_only", "only_if", "inert"
VERDICTS = (BITES, ONLY_MONEY, ONLY_IF, INERT)


@dataclass(frozen=True, slots=True)
class Cell:
    """One level of a lever and one outcome.

    Attributes
    ----------
    at_first: mean outcome at the lever's first level.
    q: adjusted p-value of Benjamini and Yekutieli over the table.
    detectable: effect that is told with probability :data:`POWER`, judged by the spread found.
    same: whether no run differs at all.
    """

    move: Move
    outcome: str
    at_first: float
    found: Difference
    q: float
    detectable: float
    same: bool

    @property
    def told(self) -> bool:
        """Whether the effect can be told from 0 in the whole table at once."""
        return self.found.verdict != paired.CANNOT_TELL


@dataclass(frozen=True, slots=True)
class Tested:
    """The fixed test of a lever, in its own world and outcome."""

    trial: Trial
    at_first: float
    found: Difference

    @property
    def told(self) -> bool:
        """Whether the effect can be told from 0 among all tests at once."""
        return self.found.verdict != paired.CANNOT_TELL


@dataclass(frozen=True, slots=True)
class Judged:
    """A lever with all that was found for it; ``verdict`` is one of :data:`VERDICTS`."""

    row: Row
    cells: tuple[Cell, ...]
    tested: Tested
    verdict: str

    @property
    def outcomes_told(self) -> list[str]:
        """Outcomes that some level moves, in the order of the table."""
        return [name for name in SHOWN if any(c.told for c in self.cells if c.outcome == name)]


@dataclass(frozen=True, slots=True)
class Found:
    """A whole census; ``missing`` counts replicates left out because a run of theirs failed."""

    levers: tuple[Judged, ...]
    missing: int

    @property
    def cells(self) -> list[Cell]:
        """Every cell of the table."""
        return [cell for one in self.levers for cell in one.cells]

    def detectable(self, outcome: str) -> float:
        """Median over cells of the effect that is told with probability :data:`POWER`."""
        every = [cell.detectable for cell in self.cells if cell.outcome == outcome]
        known = [value for value in every if value > 0.0]
        return float(np.median(known)) if known else math.nan


def judge(layout: Layout, held: Values) -> Found:
    """All statistics of a census."""
    cells = _cells(layout, held)
    tests = _tests(layout, held)
    by_lever: dict[str, list[Cell]] = {}
    for cell in cells:
        by_lever.setdefault(cell.move.row.lever, []).append(cell)
    levers = tuple(
        Judged(
            one.trial.row, tuple(by_lever[one.trial.row.lever]), one,
            verdict_of(by_lever[one.trial.row.lever], one.told),
        )
        for one in tests
    )  # fmt: skip
    return Found(levers, held.missing)


def verdict_of(cells: Sequence[Cell], tested: bool) -> str:
    """The rule, written down before the census was run.

    A lever *bites* when some level moves a count of breakthroughs, told over the whole table; it
    moves *money only* when it moves no count but cost or welfare. Otherwise it bites *only if* its
    fixed test shows it, in the world or on the outcome of that test; else it is *inert here*.
    """
    told = {cell.outcome for cell in cells if cell.told}
    if told & set(COUNTS):
        return BITES
    if told:
        return ONLY_MONEY
    return ONLY_IF if tested else INERT


def _cells(layout: Layout, held: Values) -> list[Cell]:
    keys = [(move, outcome) for move in layout.moves for outcome in SHOWN]
    pairs = [held.pair(outcome, move.base, move.moved) for move, outcome in keys]
    found = differences(pairs)
    q = _false_discovery(found)
    return [
        Cell(
            move, outcome, paired.mean_and_se(base)[0], one, float(q[k]),
            detectable(one.se, one.n, len(found)), bool(np.array_equal(base, moved)),
        )
        for k, ((move, outcome), (base, moved), one) in enumerate(zip(keys, pairs, found, strict=True))
    ]  # fmt: skip


def _tests(layout: Layout, held: Values) -> list[Tested]:
    pairs = [held.pair(one.row.outcome, one.base, one.moved) for one in layout.trials]
    found = differences(pairs)
    return [
        Tested(trial, paired.mean_and_se(base)[0], one)
        for trial, (base, _), one in zip(layout.trials, pairs, found, strict=True)
    ]


def differences(pairs: Sequence[tuple[FloatArray, FloatArray]]) -> list[Difference]:
    """Moved minus base of each pair, all of them one family; worlds may differ in replicates."""
    most = max(len(base) for base, _ in pairs)
    values = np.full((2 * len(pairs), most), math.nan)
    for k, (base, moved) in enumerate(pairs):
        values[2 * k, : len(moved)] = moved
        values[2 * k + 1, : len(base)] = base
    names = ["moved", "base"] * len(pairs)
    contrasts = [(2 * k, 2 * k + 1) for k in range(len(pairs))]
    return paired.paired_differences(values, names, contrasts, bonferroni=True)


def detectable(se: float, n: int, family: int) -> float:
    """The effect that leaves 0 out of its simultaneous interval with probability :data:`POWER`."""
    if n < 2 or not se >= 0.0:
        return math.nan
    critical = paired.student_quantile(n - 1, 1.0 - (1.0 - paired.LEVEL) / family)
    return (critical + float(special.ndtri(POWER))) * se


def _false_discovery(found: Sequence[Difference]) -> FloatArray:
    numbers = ([getattr(one, name) for one in found] for name in ("difference", "se", "n"))
    return false_discovery(student_p(*(np.array(values, np.float64) for values in numbers)))


# ---------------------------------------------------------------- tables

CENSUS = make_schema(
    lever="text", regime="text", first="text", level="text", companions="text", outcome="text",
    at_first="number", difference="number", se="number", low="number", high="number",
    sim_low="number", sim_high="number", q="number", detectable="number", n="count", same="truth",
    verdict="text",
)  # fmt: skip
LEVERS = make_schema(
    lever="text", regime="text", verdict="text", outcomes="text", levels="count",
    test_world="text", test_from="text", test_to="text", test_outcome="text",
    test_at_first="number", test_difference="number", test_low="number", test_high="number",
    test_sim_low="number", test_sim_high="number", test_n="count", test_told="truth",
)  # fmt: skip


def tables(found: Found) -> dict[str, pa.Table]:
    """``census``: one row per level and outcome; ``levers``: one row per lever."""
    return {
        "census": make_table(CENSUS, [_cell_row(cell) for cell in found.cells]),
        "levers": make_table(LEVERS, [_lever_row(one) for one in found.levers]),
    }


def _cell_row(cell: Cell) -> dict[str, Any]:
    row, one = cell.move.row, cell.found
    others = {name: value for name, value in row.high.items() if name != row.lever}
    return {
        "lever": row.lever, "regime": row.regime, "first": plain(row.low[row.lever]),
        "level": plain(cell.move.value), "companions": told(others), "outcome": cell.outcome,
        "at_first": cell.at_first, "difference": one.difference, "se": one.se, "low": one.low,
        "high": one.high, "sim_low": one.sim_low, "sim_high": one.sim_high, "q": cell.q,
        "detectable": cell.detectable, "n": one.n, "same": cell.same, "verdict": one.verdict,
    }  # fmt: skip


def _lever_row(one: Judged) -> dict[str, Any]:
    row, test = one.row, one.tested.found
    return {
        "lever": row.lever, "regime": row.regime, "verdict": one.verdict,
        "outcomes": ", ".join(one.outcomes_told),
        "levels": 1 + len(one.cells) // len(SHOWN), "test_world": told(row.world),
        "test_from": told(row.low), "test_to": told(row.high), "test_outcome": row.outcome,
        "test_at_first": one.tested.at_first, "test_difference": test.difference,
        "test_low": test.low, "test_high": test.high, "test_sim_low": test.sim_low,
        "test_sim_high": test.sim_high, "test_n": test.n, "test_told": one.tested.told,
    }  # fmt: skip


def told(settings: Levers) -> str:
    """Settings as they are written on the command line."""
    return "; ".join(f"{name} = {plain(value)}" for name, value in settings.items())
