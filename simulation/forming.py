"""Forming of consortia: scanning, invitations, acceptance and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Forming(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "forming"

    scan_cost_myuan: float = parameter(
        unit="million yuan per candidate", low=0, high=0.2,
        meaning="c_s, cost of looking at one candidate",
        source="assumption: .005, range 0-.02",
    )
    window: int = parameter(
        unit="candidates", low=4, high=64,
        meaning="candidates next on a field's ring that may be looked at",
        source="assumption",
    )
    tie_bias: float = parameter(
        unit="weight per collaboration", low=0, high=10,
        meaning="how much likelier an acquaintance is looked at",
        source="Paier and Scherngell 2011; size assumed",
    )
    home_bias: float = parameter(
        unit="weight", low=0, high=10,
        meaning="how much likelier a neighbour is looked at",
        source="Autant-Bernard 2007; size assumed",
    )
    prior_success: float = parameter(
        unit="probability", low=0.01, high=0.99,
        meaning="success believed before experience",
        source="assumption: .35",
    )
    prior_weight: float = parameter(
        unit="projects", low=0.5, high=100,
        meaning="how many projects of experience the prior is worth",
        source="assumption: 10",
    )
    coverage_exponent: float = parameter(
        unit="exponent", low=0, high=6,
        meaning="how fast believed success falls with uncovered components",
        source="assumption: 3",
    )
    learning_weight: float = parameter(
        unit="million yuan per unit of expertise", low=0, high=5,
        meaning="lambda_L, worth of learning to a member, times 10",
        source="assumption: .6",
    )
    reputation_weight: float = parameter(
        unit="million yuan per unit of reputation", low=0, high=5,
        meaning="lambda_R, worth of a reputable lead to a member",
        source="assumption: .5",
    )
    block_cost_weight: float = parameter(
        unit="share of cost", low=0, high=1,
        meaning="omega, weight of staff cost for block-grant bodies",
        source="assumption: .4",
    )
    leakage: float = parameter(
        unit="share of own value share", low=0, high=2,
        meaning="loss from knowledge leaking to a rival in the same market",
        source="Branstetter and Sakakibara 2002: rivalry hurts a little; .5 by assumption",
    )
    owner_share: float = parameter(
        unit="share of value", low=0, high=1,
        meaning="part of a solution's value that stays with the need's owner (or adopter)",
        source="assumption: .5",
    )
    disclosure: float = parameter(
        unit="share of value", low=0, high=0.2,
        meaning="value lost by publishing a need",
        source="assumption: .05",
    )
    lead_weight: float = parameter(
        unit="shares", low=1, high=3,
        meaning="effort and value of the lead relative to a core member",
        source="assumption: 1.3",
    )
    bid_candidates: int = parameter(
        unit="candidates", low=1, high=64,
        meaning="possible leads next on the ring who consider a published need",
        source="assumption",
    )
    market_distance: float = parameter(
        unit="field distance", low=0, high=1,
        meaning="two firms within this distance of home fields sell in the same market",
        source="assumption",
    )
    free_share: float = parameter(
        unit="share of staff", low=0.01, high=1,
        meaning="staff free for joint projects",
        source="assumption: .15",
    )
