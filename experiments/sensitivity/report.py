"""What an analysis in a sweep's folder found, as tables and figures of the sweep's report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.figures.material import FigureInfo
from experiments.report import file_name
from experiments.report.numbers import interval, number
from experiments.report.tables import Table, both
from experiments.words import Words

MAIN = ("total", "mu_star")  # the measure that a design is asked for


def shown(
    folder: Path, titles: Mapping[str, str], words: Words
) -> tuple[list[Table], list[FigureInfo]]:
    """The main measure of every setting, and the figures in this language that are there.

    Parameters
    ----------
    titles: of the regimes.

    Returns
    -------
    Nothing where no analysis was made, or it cannot be read.
    """
    try:
        rows = pq.read_table(folder / "sensitivity.parquet").to_pylist()
        noise = pq.read_table(folder / "sensitivity_noise.parquet").to_pylist()
    except (OSError, pa.ArrowException):
        return [], []
    main = [row for row in rows if row["measure"] in MAIN]
    if not main or not noise:
        return [], []
    replicates = int(noise[0]["replicates"])
    title = words(
        "sensitivity.report_table",
        measure=words(f"sensitivity.{main[0]['measure']}"), replicates=replicates,
    )  # fmt: skip
    heads = [
        words("head.regime"), words("head.count"), words("sweep.factor"),
        words("sensitivity.report_value"), words("sensitivity.figure_value"),
        words("sensitivity.report_told"),
    ]  # fmt: skip
    lines = [_line(row, titles, words) for row in _ordered(main)]
    table = Table("sensitivity", title, heads, lines, both("sensitivity"), text_columns=3)
    figures = [
        _figure(folder, outcome, replicates, words)
        for outcome in dict.fromkeys(row["outcome"] for row in main)
    ]
    return [table], [one for one in figures if one.svg.is_file() and one.png.is_file()]


def _ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Analyses as they stand, the largest value of each first."""
    place: dict[tuple[str, str], int] = {}
    for row in rows:
        place.setdefault((row["regime"], row["outcome"]), len(place))
    return sorted(
        rows, key=lambda row: (place[row["regime"], row["outcome"]], -(row["value"] or 0.0))
    )


def _line(row: Mapping[str, Any], titles: Mapping[str, str], words: Words) -> list[str]:
    regime = titles.get(row["regime"], row["regime"])
    if row["minus"]:
        minus = titles.get(row["minus"], row["minus"])
        regime = words("sensitivity.difference", regime=regime, minus=minus)
    return [
        regime, words.get(f"outcome.{row['outcome']}", row["outcome"]), row["factor"],
        number(row["value"]), interval(row["low"], row["high"]),
        words("sensitivity.report_no" if row["noise_dominates"] else "sensitivity.report_yes"),
    ]  # fmt: skip


def _figure(folder: Path, outcome: str, replicates: int, words: Words) -> FigureInfo:
    stem = folder / "figures" / file_name(f"sensitivity_{outcome}", words.lang)
    title = words("sensitivity.report_figure", outcome=words.get(f"outcome.{outcome}", outcome))
    note = words("sensitivity.report_note", replicates=replicates)
    return FigureInfo(
        stem.name, title, note, title, replicates, "sensitivity",
        stem.parent / f"{stem.name}.svg", stem.parent / f"{stem.name}.png",
    )  # fmt: skip
