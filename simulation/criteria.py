"""What counts as a breakthrough, and what welfare counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "criteria"

    top_share: float = parameter(
        unit="share of designs",
        low=0.0005,
        high=0.1,
        meaning="q, a design solves the need when it is in this top share",
        source="assumption: .005; robustness q/4 to 4q",
    )
    quarter_ends: int = parameter(
        unit="quarter-ends",
        low=1,
        high=4,
        meaning="consecutive quarter-ends at which it must be there",
        source="assumption: 2; robustness 1-3",
    )
    raw_fitness: bool = parameter(
        unit="yes or no",
        meaning="judge by fitness relative to the landscape's best instead of percentile",
        source="robustness",
    )
    technical_quantile: float = parameter(
        unit="quantile of difficulty",
        low=0,
        high=1,
        meaning="a solved need above it is a technical breakthrough",
        source="assumption: top quartile",
    )
    industrial_multiple: float = parameter(
        unit="times the adoption cost",
        low=0,
        high=20,
        meaning="realised value above it is an industrial breakthrough",
        source="assumption: 2",
    )
    adopters: int = parameter(
        unit="firms",
        low=1,
        high=10,
        meaning="adopters needed for an industrial breakthrough",
        source="assumption: 1; robustness 3",
    )
    major_quantile: float = parameter(
        unit="quantile of value",
        low=0,
        high=1,
        meaning="realised value above it is a major breakthrough",
        source="assumption: .95",
    )
    external_value: float = parameter(
        unit="times private value",
        low=0,
        high=3,
        meaning="s, value to others per unit of realised value",
        source="Jones and Williams 1998: social returns exceed private ones; 1 by assumption, 0-3",
    )
    cost_of_public_money: float = parameter(
        unit="share",
        low=0,
        high=0.5,
        meaning="m, deadweight of taxation",
        source="assumption: .2, 0-.5",
    )
    discount_per_year: float = parameter(
        unit="share per year",
        low=0,
        high=0.15,
        meaning="discount rate",
        source="assumption: .05, .03-.08",
    )
    longest_time: int = parameter(
        unit="quarters",
        low=1,
        high=100,
        meaning="time from arrival at which the mean time to solution is cut",
        source="assumption: 24",
    )
