"""Settings that explain themselves: typed, bounded, sourced, and strict about nonsense.

Every number of the product lives in YAML. The frozen dataclass beside the code that uses it says
what the number means, in which unit, within which range, and where it comes from; it refuses bad
values with a message that names the setting, the value, what is allowed and what to write instead.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self


class ConfigError(ValueError):
    """Input that cannot be used; the message says what to write instead. Exit code 2."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint such as ``Did you mean 'race'?`` or the list of known names."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    return "Known: " + ", ".join(names) + "."


def build_all(
    kinds: Mapping[str, type[Settings]], values: Mapping[str, Any], *, one: str
) -> dict[str, Settings]:
    """Settings of every kind from ``{kind: {parameter: value}}``; ``one`` says what a kind is.

    Raises
    ------
    ConfigError: unknown or missing kind or parameter, or a value that is not allowed.
    """
    for name in values:
        if name not in kinds:
            raise ConfigError(f"'{name}' is not a {one}. {nearest(str(name), kinds)}")
    for name in kinds:
        if name not in values:
            raise ConfigError(f"{one} '{name}' is missing.")
    return {name: kind.from_mapping(values[name]) for name, kind in kinds.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What is known about one setting; the appendix and the docs are generated from it."""

    unit: str
    meaning: str
    source: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def allowed(self) -> str:
        """The admissible values in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        return f"between {self.low:g} and {self.high:g}" if self.low is not None else "any value"


def parameter(
    *,
    unit: str,
    meaning: str,
    source: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a field of a :class:`Settings` class.

    ``source`` names a publication or data file, or starts with ``assumption``.
    """
    return dataclasses.field(
        metadata={
            "parameter": Parameter(
                unit=unit, meaning=meaning, source=source, low=low, high=high, choices=choices
            )
        }
    )


class Settings:
    """Base of all parameter classes; subclasses are frozen keyword-only dataclasses.

    Subclasses set ``SECTION`` (the configuration key) and may override :meth:`check` for rules
    that concern several fields.
    """

    SECTION: ClassVar[str]

    def __post_init__(self) -> None:
        for name, spec in self.parameters().items():
            _check_value(f"{self.SECTION}.{name}", getattr(self, name), spec)
        self.check()

    def check(self) -> None:
        """Refuse contradictions between fields."""

    @classmethod
    @functools.cache
    def parameters(cls) -> dict[str, Parameter]:
        """The declared parameters by field name, in order."""
        return {
            field.name: field.metadata["parameter"]
            for field in dataclasses.fields(cls)  # type: ignore[arg-type]
        }

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain YAML values; every field must be there and no other.

        Raises
        ------
        ConfigError: an unknown or missing setting, or a value of the wrong type or range.
        """
        if not isinstance(values, Mapping):
            raise ConfigError(
                f"{cls.SECTION} = {values!r} is not a group of settings. Write it as "
                f"'{cls.SECTION}: {{name: value, ...}}' with names from: "
                f"{', '.join(cls.parameters())}."
            )
        known = cls.parameters()
        for name in values:
            if name not in known:
                raise ConfigError(
                    f"{cls.SECTION}.{name} is not a setting. {nearest(str(name), known)}"
                )
        missing = [name for name in known if name not in values]
        if missing:
            name = missing[0]
            raise ConfigError(
                f"{cls.SECTION}.{name} is missing. It is: {known[name].meaning} "
                f"({known[name].unit}); allowed: {known[name].allowed()}."
            )
        types = typing.get_type_hints(cls)
        return cls(
            **{
                name: _convert(f"{cls.SECTION}.{name}", values[name], types[name], spec)
                for name, spec in known.items()
            }
        )

    def as_mapping(self) -> dict[str, Any]:
        """Plain values, as they would stand in YAML."""
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value
            for name in self.parameters()
        }

    def encode(self) -> dict[str, float | int]:
        """Numbers for the columns: choices become codes, sets of choices become bit masks."""
        coded: dict[str, float | int] = {}
        for name, spec in self.parameters().items():
            value = getattr(self, name)
            if isinstance(value, tuple):
                coded[name] = sum(1 << spec.choices.index(item) for item in value)
            elif isinstance(value, str):
                coded[name] = spec.choices.index(value)
            else:
                coded[name] = int(value) if isinstance(value, bool) else value
        return coded

    @classmethod
    def columns(cls) -> list[tuple[str, str]]:
        """Column names and NumPy types that :meth:`encode` fills."""
        types = typing.get_type_hints(cls)
        return [(name, "f8" if types[name] is float else "i8") for name in cls.parameters()]


def _check_value(where: str, value: Any, spec: Parameter) -> None:
    items = value if isinstance(value, tuple) else (value,)
    for item in items:
        if spec.choices and item not in spec.choices:
            raise ConfigError(
                f"{where} = {item!r} is not known. {nearest(str(item), spec.choices)}"
            )
    if spec.low is None or isinstance(value, (str, tuple)):
        return
    assert spec.high is not None
    if not math.isfinite(value) or not spec.low <= value <= spec.high:
        raise ConfigError(
            f"{where} = {value!r} is outside [{spec.low:g}, {spec.high:g}]. It is: {spec.meaning} "
            f"({spec.unit}). {_instead(value, spec)}"
        )


def _instead(value: float, spec: Parameter) -> str:
    assert spec.low is not None and spec.high is not None
    if spec.high == 1.0 and 1.0 < value <= 100.0 and "share" in spec.unit:
        return f"Write {value:g} % as {value / 100.0:g}."
    if not math.isfinite(value):
        return f"Write a number from {spec.low:g} to {spec.high:g}."
    return f"Write {min(max(value, spec.low), spec.high):g}, the nearest value allowed."


def _convert(where: str, value: Any, kind: Any, spec: Parameter) -> Any:
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind in (bool, str) and isinstance(value, kind):
        return value
    if typing.get_origin(kind) is tuple:
        if isinstance(value, str):
            value = [value]
        if isinstance(value, Iterable):
            return tuple(value)
    wanted = {float: "a number", int: "a whole number", bool: "true or false", str: "a word"}.get(
        kind, "a list"
    )
    raise ConfigError(
        f"{where} = {value!r} is not {wanted}. It is: {spec.meaning} ({spec.unit}); "
        f"allowed: {spec.allowed()}."
    )
