"""The main job: compare policy regimes on the same luck, from a setup to a folder of results.

It is the smallest sweep: a plan, a store, an executor, and then tables, figures and a report of
what the store holds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from experiments.running.executor import Execution
from experiments.running.files import write_text
from experiments.running.jobs import Engine
from experiments.running.names import Names, as_names
from experiments.running.plan import MAIN, MAP, Cell, Plan, Point
from experiments.running.progress import duration
from experiments.running.provenance import provenance
from experiments.running.session import do_runs, tell_before
from experiments.running.store import (
    OUTCOME_NAMES,
    TRAJECTORY_NAMES,
    ExperimentError,
    Store,
    describe,
    digest,
    failures_table,
    write_parquet,
)
from experiments.stored_population import write_beginnings
from experiments.why.within import check_apart, take_apart_within

if TYPE_CHECKING:
    from experiments.configuration import QuestionSetup, Setup
    from experiments.questions import Question
    from experiments.report.writing import Results
    from experiments.sequential.precision import Grown
    from simulation.policies.registry import Regime


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Results of a comparison, as they stand in its output folder.

    Attributes
    ----------
    runs: one row per run; variant, regime, replicate, seed, run_id, one column per outcome.
    trajectories: one row per run of the main variant and quarter.
    tables: summaries by name.
    report: the report, one self-contained file.
    out: the output folder.
    failures: runs that failed and are missing from ``runs``; empty when all went well. The
        command ends with exit code 1 when it is not.
    """

    runs: pa.Table
    trajectories: pa.Table
    tables: dict[str, pa.Table]
    report: Path
    out: Path
    failures: pa.Table


def compare(setup: Setup, *, progress: bool = True, run: Engine | None = None) -> Comparison:
    """Run what is missing, write the output folder, and return what stands in it.

    Parameters
    ----------
    progress: show progress on standard error and closing words on standard output.
    run: another engine than :func:`simulation.runner.run_replicate`.

    Raises
    ------
    ConfigError: the output folder cannot be used (exit code 2).
    ExperimentError: the disk is full, workers do not start, or no replicate is complete (1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on where it stopped.
    """
    check_apart(setup)
    with Store(setup.out, experiment_of(setup)) as store:
        write_beginnings(setup.out, setup.population, setup.config)
        if progress:
            tell_before(comparison_plan(setup), store, setup, run)
        grown = None if setup.target is None else _grow(setup, store, progress, run)
        setup = setup if grown is None else grown.setup
        plan = comparison_plan(setup)
        execution = do_runs(plan, store, setup, progress, run)
        execution = execution if grown is None else grown.with_the_rest(execution)
        runs = runs_table(plan, store)
        _refuse_nothing_complete(plan, runs, execution)
        if run is None and (taken := take_apart_within(setup, runs, progress)) is not None:
            execution = execution.plus(taken)
        if progress:
            print("Writing tables, figures and the report.", file=sys.stderr)
        comparison = _write(plan, store, setup, runs, execution, grown, run)
    if progress:
        _tell_after(comparison, setup, execution, grown)
    return comparison


def _grow(setup: Setup, store: Store, progress: bool, run: Engine | None) -> Grown:
    from experiments.sequential.precision import grow

    return grow(
        setup, store, lambda plan: do_runs(plan, store, setup, progress, run), tell=progress
    )


def comparison_plan(setup: Setup) -> Plan:
    """The cells of a comparison: the main world, its robustness variants, the map of a question."""
    everything = tuple(entry.regime for entry in setup.regimes)

    def point(
        variant: str, world: Any, replicates: int, regimes: tuple[Regime, ...] = everything
    ) -> Point:
        return Point(
            variant=variant,
            world=world,
            population=setup.population,
            reference=setup.reference.regime,
            regimes=regimes,
            seed=setup.seed,
            replicates=replicates,
            trajectories=variant == MAIN,
        )

    variants = [point(one.name, one.world, setup.variant_replicates) for one in setup.variants]
    main = point(MAIN, setup.world, setup.replicates)
    question = question_of(setup)
    if question is None:
        return Plan((main, *variants))
    pair, replicates = (
        _main_pair(question.question),
        min(question.question.replicates, setup.replicates),
    )
    cells = [point(cell.variant, cell.world, replicates, pair) for cell in question.cells]
    return Plan((main, *variants, *cells))


