"""What was chosen on a page, read from its address, checked, and written as a command line."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agents.settings import ConfigError
from experiments.classroom.menu import UNCHANGED, Menu, Slider
from experiments.words import Words

POPULATION = "classroom"
SINGLE = ("regime", "against", "outcome", "seed")
SHOWN = ("lang", "lesson", "quarter")  # say what is looked at; no number depends on them
MOST_PAIRS = 40
LONGEST = 60  # characters of a value


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything the numbers of a page depend on; hashable.

    Attributes
    ----------
    against: the regime to compare with, or ``unchanged``: the same regime with its own levers.
    settings: sliders that were moved, sorted by name.
    """

    regime: str
    against: str
    outcome: str
    seed: int
    settings: tuple[tuple[str, float], ...] = ()

    def changes(self, menu: Menu) -> list[str]:
        """The moved sliders as settings of the command line; levers act on the regime alone."""
        return [
            f"regime.{self.regime}.{name}={value:g}"
            if menu.sliders[name].lever
            else f"{name}={value:g}"
            for name, value in self.settings
        ]

    def world_only(self, menu: Menu) -> Choices:
        """The same without levers: what ``unchanged`` is compared with."""
        kept = tuple(one for one in self.settings if not menu.sliders[one[0]].lever)
        return replace(self, settings=kept)


def read_choices(pairs: Iterable[tuple[str, str]], menu: Menu, words: Words) -> Choices:
    """Choices from the name-value pairs of an address.

    Raises
    ------
    ConfigError: in the words of the page: what was given, what is allowed, what to write instead.
    """
    given = _once(pairs, words)
    first = menu.lessons[0]
    regime = _known(given, "regime", first.regime, list(menu.regimes), words)
    against = _known(given, "against", first.against, [*menu.regimes, UNCHANGED], words)
    outcome = _known(given, "outcome", first.outcome, menu.outcomes, words)
    seed = _number(given, "seed", Slider("seed", 0, menu.most_seed, 1, False), 7, words)
    settings = []
    for name in sorted(given.keys() - {*SINGLE, *SHOWN}):
        if name not in menu.sliders:
            raise ConfigError(
                words("classroom.error.unknown", name=name, known=words.join(menu.sliders))
            )
        value = _number(given, name, menu.sliders[name], 0.0, words)
        settings.append((name, value))
    chosen = Choices(regime, against, outcome, int(seed), tuple(settings))
    _refuse_idle(chosen, menu, words)
    return chosen


def _once(pairs: Iterable[tuple[str, str]], words: Words) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise ConfigError(words("classroom.error.twice", name=name[:LONGEST]))
        if len(given) >= MOST_PAIRS or len(name) > LONGEST or len(value) > LONGEST:
            raise ConfigError(words("classroom.error.long", most=LONGEST))
        given[name] = value
    return given


def _known(
    given: dict[str, str], key: str, default: str, allowed: Iterable[str], words: Words
) -> str:
    value = given.get(key, default)
    allowed = list(allowed)
    if value not in allowed:
        known = words.join(allowed)
        raise ConfigError(words("classroom.error.known", name=key, value=value, known=known))
    return value


def _number(
    given: dict[str, str], name: str, slider: Slider, default: float, words: Words
) -> float:
    text = given.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    fits = slider.low <= value <= slider.high and not (slider.whole and value % 1)
    if not fits:
        raise ConfigError(
            words(
                "classroom.error.whole" if slider.whole else "classroom.error.range",
                name=words.get(f"classroom.slider.{name}", name), value=text,
                low=f"{slider.low:g}", high=f"{slider.high:g}",
            )
        )  # fmt: skip
    return value


def _refuse_idle(chosen: Choices, menu: Menu, words: Words) -> None:
    levers = [name for name, _ in chosen.settings if menu.sliders[name].lever]
    if levers and not menu.regimes[chosen.regime].programmes:
        title = words.title(menu.regimes[chosen.regime])
        raise ConfigError(words("classroom.error.idle", name=levers[0], regime=title))
