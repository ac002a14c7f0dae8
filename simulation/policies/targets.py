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


@rule
def target_cap(cap, annual_budget, consortia_per_year):
    """Largest grant when the year's money must found the promised number (same unit)."""
    if consortia_per_year <= 0.0:
        return cap
    return min(cap, annual_budget / consortia_per_year)
