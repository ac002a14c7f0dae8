"""``consortia why A B``: runs every mix that is needed on the same luck, and writes what it says.

One plan with one point, whose regimes are the mixes: a mix that several orders pass through is one
run per replicate, and the store keeps it for other orders, outcomes and more replicates.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from experiments.answered import tell_answer, write_answer, writing
from experiments.compare import experiment_of
from experiments.running.executor import Execution
from experiments.running.jobs import Engine
from experiments.running.provenance import provenance
from experiments.running.session import do_runs, tell_before
from experiments.running.store import (
    Store,
    failures_table,
)
from experiments.stored_population import write_beginnings
from experiments.why.plan import Apart, gather, lay_out
from experiments.why.results import Found, tables, take_apart
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import WhySetup


@dataclass(frozen=True, slots=True, eq=False)
class Why:
    """A difference taken apart, as it stands in its folder.

    Attributes
    ----------
    apart: groups, orders and mixes.
    found: contributions, switches and chain.
    tables: by name, as they are written.
    sentences: the answer in words.
    report: its file, where one was asked for.
    failures: runs that failed; their replicates are left out.
    """

    apart: Apart
    found: Found
    tables: dict[str, pa.Table]
    sentences: list[str]
    out: Path
    report: Path | None
    failures: pa.Table


def why(setup: WhySetup, *, progress: bool = True, run: Engine | None = None) -> Why:
    """Run what is missing, write the folder, and return what stands in it.

    Parameters
    ----------
    progress: show estimate and progress on standard error, closing words on standard output.
    run: another engine than :func:`simulation.runner.run_replicate`.

    Raises
    ------
    ConfigError: equal levers, too many groups or runs, or the folder cannot be used (exit code 2).
    ExperimentError: the outcome has no value in a run, or no replicate is complete (1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on.
    """
    answer, execution = decompose(setup, progress=progress, run=run)
    if progress:
        _tell_after(answer, execution, setup)
    return answer


def decompose(
    setup: WhySetup, *, progress: bool, run: Engine | None = None, report: bool = True
) -> tuple[Why, Execution]:
    """As :func:`why`, without closing words, and without the report if none is asked for."""
    apart = lay_out(setup)
    with Store(setup.out, experiment_of_why(setup)) as store:
        write_beginnings(setup.out, setup.population, setup.config)
        if progress:
            _tell_plan(apart, store, setup, run)
        execution = do_runs(apart.plan, store, setup, progress, run)
        found = take_apart(apart, gather(apart, store), setup.outcome)
        answer = _write(setup, apart, found, execution, store, report)
    return answer, execution


def experiment_of_why(setup: WhySetup) -> dict[str, Any]:
    """The runs of a pair of regimes; level, orders, outcome and replicates may change."""
    return {**experiment_of(setup), "command": "why", "variants": []}


def _tell_plan(apart: Apart, store: Store, setup: WhySetup, run: Engine | None) -> None:
    """How many groups, mixes and runs, and how long."""
    from experiments.sweep.estimate import tell_time

    tasks = tell_before(apart.plan, store, setup, run)
    words = Words(setup.lang)
    shape = {
        "groups": apart.count, "mixes": f"{len(apart.mixes):,}", "orders": len(apart.orders),
        "replicates": setup.replicates, "runs": f"{len(apart.mixes) * setup.replicates:,}",
        "missing": f"{sum(task.size for task in tasks):,}",
    }  # fmt: skip
    print(words(f"why.plan_{'drawn' if apart.orders else 'all'}", **shape), file=sys.stderr)
    tell_time(apart.plan, tasks, store, setup, run)


def _write(
    setup: WhySetup, apart: Apart, found: Found, execution: Execution, store: Store, report: bool
) -> Why:
    from experiments.why.report import write_report
    from experiments.why.sentences import sentences

    out, made = setup.out, tables(apart, found)
    told = sentences(apart, found, setup)
    origin = provenance(
        seed=setup.seed,
        replicates={"every mix": setup.replicates},
        runs=execution.counts,
        seconds=execution.seconds,
    )
    with writing(store, out):
        write_answer(apart.plan, store, out, made, origin, told, setup.lang)
        written = write_report(apart, found, setup, origin) if report else None
    return Why(apart, found, made, told, out, written, failures_table(execution.failures))


def _tell_after(answer: Why, execution: Execution, setup: WhySetup) -> None:
    words, failed = Words(setup.lang), execution.failures
    replicates = len({row.replicate for row in failed})
    note = (
        words("why.failed", count=len(failed), replicates=replicates, error=failed[0].error)
        if failed
        else ""
    )
    tell_answer(execution, answer.sentences, answer.out, words, note, answer.report)
