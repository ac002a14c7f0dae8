"""What the published runs tell, against which ``consortia verify`` holds new ones.

The tables stand in ``docs/model``, which is no part of the package. What is told in them is kept in
``configs/published``, one file for each, written by ``python -m experiments.documentation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyarrow import csv

from experiments.library import CONFIGS, read_yaml
from experiments.running.files import yaml_text
from experiments.statistics.paired import CANNOT_TELL

PUBLISHED = CONFIGS / "published"
DOCS = Path(__file__).resolve().parents[1] / "docs" / "model"
HEAD = (
    "# What {source} says; written from it by `python -m experiments.documentation`, not by hand.\n"
)

Row = Mapping[str, Any]
Told = dict[str, dict[str, Any]]
Line = tuple[str, str, Any]


def published(name: str) -> Told:
    """What a published run tells, by two keys.

    ``facts``: verdict by fact and regime. ``levers``: difference and standard error of every effect, told or
    not, by lever and "level outcome". ``rankings``: verdict by outcome and "better > worse", of pairs that
    are told in the world as it stands. ``calibration``: verdict by ``behaviours`` and behaviour.
    """
    found: Told = read_yaml(PUBLISHED / f"{name}.yaml")
    return found


def published_files() -> Iterator[tuple[Path, str]]:
    """Every file with what the published tables say now."""
    for name, (source, of_row) in SOURCES.items():
        told: Told = {}
        for line in map(of_row, csv.read_csv(DOCS / source).to_pylist()):
            if line is not None:
                first, second, value = line
                told.setdefault(first, {})[second] = value
        text = HEAD.format(source=f"docs/model/{source}") + yaml_text(told)
        yield PUBLISHED / f"{name}.yaml", text


def _fact(row: Row) -> Line:
    return row["fact"], row["regime"], row["verdict"]


def _effect(row: Row) -> Line:
    numbers = f"{row['difference']:.4g} {row['se']:.3g}"
    return row["lever"], f"{row['level']} {row['outcome']}", numbers


def _ranking(row: Row) -> Line | None:
    if row["main"] == CANNOT_TELL:
        return None
    return row["outcome"], f"{row['better']} > {row['worse']}", row["verdict"]


def _behaviour(row: Row) -> Line | None:
    return ("behaviours", row["measure"], row["verdict"]) if row["group"] == "behaviour" else None


SOURCES: dict[str, tuple[str, Callable[[Row], Line | None]]] = {
    "facts": ("stylised-facts/facts.csv", _fact),
    "levers": ("levers-bite/census.csv", _effect),
    "rankings": ("rankings/pairs.csv", _ranking),
    "calibration": ("calibration/check.csv", _behaviour),
}
