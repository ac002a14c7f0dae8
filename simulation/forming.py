"""Forming of consortia: scanning, invitations, acceptance and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.decisions import (
    accepts,
    believed_success,
)
from agents.kinds import CORE, GENERAL
from agents.settings import Settings, parameter
from simulation import streams
from simulation.accounts import fen
from simulation.columns import (
    BIDDING,
    N_CONSORTIA,
    OVERFLOW,
    PRIVATE_PRACTICE,
)
from simulation.events import (
    ACCEPTED,
    LOOKED_AT,
    REFUSED_DEAL,
    REFUSED_STAFF,
    note,
)
from simulation.landscape import count_bits
from simulation.looking import MAX_LOOKS, find_candidates
from simulation.membership import (
    fills_rule,
    most_members,
    new_region,
    rules_met,
    unmet,
)
from simulation.needs import field_seen, misposed_for
from simulation.outcomes import (
    TOO_MANY_MEMBERS,
)
from simulation.policies.layers import burden, layer_of, value_weight
from simulation.search import assign_components, team_integration
from simulation.ties import measure_team, tie_strength, trust_of
from simulation.worth import (
    coordination_cost,
    extra_burden,
    invitation_utility,
    lead_utility,
    project_quarters_cost,
    share_of,
    team_touches,
    touches,
)

CANDIDATE = np.dtype(
    [("row", "i8"), ("touches", "i8"), ("trust", "f8"), ("skill", "f8")], align=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forming(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "forming"

    scan_cost_myuan: float = parameter(
        unit="million yuan per candidate",
        low=0,
        high=0.2,
        meaning="c_s, cost of looking at one candidate",
        source="assumption: .005, range 0-.02",
    )
    window: int = parameter(
        unit="candidates",
        low=4,
        high=64,
        meaning="candidates next on a field's ring that may be looked at",
        source="assumption",
    )
    tie_bias: float = parameter(
        unit="weight per collaboration",
        low=0,
        high=10,
        meaning="how much likelier an acquaintance is looked at",
        source="Paier and Scherngell 2011; size assumed",
    )
    home_bias: float = parameter(
        unit="weight",
        low=0,
        high=10,
        meaning="how much likelier a neighbour is looked at",
        source="Autant-Bernard 2007; size assumed",
    )
    prior_success: float = parameter(
        unit="probability",
        low=0.01,
        high=0.99,
        meaning="success believed before experience",
        source="assumption: .35",
    )
    prior_weight: float = parameter(
        unit="projects",
        low=0.5,
        high=100,
        meaning="how many projects of experience the prior is worth",
        source="assumption: 10",
    )
    prior_coverage: float = parameter(
        unit="share of components",
        low=0.1,
        high=1,
        meaning="coverage that owners expect of a programme's consortia before its first awards",
        source="assumption: .9, a little below what private projects of the burn-in reach",
    )
    coverage_exponent: float = parameter(
        unit="exponent",
        low=0,
        high=6,
        meaning="how fast believed success falls with uncovered components",
        source="assumption: 3",
    )
    skill_weight: float = parameter(
        unit="share of expected value",
        low=0,
        high=1,
        meaning="worth to the lead of a candidate's full expertise over none",
        source="assumption: .1; experts judge their tries with less error",
    )
    learning_weight: float = parameter(
        unit="million yuan per unit of expertise",
        low=0,
        high=5,
        meaning="lambda_L, worth of learning to a member, times 10",
        source="assumption: .6",
    )
    reputation_weight: float = parameter(
        unit="million yuan per unit of reputation",
        low=0,
        high=5,
        meaning="lambda_R, worth of a reputable lead to a member",
        source="assumption: .5",
    )
    block_cost_weight: float = parameter(
        unit="share of cost",
        low=0,
        high=1,
        meaning="omega, weight of staff cost for block-grant bodies",
        source="assumption: .4",
    )
    leakage: float = parameter(
        unit="share of own value share",
        low=0,
        high=2,
        meaning="loss from knowledge leaking to a rival in the same market",
        source="Branstetter and Sakakibara 2002: rivalry hurts a little; .5 by assumption",
    )
    owner_share: float = parameter(
        unit="share of value",
        low=0,
        high=1,
        meaning="part of a solution's value that stays with the need's owner (or adopter)",
        source="assumption: .5",
    )
    price_margin: float = parameter(
        unit="share of cost",
        low=0,
        high=2,
        meaning="how far the price an owner posts for a solution exceeds what it expects the work to cost its solvers",
        source="open-list lines: the demand side posts the price of its need; size assumed",
    )
    disclosure: float = parameter(
        unit="share of value",
        low=0,
        high=0.2,
        meaning="value lost by publishing a need",
        source="assumption: .05",
    )
    lead_weight: float = parameter(
        unit="shares",
        low=1,
        high=3,
        meaning="effort and value of the lead relative to a core member",
        source="assumption: 1.3",
    )
    bid_candidates: int = parameter(
        unit="candidates",
        low=1,
        high=64,
        meaning="possible leads next on the ring who consider a published need",
        source="assumption",
    )
    market_distance: float = parameter(
        unit="field distance",
        low=0,
        high=1,
        meaning="two firms within this distance of home fields sell in the same market",
        source="assumption",
    )
    hit_rate: float = parameter(
        unit="probability",
        low=0.01,
        high=0.9,
        meaning="chance, as leads see it, that one more look finds a partner who helps and accepts",
        source="assumption",
    )
    project_staff_fte: float = parameter(
        unit="full-time equivalents",
        low=2.0,
        high=60.0,
        meaning="research staff of a project without a programme",
        source="assumption: 16",
    )
    private_members: int = parameter(
        unit="members",
        low=1,
        high=40,
        meaning="most members of a project without a programme",
        source="assumption",
    )
    outer_benefit_myuan: float = parameter(
        unit="million yuan",
        low=0.0,
        high=5.0,
        meaning="worth of priority, standards and supply links to a general member, per unit of lever",
        source="seed document: what general members join for; size assumed",
    )
    target_weight_myuan: float = parameter(
        unit="million yuan per unit of shortfall",
        low=0.0,
        high=100.0,
        meaning="worth to a state-owned lead of closing the gap to its emerging-industry target",
        source="assumption",
    )
    free_share: float = parameter(
        unit="share of staff",
        low=0.01,
        high=1,
        meaning="staff free for joint projects",
        source="assumption: .15",
    )


@rule
def free_staff(s, row):
    """Staff free for joint projects, FTE."""
    o = s.organisations[row]
    return max(0.0, o.staff * s.world[0].forming_free_share - o.busy)


@rule
def best_candidate(s, c, owns, p_extra, pool, needy):
    """Place in the pool of the candidate who adds most for the lead, and what it adds; or -1.

    A candidate adds coverage, trust and skill and shares the cost; it dilutes value and costs
    coordination. Utility depends on coverage and size only, so it is looked up per coverage.
    """
    w = s.world[0]
    n = w.needs_components
    need = s.needs[c.problem]
    lead = c.member[0]
    team = team_touches(s, need, c)
    coverage = share_of(team, n)
    now = lead_utility(s, c.problem, lead, c.programme, coverage, c.size - 1.0, owns, p_extra)
    burdened = now + extra_burden(s, need, c)
    then = np.full(n + 1, np.nan)
    p = s.programmes[c.programme]
    best = -1
    best_gain = -np.inf
    for k in range(len(pool)):
        row = pool[k].row
        if row < 0 or (needy and not fills_rule(s, p, c, row)):
            continue
        covered = count_bits(team | pool[k].touches)
        if np.isnan(then[covered]):
            then[covered] = lead_utility(
                s, c.problem, lead, c.programme, covered / n, float(c.size), owns, p_extra
            )
        fit = 0.05 * pool[k].trust + w.forming_skill_weight * pool[k].skill
        gain = then[covered] - burdened + w.forming_prior_success * need.value * fit
        if gain > best_gain:
            best_gain = gain
            best = k
    c.utility = now
    return best, best_gain


@rule
def invite(s, step, c, row, gain, coverage, p_extra):
    """Ask a candidate; it decides, and a reluctant one is paid the difference if that pays."""
    w = s.world[0]
    p = s.programmes[c.programme]
    need = s.needs[c.problem]
    utility = invitation_utility(s, need, c, row, coverage, p_extra)
    transfer = 0.0
    if utility < 0.0 and (-utility <= gain or (unmet(s, p, c) and -utility <= c.utility)):
        transfer = -utility
        if fen(transfer) > s.organisations[c.member[0]].cash:
            transfer = 0.0
    needed = p.funding_project_staff_fte / (w.forming_lead_weight + 4.0)
    layer = layer_of(c.size, p.layers_core_members, p.layers_close_members)
    if layer == GENERAL:
        needed *= p.layers_general_effort_share
    if not accepts(utility, transfer, free_staff(s, row), needed):
        c.refusals += 1
        kind = REFUSED_DEAL if utility + transfer < 0.0 else REFUSED_STAFF
        note(s, step, kind, c.problem, c.row, row, utility)
        return False
    admit(s, c, row, layer, fen(transfer))
    note(s, step, ACCEPTED, c.problem, c.row, row, transfer)
    return True


@rule
def admit(s, c, row, layer, promised):
    """Add a member and update what depends on who is in."""
    p = s.programmes[c.programme]
    if c.size > 0 and new_region(s, c, row):
        c.regions += 1
    position = c.size
    c.member[position] = row
    c.layer[position] = layer
    c.promised[position] = promised
    c.value_weight[position] = value_weight(
        layer, position == 0, s.world[0].forming_lead_weight, p.layers_close_value_share,
        p.layers_general_effort_share,
    )  # fmt: skip
    c.size += 1
    c.burden += burden(layer, p.layers_general_effort_share)


@rule
def make_pool(s, c, found, n_found):
    """The candidates looked at, with what they can touch and the lead's trust in them."""
    pool = np.zeros(n_found, CANDIDATE)
    need = s.needs[c.problem]
    for k in range(n_found):
        pool[k].row = found[k]
        pool[k].touches = touches(s, need, c.misposed, found[k])
        pool[k].trust = trust_of(tie_strength(s, c.member[0], found[k]))
        pool[k].skill = skill_of(s, need, c.misposed, found[k], pool[k].touches)
    return pool


