"""What a project is worth, to its lead and to those it invites."""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import rule
from agents.decisions import acceptance_utility, expected_success, project_utility
from agents.kinds import GENERAL, PAYER_PRIVATE, SME
from simulation.accounts import payer_of
from simulation.bits import count_bits
from simulation.columns import PRIVATE_PRACTICE
from simulation.fields import distance_of, inner_products
from simulation.learning import partner_gain
from simulation.needs import distinct_fields, field_seen
from simulation.policies.funding import grant_for, releasable
from simulation.policies.governance import payable_part
from simulation.policies.layers import burden, effort_weight, value_weight
from simulation.policies.monitoring import penalty_due
from simulation.policies.selection import DIRECTED
from simulation.supply import linked


@rule
def touched_by(s, need, misposed, knows):
    """Components that those who know some fields (bits) can touch, if they are what they seem."""
    part = 0
    for i in range(s.world[0].needs_components):
        field = np.uint64(field_seen(need, misposed, i))
        part |= int((knows >> field) & np.uint64(1)) << i
    return part


@rule
def touches(s, need, misposed, row):
    """Components an organisation can touch, if they are what they seem, as a bit set."""
    return touched_by(s, need, misposed, s.knows[row])


@rule
def share_of(part, components):
    """Share of components in a bit set."""
    return count_bits(part) / components


@rule
def power_of_coverage(s, coverage):
    """What is left of success at a coverage in [0, 1]: the coverage to the power of its exponent.

    Coverage is mostly a whole number of components; the last power asked for near each is kept.
    """
    w = s.world[0]
    place = int(coverage * w.needs_components + 0.5)
    if s.powers[place, 0] != coverage:
        s.powers[place, 0] = coverage
        s.powers[place, 1] = math.pow(coverage, w.forming_coverage_exponent)
    return s.powers[place, 1]


@rule
def belief(s, o, coverage):
    """Success that an organisation believes in: :func:`agents.decisions.believed_success`."""
    w = s.world[0]
    expected = expected_success(
        o.successes, o.trials, w.forming_prior_success, w.forming_prior_weight
    )
    return expected * power_of_coverage(s, coverage)


@rule
def project_quarters_cost(s, p, need):
    """Planned staff cost of a project, million yuan."""
    return p.funding_project_staff_fte * s.world[0].money_wage_myuan * need.deadline


@rule
def annual_budget(s, programme):
    """What a programme gets in an average year, million yuan."""
    w = s.world[0]
    whole = w.money_budget_myuan_per_year * w.needs_scale_organisations / 120.0
    share = s.programme_state[programme].share
    return whole * share * s.programmes[programme].budget_scale


@rule
def grant_share(s, programme, planned):
    """Share of planned cost (million yuan) that a grant covers, by the cap of the last awards."""
    p = s.programmes[programme]
    if p.funding_public_share <= 0.0:
        return 0.0
    cap = s.programme_state[programme].cap
    return grant_for(planned, p.funding_public_share, cap, p.funding_self_funding_ratio) / planned


@rule
def expected_part(p, chance):
    """Part of a grant that members expect to get; a prize only comes with a solution."""
    return 1.0 - p.funding_prize * (1.0 - chance)


@rule
def others_in(s, p, c):
    """Members beside the lead, a general one counted by its share of a close one's effort."""
    others = 0.0
    for position in range(1, c.size):
        m = s.members[c.first + position]
        others += p.layers_general_effort_share if m.layer == GENERAL else 1.0
    return others


@rule
def failure_penalty(p, planned, public):
    """What members owe together when a project fails that a grant covered this share of."""
    grant = public * (1.0 - p.funding_prize) * planned
    return penalty_due(grant, p.monitoring_penalty, p.monitoring_tolerance)


@rule
def backing_rate(s):
    """Share of projects shown to financiers that they have backed, with one that leads expect."""
    asked = 1.0
    backed = s.world[0].financiers_prior_backed
    for region in range(len(s.funds)):
        asked += s.funds[region].asked
        backed += s.funds[region].backed
    return backed / asked


