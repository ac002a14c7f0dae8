"""The parts that can be measured, by name, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import (
    batches,
    classroom,
    cores,
    engine,
    exploring,
    job,
    lesson,
    memory,
    night,
    phases,
    scale,
    start,
    store,
)
from benchmarks.options import Options


@dataclass(frozen=True, slots=True)
class Part:
    """One topic: how it is measured, and how its figures are told as Markdown."""

    name: str
    title: str
    measure: Callable[[Options], dict[str, Any]]
    tell: Callable[[Mapping[str, Any]], str]


PARTS = {
    module.__name__.rpartition(".")[2]: Part(
        module.__name__.rpartition(".")[2], module.TITLE, module.measure, module.tell
    )
    for module in (
        engine,
        job,
        scale,
        memory,
        cores,
        start,
        store,
        batches,
        phases,
        classroom,
        lesson,
        night,
        exploring,
    )
}
