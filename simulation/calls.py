"""Phases 2 and 3: programmes act (collect, screen, publish) and consortia form and bid."""

from __future__ import annotations

import numpy as np

from agents.compiled import rule
from agents.decisions import believed_success, call_utility, posted_price, race_success
from agents.kinds import LEAD_FIRM, LOCAL_SOE, SME
from simulation import stages, streams
from simulation.accounts import centre_of, fen, pay, purse_total, spend_from_programme
from simulation.chains import supply_gap
from simulation.clock import quarters_until
from simulation.columns import (
    BIDDING_OUT,
    N_LIVE,
    OPEN,
    PRIVATE_PRACTICE,
    REVIEW_OUT,
)
from simulation.events import (
    BID,
    FORMED_ALONE,
    NO_ANSWER_EVENT,
    NOT_WORTH_IT,
    PUBLISHED,
    SCREENED_OUT_EVENT,
    SUBMITTED,
    note,
)
from simulation.fields import ring_position
from simulation.focus import in_focus
from simulation.forming import drop_last, form_consortium, free_staff
from simulation.membership import admitted_lead
from simulation.needs import STRANGER, distinct_fields, field_seen, fields_seen, misposed_for
from simulation.outcomes import (
    EMERGING_TARGET,
    LEAD_NOT_ADMITTED,
    NEED_PUT_RIGHT,
    NO_ANSWER,
    OUT_OF_FOCUS,
    SCREENED_OUT,
)
from simulation.policies.agenda import takes_up
from simulation.policies.eligibility import OWNER_LEADS
from simulation.policies.formation import RESERVE_POOL
from simulation.policies.openness import within_circle
from simulation.policies.recognition import without_cash
from simulation.policies.screening import LOCAL, N_CRITERIA, appraisal
from simulation.policies.targets import lags_behind
from simulation.projects import start_project
from simulation.reporting import missing_share
from simulation.standing import best_body
from simulation.ties import tie_strength
from simulation.worth import (
    award_chance,
    costs_no_bid,
    expected_part,
    failure_penalty,
    grant_share,
    in_name_only_utility,
    label_worth,
    lead_utility,
    makers_claim,
    mean_coverage,
    planned_bid_cost,
    project_quarters_cost,
    share_of,
    start_chance,
    team_keeps,
    touched_by,
)


@rule
def reach_without_search(s, index, lead):
    """Share of a need's components the lead or its acquaintances seem able to touch."""
    need = s.needs[index]
    misposed = misposed_for(s, index, lead)
    sought = fields_seen(s, need, misposed)
    knows = s.knows[lead]
    for k in range(s.organisations[lead].ties):
        if sought & ~knows == 0:
            break
        knows |= s.knows[s.ties[lead, k].partner]
    return share_of(touched_by(s, need, misposed, knows), s.world[0].needs_components)


@rule
def utility_alone(s, index, lead, owns):
    """What a project without a programme is worth to its lead, with the partners it plans with."""
    return utility_at_reach(s, index, lead, owns, reach_without_search(s, index, lead))


@rule
def utility_at_reach(s, index, lead, owns, reach):
    """The same for a share of the components that the lead thinks to reach."""
    others = s.world[0].forming_planned_partners
    return lead_utility(s, index, lead, PRIVATE_PRACTICE, reach, others, owns, 1.0)


@rule
def target_bonus(s, programme, need, row):
    """What closing the gap to its emerging-industry target is worth to a state-owned firm."""
    o = s.organisations[row]
    target = s.programmes[programme].targets_emerging_share
    if target <= 0.0 or o.kind > SME or o.ownership > LOCAL_SOE or need.strategic == 0:
        return 0.0
    gap = missing_share(target, o)
    if gap <= 0.0:
        return 0.0
    s.bound[EMERGING_TARGET] += 1
    return gap * s.world[0].forming_target_weight_myuan


@rule
def beyond_project(s, programme, index, row):
    """What an award is worth to its lead beside the project itself, million yuan."""
    return target_bonus(s, programme, s.needs[index], row) + label_worth(s, programme, row)


