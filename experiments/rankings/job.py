"""``consortia rankings``: runs every world on luck of its own, and writes what rankings survive."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from experiments.answered import tell_answer, write_answer, writing
from experiments.compare import experiment_of
from experiments.rankings.plan import Layout, gather, lay_out
from experiments.rankings.results import SHOWN, Found, judge, tables
from experiments.rankings.settings import Rankings
from experiments.running.executor import Execution
from experiments.running.jobs import Engine
from experiments.running.provenance import provenance
from experiments.running.session import do_runs, tell_before
from experiments.running.store import (
    Store,
    digest,
    failures_table,
)
from experiments.stored_population import write_beginnings
from experiments.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """The answer as it stands in its folder.

    Attributes
    ----------
    found: for each outcome all pairs, structures and parameters.
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


def rank(rankings: Rankings, *, progress: bool = True, run: Engine | None = None) -> Ranked:
    """Run what is missing, write the folder, and return what stands in it.

    Parameters
    ----------
    progress: show estimate and progress on standard error, closing words on standard output.
    run: another engine than :func:`simulation.runner.run_replicate`.

    Raises
    ------
    ConfigError: a world contradicts itself, or the folder cannot be used (exit code 2).
    ExperimentError: a world has fewer than two complete replicates (1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on.
    """
    layout, setup = lay_out(rankings), rankings.setup
    with Store(setup.out, _experiment(rankings)) as store:
        write_beginnings(setup.out, setup.population, setup.config)
        if progress:
            _tell_plan(layout, store, rankings, run)
        execution = do_runs(layout.plan, store, setup, progress, run)
        found = judge(layout, gather(layout, store, SHOWN))
        answer = _write(rankings, layout, found, execution, store)
    if progress:
        _tell_after(answer, execution, rankings)
    return answer


def _experiment(rankings: Rankings) -> dict[str, Any]:
    """The runs of these worlds; only numbers of replicates may change.

    The draws are a Latin hypercube, whose points are no part of a larger one.
    """
    return {
        **experiment_of(rankings.setup),
        "command": "rankings",
        "variants": [],
        "draws": rankings.draws,
        "factors": {one.name: one.text() for one in rankings.uncertainty.factors},
        "structures": digest([dataclasses.asdict(s) for s in rankings.uncertainty.structures]),
    }


def _tell_plan(layout: Layout, store: Store, rankings: Rankings, run: Engine | None) -> None:
    """How many worlds and runs, and how long."""
    from experiments.sweep.estimate import tell_time

    setup = rankings.setup
    tasks = tell_before(layout.plan, store, setup, run)
    words = Words(setup.lang)
    shape = {
        "regimes": len(setup.regimes), "replicates": setup.replicates,
        "structures": len(layout.structures), "each": rankings.uncertainty.replicates,
        "draws": rankings.draws, "per_draw": rankings.per_draw,
        "factors": len(layout.design.space.factors), "runs": f"{layout.plan.size:,}",
        "missing": f"{sum(task.size for task in tasks):,}",
    }  # fmt: skip
    print(words("rankings.plan", **shape), file=sys.stderr)
    tell_time(layout.plan, tasks, store, setup, run)


def _write(
    rankings: Rankings, layout: Layout, found: Found, execution: Execution, store: Store
) -> Ranked:
    from experiments.rankings.figure import write_figures
    from experiments.rankings.sentences import sentences
    from experiments.sweep.results import design_table
    from experiments.tables import write_table

    setup = rankings.setup
    out, made = setup.out, tables(found)
    titles = {entry.name: Words(setup.lang).title(entry) for entry in setup.regimes}
    told = sentences(found, titles, setup.lang)
    origin = provenance(
        seed=setup.seed,
        replicates={
            "main": setup.replicates, "every structure": rankings.uncertainty.replicates,
            "every draw": rankings.per_draw,
        },
        runs=execution.counts,
        seconds=execution.seconds,
    )  # fmt: skip
    origin |= {"draws": rankings.draws}
    with writing(store, out):
        write_answer(layout.plan, store, out, made, origin, told, setup.lang)
        write_table(design_table(layout.design), out, "design")
        write_figures(found, titles, out, setup.lang)
    return Ranked(layout, found, made, told, out, failures_table(execution.failures))


def _tell_after(answer: Ranked, execution: Execution, rankings: Rankings) -> None:
    words, failed = Words(rankings.setup.lang), execution.failures
    note = words("levers.failed", count=len(failed), error=failed[0].error) if failed else ""
    tell_answer(execution, answer.sentences, answer.out, words, note)
