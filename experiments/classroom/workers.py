"""Worker processes behind one event loop: what somebody waits for goes before what runs behind.

Each worker has a pipe of its own; one that dies is replaced and its task done once more. Work in
the background never takes all workers, so that a slider is answered at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import multiprocessing
import os
import signal
import traceback
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

from agents.settings import ConfigError
from experiments.classroom.tasks import Task, do

URGENT, BEHIND = 0, 1
MOST_WAITING = 400  # tasks; more means that something asks without end
ATTEMPTS = 2  # of a task whose worker dies
READY = "ready"
# columns of a run go back to the system when freed; otherwise glibc raises the threshold and keeps them
RETURN_MEMORY = ("MALLOC_MMAP_THRESHOLD_", "262144")


class BusyError(RuntimeError):
    """Too much is waiting already."""


class WorkerError(RuntimeError):
    """A worker failed at a task; the message has its last words."""


class Workers:
    """A few processes that do tasks; made, used and closed inside one event loop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._context = multiprocessing.get_context("spawn")  # the same on every system
        self._order = itertools.count()
        self._waiting: asyncio.PriorityQueue[tuple[int, int, Task, asyncio.Future[Any]]]
        self._behind: asyncio.Semaphore
        self._threads = ThreadPoolExecutor(count, "classroom-pipe")
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start the processes and wait until all are warm."""
        os.environ.setdefault(*RETURN_MEMORY)  # before they start; only glibc reads it
        self._waiting = asyncio.PriorityQueue()
        self._behind = asyncio.Semaphore(max(1, self._count - 1))
        started = [asyncio.Event() for _ in range(self._count)]
        self._loops = [asyncio.create_task(self._serve(event)) for event in started]
        for event in started:
            await event.wait()

    async def close(self) -> None:
        """End the processes."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def do(self, task: Task, *, behind: bool = False) -> Any:
        """The answer to a task.

        Parameters
        ----------
        behind: work in the background, which waits for those who wait in front of a page.

        Raises
        ------
        ConfigError: the choices contradict each other.
        BusyError: too many tasks wait.
        WorkerError: the worker failed or died.
        """
        if self._waiting.qsize() >= MOST_WAITING:
            raise BusyError
        if not behind:
            return await self._asked(task, URGENT)
        async with self._behind:
            return await self._asked(task, BEHIND)

    async def _asked(self, task: Task, rank: int) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((rank, next(self._order), task, answer))
        return await answer

    async def _serve(self, started: asyncio.Event) -> None:
        """One worker's turn after turn; whoever has given up waiting is passed over."""
        worker = await self._started()
        started.set()
        try:
            while True:
                _, _, task, answer = await self._waiting.get()
                for attempt in range(ATTEMPTS):
                    if answer.cancelled():
                        break
                    try:
                        _settle(answer, await worker.ask(task))
                        break
                    except (EOFError, OSError):
                        worker.end()
                        worker = await self._started()
                        if attempt == ATTEMPTS - 1:
                            _settle(answer, WorkerError("the worker process ended"))
        finally:
            worker.end()

    async def _started(self) -> _Worker:
        worker = _Worker(self._context, self._threads)
        await worker.receive()
        return worker


def _settle(answer: asyncio.Future[Any], outcome: Any) -> None:
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


class _Worker:
    """A process and its pipe."""

    def __init__(self, context: Any, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._pipe, there = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(there,), daemon=True)
        self.process.start()
        there.close()  # so that the pipe ends when the worker does

    async def ask(self, task: Task) -> Any:
        """Send a task and wait; a failure comes back as an exception object."""
        self._pipe.send(task)
        return await self.receive()

    async def receive(self) -> Any:
        """What the worker says next."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._pipe.recv)

    def end(self) -> None:
        """Kill it: it holds nothing that is not in the addresses of pages."""
        self.process.kill()
        self.process.join(5.0)
        self._pipe.close()


def _work(pipe: connection.Connection) -> None:
    """A worker: warm up, then do tasks until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    _warm()
    gc.collect()
    gc.freeze()  # what stays is looked at no more: agents of the inspector refer to each other and go at once
    with contextlib.suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(_done(pipe.recv()))


def _warm() -> None:
    """One of everything, so that the first student waits no longer than the others."""
    from experiments.classroom.choices import read_choices
    from experiments.classroom.menu import menu
    from experiments.words import Words

    words = Words("en")
    chosen = read_choices([], menu(), words)
    do(Task("picture", chosen))
    found = do(Task("pairs", chosen, ((0, 1),)))
    do(Task("verdict", chosen, (found, "en")))


def _done(task: Task) -> Any:
    try:
        return do(task)
    except ConfigError as error:
        return error
    except Exception:  # whatever goes wrong is told to whoever asked, and the worker lives on
        return WorkerError(traceback.format_exc(limit=-3))
