"""Which runs stand in which file of a data set, as far as files were checked before.

The register is only a saving: it holds for a file whose size and time of change are as they were,
any other is read. It may be damaged, old or deleted. It stands in several files of some runs each,
named by their content and read one after another, so that a million runs take no memory.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from experiments.running.files import DamagedFileError, read_by_content, write_by_content
from experiments.running.names import column_names

REGISTER = pa.schema(
    [
        ("file", pa.string()),
        ("bytes", pa.int64()),
        ("changed_ns", pa.int64()),
        ("columns", pa.string()),
        ("names", pa.list_(pa.field("element", pa.string()))),
    ]
)
TOGETHER = 50_000  # runs in one file of the register: what is in memory at once


@dataclass(frozen=True, slots=True)
class FileState:
    """What is known of a file: size and time of change when it was checked, and its runs."""

    size: int
    changed_ns: int
    runs: int

    @classmethod
    def of(cls, path: Path, runs: int) -> FileState:
        """As the file is now."""
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, runs)

    def as_found(self, path: Path) -> bool:
        """Whether the file is there and is as it was."""
        return path.exists() and FileState.of(path, self.runs) == self


class Entry(NamedTuple):
    """A file by its name, how it was, and the names of its runs as bytes, shape (runs,)."""

    file: str
    state: FileState
    names: np.ndarray


class Register:
    """The register of one data set; whoever adds to it ends with :meth:`settle`."""

    def __init__(self, folder: Path, data_set: str, schema: pa.Schema) -> None:
        """Nothing is read or written yet.

        Parameters
        ----------
        schema: columns of the data set; entries of files with other columns count for nothing.
        """
        self._folder = folder
        self._prefix = f"{data_set}-"
        self._columns = _fingerprint(schema)
        self._waiting: list[Entry] = []
        self._runs = 0  # in the files that wait
        self._written: set[Path] = set()  # since settling began
        self._news = False  # since it was settled

    def entries(self) -> Iterator[Entry]:
        """What is known, file by file; a file may come twice."""
        for path in self._paths():
            yield from self._read(path)

    def add(self, entry: Entry) -> None:
        """Take a file in. A disk that refuses is no error: the next opening reads more."""
        self._waiting.append(entry)
        self._runs += len(entry.names)
        self._news = True
        if self._runs >= TOGETHER:
            with contextlib.suppress(OSError):
                self._write()

    def settle(self, files: Mapping[str, FileState]) -> None:
        """Write what waits and forget all but these files, if anything was added."""
        if not self._news:
            return
        self._written = set()
        with contextlib.suppress(OSError):
            stale = self._take_up(files)
            self._write()
            for path in stale - self._written:
                path.unlink()
        self._news = False

    def _take_up(self, files: Mapping[str, FileState]) -> set[Path]:
        """Add again what holds of files of the register that are small or hold in part."""
        self._waiting = [one for one in self._waiting if files.get(one.file) == one.state]
        seen = {entry.file for entry in self._waiting}
        stale: set[Path] = set()
        for path in self._paths():
            entries = self._read(path)
            holding = [
                entry for entry in entries
                if entry.file not in seen and files.get(entry.file) == entry.state
            ]  # fmt: skip
            seen |= {entry.file for entry in holding}
            runs = sum(len(entry.names) for entry in holding)
            if len(holding) < len(entries) or runs < TOGETHER // 2:
                stale.add(path)
                for entry in holding:
                    self.add(entry)
        return stale

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._prefix}*.parquet"))

    def _read(self, path: Path) -> list[Entry]:
        """The entries of one file; of a damaged one, none."""
        with contextlib.suppress(DamagedFileError, OSError):
            table = read_by_content(path).read(use_threads=False)
            if table.schema.equals(REGISTER):
                return list(_entries(table, self._columns))
        return []

    def _write(self) -> None:
        waiting, self._waiting, self._runs = self._waiting, [], 0
        if waiting:
            table = self._table(waiting)
            self._written.add(write_by_content(self._folder, table, prefix=self._prefix))

    def _table(self, entries: Sequence[Entry]) -> pa.Table:
        ends = np.cumsum([0, *(len(entry.names) for entry in entries)]).astype(np.int32)
        names = np.concatenate([entry.names for entry in entries])
        words = pa.array(names, pa.binary()).cast(pa.string())
        columns = [
            [entry.file for entry in entries],
            [entry.state.size for entry in entries],
            [entry.state.changed_ns for entry in entries],
            [self._columns] * len(entries),
            pa.ListArray.from_arrays(pa.array(ends), words),
        ]
        return pa.table(dict(zip(REGISTER.names, columns, strict=True)), schema=REGISTER)


def _fingerprint(schema: pa.Schema) -> str:
    """Columns and their types, so that files of another version are known by it."""
    return hashlib.sha256(str([(one.name, str(one.type)) for one in schema]).encode()).hexdigest()


def _entries(table: pa.Table, columns: str) -> Iterator[Entry]:
    """What a file of the register says of files with these columns; no name is copied."""
    lists = (one for chunk in table["names"].chunks for one in chunk)
    rows = table.drop_columns(["names"]).to_pylist()
    for row, names in zip(rows, lists, strict=True):
        if row["columns"] == columns:
            state = FileState(row["bytes"], row["changed_ns"], len(names))
            yield Entry(row["file"], state, column_names(names.values))
