"""What is to be run: design points, their cells, the name of every run, and what is still missing.

A *point* is one world and one population in which several regimes are compared on the same luck.
``compare`` has one point (``main``) and one more for each robustness variant; a sweep has many.
A *cell* (point, regime, replicate) is one row of the final tables. A *task* is a piece of work:
some replicates of one point with the regimes that are still missing for them, because the regimes
of a replicate share its burn-in and its landscapes.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from agents.compiled import source_hash, versions
from agents.settings import ConfigError
from experiments.running.names import NAME, Names, name_of, names_of
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World

SCHEMA_VERSION = 1  # raise it when the meaning of a stored column changes
MAIN = "main"  # name of the point that is not a variant
MAP = "map "  # with this begin the names of points that are cells of a question's map
TASK_REPLICATES = 1_000  # most replicates of a task: cutting batches off a longer one is slow
LOOKED_UP = 100_000  # names looked up together, however many points they come from


def run_id(
    world: World,
    population: Population,
    reference: Regime,
    regime: Regime,
    seed: int,
    replicate: int,
) -> str:
    """Name of a run, 32 hex digits: equal exactly when nothing the model reads differs.

    Names, titles, labels, the number of workers and folders are no part of it; the sources of the
    model and the versions of numba and NumPy are.
    """
    key = _regime_key(_setting_key(world, population, reference), regime)
    return name_of(_prefix(key, seed), replicate)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One world and population, and the regimes compared in it.

    Attributes
    ----------
    variant: name in the tables, :data:`MAIN` for the main world.
    reference: regime without money, against which the engine counts deadweight.
    regimes: the regimes to report, in the order of the tables.
    replicates: number of replicates, 0 to ``replicates`` - 1.
    trajectories: whether the runs' trajectories are kept.
    prefixes: for each regime what its runs have in common; equal where the runs are equal.
    """

    variant: str
    world: World
    population: Population
    reference: Regime
    regimes: tuple[Regime, ...]
    seed: int
    replicates: int
    trajectories: bool = False
    prefixes: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _refuse_repeated("regime", [regime.name for regime in self.regimes])
        setting = _setting_key(self.world, self.population, self.reference)
        keys = [_regime_key(setting, regime) for regime in self.regimes]
        prefixes = tuple(_prefix(key, self.seed) for key in keys)
        object.__setattr__(self, "prefixes", prefixes)

    def run_id(self, regime: int, replicate: int) -> str:
        """Name of the run of ``regimes[regime]``; see :func:`run_id`."""
        return name_of(self.prefixes[regime], replicate)

    def run_ids(self, replicates: range | None = None) -> np.ndarray:
        """Names of the runs, of all replicates or some, as bytes, shape (regimes, replicates)."""
        wanted = range(self.replicates) if replicates is None else replicates
        names = [names_of(prefix, wanted) for prefix in self.prefixes]
        return np.concatenate([np.empty(0, NAME), *names]).reshape(len(names), len(wanted))


