"""Phases 2 and 4: public money comes in, and bids become awards."""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import rule
from simulation import stages, streams
from simulation.accounts import centre_of, fen, myuan, purse_total, spend_from_programme
from simulation.calls import (
    beyond_project,
    pay_readers,
    race_factor,
    ranking,
    target_lags,
)
from simulation.columns import (
    BIDDING,
    N_CONSORTIA,
    OFFICE_OUT,
    OPEN,
    REFUSED,
    RUNNING,
    TREASURY_IN,
)
from simulation.events import AWARDED, DECLINED, NAME_ONLY, TURNED_DOWN, note
from simulation.outcomes import (
    BAR_WAIVED,
    BELOW_BAR,
    BORDER_UNPAID,
    GRANT_CAPPED,
    GRANT_DECLINED,
    IN_NAME_ONLY,
    MISSION_RESERVE,
    NOT_MATCHED,
    PRIORITY_USED,
    PURSE_EMPTY,
    REGION_PURSE_EMPTY,
    SELF_FUNDING_BINDS,
    TARGET_SPREADS_THIN,
    WAITED_FOR_AGREEMENT,
)
from simulation.policies.adaptation import adapted_weight
from simulation.policies.budget import growth_factor
from simulation.policies.funding import grant_for
from simulation.policies.governance import (
    agreement_quarters,
    in_charge,
    parties_to_agree,
    payable_part,
    purse_is_regional,
)
from simulation.policies.recognition import priority_of, renewed_label, without_cash
from simulation.policies.selection import DIRECTED, LOTTERY, merit_points
from simulation.policies.targets import consortia_due, target_cap
from simulation.projects import start_project
from simulation.sources import build_capability, capability_money
from simulation.worth import annual_budget, in_name_only_utility, lead_utility_at, others_in


@rule
def budget_per_quarter(s, programme, quarter):
    """Fen a programme receives in a policy quarter."""
    growth_per_year = s.programmes[programme].budget_growth_per_year
    growth = growth_factor(growth_per_year, quarter, s.world[0].time_policy)
    return fen(annual_budget(s, programme) / 4.0 * growth)


@rule
def parties(s, p):
    """Bodies that must agree to an award of a programme."""
    return parties_to_agree(
        p.governance_mode, p.governance_joining_departments, len(s.region_weight)
    )


@rule
def receive_money(s, step, quarter):
    """Budgets arrive in the purses; offices are paid; origin sources spend."""
    adapt_shares(s, quarter)
    for programme in range(1, len(s.programmes)):
        p = s.programmes[programme]
        amount = budget_per_quarter(s, programme, quarter)
        if amount == 0:
            continue
        s.ledger[TREASURY_IN] += amount
        s.programme_state[programme].received += amount
        s.programme_state[programme].mission_left += int(amount * p.budget_mission_share)
        fill_purses(s, programme, p, amount)
        spend_everywhere(s, programme, fen(office_cost(s, programme)), OFFICE_OUT)
        build_capability(s, step, quarter, programme, capability_money(p, amount))


@rule
def office_cost(s, programme):
    """What the bodies that must agree cost in a quarter, million yuan, by the programme's share."""
    w = s.world[0]
    whole = w.money_office_myuan * parties(s, s.programmes[programme])
    return whole * s.programme_state[programme].share * w.needs_scale_organisations / 480.0


@rule
def fill_purses(s, programme, p, amount):
    """One purse, or one for each region beside the centre's guidance money; and departments'."""
    centre = centre_of(s)
    left = amount
    for department in range(p.governance_joining_departments):
        part = int(amount * p.governance_department_share / p.governance_joining_departments)
        s.purses[programme, centre + 1 + department] += part
        left -= part
    if purse_is_regional(p.governance_mode):
        regional = left - int(left * p.governance_centre_share)
        for region in range(centre):
            part = int(regional * s.region_weight[region])
            s.purses[programme, region] += part
            left -= part
    s.purses[programme, centre] += left


@rule
def spend_everywhere(s, programme, amount, account):
    """A programme pays from the centre's purse, then from the regions' in turn."""
    centre = centre_of(s)
    left = amount - spend_from_programme(s, programme, amount, account, centre)
    for region in range(centre):
        left -= spend_from_programme(s, programme, left, account, region)


