"""Adoption: what happens after a solution (two skins)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "adoption"

    window: int = parameter(
        unit="quarters", low=1, high=40,
        meaning="how long adoption is tried",
        source="assumption: 12",
    )
    value_surprise: float = parameter(
        unit="log units", low=0, high=2,
        meaning="vs, spread of realised around expected value",
        source="assumption: 1",
    )
    privately_known: float = parameter(
        unit="correlation", low=0, high=1,
        meaning="part of the surprise that the adopter foresees",
        source="assumption: .8",
    )
    cost_share: float = parameter(
        unit="share of value", low=0, high=2,
        meaning="adoption cost that grows with value",
        source="assumption: .4",
    )
    cost_fixed_myuan: float = parameter(
        unit="million yuan", low=0, high=100,
        meaning="adoption cost that does not",
        source="assumption: 8",
    )
    friction_base: float = parameter(
        unit="share of value", low=0, high=1,
        meaning="loss even between close parties",
        source="assumption",
    )
    friction_distance: float = parameter(
        unit="share of value", low=0, high=1,
        meaning="loss per unit of cognitive distance between solver and adopter",
        source="seed document: two skins; Nooteboom 2007; size assumed",
    )
    friction_engagement: float = parameter(
        unit="share of friction", low=0, high=1,
        meaning="part of friction removed when the adopter worked in the project",
        source="assumption",
    )
    friction_scenarios: float = parameter(
        unit="share of friction", low=0, high=1,
        meaning="part removed by an opened scenario",
        source="assumption",
    )
    friction_standards: float = parameter(
        unit="share of friction", low=0, high=1,
        meaning="part removed by an open standard",
        source="assumption",
    )
    candidates: int = parameter(
        unit="firms", low=1, high=32,
        meaning="firms that look at an ownerless solution each quarter",
        source="assumption",
    )
    income_quarters: float = parameter(
        unit="quarters", low=4, high=80,
        meaning="mean time over which realised value is earned",
        source="assumption: 20",
    )
