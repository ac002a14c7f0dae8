"""A Dask cluster of processes of this machine, made to be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = "127.0.0.1"  # nobody outside of this machine is listened to
SECONDS_TO_START = 60.0


def environment() -> Mapping[str, str]:
    """For processes that find this program where we found it."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process is: the address at which it listens, and what starts others there."""

    address: str = HERE
    prefix: tuple[str, ...] = ()


def python(
    module: str,
    arguments: Sequence[str],
    log: Path,
    prefix: Sequence[str] = (),
    *,
    listen: bool = False,
) -> subprocess.Popen[str]:
    """Start ``python -m module arguments``; it ends when we do, and writes to the end of a file.

    Parameters
    ----------
    prefix: a command that becomes the one it is given, such as ``ip netns exec NAME``.
    listen: what it prints is for us, and not for the file.
    """
    tether = "experiments.verification.tethered"
    words = [*prefix, sys.executable, "-m", tether, module, *arguments]
    with log.open("a", encoding="utf-8") as file:
        return subprocess.Popen(
            words, env=environment(), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if listen else file, stderr=file,
        )  # fmt: skip


class Machines:
    """A scheduler and workers as processes of their own; use it as a context manager.

    Attributes
    ----------
    address: of the scheduler.
    """

    def __init__(
        self, workers: int, folder: Path, scheduler: Place = Place(), others: Place = Place()
    ) -> None:
        """So many workers, which write their logs to a folder; nothing is started yet.

        Parameters
        ----------
        scheduler, others: where the scheduler is, and where the workers are.
        """
        self._folder = folder
        self._at, self._workers_at = scheduler, others
        self._count = workers
        self._port = 0
        self._workers: list[subprocess.Popen[str]] = []
        self._scheduler: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.start_scheduler()
            for _ in range(self._count):
                self.start_worker()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return f"tcp://{self._at.address}:{self._port}"

    def start_scheduler(self) -> None:
        """Start a scheduler, at the same port as the one before."""
        told = self._folder / "scheduler.json"
        told.unlink(missing_ok=True)
        words = ("--no-dashboard", "--host", self._at.address, "--port", str(self._port))
        self._scheduler = python(
            "distributed.cli.dask_scheduler",
            [*words, "--scheduler-file", str(told)],
            self._folder / "scheduler.log",
            self._at.prefix,
        )
        deadline = time.monotonic() + SECONDS_TO_START
        while not (told.exists() and told.read_text(encoding="utf-8").endswith("}")):
            if self._scheduler.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "scheduler.log").read_text(encoding="utf-8"))
            time.sleep(0.02)
        address = json.loads(told.read_text(encoding="utf-8"))["address"]
        self._port = int(address.rpartition(":")[2])

    def start_worker(self) -> None:
        """Start one more worker; it finds the scheduler when it is ready."""
        host = self._workers_at.address
        words = ("--no-dashboard", "--no-nanny", "--nthreads", "1", "--host", host)
        self._workers.append(
            python(
                "distributed.cli.dask_worker",
                [self.address, *words, "--local-directory", str(self._folder)],
                self._folder / "workers.log",
                self._workers_at.prefix,
            )
        )

    def kill_worker(self) -> None:
        """Kill the worker that is longest there, as ``kill -9`` does, and start another."""
        kill(self._workers.pop(0))
        self.start_worker()

    def alive(self) -> int:
        """Number of processes that have not ended."""
        return sum(
            one is not None and one.poll() is None for one in (self._scheduler, *self._workers)
        )

    def replace_the_dead(self) -> None:
        """Start a new worker for each one that has ended."""
        for worker in list(self._workers):
            if worker.poll() is not None:
                self._workers.remove(worker)
                self.start_worker()

    def kill_scheduler(self) -> None:
        """Kill the scheduler; its workers end by themselves or are killed too."""
        assert self._scheduler is not None
        kill(self._scheduler)
        for worker in self._workers:
            kill(worker)
        self._workers.clear()

    def restart(self) -> None:
        """After :meth:`kill_scheduler`: a scheduler at the same address, and new workers."""
        self.start_scheduler()
        while len(self._workers) < self._count:
            self.start_worker()

    def _stop(self) -> None:
        for process in (*self._workers, self._scheduler):
            if process is not None:
                kill(process)
        self._workers.clear()


def kill(process: subprocess.Popen[str]) -> None:
    """End a process as ``kill -9`` does."""
    process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
