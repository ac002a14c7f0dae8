"""Kills whatever takes part in an experiment, and looks whether anything was lost.

Promised is: exactly the planned runs, none lost, none twice, and the same values to the last bit
as those of an undisturbed run without other processes, whatever was killed and when.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.running.plan import Plan
from experiments.running.store import ExperimentError
from experiments.verification.checks import Row
from experiments.verification.driver import BEGUN, Order, work_of
from experiments.verification.machines import Machines, kill, python
from experiments.words import Words

MODEL = "experiments.verification.kills:model_work"
WORKERS = 2
GOLDEN = 0.6180339887498949  # its multiples fall evenly, in an order without a pattern
KILLED_ON_DASK = ("dask_worker", "dask_driver", "dask_scheduler")
VICTIMS = ("pool_worker", "pool_driver", *KILLED_ON_DASK)
KILLS, QUICK_KILLS = 50, len(VICTIMS)
REPLICATES, QUICK_REPLICATES = 200, 100
BATCH_SECONDS = 0.05  # so that many batches can be hit
SECONDS_TO_END = 600.0


def model_work(replicates: str) -> tuple[Plan, None]:
    """Two regimes on the population of the classroom, with the model itself."""
    from experiments.compare import comparison_plan
    from experiments.configuration import load_setup

    regimes = "regimes=open_challenge,race"
    words = ["population=classroom", regimes, "robustness=none", f"replicates={replicates}"]
    return comparison_plan(load_setup("compare", words)), None


# ---------------------------------------------------------------- looking at a store


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a store, held against its plan.

    Attributes
    ----------
    values: hash of all values by run, whatever the order in which they were stored.
    """

    runs: int
    lost: int
    doubled: int
    values: str


def look(out: Path, plan: Plan) -> Found:
    """Read the files of a store as any other program would."""
    runs = _read(out, "runs")
    names = Counter(runs.column("run_id").to_pylist() if runs.num_columns else ())
    planned = {cell.run_id for cell in plan.cells()}
    return Found(
        runs=len(names),
        lost=len(planned - names.keys()),
        doubled=names.total() - len(names.keys() & planned),
        values=_hash(runs, _read(out, "trajectories")),
    )


def _read(out: Path, name: str) -> pa.Table:
    while True:
        files = sorted((out / "store" / name).glob("*.parquet"))
        try:
            tables = [pq.read_table(path) for path in files]
        except FileNotFoundError:  # merged into another meanwhile
            continue
        return pa.concat_tables(tables) if tables else pa.table({})


def _hash(runs: pa.Table, trajectories: pa.Table) -> str:
    """Of all bytes, by run; a driver killed between two files leaves trajectories twice."""
    digest = hashlib.sha256()
    for table in (_sorted(runs), _once(_sorted(trajectories))):
        for name in table.column_names:
            digest.update(_bytes(table.column(name)))
    return digest.hexdigest()


def _sorted(table: pa.Table) -> pa.Table:
    keys = [name for name in ("run_id", "quarter") if name in table.column_names]
    return table.sort_by([(name, "ascending") for name in keys]) if keys else table


def _once(table: pa.Table) -> pa.Table:
    """Without rows that are equal in every bit to the row before."""
    same = np.ones(max(table.num_rows - 1, 0), bool)
    for name in table.column_names:
        values = table.column(name).to_numpy()
        if values.dtype.kind == "f":
            values = values.view(f"u{values.itemsize}")
        same &= values[1:] == values[:-1]
    return table.take(pa.array(np.flatnonzero(np.r_[True, ~same]))) if table.num_rows else table


def _bytes(column: pa.ChunkedArray) -> bytes:
    if pa.types.is_floating(column.type):  # -0.0 and each not-a-number have bytes of their own
        return column.to_numpy().tobytes()  # type: ignore[no-any-return]
    return repr(column.to_pylist()).encode()


# ---------------------------------------------------------------- drivers


