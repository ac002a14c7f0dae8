"""Layers: core, close and general cooperation; who shares cost, value and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.kinds import CLOSE, CORE, GENERAL
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers(Settings):
    """How many members each layer holds and what the outer layer carries."""

    SECTION: ClassVar[str] = "layers"

    core_members: int = parameter(
        unit="members",
        low=1,
        high=10,
        meaning="members in the core, the lead included; they decide and share value fully",
        source="seed document: lead firm, close and general cooperation layers; sizes are assumptions",
    )
    close_members: int = parameter(
        unit="members",
        low=0,
        high=39,
        meaning="most members in the close-cooperation layer",
        source="seed document; sizes are assumptions",
    )
    general_members: int = parameter(
        unit="members",
        low=0,
        high=39,
        meaning="most members in the general-cooperation layer; they join for priority, standards and supply links",
        source="seed document; Jiangxi 2022: 24 consortia of 23.4 units on average",
    )
    close_value_share: float = parameter(
        unit="share of a core member's share",
        low=0.0,
        high=1.0,
        meaning="value of the solution that a close member gets per unit of effort",
        source="assumption, swept",
    )
    general_effort_share: float = parameter(
        unit="share of a close member's effort",
        low=0.0,
        high=1.0,
        meaning="effort and value of a general member",
        source="assumption: .4 in the trial",
    )


@rule
def layer_of(position, core_members, close_members):
    """Layer of the member who joined at this position (0 is the lead)."""
    if position < core_members:
        return CORE
    if position < core_members + close_members:
        return CLOSE
    return GENERAL


@rule
def effort_weight(layer, is_lead, lead_weight, general_share):
    """Shares of project effort: lead 1.3, core and close 1, general .4 by default."""
    if is_lead:
        return lead_weight
    return general_share if layer == GENERAL else 1.0


@rule
def value_weight(layer, is_lead, lead_weight, close_value_share, general_share):
    """Shares of the team's part of the value."""
    if is_lead:
        return lead_weight
    if layer == CORE:
        return 1.0
    return close_value_share if layer == CLOSE else general_share * close_value_share


@rule
def burden(layer, general_share, general_burden):
    """What a member adds to the effective number n_eff that coordination is paid for.

    ``general_burden`` is that of a general member with .4 of a close member's effort.
    """
    return general_burden * (general_share / 0.4) if layer == GENERAL else 1.0
