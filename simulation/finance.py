"""Firms' money, entry and exit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Finance(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "finance"

    revenue_per_fte_myuan: float = parameter(
        unit="million yuan per FTE and quarter", low=0.05, high=20,
        meaning="firm's revenue per member of research staff",
        source="assumption: R&D share about 3 % in the mean",
    )
    rd_share_low: float = parameter(
        unit="share of revenue", low=0, high=0.5,
        meaning="lowest R&D share of a firm",
        source="assumption",
    )
    rd_share_high: float = parameter(
        unit="share of revenue", low=0, high=0.5,
        meaning="highest R&D share of a firm",
        source="assumption",
    )
    reserve_quarters: float = parameter(
        unit="quarters of joint R&D cost", low=1, high=40,
        meaning="money for joint projects that a large organisation may hold; the rest is used elsewhere",
        source="assumption",
    )
    reserve_quarters_sme: float = parameter(
        unit="quarters of joint R&D cost", low=0.5, high=40,
        meaning="the same for SMEs, whose cash is small",
        source="assumption",
    )
    exit_rate: float = parameter(
        unit="probability per quarter", low=0, high=0.2,
        meaning="chance that an SME closes when its money is used up",
        source="assumption",
    )
    entry_per_quarter: float = parameter(
        unit="start-ups per quarter and 120 organisations", low=0, high=10,
        meaning="arrival of start-ups, which enter as SMEs",
        source="assumption",
    )
