"""Forming of consortia: scanning, invitations, acceptance and transfers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.decisions import (
    acceptance_utility,
    accepts,
    believed_success,
    project_utility,
    scan_breadth,
)
from agents.kinds import CORE, GENERAL, SME
from agents.settings import Settings, parameter
from simulation import streams
from simulation.accounts import fen, pay, spend_from_programme
from simulation.columns import (
    BIDDING,
    MAX_MEMBERS,
    N_CONSORTIA,
    N_ORGANISATIONS,
    OVERFLOW,
    PRIVATE_PRACTICE,
    SCANNING_OUT,
)
from simulation.events import (
    ACCEPTED,
    FEW_MEMBERS,
    FEW_REGIONS,
    NO_TYPE,
    REFUSED_DEAL,
    REFUSED_STAFF,
    note,
)
from simulation.fields import profile_distance, ring_position
from simulation.landscape import count_bits
from simulation.learning import partner_gain, repeated
from simulation.outcomes import (
    OUTSIDE_CIRCLE,
    TOO_FEW_MEMBERS,
    TOO_FEW_REGIONS,
    TOO_MANY_MEMBERS,
    TYPE_MISSING,
)
from simulation.policies.eligibility import fewest_members, required_bits
from simulation.policies.formation import contact_weight
from simulation.policies.funding import grant_for
from simulation.policies.governance import pays_member
from simulation.policies.layers import burden, effort_weight, layer_of, value_weight
from simulation.policies.monitoring import penalty_due
from simulation.policies.openness import within_circle
from simulation.search import assign_components, best_member, team_integration

MAX_LOOKS = 128  # candidates one lead can look at for one consortium
MAX_WINDOW = 64

CANDIDATE = np.dtype([("row", "i8"), ("touches", "i8"), ("trust", "f8")], align=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forming(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "forming"

    scan_cost_myuan: float = parameter(
        unit="million yuan per candidate", low=0, high=0.2,
        meaning="c_s, cost of looking at one candidate",
        source="assumption: .005, range 0-.02",
    )
    window: int = parameter(
        unit="candidates", low=4, high=64,
        meaning="candidates next on a field's ring that may be looked at",
        source="assumption",
    )
    tie_bias: float = parameter(
        unit="weight per collaboration", low=0, high=10,
        meaning="how much likelier an acquaintance is looked at",
        source="Paier and Scherngell 2011; size assumed",
    )
    home_bias: float = parameter(
        unit="weight", low=0, high=10,
        meaning="how much likelier a neighbour is looked at",
        source="Autant-Bernard 2007; size assumed",
    )
    prior_success: float = parameter(
        unit="probability", low=0.01, high=0.99,
        meaning="success believed before experience",
        source="assumption: .35",
    )
    prior_weight: float = parameter(
        unit="projects", low=0.5, high=100,
        meaning="how many projects of experience the prior is worth",
        source="assumption: 10",
    )
    coverage_exponent: float = parameter(
        unit="exponent", low=0, high=6,
        meaning="how fast believed success falls with uncovered components",
        source="assumption: 3",
    )
    learning_weight: float = parameter(
        unit="million yuan per unit of expertise", low=0, high=5,
        meaning="lambda_L, worth of learning to a member, times 10",
        source="assumption: .6",
    )
    reputation_weight: float = parameter(
        unit="million yuan per unit of reputation", low=0, high=5,
        meaning="lambda_R, worth of a reputable lead to a member",
        source="assumption: .5",
    )
    block_cost_weight: float = parameter(
        unit="share of cost", low=0, high=1,
        meaning="omega, weight of staff cost for block-grant bodies",
        source="assumption: .4",
    )
    leakage: float = parameter(
        unit="share of own value share", low=0, high=2,
        meaning="loss from knowledge leaking to a rival in the same market",
        source="Branstetter and Sakakibara 2002: rivalry hurts a little; .5 by assumption",
    )
    owner_share: float = parameter(
        unit="share of value", low=0, high=1,
        meaning="part of a solution's value that stays with the need's owner (or adopter)",
        source="assumption: .5",
    )
    disclosure: float = parameter(
        unit="share of value", low=0, high=0.2,
        meaning="value lost by publishing a need",
        source="assumption: .05",
    )
    lead_weight: float = parameter(
        unit="shares", low=1, high=3,
        meaning="effort and value of the lead relative to a core member",
        source="assumption: 1.3",
    )
    bid_candidates: int = parameter(
        unit="candidates", low=1, high=64,
        meaning="possible leads next on the ring who consider a published need",
        source="assumption",
    )
    market_distance: float = parameter(
        unit="field distance", low=0, high=1,
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
        unit="share of staff", low=0.01, high=1,
        meaning="staff free for joint projects",
        source="assumption: .15",
    )


@rule
def tie_strength(s, a, b):
    """Times two organisations have worked together."""
    for k in range(s.organisations[a].ties):
        if s.ties[a, k].partner == b:
            return s.ties[a, k].times
    return 0.0


@rule
def add_tie(s, a, b, times, step):
    """Remember a collaboration; a full list forgets its oldest tie (ties to the lowest row)."""
    o = s.organisations[a]
    place = o.ties
    for k in range(o.ties):
        if s.ties[a, k].partner == b:
            s.ties[a, k].times += times
            s.ties[a, k].last = step
            return
    if place == s.ties.shape[1]:
        place = 0
        for k in range(1, o.ties):
            if s.ties[a, k].last < s.ties[a, place].last:
                place = k
    else:
        o.ties += 1
    s.ties[a, place].partner = b
    s.ties[a, place].times = times
    s.ties[a, place].last = step


@rule
def trust_of(times):
    """Trust between two organisations: 1 - exp(-times/2)."""
    return 1.0 - math.exp(-0.5 * times)


@rule
def is_member(c, row):
    """Whether an organisation is already in the consortium."""
    for position in range(c.size):
        if c.member[position] == row:
            return True
    return False


@rule
def free_staff(s, row):
    """Staff free for joint projects, FTE."""
    o = s.organisations[row]
    return max(0.0, o.staff * s.world[0].forming_free_share - o.busy)


@rule
def touches(s, need, row):
    """Components an organisation can touch, as a bit set."""
    w = s.world[0]
    part = 0
    for i in range(w.needs_components):
        if s.expertise[row, need.field[i]] >= w.search_least_expertise:
            part |= 1 << i
    return part


@rule
def team_touches(s, need, c):
    """Components the members can touch between them, as a bit set."""
    part = 0
    for position in range(c.size):
        part |= touches(s, need, c.member[position])
    return part


@rule
def share_of(part, components):
    """Share of components in a bit set."""
    return count_bits(part) / components


@rule
def project_quarters_cost(s, p, need):
    """Planned staff cost of a project, million yuan."""
    return p.funding_project_staff_fte * s.world[0].money_wage_myuan * need.deadline


@rule
def expected_share(p, planned):
    """Share of planned cost (million yuan) that members expect a grant to cover."""
    if p.funding_public_share <= 0.0:
        return 0.0
    grant = grant_for(
        planned, p.funding_public_share, p.funding_cap_myuan, p.funding_self_funding_ratio
    )
    return grant / planned


@rule
def own_cost_factor(p, public, o, credit, p_success, financier_return, block_weight):
    """What one yuan of own project cost weighs: after grant, credit, financiers, block grant."""
    weight = 1.0 - public
    if o.kind > SME:
        return weight * block_weight
    weight *= 1.0 - credit
    f = p.funding_financier_share
    return weight * (1.0 - f + f * p_success * (1.0 + financier_return))


@rule
def credit_rate(s):
    """Marginal tax credit that firms count on, after scaling to its budget."""
    rate = 0.0
    for k in range(1, len(s.programmes)):
        rate += s.programmes[k].funding_tax_credit * s.programme_state[k].credit_scale
    return rate


@rule
def lead_keeps(w, p, others, owns):
    """Share of value the lead keeps with this many other members."""
    team = 1.0 - w.forming_owner_share
    part = w.forming_lead_weight / (w.forming_lead_weight + others)
    return team * part + (w.forming_owner_share if owns else 0.0)


@rule
def lead_utility(s, need, lead, programme, coverage, others, owns, p_extra):
    """What a project is worth to its lead, million yuan.

    ``others`` members share cost and value; ``p_extra`` scales success (a race with others).
    """
    w = s.world[0]
    p = s.programmes[programme]
    o = s.organisations[lead]
    chance = p_extra * believed_success(
        o.successes, o.trials, w.forming_prior_success, w.forming_prior_weight, coverage,
        w.forming_coverage_exponent,
    )  # fmt: skip
    planned = project_quarters_cost(s, p, need)
    part = w.forming_lead_weight / (w.forming_lead_weight + others)
    credit = credit_rate(s) if programme == PRIVATE_PRACTICE else 0.0
    factor = own_cost_factor(
        p, expected_share(p, planned), o, credit, chance, w.money_financier_return,
        w.forming_block_cost_weight,
    )  # fmt: skip
    value = need.value * lead_keeps(w, p, others, owns)
    return project_utility(chance, value, planned * part * factor)


@rule
def wanted_looks(s, need, c, programme, owns):
    """How many candidates the lead pays to look at."""
    w = s.world[0]
    p = s.programmes[programme]
    coverage = share_of(team_touches(s, need, c), w.needs_components)
    stake = w.forming_prior_success * need.value * lead_keeps(w, p, 2.0, owns)
    stake *= 1.0 - math.pow(coverage, w.forming_coverage_exponent)
    cost = w.forming_scan_cost_myuan * (1.0 - p.formation_subsidised_scanning)
    return scan_breadth(stake, w.forming_hit_rate, cost, MAX_LOOKS)


@rule
def look_on_ring(s, step, c, programme, field, looks, found, n_found):
    """Look at ``looks`` candidates next on a field's ring; returns the number found so far.

    The candidates are those next after a hashed position that lie in the open circle; exponential
    clocks, weighted by acquaintance, home and fit, choose among them who is looked at.
    """
    w = s.world[0]
    p = s.programmes[programme]
    luck = s.luck[0]
    lead = c.member[0]
    start = s.ring_start[field]
    count = s.ring_start[field + 1] - start
    if count == 0:
        return n_found
    address = streams.combine(c.luck, field)
    first = ring_position(s, field, streams.bits(luck, streams.SCAN_POSITION, 0, address)) - start
    rows = np.empty(MAX_WINDOW, np.int64)
    clocks = np.empty(MAX_WINDOW)
    n = 0
    for k in range(count):
        if n >= w.forming_window:
            break
        row = s.ring[start + (first + k) % count]
        o = s.organisations[row]
        if o.active == 0 or is_member(c, row):
            continue
        times = tie_strength(s, lead, row)
        near = o.region == s.organisations[lead].region
        if not within_circle(p.openness_circle, times > 0.0, near):
            s.bound[OUTSIDE_CIRCLE] += 1
            continue
        weight = contact_weight(
            p.formation_mode, times, 1.0 if near else 0.0, s.expertise[row, field],
            w.forming_tie_bias, w.forming_home_bias,
        )  # fmt: skip
        rows[n] = row
        address = streams.combine(streams.combine(c.luck, field), o.entity)
        clocks[n] = streams.clock(luck, streams.SCAN_CLOCK, 0, address, weight)
        n += 1
    for _ in range(min(looks, n)):
        k = int(np.argmin(clocks[:n]))
        clocks[k] = np.inf
        n_found = add_once(found, n_found, rows[k])
    return n_found


@rule
def add_once(found, n_found, row):
    """Append a row to a list that holds each row once and at most its length."""
    for k in range(n_found):
        if found[k] == row:
            return n_found
    if n_found < len(found):
        found[n_found] = row
        n_found += 1
    return n_found


@rule
def find_candidates(s, step, row, owns, found):
    """Candidates the lead has looked at (and paid for), written to ``found``; returns how many."""
    w = s.world[0]
    c = s.consortia[row]
    need = s.needs[c.problem]
    n_found = 0
    if c.body >= 0:
        body = s.bodies[c.body]
        for k in range(body.size):
            if s.organisations[body.member[k]].active == 1 and not is_member(c, body.member[k]):
                n_found = add_once(found, n_found, body.member[k])
    missing = 0
    for i in range(w.needs_components):
        if not repeated(need, i) and best_member(s, c, need.field[i]) < 0:
            missing += 1
    if n_found > 0 or missing == 0:
        missing = max(missing, 1)
    looks = wanted_looks(s, need, c, c.programme, owns)
    each = (looks + missing - 1) // missing
    known = n_found
    for i in range(w.needs_components):
        f = need.field[i]
        if not repeated(need, i) and best_member(s, c, f) < 0:
            n_found = look_on_ring(s, step, c, c.programme, f, each, found, n_found)
    pay_for_looking(s, c, n_found - known)
    return n_found


@rule
def pay_for_looking(s, c, looks):
    """The lead and the programme pay for the candidates looked at."""
    w = s.world[0]
    p = s.programmes[c.programme]
    lead = s.organisations[c.member[0]]
    c.scanned += looks
    cost = looks * w.forming_scan_cost_myuan
    subsidy = p.formation_subsidised_scanning
    pay(s, c.member[0], fen(cost * (1.0 - subsidy)), SCANNING_OUT)
    if subsidy > 0.0:
        spend_from_programme(s, c.programme, fen(cost * subsidy), SCANNING_OUT, lead.region)


@rule
def invitation_utility(s, need, c, row, coverage, p_extra):
    """What joining is worth to an invited organisation, million yuan."""
    w = s.world[0]
    p = s.programmes[c.programme]
    o = s.organisations[row]
    lead = s.organisations[c.member[0]]
    layer = layer_of(c.size, p.layers_core_members, p.layers_close_members)
    chance = p_extra * believed_success(
        o.successes, o.trials, w.forming_prior_success, w.forming_prior_weight, coverage,
        w.forming_coverage_exponent,
    )  # fmt: skip
    team = 1.0 - w.forming_owner_share
    weight = value_weight(
        layer, False, w.forming_lead_weight, p.layers_close_value_share,
        p.layers_general_effort_share,
    )  # fmt: skip
    value = need.value * team * weight / (w.forming_lead_weight + max(c.size, 2))
    effort = effort_weight(
        layer, False, w.forming_lead_weight, p.layers_general_effort_share
    ) / (w.forming_lead_weight + max(c.size, 2))
    planned = project_quarters_cost(s, p, need)
    paid_for = pays_member(
        p.governance_mode, p.governance_cross_border, lead.region, o.region
    )
    public = expected_share(p, planned) if paid_for else 0.0
    factor = own_cost_factor(
        p, public, o, 0.0, chance, w.money_financier_return, w.forming_block_cost_weight
    )
    distance = profile_distance(s, row, c.member[0])
    grant = public * planned
    outer = p.selection_priority_points + p.diffusion_standards + p.diffusion_private_standard
    return acceptance_utility(
        chance, value, learning_in_reach(s, need, c, row, distance), w.forming_learning_weight,
        lead.reputation, w.forming_reputation_weight, planned * effort * factor,
        rivalry(s, o, lead, distance, p.diffusion_ip_sharing) * w.forming_leakage * value,
        penalty_due(grant, p.monitoring_penalty, p.monitoring_tolerance) * effort,
    ) + (w.forming_outer_benefit_myuan * outer if layer == GENERAL else 0.0)  # fmt: skip


@rule
def learning_in_reach(s, need, c, row, distance):
    """Expertise the invited expects to learn from the lead over the project."""
    w = s.world[0]
    total = 0.0
    for i in range(w.needs_components):
        f = need.field[i]
        gap = s.expertise[c.member[0], f] - s.expertise[row, f]
        if gap > 0.0 and not repeated(need, i):
            total += partner_gain(gap, distance, 0.5, w.learning_from_partners)
    return total * need.deadline


@rule
def rivalry(s, o, lead, distance, ip_sharing):
    """Overlap of profiles of two firms in the same market, in [0, 1]; sharing exposes more."""
    if o.kind > SME or lead.kind > SME:
        return 0.0
    if s.distance[o.home_field, lead.home_field] > s.world[0].forming_market_distance:
        return 0.0
    return (1.0 - distance) * (1.0 + ip_sharing)


@rule
def coordination_cost(s, p, burden):
    """Cost of coordinating a team for a quarter, million yuan."""
    pairs = 0.5 * burden * max(burden - 1.0, 0.0)
    talk = 1.0 + 4.0 * p.coordination_bought + p.coordination_communication
    return s.world[0].search_pair_cost_myuan * talk * pairs


@rule
def extra_burden(s, need, c):
    """What coordinating one more member costs over the project, million yuan."""
    p = s.programmes[c.programme]
    layer = layer_of(c.size, p.layers_core_members, p.layers_close_members)
    heavier = c.burden + burden(layer, p.layers_general_effort_share)
    extra = coordination_cost(s, p, heavier) - coordination_cost(s, p, c.burden)
    return extra * need.deadline


@rule
def best_candidate(s, c, owns, p_extra, pool, needy):
    """Place in the pool of the candidate who adds most for the lead, and what it adds; or -1.

    A candidate adds coverage and trust and shares the cost; it dilutes value and costs
    coordination. Utility depends on coverage and size only, so it is looked up per coverage.
    """
    w = s.world[0]
    n = w.needs_components
    need = s.needs[c.problem]
    lead = c.member[0]
    team = team_touches(s, need, c)
    now = lead_utility(s, need, lead, c.programme, share_of(team, n), c.size - 1.0, owns, p_extra)
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
                s, need, lead, c.programme, covered / n, float(c.size), owns, p_extra
            )
        gain = then[covered] - burdened + 0.05 * w.forming_prior_success * need.value * pool[k].trust
        if gain > best_gain:
            best_gain = gain
            best = k
    c.utility = now
    return best, best_gain


@rule
def fills_rule(s, p, c, row):
    """Whether a candidate helps to meet a rule that is not met yet."""
    if c.size < fewest_members(p.eligibility_min_members, p.eligibility_consortium_required):
        return True
    if types_missing(s, p, c) & required_bits(s.organisations[row].kind):
        return True
    return c.regions < p.eligibility_min_regions and new_region(s, c, row)


@rule
def types_missing(s, p, c):
    """Required types (bits) that no member has yet."""
    missing = p.eligibility_required_types
    for position in range(c.size):
        missing &= ~required_bits(s.organisations[c.member[position]].kind)
    return missing


@rule
def new_region(s, c, row):
    """Whether a candidate comes from a region no member is from."""
    for position in range(c.size):
        if s.organisations[c.member[position]].region == s.organisations[row].region:
            return False
    return True


@rule
def unmet(s, p, c):
    """Whether a formal rule on members is still unmet."""
    few = c.size < fewest_members(p.eligibility_min_members, p.eligibility_consortium_required)
    return few or types_missing(s, p, c) != 0 or c.regions < p.eligibility_min_regions


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
def most_members(p):
    """Most members that rules, layers and columns allow."""
    layers = p.layers_core_members + p.layers_close_members + p.layers_general_members
    return min(min(p.eligibility_max_members, layers), MAX_MEMBERS)


@rule
def make_pool(s, c, found, n_found):
    """The candidates looked at, with what they can touch and the lead's trust in them."""
    pool = np.zeros(n_found, CANDIDATE)
    need = s.needs[c.problem]
    for k in range(n_found):
        pool[k].row = found[k]
        pool[k].touches = touches(s, need, found[k])
        pool[k].trust = trust_of(tie_strength(s, c.member[0], found[k]))
    return pool