@rule
def target_lags(s, programme, step):
    """Whether a programme has founded fewer consortia than its work report promised by now."""
    promised = s.programmes[programme].targets_consortia_per_year
    quarter = step - s.world[0].time_burn_in
    return lags_behind(promised, quarter, s.programme_state[programme].awards)


@rule
def name_worth(s, step, programme, index, lead, others):
    """What a consortium in name only is worth to its lead; nothing unless the target lags."""
    if not target_lags(s, programme, step):
        return 0.0
    planned = project_quarters_cost(s, s.programmes[programme], s.needs[index])
    public = grant_share(s, programme, planned)
    return in_name_only_utility(s, programme, index, lead, others, public)


@rule
def owner_leads(p):
    """Whether the owner of a need must lead its project in this programme."""
    return p.eligibility_leader == OWNER_LEADS and p.renewal_standing == 0


@rule
def stranger_success(w, coverage):
    """Success that an owner believes in when somebody unknown leads."""
    return believed_success(
        0.0, 0.0, w.forming_prior_success, w.forming_prior_weight, coverage,
        w.forming_coverage_exponent,
    )  # fmt: skip


@rule
def taken_chance(w, state):
    """Chance that owners expect of a programme to find somebody for a need, by its record."""
    weight = w.forming_prior_award_weight
    return (state.taken + weight * w.forming_prior_award_rate) / (state.called + weight)


@rule
def owner_price(s, programme, need, chance):
    """The price an owner posts for a solution when others lead, as a share of its value.

    It aims at the cheapest solvers, public bodies, whose staff is mostly paid by block grants.
    """
    w = s.world[0]
    p = s.programmes[programme]
    planned = project_quarters_cost(s, p, need)
    public = grant_share(s, programme, planned)
    cost = planned * (1.0 - public * expected_part(p, chance)) * w.forming_block_cost_weight
    cost += (1.0 - chance) * failure_penalty(p, planned, public)
    cost += planned_bid_cost(w)
    team = team_keeps(w, 0.0, makers_claim(w, p.diffusion_private_standard))
    return posted_price(chance, need.value, team, cost, w.forming_price_margin)


@rule
def utility_of_call(s, step, programme, index, owner, alone):
    """What handing a need to a programme is worth to its owner, million yuan."""
    w = s.world[0]
    p = s.programmes[programme]
    state = s.programme_state[programme]
    need = s.needs[index]
    mean = mean_coverage(w, state)
    loss = w.forming_disclosure * need.value * w.forming_owner_share
    if owner_leads(p):
        reach = max(mean, reach_without_search(s, index, owner))
        others = w.forming_planned_partners
        won = lead_utility(s, index, owner, programme, reach, others, True, 1.0)
        won += beyond_project(s, programme, index, owner)
        won = max(won, name_worth(s, step, programme, index, owner, others))
        cost = planned_bid_cost(w)
    else:
        chance = stranger_success(w, mean)
        price = owner_price(s, programme, need, chance)
        claim = makers_claim(w, p.diffusion_private_standard)
        won = chance * need.value * (w.forming_owner_share - price) * (1.0 - claim)
        cost = 0.0
    chance = award_chance(w, state) if owner_leads(p) else taken_chance(w, state)
    return call_utility(chance, won - loss, alone, cost, w.forming_wait_discount)


@rule
def open_to(s, programme, index, step):
    """Whether a programme would take up this need now."""
    problem = s.problems[index]
    p = s.programmes[programme]
    if problem.declined & (1 << programme):
        return False
    cashless = without_cash(p.recognition_label, p.funding_public_share)
    if purse_total(s, programme) <= 0 and not cashless:
        return False
    owner = problem.owner
    backbone = owner >= 0 and s.organisations[owner].kind == LEAD_FIRM
    if not takes_up(
        p.agenda_mode, p.agenda_backbone_only, owner >= 0, backbone, s.needs[index].strategic == 1
    ):
        return False
    if not in_focus(s, programme, index):
        s.bound[OUT_OF_FOCUS] += 1
        return False
    if owner >= 0 and owner_leads(p) and not admitted_lead(s, p, owner):
        s.bound[LEAD_NOT_ADMITTED] += 1
        return False
    return True


