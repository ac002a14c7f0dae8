"""Does the work of a plan on the processors of this machine, and loses none of it.

The loop is the same for every way of running: ask the store what is missing, hand out batches,
write each finished batch, look at the store again. *How* batches are run is an
:class:`Executor`: in this process, in a pool of processes, or elsewhere.

The pool is our own. Each worker has a pipe of its own, so that the death of a worker is seen as
the end of its pipe and blames exactly the batch it was working on; the pools of the standard
library declare everything in flight lost when one process is killed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

import numpy as np

from agents.settings import ConfigError
from experiments.plan import Plan, Point, Task, reconcile
from experiments.progress import Progress
from experiments.store import (
    OUTCOME_NAMES,
    TRAJECTORY_NAMES,
    ExperimentError,
    Failure,
    Run,
    Store,
)
from simulation.outcomes import RunResult
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World

Engine = Callable[..., list[RunResult]]  # the signature of simulation.runner.run_replicate

BATCH_SECONDS = 2.0  # long against sending and writing a batch, short against losing one
MAX_ATTEMPTS = 3  # worker processes that may die on a run before it is given up
MAX_FAILED_STARTS = 3  # workers in a row that end before their first batch
READY = "ready"


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A task with all that a worker needs to do it; the same for any kind of executor."""

    task: Task
    variant: str
    world: World
    population: Population
    reference: Regime
    regimes: tuple[Regime, ...]
    seed: int
    run_ids: tuple[tuple[str, ...], ...]  # by replicate and regime of the task
    trajectories: bool


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What came of a job; ``seconds`` is how long it took."""

    task: Task
    runs: list[Run]
    failures: list[Failure]
    seconds: float


@dataclass(frozen=True, slots=True)
class Execution:
    """What a session did: runs done now and found at the start, runs that failed, and time."""

    done: int
    cached: int
    failures: tuple[Failure, ...]
    seconds: float


class Executor(Protocol):
    """A way of running the batches of a backlog."""

    def results(self, backlog: Backlog) -> Iterator[Batch]:
        """Yield finished batches, in any order, until the backlog is done."""

    def drain(self) -> Iterator[Batch]:
        """Yield batches that have finished but were not handed over; called after Ctrl-C."""

    def close(self) -> None:
        """Stop everything at once."""


class Backlog:
    """Tasks not yet begun, cut into batches whose length follows the measured speed."""

    def __init__(self, plan: Plan, tasks: Sequence[Task], workers: int) -> None:
        self._plan = plan
        self._tasks = deque(tasks)
        self._workers = workers
        self._seconds_per_run: float | None = None
        self._left = sum(task.size for task in tasks)
        self.retried = 0

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def next_job(self) -> Job:
        """The next batch; a single replicate as long as the speed is unknown."""
        task = self._tasks.popleft()
        head, rest = task.first(self._replicates_per_batch(len(task.regimes)))
        if rest is not None:
            self._tasks.appendleft(rest)
        self._left -= head.size
        return _job(self._plan.points[head.point], head)

    def _replicates_per_batch(self, regimes: int) -> int:
        if self._seconds_per_run is None:
            return 1
        by_time = BATCH_SECONDS / self._seconds_per_run
        by_share = self._left / (2 * self._workers)  # so that all workers end at about one time
        return max(1, int(min(by_time, by_share) / regimes))

    def learn(self, batch: Batch) -> None:
        """Take the time of a batch into account, recent ones more."""
        seconds = max(batch.seconds / batch.task.size, 1e-6)
        known = self._seconds_per_run
        self._seconds_per_run = seconds if known is None else 0.5 * (known + seconds)

    def put_back(self, task: Task) -> None:
        """Take back a task that was not begun."""
        self._tasks.appendleft(task)
        self._left += task.size

    def bury(self, task: Task) -> list[Failure]:
        """Take back a task whose worker died, in smaller parts; give a run up after some deaths.

        Returns
        -------
        The runs that are given up.
        """
        task = replace(task, attempts=task.attempts + 1)
        if task.attempts >= MAX_ATTEMPTS and task.size == 1:
            text = f"the worker process died {task.attempts} times (killed, or out of memory)"
            job = _job(self._plan.points[task.point], task)
            return [_failure(job, 0, 0, text)]
        self._tasks.extend(task.parts())
        self._left += task.size
        self.retried += task.size
        return []


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
    wanted = plan.run_ids()
    tasks = reconcile(plan, store.run_ids, store.trajectory_ids)
    missing = sum(task.size for task in tasks)
    cached = len(wanted) - missing
    progress.start(total=len(wanted), cached=cached)
    failures: dict[str, Failure] = {}
    if tasks:
        # More workers than replicates would have nothing to do.
        workers = min(worker_count(jobs), sum(len(task.replicates) for task in tasks))
        backlog = Backlog(plan, tasks, workers)
        executor = executor or (InProcess(run) if workers == 1 else Pool(run, workers))
        failures = _work_off(executor, backlog, store, progress)
    given_up = tuple(row for name, row in failures.items() if name not in store.run_ids)
    return Execution(missing - len(given_up), cached, given_up, time.monotonic() - started)


def worker_count(jobs: int) -> int:
    """Number of workers that ``jobs`` asks for; 0 means one per usable processor."""
    if jobs < 0:
        raise ConfigError(f"jobs = {jobs} is below 0. Write 0 for all processors, or a number.")
    if jobs > 0:
        return jobs
    if hasattr(os, "sched_getaffinity"):  # fewer than the machine has, in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_job(run: Engine, job: Job) -> Batch:
    """Do a job. An error in a run is a failure of that run and of no other."""
    started = time.perf_counter()
    runs: list[Run] = []
    failures: list[Failure] = []
    for row in range(len(job.task.replicates)):
        for done in _run_row(run, job, row):
            if isinstance(done, Run):
                runs.append(done)
            else:
                failures.append(done)
    return Batch(job.task, runs, failures, time.perf_counter() - started)


def _work_off(
    executor: Executor, backlog: Backlog, store: Store, progress: Progress
) -> dict[str, Failure]:
    """Write every batch the executor yields; on Ctrl-C also those it has finished by then."""
    failures: dict[str, Failure] = {}
    retried = 0

    def keep(batch: Batch) -> None:
        nonlocal retried
        store.append(batch.runs, batch.failures)
        failures.update({row.run_id: row for row in batch.failures})
        progress.advance(
            done=len(batch.runs), failed=len(batch.failures), retried=backlog.retried - retried
        )
        retried = backlog.retried

    try:
        for batch in executor.results(backlog):
            keep(batch)
    except KeyboardInterrupt:
        for batch in executor.drain():
            keep(batch)
        raise
    finally:
        executor.close()
    return failures


def _job(point: Point, task: Task) -> Job:
    return Job(
        task=task,
        variant=point.variant,
        world=point.world,
        population=point.population,
        reference=point.reference,
        regimes=tuple(point.regimes[regime] for regime in task.regimes),
        seed=point.seed,
        run_ids=tuple(
            tuple(point.run_id(regime, replicate) for regime in task.regimes)
            for replicate in task.replicates
        ),
        trajectories=point.trajectories,
    )


def _run_row(run: Engine, job: Job, row: int) -> Iterator[Run | Failure]:
    """All regimes of one replicate; after an error each by itself, to find the one that fails."""
    try:
        yield from _call(run, job, row, range(len(job.regimes)))
        return
    except Exception as error:  # whatever the engine raises is a result to be recorded
        if len(job.regimes) == 1:
            yield _failure(job, row, 0, _trace(error))
            return
    for column in range(len(job.regimes)):
        try:
            yield from _call(run, job, row, [column])
        except Exception as error:
            yield _failure(job, row, column, _trace(error))


def _call(run: Engine, job: Job, row: int, columns: Sequence[int]) -> list[Run]:
    replicate = job.task.replicates[row]
    results = run(
        job.world,
        job.population,
        job.reference,
        tuple(job.regimes[column] for column in columns),
        seed=job.seed,
        replicate=replicate,
    )
    return [
        Run(
            run_id=job.run_ids[row][column],
            replicate=replicate,
            seed=job.seed,
            outcomes=np.array([result.outcomes[name] for name in OUTCOME_NAMES], np.float64),
            trajectories=_series(result) if job.trajectories else None,
            stages=result.stages.ravel(),
        )
        for column, result in zip(columns, results, strict=True)
    ]


def _series(result: RunResult) -> np.ndarray:
    return np.array([result.trajectories[name] for name in TRAJECTORY_NAMES], np.float32)


def _failure(job: Job, row: int, column: int, error: str) -> Failure:
    return Failure(
        run_id=job.run_ids[row][column],
        variant=job.variant,
        regime=job.regimes[column].name,
        replicate=job.task.replicates[row],
        seed=job.seed,
        error=error,
    )


def _trace(error: Exception) -> str:
    """The error and where it arose, without folders of this machine."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__
    ]
    where = " < ".join(
        f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in reversed(frames[-4:])
    )
    return f"{type(error).__name__}: {error}" + (f" ({where})" if where else "")