@rule
def skill_of(s, need, misposed, row, part):
    """Mean expertise of an organisation over the components it can touch; 0 if there are none."""
    total = 0.0
    for i in range(s.world[0].needs_components):
        if part & (1 << i):
            total += s.expertise[row, field_seen(need, misposed, i)]
    return total / max(count_bits(part), 1)


@rule
def note_looks(s, step, c, pool):
    """Say who is considered, and which share of the components each can touch."""
    if len(s.events) == 0:
        return
    for k in range(len(pool)):
        share = share_of(pool[k].touches, s.world[0].needs_components)
        note(s, step, LOOKED_AT, c.problem, c.row, pool[k].row, share)


@rule
def gather_members(s, step, c, owns, p_extra, pool):
    """Invite the best candidate again and again, until none is worth it or the team is full."""
    p = s.programmes[c.programme]
    for _ in range(len(pool)):
        if c.size >= most_members(p):
            s.bound[TOO_MANY_MEMBERS] += c.programme > PRIVATE_PRACTICE
            return
        needy = unmet(s, p, c)
        best, gain = best_candidate(s, c, owns, p_extra, pool, needy)
        if best < 0 or (gain <= 0.0 and not needy):
            return
        row = pool[best].row
        coverage = share_of(
            team_touches(s, s.needs[c.problem], c) | pool[best].touches,
            s.world[0].needs_components,
        )
        pool[best].row = -1
        invite(s, step, c, row, gain, coverage, p_extra)


