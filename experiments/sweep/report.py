"""The report of a sweep: what holds over its points, in words, pictures and one table."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.compiled import source_hash
from agents.settings import ConfigError
from experiments.figures.material import FigureInfo
from experiments.report.numbers import number
from experiments.report.short import Findings, write_short_report
from experiments.report.stored import read_provenance, whole
from experiments.report.tables import Table, both
from experiments.sweep.figure import write_figures
from experiments.sweep.results import SweepResults, load_sweep
from experiments.sweep.setup import SweepSetup, stored_setup
from experiments.sweep.tables import Tally, write_tables
from experiments.words import Words


def write_report(
    results: SweepResults,
    tallies: Sequence[Tally],
    setup: SweepSetup,
    origin: Mapping[str, Any],
    notices: Sequence[str] = (),
) -> Path:
    """Draw the figures and write the report in the setup's language; returns its path."""
    words = Words(setup.lang)
    figures = write_figures(results, setup.titles, setup.lang)
    found = _findings(results, tallies, figures, setup, words)
    return write_short_report(found, origin, setup.out, words, notices)


def _findings(
    results: SweepResults,
    tallies: Sequence[Tally],
    figures: Sequence[FigureInfo],
    setup: SweepSetup,
    words: Words,
) -> Findings:
    from experiments.sensitivity.report import shown

    fixed = setup.fixed
    titles = {name: one[words.lang] for name, one in setup.titles.items()}
    analysed, drawn = shown(setup.out, titles, words)
    return Findings(
        title=words("sweep.title", regimes=len(setup.titles), factors=len(setup.space.factors)),
        subtitle=words(
            "sweep.subtitle", points=setup.size, replicates=fixed.replicates, seed=fixed.seed,
            design=words(f"sweep.design.{setup.design}"),
        ),
        answer=sentences(tallies, setup, words),
        figures=[*figures, *drawn],
        tables=[_factors(setup, words), _told(tallies, setup, words), *analysed],
        setting=[
            (words("seed"), str(fixed.seed)),
            (words("sweep.design_seed"), str(setup.design_seed)),
            (words("sweep.points"), str(setup.size)),
            (words("replicates"), str(fixed.replicates)),
            (words("sweep.runs"), f"{int(results.done().sum()):,} / {results.done().size:,}"),
        ],
    )  # fmt: skip


def sentences(tallies: Sequence[Tally], setup: SweepSetup, words: Words) -> list[str]:
    """What can be told of technical breakthroughs and welfare, a line for each regime."""
    reference = setup.titles[tallies[0].regime][words.lang]
    lines = []
    for one in tallies:
        if one.outcome not in ("technical", "welfare"):
            continue
        values = {
            "regime": setup.titles[one.regime][words.lang],
            "outcome": words(f"outcome.{one.outcome}"),
            "reference": reference,
            "low": f"{one.lowest:.4g}",
            "high": f"{one.highest:.4g}",
            "higher": one.higher,
            "lower": one.lower,
            "untold": one.untold,
            "points": setup.size,
        }
        key = "sweep.reference" if one.regime == tallies[0].regime else "sweep.told"
        lines.append(words(key, **values))
    return [*lines, words("sweep.family")]


def _factors(setup: SweepSetup, words: Words) -> Table:
    heads = [words("sweep.factor"), words("sweep.values")]
    rows = [[factor.name, factor.text()] for factor in setup.space.factors]
    title = words("sweep.factors_table")
    return Table("factors", title, heads, rows, both("design"), text_columns=2, names=True)


def _told(tallies: Sequence[Tally], setup: SweepSetup, words: Words) -> Table:
    heads = [words("head.regime"), words("head.count"),
             *(words(f"sweep.head.{key}") for key in ("lowest", "highest", "higher", "lower", "untold"))]  # fmt: skip
    rows = [
        [setup.titles[one.regime][words.lang], words(f"outcome.{one.outcome}"),
         number(one.lowest), number(one.highest),
         *(("–",) * 3 if one.regime == tallies[0].regime
           else (str(one.higher), str(one.lower), str(one.untold)))]
        for one in tallies
    ]  # fmt: skip
    title = words("sweep.told_table", reference=setup.titles[tallies[0].regime][words.lang])
    return Table("told", title, heads, rows, both("differences"), text_columns=2)


def write_again(folder: Path, lang: str | None) -> Path:
    """Write tables, figures and report of a folder again, without a run; returns the report's path.

    Parameters
    ----------
    lang: language; that of the sweep when None.

    Raises
    ------
    ConfigError: the folder holds no sweep, or none of its runs is there.
    """
    with whole(folder, "sweep"):
        setup = stored_setup(folder)
    setup = dataclasses.replace(setup, lang=lang or setup.lang)
    results = load_sweep(folder)
    done = results.done()
    if not done.any():
        raise ConfigError(
            f"{folder} holds no finished run. Start the same consortia sweep again; it goes on "
            f"where it stopped."
        )
    tallies = write_tables(results, setup.fixed.seed)
    origin = read_provenance(folder)
    return write_report(results, tallies, setup, origin, list(_notices(origin, done, setup.lang)))


def _notices(origin: Mapping[str, Any], done: np.ndarray, lang: str) -> Iterator[str]:
    words, theirs, ours = Words(lang), origin.get("source_hash"), source_hash()
    if theirs is not None and theirs != ours:
        yield words("notice.version", theirs=str(theirs)[:12], ours=ours[:12])
    if not done.all():
        yield words("notice.unfinished_sweep", done=f"{int(done.sum()):,}", total=f"{done.size:,}")
