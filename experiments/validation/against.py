"""What the model is held against: a file of ``configs/validation`` with its data and tolerances."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.settings import ConfigError, nearest
from experiments.library import Library
from experiments.validation.measures import MEASURES, Measure

GROUP = "validation"
KEYS = (
    "title",
    "source",
    "data",
    "sample",
    "least_members",
    "left_out_last",
    "model",
    "tolerances",
    "verdicts",
)
OPTIONAL = ("sample", "verdicts")
TARGET_KEYS = ("within", "from")
SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Target:
    """A measure with the tolerance that was fixed for it.

    Attributes
    ----------
    within: how far the model's mean may lie from the programme's and still be called the same.
    sampled: measured in the sample and not in the whole programme.
    """

    measure: Measure
    within: float
    sampled: bool


@dataclass(frozen=True, slots=True)
class Against:
    """A programme and what is held against it.

    Attributes
    ----------
    data, sample: names or folders for :func:`experiments.validation.reader.read_programme`.
    least_members: projects with fewer members are left out everywhere.
    left_out_last: share of the programme's projects, the last in order, that is left out.
    model: settings of the command line that are taken where no others are given.
    verdicts: those that are published, by measure; ``consortia verify`` holds new runs against them.
    """

    name: str
    title: dict[str, str]
    source: str
    data: str
    sample: str | None
    least_members: int
    left_out_last: float
    model: tuple[str, ...]
    targets: tuple[Target, ...]
    verdicts: dict[str, str]

    def with_data(self, folder: str) -> Against:
        """The same tolerances for another programme, of which everything is measured."""
        targets = tuple(replace(target, sampled=False) for target in self.targets)
        name = Path(folder).name
        return replace(
            self, title={"en": name, "zh": name}, source=name, data=folder, sample=None,
            left_out_last=0.0, targets=targets, verdicts={},
        )  # fmt: skip


def read_against(library: Library, name: str) -> Against:
    """Read and check a file of ``configs/validation``.

    Raises
    ------
    ConfigError: no such file, or something in it that is unknown, missing or out of range.
    """
    document = library.read(GROUP, name)
    where = f"validation '{name}'"
    for key in document:
        if key not in KEYS:
            raise ConfigError(f"{where}: '{key}' is not known. {nearest(str(key), KEYS)}")
    for key in KEYS:
        if key not in document and key not in OPTIONAL:
            raise ConfigError(f"{where} has no '{key}'.")
    left_out = document["left_out_last"]
    if not isinstance(left_out, (int, float)) or not 0 <= left_out < 1:
        raise ConfigError(
            f"{where}: left_out_last = {left_out!r} is not a share from 0 to below 1."
        )
    least = document["least_members"]
    if not isinstance(least, int) or least < 2:
        raise ConfigError(f"{where}: least_members = {least!r} is not a whole number of 2 or more.")
    return Against(
        name=name,
        title=dict(document["title"]),
        source=str(document["source"]),
        data=str(document["data"]),
        sample=document.get("sample"),
        least_members=least,
        left_out_last=float(left_out),
        model=tuple(document["model"]),
        targets=tuple(
            _target(where, measure, given, document.get("sample"))
            for measure, given in document["tolerances"].items()
        ),
        verdicts=dict(document.get("verdicts", {})),
    )


def _target(where: str, name: str, given: Any, sample: str | None) -> Target:
    if name not in MEASURES:
        raise ConfigError(f"{where}: '{name}' is not a measure. {nearest(str(name), MEASURES)}")
    if not isinstance(given, Mapping) or not set(given) <= set(TARGET_KEYS):
        raise ConfigError(f"{where}, {name}: {given!r} is not a tolerance. Write {{within: 0.05}}.")
    within = given.get("within")
    if isinstance(within, bool) or not isinstance(within, (int, float)) or not within > 0:
        raise ConfigError(f"{where}, {name}: within = {within!r} is not a number above 0.")
    if not math.isfinite(within):
        raise ConfigError(f"{where}, {name}: within = {within!r} is not finite.")
    source = given.get("from", "data")
    if source not in ("data", SAMPLE) or (source == SAMPLE and sample is None):
        raise ConfigError(f"{where}, {name}: from = {source!r}. Write from: sample, and a sample.")
    return Target(MEASURES[name], float(within), source == SAMPLE)
