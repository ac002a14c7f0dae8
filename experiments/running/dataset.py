"""A folder of Parquet files that are never changed, each named by the hash of its content.

A file that is damaged later is seen before its values are used: every reading of values hashes
the whole file. At opening that would take minutes for a million runs, so the names of the runs in
files that were checked before are taken from a *register* (:mod:`experiments.running.register`).
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from experiments.running.names import Names, column_names, distinct
from experiments.running.register import Entry, FileState, Register

LARGEST = 5_000  # runs that files are merged up to: 5 MB of outcomes, 250 MB of long trajectories
SMALL = LARGEST // 2  # files with fewer runs are merged, so that all but one have at least these


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
        self.names = Names(folder=store / "checked")
        self.set_aside: list[tuple[Path, Path]] = []
        self._store = store
        self._schema = schema
        self._register = Register(store / "checked", name, schema)
        self._files: dict[str, FileState] = {}

    def prepare(self, *, alone: bool) -> None:
        """Make the folders; with nobody else at work remove what a killed process left."""
        for folder in (self.folder, self._store / "checked"):
            folder.mkdir(exist_ok=True)
            for half_written in folder.glob(f"*{TEMPORARY}") if alone else ():
                half_written.unlink()

    def open(self) -> None:
        """Learn which runs are there; files that are not in the register are read to their end.

        Raises
        ------
        ConfigError: a file cannot be read for lack of rights.
        """
        for file, state, names in self._register.entries():
            if file not in self._files and state.as_found(self.folder / file):
                self._files[file] = state
                self.names.update(names)
        for path in self._paths():
            if path.name not in self._files and (found := self._check(path)) is not None:
                self.names.update(found)
                self._register.add(Entry(path.name, self._files[path.name], found))
        self._register.settle(self._files)

    def append(self, table: pa.Table) -> None:
        """Write rows of runs; when this returns they survive a crash of the machine."""
        if table.num_rows:
            path, names = self._write(table)
            self.names.update(names)
            self._register.add(Entry(path.name, self._files[path.name], names))

    def tables(self, wanted: Names | None = None) -> Iterator[pa.Table]:
        """The rows of each file in turn, every run once; of the wanted runs, or of all.

        Raises
        ------
        ExperimentError: a file has been damaged; it was set aside.
        """
        seen = self._seen()
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
        if self._repeated():  # a kill while files were merged left them, in files of any size
            self._merge_groups(self._ordered(self._files))
        small = self._ordered(name for name, file in self._files.items() if file.runs < SMALL)
        if len(small) > 1:
            self._merge_groups(small)
        self._register.settle(self._files)

    def _repeated(self) -> bool:
        """Whether a run stands in several files; a failure may, with another error each time."""
        stand = sum(file.runs for file in self._files.values())
        return "error" not in self._schema.names and stand > len(self.names)

    def _seen(self) -> Names | None:
        """For names of runs whose rows were come across, when some may be come across again."""
        return Names(folder=self._store / "checked") if self._repeated() else None

    def _merge_groups(self, paths: Sequence[Path]) -> None:
        seen = self._seen()
        kept: set[Path] = set()
        for group in _groups(paths, self._files):
            self._merge(group, seen, kept)

    def _merge(self, paths: Sequence[Path], seen: Names | None, kept: set[Path]) -> None:
        """Put the rows of some files into one, but for runs in ``seen``; ``kept`` stays."""
        whole = pa.concat_tables([self._read(path) for path in paths])
        merged = without_repeats(whole, seen)
        if len(paths) == 1 and merged.num_rows == whole.num_rows:
            return
        if merged.num_rows:
            path, names = self._write(merged)
            read_by_content(path)  # what the others are removed for is whole
            self._register.add(Entry(path.name, self._files[path.name], names))
            kept.add(path)
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
        self._files[path.name] = FileState.of(path, len(names))

    def _put_aside(self, path: Path) -> Path:
        target = self._store / "set_aside" / f"{self.name}-{uuid.uuid4().hex[:8]}-{path.name}"
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        self.set_aside.append((path, target))
        return target


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """A file that we may not read is not damaged."""
    try:
        yield
    except PermissionError as error:
        raise ConfigError(f"{path} cannot be read. Give yourself the right to read it.") from error


def without_repeats(table: pa.Table, seen: Names | None = None) -> pa.Table:
    """The rows of each run once, and of no run in ``seen``, which takes them in.

    A run done twice has the same numbers twice. Its rows stand together, in the order of their
    quarters where there are such; failures of a run are kept while they differ.
    """
    if "error" in table.schema.names:
        return table.group_by(table.schema.names, use_threads=False).aggregate([])
    names, starts, ends = blocks(table)
    first = np.zeros(len(names), bool)
    first[np.unique(names, return_index=True)[1]] = True
    if seen is not None:
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


def _groups(paths: Iterable[Path], files: Mapping[str, FileState]) -> Iterator[list[Path]]:
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