def question_of(setup: Setup) -> QuestionSetup | None:
    """The setup with its question, if it has one."""
    from experiments.configuration import QuestionSetup

    return setup if isinstance(setup, QuestionSetup) else None


def _main_pair(question: Question) -> tuple[Regime, Regime]:
    """The regimes that every cell of the map needs."""
    main = question.contrasts[0]
    return question.entry(main.of).regime, question.entry(main.minus).regime


def experiment_of(setup: Setup) -> dict[str, Any]:
    """What makes this experiment another than one in the same folder.

    Without names and order of regimes, numbers of replicates, workers, folder and language: these
    may change between two calls that use the same results. A question adds its name, its main
    contrast and the worlds of its map.
    """
    question = question_of(setup)
    asked = (
        {}
        if question is None
        else {
            "experiment": question.question.name,
            "contrast": [digest(_levers(regime)) for regime in _main_pair(question.question)],
            "map": digest([cell.world.as_mapping() for cell in question.cells]),
        }
    )
    return asked | {
        "command": "compare",
        "seed": setup.seed,
        "population": setup.population.digest(),
        "world": setup.world.as_mapping(),
        "variants": sorted({digest(one.world.as_mapping()) for one in setup.variants}),
        "reference": digest(_levers(setup.reference.regime)),
        "regimes": sorted({digest(_levers(entry.regime)) for entry in setup.regimes}),
    }


def runs_table(plan: Plan, store: Store) -> pa.Table:
    """All finished cells, sorted by variant, regime and replicate in the order of the plan."""
    cells = _finished(plan.cells(), store.run_ids)
    stored = store.runs([cell.run_id for cell in cells])
    names = {
        "variant": pa.array([plan.points[cell.point].variant for cell in cells], pa.string()),
        "regime": _regime_names(plan, cells),
    }
    kept = ("replicate", "seed", "run_id", *OUTCOME_NAMES)
    return pa.table(names | {name: stored.column(name) for name in kept})


def trajectories_table(plan: Plan, store: Store) -> pa.Table:
    """Trajectories of the finished cells that keep them, in the order of the plan, by quarter."""
    keeping = (cell for cell in plan.cells() if plan.points[cell.point].trajectories)
    cells = _finished(keeping, store.trajectory_ids)
    stored, owner = store.trajectories([cell.run_id for cell in cells])
    names = {
        "regime": _regime_names(plan, cells).take(pa.array(owner)),
        "replicate": pa.array(np.array([cell.replicate for cell in cells], np.int32)[owner]),
    }
    kept = ("quarter", *TRAJECTORY_NAMES)
    return pa.table(names | {name: stored.column(name) for name in kept})


def programmes_table(plan: Plan, store: Store, regions: Sequence[str]) -> pa.Table:
    """Counts of the stages, one row per run of the main variant and programme, in the plan's order."""
    from experiments.stages import columns_of

    main = (cell for cell in plan.cells() if plan.points[cell.point].variant == MAIN)
    cells = _finished(main, store.run_ids)
    names = columns_of(regions)
    rows = store.runs([cell.run_id for cell in cells], ["stages"])
    stored = rows.column("stages").to_pylist()
    counts = [np.array(one, np.int64).reshape(-1, len(names)) for one in stored]
    owner = np.repeat(np.arange(len(cells)), [len(one) for one in counts])
    keys = {
        "regime": _regime_names(plan, cells).take(pa.array(owner, pa.int64())),
        "replicate": pa.array(np.array([c.replicate for c in cells], np.int32)[owner]),
        "programme": pa.array([k + 1 for one in counts for k in range(len(one))], pa.int32()),
    }
    values = np.concatenate([np.empty((0, len(names)), np.int64), *counts])
    return pa.table(keys | {name: values[:, k] for k, name in enumerate(names)})


def _finished(cells: Iterable[Cell], stored: Names) -> list[Cell]:
    """Those whose runs are stored."""
    every = list(cells)
    held = stored.held(as_names(cell.run_id for cell in every))
    return [cell for cell, there in zip(every, held.tolist(), strict=True) if there]


def _regime_names(plan: Plan, cells: Sequence[Cell]) -> pa.Array:
    return pa.array(
        [plan.points[cell.point].regimes[cell.regime].name for cell in cells], pa.string()
    )


