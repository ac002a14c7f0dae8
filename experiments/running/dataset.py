"""A folder of Parquet files that are never changed, each named by the hash of its content.

A file that is damaged later is seen before its values are used: every reading of values hashes
the whole file. At opening that would take minutes for a million runs, so the names of the runs in
files that were checked before are taken from a *register* (``checked/``): it holds for good only
for a file whose size and time of change are as they were. The register can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from agents.settings import ConfigError
from experiments.running.files import (
    TEMPORARY,
    DamagedFileError,
    ExperimentError,
    flush_folder,
    read_by_content,
    write_by_content,
)
from experiments.running.names import NAME, Names, column_names, distinct

REGISTER = pa.schema(
    [
        ("file", pa.string()),
        ("bytes", pa.int64()),
        ("changed_ns", pa.int64()),
        ("columns", pa.string()),
        ("names", pa.list_(pa.field("element", pa.string()))),
    ]
)
LARGEST = 5_000  # runs that files are merged up to: 5 MB of outcomes, 250 MB of long trajectories
SMALL = LARGEST // 2  # files with fewer runs are merged, so that all but one have at least these


@dataclass(frozen=True, slots=True)
class _File:
    """What is known of a file: size and time of change when it was checked, and its runs."""

    size: int
    changed_ns: int
    runs: int

    def as_found(self, path: Path) -> bool:
        status = path.stat()
        return (status.st_size, status.st_mtime_ns) == (self.size, self.changed_ns)


class DataSet:
    """One data set of a store.

    Attributes
    ----------
    names: names of the runs that can be read; those in files of other columns, which other
        versions have written, are not among them.
    set_aside: files that were damaged, before and after.
    """

    def __init__(self, store: Path, name: str, schema: pa.Schema) -> None:
        self.name = name
        self.folder = store / name
        self.names = Names()
        self.set_aside: list[tuple[Path, Path]] = []
        self._store = store
        self._schema = schema
        self._columns = _fingerprint(schema)
        self._files: dict[str, _File] = {}
        self._repeated = False  # whether a run stands in several files

    def prepare(self, *, alone: bool) -> None:
        """Make the folders; with nobody else at work remove what a killed process left."""
        for folder in (self.folder, self._checked):
            folder.mkdir(exist_ok=True)
            for half_written in folder.glob(f"*{TEMPORARY}") if alone else ():
                half_written.unlink()

    def open(self) -> None:
        """Learn which runs are there; files that are not in the register are read to their end.

        Raises
        ------
        ConfigError: a file cannot be read for lack of rights.
        """
        registered = self._read_register()
        found: list[np.ndarray] = []
        new: list[tuple[str, np.ndarray]] = []
        for path in self._paths():
            known = registered.get(path.name)
            if known is not None and known[0].as_found(path):
                self._files[path.name] = known[0]
                found.append(column_names(known[1]))
            elif (names := self._check(path)) is not None:
                found.append(names)
                new.append((path.name, names))
        every = np.concatenate([np.empty(0, NAME), *found])
        del registered, found  # a million names are sorted next, and take their place
        self.names = Names(every)
        self._repeated = "error" not in self._schema.names and len(every) > len(self.names)
        if new:
            self._write_register(new)

    def append(self, table: pa.Table) -> None:
        """Write rows of runs; when this returns they survive a crash of the machine."""
        if table.num_rows:
            self.names.update(self._write(table)[1])

    def tables(self, wanted: Names | None = None) -> Iterator[pa.Table]:
        """The rows of each file in turn, every run once; of the wanted runs, or of all.

        Raises
        ------
        ExperimentError: a file has been damaged; it was set aside.
        """
        seen = Names()
        for path in self._ordered(self._files):
            table = self._read(path)
            if wanted is not None:
                table = table.filter(pa.array(wanted.held(column_names(table["run_id"]))))
            table = without_repeats(table, seen)
            if table.num_rows:
                yield table

    def compact(self) -> None:
        """Merge small files: afterwards all but one have at least :data:`SMALL` runs.

        A file is removed only when its rows stand flushed in another that is whole; a kill between
        the two leaves rows twice, which are read once and merged at the next call.

        Raises
        ------
        ExperimentError: a file has been damaged; it was set aside.
        """
        if self._repeated:  # a kill while files were merged left rows twice, in files of any size
            self._merge_groups(self._ordered(self._files))
            self._repeated = False
        small = self._ordered(name for name, file in self._files.items() if file.runs < SMALL)
        if len(small) > 1:
            self._merge_groups(small)

    def _merge_groups(self, paths: Sequence[Path]) -> None:
        seen = Names()
        kept: dict[Path, np.ndarray] = {}
        for group in _groups(paths, self._files):
            self._merge(group, seen, kept)
        self._write_register([(path.name, names) for path, names in kept.items()])

    def _merge(self, paths: Sequence[Path], seen: Names, kept: dict[Path, np.ndarray]) -> None:
        """Put the rows of some files into one, but for runs in ``seen``; ``kept`` stays."""
        whole = pa.concat_tables([self._read(path) for path in paths])
        merged = without_repeats(whole, seen)
        if len(paths) == 1 and merged.num_rows == whole.num_rows:
            return
        if merged.num_rows:
            path, names = self._write(merged)
            read_by_content(path)  # what the others are removed for is whole
            kept[path] = names
        for old in paths:
            if old not in kept:
                old.unlink()
                del self._files[old.name]
        flush_folder(self.folder)

    # ------------------------------------------------------------ files

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def _ordered(self, names: Iterable[str]) -> list[Path]:
        """Files in the order in which they were written."""
        order = sorted(names, key=lambda name: (self._files[name].changed_ns, name))
        return [self.folder / name for name in order]

    def _check(self, path: Path) -> np.ndarray | None:
        """Names of the runs in a file that is read to its end.

        A damaged file is set aside. One with the columns of another version is left alone.
        """
        try:
            with _readable(path):
                file = read_by_content(path)
        except (DamagedFileError, OSError):
            self._put_aside(path)
            return None
        if not file.schema_arrow.equals(self._schema):
            return None
        names = _distinct(file.read(["run_id"]))
        self._remember(path, names)
        return names

    def _read(self, path: Path) -> pa.Table:
        try:
            with _readable(path):
                return read_by_content(path).read()
        except (DamagedFileError, OSError) as error:
            after = self._put_aside(path) if path.exists() else "lost"
            raise ExperimentError(
                f"{path} is damaged since it was opened, and now it is {after}. Start the same "
                f"command again: its runs are done again, and no other is touched."
            ) from error

    def _write(self, table: pa.Table) -> tuple[Path, np.ndarray]:
        path = write_by_content(self.folder, table)
        names = _distinct(table)
        self._remember(path, names)
        return path, names

    def _remember(self, path: Path, names: np.ndarray) -> None:
        status = path.stat()
        self._files[path.name] = _File(status.st_size, status.st_mtime_ns, len(names))

    def _put_aside(self, path: Path) -> Path:
        target = self._store / "set_aside" / f"{self.name}-{uuid.uuid4().hex[:8]}-{path.name}"
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        self.set_aside.append((path, target))
        return target

    # ------------------------------------------------------------ register

    @property
    def _checked(self) -> Path:
        return self._store / "checked"

    def _registers(self) -> list[Path]:
        return sorted(self._checked.glob(f"{self.name}-*.parquet"))

    def _read_register(self) -> dict[str, tuple[_File, pa.Array]]:
        """What is known by the name of the file; a damaged register knows nothing."""
        known: dict[str, tuple[_File, pa.Array]] = {}
        for path in self._registers():
            with contextlib.suppress(DamagedFileError, OSError):
                table = read_by_content(path).read()
                if table.schema.equals(REGISTER):
                    known |= _entries(table, self._columns)
        return known

    def _write_register(self, new: Sequence[tuple[str, np.ndarray]]) -> None:
        """Write what is known of all files that are there; ``new`` gives the runs of some."""
        known = {name: names for name, (_, names) in self._read_register().items()}
        known |= {name: pa.array(names, pa.binary()).cast(pa.string()) for name, names in new}
        files = {name: self._files[name] for name in sorted(known) if name in self._files}
        columns = [
            list(files),
            [file.size for file in files.values()],
            [file.changed_ns for file in files.values()],
            [self._columns] * len(files),
            _lists([known[name] for name in files]),
        ]
        table = pa.table(dict(zip(REGISTER.names, columns, strict=True)), schema=REGISTER)
        with contextlib.suppress(OSError):  # without it the next opening reads more
            written = write_by_content(self._checked, table, prefix=f"{self.name}-")
            for old in self._registers():
                if old != written:
                    old.unlink()


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """A file that we may not read is not damaged."""
    try:
        yield
    except PermissionError as error:
        raise ConfigError(f"{path} cannot be read. Give yourself the right to read it.") from error


def without_repeats(table: pa.Table, seen: Names) -> pa.Table:
    """The rows of each run once, and of no run in ``seen``, which takes them in.

    A run done twice has the same numbers twice. Its rows stand together, in the order of their
    quarters where there are such; failures of a run are kept while they differ.
    """
    if "error" in table.schema.names:
        return table.group_by(table.schema.names, use_threads=False).aggregate([])
    names, starts, ends = blocks(table)
    first = np.zeros(len(names), bool)
    first[np.unique(names, return_index=True)[1]] = True
    first &= ~seen.held(names)
    seen.update(names[first])
    if first.all():
        return table
    return table.filter(pa.array(np.repeat(first, ends - starts)))


def blocks(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that stand together for a run: its name, first row and end, each of shape (blocks,).

    Where the quarters begin anew, a run was stored twice.
    """
    names = column_names(table["run_id"])
    new = np.ones(len(names), bool)
    if "quarter" in table.schema.names and len(names):
        quarters = table["quarter"].to_numpy()
        new[1:] = (names[1:] != names[:-1]) | (quarters[1:] <= quarters[:-1])
    starts = np.flatnonzero(new)
    return names[starts], starts, np.append(starts[1:], len(names)).astype(np.int64)


