"""From a design's rows to validated points of a plan.

Everything here is built from plain values (the content of ``config.yaml``), so that a finished
sweep's points can be built again from its folder. What no factor touches is built once and shared.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.settings import ConfigError, Settings
from experiments.populations import build_population
from experiments.regimes import Change, Levers
from experiments.running.plan import Point
from experiments.sweep.designs import Design
from experiments.sweep.factors import POPULATION, lever_change
from experiments.sweep.space import Space, shown
from simulation.policies.registry import FAMILIES, Programme, Regime
from simulation.population import Population
from simulation.world import SECTIONS, World

MOST_SHOWN = 5  # faulty configurations that are shown; the others are counted
POINT = "point "  # with this begin the names of points in a plan

Values = Mapping[str, Any]  # of the factors, by name


@dataclass(frozen=True, slots=True)
class Fixed:
    """What the points of a sweep share, in plain values.

    Attributes
    ----------
    world: sections of the world.
    populations: by name; more than one when the population is a factor.
    regimes: programmes by regime, before any change; the reference is the first.
    changes: changes of levers that are no factors.
    presets: levers by family and name of the preset, for all presets that are named.
    files: where a population's own file lies, by population.
    """

    world: Mapping[str, Mapping[str, Any]]
    populations: Mapping[str, Mapping[str, Any]]
    regimes: Mapping[str, Mapping[str, Levers]]
    changes: Sequence[Change]
    presets: Mapping[str, Levers]
    files: Mapping[str, Path]
    seed: int
    replicates: int
    trajectories: bool


class Configurations:
    """Builds the points of a sweep."""

    def __init__(self, space: Space, fixed: Fixed) -> None:
        self._names = space.names
        self._fixed = fixed
        self._worlds = _Worlds(fixed.world, [n for n in self._names if n.split(".")[0] in SECTIONS])
        self._levers = [name for name in self._names if lever_change(name, None) is not None]
        self._reference, *_ = (
            _Programmes(name, fixed.regimes[name], (), (), fixed.presets).regime({})
            for name in fixed.regimes
        )
        self._regimes = {
            name: _Programmes(name, programmes, fixed.changes, self._levers, fixed.presets)
            for name, programmes in fixed.regimes.items()
            if name != self._reference.name
        }
        self._population = functools.cache(self._build_population)

    def point(self, number: int, row: Sequence[Any]) -> Point:
        """The point at a row of the design.

        Raises
        ------
        ConfigError: a value is not allowed, or settings contradict each other.
        """
        values = dict(zip(self._names, row, strict=True))
        return Point(
            variant=f"{POINT}{number}",
            world=self._worlds.world(values),
            population=self._population(
                tuple((name, values[name]) for name in self._names if _is_population(name))
            ),
            reference=self._reference,
            regimes=(self._reference, *(one.regime(values) for one in self._regimes.values())),
            seed=self._fixed.seed,
            replicates=self._fixed.replicates,
            trajectories=self._fixed.trajectories,
        )

    def _build_population(self, given: tuple[tuple[str, Any], ...]) -> Population:
        values = dict(given)
        name = str(values.pop(POPULATION, next(iter(self._fixed.populations))))
        plain = dict(self._fixed.populations[name])
        if name in self._fixed.files:
            plain["file"] = str(self._fixed.files[name])
        for setting, value in values.items():
            _put(plain, setting.split(".")[1:], list(value) if isinstance(value, tuple) else value)
        return build_population(plain)


class _Worlds:
    """Worlds that differ in the varied sections only; worlds with equal values are shared."""

    def __init__(self, plain: Mapping[str, Mapping[str, Any]], varied: Sequence[str]) -> None:
        for name in plain:
            if name not in SECTIONS:
                raise ConfigError(f"'{name}' is not a section of the world.")
        self._plain = plain
        self._varied = [(name, *name.split(".")) for name in varied]
        touched = {section for _, section, _ in self._varied}
        self._shared = {
            name: kind.from_mapping(plain[name])
            for name, kind in SECTIONS.items()
            if name not in touched
        }
        self._built = functools.cache(self._build)

    def world(self, values: Values) -> World:
        return self._built(tuple(values[name] for name, _, _ in self._varied))

    def _build(self, values: tuple[Any, ...]) -> World:
        changed: dict[str, dict[str, Any]] = {}
        for (_, section, parameter), value in zip(self._varied, values, strict=True):
            changed.setdefault(section, dict(self._plain[section]))[parameter] = value
        world = World(
            {
                name: self._shared[name]
                if name in self._shared
                else kind.from_mapping(changed[name])
                for name, kind in SECTIONS.items()
            }
        )
        world.check()
        return world


class _Programmes:
    """One regime under the fixed changes and those of the factors that concern it."""

    def __init__(
        self,
        name: str,
        programmes: Mapping[str, Levers],
        fixed: Sequence[Change],
        varied: Sequence[str],
        presets: Mapping[str, Levers],
    ) -> None:
        self._name = name
        self._programmes = programmes
        self._fixed = [change for change in fixed if change.regime in (None, name)]
        changes = {factor: lever_change(factor, None) for factor in varied}
        self._varied = [
            factor for factor, one in changes.items() if one and one.regime in (None, name)
        ]
        self._presets = presets
        self._touched = {changes[factor].family for factor in self._varied}  # type: ignore[union-attr]
        self._settings = functools.cache(self._shared_settings)
        self._built = functools.cache(self._build)

    def regime(self, values: Values) -> Regime:
        return self._built(tuple(values[factor] for factor in self._varied))

    def _build(self, values: tuple[Any, ...]) -> Regime:
        moved = (
            lever_change(name, value) for name, value in zip(self._varied, values, strict=True)
        )
        changes = [*self._fixed, *(one for one in moved if one is not None)]
        programmes = []
        for programme, levers in self._programmes.items():
            try:
                programmes.append(self._programme(programme, levers, changes))
            except ConfigError as error:
                raise ConfigError(
                    f"regime '{self._name}', programme '{programme}': {error}"
                ) from error
        return Regime(self._name, tuple(programmes))

    def _programme(self, name: str, levers: Levers, changes: Iterable[Change]) -> Programme:
        concerning = [one for one in changes if one.concerns(self._name, name)]
        changed = changed_levers(levers, concerning, self._presets)
        made = Programme(
            {
                family: kind.from_mapping(changed[family])
                if family in self._touched
                else self._settings(name, family)
                for family, kind in FAMILIES.items()
            }
        )
        made.check()
        return made

    def _shared_settings(self, programme: str, family: str) -> Settings:
        """Levers of a family that no factor touches."""
        fixed = [one for one in self._fixed if one.concerns(self._name, programme)]
        levers = changed_levers(self._programmes[programme], fixed, self._presets)
        return FAMILIES[family].from_mapping(levers[family])


def changed_levers(
    levers: Levers, changes: Iterable[Change], presets: Mapping[str, Levers]
) -> Levers:
    """Levers after changes: general before special, presets before single levers."""
    changed = dict(levers)
    for one in sorted(changes, key=Change.rank):
        if one.lever is None:
            changed[one.family] = presets[one.family][str(one.value)]
        else:
            changed[one.family] = changed[one.family] | {one.lever: one.value}
    return changed


def make_points(design: Design, point: Callable[[int, Sequence[Any]], Point]) -> tuple[Point, ...]:
    """All points of a design, every one validated.

    Raises
    ------
    ConfigError: some cannot be run; counts them and shows the first few.
    """
    points: list[Point] = []
    shown_errors: list[str] = []
    wrong = 0
    for number, row in enumerate(design.rows()):
        try:
            points.append(point(number, row))
        except ConfigError as error:
            wrong += 1
            if len(shown_errors) < MOST_SHOWN:
                shown_errors.append(f"  point {number} ({_settings(design, row)}): {error}")
    if wrong:
        more = [f"  and {wrong - MOST_SHOWN} more"] if wrong > MOST_SHOWN else []
        raise ConfigError(
            f"{wrong} of {design.points} planned configurations cannot be run, so nothing was "
            f"started:\n" + "\n".join([*shown_errors, *more])
        )
    return tuple(points)


def refuse_idle_factors(design: Design, configurations: Configurations) -> None:
    """Refuse a factor that changes nothing the model reads, or two levels that come to the same.

    Raises
    ------
    ConfigError: names the factor and what to do.
    """
    first = list(next(iter(design.rows())))
    for k, factor in enumerate(design.space.factors):
        seen: dict[bytes, Any] = {}
        ends = factor.ends()
        for value in ends if len(ends) > 1 else ():
            try:
                signature = _signature(
                    configurations.point(0, [*first[:k], value, *first[k + 1 :]])
                )
            except ConfigError:
                continue  # counted with the planned configurations, if it is one
            if signature in seen:
                raise ConfigError(
                    f"{factor.name}={factor.short()}: {shown(seen[signature])} and {shown(value)} "
                    f"come to the same world, population and regimes, so the factor changes nothing "
                    f"there; another setting may stand above it. Leave the factor or a level out."
                )
            seen[signature] = value


def _signature(point: Point) -> bytes:
    """Everything the model reads of a point."""
    parts = [point.world.columns().tobytes(), point.population.digest().encode()]
    return b"|".join([*parts, *(regime.columns.tobytes() for regime in point.regimes)])


def _settings(design: Design, row: Sequence[Any]) -> str:
    return ", ".join(
        f"{name}={shown(value)}" for name, value in zip(design.space.names, row, strict=True)
    )


def _is_population(name: str) -> bool:
    return name.split(".")[0] == POPULATION


def _put(plain: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Replace a value inside nested mappings, without touching those of others."""
    first, *rest = path
    if rest:
        plain[first] = dict(plain[first])
        _put(plain[first], rest, value)
    else:
        plain[first] = value