@rule
def fallback(s, index, owner):
    """What an owner thinks it has without a call; nothing once it has found no team by itself."""
    tried_in_vain = s.problems[index].alone > 0 and s.problems[index].projects == 0
    if owner < 0 or tried_in_vain:
        return 0.0
    return utility_alone(s, index, owner, True)


@rule
def choose_programme(s, index, step):
    """The programme a need goes to: the owner's best offer, or by lot for ownerless needs."""
    problem = s.problems[index]
    owner = problem.owner
    best = -1
    alone = fallback(s, index, owner)
    best_value = max(0.0, alone)
    soonest = np.inf
    for programme in range(1, len(s.programmes)):
        if not open_to(s, programme, index, step):
            continue
        if owner >= 0:
            value = utility_of_call(s, step, programme, index, owner, alone)
            if value > best_value:
                best_value = value
                best = programme
        else:
            address = streams.combine(index, programme)
            ring = streams.clock(s.luck[0], streams.PROGRAMME_CHOICE, step, address, 1.0)
            if ring < soonest:
                soonest = ring
                best = programme
    return best


@rule
def collect(s, step):
    """Open needs are handed to the programmes that take them up, if their owners want that."""
    for k in range(s.counters[N_LIVE]):
        index = s.live[k]
        problem = s.problems[index]
        if problem.status != OPEN or problem.programme >= 0 or step > problem.closes:
            continue
        programme = choose_programme(s, index, step)
        if programme >= 0:
            take_up(s, step, index, programme)


@rule
def take_up(s, step, index, programme):
    """A need enters the pipeline of a programme."""
    problem = s.problems[index]
    p = s.programmes[programme]
    problem.programme = programme
    problem.price = 0.0
    if problem.owner >= 0 and not owner_leads(p):
        w = s.world[0]
        chance = stranger_success(w, mean_coverage(w, s.programme_state[programme]))
        problem.price = owner_price(s, programme, s.needs[index], chance)
    problem.due = step
    problem.due += 1 if p.screening_panel_size > 0 else 0
    problem.due += 1 if p.formation_mode == RESERVE_POOL else 0
    await_sitting(s, p, index)
    stages.count_collected(s, programme, problem.owner >= 0, p.screening_panel_size > 0)
    note(s, step, SUBMITTED, index, -1, problem.owner, programme)


@rule
def await_sitting(s, p, index):
    """A collected need waits for the next sitting of the panel; without one it is published."""
    problem = s.problems[index]
    if p.screening_panel_size == 0:
        await_guide(s, p, index, problem.due)
        return
    problem.published = 0
    quarter = problem.due - s.world[0].time_burn_in
    problem.due += quarters_until(quarter, p.screening_sitting_quarters)


@rule
def await_guide(s, p, index, step):
    """A need is published; answers are called for with the next guide, which may be now."""
    problem = s.problems[index]
    problem.published = 1
    quarter = step - s.world[0].time_burn_in
    problem.due = step + quarters_until(quarter, p.openness_guide_quarters)


@rule
def screen(s, step):
    """Panels read the needs that are due and publish the best part of them."""
    for programme in range(1, len(s.programmes)):
        p = s.programmes[programme]
        if p.screening_panel_size == 0:
            continue
        due = np.empty(s.counters[N_LIVE], np.int64)
        points = np.empty(s.counters[N_LIVE])
        parts = np.empty((s.counters[N_LIVE] + 1, N_CRITERIA))
        n = 0
        for k in range(s.counters[N_LIVE]):
            index = s.live[k]
            problem = s.problems[index]
            waits = problem.programme == programme and problem.published == 0
            if problem.status == OPEN and waits and problem.due == step:
                due[n] = index
                points[n] = panel_points(s, p, index, step, parts[n])
                n += 1
                pay_readers(s, programme, p.screening_panel_size, problem.owner)
        s.stages[programme, stages.ASSESSED] += n
        publish_best(s, step, p, due[:n], points[:n], parts[: n + 1])