@rule
def gather_members(s, step, c, owns, p_extra, pool):
    """Invite the best candidate again and again, until none is worth it or the team is full."""
    p = s.programmes[c.programme]
    for _ in range(len(pool)):
        if c.size >= most_members(p):
            s.bound[TOO_MANY_MEMBERS] += 1
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
    gather_members(s, step, c, owns, p_extra, make_pool(s, c, found, n_found))
    if not rules_met(s, step, c):
        clear_row(s, row)
        return -1
    assign_components(s, row)
    measure_team(s, c)
    c.gamma = team_integration(s, c)
    c.utility = lead_utility(
        s, s.needs[problem], lead, programme, c.coverage, c.size - 1.0, owns, p_extra
    )
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


@rule
def rules_met(s, step, c):
    """Whether the formal rules on members are met; counts the one that stops it."""
    p = s.programmes[c.programme]
    lead = c.member[0]
    if c.size < fewest_members(p.eligibility_min_members, p.eligibility_consortium_required):
        s.bound[TOO_FEW_MEMBERS] += 1
        note(s, step, FEW_MEMBERS, c.problem, c.row, lead, c.size)
        return False
    if types_missing(s, p, c) != 0:
        s.bound[TYPE_MISSING] += 1
        note(s, step, NO_TYPE, c.problem, c.row, lead, types_missing(s, p, c))
        return False
    if c.regions < p.eligibility_min_regions:
        s.bound[TOO_FEW_REGIONS] += 1
        note(s, step, FEW_REGIONS, c.problem, c.row, lead, c.regions)
        return False
    return True


