"""Phase 5: projects start, pay and search; and what happens when one ends."""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import rule
from agents.decisions import takes_bold_try
from agents.kinds import PAYER_PRIVATE, PAYER_PROGRAMME, SME
from simulation.accounts import centre_of, fen, myuan, payer_of
from simulation.bits import count_bits
from simulation.columns import (
    ACTIVE,
    ACTIVE_PROJECTS,
    COORDINATION_OUT,
    ENDED_OVERTAKEN,
    ENDED_SOLVED,
    N_ORGANISATIONS,
    OPEN,
    PRIVATE_PRACTICE,
    RESEARCH_OUT,
    RUNNING,
)
from simulation.events import STARTED, note
from simulation.financiers import advance, decide_backing
from simulation.forming import free_staff
from simulation.landscape import give_place_back, prepare, start_design
from simulation.learning import learn_in_team
from simulation.memory import fetch_row
from simulation.outcomes import MILESTONE_WITHHELD, PENALTY_PAID, PRIZE_WITHHELD
from simulation.policies.funding import releasable
from simulation.policies.layers import effort_weight
from simulation.policies.monitoring import penalty_due
from simulation.search import assign_components, search_quarter, share_effort, team_integration
from simulation.stages import count_end
from simulation.ties import remember_team
from simulation.worth import coordination_cost

FAR_APART = 256  # so many projects and their members do not stay in the processor's caches


@rule
def start_project(s, row, step):
    """A consortium becomes a running project on its need's landscape."""
    c = s.consortia[row]
    need = s.needs[c.problem]
    problem = s.problems[c.problem]
    p = s.programmes[c.programme]
    c.state = ACTIVE
    c.deadline = step + need.deadline - 1
    c.gate_passed = 0
    allocate_staff(s, c, p)
    settle_promises(s, c)
    decide_backing(s, c)
    find_out(s, c)
    assign_components(s, row)
    share_effort(s, c)
    c.gamma = team_integration(s, c)
    remember_team(s, c, step)
    choose_start(s, c, p)
    problem.status = RUNNING
    if c.lead == problem.owner:
        problem.price = 0.0
    problem.teams += 1
    problem.projects += 1
    s.running[s.counters[ACTIVE_PROJECTS]] = row
    s.counters[ACTIVE_PROJECTS] += 1
    for position in range(c.size):
        m = s.members[c.first + position]
        s.organisations[m.row].participations += 1
    s.organisations[c.lead].led += 1
    if c.body >= 0:
        s.bodies[c.body].running += 1
    note(s, step, STARTED, c.problem, row, c.lead, c.gamma)


@rule
def find_out(s, c):
    """At work a team finds out where the misposed components really lie; later teams know it."""
    c.found_misposed = count_bits(c.misposed)
    s.problems[c.problem].put_right |= c.misposed
    c.misposed = 0


@rule
def allocate_staff(s, c, p):
    """Split project staff over members by weight; what one cannot give, others with room do."""
    w = s.world[0]
    total = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        m.fte = effort_weight(
            m.layer, position == 0, w.forming_lead_weight,
            p.layers_general_effort_share,
        )  # fmt: skip
        total += m.fte
    missing = 0.0
    room = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        wanted = p.funding_project_staff_fte * c.effort_share * m.fte / total
        free = free_staff(s, m.row)
        m.fte = min(wanted, free)
        missing += wanted - m.fte
        room += free - m.fte
    share = min(1.0, missing / room) if room > 0.0 else 0.0
    c.effort = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        free = free_staff(s, m.row)
        m.fte += share * (free - m.fte)
        c.effort += m.fte
        s.organisations[m.row].busy += m.fte


@rule
def settle_promises(s, c):
    """The lead pays reluctant members what it promised, as far as its money goes."""
    lead = s.organisations[c.lead]
    for position in range(1, c.size):
        m = s.members[c.first + position]
        amount = min(m.promised, max(lead.cash, 0))
        lead.cash -= amount
        s.organisations[m.row].cash += amount


@rule
def choose_start(s, c, p):
    """Where on the landscape the team starts; teams on distinct paths start far apart."""
    prepare(s, c.problem)
    earlier = np.empty(16, np.int64)
    n = 0
    others = s.problems[c.problem].teams
    k = 0
    while n < min(others, len(earlier)):
        other = s.consortia[s.running[k]]
        if other.problem == c.problem:
            earlier[n] = other.start
            n += 1
        k += 1
    c.design = start_design(s, c.problem, c.luck, earlier[:n], p.selection_distinct_paths == 1)
    c.start = c.design