def _engine(run: Engine | None) -> Engine:
    """The given engine, or the product's; imported here because it is heavy."""
    if run is not None:
        return run
    from simulation.runner import run_replicate

    return run_replicate


class InProcess:
    """Runs batches one after another in this process; easiest to debug and to profile."""

    def __init__(self, run: Engine | None) -> None:
        self._run = _engine(run)

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


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: connection.Connection
    ready: bool = False
    task: Task | None = field(default=None)


class Pool:
    """Worker processes, each with a pipe; one that dies is replaced and its batch done again."""

    def __init__(self, run: Engine | None, workers: int) -> None:
        self._run = run
        self._context = multiprocessing.get_context("spawn")  # the same on every system
        self._failed_starts = 0
        self._warm = False
        self._workers = [self._start() for _ in range(workers)]

    def results(self, backlog: Backlog) -> Iterator[Batch]:
        """See :class:`Executor`."""
        while backlog or any(worker.task for worker in self._workers):
            self._hand_out(backlog)
            for worker in self._with_news(timeout=None):
                batch = self._receive(worker, backlog)
                if batch is not None:
                    yield batch

    def drain(self) -> Iterator[Batch]:
        """See :class:`Executor`."""
        for worker in self._with_news(timeout=0):
            with contextlib.suppress(EOFError, OSError):
                message = worker.pipe.recv()
                if isinstance(message, Batch):
                    yield message

    def close(self) -> None:
        """See :class:`Executor`."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(timeout=5.0)
            worker.process.kill()
            worker.pipe.close()

    def _start(self) -> _Worker:
        here, there = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(there, self._run), daemon=True)
        process.start()
        there.close()  # so that the pipe ends when the worker does
        return _Worker(process, here)

    def _hand_out(self, backlog: Backlog) -> None:
        """Give idle workers work; until the first result only one, which fills numba's cache."""
        for worker in self._workers:
            compiling = not self._warm and any(other.task for other in self._workers)
            if not backlog or compiling:
                return
            if worker.ready and worker.task is None:
                job = backlog.next_job()
                try:
                    worker.pipe.send(job)
                    worker.task = job.task
                except OSError:  # died while idle; its pipe says so at the next look
                    backlog.put_back(job.task)

    def _with_news(self, timeout: float | None) -> list[_Worker]:
        ready = connection.wait([worker.pipe for worker in self._workers], timeout)
        return [worker for worker in self._workers if worker.pipe in ready]

    def _receive(self, worker: _Worker, backlog: Backlog) -> Batch | None:
        try:
            message: Any = worker.pipe.recv()
        except (EOFError, OSError):
            return self._replace(worker, backlog)
        if not isinstance(message, Batch):
            worker.ready = True
            self._failed_starts = 0
            return None
        worker.task = None
        if self._warm:  # the time of the first batch is that of the compiler
            backlog.learn(message)
        self._warm = True
        return message

    def _replace(self, worker: _Worker, backlog: Backlog) -> Batch | None:
        """Put a new worker in the place of a dead one; report what is given up with it."""
        worker.process.join()
        worker.pipe.close()
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                raise ExperimentError(_NO_START)
        self._workers[self._workers.index(worker)] = self._start()
        if worker.task is None:
            return None
        failures = backlog.bury(worker.task)
        return Batch(worker.task, [], failures, 0.0)


_NO_START = (
    "Worker processes end before they begin. In a script, put the call under "
    "'if __name__ == \"__main__\":', because every worker reads the script again; or write "
    "jobs=1 to work without them."
)


def _serve(pipe: connection.Connection, run: Engine | None) -> None:
    """A worker: do jobs until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    engine = _engine(run)
    with contextlib.suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(run_job(engine, pipe.recv()))