class Driver:
    """A driver's process; use it as a context manager, which leaves no process behind."""

    def __init__(self, order: Order) -> None:
        self._log = Path(f"{order.out}.log")
        self._log.unlink(missing_ok=True)
        self.process = python("experiments.verification.driver", [order.text()], self._log)

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        kill(self.process)

    def wait_until_begun(self) -> None:
        """Return when work begins."""
        deadline = time.monotonic() + SECONDS_TO_END
        while BEGUN not in self._log.read_text(encoding="utf-8").split():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise self.trouble()
            time.sleep(0.005)

    def code(self) -> int:
        """Wait for the end."""
        try:
            return self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.kill()
            return -1

    def trouble(self) -> ExperimentError:
        """Its last words as an error."""
        lines = self._log.read_text(encoding="utf-8").split("\n")
        return ExperimentError("A driver did not do its work. " + "\n".join(lines[-3:]).strip())


def undisturbed(order: Order) -> None:
    """Let a driver do its work."""
    with Driver(order) as driver:
        driver.wait_until_begun()
        if driver.code() != 0:
            raise driver.trouble()


@dataclass(frozen=True, slots=True)
class Trial:
    """What is killed and when.

    Attributes
    ----------
    moment: share of the runs that are stored by then, in [0, 1); by the clock, a busy machine
        would often have finished, or not begun.
    delay: seconds after that moment, so that a kill also falls within a batch.
    gives_up: when the scheduler goes: the driver does not wait for it, and is started again.
    """

    victim: str
    moment: float
    delay: float = 0.0
    gives_up: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended; ``kept`` runs were stored just after the kill."""

    kept: int
    starts: int
    found: Found

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Outcome:
        """One that was told as a mapping."""
        return cls(plain["kept"], plain["starts"], Found(**plain["found"]))


def trials(count: int, victims: Sequence[str]) -> Iterator[Trial]:
    """So many kills, of each victim in turn, at moments spread over the time that the work takes."""
    for number in range(count):
        yield Trial(
            victims[number % len(victims)],
            moment=number * GOLDEN % 1.0,
            delay=number * GOLDEN**2 % 1.0 * BATCH_SECONDS,
            gives_up=number % (2 * len(victims)) >= len(victims),
        )


def attempt(trial: Trial, order: Order, machines: Machines | None) -> Outcome:
    """Start a driver, kill, start again what is dead, and look at the store."""
    plan, _ = work_of(order)
    out = Path(order.out)
    wanted = int(trial.moment * len(plan.run_ids()))
    if trial.victim == "pool_worker":
        order = dataclasses.replace(order, kill_worker_at=wanted, delay=trial.delay)
    if trial.gives_up:
        order = dataclasses.replace(order, patience=0.0)
    with Driver(order) as driver:
        driver.wait_until_begun()
        _wait_for_runs(out, wanted, driver)
        time.sleep(trial.delay)
        _strike(trial.victim, driver, machines)
        kept = look(out, plan).runs
        if trial.victim == "dask_scheduler" and machines is not None:
            if trial.gives_up:
                driver.code()
            machines.restart()
        code = driver.code()
    starts = 1
    while code != 0 and starts < 3:
        starts += 1
        with Driver(order) as driver:
            code = driver.code()
    return Outcome(kept, starts, look(out, plan))


def _wait_for_runs(out: Path, wanted: int, driver: Driver) -> None:
    """Return when so many runs are stored, or the driver has ended."""
    rows: dict[Path, int] = {}
    while sum(rows.values()) < wanted and driver.process.poll() is None:
        time.sleep(0.002)
        for path in (out / "store" / "runs").glob("*.parquet"):
            with contextlib.suppress(FileNotFoundError):  # joined with others meanwhile
                rows[path] = rows.get(path) or pq.read_metadata(path).num_rows


def _strike(victim: str, driver: Driver, machines: Machines | None) -> None:
    """Kill; a worker of the pool is killed by its own driver, which knows it."""
    if victim.endswith("driver"):
        driver.kill()
    elif victim == "dask_worker" and machines is not None:
        machines.kill_worker()
    elif victim == "dask_scheduler" and machines is not None:
        machines.kill_scheduler()


# ---------------------------------------------------------------- the checks


def ways(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """No other processes, a pool, a cluster, with short and with long batches: equal values."""
    bench = Bench(folder, full=full)
    with bench.cluster() as machines:
        for way in ("serial", "pool", "dask"):
            if way == "dask" and machines is None:
                yield Row(None, (words(f"verify.ways.names.{way}"), *[words("verify.no_dask")] * 5))
                continue
            for batch in (BATCH_SECONDS, 2.0):
                order = bench.order(way, f"{way}-{batch:g}", machines, batch_seconds=batch)
                undisturbed(order)
                found = look(Path(order.out), bench.plan)
                cells = (words(f"verify.ways.names.{way}"), f"{batch:g} s", str(found.runs))
                yield bench.row(cells, found, words)


def kills(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """Kill each kind of process at moments spread over the time that the work takes."""
    bench = Bench(folder, full=full)
    with bench.cluster() as machines:
        for number, trial in enumerate(trials(KILLS if full else QUICK_KILLS, VICTIMS)):
            way = trial.victim.partition("_")[0]
            if way == "dask" and machines is None:
                name = words(f"verify.kills.victims.{trial.victim}")
                yield Row(None, (name, *[words("verify.no_dask")] * 6))
                continue
            order = bench.order(way, f"kill-{number}", machines)
            done = attempt(trial, order, machines)
            shutil.rmtree(order.out)
            yield bench.row(bench.cells(trial, done, words), done.found, words)


class Bench:
    """What the trials of a check have in common: a folder, a plan, and its undisturbed values."""

    def __init__(self, folder: Path, *, full: bool) -> None:
        self._folder = folder
        replicates = str(REPLICATES if full else QUICK_REPLICATES)
        self._words = (replicates,)
        self.plan, _ = model_work(replicates)
        from simulation.warmup import warm_up

        warm_up(lambda text: print(text, file=sys.stderr, flush=True))
        alone = self.order("serial", "alone", None)
        undisturbed(alone)
        self._alone = look(Path(alone.out), self.plan)

    @property
    def has_dask(self) -> bool:
        """Whether Dask is installed."""
        return importlib.util.find_spec("distributed") is not None

    def cluster(self) -> contextlib.AbstractContextManager[Machines | None]:
        """Processes of a Dask cluster, if Dask is installed."""
        if not self.has_dask:
            return contextlib.nullcontext()
        (self._folder / "machines").mkdir()
        return Machines(WORKERS, self._folder / "machines")

    def order(
        self, way: str, name: str, machines: Machines | None, batch_seconds: float = BATCH_SECONDS
    ) -> Order:
        """An order to a driver that writes to a folder of this name."""
        return Order(
            out=str(self._folder / name),
            work=MODEL,
            words=self._words,
            jobs=1 if way == "serial" else WORKERS,
            scheduler=machines.address if way == "dask" and machines else "",
            batch_seconds=batch_seconds,
        )

    @staticmethod
    def cells(trial: Trial, done: Outcome, words: Words) -> tuple[str, ...]:
        """A line about a kill, up to what was found in the store."""
        name = words(f"verify.kills.victims.{trial.victim}")
        return name, words.percent(trial.moment), str(done.kept), str(done.starts)

    def row(self, cells: tuple[str, ...], found: Found, words: Words) -> Row:
        """A line of a table that ends with what was found in a store."""
        same = found.values == self._alone.values
        counts = (str(found.lost), str(found.doubled))
        passed = (
            same and found.lost == found.doubled == self._alone.lost == self._alone.doubled == 0
        )
        return Row(passed, (*cells, *counts, words("verify.same" if same else "verify.other")))
