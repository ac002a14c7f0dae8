"""The store of results: nothing half-written, nothing lost, and merged when all is done.

Layout of an output folder::

    store/manifest.json      the experiment the store belongs to; written first
    store/lock               held while a process writes here
    store/runs/              one row per run: run_id, replicate, seed, one column per outcome, stages
    store/trajectories/      one row per run and quarter
    store/failures/          runs that failed: run_id, variant, regime, replicate, seed, error
    store/checked/           which runs stand in which file, so that opening takes no reading;
                             while a store is open its sorted names, unseen
    store/set_aside/         files that were damaged; their runs are done again

A batch is a file, written under a temporary name in its own folder, flushed to the disk, and
renamed: it is there whole or not at all. Its name is the hash of its content, so that any damage
done later is seen before a value is used, and a batch that is done twice stands there once. At the
end small files are merged (:mod:`experiments.running.dataset`). What is *done* is what can be read
here, whatever a process remembers.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import pyarrow as pa

from agents.settings import ConfigError
from experiments.running.dataset import DataSet, blocks
from experiments.running.files import (
    TEMPORARY,
    ExperimentError,
    InUseError,
    atomic_write,
    describe,
    lock,
    remedy,
    write_parquet,
)
from experiments.running.names import Names, as_names, column_names
from experiments.running.plan import SCHEMA_VERSION, Plan
from simulation.outcomes import OUTCOMES, TRAJECTORIES

__all__ = [
    "OUTCOME_NAMES", "TRAJECTORY_NAMES", "ExperimentError", "Failure", "Run", "Store",
    "atomic_write", "describe", "digest", "failures_table", "write_parquet",
]  # fmt: skip

OUTCOME_NAMES = tuple(outcome.name for outcome in OUTCOMES)
TRAJECTORY_NAMES = tuple(outcome.name for outcome in TRAJECTORIES)

RUNS = pa.schema(
    [("run_id", pa.string()), ("replicate", pa.int32()), ("seed", pa.int64())]
    + [(name, pa.float64()) for name in OUTCOME_NAMES]
    + [("stages", pa.list_(pa.field("element", pa.int64())))]
)
QUARTERS = pa.schema(
    [("run_id", pa.string()), ("quarter", pa.int32())]
    + [(name, pa.float32()) for name in TRAJECTORY_NAMES]
)
FAILURES = pa.schema(
    [
        ("run_id", pa.string()),
        ("variant", pa.string()),
        ("regime", pa.string()),
        ("replicate", pa.int32()),
        ("seed", pa.int64()),
        ("error", pa.string()),
    ]
)
SCHEMAS = {"runs": RUNS, "trajectories": QUARTERS, "failures": FAILURES}

PRODUCT = "consortia"


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One finished run.

    Attributes
    ----------
    outcomes: shape (len(OUTCOMES),), in their order.
    trajectories: shape (len(TRAJECTORIES), quarters), or None when they are not kept.
    stages: counts of the programmes' stages one programme after another, shape (counts,).
    """

    run_id: str
    replicate: int
    seed: int
    outcomes: np.ndarray
    trajectories: np.ndarray | None
    stages: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Failure:
    """One run that raised an error or took its process with it."""

    run_id: str
    variant: str
    regime: str
    replicate: int
    seed: int
    error: str