@rule
def panel_points(s, p, index, step, parts):
    """A screening panel's points for a need; what they are made of goes to ``parts``."""
    w = s.world[0]
    need = s.needs[index]
    noise = w.money_appraisal_noise
    if p.screening_pool == LOCAL:
        noise *= w.money_local_noise_factor
    luck = streams.normal(s.luck[0], streams.APPRAISAL, step, np.uint64(index))
    return appraisal(
        np.log(need.value / w.needs_value_median_myuan), need.strategic, 1.0 - need.difficulty,
        need.cross_border, supply_gap(s, need), p.screening_value_weight,
        p.screening_strategy_weight, p.screening_duration_weight, p.screening_cross_border_weight,
        p.screening_chain_weight, noise, p.screening_panel_size, luck, parts,
    )  # fmt: skip


@rule
def pay_readers(s, programme, readers, lead):
    """A programme pays its experts for one reading each."""
    region = s.organisations[lead].region if lead >= 0 else centre_of(s)
    cost = fen(readers * s.world[0].money_review_myuan)
    spend_from_programme(s, programme, cost, REVIEW_OUT, region)


@rule
def ranking(points):
    """Places of the points from highest to lowest; equal points keep their order."""
    return np.argsort(-points, kind="mergesort")


@rule
def publish_best(s, step, p, due, points, parts):
    """Publish the best share; what is not published returns to its owner.

    ``parts``: what makes up each need's points; the last row is for the mean of the published.
    """
    order = ranking(points)
    kept = int(p.screening_share_published * len(due) + 0.999999)
    stages.average_to_last(parts, order, kept)
    for place in range(len(due)):
        index = due[order[place]]
        problem = s.problems[index]
        problem.points = points[order[place]]
        if place < kept:
            publish(s, step, index)
            continue
        s.bound[SCREENED_OUT] += 1
        stages.count_screened_out(s, problem.programme, parts[order[place]], parts[len(due)])
        note(s, step, SCREENED_OUT_EVENT, index, -1, problem.owner, problem.points)
        problem.declined |= 1 << problem.programme
        problem.programme = -1


@rule
def publish(s, step, index):
    """A need that its panel has read is put right and published."""
    problem = s.problems[index]
    p = s.programmes[problem.programme]
    formulate(s, p, index)
    await_guide(s, p, index, step)
    s.stages[problem.programme, stages.PUBLISHED] += 1
    note(s, step, PUBLISHED, index, -1, problem.owner, problem.points)


@rule
def formulate(s, p, index):
    """Experts put a part of the misposed components right before a need is published.

    Reading for that takes the same part of a further reading by the whole panel.
    """
    problem = s.problems[index]
    if p.screening_formulation == 0.0:
        return
    wrong = s.needs[index].misposed & ~problem.put_right
    for i in range(s.world[0].needs_components):
        u = streams.uniform(s.luck[0], streams.EXPERTS_PUT_RIGHT, 0, streams.combine(index, i))
        if wrong & (1 << i) and u < p.screening_formulation:
            problem.put_right |= 1 << i
            s.bound[NEED_PUT_RIGHT] += 1
    readers = p.screening_formulation * p.screening_panel_size
    pay_readers(s, problem.programme, readers, problem.owner)


@rule
def start_alone(s, step):
    """Owners, and public bodies for ownerless needs, start projects without a programme."""
    w = s.world[0]
    for k in range(s.counters[N_LIVE]):
        index = s.live[k]
        problem = s.problems[index]
        if problem.status != OPEN or problem.programme >= 0 or step > problem.closes:
            continue
        age = step - (problem.closes - w.needs_open_quarters + 1)
        if age % w.forming_attempt_quarters != 0 and problem.declined == 0:
            continue
        if problem.alone >= w.forming_attempts_alone:
            continue
        lead = willing(s, index)
        if lead < 0:
            continue
        problem.alone += 1
        row = form_consortium(s, step, index, lead, PRIVATE_PRACTICE, -1, 0, 1.0)
        if row < 0:
            continue
        if s.consortia[row].utility <= 0.0:
            drop_last(s, row)
            note(s, step, NOT_WORTH_IT, index, -1, lead, s.consortia[row].utility)
            continue
        note(s, step, FORMED_ALONE, index, row, lead, s.consortia[row].coverage)
        start_project(s, row, step)


