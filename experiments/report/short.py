"""A short report of what is no comparison: the answer, pictures, numbers, and how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.figures.material import FigureInfo
from experiments.report import file_name, tables
from experiments.report.document import (
    Block,
    Document,
    Grid,
    Paragraph,
    Part,
    Picture,
    Sentences,
)
from experiments.report.render import write_html, write_pdf
from experiments.report.tables import Table
from experiments.words import Words


@dataclass(frozen=True, slots=True)
class Findings:
    """What a command found, in the language of the report.

    Attributes
    ----------
    answer: sentences made from the numbers.
    figures: as they were written; ``table`` of each names the file that holds its numbers.
    tables: what is shown of the tables in the folder.
    setting: names and values of what was asked, such as seed and replicates.
    """

    title: str
    subtitle: str
    answer: Sequence[str]
    figures: Sequence[FigureInfo]
    tables: Sequence[Table]
    setting: Sequence[tuple[str, str]]


def write_short_report(
    found: Findings,
    origin: Mapping[str, Any],
    out: Path,
    words: Words,
    notices: Sequence[str] = (),
) -> Path:
    """Write ``report.html`` and ``report.pdf`` into ``out``; returns the HTML's path.

    Parameters
    ----------
    origin: provenance of the results, as in provenance.json.
    notices: what the reader must know first.
    """
    blocks: dict[str, list[Block]] = {
        "answer": [Sentences(found.answer)],
        "pictures": [
            Picture(number, figure, tables.both(figure.table))
            for number, figure in enumerate(found.figures, start=1)
        ],
        "numbers": [Grid(table) for table in found.tables if table.rows],
        "appendix": _how_to_repeat(found, origin, words),
    }
    parts = [
        Part(key, number, words(f"section.{key}"), shown)
        for number, (key, shown) in enumerate(
            ((key, shown) for key, shown in blocks.items() if shown), start=1
        )
    ]
    document = Document(found.title, found.subtitle, notices, parts)
    path = out / f"{file_name('report', words.lang)}.html"
    write_html(document, words, path)
    write_pdf(document, words, path.with_suffix(".pdf"))
    return path


def _how_to_repeat(found: Findings, origin: Mapping[str, Any], words: Words) -> list[Block]:
    heads = [words("head.item"), words("head.value")]
    settings = Table("seeds", words("table.seeds"), heads, found.setting, text_columns=2)
    return [
        Paragraph(words("text.repeat_short", command=str(origin.get("command", "–")))),
        Grid(settings),
        Grid(tables.provenance(words, origin)),
    ]
