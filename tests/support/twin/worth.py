"""What a project is worth, to its lead and to those it invites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.kinds import GENERAL, PAYER_PRIVATE, PAYERS
from tests.support.twin import rules
from tests.support.twin.needs import distinct

if TYPE_CHECKING:
    from tests.support.twin.consortium import Consortium
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme

PRIVATE_MONEY = PAYERS[PAYER_PRIVATE]


def backing_rate(model: TwinModel) -> float:
    """Share of projects shown to financiers that they have backed, with one that leads expect."""
    asked = 1.0
    backed: float = model.w.financiers_prior_backed
    for fund in model.funds:
        asked += fund.asked
        backed += fund.backed
    return backed / asked


def credit_rate(model: TwinModel) -> float:
    """Marginal tax credit that firms count on, after scaling to its budget."""
    rate = 0.0
    for programme in model.programmes:
        rate += programme.levers.funding_tax_credit * programme.credit_scale
    return rate


def own_cost_factor(one: Organisation, programme: Programme, public: float, credit: float) -> float:
    """What one yuan of project cost weighs to a member: after grant, tax credit and block grant.

    Own money that a solution must first earn weighs more to a firm that shies risk; what
    financiers are expected to take over does not.
    """
    w, p = one.w, programme.levers
    if not one.is_firm:
        return float((1.0 - public) * w.forming_block_cost_weight)
    own = 1.0
    if p.funding_financier_share > 0.0 and one.payer == PRIVATE_MONEY:
        own -= p.funding_financier_share * backing_rate(one.model)
    return float((1.0 - public) * (1.0 - credit) * (1.0 + w.forming_risk_weight * own))


def lead_utility(
    need: Need,
    lead: Organisation,
    programme: Programme,
    coverage: float,
    others: float,
    p_extra: float,
    public: float | None = None,
) -> float:
    """What a project on a need is worth to its lead, million yuan.

    ``others`` members share cost, value and penalty; ``p_extra`` scales success (a race);
    ``public`` is the share of its cost that a grant covers, None for the usual one.
    """
    w, p = lead.w, programme.levers
    planned = programme.planned_cost(need)
    if public is None:
        public = programme.grant_share(planned)
    chance = p_extra * lead.believed_success(coverage)
    part = w.forming_lead_weight / (w.forming_lead_weight + others)
    credit = 0.0 if programme.is_public else credit_rate(lead.model)
    expected = public * rules.expected_part(p, chance)
    factor = own_cost_factor(lead, programme, expected, credit)
    claim = rules.makers_claim(w, p.diffusion_private_standard)
    value = need.value * rules.lead_keeps(w, others, lead is need.owner, need.price, claim)
    penalty = (1.0 - chance) * rules.failure_penalty(p, planned, public) * part
    return float(rules.project_utility(chance, value, planned * part * factor + penalty))


def label_worth(lead: Organisation, programme: Programme) -> float:
    """What the label of an award adds to the one its lead bears already, million yuan."""
    added = programme.levers.recognition_label - lead.label
    return float(lead.w.forming_label_worth_myuan * max(0.0, added))


def target_bonus(need: Need, lead: Organisation, programme: Programme) -> float:
    """What closing the gap to its emerging-industry target is worth to a state-owned firm."""
    target = programme.levers.targets_emerging_share
    if target <= 0.0 or not lead.is_state_firm or not need.strategic:
        return 0.0
    gap = lead.missing_share(target)
    if gap <= 0.0:
        return 0.0
    lead.model.bound["emerging_target"] += 1
    return float(gap * lead.w.forming_target_weight_myuan)


def beyond_project(need: Need, lead: Organisation, programme: Programme) -> float:
    """What an award is worth to its lead beside the project itself, million yuan."""
    return target_bonus(need, lead, programme) + label_worth(lead, programme)


def in_name_only_utility(
    need: Need, lead: Organisation, programme: Programme, others: float, public: float
) -> float:
    """What label and grant are worth to a lead that does only nominal work, million yuan.

    The grant, the share ``public`` of the planned cost, pays for work done and for what it
    advances; nobody expects a solution.
    """
    w, p = lead.w, programme.levers
    done = w.forming_nominal_effort
    cost = done * programme.planned_cost(need)
    released = rules.releasable(
        public, done, False, False, p.funding_upfront, p.funding_milestone, p.funding_prize
    )
    paid = min(1.0, released / done)
    factor = own_cost_factor(lead, programme, paid, 0.0)
    penalty = rules.penalty_due(paid * cost, p.monitoring_penalty, p.monitoring_tolerance)
    part = w.forming_lead_weight / (w.forming_lead_weight + others)
    return float(label_worth(lead, programme) - part * (cost * factor + penalty))


def name_worth(need: Need, lead: Organisation, programme: Programme, others: float) -> float:
    """What a consortium in name only is worth to its lead; nothing unless the target lags."""
    if not programme.target_lags():
        return 0.0
    public = programme.grant_share(programme.planned_cost(need))
    return in_name_only_utility(need, lead, programme, others, public)


def invitation_utility(
    c: Consortium, invited: Organisation, layer: int, coverage: float, p_extra: float
) -> float:
    """What joining a layer is worth to an invited organisation, million yuan."""
    w, p, need, lead = c.w, c.programme.levers, c.need, c.lead
    chance = p_extra * invited.believed_success(coverage)
    divided_by = w.forming_lead_weight + max(len(c.members), 2)

    claim = rules.makers_claim(w, p.diffusion_private_standard)
    team = rules.team_keeps(w, 0.0 if c.owner_leads else need.price, claim)
    weight = rules.value_weight(
        layer, False, w.forming_lead_weight, p.layers_close_value_share,
        p.layers_general_effort_share,
    )  # fmt: skip
    value = need.value * team * weight / divided_by

    general_share = p.layers_general_effort_share
    effort = rules.effort_weight(layer, False, w.forming_lead_weight, general_share) / divided_by
    planned = c.programme.planned_cost(need)
    public = c.programme.grant_share(planned)
    expected = public * rules.expected_part(p, chance)
    expected *= c.programme.payable_part(lead.region, invited.region)
    own_cost = planned * effort * own_cost_factor(invited, c.programme, expected, 0.0)

    distance = invited.distance_to(lead)
    rivalry = 0.0
    if invited.is_rival_of(lead):
        rivalry = (1.0 - distance) * (1.0 + p.diffusion_ip_sharing)
    outer_benefit = 0.0
    if layer == GENERAL:
        outer = p.selection_priority_points + p.diffusion_standards + p.diffusion_private_standard
        outer_benefit = w.forming_outer_benefit_myuan * outer
        if lead.is_linked_to(invited):
            outer_benefit += w.supply_worth_myuan
    utility = rules.acceptance_utility(
        chance, value, learning_in_reach(c, invited, distance), w.forming_learning_weight,
        lead.reputation, w.forming_reputation_weight, own_cost,
        rivalry * w.forming_leakage * value, rules.failure_penalty(p, planned, public) * effort,
    )  # fmt: skip
    return float(utility + outer_benefit + w.forming_label_weight * lead.label)


def learning_in_reach(c: Consortium, invited: Organisation, distance: float) -> float:
    """Expertise the invited expects to learn from the lead over the project."""
    w = c.w
    total = 0.0
    for field in distinct(c.fields):
        gap = c.lead.expertise[field] - invited.expertise[field]
        if gap > 0.0:
            total += rules.partner_gain(
                gap, distance, w.forming_expected_integration, w.learning_from_partners
            )
    return total * c.need.deadline