@rule
def new_consortium(s, step, problem, lead, programme, body, attempt_number):
    """A row for a consortium that is being formed; -1 when the columns are full."""
    row = s.counters[N_CONSORTIA]
    if row >= len(s.consortia):
        s.counters[OVERFLOW] += 1
        return -1
    c = s.consortia[row]
    c.row = row
    c.state = BIDDING
    c.problem = problem
    c.programme = programme
    c.body = body
    c.founded = step
    c.size = 0
    c.regions = 1
    c.burden = 0.0
    c.scanned = 0
    c.refusals = 0
    entity = s.organisations[lead].entity
    address = streams.combine(streams.combine(problem, entity), step * 64 + attempt_number)
    c.luck = address
    c.misposed = misposed_for(s, problem, lead)
    admit(s, c, lead, CORE, 0)
    return row


@rule
def form_consortium(s, step, problem, lead, programme, body, attempt_number, p_extra):
    """Form a consortium around a lead; returns its row, or -1 when it fails.

    A failed one leaves no row; what was paid for looking stays paid.
    """
    row = new_consortium(s, step, problem, lead, programme, body, attempt_number)
    if row < 0:
        return -1
    c = s.consortia[row]
    owns = s.problems[problem].owner == lead
    found = np.empty(MAX_LOOKS, np.int64)
    n_found = find_candidates(s, step, row, owns, found)
    pool = make_pool(s, c, found, n_found)
    note_looks(s, step, c, pool)
    gather_members(s, step, c, owns, p_extra, pool)
    if not rules_met(s, step, c):
        clear_row(s, row)
        return -1
    assign_components(s, row)
    measure_team(s, c)
    c.gamma = team_integration(s, c)
    c.utility = lead_utility(s, problem, lead, programme, c.coverage, c.size - 1.0, owns, p_extra)
    o = s.organisations[lead]
    w = s.world[0]
    c.believed = believed_success(
        o.successes, o.trials, w.forming_prior_success, w.forming_prior_weight, c.coverage,
        w.forming_coverage_exponent,
    )  # fmt: skip
    c.planned = fen(
        project_quarters_cost(s, s.programmes[programme], s.needs[problem])
        + coordination_cost(s, s.programmes[programme], c.burden) * s.needs[problem].deadline
    )
    s.counters[N_CONSORTIA] += 1
    return row


@rule
def clear_row(s, row):
    """Forget a consortium that did not come about."""
    c = s.consortia[row]
    for position in range(c.size):
        c.promised[position] = 0
        c.value_weight[position] = 0.0
    c.size = 0
    c.state = 0
