"""The command: read a sweep, find boxes, measure them where they were not found, write and say it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.answered import write_sentences
from experiments.discover.boxes import Side, Way, find_boxes, quasi_p
from experiments.discover.measures import Measured, left_before, measure_all, trade_off
from experiments.discover.question import Cases, Question, cases_of
from experiments.discover.sentences import sentences, where
from experiments.running.files import write_text
from experiments.running.provenance import provenance
from experiments.running.store import ExperimentError, describe
from experiments.sweep.designs import Design
from experiments.sweep.results import SweepResults, design_table, load_sweep, regime_titles
from experiments.sweep.space import shown
from experiments.tables import make_schema, make_table, write_table
from experiments.words import Words

FOLDER = "discover"
BOXES = make_schema(
    box="count", factor="text", low="number", high="number", levels="text", quasi_p="number",
    quasi_p_found="number", density="number", density_low="number", density_high="number",
    cases_inside="count", worlds_inside="count", coverage="number", coverage_low="number",
    coverage_high="number", base="number", worlds="count", gap="number", gap_low="number",
    gap_high="number", found_density="number", found_coverage="number", told="truth", where="text",
)  # fmt: skip
STEPS = make_schema(
    box="count", step="count", where="text", found_coverage="number", found_density="number",
    held_coverage="number", held_density="number",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Discovery:
    """What was found.

    Attributes
    ----------
    cases: the worlds, as cases or not, and their halves.
    ways: boxes with the steps on which they were found.
    measured: each box in held-out worlds.
    tables: ``boxes``, ``points`` and ``steps``, as they are written.
    sentences: the answer in words.
    out: its folder, inside that of the sweep.
    """

    cases: Cases
    ways: tuple[Way, ...]
    measured: tuple[Measured, ...]
    tables: dict[str, pa.Table]
    sentences: tuple[str, ...]
    out: Path


def discover(
    folder: str | Path, question: Question, *, lang: str = "en", progress: bool = False
) -> Discovery:
    """Answer a question from the sweep in a folder; no run is done.

    Parameters
    ----------
    progress: say on standard error that it has begun, on standard output what was found.

    Raises
    ------
    ConfigError: no sweep with a design that fills its space, or nothing that can be told apart.
    ExperimentError: runs are missing, or the results cannot be written.
    """
    begun, words = time.monotonic(), Words(lang)
    sweep = load_sweep(folder)
    cases = cases_of(sweep, question)
    if progress:
        print(words("discover.begins", points=sweep.design.points), file=sys.stderr)
    ways = find_boxes(sweep.design, cases.found_on, cases.sought[cases.found_on])
    measured = measure_all(sweep.design, cases, ways)
    titles = regime_titles(sweep, lang)
    told = sentences(sweep.design, cases, ways, measured, titles, words)
    tables = {
        "boxes": make_table(BOXES, _box_rows(sweep.design, cases, ways, measured, words)),
        "points": _points(sweep.design, cases, ways),
        "steps": make_table(STEPS, list(_step_rows(sweep.design, cases, ways, words))),
    }
    out = sweep.out / FOLDER / question.name
    result = Discovery(cases, tuple(ways), tuple(measured), tables, tuple(told), out)
    _write(sweep, result, titles, time.monotonic() - begun, lang)
    if progress:
        print("\n".join(f"  {sentence}" for sentence in told))
        print(f"{words('sweep.results')} {out}")
    return result


def _box_rows(
    design: Design, cases: Cases, ways: Sequence[Way], measured: Sequence[Measured], words: Words
) -> list[dict[str, Any]]:
    """One row for each side of each box."""
    rows = []
    found = left_before(design, cases.found_on, ways)
    for number, (way, one, points) in enumerate(zip(ways, measured, found, strict=True), 1):
        there = quasi_p(design, points, cases.sought[points], way.box)
        for side, p, p_found in zip(way.box.sides, one.quasi_p, there, strict=True):
            rows.append({
                "box": number, "factor": design.space.names[side.factor], "low": side.low,
                "high": side.high, "levels": _levels(side), "quasi_p": p, "quasi_p_found": p_found,
                "density": one.density.value, "density_low": one.density.low,
                "density_high": one.density.high, "cases_inside": one.density.hits,
                "worlds_inside": one.density.count, "coverage": one.coverage.value,
                "coverage_low": one.coverage.low, "coverage_high": one.coverage.high,
                "base": one.base.value, "worlds": one.base.count, "gap": one.gap,
                "gap_low": one.gap_low, "gap_high": one.gap_high,
                "found_density": one.found_density, "found_coverage": one.found_coverage,
                "told": one.told, "where": where(design, way.box, words),
            })  # fmt: skip
    return rows


def _levels(side: Side) -> str:
    return ",".join(map(shown, side.levels))


def _points(design: Design, cases: Cases, ways: Sequence[Way]) -> pa.Table:
    """One row per world: its settings, its difference, and what became of it."""
    every = np.arange(design.points)
    half = np.full(design.points, "unused", object)
    half[cases.found_on], half[cases.held_out] = "found_on", "held_out"
    box = np.zeros(design.points, np.int64)
    for number, way in enumerate(ways, 1):
        box[(box == 0) & way.box.holds(design, every)] = number
    table = design_table(design).select(["point", *design.space.names])
    columns = {
        "difference": cases.differences.mean(axis=1), "case": cases.case, "told": cases.told,
        "half": half, "sought": cases.sought, "judged": cases.judged, "box": box,
    }  # fmt: skip
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    return table.replace_schema_metadata(None)


def _step_rows(design: Design, cases: Cases, ways: Sequence[Way], words: Words) -> Any:
    """Coverage against density on the way to each box; the last step of each is the box itself."""
    places = (left_before(design, points, ways) for points in (cases.found_on, cases.held_out))
    for number, (way, found, held) in enumerate(zip(ways, *places, strict=True), 1):
        rows = trade_off(design, cases, way, found, held)
        for step, (box, row) in enumerate(zip((*way.steps, way.box), rows.tolist(), strict=True)):
            yield {
                "box": number, "step": step, "where": where(design, box, words),
                "found_coverage": row[0], "found_density": row[1], "held_coverage": row[2],
                "held_density": row[3],
            }  # fmt: skip


def _write(
    sweep: SweepResults, result: Discovery, titles: Mapping[str, str], seconds: float, lang: str
) -> None:
    from experiments.discover.figure import write_figures

    origin = provenance(
        seed=sweep.design.seed,
        replicates={"every point": result.cases.differences.shape[1]},
        runs={"done": 0},
        seconds=seconds,
    )
    origin["question"] = asdict(result.cases.question)
    try:
        result.out.mkdir(parents=True, exist_ok=True)
        for name, table in result.tables.items():
            write_table(table, result.out, name)
        write_sentences(result.out, result.sentences, lang)
        text = json.dumps(origin, indent=2, ensure_ascii=False)
        write_text(result.out / "provenance.json", text)
        write_figures(sweep.design, result, titles, lang)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the results were written to {result.out}. The sweep's runs "
            f"are safe; the same command writes the rest."
        ) from error