def _write(
    plan: Plan,
    store: Store,
    setup: Setup,
    runs: pa.Table,
    execution: Execution,
    grown: Grown | None,
    run: Engine | None,
) -> Comparison:
    """Write everything that stands in the output folder beside the store."""
    from experiments.report.writing import write_all

    trajectories = trajectories_table(plan, store)
    origin = provenance(
        seed=setup.seed,
        replicates=_replicates(plan),
        runs=execution.counts,
        seconds=execution.seconds,
    )
    out = setup.out
    try:
        write_parquet(out / "failures.parquet", store.failures(plan))
        write_text(out / "provenance.json", json.dumps(origin, indent=2, ensure_ascii=False))
        results = _results(plan, store, setup, runs, trajectories, run)
        tables, report = write_all(results, setup, origin, out, _notices(setup, runs))
        if grown is not None:
            tables["precision"] = grown.write_table(out)
        if (question := question_of(setup)) is not None:
            from experiments.answers import write_answer

            write_answer(runs, tables, question, origin, out)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the results were written to {out}. All runs are safe in "
            f"{store.folder}; the same command writes the rest."
        ) from error
    return Comparison(runs, trajectories, tables, report, out, failures_table(execution.failures))


def _notices(setup: Setup, runs: pa.Table) -> list[str]:
    from experiments.report.stored import unfinished
    from experiments.words import Words

    return unfinished(Words(setup.lang), runs, setup)


def _results(
    plan: Plan,
    store: Store,
    setup: Setup,
    runs: pa.Table,
    trajectories: pa.Table,
    run: Engine | None,
) -> Results:
    """Everything the report is made of, written beside it; only our own engine can be replayed."""
    from experiments.replayed import stored_or_replayed
    from experiments.report.stored import brought_tables
    from experiments.report.writing import Results
    from experiments.tables import panel

    programmes = programmes_table(plan, store, setup.population.regions)
    tables = {"runs": runs, "trajectories": trajectories, "programmes": programmes}
    for name, table in tables.items():
        write_parquet(setup.out / f"{name}.parquet", table)
    paired = panel(runs, setup).replicates.tolist()
    replayed = dict if run else partial(stored_or_replayed, plan, setup, paired, setup.out)
    brought = brought_tables(setup.out)
    return Results(
        runs, trajectories, programmes, replayed, brought["why"], brought["ranking_pairs"]
    )


def _replicates(plan: Plan) -> dict[str, int]:
    """Replicates by variant; the cells of a map, which have equal numbers, as one."""
    return {
        "map" if point.variant.startswith(MAP) else point.variant: point.replicates
        for point in plan.points
    }


def _refuse_nothing_complete(plan: Plan, runs: pa.Table, execution: Execution) -> None:
    """Without one replicate that all regimes have finished there is nothing to compare."""
    main = runs.filter(pc.equal(runs.column("variant"), MAIN))
    counts = np.bincount(main.column("replicate").to_numpy(), minlength=1)
    if counts.max() < len(plan.points[0].regimes):
        first = execution.failures[0]
        raise ExperimentError(
            f"No replicate is complete: {len(execution.failures)} runs failed. The first: regime "
            f"'{first.regime}', replicate {first.replicate}: {first.error}"
        )


def _tell_after(
    comparison: Comparison, setup: Setup, execution: Execution, grown: Grown | None
) -> None:
    failed = execution.failures
    from experiments.report import answer_sentences

    print(f"{execution.done} runs in {duration(execution.seconds)}; {execution.cached} were there.")
    for sentence in answer_sentences(comparison.tables, setup, setup.lang):
        print(f"  {sentence}")
    if grown is not None:
        print(f"  {grown.sentence(setup.lang)}")
    print(f"Report:  {comparison.report}\nResults: {comparison.out}")
    if question_of(setup) is not None:
        from experiments.answer_page import PAGES

        print(f"Answer:  {comparison.out / PAGES[setup.lang]}")
    if failed:
        regimes = ", ".join(sorted({row.regime for row in failed}))
        print(
            f"{len(failed)} runs failed ({regimes}) and are left out; the next start tries them "
            f"again. The first: replicate {failed[0].replicate}: {failed[0].error}",
            file=sys.stderr,
        )


def _levers(regime: Regime) -> list[dict[str, Any]]:
    return [programme.as_mapping() for programme in regime.programmes]