class Cell(NamedTuple):
    """One row of the final tables: indices of the point and regime, replicate, name of the run."""

    point: int
    regime: int
    replicate: int
    run_id: str


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All cells of an experiment."""

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        _refuse_repeated("variant", [point.variant for point in self.points])

    def cells(self) -> Iterator[Cell]:
        """Every cell once, ordered by point, regime and replicate."""
        for index, point in enumerate(self.points):
            for regime in range(len(point.regimes)):
                for replicate in range(point.replicates):
                    yield Cell(index, regime, replicate, point.run_id(regime, replicate))

    @property
    def size(self) -> int:
        """Number of distinct runs; fewer than cells when regimes have equal levers."""
        return sum(self._distinct().values())

    def run_ids(self) -> Names:
        """The distinct runs."""
        return Names(np.concatenate([np.empty(0, NAME), *self.names()]))

    def names(self) -> Iterator[np.ndarray]:
        """Names of the distinct runs as bytes, some at a time, in no order."""
        for prefix, count in self._distinct().items():
            for part in _cut(count, LOOKED_UP):
                yield names_of(prefix, part)

    def held(self, names: np.ndarray) -> np.ndarray:
        """Which of these names, given as bytes, are runs of the plan; shape of ``names``."""
        found = np.zeros(names.shape, bool)
        if found.size:
            for some in self.names():
                found |= Names(some).held(names)
        return found

    def _distinct(self) -> dict[bytes, int]:
        """Number of replicates by what the runs have in common."""
        replicates: dict[bytes, int] = {}
        for point in self.points:
            for prefix in point.prefixes:
                replicates[prefix] = max(replicates.get(prefix, 0), point.replicates)
        return replicates


@dataclass(frozen=True, slots=True)
class Task:
    """Replicates of one point, with the regimes that each of them still needs.

    ``replicates`` is a range where none is left out, so that a long plan takes no memory;
    ``attempts`` counts the worker processes that have died on it.
    """

    point: int
    regimes: tuple[int, ...]
    replicates: Sequence[int]
    attempts: int = 0

    @property
    def size(self) -> int:
        """Number of runs."""
        return len(self.regimes) * len(self.replicates)

    def first(self, replicates: int) -> tuple[Task, Task | None]:
        """The first ``replicates`` replicates, and the rest if there is one."""
        head, rest = self.replicates[:replicates], self.replicates[replicates:]
        return (
            dataclasses.replace(self, replicates=head),
            dataclasses.replace(self, replicates=rest) if rest else None,
        )

    def parts(self) -> list[Task]:
        """The same runs in smaller tasks: by replicate, then by regime; itself if it is one run."""
        if len(self.replicates) > 1:
            return [dataclasses.replace(self, replicates=(one,)) for one in self.replicates]
        return [dataclasses.replace(self, regimes=(one,)) for one in self.regimes]


def reconcile(
    plan: Plan, runs: Collection[str], trajectories: Collection[str] = frozenset()
) -> list[Task]:
    """The work that is missing, given the names of the runs and trajectories that are stored.

    What futures or progress displays said does not count. A run that several cells share is
    asked for once.
    """
    stored, kept = Names.of(runs), Names.of(trajectories)
    claimed = _Claimed()
    tasks: list[Task] = []
    for stretches in _portions(plan.points):
        points = [plan.points[stretch.point] for stretch in stretches]
        names = [
            point.run_ids(stretch.replicates)
            for point, stretch in zip(points, stretches, strict=True)
        ]
        done = _done(points, names, stored, kept)
        for stretch, point, found in zip(stretches, points, done, strict=True):
            if not found.all():
                tasks += _tasks(stretch, claimed.left(point, stretch.replicates, ~found))
    return tasks


class _Stretch(NamedTuple):
    """Replicates of a point, by its index."""

    point: int
    replicates: range


def _portions(points: Sequence[Point]) -> Iterator[list[_Stretch]]:
    """What is looked up together: some replicates of a large point, or many small points."""
    portion: list[_Stretch] = []
    size = 0
    for index, point in enumerate(points):
        regimes = max(1, len(point.regimes))
        for replicates in _cut(point.replicates, max(1, LOOKED_UP // regimes)):
            portion.append(_Stretch(index, replicates))
            size += len(replicates) * regimes
            if size >= LOOKED_UP:
                yield portion
                portion, size = [], 0
    if portion:
        yield portion


def _cut(count: int, longest: int) -> Iterator[range]:
    """The numbers from 0 to ``count`` - 1, so many at a time."""
    for first in range(0, count, longest):
        yield range(first, min(first + longest, count))


def _done(
    points: Sequence[Point], names: Sequence[np.ndarray], stored: Names, kept: Names
) -> list[np.ndarray]:
    """Which runs of each stretch are complete, each of shape (regimes, replicates)."""
    every = np.concatenate([one.ravel() for one in names])
    sizes = [one.size for one in names]
    plain = np.repeat([not point.trajectories for point in points], sizes)
    done = stored.held(every)
    with_series = np.flatnonzero(done & ~plain)
    done[with_series] = kept.held(every[with_series])
    parts = np.split(done, np.cumsum(sizes)[:-1])
    return [part.reshape(one.shape) for part, one in zip(parts, names, strict=True)]


class _Claimed:
    """Runs that are asked for already, by what they have in common: all below some replicate."""

    def __init__(self) -> None:
        self._any: dict[bytes, int] = {}
        self._with_trajectories: dict[bytes, int] = {}

    def left(self, point: Point, replicates: range, missing: np.ndarray) -> np.ndarray:
        """What nobody has asked for; from now on it is asked for. Changes ``missing``.

        Lower replicates of the point have been asked for, or are complete.
        """
        kinds = (self._any, self._with_trajectories)
        enough = kinds[point.trajectories]
        for regime, prefix in enumerate(point.prefixes):
            missing[regime, : max(0, enough.get(prefix, 0) - replicates.start)] = False
            for claims in kinds[: 1 + point.trajectories]:
                claims[prefix] = max(claims.get(prefix, 0), replicates.stop)
        return missing


def _tasks(stretch: _Stretch, missing: np.ndarray) -> Iterator[Task]:
    """Replicates with the same missing regimes together; ``missing`` (regimes, replicates)."""
    groups: dict[bytes, list[int]] = {}
    by_replicate = np.ascontiguousarray(missing.T)
    for replicate in np.flatnonzero(missing.any(axis=0)).tolist():
        pattern = by_replicate[replicate].tobytes()
        groups.setdefault(pattern, []).append(stretch.replicates[replicate])
    for pattern, group in groups.items():
        regimes = tuple(np.flatnonzero(np.frombuffer(pattern, bool)).tolist())
        for part in _cut(len(group), TASK_REPLICATES):
            yield Task(stretch.point, regimes, _short(group[part.start : part.stop]))


def _short(numbers: Sequence[int]) -> Sequence[int]:
    """Rising numbers as a range where none is left out."""
    whole = range(numbers[0], numbers[-1] + 1)
    return whole if len(whole) == len(numbers) else tuple(numbers)


def _digest(*parts: bytes) -> bytes:
    """Hash of the parts; their lengths are hashed too, so that no two lists of parts collide."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.digest()


@functools.cache
def _software() -> bytes:
    return f"schema {SCHEMA_VERSION}, sources {source_hash()}, {versions()}".encode()


def _setting_key(world: World, population: Population, reference: Regime) -> bytes:
    """What all regimes of a point have in common."""
    return _digest(
        _software(),
        world.columns().tobytes(),
        population.digest().encode(),
        reference.columns.tobytes(),
    )


def _regime_key(setting: bytes, regime: Regime) -> bytes:
    return _digest(setting, regime.columns.tobytes())


def _prefix(key: bytes, seed: int) -> bytes:
    return key + b"%d " % seed


def _refuse_repeated(what: str, names: list[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ConfigError(f"{what} '{name}' is given {count} times. Name each {what} once.")
