"""Financiers: private capital (社会资本) that a programme draws in, one fund in each region.

A fund looks at every funded project of its region. It asks back as much more as a solution is
uncertain, and backs a project if the team's part of the value can pay that. What it takes over is
risk: to firms that shy it (Arrow 1962), outside money weighs less than their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.kinds import PAYER_PRIVATE
from agents.settings import Settings, parameter
from simulation.accounts import fen, myuan, payer_of
from simulation.columns import FINANCIER_IN
from simulation.outcomes import FINANCIER_ADVANCED, FINANCIER_REFUSED, FUND_EMPTY
from simulation.worth import makers_claim, team_keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Financiers(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "financiers"

    capital_myuan_per_year: float = parameter(
        unit="million yuan per year and 120 organisations",
        low=0,
        high=2000,
        meaning="new capital that financiers bring into joint projects, over regions by research staff",
        source="assumption: 6, half the public budget; swept",
    )
    most_value_share: float = parameter(
        unit="share of the team's value",
        low=0,
        high=1,
        meaning="most of the team's part of the value that goes back to financiers",
        source="assumption",
    )
    hurdle: float = parameter(
        unit="share of the advance",
        low=-1,
        high=5,
        meaning="gain that a fund must expect on an advance",
        source="assumption: .1",
    )
    prior_backed: float = parameter(
        unit="probability",
        low=0,
        high=1,
        meaning="chance of being backed that leads expect before the first projects are shown",
        source="assumption",
    )


@rule
def raise_capital(s):
    """A quarter's new capital arrives in the funds."""
    w = s.world[0]
    quarterly = w.financiers_capital_myuan_per_year * w.needs_scale_organisations / 480.0
    for region in range(len(s.funds)):
        s.funds[region].capital += fen(quarterly * s.region_weight[region])


@rule
def asked_back(advance, chance, hurdle):
    """What a solution must pay back on an advance, for a fund that expects it with this chance."""
    return advance * (1.0 + hurdle) / chance


@rule
def decide_backing(s, c):
    """The fund of the lead's region decides whether it backs a project that starts."""
    w = s.world[0]
    p = s.programmes[c.programme]
    if p.funding_financier_share <= 0.0:
        return
    need = s.needs[c.problem]
    fund = s.funds[s.organisations[c.lead].region]
    own = max(0, c.planned - c.grant) * private_part(s, c)
    wanted = p.funding_financier_share * myuan(own)
    owns = s.problems[c.problem].owner == c.lead
    price = 0.0 if owns else s.problems[c.problem].price
    value = need.value * team_keeps(w, price, makers_claim(w, p.diffusion_private_standard))
    back = asked_back(wanted, c.believed, w.financiers_hurdle)
    fund.asked += 1
    if wanted <= 0.0 or c.believed <= 0.0 or back > w.financiers_most_value_share * value:
        s.bound[FINANCIER_REFUSED] += 1
    elif fund.capital < fen(wanted):
        s.bound[FUND_EMPTY] += 1
    else:
        c.backed = 1
        fund.backed += 1


@rule
def private_part(s, c):
    """Share of a project's staff that private firms give."""
    private = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        o = s.organisations[m.row]
        if payer_of(o.kind, o.ownership) == PAYER_PRIVATE:
            private += m.fte
    return private / c.effort if c.effort > 0.0 else 0.0


@rule
def advance(s, c, due):
    """Fen that the fund advances of what is due from a private member."""
    fund = s.funds[s.organisations[c.lead].region]
    amount = min(int(due * s.programmes[c.programme].funding_financier_share), fund.capital)
    if amount <= 0:
        return 0
    fund.capital -= amount
    fund.advanced += amount
    c.financed += amount
    s.ledger[FINANCIER_IN] += amount
    s.bound[FINANCIER_ADVANCED] += 1
    return amount


@rule
def pay_back(s, c, team):
    """The fund's part, in fen, of what a team earns from a solution (fen); it may be used again."""
    w = s.world[0]
    if c.financed == 0:
        return 0
    asked = asked_back(float(c.financed), c.believed, w.financiers_hurdle)
    back = int(min(asked, w.financiers_most_value_share * team))
    fund = s.funds[s.organisations[c.lead].region]
    fund.capital += back
    fund.returned += back
    return back
