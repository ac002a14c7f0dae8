"""Supply links along the industrial chain (产业链配套): who supplies or buys from whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.kinds import SME
from agents.settings import Settings, parameter
from simulation import streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "supply"

    density: float = parameter(
        unit="share of pairs",
        low=0,
        high=1,
        meaning="pairs of firms in neighbouring fields that are linked as supplier and buyer",
        source="assumption: .4, about four links a firm in the default population",
    )
    reach: float = parameter(
        unit="field distance",
        low=0,
        high=1,
        meaning="farthest distance between the home fields of linked firms; firms of one field are rivals and not linked",
        source="assumption",
    )
    worth_myuan: float = parameter(
        unit="million yuan",
        low=0,
        high=20,
        meaning="worth of a supply link to a firm that joins its general layer, and to the lead that it joins",
        source="seed document: members are firms able to support the chain; size is an assumption",
    )
    asked: int = parameter(
        unit="firms",
        low=0,
        high=64,
        meaning="suppliers and buyers that a lead considers for its general layer, or because a rule asks for them",
        source="assumption",
    )


@rule
def linked(s, a, b):
    """Whether two organisations are supplier and buyer; the same at any time and for any order."""
    w = s.world[0]
    one, two = s.organisations[a], s.organisations[b]
    if one.kind > SME or two.kind > SME or w.supply_density <= 0.0:
        return False
    distance = s.distance[one.home_field, two.home_field]
    if distance <= 0.0 or distance > w.supply_reach:
        return False
    pair = streams.combine(min(one.entity, two.entity), max(one.entity, two.entity))
    return streams.uniform(s.luck[0], streams.SUPPLY_LINK, 0, pair) < w.supply_density


@rule
def supporting(s, c):
    """Members that are linked to the lead by supply."""
    count = 0
    for position in range(1, c.size):
        m = s.members[c.first + position]
        count += linked(s, c.lead, m.row)
    return count
