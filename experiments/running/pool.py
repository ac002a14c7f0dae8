"""Worker processes of this machine, of which any may die.

Each worker has a pipe of its own, so that the death of a worker is seen as the end of its pipe and
blames exactly the batch it was working on; the pools of the standard library declare everything in
flight lost when one process is killed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

from agents.compiled import is_compiled
from experiments.running.backlog import Backlog
from experiments.running.jobs import Batch, Engine, engine_or_default, run_job
from experiments.running.plan import Task
from experiments.running.store import ExperimentError

MAX_FAILED_STARTS = 3  # workers in a row that end before their first batch
READY = "ready"


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: connection.Connection
    ready: bool = False
    warm: bool = False  # has done a batch, and loaded what it needs for the next
    task: Task | None = field(default=None)


class Pool:
    """Worker processes, each with a pipe; one that dies is replaced and its batch done again."""

    def __init__(self, run: Engine | None, workers: int) -> None:
        self._run = run
        self._context = multiprocessing.get_context("spawn")  # the same on every system
        self._failed_starts = 0
        self._cache_is_full = is_compiled()
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
        """Give idle workers work; only one as long as it fills the cache of compiled code."""
        for worker in self._workers:
            compiling = not self._cache_is_full and any(other.task for other in self._workers)
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
        if worker.warm:  # the time of its first batch is that of loading or compiling
            backlog.learn(message)
        worker.warm = self._cache_is_full = True
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
    engine = engine_or_default(run)
    with contextlib.suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(run_job(engine, pipe.recv()))
