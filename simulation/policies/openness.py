"""Openness: who may answer a need and be invited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter

CIRCLES = ("own_network", "region", "everybody")
OWN_NETWORK, REGION, EVERYBODY = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Openness(Settings):
    """The circle in which partners and answers are sought."""

    SECTION: ClassVar[str] = "openness"

    circle: str = parameter(
        unit="choice",
        choices=CIRCLES,
        meaning="those one has worked with; the same region; everybody",
        source="seed document: solutions are sought from all society; earlier practice stays in networks",
    )
    answers: int = parameter(
        unit="bids per need",
        low=1,
        high=20,
        meaning="most bids that are accepted for one published need",
        source="assumption, swept",
    )
    guide_quarters: int = parameter(
        unit="quarters",
        low=1,
        high=12,
        meaning="time from one guide to the next, in which all needs published since are called together; 1: every quarter has its guide",
        source="seed document: a joint guide is issued by procedure; its rhythm is swept",
    )


@rule
def within_circle(circle, tied, same_region):
    """Whether a candidate lies in the circle that is open."""
    if circle == OWN_NETWORK:
        return tied
    if circle == REGION:
        return same_region or tied
    return True
