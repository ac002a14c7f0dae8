"""Worker processes: one that is killed is replaced, errors come back, and waiting has a limit."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agents.settings import ConfigError
from experiments.classroom import workers as module
from experiments.classroom.choices import Choices
from experiments.classroom.tasks import Task
from experiments.classroom.workers import BusyError, WorkerError, Workers

CHOSEN = Choices("race", "laissez_faire", "solved", 7)
PAIRS = Task("pairs", CHOSEN, ((0,),))


def within(work: Callable[[Workers], Awaitable[Any]], count: int = 1) -> Any:
    """Do something with workers inside one event loop."""

    async def run() -> Any:
        workers = Workers(count)
        await workers.start()
        try:
            return await work(workers)
        finally:
            await workers.close()

    return asyncio.run(run())


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_worker_is_replaced_and_the_answer_is_the_same() -> None:
    async def work(workers: Workers) -> tuple[Any, Any]:
        before = await workers.do(PAIRS)
        (child,) = multiprocessing.active_children()
        os.kill(child.pid or 0, signal.SIGKILL)
        return before, await workers.do(PAIRS)

    before, after = within(work)
    assert before == after


def test_a_contradiction_is_a_config_error_and_the_worker_lives_on() -> None:
    async def work(workers: Workers) -> Any:
        same = Choices("race", "unchanged", "solved", 7)
        with pytest.raises(ConfigError, match="same levers"):
            await workers.do(Task("mixes", same))
        with pytest.raises(WorkerError, match="KeyError"):
            await workers.do(Task("nothing", CHOSEN))
        return await workers.do(PAIRS)

    assert within(work)["solved"]


def test_too_much_waiting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)

    async def work(workers: Workers) -> int:
        asked = [asyncio.ensure_future(workers.do(PAIRS)) for _ in range(12)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        return sum(isinstance(one, BusyError) for one in done)

    assert within(work) > 0


def test_what_is_waited_for_goes_first() -> None:
    async def work(workers: Workers) -> list[str]:
        order: list[str] = []

        async def ask(name: str, behind: bool) -> None:
            await workers.do(PAIRS, behind=behind)
            order.append(name)

        behind = [asyncio.ensure_future(ask("behind", True)) for _ in range(8)]
        await asyncio.sleep(0)
        await asyncio.gather(ask("urgent", False), *behind)
        return order

    assert within(work).index("urgent") <= 2
