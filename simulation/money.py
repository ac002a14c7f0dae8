"""Money: prices, the public budget and panels' errors. Money itself is kept in integer fen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "money"

    budget_myuan_per_year: float = parameter(
        unit="million yuan per year and 120 organisations",
        low=0,
        high=2000,
        meaning="public money offered under every regime but the reference",
        source="assumption: 12 (about a tenth of what the organisations spend themselves; at 20 and 40 most programmes had money to spare), range 10-160",
    )
    wage_myuan: float = parameter(
        unit="million yuan per FTE and quarter",
        low=0.01,
        high=1,
        meaning="w0, full cost of research staff",
        source="yearbook 2015: R&D spending per FTE .28-.54 M yuan a year in the Delta; .12 by assumption",
    )
    wage_elasticity: float = parameter(
        unit="exponent",
        low=0,
        high=0.5,
        meaning="eps, how the wage rises with the use of free staff",
        source="Goolsbee 1998: R&D money partly raises wages; swept 0-.5",
    )
    bid_base_myuan: float = parameter(
        unit="million yuan per bid",
        low=0,
        high=1,
        meaning="cost of writing a bid",
        source="assumption: .05",
    )
    bid_per_member_myuan: float = parameter(
        unit="million yuan per bid and member",
        low=0,
        high=1,
        meaning="cost of a bid that grows with members",
        source="assumption: .01",
    )
    review_myuan: float = parameter(
        unit="million yuan per review",
        low=0,
        high=1,
        meaning="cost of one expert reading one need, bid or project",
        source="assumption: .02",
    )
    office_myuan: float = parameter(
        unit="million yuan per party and year, per 120 organisations",
        low=0,
        high=20,
        meaning="cost of each body that must agree; a programme with part of the money has that part of its work",
        source="assumption",
    )
    quarters_per_party: float = parameter(
        unit="quarters",
        low=0,
        high=2,
        meaning="time that agreement with each further party takes",
        source="assumption",
    )
    most_agreement_quarters: int = parameter(
        unit="quarters",
        low=0,
        high=40,
        meaning="longest time that agreement takes, however many parties",
        source="assumption",
    )
    appraisal_noise: float = parameter(
        unit="points",
        low=0,
        high=5,
        meaning="standard deviation of one expert's points, national pool",
        source="assumption",
    )
    merit_expertise: float = parameter(
        unit="points per unit of expertise and coverage",
        low=0,
        high=20,
        meaning="weight of the team's expertise in merit",
        source="assumption: team, need and lead move the points about alike",
    )
    merit_difficulty: float = parameter(
        unit="points per unit of difficulty",
        low=0,
        high=20,
        meaning="weight of the need's difficulty against merit",
        source="assumption: team, need and lead move the points about alike",
    )
    merit_ability: float = parameter(
        unit="points per unit of ability",
        low=0,
        high=20,
        meaning="weight of the lead's ability in merit",
        source="assumption: team, need and lead move the points about alike",
    )
    local_noise_factor: float = parameter(
        unit="times",
        low=1,
        high=5,
        meaning="noise of a local pool relative to the national one",
        source="assumption",
    )
    gate_noise: float = parameter(
        unit="percentile",
        low=0,
        high=0.5,
        meaning="standard deviation of one reviewer's view of the percentile",
        source="assumption: .05",
    )
    scenario_myuan: float = parameter(
        unit="million yuan per solution",
        low=0,
        high=20,
        meaning="cost of opening an application scenario",
        source="assumption",
    )
    adaptation_quarters: int = parameter(
        unit="quarters",
        low=1,
        high=40,
        meaning="time between looks at results by a government that learns",
        source="assumption: two years",
    )
    adaptation_smoothing: float = parameter(
        unit="solutions, and hundred million yuan",
        low=0.01,
        high=10,
        meaning="how many solutions, for as many hundred million yuan, every programme is taken to have had already",
        source="assumption",
    )
    reputation_decay: float = parameter(
        unit="share per quarter",
        low=0,
        high=0.5,
        meaning="forgetting of reputation",
        source="assumption",
    )
    reputation_lead: float = parameter(
        unit="points",
        low=0,
        high=5,
        meaning="reputation that a solved need brings its lead",
        source="assumption: 1, the unit of reputation",
    )
    reputation_member: float = parameter(
        unit="points",
        low=0,
        high=5,
        meaning="reputation that a solved need brings each other member",
        source="assumption",
    )
    label_decay: float = parameter(
        unit="share per quarter",
        low=0,
        high=0.5,
        meaning="fading of the label that a programme gave",
        source="assumption: halved in three years, about as long as a recognition is valid",
    )
