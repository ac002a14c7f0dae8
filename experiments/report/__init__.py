"""The report: the comparison as an argument, in words and pictures, as HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.figures import FigureInfo
from experiments.report.answer import answer_sentences
from experiments.report.facts import Facts, Tables
from experiments.report.numbers import interval, number
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import Setup

__all__ = ["Facts", "answer_sentences", "file_name", "interval", "number", "write_report"]


def file_name(stem: str, lang: str) -> str:
    """Files in Chinese stand beside the English ones."""
    return stem if lang == "en" else f"{stem}.{lang}"


def write_report(
    tables: Tables,
    figures: Sequence[FigureInfo],
    setup: Setup,
    provenance: Mapping[str, Any],
    out: Path,
    lang: str,
    notices: Sequence[str] = (),
) -> Path:
    """Write the report as HTML and PDF into ``out`` and return the HTML's path.

    Parameters
    ----------
    tables: what :func:`experiments.tables.write_tables` returned, and ``why`` where there is one.
    figures: what :func:`experiments.figures.write_figures` returned, in the same language.
    provenance: versions, command, date and machine, as written to provenance.json.
    lang: ``en`` or ``zh``; Chinese files are named ``report.zh``.
    notices: what the reader must know first, such as runs that are missing.
    """
    from experiments.report.document import Composer
    from experiments.report.render import write_html, write_pdf

    words = Words(lang)
    facts = Facts(tables, setup, words)
    composer = Composer(facts, {figure.name: figure for figure in figures}, provenance)
    document = composer.document(notices)
    path = out / f"{file_name('report', lang)}.html"
    write_html(document, words, path)
    write_pdf(document, words, path.with_suffix(".pdf"))
    return path
