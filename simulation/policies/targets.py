"""Targets: counts promised in work reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets(Settings):
    """What officials are measured by."""

    SECTION: ClassVar[str] = "targets"

    consortia_per_year: float = parameter(
        unit="consortia per year",
        low=0.0,
        high=1000.0,
        meaning="consortia to be founded; when money would not reach, grants are spread thinner. 0: no target",
        source="seed document: work reports of 20 provinces; Wenzhou about 30 by 2027",
    )
    emerging_share: float = parameter(
        unit="share of SOE revenue",
        low=0.0,
        high=1.0,
        meaning="revenue share that state-owned firms should earn in emerging fields; 0: no target",
        source="seed document: 35 % by 2025",
    )
    audit: float = parameter(
        unit="share of relabelled revenue",
        low=0.0,
        high=1.0,
        meaning="part of the old revenue reported as emerging that auditors find and take back; 1: relabelling is hopeless",
        source="assumption, swept",
    )
    imitation: float = parameter(
        unit="score per region",
        low=0.0,
        high=5.0,
        meaning="how much a field gains in a region's choice of focus fields for each other region that has it (1: as much as mean expertise)",
        source="provinces write the same new industries into their plans; size is an assumption, swept",
    )


@rule
def consortia_due(consortia_per_year, quarter, founded):
    """Consortia that must still be founded by the end of a policy quarter (0 is the first)."""
    return max(0.0, consortia_per_year * (quarter + 1) / 4.0 - founded)


@rule
def lags_behind(consortia_per_year, quarter, founded):
    """Whether fewer consortia are founded than were promised until the quarter before this one."""
    return consortia_due(consortia_per_year, quarter - 1, founded) > 0.0


@rule
def target_cap(cap, money, consortia):
    """Largest grant when this money must found so many consortia (same unit as the cap)."""
    if consortia <= 0.0:
        return cap
    return min(cap, money / consortia)


@rule
def focus_score(strength, imitation, others):
    """Score of a field: a region's expertise relative to the mean, and others that focus on it."""
    return strength + imitation * others
