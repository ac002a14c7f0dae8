"""The break-even map of a question: worlds that differ by difficulty, dispersion and budget.

An axis has three levels, each a set of parameters of the world that are replaced or multiplied.
The middle level changes nothing, so that the world of the comparison is the middle cell.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.settings import ConfigError, nearest
from experiments.library import Library
from experiments.regimes import PRESET, check_words
from experiments.running.plan import MAP
from simulation.world import World

AXES_GROUP = "experiment/axes"
AXES = ("difficulty", "dispersion", "budget")
AXIS_KEYS = ("title", "why", "levels")
LEVEL_KEYS = ("title", "set", "times")
LEVELS = 3  # of an axis; the middle one is the world of the comparison

Words = dict[str, str]  # by language


@dataclass(frozen=True, slots=True)
class Level:
    """A place on an axis: parameters of the world that are replaced or multiplied."""

    name: str
    title: Words
    set: Mapping[str, Any]
    times: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """A direction of the map, with the reason for its levels, by language."""

    name: str
    title: Words
    why: Words
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class MapCell:
    """A world of the map; ``levels`` are the names of its levels in the order of the axes."""

    levels: tuple[str, ...]
    world: World

    @property
    def variant(self) -> str:
        """Name of the cell in the table of runs."""
        return MAP + "/".join(self.levels)


def map_cells(experiment: str, axes: Sequence[Axis], world: World) -> tuple[MapCell, ...]:
    """The worlds of the map around ``world``, the last axis changing fastest.

    Raises
    ------
    ConfigError: a level names no parameter of the world, or gives it a value it cannot have.
    """
    cells = []
    for levels in itertools.product(*(axis.levels for axis in axes)):
        names = tuple(level.name for level in levels)
        try:
            cells.append(MapCell(names, _changed_world(world, levels)))
        except ConfigError as error:
            raise ConfigError(
                f"experiment '{experiment}', map cell {'/'.join(names)}: {error}"
            ) from error
    return tuple(cells)


def read_axes(library: Library, where: str, given: Any) -> Iterator[Axis]:
    """Axes by the name of a file, given here, or a file's with some of them replaced.

    Raises
    ------
    ConfigError: a key is unknown or missing, or levels are not three with an unchanged middle.
    """
    choice = {PRESET: given} if isinstance(given, str) else given
    if not isinstance(choice, Mapping):
        raise ConfigError(
            f"{where}: map.axes = {given!r} is neither a file nor axes. Write 'axes: default'."
        )
    axes = library.read(AXES_GROUP, str(choice[PRESET])) if PRESET in choice else {}
    axes |= {name: axis for name, axis in choice.items() if name != PRESET}
    check_keys(f"{where}, map.axes", axes, AXES)
    for name in AXES:
        yield _axis(f"{where}, axis {name}", name, axes[name])


def _axis(where: str, name: str, given: Any) -> Axis:
    check_keys(where, given, AXIS_KEYS)
    for key in ("title", "why"):
        check_words(where, key, given[key])
    levels = given["levels"]
    if not isinstance(levels, Mapping) or len(levels) != LEVELS:
        raise ConfigError(
            f"{where}: levels = {levels!r} are not {LEVELS} levels by name. Write three, of which "
            f"the middle one changes nothing."
        )
    made = tuple(_level(f"{where}, level {key}", str(key), one) for key, one in levels.items())
    middle = made[LEVELS // 2]
    if middle.set or middle.times:
        raise ConfigError(
            f"{where}: the middle level '{middle.name}' changes the world. It is the world of the "
            f"comparison: leave out its set and times."
        )
    return Axis(name, dict(given["title"]), dict(given["why"]), made)


def _level(where: str, name: str, given: Any) -> Level:
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where}: {given!r} is no level. Write title, and set or times.")
    check_keys(where, {"set": {}, "times": {}} | dict(given), LEVEL_KEYS)
    check_words(where, "title", given["title"])
    changes = {key: given.get(key, {}) for key in ("set", "times")}
    for key, values in changes.items():
        if not isinstance(values, Mapping):
            raise ConfigError(
                f"{where}: {key} = {values!r} are no parameters. Write {key}: {{needs.links_low: 1}}."
            )
    for parameter, factor in changes["times"].items():
        if isinstance(factor, bool) or not isinstance(factor, (int, float)):
            raise ConfigError(f"{where}: times.{parameter} = {factor!r} is no factor. Write 0.5.")
    return Level(name, dict(given["title"]), **changes)


def _changed_world(world: World, levels: Iterable[Level]) -> World:
    plain = world.as_mapping()
    changed: set[str] = set()
    for level in levels:
        for parameter in (*level.set, *level.times):
            section, _, name = parameter.partition(".")
            if section not in plain or name not in plain[section]:
                known = [f"{part}.{one}" for part, values in plain.items() for one in values]
                raise ConfigError(
                    f"'{parameter}' is not a parameter of the world. {nearest(parameter, known)}"
                )
            if parameter in changed:
                raise ConfigError(
                    f"'{parameter}' is changed twice. Let only one axis, and either set or times, "
                    f"change it."
                )
            changed.add(parameter)
            plain[section][name] = (
                level.set[parameter]
                if parameter in level.set
                else _times(plain[section][name], level.times[parameter])
            )
    return World.from_mapping(plain)


def _times(value: Any, factor: float) -> Any:
    """A multiple; whole where the value is, as far as the multiple is whole."""
    product = value * factor
    return int(product) if isinstance(value, int) and product == int(product) else product


def check_keys(where: str, given: Any, keys: Sequence[str], optional: Sequence[str] = ()) -> None:
    """Refuse anything but a mapping with these keys; ``where`` names its place."""
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where}: {given!r} is not complete. It has {', '.join(keys)}.")
    known = (*keys, *optional)
    for key in given:
        if key not in known:
            raise ConfigError(f"{where}: '{key}' is not known. {nearest(str(key), known)}")
    for key in keys:
        if key not in given:
            raise ConfigError(f"{where}: {key} is missing. It has {', '.join(keys)}.")
