"""Phases 2 and 3: needs go to programmes, are answered with bids, or are taken up alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulation import streams
from tests.support.twin import rules
from tests.support.twin.fields import starting_at
from tests.support.twin.forming import forget_last, form_consortium
from tests.support.twin.luck import combine
from tests.support.twin.needs import OPEN, distinct, touched
from tests.support.twin.projects import start_project
from tests.support.twin.screening import await_guide, await_sitting
from tests.support.twin.standing import best_body
from tests.support.twin.worth import beyond_project, lead_utility, name_worth

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme
    from tests.support.twin.standing import StandingConsortium

# ---------------------------------------------------------------- which programme gets a need


def reach_without_search(need: Need, lead: Organisation) -> float:
    """Share of a need's components the lead or its acquaintances seem able to touch."""
    knows = lead.knows.union(*(partner.knows for partner in lead.partners()))
    return len(touched(need.fields_seen_by(lead), knows)) / len(need.fields)


def utility_alone(need: Need, lead: Organisation) -> float:
    """What a project without a programme is worth to its lead, with the partners it plans with."""
    reach = reach_without_search(need, lead)
    private = lead.model.private_practice
    return lead_utility(need, lead, private, reach, lead.w.forming_planned_partners, 1.0)


def fallback(need: Need) -> float:
    """What an owner thinks it has without a call; nothing once it has found no team by itself."""
    tried_in_vain = need.alone > 0 and need.projects == 0
    if need.owner is None or tried_in_vain:
        return 0.0
    return utility_alone(need, need.owner)


def planned_bid_cost(w: SimpleNamespace) -> float:
    """What a bid by a team of the planned size costs, million yuan."""
    members = 1.0 + w.forming_planned_partners
    return float(w.money_bid_base_myuan + members * w.money_bid_per_member_myuan)


def stranger_success(w: SimpleNamespace, coverage: float) -> float:
    """Success that an owner believes in when somebody unknown leads."""
    return float(
        rules.believed_success(
            0.0, 0.0, w.forming_prior_success, w.forming_prior_weight, coverage,
            w.forming_coverage_exponent,
        )
    )  # fmt: skip


def owner_price(need: Need, programme: Programme, chance: float) -> float:
    """The price an owner posts for a solution when others lead, as a share of its value.

    It aims at the cheapest solvers, public bodies, whose staff is mostly paid by block grants.
    """
    w, p = programme.model.w, programme.levers
    planned = programme.planned_cost(need)
    public = programme.grant_share(planned)
    cost = planned * (1.0 - public * rules.expected_part(p, chance)) * w.forming_block_cost_weight
    cost += (1.0 - chance) * rules.failure_penalty(p, planned, public)
    cost += planned_bid_cost(w)
    team = rules.team_keeps(w, 0.0, rules.makers_claim(w, p.diffusion_private_standard))
    return float(rules.posted_price(chance, need.value, team, cost, w.forming_price_margin))


def utility_of_call(need: Need, owner: Organisation, programme: Programme, alone: float) -> float:
    """What handing a need to a programme is worth to its owner, million yuan."""
    w, p = owner.w, programme.levers
    mean = programme.mean_coverage()
    loss = w.forming_disclosure * need.value * w.forming_owner_share
    if programme.owner_leads:
        reach = max(mean, reach_without_search(need, owner))
        others = w.forming_planned_partners
        won = lead_utility(need, owner, programme, reach, others, 1.0)
        won += beyond_project(need, owner, programme)
        won = max(won, name_worth(need, owner, programme, others))
        cost = planned_bid_cost(w)
    else:
        chance = stranger_success(w, mean)
        price = owner_price(need, programme, chance)
        claim = rules.makers_claim(w, p.diffusion_private_standard)
        won = chance * need.value * (w.forming_owner_share - price) * (1.0 - claim)
        cost = 0.0
    chance = programme.award_chance() if programme.owner_leads else programme.taken_chance()
    return float(rules.call_utility(chance, won - loss, alone, cost, w.forming_wait_discount))


def choose_programme(model: TwinModel, need: Need) -> Programme | None:
    """The programme a need goes to: the owner's best offer, or by lot for ownerless needs."""
    best = None
    alone = fallback(need)
    best_value = max(0.0, alone)
    soonest = math.inf
    for programme in model.programmes:
        if not programme.would_take_up(need):
            continue
        if need.owner:
            value = utility_of_call(need, need.owner, programme, alone)
            if value > best_value:
                best_value = value
                best = programme
        else:
            address = combine(need.index, programme.number)
            ring = model.luck.clock(streams.PROGRAMME_CHOICE, model.now, address, 1.0)
            if ring < soonest:
                soonest = ring
                best = programme
    return best


def collect(model: TwinModel) -> None:
    """Open needs are handed to the programmes that take them up, if their owners want that."""
    for need in model.seen:
        if not need.can_be_taken_up(model.now):
            continue
        programme = choose_programme(model, need)
        if programme is None:
            continue
        need.programme = programme
        need.price = 0.0
        if need.owner and not programme.owner_leads:
            chance = stranger_success(model.w, programme.mean_coverage())
            need.price = owner_price(need, programme, chance)
        programme.stages["collected"] += 1
        programme.stages["submitted" if need.owner else "taken_up"] += 1
        ready = model.now + (1 if programme.has_pool else 0)
        if programme.has_panel:
            await_sitting(need, programme, ready + 1)
        else:
            programme.stages["published"] += 1
            await_guide(need, programme, ready)


# ---------------------------------------------------------------- bids


