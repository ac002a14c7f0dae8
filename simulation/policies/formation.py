"""Formation: how a lead finds partners, and who pays for the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter

MODES = ("ties", "open_call", "brokered", "reserve_pool")
TIES, OPEN_CALL, BROKERED, RESERVE_POOL = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formation(Settings):
    """How partners are found."""

    SECTION: ClassVar[str] = "formation"

    mode: str = parameter(
        unit="choice",
        choices=MODES,
        meaning="through ties; by open call; by a broker who knows who can do what; from a pool of matched need-solution pairs",
        source="seed document: publication, solutions from all society, reserve pool",
    )
    subsidised_scanning: float = parameter(
        unit="share of the scanning cost",
        low=0.0,
        high=1.0,
        meaning="part of the cost of looking at candidates that the programme pays",
        source="assumption: brokers and pools cut search cost and are paid for it",
    )


@rule
def contact_weight(mode, ties, same_region, fit, tie_bias, home_bias, most_ties, least_fit):
    """How likely a candidate is looked at, relative to a stranger elsewhere (weight 1).

    ``ties`` is times worked together, of which ``most_ties`` count; ``fit`` the candidate's
    expertise in the field in [0, 1]; ``least_fit`` the weight of one who has none.
    Acquaintance and proximity guide private search (Paier and Scherngell 2011); an open call
    reaches strangers alike; brokers and pools sort by what candidates can do.
    """
    if mode == TIES:
        return 1.0 + tie_bias * min(ties, most_ties) + home_bias * same_region
    if mode == OPEN_CALL:
        return 1.0
    return least_fit + fit * fit
