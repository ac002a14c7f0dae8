"""``consortia levers``: runs every level of every lever on the same luck, and writes what it says."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from experiments.answered import tell_answer, write_answer, writing
from experiments.compare import experiment_of
from experiments.levers.plan import Layout, gather, lay_out
from experiments.levers.results import Found, judge, tables
from experiments.levers.settings import Census
from experiments.running.executor import Execution
from experiments.running.jobs import Engine
from experiments.running.provenance import provenance
from experiments.running.session import do_runs, tell_before
from experiments.running.store import (
    Store,
    failures_table,
)
from experiments.stored_population import write_beginnings
from experiments.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Levers:
    """A census as it stands in its folder.

    Attributes
    ----------
    found: every cell, test and verdict.
    tables: by name, as they are written.
    sentences: the answer in words.
    failures: runs that failed; their replicates are left out.
    """

    layout: Layout
    found: Found
    tables: dict[str, pa.Table]
    sentences: list[str]
    out: Path
    failures: pa.Table


def levers(census: Census, *, progress: bool = True, run: Engine | None = None) -> Levers:
    """Run what is missing, write the folder, and return what stands in it.

    Parameters
    ----------
    progress: show estimate and progress on standard error, closing words on standard output.
    run: another engine than :func:`simulation.runner.run_replicate`.

    Raises
    ------
    ConfigError: settings contradict each other, or the folder cannot be used (exit code 2).
    ExperimentError: a world has fewer than two complete replicates (1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on.
    """
    layout, setup = lay_out(census), census.setup
    with Store(setup.out, _experiment(census)) as store:
        write_beginnings(setup.out, setup.population, setup.config)
        if progress:
            _tell_plan(layout, store, census, run)
        execution = do_runs(layout.plan, store, setup, progress, run)
        found = judge(layout, gather(layout, store))
        answer = _write(census, layout, found, execution, store)
    if progress:
        _tell_after(answer, execution, census)
    return answer


def _experiment(census: Census) -> dict[str, Any]:
    """The runs of a census; the levers asked for and the number of replicates may change."""
    return {**experiment_of(census.setup), "command": "levers", "variants": []}


def _tell_plan(layout: Layout, store: Store, census: Census, run: Engine | None) -> None:
    """How many levers, levels and runs, and how long."""
    from experiments.sweep.estimate import tell_time

    setup = census.setup
    tasks = tell_before(layout.plan, store, setup, run)
    words = Words(setup.lang)
    shape = {
        "levers": len(census.rows), "levels": len(layout.moves) + len(census.rows),
        "worlds": len(layout.plan.points) - 1, "replicates": setup.replicates,
        "runs": f"{layout.plan.size:,}", "missing": f"{sum(task.size for task in tasks):,}",
    }  # fmt: skip
    print(words("levers.plan", **shape), file=sys.stderr)
    tell_time(layout.plan, tasks, store, setup, run)


def _write(
    census: Census, layout: Layout, found: Found, execution: Execution, store: Store
) -> Levers:
    from experiments.levers.figure import write_figure
    from experiments.levers.sentences import sentences

    setup = census.setup
    out, made = setup.out, tables(found)
    told = sentences(found, setup.lang)
    origin = provenance(
        seed=setup.seed,
        replicates={"every arm": setup.replicates},
        runs=execution.counts,
        seconds=execution.seconds,
    )
    with writing(store, out):
        write_answer(layout.plan, store, out, made, origin, told, setup.lang)
        write_figure(found, out, setup.lang)
    return Levers(layout, found, made, told, out, failures_table(execution.failures))


def _tell_after(answer: Levers, execution: Execution, census: Census) -> None:
    words, failed = Words(census.setup.lang), execution.failures
    note = words("levers.failed", count=len(failed), error=failed[0].error) if failed else ""
    tell_answer(execution, answer.sentences, answer.out, words, note)
