"""Forming of consortia: scanning, invitations, acceptance and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.decisions import accepts
from agents.kinds import CORE, GENERAL
from agents.settings import Settings, parameter
from simulation import streams
from simulation.accounts import fen
from simulation.bits import count_bits
from simulation.columns import (
    BIDDING,
    MAX_MEMBERS,
    MOST_SEEN,
    N_CONSORTIA,
    N_MEMBERS,
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
from simulation.fields import inner_product
from simulation.looking import find_candidates
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
from simulation.search import assign_components, have_no_component, team_integration
from simulation.supply import linked
from simulation.ties import measure_team, recall, trust_of
from simulation.worth import (
    belief,
    coordination_cost,
    extra_burden,
    invitation_utility,
    lead_utility,
    others_in,
    project_quarters_cost,
    share_of,
    touches,
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
        high=MOST_SEEN,
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
    tie_saturation: float = parameter(
        unit="collaborations",
        low=0,
        high=32,
        meaning="most collaborations that make an acquaintance likelier to be looked at",
        source="assumption",
    )
    home_bias: float = parameter(
        unit="weight",
        low=0,
        high=10,
        meaning="how much likelier a neighbour is looked at",
        source="Autant-Bernard 2007; size assumed",
    )
    broker_least_fit: float = parameter(
        unit="weight",
        low=0,
        high=1,
        meaning="weight with which brokers and pools name a candidate without expertise in the field, against 1 at full expertise",
        source="assumption",
    )
    trust_rate: float = parameter(
        unit="per collaboration",
        low=0,
        high=5,
        meaning="how fast trust grows with collaborations",
        source="assumption",
    )
    trust_worth: float = parameter(
        unit="share of expected value",
        low=0,
        high=1,
        meaning="worth of full trust in a candidate to the lead",
        source="assumption",
    )
    meeting_members: int = parameter(
        unit="members",
        low=2,
        high=40,
        meaning="first members who really meet: trust, ties and learning are among them",
        source="assumption",
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
    prior_coverage_weight: float = parameter(
        unit="awards",
        low=0.1,
        high=100,
        meaning="how many awards the expected coverage is worth",
        source="assumption",
    )
    prior_award_rate: float = parameter(
        unit="probability",
        low=0,
        high=1,
        meaning="award rate that owners expect of a programme before its first bids",
        source="assumption",
    )
    prior_award_weight: float = parameter(
        unit="bids",
        low=0.1,
        high=100,
        meaning="how many bids the expected award rate is worth",
        source="assumption",
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
        meaning="worth to the lead of one unit of expertise that a candidate adds to the team's best",
        source="assumption: .2; experts judge their tries with less error",
    )
    learning_weight: float = parameter(
        unit="million yuan per unit of expertise",
        low=0,
        high=50,
        meaning="lambda_L, worth of learning to a member",
        source="assumption: 6",
    )
    expected_integration: float = parameter(
        unit="share",
        low=0,
        high=1,
        meaning="integration of the team that the invited expects when it thinks of what it will learn",
        source="assumption",
    )
    reputation_weight: float = parameter(
        unit="million yuan per unit of reputation",
        low=0,
        high=5,
        meaning="lambda_R, worth of a reputable lead to a member",
        source="assumption: .5",
    )
    label_weight: float = parameter(
        unit="million yuan per unit of label",
        low=0,
        high=5,
        meaning="worth of a labelled lead to a member, who takes the label for a signal",
        source="assumption: .5, like a point of reputation",
    )
    label_worth_myuan: float = parameter(
        unit="million yuan per unit of label",
        low=0,
        high=20,
        meaning="worth to a lead of what an award adds to its label",
        source="assumption: 1; access to programmes, customers and officials that the model does not follow",
    )
    nominal_effort: float = parameter(
        unit="share of planned staff",
        low=0.01,
        high=1,
        meaning="staff of a consortium that exists in name only",
        source="assumption: .1",
    )
    block_cost_weight: float = parameter(
        unit="share of cost",
        low=0,
        high=1,
        meaning="omega, weight of staff cost for block-grant bodies",
        source="assumption: .4",
    )
    risk_weight: float = parameter(
        unit="share of own cost",
        low=0,
        high=2,
        meaning="how much more than its amount own money weighs to a firm, which may lose it",
        source="Arrow 1962: firms shy the risk of invention; size is not known. 0: as much as it is; swept",
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
    wait_discount: float = parameter(
        unit="share of worth",
        low=0,
        high=1,
        meaning="what is left of going alone when a call has refused the need",
        source="assumption",
    )
    lead_weight: float = parameter(
        unit="shares",
        low=1,
        high=3,
        meaning="effort and value of the lead relative to a core member",
        source="assumption: 1.3",
    )
    looking_partners: float = parameter(
        unit="members",
        low=0,
        high=10,
        meaning="other members that a lead shares the value with in mind when it decides how long to look",
        source="assumption",
    )
    planned_partners: float = parameter(
        unit="members",
        low=0,
        high=10,
        meaning="other members that owners and leads plan with before a team is there",
        source="assumption",
    )
    asked_members: float = parameter(
        unit="members",
        low=0,
        high=39,
        meaning="other members among whom the staff is divided that an invited organisation is asked for",
        source="assumption",
    )
    least_staff_share: float = parameter(
        unit="share of the staff asked for",
        low=0,
        high=1,
        meaning="part of the staff asked for that must be free for an organisation to join",
        source="assumption",
    )
    bid_candidates: int = parameter(
        unit="candidates",
        low=1,
        high=64,
        meaning="possible leads next on the ring who consider a published need",
        source="assumption",
    )
    solver_fields: int = parameter(
        unit="fields",
        low=1,
        high=12,
        meaning="fewest fields that fill the places of possible leads",
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
    attempts_alone: int = parameter(
        unit="attempts",
        low=0,
        high=40,
        meaning="most attempts to start a need's project without a programme",
        source="assumption",
    )
    attempt_quarters: int = parameter(
        unit="quarters",
        low=1,
        high=40,
        meaning="time between attempts without a programme, unless a call has refused the need",
        source="assumption: yearly",
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
    relabelling_penalty: float = parameter(
        unit="reputation per squared share of revenue",
        low=0.0,
        high=1000.0,
        meaning="reputation that a state-owned firm loses when relabelled revenue is found",
        source="assumption: 50; a tenth of the revenue found costs half a point",
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
def best_candidate(s, c, owns, p_extra, n_pool, needy):
    """Place in the pool of the candidate who adds most for the lead, and what it adds; or -1.

    A candidate adds coverage, trust and skill and shares the cost; it dilutes value and costs
    coordination. Utility depends on coverage and size only, so it is looked up per coverage. What
    a candidate adds in skill only falls as the team grows: who would not be the best with what it
    added before is not looked at again.
    """
    w = s.world[0]
    n = w.needs_components
    need = s.needs[c.problem]
    lead = c.lead
    p = s.programmes[c.programme]
    others = others_in(s, p, c)
    general = c.asking == GENERAL
    with_one = others + (p.layers_general_effort_share if general else 1.0)
    burdened = c.utility + extra_burden(s, need, c)
    liking = w.forming_prior_success * need.value
    link = w.supply_worth_myuan if general else 0.0
    best = -1
    best_gain = -np.inf if needy else 0.0
    for k in range(n_pool):
        one = s.pool[k]
        if one.row < 0 or (needy and not fills_rule(s, p, c, one.row)):
            continue
        covered = count_bits(c.touched | one.touches)
        if np.isnan(s.worth[covered]):
            s.worth[covered] = lead_utility(
                s, c.problem, lead, c.programme, covered / n, with_one, owns, p_extra
            )
        more = s.worth[covered] - burdened
        trusted = w.forming_trust_worth * one.trust
        if more + liking * (trusted + w.forming_skill_weight * one.skill) + link <= best_gain:
            continue
        one.skill = skill_gain(s, one, n)
        gain = more + liking * (trusted + w.forming_skill_weight * one.skill)
        if general and linked(s, lead, one.row):
            gain += link
        if gain > best_gain:
            best_gain = gain
            best = k
    return best, best_gain


@rule
def invite(s, step, c, row, gain, coverage, p_extra):
    """Ask a candidate; it decides, and a reluctant one is paid the difference if that pays."""
    utility, transfer, needed = offer(s, c, row, gain, coverage, p_extra)
    least = s.world[0].forming_least_staff_share
    joins = accepts(utility, transfer, free_staff(s, row), needed, least)
    return answered(s, step, c, row, utility, transfer, joins)


@rule
def offer(s, c, row, gain, coverage, p_extra):
    """What joining is worth to a candidate, what the lead adds to that, and the staff it asks for."""
    w = s.world[0]
    p = s.programmes[c.programme]
    need = s.needs[c.problem]
    utility = invitation_utility(s, need, c, row, coverage, p_extra)
    transfer = 0.0
    if utility < 0.0 and (-utility <= gain or (unmet(s, p, c) and -utility <= c.utility)):
        transfer = -utility
        if fen(transfer) > s.organisations[c.lead].cash:
            transfer = 0.0
    needed = p.funding_project_staff_fte / (w.forming_lead_weight + w.forming_asked_members)
    if c.asking == GENERAL:
        needed *= p.layers_general_effort_share
    return utility, transfer, needed


@rule
def answered(s, step, c, row, utility, transfer, joins):
    """The candidate joins the team or does not; returns whether it does."""
    if not joins:
        c.refusals += 1
        kind = REFUSED_DEAL if utility + transfer < 0.0 else REFUSED_STAFF
        note(s, step, kind, c.problem, c.row, row, utility)
        return False
    admit(s, c, row, c.asking, fen(transfer))
    note(s, step, ACCEPTED, c.problem, c.row, row, transfer)
    return True


@rule
def admit(s, c, row, layer, promised):
    """Add a member and update what depends on who is in."""
    w = s.world[0]
    p = s.programmes[c.programme]
    if c.size > 0 and new_region(s, c, row):
        c.regions += 1
    m = s.members[c.first + c.size]
    m.row = row
    m.layer = layer
    m.promised = promised
    m.fte = 0.0
    m.worked = 0.0
    have_no_component(m)
    m.credit = 0.0
    m.own_paid = 0
    m.value_weight = value_weight(
        layer, c.size == 0, w.forming_lead_weight, p.layers_close_value_share,
        p.layers_general_effort_share,
    )  # fmt: skip
    c.size += 1
    c.touched |= touches(s, s.needs[c.problem], c.misposed, row)
    c.burden += burden(layer, p.layers_general_effort_share, w.search_general_burden)


@rule
def make_pool(s, c, n_found):
    """Write to ``s.pool`` those looked at, with what they can touch and the lead's trust in them.

    Component after component, so that what the next candidates know is fetched meanwhile.
    """
    need = s.needs[c.problem]
    w = s.world[0]
    for k in range(n_found):
        row = s.found[k]
        s.looked_at[row] = 0
        one = s.pool[k]
        one.row = row
        one.trust = trust_of(s.known[row], w.forming_trust_rate)
        one.touches = 0
        one.skill = 0.0
    for i in range(w.needs_components):
        field = np.uint64(field_seen(need, c.misposed, i))
        for k in range(n_found):
            row = s.found[k]
            one = s.pool[k]
            known = int((s.knows[row] >> field) & np.uint64(1))
            one.touches |= known << i
            one.level[i] = known * s.expertise[row, field]
            one.skill += one.level[i]
    for k in range(n_found):
        s.pool[k].skill /= w.needs_components


@rule
def raise_levels(s, c, row):
    """The best expertise the team has for each component, with one more member."""
    need = s.needs[c.problem]
    for i in range(s.world[0].needs_components):
        s.levels[i] = max(s.levels[i], s.expertise[row, field_seen(need, c.misposed, i)])


@rule
def skill_gain(s, candidate, components):
    """What a candidate adds to the team's best expertise, mean over components, in [0, 1]."""
    total = 0.0
    for i in range(components):
        total += max(0.0, candidate.level[i] - s.levels[i])
    return total / components