@rule
def willing(s, index):
    """The owner of a need, or a public body, if it has free staff and would gain; else -1."""
    lead = s.problems[index].owner
    if lead < 0:
        lead = volunteer(s, index)
        return lead if lead >= 0 and free_staff(s, lead) > 0.0 else -1
    gains = free_staff(s, lead) > 0.0 and utility_alone(s, index, lead, True) > 0.0
    return lead if gains else -1


@rule
def volunteer(s, index):
    """The public body that would gain most from an ownerless need, of those next on the ring.

    Who would not gain most even if it reached everything is not asked whom it knows.
    """
    w = s.world[0]
    need = s.needs[index]
    best = -1
    most = 0.0
    seen = 0
    start = s.ring_start[need.main_field]
    count = s.ring_start[need.main_field + 1] - start
    address = streams.combine(index, 1)
    target = streams.bits(s.luck[0], streams.BIDDER_POSITION, 0, address)
    first = ring_position(s, need.main_field, target) - start
    for k in range(count):
        if seen >= w.forming_bid_candidates:
            break
        one = s.ring[start + (first + k) % count]
        row = one.row
        if one.kind <= SME or s.active[row] == 0:
            continue
        seen += 1
        if utility_at_reach(s, index, row, False, 1.0) <= most:
            continue
        value = utility_alone(s, index, row, False)
        if value > most:
            most = value
            best = row
    return best


@rule
def bid(s, step):
    """Published needs are answered: by their owner, by solvers, or by standing consortia."""
    asked = np.empty(s.world[0].forming_bid_candidates, np.int64)
    for live in range(s.counters[N_LIVE]):
        index = s.live[live]
        problem = s.problems[index]
        if problem.status != OPEN or problem.programme < 0 or problem.due != step:
            continue
        programme = problem.programme
        p = s.programmes[programme]
        open_call(s, programme)
        body = best_body(s, programme, index) if p.renewal_standing == 1 else -1
        answers = 0
        for k in range(possible_leads(s, index, body, asked)):
            if answers < p.openness_answers:
                answers += answer(s, step, index, programme, asked[k], body, k)
        close_call(s, step, index, answers)


@rule
def possible_leads(s, index, body, asked):
    """Write to ``asked`` who considers leading an answer, in their order; returns how many.

    ``body``: the standing consortium that covers the need best, or -1.
    """
    problem = s.problems[index]
    p = s.programmes[problem.programme]
    if p.renewal_standing == 1:
        lead = s.bodies[body].lead if body >= 0 else -1
    elif p.eligibility_leader == OWNER_LEADS and problem.owner >= 0:
        lead = problem.owner
    else:
        return solvers(s, index, problem.programme, asked)
    asked[0] = lead
    return 1 if lead >= 0 else 0


@rule
def open_call(s, programme):
    """One more need for which a programme calls for answers."""
    s.stages[programme, stages.CALLED] += 1
    s.programme_state[programme].called += 1.0


@rule
def close_call(s, step, index, answers):
    """Count the answers to a need; one without any returns to its owner."""
    problem = s.problems[index]
    problem.bids += answers
    if answers == 0:
        s.bound[NO_ANSWER] += 1
        s.stages[problem.programme, stages.UNANSWERED] += 1
        note(s, step, NO_ANSWER_EVENT, index, -1, problem.owner, problem.programme)
        problem.declined |= 1 << problem.programme
        problem.programme = -1


@rule
def race_factor(s, programme):
    """What success is worth when other teams may be first, relative to being alone."""
    prior = s.world[0].forming_prior_success
    return race_success(prior, max(1, s.programmes[programme].selection_teams)) / prior


