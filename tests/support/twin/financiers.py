"""Financiers: private capital that a programme draws in, one fund in each region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.twin import rules
from tests.support.twin.worth import PRIVATE_MONEY

if TYPE_CHECKING:
    from tests.support.twin.consortium import Consortium
    from tests.support.twin.model import TwinModel


class Fund:
    """The private capital of a region, in fen, and the projects shown to it and backed by it."""

    def __init__(self) -> None:
        self.capital = 0
        self.advanced = 0
        self.returned = 0
        self.asked = 0
        self.backed = 0

    def advance(self, c: Consortium, due: int) -> int:
        """Fen that it advances of what is due from a private member of a project."""
        amount = min(int(due * c.programme.levers.funding_financier_share), self.capital)
        if amount <= 0:
            return 0
        self.capital -= amount
        self.advanced += amount
        c.financed += amount
        c.model.ledger["financier_in"] += amount
        c.model.bound["financier_advanced"] += 1
        return amount

    def take_back(self, c: Consortium, team: int) -> int:
        """Its part, in fen, of what a team earns from a solution; it may be used again."""
        if c.financed == 0:
            return 0
        w = c.w
        asked = rules.asked_back(float(c.financed), c.believed, w.financiers_hurdle)
        back = int(min(asked, w.financiers_most_value_share * team))
        self.capital += back
        self.returned += back
        return back


def raise_capital(model: TwinModel) -> None:
    """A quarter's new capital arrives in the funds."""
    w = model.w
    quarterly = w.financiers_capital_myuan_per_year * w.needs_scale_organisations / 480.0
    for fund, weight in zip(model.funds, model.region_weight, strict=True):
        fund.capital += rules.fen(quarterly * weight)


def decide_backing(c: Consortium) -> None:
    """The fund of the lead's region decides whether it backs a project that starts."""
    w, p, need, model = c.w, c.programme.levers, c.need, c.model
    if p.funding_financier_share <= 0.0:
        return
    fund = model.funds[c.lead.region]
    own = max(0, c.planned - c.grant) * private_part(c)
    wanted = p.funding_financier_share * rules.myuan(own)
    price = 0.0 if c.owner_leads else need.price
    claim = rules.makers_claim(w, p.diffusion_private_standard)
    value = need.value * rules.team_keeps(w, price, claim)
    most = w.financiers_most_value_share * value
    fund.asked += 1
    hopeless = wanted <= 0.0 or c.believed <= 0.0
    if hopeless or rules.asked_back(wanted, c.believed, w.financiers_hurdle) > most:
        model.bound["financier_refused"] += 1
    elif fund.capital < rules.fen(wanted):
        model.bound["fund_empty"] += 1
    else:
        c.backed = True
        fund.backed += 1


def private_part(c: Consortium) -> float:
    """Share of a project's staff that private firms give."""
    private = 0.0
    for member in c.members:
        if member.organisation.payer == PRIVATE_MONEY:
            private += member.fte
    return private / c.effort if c.effort > 0.0 else 0.0
