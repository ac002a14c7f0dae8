"""A driver that is made to be killed: runs a plan into a store, as a process of its own.

``python -m experiments.verification.driver ORDER``, the order in JSON. It writes ``begun`` and a
line feed on standard error when work begins.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import multiprocessing
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.running import DASK, LOCAL, backlog, dask_cluster
from experiments.running import executor as execution
from experiments.running.executor import execute, executor_of
from experiments.running.jobs import Engine
from experiments.running.plan import Plan
from experiments.running.progress import Progress
from experiments.running.store import ExperimentError, Store

BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Order:
    """What a driver is to do.

    Attributes
    ----------
    work: ``module:function`` that gives the plan and the engine, None for the model.
    words: what the function is given.
    scheduler: address; without it, processes of this machine.
    batch_seconds: how long batches are to be.
    patience: seconds to wait for a scheduler that is gone.
    kill_worker_at: number of runs done after which one process of the pool is killed; none below 0.
    delay: seconds between these runs and the kill, so that it also falls within a batch.
    """

    out: str
    work: str
    words: tuple[str, ...] = ()
    jobs: int = 1
    scheduler: str = ""
    batch_seconds: float = backlog.BATCH_SECONDS
    patience: float = dask_cluster.RECONNECT_SECONDS
    kill_worker_at: int = -1
    delay: float = 0.0

    def text(self) -> str:
        """In JSON, as a driver is given it."""
        return json.dumps(dataclasses.asdict(self))


class Announced(Progress):
    """Says when work begins, and then has a worker of the pool killed if that is ordered."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self._order = order
        self._killing = False

    def start(self, total: int, cached: int) -> None:
        """See :class:`experiments.running.progress.Progress`."""
        super().start(total, cached)
        print(BEGUN, file=sys.stderr, flush=True)

    def show(self) -> None:
        """Look whether it is time to kill; called at the beginning and after every batch."""
        if 0 <= self._order.kill_worker_at <= self.counts.done and not self._killing:
            self._killing = True
            threading.Thread(target=self._kill_a_worker, daemon=True).start()

    def _kill_a_worker(self) -> None:
        while not (children := multiprocessing.active_children()):
            time.sleep(0.001)  # the pool is not there yet
        time.sleep(self._order.delay)
        children[0].kill()


def work_of(order: Order) -> tuple[Plan, Engine | None]:
    """The plan and the engine that an order names."""
    module, _, function = order.work.partition(":")
    made: tuple[Plan, Engine | None] = getattr(importlib.import_module(module), function)(
        *order.words
    )
    return made


def drive(order: Order) -> int:
    """Do what is ordered; returns the exit code that the command line would give."""
    backlog.BATCH_SECONDS = order.batch_seconds
    execution.WRITE_SECONDS = min(execution.WRITE_SECONDS, order.batch_seconds)
    dask_cluster.RECONNECT_SECONDS = order.patience
    plan, engine = work_of(order)
    with Store(Path(order.out), {"work": order.work, "words": list(order.words)}) as store:
        way = DASK if order.scheduler else LOCAL
        executor = executor_of(way, order.scheduler, store, engine)
        try:
            execute(plan, store, order.jobs, Announced(order), run=engine, executor=executor)
        except ExperimentError as error:
            print(error, file=sys.stderr, flush=True)
            return 1
    return 0


def order_of(text: str) -> Order:
    """The order in this JSON."""
    values: dict[str, Any] = json.loads(text)
    return Order(**(values | {"words": tuple(values["words"])}))


if __name__ == "__main__":
    sys.exit(drive(order_of(sys.argv[1])))
