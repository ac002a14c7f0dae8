"""Needs: the latent stream of problems that exists whatever the regime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "needs"

    per_quarter: float = parameter(
        unit="needs per quarter and 120 organisations", low=0.5, high=60,
        meaning="arrival rate",
        source="assumption: 8, range 4-16",
    )
    scale_organisations: int = parameter(
        unit="organisations", low=0, high=10000000,
        meaning="number of organisations that needs and budget are scaled by; 0 takes the population's size",
        source="design",
    )
    firm_share: float = parameter(
        unit="share of needs", low=0, high=1,
        meaning="needs raised by a firm; the others are raised by science and have no owner",
        source="assumption: .6",
    )
    components: int = parameter(
        unit="components", low=6, high=16,
        meaning="N of the landscape",
        source="Kauffman 1993; 12 by assumption, 10 and 15 for robustness",
    )
    fields_per_need: int = parameter(
        unit="fields", low=1, high=12,
        meaning="different fields over which the components spread",
        source="assumption: 6",
    )
    own_field_share: float = parameter(
        unit="share of components", low=0, high=1,
        meaning="components in the raiser's own field",
        source="assumption: .3",
    )
    links_low: int = parameter(
        unit="links", low=0, high=15,
        meaning="fewest links K of a component",
        source="assumption: 2",
    )
    links_high: int = parameter(
        unit="links", low=0, high=15,
        meaning="most links K of a component",
        source="assumption: 8",
    )
    open_quarters: int = parameter(
        unit="quarters", low=1, high=40,
        meaning="how long a need stays open from its arrival (or its prerequisite's solution)",
        source="assumption: 8",
    )
    deadline_low: int = parameter(
        unit="quarters", low=2, high=40,
        meaning="shortest project",
        source="assumption: 8; seed document: 2-3 years",
    )
    deadline_high: int = parameter(
        unit="quarters", low=2, high=40,
        meaning="longest project",
        source="assumption: 12; seed document: 2-3 years",
    )
    prerequisite_share: float = parameter(
        unit="share of needs", low=0, high=0.9,
        meaning="needs that open only when an earlier need is solved",
        source="assumption: .3",
    )
    frontier_share: float = parameter(
        unit="share of needs", low=0, high=1,
        meaning="needs with components in a frontier field",
        source="assumption: .15",
    )
    value_median_myuan: float = parameter(
        unit="million yuan", low=1, high=1000,
        meaning="median value of a solution",
        source="assumption: 30",
    )
    value_log_sd: float = parameter(
        unit="log units", low=0, high=2,
        meaning="spread of the lognormal body of values",
        source="assumption: 1",
    )
    value_tail_index: float = parameter(
        unit="exponent", low=1.05, high=5,
        meaning="Pareto exponent above the 95th percentile",
        source="Silverberg and Verspagen 2007: .7 (returns) to 3-5 (citations); 1.5 by assumption",
    )
    value_cap_medians: float = parameter(
        unit="medians", low=5, high=1000,
        meaning="largest value; without it nominal 95 % intervals covered 77 % in a trial",
        source="assumption: 50",
    )
    difficulty_correlation: float = parameter(
        unit="correlation", low=0, high=0.9,
        meaning="correlation of value with the number of links",
        source="assumption: .3, range 0-.6",
    )
