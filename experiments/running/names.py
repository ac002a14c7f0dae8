"""Names of runs: hashed, kept and looked up many at a time.

A million names take 32 MB. Where a folder is given for them they are kept there, sorted, and read
in blocks, so that memory does not grow with their number.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import weakref
from collections.abc import Collection, Iterable, Iterator, Set
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.running.files import TEMPORARY

WIDTH = 32  # hex digits of a name
RECENT = 50_000  # names kept apart until they are sorted in among the others
BLOCK = 16_384  # names read from the disk at once: 0.5 MB
NAME = np.dtype(f"S{WIDTH}")


def name_of(prefix: bytes, replicate: int) -> str:
    """Name of the run with this replicate; ``prefix`` is all else that the model reads."""
    return hashlib.sha256(prefix + b"%d" % replicate).hexdigest()[:WIDTH]


def names_of(prefix: bytes, replicates: Iterable[int]) -> np.ndarray:
    """Names of these replicates as bytes, shape (replicates,)."""
    sha256, half = hashlib.sha256, WIDTH // 2
    digests = [sha256(prefix + b"%d" % one).digest()[:half] for one in replicates]
    return np.frombuffer(b"".join(digests).hex().encode(), NAME)


def as_names(names: Iterable[str]) -> np.ndarray:
    """Names as bytes, shape (names,).

    Raises
    ------
    ValueError: a name is too long to be one.
    """
    given = list(names)
    if any(len(name) > WIDTH for name in given):
        raise ValueError(f"a name of a run has at most {WIDTH} characters")
    return np.array(given, NAME)


def column_names(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """A column of names as bytes, shape (rows,)."""
    if isinstance(column, pa.Array):
        return _array_names(column)
    return np.concatenate([np.empty(0, NAME), *map(_array_names, column.chunks)])


def _array_names(array: pa.Array) -> np.ndarray:
    _, offsets, text = array.buffers()
    if not len(array):
        return np.empty(0, NAME)
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    if np.all(np.diff(ends) == WIDTH):  # as a rule; no object is made for a name
        return np.frombuffer(text, NAME, len(array), int(ends[0]))
    return as_names(array.to_pylist())


def distinct(names: np.ndarray) -> np.ndarray:
    """The names sorted, each once; NumPy's own way is 50 times as slow for words."""
    ordered = np.sort(names)
    new = np.ones(len(ordered), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered if new.all() else ordered[new]


class Names(Set[str]):
    """A set of names that grows and is asked about many names at once."""

    def __init__(
        self, names: Iterable[str] | np.ndarray = (), *, folder: Path | None = None
    ) -> None:
        """Take the first names.

        Parameters
        ----------
        folder: where names are kept as soon as there are many; in memory when None.
        """
        given = names if isinstance(names, np.ndarray) else as_names(names)
        self._sorted: np.ndarray | _OnDisk = distinct(given)
        self._recent = bytearray()  # names one after another as they came, some perhaps twice
        self._folder = folder

    @classmethod
    def of(cls, names: Collection[str]) -> Names:
        """The same names as such a set; itself if it is one."""
        return names if isinstance(names, Names) else cls(names)

    @classmethod
    def _from_iterable(cls, names: Iterable[Any]) -> Set[Any]:
        return set(names)  # what the operators of sets return

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Set) and len(self) == len(other) and self <= other

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, name: object) -> bool:
        wanted = name.encode() if isinstance(name, str) else b""
        if not 0 < len(wanted) <= WIDTH:
            return False
        self._sort()
        return bool(_among(self._sorted, np.array([wanted], NAME))[0])

    def __iter__(self) -> Iterator[str]:
        self._sort()
        for number in range(_blocks(self._sorted)):
            yield from (name.decode() for name in _block(self._sorted, number).tolist())

    def __len__(self) -> int:
        self._sort()
        return len(self._sorted)

    def update(self, names: Iterable[str] | np.ndarray) -> None:
        """Take names in, as words or as bytes."""
        given = names if isinstance(names, np.ndarray) else as_names(names)
        for first in range(0, len(given), RECENT):
            self._recent += given[first : first + RECENT].tobytes()
            if len(self._recent) > RECENT * WIDTH:
                self._sort()

    def held(self, names: np.ndarray) -> np.ndarray:
        """Which of these names, given as bytes, are here; shape of ``names``."""
        order = np.argsort(names, axis=None)
        ordered = names.ravel()[order]
        found = np.empty(len(ordered), bool)
        found[order] = _among(self._sorted, ordered) | _among(self._recent_sorted(), ordered)
        return found.reshape(names.shape)

    def _recent_sorted(self) -> np.ndarray:
        return distinct(np.frombuffer(bytes(self._recent), NAME))

    def _sort(self) -> None:
        if self._recent:
            self._sorted = self._with_recent()
            self._recent = bytearray()

    def _with_recent(self) -> np.ndarray | _OnDisk:
        recent = self._recent_sorted()
        if self._folder is not None and len(self._sorted) + len(recent) > RECENT:
            # A disk may be full: names take memory then, and nothing is lost.
            with contextlib.suppress(OSError):
                return _OnDisk(self._folder, _with(self._sorted, recent))
        return np.concatenate(list(_with(self._sorted, recent)))


class _OnDisk:
    """Sorted names in a file that nobody else sees and that goes with the process."""

    def __init__(self, folder: Path, blocks: Iterable[np.ndarray]) -> None:
        # No name in the folder leads to it where the system has such files.
        self._file = tempfile.TemporaryFile(dir=folder, suffix=TEMPORARY)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._names = 0
        for block in blocks:
            self._file.write(memoryview(block))
            self._names += len(block)
        self._file.flush()

    def __len__(self) -> int:
        return self._names

    def __getitem__(self, part: slice) -> np.ndarray:
        first, end, _ = part.indices(self._names)
        self._file.seek(first * WIDTH)
        return np.frombuffer(self._file.read((end - first) * WIDTH), NAME)


def _blocks(names: np.ndarray | _OnDisk) -> int:
    return max(1, -(-len(names) // BLOCK))


def _block(names: np.ndarray | _OnDisk, number: int) -> np.ndarray:
    return names[number * BLOCK : (number + 1) * BLOCK]


def _beside(names: np.ndarray | _OnDisk, others: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Both are sorted: number of each block of ``names``, and which of the others belong there."""
    firsts = [names[first : first + 1] for first in range(BLOCK, len(names), BLOCK)]
    cuts = np.searchsorted(others, np.concatenate([np.empty(0, NAME), *firsts]))
    yield from enumerate(np.split(others, cuts))


def _places(block: np.ndarray, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where in a sorted block each of the names belongs, and whether it is there."""
    at = np.searchsorted(block, names)
    if not len(block):
        return at, np.zeros(len(names), bool)
    return at, block[np.minimum(at, len(block) - 1)] == names


def _among(names: np.ndarray | _OnDisk, ordered: np.ndarray) -> np.ndarray:
    """Which of the names in order are among the sorted ones."""
    return np.concatenate(
        [
            _places(_block(names, number), part)[1] if len(part) else np.empty(0, bool)
            for number, part in _beside(names, ordered)
        ]
    )


def _with(names: np.ndarray | _OnDisk, new: np.ndarray) -> Iterator[np.ndarray]:
    """The sorted names and new ones, sorted too, each once and in order, block by block."""
    for number, part in _beside(names, new):
        block = _block(names, number)
        at, there = _places(block, part)
        yield np.insert(block, at[~there], part[~there])
