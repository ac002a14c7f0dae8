"""The command ``sweep``: from a setup to a folder of results that survives any stop."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from agents.settings import ConfigError
from experiments.running.executor import Execution
from experiments.running.files import write_text, yaml_text
from experiments.running.jobs import Engine
from experiments.running.plan import Plan
from experiments.running.progress import duration
from experiments.running.provenance import provenance
from experiments.running.session import do_runs, tell_before
from experiments.running.store import (
    ExperimentError,
    Store,
    describe,
    digest,
    failures_table,
)
from experiments.sweep.configurations import make_points, refuse_idle_factors
from experiments.sweep.designs import EXTENDABLE, FACTORIAL, Design, make_design
from experiments.sweep.estimate import refuse_too_many, tell_estimate
from experiments.sweep.results import design_table, load_sweep, write_cells
from experiments.sweep.setup import INPUTS, SweepSetup
from experiments.sweep.tables import Tally, write_tables
from experiments.tables import write_table
from experiments.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A sweep that was run.

    Attributes
    ----------
    out: its folder; :func:`experiments.sweep.results.load_sweep` reads it.
    tallies: in how many points each regime was told higher or lower than the reference.
    failures: runs that failed; the command ends with exit code 1 when there are any.
    """

    out: Path
    tallies: list[Tally]
    report: Path
    failures: pa.Table


def sweep(setup: SweepSetup, *, progress: bool = True, run: Engine | None = None) -> Sweep:
    """Validate every planned configuration, run what is missing, and write tables and figures.

    Parameters
    ----------
    progress: show estimate and progress on standard error, closing words on standard output.
    run: another engine than :func:`simulation.runner.run_replicate`.

    Raises
    ------
    ConfigError: the design is too large, a configuration or the folder cannot be used (code 2).
    ExperimentError: the disk is full, or workers do not start (code 1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on where it stopped.
    """
    refuse_too_many(setup)
    design, plan = sweep_plan(setup)
    _refuse_other_hypercube(setup)
    with Store(setup.out, experiment_of(setup)) as store:
        _write_beginnings(setup, design, plan)
        if progress:
            tell_estimate(plan, tell_before(plan, store, setup, run), store, setup, run)
        execution = do_runs(plan, store, setup, progress, run)
    result = _write(setup, execution, progress)
    if progress:
        _tell_after(result, setup, execution)
    return result


def sweep_plan(setup: SweepSetup) -> tuple[Design, Plan]:
    """The design and its plan, every configuration validated.

    Raises
    ------
    ConfigError: a factor changes nothing, or some configurations cannot be run.
    """
    design = make_design(setup.space, setup.design, setup.points, setup.design_seed)
    configurations = setup.configurations()
    points = make_points(design, configurations.point)
    refuse_idle_factors(design, configurations)
    return design, Plan(points)


def experiment_of(setup: SweepSetup) -> dict[str, Any]:
    """What makes this sweep another than one in the same folder.

    Replicates may grow, and so may the points of designs whose first points stay.
    """
    config = setup.config
    varied = set(setup.space.names)
    return {
        "command": "sweep",
        "design": setup.design,
        "design_seed": setup.design_seed if setup.design != FACTORIAL else None,
        "points": setup.size if setup.design not in EXTENDABLE else None,
        "factors": {factor.name: factor.text() for factor in setup.space.factors},
        "seed": setup.fixed.seed,
        "world": {
            section: {
                name: value for name, value in values.items() if f"{section}.{name}" not in varied
            }
            for section, values in config["world"].items()
        },
        "populations": {name: digest(one) for name, one in config["populations"].items()},
        "regimes": {name: digest(one) for name, one in setup.fixed.regimes.items()},
        "changes": config["changes"],
        "presets": digest(config["presets"]),
    }


def _refuse_other_hypercube(setup: SweepSetup) -> None:
    """Say why a Latin hypercube in this folder cannot have more points."""
    try:
        text = (setup.out / "store" / "manifest.json").read_text(encoding="utf-8")
        there = json.loads(text)["experiment"]
        points = there["points"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # no sweep is there, or one that the store will refuse in its own words
    if there["design"] == setup.design == "lhs" and points != setup.size:
        raise ConfigError(
            f"out = {setup.out} holds a Latin hypercube of {points} points, and points = "
            f"{setup.size} asks for another one: its points are no part of a larger or smaller one. "
            f"Write points={points}, or out= a new folder, or begin with design=sobol, whose first "
            f"points stay."
        )


def _write_beginnings(setup: SweepSetup, design: Design, plan: Plan) -> None:
    """All that is needed to read or go on with a half-finished sweep."""
    out = setup.out
    try:
        for name, path in setup.fixed.files.items():
            target = out / INPUTS / f"{name}.csv"
            if path != target:
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, target)
        write_text(out / "config.yaml", yaml_text(setup.config))
        write_table(design_table(design), out, "design")
        write_cells(out, plan)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the plan was written to {out}. Make room or the folder "
            f"writable, then start the same command again."
        ) from error


def _write(setup: SweepSetup, execution: Execution, progress: bool) -> Sweep:
    """Write what stands in the folder beside the store."""
    from experiments.sweep.report import write_report

    if progress:
        print(Words(setup.lang)("sweep.writing"), file=sys.stderr)
    origin = provenance(
        seed=setup.fixed.seed,
        replicates={"every point": setup.fixed.replicates},
        runs=execution.counts,
        seconds=execution.seconds,
    )
    results = load_sweep(setup.out)
    try:
        text = json.dumps(origin, indent=2, ensure_ascii=False)
        write_text(setup.out / "provenance.json", text)
        tallies = write_tables(results, setup.fixed.seed)
        report = write_report(results, tallies, setup, origin)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the results were written to {setup.out}. All runs are safe "
            f"in its store; the same command writes the rest."
        ) from error
    return Sweep(setup.out, tallies, report, failures_table(execution.failures))


def _tell_after(result: Sweep, setup: SweepSetup, execution: Execution) -> None:
    from experiments.sweep.report import sentences

    words = Words(setup.lang)
    failed = execution.failures
    print(
        words(
            "sweep.done", done=execution.done, time=duration(execution.seconds),
            cached=execution.cached,
        )
    )  # fmt: skip
    for sentence in sentences(result.tallies, setup, words):
        print(f"  {sentence}")
    print(f"{words('sweep.report')} {result.report}")
    print(f"{words('sweep.results')} {result.out}")
    if failed:
        first = failed[0]
        print(
            words(
                "sweep.failed", count=len(failed), point=first.variant, regime=first.regime,
                replicate=first.replicate, error=first.error,
            ),
            file=sys.stderr,
        )  # fmt: skip
        print(words("sweep.replay", id=first.run_id, out=result.out), file=sys.stderr)
