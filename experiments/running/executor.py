"""Does the work of a plan and loses none of it.

The loop is the same for every way of running: ask the store what is missing, hand out batches,
write each finished batch, look at the store again. *How* batches are run is an
:class:`Executor`: in this process, in a pool of processes, or elsewhere.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents.settings import ConfigError
from experiments.running import LOCAL
from experiments.running.backlog import Backlog
from experiments.running.jobs import Batch, Engine, engine_or_default, run_job
from experiments.running.names import as_names
from experiments.running.plan import Plan, Task, reconcile
from experiments.running.pool import Pool
from experiments.running.progress import Progress
from experiments.running.store import ExperimentError, Failure, Run, Store

WRITE_SECONDS = 1.0  # batches that end within this time after a file was written share the next
WRITE_RUNS = 5_000  # ... but for as many: what waits to be written is the driver's memory


@dataclass(frozen=True, slots=True)
class Execution:
    """What a session did: runs done now and found at the start, runs that failed, and time."""

    done: int
    cached: int
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of runs, as provenance tells them."""
        return {"done": self.done, "cached": self.cached, "failed": len(self.failures)}

    def plus(self, other: Execution) -> Execution:
        """The work of both."""
        return Execution(
            self.done + other.done, self.cached + other.cached, self.failures + other.failures,
            self.seconds + other.seconds,
        )  # fmt: skip


class Executor(Protocol):
    """A way of running the batches of a backlog."""

    def results(self, backlog: Backlog) -> Iterator[Batch]:
        """Yield finished batches, in any order, until the backlog is done."""

    def drain(self) -> Iterator[Batch]:
        """Yield batches that have finished but were not handed over; called after Ctrl-C."""

    def close(self) -> None:
        """Stop everything at once."""


def execute(
    plan: Plan,
    store: Store,
    jobs: int = 0,
    progress: Progress | None = None,
    *,
    run: Engine | None = None,
    executor: Executor | None = None,
) -> Execution:
    """Run what the store does not hold yet.

    Parameters
    ----------
    jobs: number of worker processes; 0 for one per processor, 1 for none (in this process).
    run: the engine, importable by name in other processes; the default is
        :func:`simulation.runner.run_replicate`.
    executor: another way of running, for example on a cluster; ``jobs`` is then its business.

    Raises
    ------
    ExperimentError: the disk is full, or worker processes do not start.
    KeyboardInterrupt: after Ctrl-C; what had finished is in the store.
    """
    progress = progress or Progress()
    started = time.monotonic()
    total = plan.size
    tasks = reconcile(plan, store.run_ids, store.trajectory_ids)
    missing = _size(tasks)
    progress.start(total=total, cached=total - missing)
    failures: dict[str, Failure] = {}
    left = missing
    while left:
        # More workers than replicates would have nothing to do.
        workers = min(worker_count(jobs), sum(len(task.replicates) for task in tasks))
        way = executor or (InProcess(run) if workers == 1 else Pool(run, workers))
        failures |= _work_off(way, Backlog(plan, tasks, workers), store, progress)
        done = store.run_ids.held(as_names(failures)).tolist()
        failures = dict(itertools.compress(failures.items(), np.logical_not(done)))
        # What a way of running says about its work does not count; what can be read does.
        tasks = reconcile(plan, store.run_ids, store.trajectory_ids)
        before, left = left, _unexplained(plan, tasks, failures)
        if left >= before:
            raise ExperimentError(_NOTHING_CAME.format(left))
    store.compact()
    given_up = tuple(failures.values())
    return Execution(missing - len(given_up), total - missing, given_up, time.monotonic() - started)


def _size(tasks: Sequence[Task]) -> int:
    return sum(task.size for task in tasks)


def _unexplained(plan: Plan, tasks: Sequence[Task], failures: Mapping[str, Failure]) -> int:
    """Number of runs of these tasks that are not known to have failed."""
    names = {
        plan.points[task.point].run_id(regime, replicate)
        for task in tasks
        for regime in task.regimes
        for replicate in task.replicates
    }
    return len(names - failures.keys())


_NOTHING_CAME = (
    "{} runs ended without a result and without an error. What is done is kept; the same command "
    "goes on. If it happens again, please report it."
)


def worker_count(jobs: int) -> int:
    """Number of workers that ``jobs`` asks for; 0 means one per usable processor."""
    if jobs < 0:
        raise ConfigError(f"jobs = {jobs} is below 0. Write 0 for all processors, or a number.")
    if jobs > 0:
        return jobs
    if hasattr(os, "sched_getaffinity"):  # fewer than the machine has, in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Keeper:
    """Stores finished batches, short ones together, so that a file is not for a few runs."""

    def __init__(self, store: Store, progress: Progress, backlog: Backlog) -> None:
        self.failures: dict[str, Failure] = {}
        self._store, self._progress, self._backlog = store, progress, backlog
        self._runs: list[Run] = []
        self._failed: list[Failure] = []
        self._retried = 0
        self._written = 0.0

    def take(self, batch: Batch) -> None:
        """Store a batch, at once unless something was stored a moment ago and there is little."""
        self._runs += batch.runs
        self._failed += batch.failures
        waited = time.monotonic() - self._written
        if waited >= WRITE_SECONDS or len(self._runs) + len(self._failed) >= WRITE_RUNS:
            self.write()

    def write(self) -> None:
        """Store what has been taken; only then it counts as done."""
        runs, failed = self._runs, self._failed
        self._runs, self._failed = [], []
        self._store.append(runs, failed)
        self._written = time.monotonic()
        self.failures |= {row.run_id: row for row in failed}
        retried, self._retried = self._backlog.retried - self._retried, self._backlog.retried
        if runs or failed or retried:
            self._progress.advance(done=len(runs), failed=len(failed), retried=retried)


def _work_off(
    executor: Executor, backlog: Backlog, store: Store, progress: Progress
) -> dict[str, Failure]:
    """Store what the executor yields; on Ctrl-C also what it has finished by then."""
    keeper = _Keeper(store, progress, backlog)
    try:
        for batch in executor.results(backlog):
            keeper.take(batch)
    except KeyboardInterrupt:
        for batch in executor.drain():
            keeper.take(batch)
        raise
    finally:
        try:
            keeper.write()
        finally:
            executor.close()
    return keeper.failures


def executor_of(
    name: str, scheduler: str, store: Store, run: Engine | None = None
) -> Executor | None:
    """The way of running that the settings ``executor`` and ``scheduler`` ask for.

    Returns
    -------
    None for this machine: how many processes make sense is known when the work is.
    """
    if name == LOCAL:
        return None
    from experiments.running.dask_cluster import DaskCluster

    return DaskCluster(scheduler, store.folder, run)


class InProcess:
    """Runs batches one after another in this process; easiest to debug and to profile."""

    def __init__(self, run: Engine | None) -> None:
        self._run = engine_or_default(run)

    def results(self, backlog: Backlog) -> Iterator[Batch]:
        """See :class:`Executor`."""
        compiled = False
        while backlog:
            batch = run_job(self._run, backlog.next_job())
            if compiled:  # the time of the first batch is that of the compiler
                backlog.learn(batch)
            compiled = True
            yield batch

    def drain(self) -> Iterator[Batch]:
        """Nothing finishes unseen here."""
        return iter(())

    def close(self) -> None:
        """Nothing to stop."""
