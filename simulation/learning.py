"""Learning by use, from partners and from others' solutions; forgetting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "learning"

    by_use: float = parameter(
        unit="share per quarter", low=0, high=0.1,
        meaning="eta_u, learning in fields one works in",
        source="assumption: .006",
    )
    from_partners: float = parameter(
        unit="share per quarter", low=0, high=0.3,
        meaning="eta_p, learning from a partner at the best cognitive distance",
        source="Nooteboom et al. 2007: inverted U; .025 by assumption",
    )
    decay: float = parameter(
        unit="share per quarter", low=0, high=0.05,
        meaning="forgetting of fields that are not used, towards half of the initial level",
        source="assumption: .003",
    )
    spillover: float = parameter(
        unit="expertise", low=0, high=0.3,
        meaning="phi, gain from a fully open solution in its own field",
        source="assumption: .03",
    )
    spillover_reach: float = parameter(
        unit="field distance", low=0.01, high=1,
        meaning="tau, how far a spillover reaches",
        source="assumption: .1",
    )
    base_openness: float = parameter(
        unit="share", low=0, high=1,
        meaning="part of a solution's knowledge that leaks without any sharing",
        source="assumption: .1",
    )
    capability_scale_myuan: float = parameter(
        unit="million yuan per quarter", low=0.1, high=100,
        meaning="spending at which building capability gains 63 % of what is missing in a quarter",
        source="assumption",
    )