@rule
def quarter_wage(s):
    """Cost of a full-time equivalent this quarter, million yuan.

    .. math:: w = w_0 (\\text{used} / \\text{available})^{\\epsilon}
    """
    w = s.world[0]
    used = 0.0
    available = 0.0
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if s.active[row] == 1:
            used += o.busy
            available += o.staff * w.forming_free_share
    if w.money_wage_elasticity == 0.0 or used <= 0.0 or available <= 0.0:
        return w.money_wage_myuan
    return w.money_wage_myuan * math.pow(used / available, w.money_wage_elasticity)


@rule
def fetch_ahead(s, k):
    """While the k-th project is at work, the memory that the next ones need is fetched.

    First the consortium, then who its members are, then what these know.
    """
    count = s.counters[ACTIVE_PROJECTS]
    if count < FAR_APART:
        return
    if k + 3 < count:
        fetch_row(s.consortia, s.running[k + 3])
    if k + 2 < count:
        c = s.consortia[s.running[k + 2]]
        fetch_row(s.needs, c.problem)
        for place in range(c.first, c.first + c.size):
            fetch_row(s.members, place)
    if k + 1 < count:
        c = s.consortia[s.running[k + 1]]
        for place in range(c.first, c.first + c.size):
            fetch_row(s.organisations, s.members[place].row)
            fetch_row(s.expertise, s.members[place].row)


@rule
def research(s, step):
    """Phase 5: every running project pays its quarter and searches as far as it was paid."""
    wage = quarter_wage(s)
    for k in range(s.counters[ACTIVE_PROJECTS]):
        fetch_ahead(s, k)
        row = s.running[k]
        c = s.consortia[row]
        paid_share = pay_quarter(s, row, wage)
        s.problems[c.problem].effort += c.effort * paid_share
        decide_boldness(s, c, step)
        search_quarter(s, row, step, paid_share)


@rule
def learning(s, step):
    """Phase 6, first half: members learn from their work and each other."""
    for k in range(s.counters[ACTIVE_PROJECTS]):
        fetch_ahead(s, k)
        learn_in_team(s, s.running[k])


@rule
def decide_boldness(s, c, step):
    """A team that found no improvement last quarter may take bold tries."""
    p = s.programmes[c.programme]
    c.bold = 0
    if c.stuck == 0:
        return
    gate_ahead = 0.0
    if p.monitoring_gate_quarter > 0 and c.gate_passed == 0:
        gate_ahead = 1.0
    stake = c.believed * s.needs[c.problem].value
    penalty = penalty_due(myuan(c.grant), p.monitoring_penalty, 0.0)
    remaining = myuan(c.grant - c.grant_used)
    w = s.world[0]
    if takes_bold_try(
        stake, remaining, gate_ahead, penalty, p.monitoring_tolerance, w.search_bold_promise,
        w.search_bold_danger,
    ):  # fmt: skip
        c.bold = 1


@rule
def pay_quarter(s, row, wage):
    """Pay staff and coordination; returns the share of the quarter's cost that was paid.

    The grant pays what the instrument releases; members pay their part of the rest from their
    own money, which may fall short; a fund that backs the project advances a part.
    """
    c = s.consortia[row]
    p = s.programmes[c.programme]
    coordination = fen(coordination_cost(s, p, c.burden) * c.effort_share)
    cost = coordination
    for position in range(c.size):
        m = s.members[c.first + position]
        cost += fen(m.fte * wage)
    if cost == 0:
        return 0.0
    grant = grant_part(s, row, cost)
    paid = grant
    for position in range(c.size):
        m = s.members[c.first + position]
        due = fen(m.fte * wage) + (coordination if position == 0 else 0)
        due -= int(grant * (due / cost))
        paid += member_pays(s, c, position, due)
    talk = min(coordination, paid)
    s.ledger[COORDINATION_OUT] += talk
    s.ledger[RESEARCH_OUT] += paid - talk
    c.spent += cost
    return min(1.0, paid / cost)


@rule
def grant_part(s, row, cost):
    """Fen of this quarter's cost that the grant pays."""
    c = s.consortia[row]
    if c.grant == 0:
        return 0
    p = s.programmes[c.programme]
    allowed = releasable(
        float(c.grant), (c.spent + cost) / max(c.planned, 1), c.gate_passed == 1, False,
        p.funding_upfront, p.funding_milestone, p.funding_prize,
    )  # fmt: skip
    return use_escrow(s, row, min(cost, int(allowed) - c.grant_used), True)


@rule
def use_escrow(s, row, wanted, for_cost):
    """Take fen out of a project's escrow; returns what was taken.

    Money for cost leaves the world as cost, by its payer; a prize stays with the members.
    """
    c = s.consortia[row]
    taken = 0
    for purse in range(s.escrow.shape[1]):
        part = min(max(wanted - taken, 0), s.escrow[row, purse])
        s.escrow[row, purse] -= part
        taken += part
    c.grant_used += taken
    s.programme_state[c.programme].spent += taken
    if for_cost:
        s.paid[PAYER_PROGRAMME] += taken
        for position in range(c.size):
            m = s.members[c.first + position]
            share = m.fte / c.effort if c.effort > 0.0 else 0.0
            s.organisations[m.row].granted += int(taken * share)
    return taken


