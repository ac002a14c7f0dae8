"""Runs batches on a Dask cluster: a scheduler and workers that somebody has started.

Dask hands batches to workers and notices who dies. What it does with the dead is not enough here:
it tries a batch again as a whole, on four workers by default, and then gives all of it up. So its
own news of deaths is listened to, the batch that was at work is taken back and goes into the
backlog in parts, as in the pool of this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import queue
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.compiled import is_compiled, source_hash, versions
from agents.settings import ConfigError
from experiments.running.backlog import Backlog
from experiments.running.jobs import Batch, Engine, engine_or_default, job_of, run_job
from experiments.running.plan import SCHEMA_VERSION, Point, Task
from experiments.running.store import ExperimentError

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 10.0  # a busy scheduler may take some; then it is said that nobody answers
RECONNECT_SECONDS = 60.0  # a scheduler that was lost may come back: a network that hiccups
NO_WORKERS_SECONDS = 600.0  # workers may have to be started, or to wait for a place in a queue
LOOK_SECONDS = 1.0  # between looks at the workers
FETCH_SECONDS = 5.0  # a result whose worker died meanwhile is computed anew by Dask
BATCHES_PER_WORKER = 2  # one at work and one at hand, so that no worker waits for the driver

Software = Mapping[str, str]


@dataclass(slots=True, eq=False)
class _Handed:
    """A batch that the cluster has."""

    task: Task
    future: Future


@dataclass(frozen=True, slots=True)
class _Death:
    """A worker that ended without saying so, and the keys it had."""

    keys: frozenset[str]


class OtherSoftwareError(Exception):
    """Raised on a worker whose code is not the driver's."""


# ---------------------------------------------------------------- on the workers


@functools.cache
def software() -> Software:
    """What must be equal on all machines, for results that do not depend on where they arose."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return {
        "model": source_hash(),
        "program": digest.hexdigest()[:16],
        "schema": str(SCHEMA_VERSION),
        "libraries": versions(),
    }


_ONE_AT_A_TIME = threading.Lock()  # should a worker have several threads


def run_batch(engine: Engine | None, point: Point, task: Task, expected: Software) -> Batch:
    """Do a task of a point on a worker.

    Raises
    ------
    OtherSoftwareError: this worker came later than the check and has other code.
    """
    if software() != expected:
        raise OtherSoftwareError
    with _ONE_AT_A_TIME:
        return run_job(engine_or_default(engine), job_of(point, task))


def hold(point: Point) -> Point:
    """Keep on the workers what all batches of a point need; Dask makes it anew when it is lost."""
    return point


def compile_model() -> None:
    """Fill this machine's cache of compiled code."""
    from simulation.warmup import warm_up

    warm_up()


# ---------------------------------------------------------------- in the driver


def store_name(folder: Path) -> str:
    """Names a store among all that may use one scheduler, 12 hex digits."""
    manifest = (folder / "manifest.json").read_bytes()
    return hashlib.sha256(str(folder.resolve()).encode() + manifest).hexdigest()[:12]


def on_standard_error(text: str) -> None:
    """Tell whoever waits."""
    print(text, file=sys.stderr, flush=True)