def _groups(paths: Iterable[Path], files: Mapping[str, _File]) -> Iterator[list[Path]]:
    """Files to be merged with each other."""
    group: list[Path] = []
    runs = 0
    for path in paths:
        if group and runs + files[path.name].runs > LARGEST:
            yield group
            group, runs = [], 0
        group.append(path)
        runs += files[path.name].runs
    if group:
        yield group


def _distinct(table: pa.Table) -> np.ndarray:
    """Names of the runs in a table, sorted."""
    names = column_names(table["run_id"])
    new = np.ones(len(names), bool)
    new[1:] = names[1:] != names[:-1]  # sorting a name for every quarter would take long
    return distinct(names[new])


def _fingerprint(schema: pa.Schema) -> str:
    """Columns and their types, so that files of another version are known by it."""
    return hashlib.sha256(str([(one.name, str(one.type)) for one in schema]).encode()).hexdigest()


def _entries(table: pa.Table, columns: str) -> dict[str, tuple[_File, pa.Array]]:
    """What a register knows of files with these columns; no name is copied."""
    lists = (one for chunk in table["names"].chunks for one in chunk)
    return {
        row["file"]: (_File(row["bytes"], row["changed_ns"], len(names)), names.values)
        for row, names in zip(table.drop_columns(["names"]).to_pylist(), lists, strict=True)
        if row["columns"] == columns
    }


def _lists(parts: Sequence[pa.Array]) -> pa.Array:
    ends = np.cumsum([0, *map(len, parts)]).astype(np.int32)
    values = pa.concat_arrays([pa.array([], pa.string()), *parts])
    return pa.ListArray.from_arrays(pa.array(ends), values)
