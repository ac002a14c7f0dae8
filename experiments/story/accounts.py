"""Who paid for a project, and who for projects before the policy; million yuan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from agents.kinds import FEN_PER_MYUAN, PAYERS

if TYPE_CHECKING:
    from simulation.model import ConsortiaModel


def paid_by(model: ConsortiaModel, row: int) -> list[float]:
    """What was paid for a project's cost by each of the four payers, million yuan.

    Financiers' advances count as the private firms' part, and a prize repays members' own cost, as
    in the accounts of a run. A penalty is not kept by project and is left out.
    """
    own = model.state.consortia[row]
    members = model.consortium(row).members
    repaid = [
        min(part, member.own_paid) for part, member in zip(prize(model, row), members, strict=True)
    ]
    paid = dict.fromkeys(PAYERS, 0.0)
    paid["programme"] = float(own["grant_used"] / FEN_PER_MYUAN)
    paid["private"] = float(own["financed"] / FEN_PER_MYUAN)
    for part, back, member in zip(prize(model, row), repaid, members, strict=True):
        paid["programme"] -= part - back
        paid[_payer(model.organisation(member.row))] += member.own_paid - back
    return [max(0.0, paid[payer]) for payer in PAYERS]


def prize(model: ConsortiaModel, row: int) -> list[float]:
    """Each member's part of the prize for a solution, million yuan; by its weight in value."""
    own, members = model.state.consortia[row], model.consortium(row).members
    share = float(model.state.programmes[own["programme"]]["funding_prize"])
    whole_prize = share * float(own["grant"] / FEN_PER_MYUAN)
    if model.consortium(row).state != "solved" or whole_prize <= 0.0:
        return [0.0] * len(members)
    total = math.fsum(member.value_weight for member in members)
    return [whole_prize * member.value_weight / total for member in members]


def _payer(agent: Any) -> str:
    if agent.kind in ("university", "institute"):
        return "block_grant"
    return "soe_funds" if agent.ownership.endswith("soe") else "private"


def own_before(model: ConsortiaModel) -> float:
    """Project cost that organisations had paid themselves before the policy, million yuan."""
    assert model.start is not None
    return float(model.start.paid[PAYERS.index("programme") + 1 :].sum() / FEN_PER_MYUAN)