class DaskCluster:
    """Workers of a Dask cluster, of which any may die; and so may the scheduler.

    Keys of tasks are ``consortia-STORE-MODEL-SESSION-NUMBER``: two experiments on one scheduler
    never meet, and no result of other code or of an earlier session is ever taken for ours.
    """

    def __init__(
        self,
        address: str,
        store: Path,
        run: Engine | None = None,
        tell: Callable[[str], None] = on_standard_error,
    ) -> None:
        """A cluster by the address of its scheduler; nothing is connected yet.

        Parameters
        ----------
        store: folder of the store that the results go to.
        tell: what to do with words for whoever waits.
        """
        self._address = address
        self._store = store
        self._run = run
        self._tell = tell
        self._client: Client | None = None
        self._prefix = ""
        self._number = 0
        self._handed: dict[str, _Handed] = {}  # in the order of handing out
        self._points: dict[int, Future] = {}
        self._news: queue.SimpleQueue[Future | _Death] = queue.SimpleQueue()
        self._workers: frozenset[str] = frozenset()
        self._looked = 0.0
        self._alone_since: float | None = None  # when the last worker went
        self._to_skip = 0  # first results, whose time is that of loading the model

    def results(self, backlog: Backlog) -> Iterator[Batch]:
        """See :class:`experiments.running.executor.Executor`."""
        try:
            self._connect()
        except OSError as error:
            raise ConfigError(_NO_ANSWER.format(self._address, CONNECT_SECONDS)) from error
        while backlog or self._handed:
            batches: list[Batch] = []
            try:
                self._look_around(backlog)
                self._hand_out(backlog)
                batches = self._take(self._news.get(timeout=LOOK_SECONDS), backlog)
            except queue.Empty:
                pass
            except OSError:  # no connection in the middle of something
                self._find_scheduler_again(backlog)
            yield from batches

    def drain(self) -> Iterator[Batch]:
        """See :class:`experiments.running.executor.Executor`."""
        for handed in list(self._handed.values()):
            if handed.future.status == "finished":
                with contextlib.suppress(Exception):  # not there in time: it is done again
                    yield handed.future.result(timeout=FETCH_SECONDS)

    def close(self) -> None:
        """Cancel what is ours, and nothing else, and go."""
        client, self._client = self._client, None
        if client is None:
            return
        futures = [handed.future for handed in self._handed.values()]
        self._handed.clear()
        with contextlib.suppress(Exception):  # the scheduler may be gone
            if client.status == "running":
                client.cancel([*futures, *self._points.values()])
        self._points.clear()
        with contextlib.suppress(Exception):
            client.close(timeout=CONNECT_SECONDS)

    # ------------------------------------------------------------ connecting

    def _connect(self) -> None:
        """Find the scheduler and workers with our code.

        Raises
        ------
        OSError: nobody answers at the address.
        ConfigError: other code there, or no Dask here.
        ExperimentError: no workers for a long time.
        """
        client = self._client = _client(self._address)
        self._prefix = "-".join(
            ("consortia", store_name(self._store), source_hash(), uuid.uuid4().hex[:12])
        )
        self._look_at_workers()
        while not self._workers:
            time.sleep(LOOK_SECONDS / 4)
            self._look_at_workers()
        self._refuse_other_software()
        client.subscribe_topic("all", self._listen)
        self._to_skip = len(self._workers)
        if self._run is None:
            self._compile()

    def _compile(self) -> None:
        """Compile the model once on every machine, and not in all its workers at once."""
        assert self._client is not None
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        machines = {worker["host"]: address for address, worker in workers.items()}
        ready = self._client.run(is_compiled, workers=list(machines.values()), on_error="return")
        machines = {host: one for host, one in machines.items() if ready.get(one) is not True}
        if machines:
            self._tell(_COMPILING.format(len(machines)))
        futures = [
            self._client.submit(
                compile_model, key=self._next_key(), workers=[address], allow_other_workers=True
            )
            for address in machines.values()
        ]
        try:
            self._client.gather(futures)
        except CancelledError as error:
            raise ConnectionError from error

    def _refuse_other_software(self) -> None:
        assert self._client is not None
        try:  # the scheduler unpacks tasks, so it needs the program too
            scheduler = self._client.run_on_scheduler(software)
        except (ImportError, AttributeError) as error:
            scheduler = error
        _refuse_differences({"the scheduler": scheduler})
        _refuse_differences(self._client.run(software, on_error="return"))

    def _listen(self, event: tuple[float, Any]) -> None:
        """Dask's news, heard in a thread of its own."""
        _, message = event
        if isinstance(message, Mapping) and message.get("action") == "remove-worker":
            expected = message.get("expected", False)
            self._news.put(_Death(frozenset(() if expected else message["processing-tasks"])))

    def _look_around(self, backlog: Backlog) -> None:
        """See from time to time whether scheduler and workers are there."""
        assert self._client is not None
        if self._client.status != "running":
            self._find_scheduler_again(backlog)
        elif time.monotonic() - self._looked > LOOK_SECONDS:
            self._look_at_workers()
        backlog.workers = max(1, len(self._workers))

    def _look_at_workers(self) -> None:
        assert self._client is not None
        self._workers = frozenset(self._client.nthreads())
        self._looked = time.monotonic()
        if self._workers:
            self._alone_since = None
            return
        if self._alone_since is None:
            self._alone_since = self._looked
            self._tell(_WAITING.format(self._address, NO_WORKERS_SECONDS / 60))
        if self._looked - self._alone_since > NO_WORKERS_SECONDS:
            raise ExperimentError(_NO_WORKERS.format(self._address, NO_WORKERS_SECONDS / 60))

    def _find_scheduler_again(self, backlog: Backlog) -> None:
        """Take everything back and wait for a scheduler at the same address."""
        for handed in reversed(self._handed.values()):
            backlog.put_back(handed.task)
        self.close()
        self._tell(_LOST.format(self._address, RECONNECT_SECONDS))
        deadline = time.monotonic() + RECONNECT_SECONDS
        while self._client is None:
            try:
                self._connect()
            except OSError as error:
                self.close()
                if time.monotonic() > deadline:
                    raise ExperimentError(_GONE.format(self._address, RECONNECT_SECONDS)) from error
                time.sleep(LOOK_SECONDS)
        self._tell("The scheduler is back; going on.")

    # ------------------------------------------------------------ batches

    def _hand_out(self, backlog: Backlog) -> None:
        """Keep every worker busy and no more: what waits here takes no memory there."""
        while backlog and len(self._handed) < BATCHES_PER_WORKER * max(1, len(self._workers)):
            task = backlog.next_task()
            key = self._next_key()
            try:
                future = self._submit(
                    key, run_batch, self._run, self._point(backlog, task.point), task, software()
                )
            except BaseException:
                backlog.put_back(task)
                raise
            self._handed[key] = _Handed(task, future)
            future.add_done_callback(self._news.put)

    def _submit(self, key: str, function: Callable[..., Any], *arguments: Any) -> Future:
        assert self._client is not None
        if self._client.status != "running":
            raise ConnectionError
        return self._client.submit(function, *arguments, key=key)

    def _point(self, backlog: Backlog, index: int) -> Future:
        """What all batches of a point need, sent once; let go when other points are at work."""
        in_use = {index, *(handed.task.point for handed in self._handed.values())}
        self._points = {number: one for number, one in self._points.items() if number in in_use}
        if index not in self._points:
            self._points[index] = self._submit(self._next_key(), hold, backlog.point(index))
        return self._points[index]

    def _next_key(self) -> str:
        self._number += 1
        return f"{self._prefix}-{self._number}"

    def _take(self, news: Future | _Death, backlog: Backlog) -> list[Batch]:
        """Whatever happened, as batches."""
        if isinstance(news, _Death):
            # The batch handed out first was at work; others waited, and Dask moves them.
            ours = [key for key in self._handed if key in news.keys]
            return [self._bury(key, backlog) for key in ours[:1]]
        key = str(news.key)
        handed = self._handed.get(key)
        if handed is None or handed.future is not news:
            return []  # taken back meanwhile
        if news.status == "finished":
            return self._fetch(key, handed, backlog)
        if news.status == "error":
            return [self._after_error(key, handed, backlog)]
        if news.status == "cancelled":  # not by us: the scheduler is another or went away
            raise ConnectionError
        news.add_done_callback(self._news.put)  # its result died with a worker; Dask does it anew
        return []

    def _fetch(self, key: str, handed: _Handed, backlog: Backlog) -> list[Batch]:
        try:
            batch: Batch = handed.future.result(timeout=FETCH_SECONDS)
        except Exception:  # its worker died with it, or the scheduler; both are seen elsewhere
            self._news.put(handed.future)
            time.sleep(LOOK_SECONDS / 10)
            return []
        del self._handed[key]
        if self._to_skip > 0:
            self._to_skip -= 1
        else:
            backlog.learn(batch)
        return [batch]

    def _after_error(self, key: str, handed: _Handed, backlog: Backlog) -> Batch:
        """Dask gave a batch up, because workers died on it or could not read it."""
        from distributed import KilledWorker

        error = handed.future.exception(timeout=FETCH_SECONDS)
        if isinstance(error, KilledWorker):
            return self._bury(key, backlog)
        self._refuse_other_software()
        raise ExperimentError(
            f"The cluster could not do a batch: {type(error).__name__}: {error}. What is done is "
            f"kept. The logs of its workers may say more; the same command goes on."
        )

    def _bury(self, key: str, backlog: Backlog) -> Batch:
        """Take back a batch whose worker died; report what is given up with it."""
        handed = self._handed.pop(key)
        if self._client is not None and self._client.status == "running":
            self._client.cancel([handed.future])
        return Batch(handed.task, [], backlog.bury(handed.task), 0.0)


