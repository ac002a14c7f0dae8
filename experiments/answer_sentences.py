"""Sentences of an answer: what was found, and what would reverse it.

Every sentence follows from a row of a table. A sign is *told* only where the row's simultaneous
interval leaves out 0; "cannot be told" is an answer like the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from experiments.question_map import AXES
from experiments.report import interval, number
from experiments.statistics.paired import CANNOT_TELL, HIGHER, LOWER
from experiments.tables import MAIN, RANKED
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import QuestionSetup
    from experiments.questions import Contrast, Question

OPPOSITE = {HIGHER: LOWER, LOWER: HIGHER}
GAINS = (*RANKED, "additional", "frontier_solved", "hand_over_solved")  # of which more is wanted
SIGN = {HIGHER: 1.0, LOWER: -1.0}
LISTED = 9  # cells named in a sentence before "and others"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The tables of a question, and the words of one language."""

    setup: QuestionSetup
    tables: Mapping[str, pa.Table]
    words: Words

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.setup.question

    @property
    def outcome(self) -> str:
        """The main outcome."""
        return self.question.outcomes[0]

    def rows(self, table: str, **wanted: Any) -> list[Row]:
        """Rows of a table whose columns have the wanted values, in order."""
        return [
            row
            for row in self.tables[table].to_pylist()
            if all(row[column] == value for column, value in wanted.items())
        ]

    def main(self, outcome: str) -> Row | None:
        """The main contrast in the main world by one outcome; None when it was not finished."""
        rows = self.rows("contrasts", variant=MAIN, outcome=outcome, contrast=1)
        return rows[0] if rows else None

    def title(self, regime: str) -> str:
        """Title of a regime of the question."""
        return self.words.title(self.question.entry(regime))

    def measure(self, outcome: str) -> str:
        """Name of an outcome with its unit."""
        return self.words(f"measure.{outcome}")


def sentence(answer: Answer, contrast: Contrast, row: Row) -> str:
    """What one contrast says by one outcome."""
    places = {
        "asks": contrast.asks[answer.words.lang], "measure": answer.measure(row["outcome"]),
        "of": answer.title(contrast.of), "minus": answer.title(contrast.minus), "n": row["n"],
        "difference": number(row["difference"], signed=True),
        "low": number(row["sim_low"], signed=True), "high": number(row["sim_high"], signed=True),
    }  # fmt: skip
    if row["difference"] == 0 and row["se"] == 0:
        return answer.words("page.equal", **places)
    if row["sim_low"] is None:
        return answer.words("page.no_interval", **places)
    return answer.words(f"page.{row['verdict']}", **places)


def headline(answer: Answer) -> str:
    """The main contrast by the main outcome, as one sentence."""
    row = answer.main(answer.outcome)
    if row is None:
        contrast = answer.question.contrasts[0]
        row = {"outcome": answer.outcome, "n": 0, "difference": None, "se": None,
               "sim_low": None, "sim_high": None, "verdict": CANNOT_TELL}  # fmt: skip
        return sentence(answer, contrast, row)
    return sentence(answer, answer.question.contrasts[0], row)


def also_told(answer: Answer) -> list[str]:
    """What the main contrast tells by the other outcomes; empty when it tells nothing."""
    told = []
    for outcome in answer.question.outcomes[1:]:
        row = answer.main(outcome)
        if row is not None and row["verdict"] != CANNOT_TELL:
            span = interval(row["sim_low"], row["sim_high"], signed=True)
            told.append(
                f"{answer.measure(outcome)} {number(row['difference'], signed=True)} {span}"
            )
    listed = answer.words("list.semicolon").join(told)
    return [answer.words("page.also", list=listed)] if told else []


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows are higher, lower, and cannot be told."""
    verdicts = [row["verdict"] for row in rows]
    return {
        "higher": verdicts.count(HIGHER), "lower": verdicts.count(LOWER),
        "untold": verdicts.count(CANNOT_TELL),
    }  # fmt: skip


def reversal(answer: Answer) -> Iterator[str]:
    """What would reverse the main finding: cells of the map, outcomes, definitions."""
    cells = answer.rows("break_even", outcome=answer.outcome)
    main = answer.main(answer.outcome)
    verdict = main["verdict"] if main else CANNOT_TELL
    of = answer.title(answer.question.contrasts[0].of)
    yield answer.words("page.same_sign", of=of, cells=len(cells), **counts(cells))
    if verdict == CANNOT_TELL:
        yield from _without_sign(answer, cells)
    else:
        yield from _against_sign(answer, cells, verdict)
        yield _outcomes(answer, verdict)
    yield _definitions(answer)


def _without_sign(answer: Answer, cells: Sequence[Row]) -> Iterator[str]:
    yield answer.words("page.no_sign")
    for key, verdict in (("page.higher_in", HIGHER), ("page.lower_in", LOWER)):
        found = [row for row in cells if row["verdict"] == verdict]
        if found:
            yield answer.words(key, list=cell_names(answer, found))


def _against_sign(answer: Answer, cells: Sequence[Row], verdict: str) -> Iterator[str]:
    against = [row for row in cells if row["verdict"] == OPPOSITE[verdict]]
    if against:
        names = cell_names(answer, against)
        yield answer.words("page.reversed", count=len(against), cells=len(cells), list=names)
    else:
        yield answer.words("page.reversed_none", cells=len(cells))
    untold = [row for row in cells if row["verdict"] == CANNOT_TELL]
    other = [row for row in untold if (row["difference"] or 0.0) * SIGN[verdict] < 0]
    if other:
        yield answer.words("page.estimates", count=len(other))


def _outcomes(answer: Answer, verdict: str) -> str:
    """Gains by which the main contrast has the opposite sign; costs and losses are none."""
    found = []
    for outcome in answer.question.outcomes[1:]:
        row = answer.main(outcome) if outcome in GAINS else None
        if row is not None and row["verdict"] == OPPOSITE[verdict]:
            found.append(f"{answer.measure(outcome)} {number(row['difference'], signed=True)}")
    if not found:
        return answer.words("page.outcomes_same")
    return answer.words("page.outcomes_opposite", list=answer.words("list.semicolon").join(found))


def _definitions(answer: Answer) -> str:
    """The main contrast under other definitions of success."""
    rows = [
        row
        for row in answer.rows("contrasts", outcome=answer.outcome, contrast=1)
        if row["variant"] != MAIN
    ]
    if not rows:
        return answer.words("page.no_definitions")
    return answer.words("page.definitions", count=len(rows), **counts(rows))


def cell_names(answer: Answer, rows: Sequence[Row]) -> str:
    """Cells of the map by the titles of their levels, the first few, and how many more."""
    words = answer.words
    axes = {axis.name: axis for axis in answer.question.axes}
    titles = {
        (name, level.name): level.title[words.lang]
        for name, axis in axes.items()
        for level in axis.levels
    }
    shown = [" / ".join(titles[name, row[name]] for name in AXES) for row in rows[:LISTED]]
    if len(rows) > LISTED:
        shown.append(words("list.and_more", count=len(rows) - LISTED))
    named = words(
        "page.cells_named", axes=" / ".join(axes[name].title[words.lang] for name in AXES)
    )
    return words("list.semicolon").join(shown) + (" " if words.lang == "en" else "") + named
