"""Fields of knowledge, their distances, and what organisations know at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "fields"

    count: int = parameter(
        unit="fields", low=6, high=64,
        meaning="fields F on a ring; the distance of two is their separation over F/2, in [0, 1]",
        source="36 origin-source fields (Xinhua 2024); the ring is an assumption",
    )
    frontier: int = parameter(
        unit="fields", low=0, high=16,
        meaning="frontier fields, in which nobody reaches the least useful expertise at the start",
        source="assumption: 4",
    )
    strategic: int = parameter(
        unit="fields", low=0, high=64,
        meaning="fields of national strategy, frontier fields included",
        source="seed document: IC, AI, biomedicine and others; 12 by assumption",
    )
    specialisation: float = parameter(
        unit="log weight", low=0, high=20,
        meaning="how strongly organisations of a region gather around its fields; 0: not at all",
        source="assumption",
    )
    expertise_low: float = parameter(
        unit="expertise", low=0, high=1,
        meaning="lowest initial expertise in a held field",
        source="assumption",
    )
    expertise_high: float = parameter(
        unit="expertise", low=0, high=1,
        meaning="highest initial expertise in a held field",
        source="assumption",
    )
    frontier_ceiling: float = parameter(
        unit="expertise", low=0, high=1,
        meaning="highest initial expertise in a frontier field",
        source="assumption: below the least useful expertise",
    )
    breadth_lead_firm: int = parameter(
        unit="fields", low=1, high=36,
        meaning="fields a lead firm holds",
        source="assumption: 5",
    )
    breadth_soe: int = parameter(
        unit="fields", low=1, high=36,
        meaning="fields a state-owned lead firm holds",
        source="assumption: 7",
    )
    breadth_sme: int = parameter(
        unit="fields", low=1, high=36,
        meaning="fields an SME holds",
        source="assumption: 2",
    )
    breadth_university: int = parameter(
        unit="fields", low=1, high=36,
        meaning="fields a university holds",
        source="assumption: 8",
    )
    breadth_institute: int = parameter(
        unit="fields", low=1, high=36,
        meaning="fields an institute holds",
        source="assumption: 5",
    )
    initial_ties: int = parameter(
        unit="ties", low=0, high=16,
        meaning="partners each organisation knows at the start",
        source="assumption",
    )
    initial_home_share: float = parameter(
        unit="share of ties", low=0, high=1,
        meaning="initial partners from the same region",
        source="Hoekman et al. 2010: border bias; size assumed",
    )
    ability_spread: float = parameter(
        unit="standard deviation", low=0, high=0.3,
        meaning="spread of lead ability around .5",
        source="assumption: .3",
    )