@rule
def adapt_shares(s, quarter):
    """From time to time a learning government shifts shares towards solutions per yuan."""
    n = len(s.programmes) - 1
    rate = 0.0
    for programme in range(1, n + 1):
        rate += s.programmes[programme].adaptation_rate
    every = s.world[0].money_adaptation_quarters
    if rate == 0.0 or n < 2 or quarter == 0 or quarter % every != 0:
        return
    mean = 0.0
    total = 0.0
    for programme in range(1, n + 1):
        mean += yield_of(s, programme) / n
        total += s.programme_state[programme].share
    if mean <= 0.0 or total <= 0.0:
        return
    weight = 0.0
    for programme in range(1, n + 1):
        state = s.programme_state[programme]
        relative = yield_of(s, programme) / mean - 1.0
        state.share = adapted_weight(state.share, s.programmes[programme].adaptation_rate, relative)
        weight += state.share
    for programme in range(1, n + 1):
        s.programme_state[programme].share *= total / weight


@rule
def yield_of(s, programme):
    """Solutions per 100 million yuan received, smoothed."""
    state = s.programme_state[programme]
    prior = s.world[0].money_adaptation_smoothing
    return (state.results + prior) / (myuan(state.received) / 100.0 + prior)


@rule
def award(s, step):
    """Phase 4: each programme decides on the bids that are ready."""
    w = s.world[0]
    most = w.money_most_agreement_quarters
    for programme in range(1, len(s.programmes)):
        p = s.programmes[programme]
        wait = agreement_quarters(parties(s, p), w.money_quarters_per_party)
        rows = np.empty(len(s.running), np.int64)
        n = 0
        row = s.counters[N_CONSORTIA] - 1
        while row >= 0 and s.consortia[row].founded >= step - most:
            c = s.consortia[row]
            ready = c.founded + min(wait, most) == step
            if c.state == BIDDING and c.programme == programme and ready:
                rows[n] = row
                n += 1
            row -= 1
        if n > 0:
            s.bound[WAITED_FOR_AGREEMENT] += n if wait > 0 else 0
            decide_bids(s, step, programme, rows[:n])


@rule
def decide_bids(s, step, programme, rows):
    """Score, order and fund the bids of one programme and quarter."""
    p = s.programmes[programme]
    thin_out(s, step, programme, len(rows))
    points = np.empty(len(rows))
    for k in range(len(rows)):
        points[k] = score(s, p, rows[k], step)
        s.consortia[rows[k]].merit = points[k]
    order = ranking(points)
    passing = len(rows) - bids_below_bar(s, step, programme, len(rows))
    s.stages[programme, stages.REVIEWED] += len(rows) if p.selection_mode != DIRECTED else 0
    s.stages[programme, stages.LISTED] += passing
    ranks = np.arange(passing)
    if p.selection_mode == LOTTERY:
        draws = np.empty(passing)
        for k in range(passing):
            c = s.consortia[rows[order[k]]]
            draws[k] = streams.uniform(s.luck[0], streams.LOTTERY, step, c.luck)
        ranks = ranking(-draws)
    for k in range(passing):
        fund(s, step, p, rows[order[ranks[k]]])
    for k in range(len(rows)):
        release(s, step, rows[k])


@rule
def bids_below_bar(s, step, programme, bids):
    """Bids that the bar refuses; officials waive it while the promised number lags behind."""
    below = int(s.programmes[programme].selection_bar * bids)
    if below > 0 and target_lags(s, programme, step):
        s.bound[BAR_WAIVED] += below
        return 0
    s.bound[BELOW_BAR] += below
    return below


@rule
def thin_out(s, step, programme, bids):
    """Set the largest grant: a promised number of consortia that lags behind thins grants out."""
    p = s.programmes[programme]
    state = s.programme_state[programme]
    quarter = step - s.world[0].time_burn_in
    due = consortia_due(p.targets_consortia_per_year, quarter, state.awards)
    money = myuan(purse_total(s, programme))
    state.cap = target_cap(p.funding_cap_myuan, money, min(due, float(bids)))


