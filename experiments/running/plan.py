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
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.compiled import source_hash, versions
from agents.settings import ConfigError
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World

SCHEMA_VERSION = 1  # raise it when the meaning of a stored column changes
MAIN = "main"  # name of the point that is not a variant
MAP = "map "  # with this begin the names of points that are cells of a question's map


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
    return _run_id(_regime_key(_setting_key(world, population, reference), regime), seed, replicate)


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
    """

    variant: str
    world: World
    population: Population
    reference: Regime
    regimes: tuple[Regime, ...]
    seed: int
    replicates: int
    trajectories: bool = False
    _keys: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _refuse_repeated("regime", [regime.name for regime in self.regimes])
        setting = _setting_key(self.world, self.population, self.reference)
        keys = tuple(_regime_key(setting, regime) for regime in self.regimes)
        object.__setattr__(self, "_keys", keys)

    def run_id(self, regime: int, replicate: int) -> str:
        """Name of the run of ``regimes[regime]``; see :func:`run_id`."""
        return _run_id(self._keys[regime], self.seed, replicate)


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

    def run_ids(self) -> set[str]:
        """The distinct runs; fewer than cells when regimes with other names have equal levers."""
        return {cell.run_id for cell in self.cells()}


@dataclass(frozen=True, slots=True)
class Task:
    """Replicates of one point, with the regimes that each of them still needs.

    ``attempts`` counts the worker processes that have died on it.
    """

    point: int
    regimes: tuple[int, ...]
    replicates: tuple[int, ...]
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
    claimed: dict[str, bool] = {}  # run -> whether its trajectories come with it
    tasks: list[Task] = []
    for index, point in enumerate(plan.points):
        groups: dict[tuple[int, ...], list[int]] = {}
        for replicate in range(point.replicates):
            missing = []
            for regime in range(len(point.regimes)):
                name = point.run_id(regime, replicate)
                stored = name in runs and (not point.trajectories or name in trajectories)
                coming = name in claimed and claimed[name] >= point.trajectories
                if stored or coming:
                    continue
                claimed[name] = point.trajectories
                missing.append(regime)
            if missing:
                groups.setdefault(tuple(missing), []).append(replicate)
        tasks += [Task(index, regimes, tuple(group)) for regimes, group in groups.items()]
    return tasks


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


def _run_id(key: bytes, seed: int, replicate: int) -> str:
    return hashlib.sha256(key + f"{seed} {replicate}".encode()).hexdigest()[:32]


def _refuse_repeated(what: str, names: list[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ConfigError(f"{what} '{name}' is given {count} times. Name each {what} once.")