@rule
def answer(s, step, index, programme, lead, body, attempt_number):
    """One consortium forms and bids; returns 1 if it does, else 0.

    A lead bids where the chance of an award is worth the bid: first by what it hopes for, then by
    the team it has found. A standing consortium looks at what it has in its queue in any case.
    """
    w = s.world[0]
    p = s.programmes[programme]
    p_extra = race_factor(s, programme)
    chance = start_chance(s, programme, body)
    free = costs_no_bid(p, body)
    owns = s.problems[index].owner == lead
    bonus = beyond_project(s, programme, index, lead)
    others = w.forming_planned_partners
    coverage = mean_coverage(w, s.programme_state[programme])
    hoped = lead_utility(s, index, lead, programme, coverage, others, owns, p_extra) + bonus
    hoped = max(hoped, name_worth(s, step, programme, index, lead, others))
    s.stages[programme, stages.CONSIDERED] += 1
    if body < 0 and chance * hoped <= (0.0 if free else planned_bid_cost(w)):
        note(s, step, NOT_WORTH_IT, index, -1, lead, hoped)
        return 0
    s.stages[programme, stages.ATTEMPTED] += 1
    row = form_consortium(s, step, index, lead, programme, body, attempt_number, p_extra)
    if row < 0:
        return 0
    c = s.consortia[row]
    s.stages[programme, stages.OFFERED] += 1
    s.stages[programme, stages.POOLED] += p.formation_mode == RESERVE_POOL
    if not worth_its_bid(s, step, row, bonus):
        note(s, step, NOT_WORTH_IT, index, row, lead, c.utility)
        drop_last(s, row)
        return 0
    hand_in(s, step, row)
    return 1


@rule
def worth_its_bid(s, step, row, bonus):
    """Whether the chance of an award is worth the bid to the lead of the team that was found."""
    c = s.consortia[row]
    free = costs_no_bid(s.programmes[c.programme], c.body)
    cost = 0.0 if free else bid_cost(s.world[0], c.size)
    nominal = name_worth(s, step, c.programme, c.problem, c.lead, c.size - 1.0)
    return start_chance(s, c.programme, c.body) * max(c.utility + bonus, nominal) > cost


@rule
def bid_cost(w, members):
    """What a bid by a team of this size costs, million yuan."""
    return w.money_bid_base_myuan + members * w.money_bid_per_member_myuan


@rule
def hand_in(s, step, row):
    """A team's bid is handed in and paid for."""
    c = s.consortia[row]
    if not costs_no_bid(s.programmes[c.programme], c.body):
        pay(s, c.lead, fen(bid_cost(s.world[0], c.size)), BIDDING_OUT)
    s.programme_state[c.programme].bids += 1.0
    s.stages[c.programme, stages.BIDS] += 1
    note(s, step, BID, c.problem, row, c.lead, c.coverage)


@rule
def solvers(s, index, programme, asked):
    """As :func:`possible_leads`: organisations next on the rings of the need's fields."""
    need = s.needs[index]
    misposed = misposed_for(s, index, STRANGER)
    n = 0
    fields = distinct_fields(s, need, misposed)
    for i in range(s.world[0].needs_components):
        if fields & (1 << i):
            field = field_seen(need, misposed, i)
            n = considering(s, index, programme, field, asked, n)
    return n


@rule
def may_solve(s, p, owner, row):
    """Whether an organisation is free to lead an answer and lies in the owner's open circle."""
    if s.active[row] == 0 or row == owner or free_staff(s, row) <= 0.0:
        return False
    if owner < 0:
        return True
    tied = tie_strength(s, owner, row) > 0
    near = s.organisations[row].region == s.organisations[owner].region
    return within_circle(p.openness_circle, tied, near)


@rule
def considering(s, index, programme, field, asked, n):
    """Add admitted solvers from one field's ring, which fills a part of the places at most."""
    spread = s.world[0].forming_solver_fields
    p = s.programmes[programme]
    owner = s.problems[index].owner
    start = s.ring_start[field]
    count = s.ring_start[field + 1] - start
    target = streams.bits(s.luck[0], streams.BIDDER_POSITION, 1, streams.combine(index, field))
    first = ring_position(s, field, target) - start
    most = min(len(asked), n + (len(asked) + spread - 1) // spread)
    for k in range(count):
        if n >= most:
            break
        row = s.ring[start + (first + k) % count].row
        if not may_solve(s, p, owner, row):
            continue
        if not admitted_lead(s, p, row):
            s.bound[LEAD_NOT_ADMITTED] += 1
            continue
        known = False
        for j in range(n):
            known = known or asked[j] == row
        if not known:
            asked[n] = row
            n += 1
    return n