@rule
def score(s, p, row, step):
    """Points of a bid; a commission is not reviewed and not noisy."""
    w = s.world[0]
    c = s.consortia[row]
    need = s.needs[c.problem]
    lead = s.organisations[c.lead]
    noise = w.money_appraisal_noise
    readers = p.selection_panel_size + p.governance_joining_departments
    if p.selection_mode == DIRECTED:
        noise = 0.0
    else:
        pay_readers(s, c.programme, readers, c.lead)
    priority = priority_of(lead.label, lead.recognised)
    if p.selection_priority_points > 0.0 and priority > 0.0:
        s.bound[PRIORITY_USED] += 1
    return merit_points(
        c.expertise * c.coverage, lead.reputation, lead.lead_ability,
        math.log(need.value / w.needs_value_median_myuan), need.difficulty,
        priority, w.money_merit_expertise, w.money_merit_difficulty,
        w.money_merit_ability, p.selection_track_record_weight,
        p.selection_value_weight, p.selection_priority_points, noise, readers,
        streams.normal(s.luck[0], streams.REVIEW, step, c.luck),
    )  # fmt: skip


@rule
def fund(s, step, p, row):
    """Give a bid its grant and start the project, if need, teams and purses allow it."""
    c = s.consortia[row]
    problem = s.problems[c.problem]
    if problem.status != OPEN and problem.status != RUNNING:
        s.stages[c.programme, stages.SECOND] += 1
        return
    if problem.status == RUNNING and problem.teams >= p.selection_teams:
        s.stages[c.programme, stages.SECOND] += 1
        return
    grant = grant_of(s, p, row)
    if grant <= 0 and not without_cash(p.recognition_label, p.funding_public_share):
        s.stages[c.programme, stages.UNPAID] += 1
        return
    c.effort_share = effort_taken(s, step, row, grant)
    if c.effort_share == 0.0:
        s.bound[GRANT_DECLINED] += 1
        s.stages[c.programme, stages.DECLINED] += 1
        note(s, step, DECLINED, c.problem, row, c.lead, myuan(grant))
        return
    if grant > 0 and not take_grant(s, p, row, grant):
        s.stages[c.programme, stages.UNPAID] += 1
        return
    c.grant = grant
    problem.funded += 1 if grant > 0 else 0
    state = s.programme_state[c.programme]
    state.awards += 1.0
    state.taken += 1.0 if problem.teams == 0 else 0.0
    state.coverage_sum += c.coverage
    state.coverage_n += 1.0
    recognise(s, p, c.lead)
    stages.count_award(s, p, c, step)
    note(s, step, AWARDED, c.problem, row, c.lead, myuan(grant))
    if c.effort_share < 1.0:
        s.bound[IN_NAME_ONLY] += 1
        note(s, step, NAME_ONLY, c.problem, row, c.lead, c.effort_share)
    start_project(s, row, step)


@rule
def recognise(s, p, lead):
    """The lead of an awarded consortium gets the programme's label, or an award to its record."""
    o = s.organisations[lead]
    if p.recognition_label > 0.0:
        o.label = renewed_label(o.label, p.recognition_label)
    else:
        o.recognised += 1


@rule
def effort_taken(s, step, row, grant):
    """Share of the planned staff that the lead puts in for the grant it is given; 0: it declines.

    The whole, if the project pays with this grant (borders or a target may have cut it). Only a
    nominal part, if officials need the number and label and grant are worth more to it that way.
    """
    c = s.consortia[row]
    lead = c.lead
    owns = s.problems[c.problem].owner == lead
    public = myuan(grant) / max(myuan(c.planned), 1e-9)
    others = others_in(s, s.programmes[c.programme], c)
    utility = lead_utility_at(
        s, c.problem, lead, c.programme, c.coverage, others, owns, race_factor(s, c.programme),
        public,
    )  # fmt: skip
    whole = utility + beyond_project(s, c.programme, c.problem, lead)
    if target_lags(s, c.programme, step):
        nominal = in_name_only_utility(s, c.programme, c.problem, lead, others, public)
        if nominal > max(whole, 0.0):
            return s.world[0].forming_nominal_effort
    return 1.0 if whole > 0.0 else 0.0


