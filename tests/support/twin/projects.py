"""Phase 5: projects start, pay and search; and what happens when one ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agents.kinds import PAYER_PROGRAMME, PAYERS
from tests.support.twin import rules
from tests.support.twin.consortium import (
    ACTIVE,
    FAILED,
    OVERTAKEN,
    SOLVED,
    Consortium,
    Member,
)
from tests.support.twin.financiers import decide_backing
from tests.support.twin.landscape import Landscape
from tests.support.twin.needs import OPEN, RUNNING
from tests.support.twin.search import search_quarter
from tests.support.twin.worth import PRIVATE_MONEY

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel

PROGRAMME_MONEY = PAYERS[PAYER_PROGRAMME]
MOST_EARLIER_STARTS = 16  # of which a team on a distinct path takes account

# ---------------------------------------------------------------- start


def start_project(c: Consortium) -> None:
    """A consortium becomes a running project on its need's landscape."""
    model, need = c.model, c.need
    c.state = ACTIVE
    c.deadline = model.now + need.deadline - 1
    allocate_staff(c)
    settle_promises(c)
    decide_backing(c)
    find_out(c)
    c.assign_components()
    c.share_effort()
    c.gamma = c.integration()
    remember_team(c)
    choose_start(c)
    need.status = RUNNING
    if c.owner_leads:
        need.price = 0.0
    need.teams += 1
    need.projects += 1
    model.projects.append(c)
    for one in c.organisations:
        one.participations += 1
    c.lead.led += 1
    if c.body:
        c.body.running += 1


def allocate_staff(c: Consortium) -> None:
    """Split project staff over members by weight; what one cannot give, others with room do."""
    w, p = c.w, c.programme.levers
    total = 0.0
    for member in c.members:
        leads = member is c.members[0]
        member.fte = rules.effort_weight(
            member.layer, leads, w.forming_lead_weight, p.layers_general_effort_share
        )
        total += member.fte
    missing = 0.0
    room = 0.0
    for member in c.members:
        wanted = p.funding_project_staff_fte * c.effort_share * member.fte / total
        free = member.organisation.free_staff()
        member.fte = min(wanted, free)
        missing += wanted - member.fte
        room += free - member.fte
    share = min(1.0, missing / room) if room > 0.0 else 0.0
    c.effort = 0.0
    for member in c.members:
        free = member.organisation.free_staff()
        member.fte += share * (free - member.fte)
        c.effort += member.fte
        member.organisation.busy += member.fte


def settle_promises(c: Consortium) -> None:
    """The lead pays reluctant members what it promised, as far as its money goes."""
    for member in c.members[1:]:
        amount = min(member.promised, max(c.lead.cash, 0))
        c.lead.cash -= amount
        member.organisation.cash += amount


def find_out(c: Consortium) -> None:
    """At work a team finds out where the misposed components really lie; later teams know it."""
    c.found_misposed = len(c.misposed)
    c.need.put_right |= c.misposed
    c.misposed = set()
    c.fields = c.need.fields


def remember_team(c: Consortium) -> None:
    """Members who start a project together know each other from now on."""
    for member in c.meeting:
        for other in c.meeting:
            if other is not member:
                member.organisation.add_tie(other.organisation, c.model.now)


def choose_start(c: Consortium) -> None:
    """Where on the landscape the team starts; teams on distinct paths start far apart."""
    need, model = c.need, c.model
    if need.landscape is None:
        need.landscape = Landscape(need.key, need.masks, model.w)
    earlier = [other.start for other in model.projects if other.need is need]
    distinct = c.programme.levers.selection_distinct_paths == 1
    c.landscape = need.landscape
    c.start = c.landscape.start_design(
        model.w, model.luck, c.luck, earlier[:MOST_EARLIER_STARTS], distinct
    )
    c.design = c.start


# ---------------------------------------------------------------- a quarter of work


def quarter_wage(model: TwinModel) -> float:
    """Cost of a full-time equivalent this quarter, million yuan: it rises with staff in use."""
    w = model.w
    used = 0.0
    available = 0.0
    for one in model.organisations:
        if one.active:
            used += one.busy
            available += one.staff * w.forming_free_share
    if w.money_wage_elasticity == 0.0 or used <= 0.0 or available <= 0.0:
        return float(w.money_wage_myuan)
    return float(w.money_wage_myuan * math.pow(used / available, w.money_wage_elasticity))


def research(model: TwinModel) -> None:
    """Every running project pays its quarter and searches as far as it was paid."""
    wage = quarter_wage(model)
    for c in model.projects:
        paid_share = pay_quarter(c, wage)
        c.need.effort += c.effort * paid_share
        c.bold = c.stuck and takes_bold_tries(c)
        search_quarter(c, paid_share)


def takes_bold_tries(c: Consortium) -> bool:
    """Whether a team that found no improvement last quarter takes bold tries."""
    w, p = c.w, c.programme.levers
    gate_ahead = p.monitoring_gate_quarter > 0 and not c.gate_passed
    penalty = rules.penalty_due(rules.myuan(c.grant), p.monitoring_penalty, 0.0)
    return bool(
        rules.takes_bold_try(
            c.believed * c.need.value, rules.myuan(c.grant - c.grant_used),
            1.0 if gate_ahead else 0.0, penalty, p.monitoring_tolerance, w.search_bold_promise,
            w.search_bold_danger,
        )
    )  # fmt: skip


