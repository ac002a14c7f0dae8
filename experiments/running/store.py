"""The store of results: append-only, one file per finished batch, nothing half-written.

Layout of an output folder::

    store/manifest.json      the experiment the store belongs to; written first
    store/lock               held while a process writes here
    store/runs/              one row per run: run_id, replicate, seed, one column per outcome, stages
    store/trajectories/      one row per run and quarter
    store/failures/          runs that failed: run_id, variant, regime, replicate, seed, error
    store/set_aside/         files that could not be read; their runs are done again

A file is written under a temporary name in its own folder, flushed to the disk, and renamed: it is
there whole or not at all. Its name is the hash of its content, so that any damage done later is
seen when the store is opened, and a batch that is done twice stands there once. What is *done* is
what can be read here, whatever a process remembers.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agents.settings import ConfigError
from experiments.running.plan import SCHEMA_VERSION
from simulation.outcomes import OUTCOMES, TRAJECTORIES

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
TEMPORARY = ".tmp"


class ExperimentError(RuntimeError):
    """An experiment that cannot go on, for a reason the user can do something about. Exit code 1."""


class DamagedFileError(Exception):
    """A file of the store whose content has changed since it was written."""


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
    set_aside: files that could not be read, by their name before and after.
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
        self.set_aside: list[tuple[str, str]] = []
        with _as_config_error(out):
            _refuse_foreign_folder(out)
            _refuse_other_experiment(out, experiment)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.folder / "lock", out)
        try:
            with _as_config_error(out):
                self._prepare(experiment)
            self.run_ids = self._verify("runs")
            self.trajectory_ids = self._verify("trajectories")
            self._verify("failures")
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

    def close(self) -> None:
        """Give the folder free."""
        self._lock.close()

    def append(self, runs: Sequence[Run], failures: Sequence[Failure] = ()) -> None:
        """Write a finished batch; when this returns it survives a crash of the machine.

        Raises
        ------
        ExperimentError: the disk is full or the folder cannot be written any more.
        """
        with_quarters = [run for run in runs if run.trajectories is not None]
        with self._explained():
            # Trajectories first: a run counts as done only when both can be read.
            self._write("trajectories", _quarters(with_quarters))
            self._write("runs", _rows(runs))
            self._write("failures", failures_table(failures))
        self.trajectory_ids.update(run.run_id for run in with_quarters)
        self.run_ids.update(run.run_id for run in runs)

    def runs(self, run_ids: Sequence[str]) -> pa.Table:
        """Rows of these runs, in this order; each must be in :attr:`run_ids`."""
        table = self._read_all("runs")
        # The first of equal names: a run that was done twice has the same numbers twice.
        position = {name: row for row, name in reversed(list(enumerate(_ids(table))))}
        return table.take(pa.array([position[name] for name in run_ids], pa.int64()))

    def trajectories(self, run_ids: Sequence[str]) -> tuple[pa.Table, np.ndarray]:
        """Rows of these runs, in this order and by quarter.

        Returns
        -------
        The table, and for each of its rows the position of its run in ``run_ids``, shape (rows,).
        """
        table = self._read_all("trajectories")
        spans = _spans(_ids(table), table.column("quarter").to_numpy())
        chosen = [np.arange(*spans[name]) for name in run_ids]
        rows = np.concatenate([np.empty(0, np.int64), *chosen])
        owner = np.repeat(np.arange(len(chosen)), [len(rows) for rows in chosen])
        return table.take(pa.array(rows, pa.int64())), owner

    def failures(self) -> pa.Table:
        """Every failure ever recorded, those mended since included."""
        return self._read_all("failures")

    def _prepare(self, experiment: Mapping[str, Any]) -> None:
        """Write the manifest if there is none, and remove what a killed process left half-written."""
        manifest = self.folder / "manifest.json"
        if not manifest.exists():
            content = {"product": PRODUCT, "schema": SCHEMA_VERSION, "experiment": experiment}
            text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
            atomic_write(manifest, lambda file: file.write(text.encode()))
        for name in SCHEMAS:
            (self.folder / name).mkdir(exist_ok=True)
            for half_written in (self.folder / name).glob(f"*{TEMPORARY}"):
                half_written.unlink()

    def _verify(self, name: str) -> set[str]:
        """Read every file to its end; set aside those that are damaged.

        Returns
        -------
        The names of the runs in files of the present columns (others come from other versions).
        """
        known: set[str] = set()
        for path in self._files(name):
            try:
                content = _content(path)
            except PermissionError as error:
                raise ConfigError(
                    f"{path} cannot be read. Give yourself the right to read it."
                ) from error
            except (DamagedFileError, OSError):
                self._put_aside(path)
                continue
            file = pq.ParquetFile(pa.BufferReader(content))
            if file.schema_arrow.equals(SCHEMAS[name]):
                known.update(_ids(file.read(["run_id"])))
        return known

    def _put_aside(self, path: Path) -> None:
        target = (
            self.folder / "set_aside" / f"{path.parent.name}-{uuid.uuid4().hex[:8]}-{path.name}"
        )
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        before, after = (one.relative_to(self.folder.parent).as_posix() for one in (path, target))
        self.set_aside.append((before, after))

    def _files(self, name: str) -> list[Path]:
        return sorted((self.folder / name).glob("*.parquet"))

    def _read_all(self, name: str) -> pa.Table:
        try:
            contents = [_content(path) for path in self._files(name)]
        except DamagedFileError as error:
            raise ExperimentError(
                f"{error} since it was opened. Start the same command again: the file is set "
                f"aside then and its runs are done again."
            ) from error
        tables = [pq.read_table(pa.BufferReader(content)) for content in contents]
        kept = [table for table in tables if table.schema.equals(SCHEMAS[name])]
        return pa.concat_tables([SCHEMAS[name].empty_table(), *kept]).combine_chunks()

    def _write(self, name: str, table: pa.Table) -> None:
        if table.num_rows:
            content = _parquet(table)
            path = self.folder / name / f"{_hash(content)}.parquet"
            atomic_write(path, lambda file: file.write(content))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ExperimentError(
                f"{describe(error)} while a result was written. {len(self.run_ids)} runs are safe "
                f"in {self.folder}. {_remedy(error)}, then start the same command again: it "
                f"goes on where it stopped."
            ) from error


def atomic_write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to the disk, and rename it."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table atomically."""
    content = _parquet(table)
    atomic_write(path, lambda file: file.write(content))