@rule
def grant_of(s, p, row):
    """Grant in fen that a bid may get; counts the rules that reduce it."""
    c = s.consortia[row]
    planned = myuan(c.planned)
    cap = s.programme_state[c.programme].cap
    grant = grant_for(planned, p.funding_public_share, cap, p.funding_self_funding_ratio)
    if cap < p.funding_cap_myuan and grant >= cap:
        s.bound[TARGET_SPREADS_THIN] += 1
    elif grant >= cap:
        s.bound[GRANT_CAPPED] += 1
    if p.funding_public_share * (1.0 + p.funding_self_funding_ratio) > 1.0:
        s.bound[SELF_FUNDING_BINDS] += 1
    share = payable_share(s, p, c)
    if share < 1.0:
        s.bound[BORDER_UNPAID] += 1
    return less_unmatched(s, p, c, fen(grant * share))


@rule
def less_unmatched(s, p, c, grant):
    """A grant (fen) without what the department in charge of the need's field should add but lacks."""
    c.matched = 0
    if p.governance_department_share == 0.0:
        return grant
    due = int(grant * p.governance_department_share)
    c.matched = min(due, s.purses[c.programme, matching_purse(s, p, c)])
    if c.matched < due:
        s.bound[NOT_MATCHED] += 1
    return grant - due + c.matched


@rule
def matching_purse(s, p, c):
    """Index of the purse of the department in charge of the need's main field."""
    field = s.needs[c.problem].main_field
    department = in_charge(field, p.governance_joining_departments, s.world[0].fields_count)
    return centre_of(s) + 1 + department


@rule
def payable_share(s, p, c):
    """Share of members' weight that the purses may pay (borders)."""
    lead = s.organisations[c.lead].region
    payable = 0.0
    total = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        weight = m.value_weight
        total += weight
        region = s.organisations[m.row].region
        payable += weight * payable_part(
            p.governance_mode, p.governance_cross_border, p.governance_centre_share, lead, region
        )
    return payable / total


@rule
def take_grant(s, p, row, grant):
    """Move a grant from purses to escrow; each region pays its own members, the centre the rest.

    A joining department's purse pays what it matches.
    """
    c = s.consortia[row]
    centre = centre_of(s)
    reserve = s.programme_state[c.programme].mission_left
    strategic = s.needs[c.problem].strategic == 1
    available = purse_total(s, c.programme)
    own = grant - c.matched
    if available < own:
        s.bound[PURSE_EMPTY] += 1
        return False
    if not strategic and available - reserve < own:
        s.bound[MISSION_RESERVE] += 1
        return False
    parts = np.zeros(s.purses.shape[1], np.int64)
    if purse_is_regional(p.governance_mode):
        split_by_region(s, p, c, own, parts)
    else:
        parts[centre] = own
    short = 0
    for region in range(centre):
        missing = max(0, parts[region] - s.purses[c.programme, region])
        parts[region] -= missing
        short += missing
    parts[centre] += short
    if parts[centre] > s.purses[c.programme, centre]:
        s.bound[REGION_PURSE_EMPTY] += 1
        return False
    if c.matched > 0:
        parts[matching_purse(s, p, c)] = c.matched
    for purse in range(len(parts)):
        s.purses[c.programme, purse] -= parts[purse]
        s.escrow[row, purse] += parts[purse]
    if strategic:
        s.programme_state[c.programme].mission_left = max(0, reserve - own)
    return True


@rule
def split_by_region(s, p, c, grant, parts):
    """Each region's part of a grant, by its members' weight; rounding stays with the lead's.

    The centre pays members across a border that the regions' purses must not cross.
    """
    lead = s.organisations[c.lead].region
    total = payable_share(s, p, c)
    weights = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        weights += m.value_weight
    left = grant
    for position in range(c.size):
        m = s.members[c.first + position]
        region = s.organisations[m.row].region
        may = payable_part(
            p.governance_mode, p.governance_cross_border, p.governance_centre_share, lead, region
        )
        across = p.governance_cross_border == 0 and region != lead
        part = int(grant * (m.value_weight * may / (weights * total)))
        parts[centre_of(s) if across else region] += part
        left -= part
    parts[lead] += left


@rule
def release(s, step, row):
    """A bid that was not funded is turned down, and its need returns to its owner."""
    c = s.consortia[row]
    problem = s.problems[c.problem]
    problem.declined |= 1 << c.programme
    problem.programme = -1
    if c.state == BIDDING:
        c.state = REFUSED
        note(s, step, TURNED_DOWN, c.problem, row, c.lead, c.merit)
