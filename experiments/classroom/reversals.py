"""Which assumptions turn the answer of a lesson: ``python -m experiments.classroom.reversals``.

One assumption at a time is changed and thirty pairs are run on luck that no page shows: every slider
of the world at both ends (and where the lesson puts it), and every structure of ``configs/uncertainty`` that is a matter of the world
(mechanisms switched off, definitions, sizes). The table says for every lesson how many were tried
and what each does; what a lesson then changes is run again on its own luck by
:mod:`experiments.classroom.lessons`.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from agents.settings import ConfigError
from experiments.classroom.case import case_of
from experiments.classroom.choices import Choices
from experiments.classroom.compared import difference, pairs
from experiments.classroom.menu import Lesson, menu
from experiments.library import Library
from experiments.rankings.settings import Structure, read_uncertainty
from experiments.statistics import paired
from experiments.words import Words
from simulation.world import World

FILE = Path(__file__).resolve().parents[2] / "docs" / "teaching" / "reversals.csv"
SEED = 2026  # luck of the search; pages show seed 7
COLUMNS = ("lesson", "assumption", "value", "difference", "low", "high", "verdict")
OTHER = {"higher": "lower", "lower": "higher"}


@dataclass(frozen=True, slots=True)
class Assumption:
    """A slider's name with a value, or the name of a structure; ``world``: what it sets."""

    name: str
    value: float | None
    world: Mapping[str, Any]

    def told(self, words: Words) -> str:
        """In words."""
        if self.value is None:
            return structures()[self.name].title[words.lang]
        slider = words(f"classroom.slider.{self.name}")
        return words("teaching.change", name=slider, value=f"{self.value:g}")


AS_IT_STANDS = Assumption("", None, {})


@dataclass(frozen=True, slots=True)
class Trial:
    """Thirty pairs of a lesson; ``low``, ``high``: the 95 % interval of this trial by itself."""

    lesson: str
    assumption: str
    value: float | None
    difference: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the trials of one lesson came to.

    Attributes
    ----------
    tried: how many assumptions.
    reverse: trials that are told the other way than the lesson as it stands.
    vanish, stay: how many cannot be told, and how many are told as before.
    """

    tried: int
    reverse: tuple[Trial, ...]
    vanish: int
    stay: int


@cache
def structures() -> dict[str, Structure]:
    """Structures of the world that no slider sets, by name."""
    base = case_of(Choices("race", "laissez_faire", "solved", SEED)).world.as_mapping()
    return {
        one.name: one
        for one in read_uncertainty(Library.open(), base).structures
        if one.world and not one.levers and not set(one.world) & set(menu().sliders)
    }


def assumptions(lesson: Lesson) -> Iterator[Assumption]:
    """All that are tried; what the lesson starts from is left out."""
    world = case_of(start(lesson)).world.as_mapping()
    for name, one in menu().sliders.items():
        section, parameter = name.split(".")
        ends = [] if one.lever else [one.low, one.high]
        if name in lesson.changed and lesson.changed[name] not in ends:
            ends.append(lesson.changed[name])
        yield from (
            Assumption(name, end, {name: end}) for end in ends if end != world[section][parameter]
        )
    yield from (Assumption(name, None, one.world) for name, one in structures().items())


def start(lesson: Lesson) -> Choices:
    """What a lesson starts from, on the luck of the search."""
    return Choices(
        lesson.regime, lesson.against, lesson.outcome, SEED, tuple(sorted(lesson.settings.items()))
    )


def trial(lesson: Lesson, changed: Assumption = AS_IT_STANDS) -> Trial:
    """Thirty pairs with one assumption changed.

    Raises
    ------
    ConfigError: the assumption contradicts what the lesson starts from.
    """
    case = case_of(start(lesson))
    world = case.world.as_mapping()
    for full, value in changed.world.items():
        section, name = full.split(".")
        world[section] = world[section] | {name: value}
    case = replace(case, world=World.from_mapping(world))
    one = difference(pairs(case, range(menu().replicates)), lesson.outcome)
    return Trial(
        lesson.name, changed.name, changed.value, one.difference, one.low, one.high, one.verdict
    )


def search(lesson: Lesson) -> Iterator[Trial]:
    """The lesson as it stands, then every assumption that can be run."""
    yield trial(lesson)
    for one in assumptions(lesson):
        try:
            yield trial(lesson, one)
        except ConfigError:  # contradicts another parameter
            continue


# ---------------------------------------------------------------- table


def write(trials: Sequence[Trial]) -> str:
    """CSV with a line for each trial."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in trials:
        value = "" if one.value is None else f"{one.value:g}"
        numbers = (f"{number:.6g}" for number in (one.difference, one.low, one.high))
        writer.writerow([one.lesson, one.assumption, value, *numbers, one.verdict])
    return out.getvalue()


@cache
def read(path: Path = FILE) -> tuple[Trial, ...]:
    """The trials of the table."""
    with path.open(encoding="utf-8") as file:
        return tuple(
            Trial(
                row["lesson"], row["assumption"], float(row["value"]) if row["value"] else None,
                float(row["difference"]), float(row["low"]), float(row["high"]), row["verdict"],
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def found(lesson: Lesson, trials: Sequence[Trial]) -> Found:
    """What the trials of this lesson came to."""
    mine = [one for one in trials if one.lesson == lesson.name]
    (before,) = (one.verdict for one in mine if not one.assumption)
    tried = [one for one in mine if one.assumption]
    reverse = [one for one in tried if one.verdict == OTHER.get(before)]
    vanish = sum(one.verdict == paired.CANNOT_TELL for one in tried)
    return Found(len(tried), tuple(reverse), vanish, len(tried) - vanish - len(reverse))


def main(arguments: Sequence[str]) -> int:
    """Search for all lessons, or for those named, whose lines are replaced."""
    names = [one.name for one in menu().lessons]
    kept = [one for one in (read() if FILE.is_file() else ()) if one.lesson in names]
    for lesson in menu().lessons:
        if arguments and lesson.name not in arguments:
            continue
        kept = [one for one in kept if one.lesson != lesson.name] + list(search(lesson))
        kept.sort(key=lambda one: names.index(one.lesson))
        FILE.write_text(write(kept), encoding="utf-8", newline="\n")
        summary = found(lesson, kept)
        print(f"{lesson.name}: {summary.tried} tried, {len(summary.reverse)} reverse", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