def _client(address: str) -> Client:
    """A connection to the scheduler.

    Raises
    ------
    OSError: nobody answers.
    """
    try:
        import distributed
    except ImportError as error:
        raise ConfigError(
            "executor=dask needs Dask, which is not installed. Write: python -m pip install "
            "'consortia[dask]' here and on every machine of the cluster, or write executor=local."
        ) from error
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # In a thread, since a notebook has a loop of its own.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_knock(address))).result()
    return distributed.Client(
        address, timeout=CONNECT_SECONDS, set_as_default=False, name="consortia"
    )


async def _knock(address: str) -> None:
    """See whether a Dask scheduler answers; a client that finds none leaves a trail of errors.

    Raises
    ------
    OSError: nobody answers, or something that does not speak Dask's language.
    """
    from distributed import Security
    from distributed.comm.core import connect

    security = Security().get_connection_args("client")
    try:
        comm = await connect(address, timeout=CONNECT_SECONDS, **security)
        await comm.close()
    except Exception as error:  # a web server's greeting was read as a length: MemoryError
        raise ConnectionError(str(error)) from error


def _refuse_differences(found: Mapping[str, Any]) -> None:
    """Refuse machines whose code is not ours.

    Parameters
    ----------
    found: software, or the error that came instead of it, by address.
    """
    here = software()
    others = {
        place: there
        for place, there in found.items()
        if there != here and not isinstance(there, OSError)  # it left while it was asked
    }
    if not others:
        return
    place, there = next(iter(others.items()))
    if isinstance(there, Exception):
        what = "has not this program, or an older one"
    else:
        name = next(name for name in here if there.get(name) != here[name])
        what = f"has another version of the {_NAMES[name]} ({there.get(name)}; here {here[name]})"
    more = f", and {len(others) - 1} more differ" if len(others) > 1 else ""
    raise ConfigError(
        f"{place} {what}{more}. Results would not be comparable, so none was taken. Install the "
        f"same version there as here and start its workers again, or stop it. What is done is "
        f"kept; the same command goes on."
    )


