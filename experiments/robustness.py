"""Robustness: other worlds in which a comparison is repeated, such as other definitions of success."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.settings import ConfigError, nearest
from simulation.world import World

MOST_REPLICATES = 1_000_000


@dataclass(frozen=True, slots=True)
class Variant:
    """Another world in which the comparison is repeated, such as ``q=0.00125``."""

    name: str
    world: World


def robustness_variants(world: World, values: Any) -> tuple[tuple[Variant, ...], int]:
    """Other worlds from the robustness node, and their replicates.

    The main world's own values are left out.

    Raises
    ------
    ConfigError: the node is not complete, or a parameter or value is not allowed.
    """
    if not isinstance(values, Mapping) or set(values) != {"replicates", "variants"}:
        raise ConfigError(
            f"robustness = {values!r} is not complete. It has replicates and variants; write "
            f"robustness=none to leave it out."
        )
    variants: dict[str, Variant] = {}
    for line in values["variants"]:
        for variant in _variants_of(world, line):
            variants[variant.name] = variant
    return tuple(variants.values()), whole_number(
        "robustness.replicates", values["replicates"], 1, MOST_REPLICATES
    )


def _variants_of(world: World, line: Any) -> list[Variant]:
    if not isinstance(line, Mapping) or set(line) not in (
        {"label", "parameter", "times"},
        {"label", "parameter", "values"},
    ):
        raise ConfigError(
            f"robustness.variants: {line!r} is not a variant. Write label, parameter, and either "
            f"times or values, such as {{label: q, parameter: criteria.top_share, times: [0.5, 2]}}."
        )
    section, _, name = str(line["parameter"]).partition(".")
    plain = world.as_mapping()
    if section not in plain or name not in plain[section]:
        known = [f"{part}.{one}" for part, settings in plain.items() for one in settings]
        raise ConfigError(
            f"robustness.variants: '{line['parameter']}' is not a parameter of the world. "
            f"{nearest(str(line['parameter']), known)}"
        )
    now = plain[section][name]
    levels = line["values"] if "values" in line else [now * times for times in line["times"]]
    return [
        Variant(f"{line['label']}={level:g}", _changed_world(plain, section, name, level))
        for level in levels
        if level != now
    ]


def _changed_world(plain: Mapping[str, Any], section: str, name: str, level: Any) -> World:
    try:
        return World.from_mapping({**plain, section: {**plain[section], name: level}})
    except ConfigError as error:
        raise ConfigError(
            f"robustness: {error} Write robustness=none to leave the repetitions out."
        ) from error


def whole_number(name: str, value: Any, low: int, high: int) -> int:
    """A setting that must be a whole number within bounds.

    Raises
    ------
    ConfigError: it is none, or outside; the message gives the nearest value allowed.
    """
    whole = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not whole or not math.isfinite(value) or value != int(value):
        raise ConfigError(
            f"{name} = {value!r} is not a whole number. Write one from {low} to {high}."
        )
    if not low <= value <= high:
        nearest_allowed = min(max(int(value), low), high)
        raise ConfigError(
            f"{name} = {value} is outside [{low}, {high}]. Write {name}={nearest_allowed}, the "
            f"nearest value allowed."
        )
    return int(value)
