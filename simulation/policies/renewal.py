"""Renewal: standing consortia, founded in batches and renewed on performance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal(Settings):
    """Standing bodies with a queue of projects."""

    SECTION: ClassVar[str] = "renewal"

    standing: bool = parameter(
        unit="yes or no",
        meaning="whether the programme works through standing consortia instead of calls",
        source="seed document: central-SOE consortia in batches",
    )
    slots: int = parameter(
        unit="consortia per batch",
        low=0,
        high=200,
        meaning="standing consortia that exist after each batch",
        source="seed document: 9, then 3 renewed + 17 new, then 24; scaled to the population",
    )
    slots_growth: float = parameter(
        unit="times per batch",
        low=0.5,
        high=3.0,
        meaning="growth of the slots from one batch to the next",
        source="seed document: 9 at first, 24 after the third batch: 1.63 a batch",
    )
    most_per_lead: int = parameter(
        unit="consortia per lead",
        low=1,
        high=10,
        meaning="most standing consortia that one organisation may lead, each in a direction of its own",
        source="seed document: 24 consortia led by 21 firms, so some lead more than one",
    )
    term_batches: int = parameter(
        unit="batches",
        low=1,
        high=10,
        meaning="how many batches a standing consortium runs before it is reviewed",
        source="seed document: 3 renewed in the third batch while others went on; 1: reviewed at every batch",
    )
    batch_quarters: int = parameter(
        unit="quarters",
        low=2,
        high=40,
        meaning="time between batches",
        source="assumption: three years between evaluations",
    )
    renewed_share: float = parameter(
        unit="share of consortia",
        low=0.0,
        high=1.0,
        meaning="best part of the standing consortia that is renewed; the others lose their slot",
        source="seed document: of the first nine, three went on in the third batch; swept",
    )
    parallel_projects: int = parameter(
        unit="projects per consortium",
        low=1,
        high=40,
        meaning="projects a standing consortium runs at once",
        source="People's Daily Online 2024: about 42 projects per consortium over its life",
    )


@rule
def slots_after(slots, growth, batch):
    """Standing consortia that exist after a batch (0 is the first)."""
    return int(slots * growth**batch + 0.5)


@rule
def performance(successes, projects, prior):
    """Smoothed success rate on which renewal is decided."""
    return (10.0 * prior + successes) / (10.0 + projects)