# What they report we say in our own words, or it is no trouble.
_SILENT = ("asyncio", *(f"distributed.{name}" for name in ("batched", "client", "comm", "core")))
_NAMES = {
    "model": "model",
    "program": "program",
    "schema": "stored columns",
    "libraries": "libraries",
}
_NO_ANSWER = (
    "scheduler = {}: no Dask scheduler answers there within {:.0f} s. Start one with 'dask scheduler' "
    "and write the address it prints, such as scheduler=tcp://192.168.1.10:8786; or write "
    "executor=local."
)
_COMPILING = (
    "First start on {} of the machines: compiling the model, which takes about half a minute; later "
    "starts do not."
)
_WAITING = "The scheduler {} has no workers; waiting for them, at most {:.0f} minutes."
_NO_WORKERS = (
    "The scheduler {} has had no workers for {:.0f} minutes. What is done is kept. Start workers "
    "with 'dask worker ADDRESS --nthreads 1', then the same command: it goes on where it stopped."
)
_LOST = (
    "The connection to the scheduler {} is lost; waiting at most {:.0f} s for it to come back. "
    "What is done is kept."
)
_GONE = (
    "The scheduler {} has been gone for {:.0f} s. What is done is kept. Start it and its workers "
    "again, then the same command: it goes on where it stopped."
)