@rule
def own_cost_factor(s, p, public, o, credit):
    """What one yuan of project cost weighs to a member: after grant, tax credit and block grant.

    Own money that a solution must first earn weighs more to a firm that shies risk; what
    financiers are expected to take over does not.
    """
    w = s.world[0]
    if o.kind > SME:
        return (1.0 - public) * w.forming_block_cost_weight
    own = 1.0
    if p.funding_financier_share > 0.0 and payer_of(o.kind, o.ownership) == PAYER_PRIVATE:
        own -= p.funding_financier_share * backing_rate(s)
    return (1.0 - public) * (1.0 - credit) * (1.0 + w.forming_risk_weight * own)


@rule
def credit_rate(s):
    """Marginal tax credit that firms count on, after scaling to its budget."""
    rate = 0.0
    for k in range(1, len(s.programmes)):
        rate += s.programmes[k].funding_tax_credit * s.programme_state[k].credit_scale
    return rate


@rule
def makers_claim(w, private_standard):
    """Part of the adopter's share of value that a private standard passes to its makers."""
    return w.adoption_standard_reward * private_standard


@rule
def team_keeps(w, price, claim):
    """Share of value that the team divides.

    What any owner leaves to it, the posted price, and the claim of its standard on the rest.
    """
    return 1.0 - w.forming_owner_share + price + claim * (w.forming_owner_share - price)


@rule
def lead_keeps(w, others, owns, price, claim):
    """Share of value the lead keeps with this many other members; an owner pays no price to itself."""
    part = w.forming_lead_weight / (w.forming_lead_weight + others)
    if owns:
        return team_keeps(w, 0.0, claim) * part + w.forming_owner_share * (1.0 - claim)
    return team_keeps(w, price, claim) * part


@rule
def lead_utility(s, index, lead, programme, coverage, others, owns, p_extra):
    """What a project on a need is worth to its lead, million yuan, with the usual grant.

    ``others`` members share cost, value and penalty; ``p_extra`` scales success (a race).
    """
    planned = project_quarters_cost(s, s.programmes[programme], s.needs[index])
    public = grant_share(s, programme, planned)
    return lead_utility_at(s, index, lead, programme, coverage, others, owns, p_extra, public)


@rule
def lead_utility_at(s, index, lead, programme, coverage, others, owns, p_extra, public):
    """What a project is worth to its lead when a grant covers the share ``public`` of its cost."""
    w = s.world[0]
    p = s.programmes[programme]
    o = s.organisations[lead]
    need = s.needs[index]
    chance = p_extra * belief(s, o, coverage)
    planned = project_quarters_cost(s, p, need)
    part = w.forming_lead_weight / (w.forming_lead_weight + others)
    credit = credit_rate(s) if programme == PRIVATE_PRACTICE else 0.0
    factor = own_cost_factor(s, p, public * expected_part(p, chance), o, credit)
    claim = makers_claim(w, p.diffusion_private_standard)
    value = need.value * lead_keeps(w, others, owns, s.problems[index].price, claim)
    penalty = (1.0 - chance) * failure_penalty(p, planned, public) * part
    return project_utility(chance, value, planned * part * factor + penalty)


@rule
def label_worth(s, programme, row):
    """What the label of an award adds to the one its lead bears already, million yuan."""
    added = s.programmes[programme].recognition_label - s.organisations[row].label
    return s.world[0].forming_label_worth_myuan * max(0.0, added)


@rule
def in_name_only_utility(s, programme, index, lead, others, public):
    """What label and grant are worth to a lead that does only nominal work, million yuan.

    The grant, the share ``public`` of the planned cost, pays for work done and for what it
    advances; nobody expects a solution.
    """
    w = s.world[0]
    p = s.programmes[programme]
    done = w.forming_nominal_effort
    cost = done * project_quarters_cost(s, p, s.needs[index])
    released = releasable(
        public, done, False, False, p.funding_upfront, p.funding_milestone, p.funding_prize
    )
    paid = min(1.0, released / done)
    factor = own_cost_factor(s, p, paid, s.organisations[lead], 0.0)
    penalty = penalty_due(paid * cost, p.monitoring_penalty, p.monitoring_tolerance)
    part = w.forming_lead_weight / (w.forming_lead_weight + others)
    return label_worth(s, programme, lead) - part * (cost * factor + penalty)


@rule
def mean_coverage(w, state):
    """Coverage that owners expect of a programme's consortia, from its awards so far."""
    weight = w.forming_prior_coverage_weight
    return (state.coverage_sum + weight * w.forming_prior_coverage) / (state.coverage_n + weight)


