"""Selection: how bids become awards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter

MODES = ("merit", "lottery", "directed")
MERIT, LOTTERY, DIRECTED = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Settings):
    """How awards are made."""

    SECTION: ClassVar[str] = "selection"

    mode: str = parameter(
        unit="choice",
        choices=MODES,
        meaning="merit under noise; lottery among bids above the bar; commission without competition",
        source="seed document (merit review, open list); lottery: partial lotteries in use since 2013",
    )
    panel_size: int = parameter(
        unit="experts per bid",
        low=1,
        high=50,
        meaning="reviewers of each bid, paid by the programme",
        source="seed document: experts from the national pool; the number is swept",
    )
    bar: float = parameter(
        unit="share of bids",
        low=0.0,
        high=0.95,
        meaning="lowest part of the bids that is refused whatever the money",
        source="assumption, swept",
    )
    track_record_weight: float = parameter(
        unit="points per unit of reputation",
        low=0.0,
        high=5.0,
        meaning="weight of the consortium's reputation, which enters merit once",
        source="H2020: success rises with the coordinator's experience; weight swept",
    )
    value_weight: float = parameter(
        unit="points per log of value",
        low=0.0,
        high=5.0,
        meaning="weight of the appraised value of the need",
        source="assumption, swept",
    )
    priority_points: float = parameter(
        unit="points",
        low=0.0,
        high=5.0,
        meaning="points for bids led by a firm with a consortium record",
        source="seed document: priority in national and provincial programmes is the main support",
    )
    teams: int = parameter(
        unit="teams per need",
        low=1,
        high=5,
        meaning="teams funded for one need; more than 1 is a race or a set of parallel paths",
        source="open-list and race lines of national programmes; numbers not found, swept 2-3",
    )
    distinct_paths: bool = parameter(
        unit="yes or no",
        meaning="whether funded teams must start from distant designs and none stops when another solves",
        source="seed document: frontier technology is laid out along several paths",
    )


@rule
def merit_points(
    expertise,
    reputation,
    lead_ability,
    log_value,
    difficulty,
    priority,
    expertise_weight,
    difficulty_weight,
    ability_weight,
    track_record_weight,
    value_weight,
    priority_points,
    noise_sd,
    panel_size,
    luck,
):
    """Points of a bid; expertise, ability and difficulty in [0, 1], luck standard normal.

    The default weights let team, need and lead move the points about alike, so that one expert's
    error (standard deviation 1 by default) hides most of it, as in real panels.
    """
    points = expertise_weight * expertise - difficulty_weight * difficulty
    points = points + ability_weight * lead_ability + track_record_weight * reputation
    points += value_weight * log_value + priority_points * priority
    return points + luck * noise_sd / math.sqrt(panel_size)