def bid(model: TwinModel) -> None:
    """Published needs are answered: by their owner, by solvers, or by standing consortia."""
    for need in model.seen:
        programme = need.programme
        if need.status != OPEN or programme is None or need.due != model.now:
            continue
        programme.stages["called"] += 1
        programme.called += 1.0
        if programme.levers.renewal_standing == 1:
            body = best_body(model, need, programme)
            answers = answer(need, programme, body.lead, body) if body else 0
        elif programme.owner_leads and need.owner:
            answers = answer(need, programme, need.owner)
        else:
            answers = answer_by_solvers(model, need, programme)
        need.bids += answers
        if answers == 0:
            model.bound["no_answer"] += 1
            programme.stages["unanswered"] += 1
            need.declined.add(programme)
            need.programme = None


def race_factor(programme: Programme) -> float:
    """What success is worth when other teams may be first, relative to being alone."""
    prior = programme.model.w.forming_prior_success
    return float(rules.race_success(prior, max(1, programme.levers.selection_teams)) / prior)


def answer(
    need: Need,
    programme: Programme,
    lead: Organisation,
    body: StandingConsortium | None = None,
    attempt_number: int = 0,
) -> int:
    """One consortium forms and bids; returns 1 if it does, else 0.

    A lead bids where the chance of an award is worth the bid: first by what it hopes for, then by
    the team it has found. A standing consortium looks at what it has in its queue in any case.
    """
    w, stages, model = lead.w, programme.stages, lead.model
    p_extra = race_factor(programme)
    chance = programme.start_chance(body)
    free = programme.costs_no_bid(body)
    bonus = beyond_project(need, lead, programme)
    others = w.forming_planned_partners
    coverage = programme.mean_coverage()
    hoped = lead_utility(need, lead, programme, coverage, others, p_extra) + bonus
    hoped = max(hoped, name_worth(need, lead, programme, others))
    stages["considered"] += 1
    if body is None and chance * hoped <= (0.0 if free else planned_bid_cost(w)):
        return 0

    stages["attempted"] += 1
    c = form_consortium(
        model, need, lead, programme, body=body, attempt_number=attempt_number, p_extra=p_extra
    )
    if c is None:
        return 0

    size = len(c.members)
    stages["offered"] += 1
    stages["pooled"] += programme.has_pool
    cost = w.money_bid_base_myuan + size * w.money_bid_per_member_myuan
    nominal = name_worth(need, lead, programme, size - 1.0)
    if chance * max(c.utility + bonus, nominal) <= (0.0 if free else cost):
        forget_last(model)
        return 0
    if not free:
        lead.pay(rules.fen(cost), "bidding_out")
    programme.bids += 1.0
    stages["bids"] += 1
    return 1


def answer_by_solvers(model: TwinModel, need: Need, programme: Programme) -> int:
    """Organisations next on the rings of the need's fields consider leading an answer."""
    asked: list[Organisation] = []
    for field in distinct(need.fields_seen_by(None)):
        ask_solvers(model, need, programme, field, asked)
    answers = 0
    for attempt_number, lead in enumerate(asked):
        if answers >= programme.levers.openness_answers:
            break
        answers += answer(need, programme, lead, None, attempt_number)
    return answers


def ask_solvers(
    model: TwinModel, need: Need, programme: Programme, field: int, asked: list[Organisation]
) -> None:
    """Ask admitted solvers from one field's ring, which fill a part of the places at most."""
    places, spread = model.w.forming_bid_candidates, model.w.forming_solver_fields
    most = min(places, len(asked) + (places + spread - 1) // spread)
    position = model.luck.bits(streams.BIDDER_POSITION, 1, combine(need.index, field))
    owner = need.owner
    for one in starting_at(model.directory.rings[field], position):
        if len(asked) >= most:
            break
        if not one.active or one is owner or one.free_staff() <= 0.0:
            continue
        if owner:
            tied = owner.times_with(one) > 0.0
            if not programme.circle_holds(tied, one.region == owner.region):
                continue
        if not programme.admits_lead(one):
            model.bound["lead_not_admitted"] += 1
            continue
        if one not in asked:
            asked.append(one)


# ---------------------------------------------------------------- without a programme


def start_alone(model: TwinModel) -> None:
    """Owners, and public bodies for ownerless needs, start projects without a programme."""
    w = model.w
    for need in model.seen:
        if not need.can_be_taken_up(model.now):
            continue
        age = model.now - (need.closes - w.needs_open_quarters + 1)
        if age % w.forming_attempt_quarters != 0 and not need.declined:
            continue
        lead = need.owner or volunteer(model, need)
        if lead is None or lead.free_staff() <= 0.0:
            continue
        tired = need.alone >= w.forming_attempts_alone
        if tired or utility_alone(need, lead) <= 0.0:
            continue
        need.alone += 1
        c = form_consortium(model, need, lead, model.private_practice)
        if c is None:
            continue
        if c.utility <= 0.0:
            forget_last(model)
            continue
        start_project(c)


def volunteer(model: TwinModel, need: Need) -> Organisation | None:
    """The public body that would gain most from an ownerless need, of those next on the ring."""
    best = None
    most = 0.0
    seen = 0
    position = model.luck.bits(streams.BIDDER_POSITION, 0, combine(need.index, 1))
    for one in starting_at(model.directory.rings[need.main_field], position):
        if seen >= model.w.forming_bid_candidates:
            break
        if not one.active or one.is_firm:
            continue
        seen += 1
        value = utility_alone(need, one)
        if value > most:
            most = value
            best = one
    return best
