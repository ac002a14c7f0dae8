"""Part ``batches``: what handing out and storing costs by the length of batches, with runs that cost nothing."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.options import Options, say
from benchmarks.timing import Stopwatch, in_turns, spread
from experiments.markdown import table
from experiments.running import backlog
from experiments.running import executor as execution
from experiments.running.dask_cluster import DaskCluster
from experiments.running.executor import Executor, InProcess, execute
from experiments.running.plan import Plan
from experiments.running.pool import Pool
from experiments.running.store import Store
from experiments.verification.machines import Machines
from simulation.outcomes import OUTCOMES, RunResult
from simulation.policies.registry import Regime
from tests.support import fake_engine as fake

TITLE = "Batches"
ROUNDS = 3
WORKERS = 2
ALONE, POOL, DASK = "one process", "pool of 2", "Dask, 2 workers"
RUNS, QUICK_RUNS = 100_000, 3_000  # of the largest experiment
SIZES, QUICK_SIZES = (30, 300, backlog.BATCH_RUNS), (30, 300)  # runs in a batch
MOST_BATCHES = 200  # in an experiment: enough to time those of one size
LENGTHS = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds of work in a batch
VALUES = {outcome.name: k / 7.0 for k, outcome in enumerate(OUTCOMES)}


def no_work(
    _world: Any, _population: Any, _reference: Any, regimes: Sequence[Regime],
    *, seed: int, replicate: int,
) -> list[RunResult]:  # fmt: skip
    """An engine that takes no time; without trajectories."""
    outcomes = VALUES | {OUTCOMES[0].name: float(seed + replicate)}
    stages = np.zeros((1, 20), np.int64)
    return [RunResult(regime.name, replicate, outcomes, {}, stages) for regime in regimes]


def plan_of(runs: int) -> Plan:
    """Three regimes in one world, and no trajectories."""
    replicates = runs // len(fake.REGIMES)
    plan = fake.with_point(fake.plan(0), variant="timed", replicates=replicates, trajectories=False)
    return Plan(plan.points[1:])


def timed(way: str, size: int, runs: int, address: str) -> dict[str, float]:
    """Seconds of an experiment from its plan to the last file, and of it those of the store."""
    plan = plan_of(min(runs, size * MOST_BATCHES))
    watch = Stopwatch(time.perf_counter)
    batches = 0
    usual = backlog.BATCH_RUNS, execution.WRITE_SECONDS
    backlog.BATCH_RUNS, execution.WRITE_SECONDS = size, 0.0  # every batch is a file
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "out", {}) as store:
        append = store.append

        def watched(*arguments: Any) -> None:
            nonlocal batches
            batches += 1
            with watch.running():
                append(*arguments)

        store.append = watched  # type: ignore[method-assign, assignment]
        executor = _executor(way, address, store)
        began, cpu = time.perf_counter(), time.process_time()
        try:
            done = execute(plan, store, executor=executor).done
        finally:
            backlog.BATCH_RUNS, execution.WRITE_SECONDS = usual
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"runs": done, "batches": batches, "wall": wall, "cpu": cpu, "store": watch.seconds}


def _executor(way: str, address: str, store: Store) -> Executor:
    if way == ALONE:
        return InProcess(no_work)
    return Pool(no_work, WORKERS) if way == POOL else DaskCluster(address, store.folder, no_work)


def measure(options: Options) -> dict[str, Any]:
    """Experiments by way of running and runs in a batch, in turns."""
    runs, sizes = (QUICK_RUNS, QUICK_SIZES) if options.quick else (RUNS, SIZES)

    def case(way: str, size: int, address: str) -> Callable[[], dict[str, float]]:
        def one() -> dict[str, float]:
            say(f"batches: {way}, {size} runs")
            return timed(way, size, runs, address)

        return one

    with tempfile.TemporaryDirectory() as folder, Machines(WORKERS, Path(folder)) as machines:
        cases = {
            f"{way}; {size}": case(way, size, machines.address)
            for way in (ALONE, POOL, DASK)
            for size in sizes
        }
        return {"cases": in_turns(cases, options.times(ROUNDS))}


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    cases = figures["cases"]
    heads = (
        "way; runs in a batch", "runs", "batches", "wall, ms per batch", "CPU of the driver, ms per batch",
        "wall, ms per run", "of it the store, ms per run",
    )  # fmt: skip
    lengths = tuple(f"{length:g} s" for length in LENGTHS)
    return f"""\
Experiments whose runs take no time (three regimes in one world, outcomes without trajectories,
flushed to the disk), from the plan to the last file: all that is left is what handing out,
sending, storing and counting cost. The start of the processes is counted too, so that few batches look dearer
than they are.

{table(heads, (_row(name, done) for name, done in cases.items()))}

The driver does one batch after another. What share of its time that is, for one worker, when a
batch is so many seconds of work (CPU of the driver per batch, over the length):

{table(("way; runs in a batch", *lengths), (_shares(name, done) for name, done in cases.items()))}

Longer batches are cheaper and lose more when a worker is killed: {backlog.BATCH_SECONDS:g} s are
aimed at, and at most {backlog.BATCH_RUNS:,} runs."""


def _row(name: str, done: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    return (
        name,
        f"{done[0]['runs']:,.0f}",
        f"{done[0]['batches']:,.0f}",
        spread([1e3 * one["wall"] / one["batches"] for one in done]).told(),
        spread([1e3 * one["cpu"] / one["batches"] for one in done]).told(),
        spread([1e3 * one["wall"] / one["runs"] for one in done]).told(),
        spread([1e3 * one["store"] / one["runs"] for one in done]).told(),
    )


def _shares(name: str, done: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    seconds = spread([one["cpu"] / one["batches"] for one in done]).median
    return (name, *(f"{100.0 * seconds / length:.2f} %" for length in LENGTHS))
