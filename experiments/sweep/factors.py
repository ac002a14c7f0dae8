"""From settings with several values to factors, each checked by itself against its declaration."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError, Parameter, Settings, nearest
from experiments.library import Library
from experiments.overrides import GROUPS, change_of
from experiments.populations import build_population
from experiments.regimes import Change
from experiments.sweep.space import Factor
from simulation.policies.registry import FAMILIES
from simulation.world import SECTIONS

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

POPULATION = "population"
MOST_LEVELS = 10_000  # of one factor; more are a slip of the pen


@dataclass(frozen=True, slots=True)
class Declared:
    """Type and declaration of a setting; None where only building it will tell."""

    kind: Any
    spec: Parameter | None


def make_factor(
    name: str, override: Override, library: Library, population: Mapping[str, Any]
) -> Factor:
    """A factor from ``name=a,b``, ``name=range(...)`` or ``name=interval(a,b)``.

    Parameters
    ----------
    population: plain values of the first population, for types of its settings.

    Raises
    ------
    ConfigError: the setting is unknown or cannot be varied, or a value is not allowed.
    """
    declared = _declared(name, library, population)
    if override.is_interval_sweep():
        factor = _range(name, override, declared)
    else:
        factor = Factor(name, tuple(_levels(name, override, declared)))
    for value in factor.ends():
        _refuse_outside(factor, value, declared, library)
    return factor


def lever_change(name: str, value: Any) -> Change | None:
    """The change of levers that a factor makes at a value; None for other factors."""
    first = name.partition(".")[0]
    if first not in FAMILIES and first != "regime":
        return None
    return change_of(f"{name}=...", name, list(value) if isinstance(value, tuple) else value)


def _declared(name: str, library: Library, population: Mapping[str, Any]) -> Declared:
    first, _, rest = name.partition(".")
    if first in SECTIONS:
        return _parameter(SECTIONS[first], name, rest)
    if (change := lever_change(name, None)) is not None:
        if change.lever is None:
            return Declared(str, None)
        return _parameter(FAMILIES[change.family], name, change.lever)
    if first == POPULATION:
        return Declared(str if not rest else _type_in(population, name, rest), None)
    if first in ("seed", "replicates"):
        raise ConfigError(
            f"{name} cannot be varied: every point runs the same replicates on the same luck. Write "
            f"one {name}, and more replicates for more luck."
        )
    known = [f"{section}.{one}" for section, kind in SECTIONS.items() for one in kind.parameters()]
    known += [f"{family}.{one}" for family, kind in FAMILIES.items() for one in kind.parameters()]
    if first in GROUPS:
        raise ConfigError(f"{name} cannot be varied. Vary parameters, such as search.noise.")
    raise ConfigError(
        f"'{name}' is not a setting. {nearest(name, [*known, *FAMILIES, POPULATION])}"
    )


def _parameter(section: type[Settings], name: str, parameter: str) -> Declared:
    known = section.parameters()
    if parameter not in known:
        names = [f"{section.SECTION}.{one}" for one in known]
        raise ConfigError(f"'{name}' is not a setting. {nearest(name, names)}")
    return Declared(typing.get_type_hints(section)[parameter], known[parameter])


def _type_in(population: Mapping[str, Any], name: str, path: str) -> Any:
    """Type of a setting of a population: that of the value its file gives."""
    node: Any = population
    for key in path.split("."):
        if not isinstance(node, Mapping) or key not in node:
            if node is population:
                build_population({**population, key: 0})  # refuses it and says what can be set
            known = node if isinstance(node, Mapping) else ()
            raise ConfigError(f"'{name}' is not a setting. {nearest(key, map(str, known))}")
        node = node[key]
    return tuple if isinstance(node, list) else type(node)


def _range(name: str, override: Override, declared: Declared) -> Factor:
    interval: Any = override.value()
    low, high = interval.start, interval.end
    if declared.kind not in (int, float):
        raise ConfigError(
            f"{name}=interval({low:g},{high:g}): {name} is not a number. Write its levels, such as "
            f"{name}={_two_levels(declared)}."
        )
    whole = declared.kind is int
    if whole and (low != int(low) or high != int(high)):
        raise ConfigError(
            f"{name}=interval({low:g},{high:g}): {name} is a whole number. Write whole ends, such as "
            f"{name}=interval({int(low)},{int(high) + 1})."
        )
    return Factor(name, (), float(low), float(high), whole)


def _two_levels(declared: Declared) -> str:
    choices = declared.spec.choices[:2] if declared.spec is not None else ()
    return "true,false" if declared.kind is bool else ",".join(choices) or "one,another"


def _levels(name: str, override: Override, declared: Declared) -> list[Any]:
    value: Any = override.value()
    if getattr(value, "shuffle", False) or not hasattr(value, "tags"):
        raise ConfigError(
            f"{name}: shuffle and glob have no use here. Write the levels: {name}=a,b,c."
        )
    levels: list[Any] = []
    for level in override.sweep_iterator():
        levels.append(_level(type(override)._convert_value(level), declared.kind))
        if len(levels) > MOST_LEVELS:
            raise ConfigError(
                f"{name} has more than {MOST_LEVELS} levels. Write a range: {name}=interval(a,b)."
            )
    if not levels:
        raise ConfigError(
            f"{name} has no level: its range is empty. Write {name}=range(first,end,step), of which "
            f"the end is left out, or the levels themselves."
        )
    return levels


def _level(level: Any, kind: Any) -> Any:
    """A level in the type of its setting, where that is only a matter of writing."""
    if isinstance(level, list):
        return tuple(level)
    if kind is float and isinstance(level, int) and not isinstance(level, bool):
        return float(level)
    if kind is int and isinstance(level, float) and level.is_integer():
        return int(level)
    return level


def _refuse_outside(factor: Factor, value: Any, declared: Declared, library: Library) -> None:
    """One value against the declaration; contradictions between settings are found later."""
    spec = declared.spec
    if spec is None:
        change = lever_change(factor.name, value)
        if change is not None or factor.name == POPULATION:
            library.path(change.family if change else POPULATION, str(value))
        return
    items = value if isinstance(value, tuple) else (value,)
    wrong = spec.choices and any(item not in spec.choices for item in items)
    if declared.kind in (int, float):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        wrong = not number or not _low(spec) <= value <= _high(spec)
        wrong = wrong or (declared.kind is int and value != int(value))
    elif declared.kind is bool:
        wrong = not isinstance(value, bool)
    if wrong:
        whole = "a whole number " if declared.kind is int else ""
        raise ConfigError(
            f"{factor.name}={factor.short()} leaves what is allowed: {value!r} is not {whole}"
            f"{'true or false' if declared.kind is bool else spec.allowed()}. It is: {spec.meaning} "
            f"({spec.unit}). {_inside(factor, spec)}"
        )


def _inside(factor: Factor, spec: Parameter) -> str:
    """The range cut to what is allowed, if that leaves one."""
    low, high = max(factor.bounds[0], _low(spec)), min(factor.bounds[1], _high(spec))
    if factor.is_range and low < high:
        return f"Write {factor.name}=interval({low:g},{high:g})."
    return "Write values that are allowed."


def _low(spec: Parameter) -> float:
    return float("-inf") if spec.low is None else spec.low


def _high(spec: Parameter) -> float:
    return float("inf") if spec.high is None else spec.high
