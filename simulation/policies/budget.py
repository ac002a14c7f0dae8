"""Budget: size, growth and field shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget(Settings):
    """Money of the programme, as a part of the regime's common public budget."""

    SECTION: ClassVar[str] = "budget"

    share: float = parameter(
        unit="share of the regime's budget",
        low=0.0,
        high=1.0,
        meaning="part of the public budget that this programme gets",
        source="design of the regime",
    )
    scale: float = parameter(
        unit="times the common budget",
        low=0.0,
        high=10.0,
        meaning="size relative to the budget all regimes are compared at",
        source="1 keeps regimes at equal public money; cost curves use .5, 1, 2",
    )
    growth_per_year: float = parameter(
        unit="share per year",
        low=-0.2,
        high=0.5,
        meaning="yearly growth of the budget, around the same total over the policy period",
        source="seed document: investment in emerging industries +32.1 % in 2023; default 0",
    )
    mission_share: float = parameter(
        unit="share of the programme budget",
        low=0.0,
        high=1.0,
        meaning="part reserved for needs in strategic fields",
        source="seed document: IC, AI, biomedicine; share swept",
    )


@rule
def growth_factor(growth_per_year, quarter, policy_quarters):
    """Budget of a quarter relative to the mean, total unchanged over the policy period."""
    if growth_per_year == 0.0:
        return 1.0
    total = 0.0
    for t in range(policy_quarters):
        total += (1.0 + growth_per_year) ** (t / 4.0)
    return (1.0 + growth_per_year) ** (quarter / 4.0) * policy_quarters / total