@rule
def measure_team(s, c):
    """Trust and repeated pairs among the first twelve members."""
    trust = 0.0
    pairs = 0
    old = 0
    for a in range(min(c.size, 12)):
        for b in range(a):
            times = tie_strength(s, c.member[a], c.member[b])
            trust += trust_of(times)
            pairs += 1
            if times > 0.0:
                old += 1
    c.pairs = pairs
    c.old_pairs = old
    c.trust = trust / pairs if pairs > 0 else 0.0


@rule
def remember_team(s, c, step):
    """Members who start a project together know each other from now on."""
    for a in range(min(c.size, 12)):
        for b in range(min(c.size, 12)):
            if a != b:
                add_tie(s, c.member[a], c.member[b], 1.0, step)


@rule
def draw_first_ties(s):
    """Partners known at the start: mostly from the same region (home bias)."""
    w = s.world[0]
    luck = s.luck[0]
    count = s.counters[N_ORGANISATIONS]
    for row in range(count):
        o = s.organisations[row]
        if o.staff <= 0.0:
            continue
        for k in range(w.fields_initial_ties):
            address = streams.combine(o.entity, k)
            home = streams.uniform(luck, streams.FIRST_TIE_HOME, 0, address)
            target = streams.bits(luck, streams.FIRST_TIE, 0, address)
            partner = next_by_hash(s, target, row, home < w.fields_initial_home_share)
            if partner >= 0:
                add_tie(s, row, partner, 1.0, -1)
                add_tie(s, partner, row, 1.0, -1)


@rule
def next_by_hash(s, target, seeker, home):
    """The next organisation with staff after a hashed position; from the seeker's region if asked."""
    count = s.counters[N_ORGANISATIONS]
    low = 0
    high = count
    while low < high:
        middle = (low + high) // 2
        if s.organisations[s.by_hash[middle]].hash < target:
            low = middle + 1
        else:
            high = middle
    for k in range(count):
        row = s.by_hash[(low + k) % count]
        o = s.organisations[row]
        if row == seeker or o.staff <= 0.0:
            continue
        if not home or o.region == s.organisations[seeker].region:
            return row
    return -1
