"""Names of runs, a million of which take 32 MB: hashed, kept and looked up many at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Set
from typing import Any

import numpy as np
import pyarrow as pa

WIDTH = 32  # hex digits of a name
RECENT = 50_000  # names kept apart until they are sorted in among the others
NAME = np.dtype(f"S{WIDTH}")


def name_of(prefix: bytes, replicate: int) -> str:
    """Name of the run with this replicate; ``prefix`` is all else that the model reads."""
    return hashlib.sha256(prefix + b"%d" % replicate).hexdigest()[:WIDTH]


def names_of(prefix: bytes, replicates: int) -> np.ndarray:
    """Names of replicates 0 to ``replicates`` - 1 as bytes, shape (replicates,)."""
    sha256, half = hashlib.sha256, WIDTH // 2
    digests = [sha256(prefix + b"%d" % one).digest()[:half] for one in range(replicates)]
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

    def __init__(self, names: Iterable[str] | np.ndarray = ()) -> None:
        given = names if isinstance(names, np.ndarray) else as_names(names)
        self._sorted = distinct(given)
        self._recent: set[bytes] = set()

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
        if not isinstance(name, str) or len(name) > WIDTH:
            return False
        wanted = name.encode()
        at = int(np.searchsorted(self._sorted, np.array(wanted, NAME)))
        there = at < len(self._sorted) and bool(self._sorted[at] == wanted)
        return there or wanted in self._recent

    def __iter__(self) -> Iterator[str]:
        return (name.decode() for name in self.as_bytes().tolist())

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def update(self, names: Iterable[str] | np.ndarray) -> None:
        """Take names in, as words or as bytes."""
        given = names if isinstance(names, np.ndarray) else as_names(names)
        self._recent.update(given[~self._among_sorted(given)].tolist())
        if len(self._recent) > RECENT:
            self._sort()

    def as_bytes(self) -> np.ndarray:
        """All names, sorted, shape (names,)."""
        self._sort()
        return self._sorted

    def held(self, names: np.ndarray) -> np.ndarray:
        """Which of these names, given as bytes, are here; shape of ``names``."""
        self._sort()
        return self._among_sorted(names.ravel()).reshape(names.shape)

    def _among_sorted(self, names: np.ndarray) -> np.ndarray:
        if not len(self._sorted) or not len(names):
            return np.zeros(len(names), bool)
        order = np.argsort(names)  # neighbours are looked up one after the other: 3 times as fast
        at = np.searchsorted(self._sorted, names[order])
        found = np.empty(len(names), bool)
        found[order] = self._sorted[np.minimum(at, len(self._sorted) - 1)] == names[order]
        return found

    def _sort(self) -> None:
        if self._recent:
            recent = np.array(list(self._recent), NAME)
            self._recent = set()
            recent.sort()
            # Of a million names two copies are held meanwhile; sorting them all would take three.
            self._sorted = np.insert(self._sorted, np.searchsorted(self._sorted, recent), recent)