@rule
def award_chance(w, state):
    """Chance of an award that is expected of a bid in a programme, from its awards so far."""
    weight = w.forming_prior_award_weight
    return (state.awards + weight * w.forming_prior_award_rate) / (state.bids + weight)


@rule
def planned_bid_cost(w):
    """What a bid by a team of the planned size costs, million yuan."""
    members = 1.0 + w.forming_planned_partners
    return w.money_bid_base_myuan + members * w.money_bid_per_member_myuan


@rule
def costs_no_bid(p, body):
    """Whether a project is a commission or comes from a standing consortium's queue."""
    return p.selection_mode == DIRECTED or body >= 0


@rule
def start_chance(s, programme, body):
    """Chance that a lead gives a project to be started, once a team is found."""
    if programme == PRIVATE_PRACTICE or costs_no_bid(s.programmes[programme], body):
        return 1.0
    return award_chance(s.world[0], s.programme_state[programme])


@rule
def invitation_utility(s, need, c, row, coverage, p_extra):
    """What joining is worth to an invited organisation, million yuan."""
    w = s.world[0]
    p = s.programmes[c.programme]
    o = s.organisations[row]
    lead = s.organisations[c.lead]
    layer = c.asking
    chance = p_extra * belief(s, o, coverage)
    owns = s.problems[c.problem].owner == c.lead
    claim = makers_claim(w, p.diffusion_private_standard)
    team = team_keeps(w, 0.0 if owns else s.problems[c.problem].price, claim)
    weight = value_weight(
        layer, False, w.forming_lead_weight, p.layers_close_value_share,
        p.layers_general_effort_share,
    )  # fmt: skip
    value = need.value * team * weight / (w.forming_lead_weight + max(c.size, 2))
    effort = effort_weight(layer, False, w.forming_lead_weight, p.layers_general_effort_share) / (
        w.forming_lead_weight + max(c.size, 2)
    )
    planned = project_quarters_cost(s, p, need)
    public = grant_share(s, c.programme, planned)
    expected = public * expected_part(p, chance)
    expected *= payable_part(
        p.governance_mode, p.governance_cross_border, p.governance_centre_share, lead.region,
        o.region,
    )  # fmt: skip
    factor = own_cost_factor(s, p, expected, o, 0.0)
    own, product = inner_products(s, row, c.lead)
    distance = distance_of(product, own, s.length[0])
    outer = p.selection_priority_points + p.diffusion_standards + p.diffusion_private_standard
    outer_benefit = w.forming_outer_benefit_myuan * outer if layer == GENERAL else 0.0
    if layer == GENERAL and linked(s, c.lead, row):
        outer_benefit += w.supply_worth_myuan
    return acceptance_utility(
        chance, value, learning_in_reach(s, need, c, row, distance), w.forming_learning_weight,
        lead.reputation, w.forming_reputation_weight, planned * effort * factor,
        rivalry(s, o, lead, distance, p.diffusion_ip_sharing) * w.forming_leakage * value,
        failure_penalty(p, planned, public) * effort,
    ) + outer_benefit + w.forming_label_weight * lead.label  # fmt: skip


@rule
def learning_in_reach(s, need, c, row, distance):
    """Expertise the invited expects to learn from the lead over the project."""
    w = s.world[0]
    total = 0.0
    fields = distinct_fields(s, need, c.misposed)
    for i in range(w.needs_components):
        f = field_seen(need, c.misposed, i)
        gap = s.expertise[c.lead, f] - s.expertise[row, f]
        if gap > 0.0 and fields & (1 << i):
            total += partner_gain(
                gap, distance, w.forming_expected_integration, w.learning_from_partners
            )
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
    w = s.world[0]
    pairs = 0.5 * burden * max(burden - 1.0, 0.0)
    bought = w.search_coordination_price * p.coordination_bought
    talk = 1.0 + bought + p.coordination_communication
    return w.search_pair_cost_myuan * talk * pairs


@rule
def extra_burden(s, need, c):
    """What coordinating one more member costs over the project, million yuan."""
    p = s.programmes[c.programme]
    general = s.world[0].search_general_burden
    heavier = c.burden + burden(c.asking, p.layers_general_effort_share, general)
    extra = coordination_cost(s, p, heavier) - coordination_cost(s, p, c.burden)
    return extra * need.deadline