@rule
def member_pays(s, c, position, due):
    """A member pays its part, in fen; a fund advances some of a private firm's."""
    row = s.members[c.first + position].row
    o = s.organisations[row]
    payer = payer_of(o.kind, o.ownership)
    advanced = advance(s, c, due) if c.backed == 1 and payer == PAYER_PRIVATE else 0
    own = min(due - advanced, max(o.cash, 0))
    o.cash -= own
    s.members[c.first + position].own_paid += own
    s.paid[payer] += own + advanced
    if c.programme == PRIVATE_PRACTICE and o.kind <= SME:
        o.claim += own
    return own + advanced


@rule
def end_project(s, row, state, step):
    """A project ends: prize or penalty, unused money back, staff free, beliefs and standing."""
    w = s.world[0]
    c = s.consortia[row]
    c.state = state
    solved = state == ENDED_SOLVED
    if solved:
        pay_prize(s, row)
    elif c.grant_used > 0 and state != ENDED_OVERTAKEN:
        pay_penalty(s, c)
    return_escrow(s, row)
    for position in range(c.size):
        m = s.members[c.first + position]
        o = s.organisations[m.row]
        o.busy = max(0.0, o.busy - m.fte)
        o.trials += 1.0
        if solved:
            o.successes += 1.0
            o.reputation += w.money_reputation_lead if position == 0 else w.money_reputation_member
    if c.body >= 0:
        s.bodies[c.body].running -= 1
        s.bodies[c.body].trials += 1.0
        s.bodies[c.body].successes += 1.0 if solved else 0.0
    problem = s.problems[c.problem]
    problem.teams -= 1
    if problem.teams == 0:
        give_place_back(s, c.problem)
        if problem.status == RUNNING:
            problem.status = OPEN
    withheld(s, c)
    count_end(s, s.programmes[c.programme], c)


@rule
def withheld(s, c):
    """Count what the instrument kept back until the end."""
    p = s.programmes[c.programme]
    if c.grant > 0 and p.funding_milestone > 0.0 and c.gate_passed == 0:
        s.bound[MILESTONE_WITHHELD] += 1
    if c.grant > 0 and p.funding_prize > 0.0 and c.state != ENDED_SOLVED:
        s.bound[PRIZE_WITHHELD] += 1


@rule
def forget_ended(s):
    """Take projects that have ended off the list of running ones, keeping the order."""
    n = 0
    for k in range(s.counters[ACTIVE_PROJECTS]):
        if s.consortia[s.running[k]].state == ACTIVE:
            s.running[n] = s.running[k]
            n += 1
    s.counters[ACTIVE_PROJECTS] = n


@rule
def pay_prize(s, row):
    """The prize part goes to members by their share of value; it first repays their own cost."""
    c = s.consortia[row]
    p = s.programmes[c.programme]
    prize = use_escrow(s, row, int(c.grant * p.funding_prize), False)
    if prize == 0:
        return
    total = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        total += m.value_weight
    left = prize
    for position in range(c.size):
        m = s.members[c.first + position]
        part = int(prize * (m.value_weight / total))
        if position == c.size - 1:
            part = left
        left -= part
        o = s.organisations[m.row]
        o.cash += part
        o.granted += part
        repaid = min(part, m.own_paid)
        s.paid[payer_of(o.kind, o.ownership)] -= repaid
        s.paid[PAYER_PROGRAMME] += repaid


@rule
def pay_penalty(s, c):
    """Members of a failed project pay part of the grant back to the centre's purse, by effort."""
    p = s.programmes[c.programme]
    due = int(penalty_due(float(c.grant_used), p.monitoring_penalty, p.monitoring_tolerance))
    paid = 0
    for position in range(c.size):
        m = s.members[c.first + position]
        o = s.organisations[m.row]
        amount = min(int(due * (m.fte / max(c.effort, 1e-9))), max(o.cash, 0))
        o.cash -= amount
        s.paid[payer_of(o.kind, o.ownership)] += amount
        paid += amount
    if paid > 0:
        s.purses[c.programme, centre_of(s)] += paid
        s.programme_state[c.programme].spent -= paid
        s.paid[PAYER_PROGRAMME] -= paid
        s.bound[PENALTY_PAID] += 1


@rule
def return_escrow(s, row):
    """Unused grant returns to the purses it came from."""
    c = s.consortia[row]
    for purse in range(s.escrow.shape[1]):
        s.purses[c.programme, purse] += s.escrow[row, purse]
        s.escrow[row, purse] = 0