@rule
def note_looks(s, step, c, n_pool):
    """Say who is considered, and which share of the components each can touch."""
    if len(s.events) == 0:
        return
    for k in range(n_pool):
        share = share_of(s.pool[k].touches, s.world[0].needs_components)
        note(s, step, LOOKED_AT, c.problem, c.row, s.pool[k].row, share)


@rule
def gather_members(s, step, c, owns, p_extra, n_pool):
    """Fill core and close layers with those who are worth it there, then the general layer.

    What the rules ask for beyond that comes from the general layer, if there is one.
    """
    p = s.programmes[c.programme]
    outer = p.layers_general_members > 0
    inner = inner_members(p)
    fill_layers(s, step, c, owns, p_extra, n_pool, inner, not outer, False)
    if outer:
        most = min(c.size + p.layers_general_members, most_members(p))
        fill_layers(s, step, c, owns, p_extra, n_pool, most, True, True)


@rule
def inner_members(p):
    """Most members of the core and close layers."""
    return min(p.layers_core_members + p.layers_close_members, most_members(p))


@rule
def lead_alone(s, c, owns, p_extra):
    """What the team's best expertise and the lead's utility are before anybody is asked."""
    s.levels[:] = 0.0
    raise_levels(s, c, c.lead)
    s.length[0] = inner_product(s, c.lead, c.lead)
    coverage = share_of(c.touched, s.world[0].needs_components)
    c.utility = lead_utility(s, c.problem, c.lead, c.programme, coverage, 0.0, owns, p_extra)


