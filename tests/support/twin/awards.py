"""Phase 4: bids become awards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulation import streams
from simulation.policies.selection import LOTTERY
from tests.support.twin import rules
from tests.support.twin.calls import race_factor
from tests.support.twin.consortium import BIDDING, REFUSED, Consortium
from tests.support.twin.needs import OPEN, RUNNING
from tests.support.twin.projects import start_project
from tests.support.twin.worth import beyond_project, in_name_only_utility, lead_utility

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.programmes import Programme


def award(model: TwinModel) -> None:
    """Each programme decides on the bids that are ready."""
    w = model.w
    for programme in model.programmes:
        wait = rules.agreement_quarters(programme.parties, w.money_quarters_per_party)
        decided_after = min(wait, w.money_most_agreement_quarters)
        bids = [
            c
            for c in reversed(model.consortia)
            if c.state == BIDDING
            and c.programme is programme
            and c.founded + decided_after == model.now
        ]
        if bids:
            model.bound["waited_for_agreement"] += len(bids) if wait > 0 else 0
            decide_bids(model, programme, bids)


def decide_bids(model: TwinModel, programme: Programme, bids: list[Consortium]) -> None:
    """Score, order and fund the bids of one programme and quarter."""
    stages = programme.stages
    thin_out(model, programme, len(bids))
    for c in bids:
        c.merit = score(c)
    ranked = sorted(bids, key=lambda c: -c.merit)
    listed = ranked[: len(bids) - bids_below_bar(model, programme, len(bids))]
    stages["reviewed"] += 0 if programme.is_directed else len(bids)
    stages["listed"] += len(listed)
    if programme.levers.selection_mode == LOTTERY:
        listed.sort(key=lambda c: model.luck.uniform(streams.LOTTERY, model.now, c.luck))
    for c in listed:
        fund(c)
    for c in bids:
        release(c)


def bids_below_bar(model: TwinModel, programme: Programme, bids: int) -> int:
    """Bids that the bar refuses; officials waive it while the promised number lags behind."""
    below = int(programme.levers.selection_bar * bids)
    if below > 0 and programme.target_lags():
        model.bound["bar_waived"] += below
        return 0
    model.bound["below_bar"] += below
    return below


def thin_out(model: TwinModel, programme: Programme, bids: int) -> None:
    """Set the largest grant: a promised number of consortia that lags behind thins grants out."""
    p = programme.levers
    due = rules.consortia_due(p.targets_consortia_per_year, model.quarter, programme.awards)
    money = rules.myuan(programme.purse_total())
    programme.cap = rules.target_cap(p.funding_cap_myuan, money, min(due, float(bids)))


def score(c: Consortium) -> float:
    """Points of a bid; a commission is not reviewed and not noisy."""
    w, p, need, lead, model = c.w, c.programme.levers, c.need, c.lead, c.model
    noise = w.money_appraisal_noise
    readers = p.selection_panel_size + p.governance_joining_departments
    if c.programme.is_directed:
        noise = 0.0
    else:
        c.programme.pay_readers(readers, lead.region)
    priority = rules.priority_of(lead.label, lead.recognised)
    if p.selection_priority_points > 0.0 and priority > 0.0:
        model.bound["priority_used"] += 1
    return float(
        rules.merit_points(
            c.expertise * c.coverage, lead.reputation, lead.lead_ability,
            math.log(need.value / w.needs_value_median_myuan), need.difficulty, priority,
            w.money_merit_expertise, w.money_merit_difficulty, w.money_merit_ability,
            p.selection_track_record_weight, p.selection_value_weight,
            p.selection_priority_points, noise, readers,
            model.luck.normal(streams.REVIEW, model.now, c.luck),
        )
    )  # fmt: skip


def release(c: Consortium) -> None:
    """A bid that was not funded is turned down, and its need returns to its owner."""
    c.need.declined.add(c.programme)
    c.need.programme = None
    if c.state == BIDDING:
        turn_down(c)


def turn_down(c: Consortium) -> None:
    """A bid comes to nothing."""
    c.state = REFUSED
    c.remove()


# ---------------------------------------------------------------- from bid to project


def fund(c: Consortium) -> None:
    """Give a bid its grant and start the project, if need, teams and purses allow it."""
    need, programme, stages, bound = c.need, c.programme, c.programme.stages, c.model.bound
    if need.status not in (OPEN, RUNNING) or has_enough_teams(c):
        stages["second"] += 1
        return
    grant = grant_of(c)
    if grant <= 0 and not programme.is_without_cash:
        stages["unpaid"] += 1
        return
    c.effort_share = effort_taken(c, grant)
    if c.effort_share == 0.0:
        bound["grant_declined"] += 1
        stages["declined"] += 1
        return
    if grant > 0 and not take_grant(c, grant):
        stages["unpaid"] += 1
        return
    c.grant = grant
    need.funded += 1 if grant > 0 else 0
    programme.awards += 1.0
    programme.taken += 1.0 if need.teams == 0 else 0.0
    programme.coverage_sum += c.coverage
    programme.coverage_n += 1.0
    recognise(c)
    count_award(c)
    bound["in_name_only"] += c.effort_share < 1.0
    start_project(c)


def has_enough_teams(c: Consortium) -> bool:
    """Whether as many teams as its programme wants are at work on a need already."""
    return bool(c.need.status == RUNNING and c.need.teams >= c.programme.levers.selection_teams)


def recognise(c: Consortium) -> None:
    """The lead of an awarded consortium gets the programme's label, or an award to its record."""
    given = c.programme.levers.recognition_label
    if given > 0.0:
        c.lead.label = rules.renewed_label(c.lead.label, given)
    else:
        c.lead.recognised += 1