class Store:
    """Results of one experiment, in the folder ``store`` of its output folder.

    Use it as a context manager: the folder is locked until it is left.

    Attributes
    ----------
    run_ids, trajectory_ids: names of the runs whose outcomes, or trajectories, can be read.
    """

    def __init__(self, out: Path, experiment: Mapping[str, Any]) -> None:
        """Open the store of ``out`` for this experiment, or create it.

        Parameters
        ----------
        experiment: plain values that tell experiments apart, in the form of JSON; names, the
            number of replicates, workers and folders do not belong into it.

        Raises
        ------
        ConfigError: the folder cannot be written, is not ours, holds another experiment, or is
            in use by another process. Nothing has been changed then.
        """
        self.folder = out / "store"
        with _as_config_error(out):
            _refuse_foreign_folder(out)
            _refuse_other_experiment(out, experiment)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock, self._alone = _locked(self.folder / "lock", out)
        self._runs, self._trajectories, self._failures = self._data_sets = tuple(
            DataSet(self.folder, name, schema) for name, schema in SCHEMAS.items()
        )
        try:
            with _as_config_error(out):
                self._write_manifest(experiment)
                for data_set in self._data_sets:
                    data_set.prepare(alone=self._alone)
                    data_set.open()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def run_ids(self) -> Names:
        """Names of the runs whose outcomes can be read."""
        return self._runs.names

    @property
    def trajectory_ids(self) -> Names:
        """Names of the runs whose trajectories can be read."""
        return self._trajectories.names

    @property
    def set_aside(self) -> list[tuple[str, str]]:
        """Files that were damaged, by their name in the output folder before and after."""
        return [
            (
                before.relative_to(self.folder.parent).as_posix(),
                after.relative_to(self.folder.parent).as_posix(),
            )
            for data_set in self._data_sets
            for before, after in data_set.set_aside
        ]

    def close(self) -> None:
        """Give the folder free."""
        self._lock.close()

    def append(self, runs: Sequence[Run], failures: Sequence[Failure] = ()) -> None:
        """Write a finished batch; when this returns it survives a crash of the machine.

        Raises
        ------
        ExperimentError: the disk is full or the folder cannot be written any more.
        """
        with self._explained("a result was written"):
            # Trajectories first: a run counts as done only when both can be read.
            self._trajectories.append(_quarters(runs))
            self._runs.append(_rows(runs))
            self._failures.append(failures_table(failures))

    def compact(self) -> None:
        """Merge small files, at the end of an experiment; at most one per 1,000 runs remains.

        Where the disk knows no locks nothing is done: another process may be reading.

        Raises
        ------
        ExperimentError: the disk is full, the folder cannot be written, or a file was damaged;
            all runs are where they were.
        """
        if self._alone:
            with self._explained("finished runs were merged into fewer files"):
                for data_set in self._data_sets:
                    data_set.compact()

    def runs(
        self, run_ids: Sequence[str] | np.ndarray, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Rows of these runs, in this order; each must be in :attr:`run_ids`.

        Parameters
        ----------
        columns: those wanted; all when None.
        """
        wanted = _as_bytes(run_ids)
        tables = list(self.run_tables(wanted, columns))
        table = pa.concat_tables([_select(RUNS.empty_table(), columns), *tables])
        positions = _positions(column_names(table["run_id"]), wanted)
        rows = table.take(pa.array(positions))
        return rows if columns is None else rows.select(columns)

    def run_tables(
        self, run_ids: Sequence[str] | np.ndarray, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Rows of these runs once each, some thousands at a time, in the order of the store.

        ``run_id`` comes with the columns: the order is not that of ``run_ids``.
        """
        for table in self._runs.tables(Names(_as_bytes(run_ids))):
            yield _select(table, columns)

    def trajectories(self, run_ids: Sequence[str] | np.ndarray) -> tuple[pa.Table, np.ndarray]:
        """Rows of these runs, in this order and by quarter.

        Returns
        -------
        The table, and for each of its rows the position of its run in ``run_ids``, shape (rows,).
        """
        wanted = _as_bytes(run_ids)
        tables = self._trajectories.tables(Names(wanted))
        table = pa.concat_tables([QUARTERS.empty_table(), *tables])
        names, starts, ends = blocks(table)
        chosen = _positions(names, wanted)
        lengths = (ends - starts)[chosen]
        owner = np.repeat(np.arange(len(chosen)), lengths)
        before = np.repeat(np.cumsum(lengths) - lengths, lengths)
        rows = np.repeat(starts[chosen], lengths) + np.arange(len(owner)) - before
        return table.take(pa.array(rows, pa.int64())), owner

    def failures(self, of: Names | Plan | None = None) -> pa.Table:
        """Runs that failed and have not been done since: the last failure of each.

        Parameters
        ----------
        of: the runs of interest; runs of another version of the model are never done again.
        """
        rows = pa.concat_tables([FAILURES.empty_table(), *self._failures.tables()])
        names = column_names(rows["run_id"])
        last = np.zeros(len(names), bool)
        last[list({name: row for row, name in enumerate(names.tolist())}.values())] = True
        last &= ~self.run_ids.held(names)
        return rows.filter(pa.array(last if of is None else last & of.held(names)))

    def _write_manifest(self, experiment: Mapping[str, Any]) -> None:
        """Say what the folder holds, if it does not say so yet."""
        (self.folder / "checked").mkdir(exist_ok=True)
        manifest = self.folder / "manifest.json"
        if not manifest.exists():
            content = {"product": PRODUCT, "schema": SCHEMA_VERSION, "experiment": experiment}
            text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
            atomic_write(manifest, lambda file: file.write(text.encode()))

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ExperimentError(
                f"{describe(error)} while {what}. {len(self.run_ids)} runs are safe "
                f"in {self.folder}. {remedy(error)}, then start the same command again: it "
                f"goes on where it stopped."
            ) from error


def _rows(runs: Sequence[Run]) -> pa.Table:
    outcomes = np.array([run.outcomes for run in runs], np.float64).reshape(-1, len(OUTCOMES))
    columns = [
        [run.run_id for run in runs],
        [run.replicate for run in runs],
        [run.seed for run in runs],
        *outcomes.T,
        [run.stages.tolist() for run in runs],
    ]
    return pa.table(dict(zip(RUNS.names, columns, strict=True)), schema=RUNS)


def _quarters(runs: Sequence[Run]) -> pa.Table:
    kept = [run for run in runs if run.trajectories is not None]
    series = [run.trajectories for run in kept if run.trajectories is not None]
    if not series:
        return QUARTERS.empty_table()
    lengths = [one.shape[1] for one in series]
    columns = [
        pa.array([run.run_id for run in kept]).take(np.repeat(np.arange(len(kept)), lengths)),
        np.concatenate([np.arange(length, dtype=np.int32) for length in lengths]),
        *np.concatenate(series, axis=1).astype(np.float32),
    ]
    return pa.table(dict(zip(QUARTERS.names, columns, strict=True)), schema=QUARTERS)


def digest(values: Any) -> str:
    """Short name of plain values that are part of what tells experiments apart, 16 hex digits."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def failures_table(failures: Sequence[Failure]) -> pa.Table:
    """Failures as a table, columns :data:`FAILURES`."""
    columns = {name: [getattr(row, name) for row in failures] for name in FAILURES.names}
    return pa.table(columns, schema=FAILURES)


def _as_bytes(run_ids: Sequence[str] | np.ndarray) -> np.ndarray:
    return run_ids if isinstance(run_ids, np.ndarray) else as_names(run_ids)


def _select(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    """The columns, and the names of the runs with them."""
    return table if columns is None else table.select(list(dict.fromkeys(["run_id", *columns])))


def _positions(names: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each of the wanted names stands among the names, which are distinct."""
    order = np.argsort(names)
    at = order[np.minimum(np.searchsorted(names, wanted, sorter=order), len(names) - 1)]
    absent = names[at] != wanted
    if absent.any():
        raise KeyError(f"run {wanted[absent][0].decode()} is not in the store")
    return at


def _refuse_foreign_folder(out: Path) -> None:
    """Only a new or empty folder, or one that has our manifest, is written to."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"out = {out} is a file. Write out= a folder, a new one or an empty one.")
    store = out / "store"
    if not out.exists() or (store / "manifest.json").exists():
        return
    strangers = [path for path in out.iterdir() if path != store]
    if store.is_dir():  # a process may have been killed before the manifest was written
        ours = ("lock", f"manifest.json.*{TEMPORARY}")
        strangers += [path for path in store.iterdir() if not any(map(path.match, ours))]
    if strangers:
        raise ConfigError(
            f"out = {out} is not empty ({strangers[0].name} is there) and holds no experiment of "
            f"this program. Write out= a new folder, so that nothing of yours is overwritten."
        )


def _refuse_other_experiment(out: Path, experiment: Mapping[str, Any]) -> None:
    manifest = out / "store" / "manifest.json"
    if not manifest.exists():
        return
    try:
        there = json.loads(manifest.read_text(encoding="utf-8"))["experiment"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{manifest} cannot be read, so it is not known which experiment out = {out} holds. "
            f"Write out= a new folder."
        ) from error
    here = json.loads(json.dumps(experiment))
    if there != here:
        raise ConfigError(
            f"out = {out} holds another experiment: {_first_difference(there, here)}. Write out= "
            f"a new folder (or delete this one); nothing has been overwritten."
        )


def _first_difference(there: Any, here: Any, where: str = "") -> str:
    """Words for the first setting in which two experiments differ."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in sorted({*there, *here}):
            if there.get(key) != here.get(key):
                return _first_difference(
                    there.get(key), here.get(key), f"{where}.{key}".lstrip(".")
                )
    if isinstance(there, (int, float, str)) and isinstance(here, (int, float, str)):
        return f"{where} is {there} there and {here} here"
    return f"it differs in {where}"


def _locked(path: Path, out: Path) -> tuple[BinaryIO, bool]:
    """The lock of a store, and whether the disk knows locks."""
    try:
        return lock(path)
    except InUseError as error:
        raise ConfigError(
            f"out = {out} is in use by another process of this program. Wait until it has "
            f"finished, or write out= another folder."
        ) from error


@contextlib.contextmanager
def _as_config_error(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"out = {out} cannot be written: {describe(error)}. Write out= a folder that you may "
            f"write to."
        ) from error