def pay_quarter(c: Consortium, wage: float) -> float:
    """Pay staff and coordination; returns the share of the quarter's cost that was paid.

    The grant pays what the instrument releases; members pay their part of the rest from their
    own money, which may fall short; a fund that backs the project advances a part.
    """
    coordination = rules.fen(c.programme.coordination_cost(c.burden) * c.effort_share)
    costs = [rules.fen(member.fte * wage) for member in c.members]
    costs[0] += coordination
    cost = sum(costs)
    if cost == 0:
        return 0.0
    grant = grant_part(c, cost)
    paid = grant
    for member, own in zip(c.members, costs, strict=True):
        paid += member_pays(c, member, own - int(grant * (own / cost)))
    talk = min(coordination, paid)
    c.model.ledger["coordination_out"] += talk
    c.model.ledger["research_out"] += paid - talk
    c.spent += cost
    return min(1.0, paid / cost)


def grant_part(c: Consortium, cost: int) -> int:
    """Fen of this quarter's cost that the grant pays."""
    if c.grant == 0:
        return 0
    p = c.programme.levers
    spent_share = (c.spent + cost) / max(c.planned, 1)
    allowed = rules.releasable(
        float(c.grant), spent_share, c.gate_passed, False,
        p.funding_upfront, p.funding_milestone, p.funding_prize,
    )  # fmt: skip
    grant = use_escrow(c, min(cost, int(allowed) - c.grant_used))
    c.model.paid[PROGRAMME_MONEY] += grant
    for member in c.members:
        share = member.fte / c.effort if c.effort > 0.0 else 0.0
        member.organisation.granted += int(grant * share)
    return grant


def use_escrow(c: Consortium, wanted: int) -> int:
    """Take fen out of a project's escrow, purse by purse; returns what was taken."""
    taken = 0
    for purse, held in enumerate(c.escrow):
        part = min(max(wanted - taken, 0), held)
        c.escrow[purse] -= part
        taken += part
    c.grant_used += taken
    c.programme.spent += taken
    return taken


def member_pays(c: Consortium, member: Member, due: int) -> int:
    """A member pays its part, in fen; a fund advances some of a private firm's."""
    one = member.organisation
    advanced = 0
    if c.backed and one.payer == PRIVATE_MONEY:
        advanced = c.model.funds[c.lead.region].advance(c, due)
    own = min(due - advanced, max(one.cash, 0))
    one.cash -= own
    member.own_paid += own
    c.model.paid[one.payer] += own + advanced
    if not c.programme.is_public and one.is_firm:
        one.claim += own
    return own + advanced


# ---------------------------------------------------------------- end


def end_project(c: Consortium, state: str) -> None:
    """A project ends: prize or penalty, unused money back, staff free, beliefs and standing."""
    w, need, model = c.w, c.need, c.model
    c.state = state
    solved = state == SOLVED
    if solved:
        pay_prize(c)
    elif c.grant_used > 0 and state != OVERTAKEN:
        pay_penalty(c)
    return_escrow(c)
    for member in c.members:
        one = member.organisation
        one.busy = max(0.0, one.busy - member.fte)
        one.trials += 1.0
        if solved:
            leads = one is c.lead
            one.successes += 1.0
            one.reputation += w.money_reputation_lead if leads else w.money_reputation_member
    if c.body:
        c.body.running -= 1
        c.body.trials += 1.0
        c.body.successes += 1.0 if solved else 0.0
    model.projects.remove(c)
    need.teams -= 1
    if need.teams == 0 and need.status == RUNNING:
        need.status = OPEN
    count_end(c)
    c.remove()


def pay_prize(c: Consortium) -> None:
    """The prize part goes to members by their share of value; it first repays their own cost."""
    prize = use_escrow(c, int(c.grant * c.programme.levers.funding_prize))
    for member, part in shared_by_value(c, prize):
        one = member.organisation
        one.cash += part
        one.granted += part
        repaid = min(part, member.own_paid)
        c.model.paid[one.payer] -= repaid
        c.model.paid[PROGRAMME_MONEY] += repaid


def shared_by_value(c: Consortium, amount: int) -> list[tuple[Member, int]]:
    """An amount in fen divided by shares of value; the last member gets what rounding leaves."""
    total = 0.0
    for member in c.members:
        total += member.value_weight
    parts = [int(amount * (member.value_weight / total)) for member in c.members]
    parts[-1] = amount - sum(parts[:-1])
    return list(zip(c.members, parts, strict=True))


def pay_penalty(c: Consortium) -> None:
    """Members of a failed project pay part of the grant back to the centre's purse, by effort."""
    p, model = c.programme.levers, c.model
    due = int(rules.penalty_due(float(c.grant_used), p.monitoring_penalty, p.monitoring_tolerance))
    paid = 0
    for member in c.members:
        one = member.organisation
        amount = min(int(due * (member.fte / max(c.effort, 1e-9))), max(one.cash, 0))
        one.cash -= amount
        model.paid[one.payer] += amount
        paid += amount
    if paid > 0:
        c.programme.purses[model.centre] += paid
        c.programme.spent -= paid
        model.paid[PROGRAMME_MONEY] -= paid
        model.bound["penalty_paid"] += 1


def return_escrow(c: Consortium) -> None:
    """Unused grant returns to the purses it came from."""
    for purse, held in enumerate(c.escrow):
        c.programme.purses[purse] += held
        c.escrow[purse] = 0


def count_end(c: Consortium) -> None:
    """Count how a project has ended, and what the instrument kept back until the end."""
    p, stages, bound = c.programme.levers, c.programme.stages, c.model.bound
    if c.state in (SOLVED, FAILED, OVERTAKEN):
        stages[c.state] += 1
    if c.grant > 0:
        if p.funding_milestone > 0.0 and not c.gate_passed:
            bound["milestone_withheld"] += 1
        if p.funding_prize > 0.0 and c.state != SOLVED:
            bound["prize_withheld"] += 1
        if p.funding_prize > 0.0 or p.monitoring_penalty > 0.0:
            stages["settled"] += 1