def count_award(c: Consortium) -> None:
    """A bid is approved, after so many quarters, and becomes one task or one for each region."""
    p, programme = c.programme.levers, c.programme
    regions = {c.lead.region}
    if rules.purse_is_regional(p.governance_mode):
        regions = c.regions
    for region in regions:
        programme.tasks_in_region[region] += 1
    programme.stages["approved"] += 1
    programme.stages["waiting"] += c.model.now - c.founded
    programme.stages["tasks"] += len(regions)
    if p.coordination_communication > 0.0:
        programme.stages["communicating"] += len(regions)


def effort_taken(c: Consortium, grant: int) -> float:
    """Share of the planned staff that the lead puts in for the grant it is given; 0: it declines.

    The whole, if the project pays with this grant (borders or a target may have cut it). Only a
    nominal part, if officials need the number and label and grant are worth more to it that way.
    """
    need, lead, programme = c.need, c.lead, c.programme
    public = rules.myuan(grant) / max(rules.myuan(c.planned), 1e-9)
    p_extra = race_factor(programme)
    whole = lead_utility(need, lead, programme, c.coverage, c.others, p_extra, public)
    whole += beyond_project(need, lead, programme)
    if programme.target_lags():
        nominal = in_name_only_utility(need, lead, programme, c.others, public)
        if nominal > max(whole, 0.0):
            return float(c.w.forming_nominal_effort)
    return 1.0 if whole > 0.0 else 0.0


def grant_of(c: Consortium) -> int:
    """Grant in fen that a bid may get; counts the rules that reduce it."""
    p, bound, cap = c.programme.levers, c.model.bound, c.programme.cap
    grant = rules.grant_for(
        rules.myuan(c.planned), p.funding_public_share, cap, p.funding_self_funding_ratio
    )
    if grant >= cap:
        thin = cap < p.funding_cap_myuan
        bound["target_spreads_thin" if thin else "grant_capped"] += 1
    if p.funding_public_share * (1.0 + p.funding_self_funding_ratio) > 1.0:
        bound["self_funding_binds"] += 1
    share = payable_share(c)
    if share < 1.0:
        bound["border_unpaid"] += 1
    return less_unmatched(c, rules.fen(grant * share))


def less_unmatched(c: Consortium, grant: int) -> int:
    """A grant (fen) without what the department in charge of the need's field should add but lacks."""
    share = c.programme.levers.governance_department_share
    c.matched = 0
    if share == 0.0:
        return grant
    due = int(grant * share)
    c.matched = min(due, c.programme.purses[matching_purse(c)])
    if c.matched < due:
        c.model.bound["not_matched"] += 1
    return grant - due + c.matched


def matching_purse(c: Consortium) -> int:
    """Place of the purse of the department in charge of the need's main field."""
    departments = c.programme.levers.governance_joining_departments
    department = rules.in_charge(c.need.main_field, departments, c.w.fields_count)
    return int(c.model.centre + 1 + department)


def payable_share(c: Consortium) -> float:
    """Share of members' weight that the purses may pay (borders)."""
    payable = 0.0
    total = 0.0
    for member in c.members:
        weight = member.value_weight
        total += weight
        payable += weight * c.programme.payable_part(c.lead.region, member.organisation.region)
    return payable / total


def take_grant(c: Consortium, grant: int) -> bool:
    """Move a grant from purses to escrow; each region pays its own members, the centre the rest.

    A joining department's purse pays what it matches.
    """
    programme, bound, centre = c.programme, c.model.bound, c.model.centre
    available = programme.purse_total()
    own = grant - c.matched
    if available < own:
        bound["purse_empty"] += 1
        return False
    if not c.need.strategic and available - programme.mission_left < own:
        bound["mission_reserve"] += 1
        return False
    parts = parts_by_purse(c, own)
    for region in range(c.model.regions):
        missing = max(0, parts[region] - programme.purses[region])
        parts[region] -= missing
        parts[centre] += missing
    if parts[centre] > programme.purses[centre]:
        bound["region_purse_empty"] += 1
        return False
    if c.matched > 0:
        parts[matching_purse(c)] = c.matched
    for purse, part in enumerate(parts):
        programme.purses[purse] -= part
        c.escrow[purse] += part
    if c.need.strategic:
        programme.mission_left = max(0, programme.mission_left - own)
    return True


def parts_by_purse(c: Consortium, grant: int) -> list[int]:
    """Each purse's part of a grant: the centre's all, or the regions' by their members' weight.

    Rounding stays with the lead's region. The centre pays members across a border that the
    regions' purses must not cross.
    """
    p, centre = c.programme.levers, c.model.centre
    parts = [0] * len(c.programme.purses)
    if not rules.purse_is_regional(p.governance_mode):
        parts[centre] = grant
        return parts
    total = payable_share(c)
    weights = 0.0
    for member in c.members:
        weights += member.value_weight
    left = grant
    for member in c.members:
        region = member.organisation.region
        may = c.programme.payable_part(c.lead.region, region)
        across = p.governance_cross_border == 0 and region != c.lead.region
        part = int(grant * (member.value_weight * may / (weights * total)))
        parts[centre if across else region] += part
        left -= part
    parts[c.lead.region] += left
    return parts
