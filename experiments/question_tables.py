"""Tables of a question: its contrasts, and the main contrast in every cell of the map.

``contrasts``: for each outcome, the contrasts are one family with simultaneous intervals, in the
main world and in each robustness variant. ``break_even``: for each outcome, the cells of the map
are one family, with Bonferroni's intervals: "told" in a cell means told over all cells at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from experiments.facts import compared
from experiments.question_map import AXES
from experiments.statistics import paired
from experiments.tables import MAIN, make_schema, make_table, panel, write_table

if TYPE_CHECKING:
    from experiments.configuration import QuestionSetup
    from experiments.questions import Question

DIFFERENCE = {
    "difference": "number", "se": "number", "low": "number", "high": "number",
    "sim_low": "number", "sim_high": "number", "share_won": "number", "n": "count",
    "verdict": "text", "family_size": "count",
}  # fmt: skip
CONTRASTS = make_schema(
    variant="text", outcome="text", contrast="count", regime="text", baseline="text", **DIFFERENCE
)
BREAK_EVEN = make_schema(
    **dict.fromkeys(AXES, "text"), outcome="text", regime="text", baseline="text", **DIFFERENCE
)

FACTS = make_schema(
    outcome="text", regime="text", given="truth", published="number", mean="number",
    low="number", high="number", n="count",
)  # fmt: skip

Row = dict[str, Any]


def write_question_tables(runs: pa.Table, setup: QuestionSetup, out: Path) -> dict[str, pa.Table]:
    """Compute contrasts and map, and write each as CSV and Parquet into ``out``.

    Parameters
    ----------
    runs: the table of runs, cells of the map included.

    Returns
    -------
    ``contrasts``, numbered from 1 in the order of the file, and ``break_even``, one row per
    outcome and cell; cells that have no finished pair have no difference. ``facts``, if the
    question has some.
    """
    tables = {
        "contrasts": make_table(CONTRASTS, list(_contrasts(runs, setup))),
        "break_even": make_table(BREAK_EVEN, list(_break_even(runs, setup))),
    }
    if facts := setup.question.facts:
        rows = compared(facts, panel(runs, setup), setup.question.contrasts[0].of)
        tables["facts"] = make_table(FACTS, list(rows))
    for name, table in tables.items():
        write_table(table, out, name)
    return tables


def _contrasts(runs: pa.Table, setup: QuestionSetup) -> Iterator[Row]:
    question = setup.question
    for variant in [MAIN, *(one.name for one in setup.variants)]:
        found = panel(runs, setup, variant)
        if not {name for pair in _pairs(question) for name in pair} <= set(found.names):
            continue  # every run of a regime failed in this variant
        index = found.names.index
        rows = [(index(of), index(minus)) for of, minus in _pairs(question)]
        for outcome in question.outcomes:
            differences = paired.paired_differences(found[outcome], found.names, rows)
            for k, one in enumerate(differences, start=1):
                head = {"variant": variant, "outcome": outcome, "contrast": k}
                yield head | _difference_row(one, len(rows))


def _pairs(question: Question) -> list[tuple[str, str]]:
    return [(one.of, one.minus) for one in question.contrasts]


def _break_even(runs: pa.Table, setup: QuestionSetup) -> Iterator[Row]:
    """One row per outcome and cell; none without a map."""
    if not setup.cells:
        return
    pair = _pairs(setup.question)[0]
    panels = [panel(runs, setup, cell.variant) for cell in setup.cells]
    size = max((len(one.replicates) for one in panels), default=0)
    for outcome in setup.question.outcomes:
        values = np.full((2 * len(panels), size), np.nan)
        for k, found in enumerate(panels):
            for side, name in enumerate(pair):
                if (row := found.row(name)) is not None:
                    values[2 * k + side, : len(found.replicates)] = found[outcome][row]
        rows = [(2 * k, 2 * k + 1) for k in range(len(panels))]
        differences = paired.paired_differences(values, pair * len(panels), rows, bonferroni=True)
        for cell, one in zip(setup.cells, differences, strict=True):
            head = dict(zip(AXES, cell.levels, strict=True)) | {"outcome": outcome}
            yield head | _difference_row(one, len(rows))


def _difference_row(one: paired.Difference, size: int) -> Row:
    row = {field.name: getattr(one, field.name) for field in fields(paired.Difference)}
    return row | {"family_size": size}


def grid(rows: Sequence[Mapping[str, Any]], question: Question, outcome: str) -> np.ndarray:
    """Rows of the map for one outcome, shape (difficulty, dispersion, budget), of mappings."""
    kept = [row for row in rows if row["outcome"] == outcome]
    cells = np.empty(len(kept), dtype=object)
    cells[:] = kept
    shaped: np.ndarray = cells.reshape([len(axis.levels) for axis in question.axes])
    return shaped