@rule
def fill_layers(s, step, c, owns, p_extra, n_pool, most, by_rule, general):
    """Invite the best candidate again and again, until none is worth it or there are ``most``."""
    p = s.programmes[c.programme]
    s.worth[:] = np.nan
    for _ in range(n_pool):
        if c.size >= most:
            full = most == most_members(p) and c.programme > PRIVATE_PRACTICE
            s.bound[TOO_MANY_MEMBERS] += full
            return
        c.asking = GENERAL
        if not general:
            c.asking = layer_of(c.size, p.layers_core_members, p.layers_close_members)
        needy = by_rule and unmet(s, p, c)
        best, gain = best_candidate(s, c, owns, p_extra, n_pool, needy)
        if best < 0:
            return
        row = s.pool[best].row
        s.pool[best].row = -1
        coverage = share_of(c.touched | s.pool[best].touches, s.world[0].needs_components)
        if invite(s, step, c, row, gain, coverage, p_extra):
            raise_levels(s, c, row)
            c.utility = s.worth[count_bits(c.touched)]
            s.worth[:] = np.nan


@rule
def new_consortium(s, step, problem, lead, programme, body, attempt_number):
    """A row for a consortium that is being formed; -1 when the columns are full."""
    row = s.counters[N_CONSORTIA]
    first = s.counters[N_MEMBERS]
    if row >= len(s.consortia) or first + MAX_MEMBERS > len(s.members):
        s.counters[OVERFLOW] += 1
        return -1
    s.consortia[row] = s.no_consortium[0]
    s.escrow[row] = 0
    c = s.consortia[row]
    c.row = row
    c.state = BIDDING
    c.problem = problem
    c.programme = programme
    c.body = body
    c.founded = step
    c.lead = lead
    c.first = first
    c.regions = 1
    c.asking = CORE
    c.effort_share = 1.0
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
    n_pool = look_for_partners(s, step, c, owns)
    lead_alone(s, c, owns, p_extra)
    gather_members(s, step, c, owns, p_extra, n_pool)
    return complete(s, step, c, owns, p_extra)