def describe(error: OSError) -> str:
    """What went wrong, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full"
    return f"The system refused ({error.strerror or error})"


def _remedy(error: OSError) -> str:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "Free some space" if full else "Make the folder writable again"


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
    series = [run.trajectories for run in runs if run.trajectories is not None]
    if not series:
        return QUARTERS.empty_table()
    lengths = [one.shape[1] for one in series]
    columns = [
        np.repeat([run.run_id for run in runs], lengths),
        np.concatenate([np.arange(length, dtype=np.int32) for length in lengths]),
        *np.concatenate(series, axis=1).astype(np.float32),
    ]
    return pa.table(dict(zip(QUARTERS.names, columns, strict=True)), schema=QUARTERS)


def failures_table(failures: Sequence[Failure]) -> pa.Table:
    """Failures as a table, columns :data:`FAILURES`."""
    columns = {name: [getattr(row, name) for row in failures] for name in FAILURES.names}
    return pa.table(columns, schema=FAILURES)


def _parquet(table: pa.Table) -> bytes:
    """The table as a file: zstd, floating-point columns with their bytes split."""
    split = [column.name for column in table.schema if pa.types.is_floating(column.type)]
    other = [name for name in table.schema.names if name not in split]
    file = io.BytesIO()
    pq.write_table(
        table, file, compression="zstd", use_dictionary=other, use_byte_stream_split=split
    )
    return file.getvalue()


def _content(path: Path) -> bytes:
    """The content of a file of the store.

    Raises
    ------
    DamagedFileError: it is not what the file's name says.
    """
    content = path.read_bytes()
    if _hash(content) != path.stem:
        raise DamagedFileError(f"{path} is damaged")
    return content


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _ids(table: pa.Table) -> list[str]:
    return table.column("run_id").to_pylist()  # type: ignore[no-any-return]


def _spans(run_ids: Sequence[str], quarters: np.ndarray) -> dict[str, tuple[int, int]]:
    """First row and end of the first block of each run; the rows of a run stand together.

    Where the quarters begin anew, a run was stored twice.
    """
    names = np.array(run_ids, dtype=object)
    if not len(names):
        return {}
    new = (names[1:] != names[:-1]) | (quarters[1:] <= quarters[:-1])
    starts = np.flatnonzero(np.concatenate([[True], new]))
    ends = np.append(starts[1:], len(names))
    spans: dict[str, tuple[int, int]] = {}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        spans.setdefault(run_ids[start], (start, end))
    return spans


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


def _lock(path: Path, out: Path) -> BinaryIO:
    """Open and lock a file; the system gives it free when the process ends, however it ends."""
    file = path.open("ab")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        file.close()
        raise ConfigError(
            f"out = {out} is in use by another process of this program. Wait until it has "
            f"finished, or write out= another folder."
        ) from error
    except OSError:
        pass  # some network disks know no locks; file names by content keep the store whole there
    return file


def _flush_folder(folder: Path) -> None:
    """Make a rename itself survive a crash, where the system offers that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _as_config_error(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"out = {out} cannot be written: {describe(error)}. Write out= a folder that you may "
            f"write to."
        ) from error
