"""Settings of runs whose number is decided while they are made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.settings import ConfigError, nearest
from simulation.outcomes import OUTCOMES

OUTCOME_NAMES = tuple(outcome.name for outcome in OUTCOMES)
HIGHEST, LOWEST = "highest", "lowest"
LEAST_CONFIDENCE, MOST_CONFIDENCE = 0.5, 0.9999


@dataclass(frozen=True, slots=True)
class Target:
    """A half-width to reach, in units of the outcome or as a share of the reference's mean."""

    half_width: float
    relative: bool

    def absolute(self, reference_mean: float) -> float:
        """In units of the outcome."""
        return self.half_width * abs(reference_mean) if self.relative else self.half_width


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """What makes a regime the best one, and how sure the choice must be.

    Attributes
    ----------
    indifference: smallest difference worth telling apart, in units of the outcome, above 0.
    confidence: probability of choosing the best if it leads by ``indifference`` or more.
    best: ``highest`` or ``lowest``.
    """

    indifference: float
    confidence: float
    best: str


def known_outcome(name: Any) -> str:
    """The name of an outcome.

    Raises
    ------
    ConfigError: there is no such outcome; the message gives the nearest.
    """
    if name not in OUTCOME_NAMES:
        raise ConfigError(f"outcome = '{name}' is not known. {nearest(str(name), OUTCOME_NAMES)}")
    return str(name)


def outcome_unit(name: str) -> str:
    """Unit of an outcome."""
    return next(outcome.unit for outcome in OUTCOMES if outcome.name == name)


def target_half_width(value: Any) -> Target | None:
    """The setting ``half_width``: ``none``, a number, or a percentage such as ``10%``.

    Raises
    ------
    ConfigError: it is something else, or not above 0.
    """
    if value in (None, "none"):
        return None
    text = str(value).strip()
    relative = text.endswith("%")
    number = _number(text.removesuffix("%"))
    if number is None or not number > 0.0 or isinstance(value, bool):
        raise ConfigError(
            f"half_width = {value!r} is not a half-width above 0. Write half_width=0.5 for half a "
            f"unit of the outcome, or half_width=10% for a tenth of the reference's mean."
        )
    return Target(number / 100.0 if relative else number, relative)


def selection_rule(values: Mapping[str, Any]) -> SelectionRule:
    """The settings ``indifference``, ``confidence`` and ``best``.

    Raises
    ------
    ConfigError: ``indifference`` is missing or not above 0, ``confidence`` is outside its range, or
        ``best`` is neither highest nor lowest.
    """
    unit = outcome_unit(known_outcome(values["outcome"]))
    indifference = _number(values["indifference"])
    if indifference is None or not indifference > 0.0:
        raise ConfigError(
            f"indifference = {values['indifference']!r} is not a difference above 0. It is the smallest "
            f"difference in {values['outcome']} ({unit}) that matters to you: write indifference=1, "
            f"for example. Half of it takes up to four times the runs."
        )
    confidence = _number(values["confidence"])
    if confidence is None or not LEAST_CONFIDENCE <= confidence <= MOST_CONFIDENCE:
        raise ConfigError(
            f"confidence = {values['confidence']!r} is outside [{LEAST_CONFIDENCE}, {MOST_CONFIDENCE}]. "
            f"It is the probability of a correct choice: write confidence=0.95 for 95 %."
        )
    if values["best"] not in (HIGHEST, LOWEST):
        raise ConfigError(
            f"best = {values['best']!r} is not known. Write best={HIGHEST}, or best={LOWEST} for "
            f"outcomes such as costs."
        )
    return SelectionRule(indifference, confidence, values["best"])


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