@rule
def look_for_partners(s, step, c, owns):
    """Candidates that the lead has looked at, to ``s.pool``; returns how many."""
    recall(s, c.lead, True)
    n_pool = find_candidates(s, c, owns)
    make_pool(s, c, n_pool)
    recall(s, c.lead, False)
    note_looks(s, step, c, n_pool)
    return n_pool


@rule
def complete(s, step, c, owns, p_extra):
    """The members are found: what the team can do and costs; returns its row, or -1 against rules."""
    if not rules_met(s, step, c):
        return -1
    row = c.row
    problem = c.problem
    p = s.programmes[c.programme]
    assign_components(s, row)
    measure_team(s, c)
    c.gamma = team_integration(s, c)
    others = others_in(s, p, c)
    c.utility = lead_utility(s, problem, c.lead, c.programme, c.coverage, others, owns, p_extra)
    c.believed = belief(s, s.organisations[c.lead], c.coverage)
    c.planned = fen(
        project_quarters_cost(s, p, s.needs[problem])
        + coordination_cost(s, p, c.burden) * s.needs[problem].deadline
    )
    s.counters[N_CONSORTIA] += 1
    s.counters[N_MEMBERS] += c.size
    return row


@rule
def drop_last(s, row):
    """Forget the newest consortium: it formed, but its lead would lose by going on."""
    s.counters[N_CONSORTIA] -= 1
    s.counters[N_MEMBERS] = s.consortia[row].first
