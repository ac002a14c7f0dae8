"""What the classroom offers: sliders with their ranges, outcomes, regimes, named questions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from agents.settings import ConfigError
from experiments.library import CONFIGS, Library, read_yaml
from experiments.regimes import RegimeEntry, check_words, in_order, load_regime

GROUP = "lesson"
LESSON_KEYS = (
    "order",
    "title",
    "question",
    "regime",
    "against",
    "outcome",
    "settings",
    "changed",
    "debrief",
)
UNCHANGED = "unchanged"  # to be compared with: the same regime with its own levers


@dataclass(frozen=True, slots=True)
class Slider:
    """A setting that can be moved; ``lever``: of the regime, else of the world."""

    name: str
    low: float
    high: float
    step: float
    lever: bool

    @property
    def whole(self) -> bool:
        """Whether it takes whole numbers only."""
        return isinstance(self.step, int)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A named question with the settings that the page starts from; words by language.

    ``changed``: the one assumption that is changed at the end, and its new value.
    """

    name: str
    order: int
    title: dict[str, str]
    question: dict[str, str]
    regime: str
    against: str
    outcome: str
    settings: dict[str, float]
    changed: dict[str, float]
    debrief: dict[str, str]


@dataclass(frozen=True, slots=True)
class Menu:
    """All that can be chosen.

    Attributes
    ----------
    replicates: pairs of a comparison.
    orders: number of orders drawn to take a difference apart.
    """

    sliders: dict[str, Slider]
    outcomes: tuple[str, ...]
    regimes: dict[str, RegimeEntry]
    lessons: tuple[Lesson, ...]
    replicates: int
    orders: int
    most_seed: int


@cache
def menu() -> Menu:
    """The menu as ``configs/classroom/explore.yaml`` and ``configs/lesson`` write it.

    Raises
    ------
    ConfigError: a lesson's file is not complete.
    """
    library = Library.open()
    values = read_yaml(CONFIGS / "classroom" / "explore.yaml")
    sliders = [
        Slider(name, lever=group == "levers", **limits)
        for group in ("levers", "world")
        for name, limits in values[group].items()
    ]
    regimes = in_order(load_regime(library, name) for name in library.names("regime"))
    lessons = [_lesson(name, library.read(GROUP, name)) for name in library.names(GROUP)]
    return Menu(
        sliders={slider.name: slider for slider in sliders},
        outcomes=tuple(values["outcomes"]),
        regimes={entry.name: entry for entry in regimes},
        lessons=tuple(sorted(lessons, key=lambda lesson: lesson.order)),
        replicates=values["replicates"],
        orders=values["orders"],
        most_seed=values["most_seed"],
    )


def _lesson(name: str, document: dict[str, Any]) -> Lesson:
    if set(document) != set(LESSON_KEYS):
        raise ConfigError(f"lesson '{name}': write exactly {', '.join(LESSON_KEYS)}.")
    for key in ("title", "question", "debrief"):
        check_words(f"lesson '{name}'", key, document[key])
    return Lesson(name=name, **document)
