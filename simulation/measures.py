"""What a run reports at its end: its outcomes, one rule per topic.

Every rule walks over rows in their order and adds up as it goes, so that sums have one order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from agents.compiled import rule
from agents.kinds import KINDS, PAYERS
from simulation.accounts import myuan
from simulation.columns import (
    ACTIVE,
    ADOPTION_OUT,
    BIDDING_OUT,
    COORDINATION_OUT,
    ENDED_SOLVED,
    N_BODIES,
    N_CONSORTIA,
    N_ENTRANTS,
    N_EXITS,
    N_ORGANISATIONS,
    N_SOURCES,
    OFFICE_OUT,
    PRIVATE_PRACTICE,
    REFUSED,
    REVIEW_OUT,
    SCANNING_OUT,
    SCENARIO_OUT,
    SOLVED,
)
from simulation.fields import is_frontier
from simulation.outcomes import BINDING_RULES, COUNTS, HORIZONS, OUTCOMES, TRAJECTORIES
from simulation.recorder import is_industrial, is_major, is_technical, outflow
from simulation.state import State
from simulation.supply import supporting

NAMES = tuple(outcome.name for outcome in OUTCOMES)
MEASURES = np.dtype([(name, "f8") for name in NAMES])
PATHS = [outcome.name for outcome in TRAJECTORIES]


def _places(names: Iterable[str]) -> np.ndarray:
    """Where outcomes stand that are written in loops, shape (names,)."""
    return np.array([NAMES.index(name) for name in names])


# Shape (horizons, counts), the longest horizon first: all policy quarters.
COUNTED = np.array(
    [_places(COUNTS)]
    + [_places(f"{name}_{horizon}q" for name in COUNTS) for horizon in HORIZONS[:-1]]
)
LED_BY = _places(f"solved_led_by_{kind}" for kind in KINDS)
GRANTS_TO = _places(f"grants_to_{kind}" for kind in KINDS)
VALUE_TO = _places(f"value_to_{kind}" for kind in KINDS)
PAID = _places(f"paid_{payer}" for payer in PAYERS)
BOUND = _places(f"bound_{name}" for name in BINDING_RULES)

MEAN_EXPERTISE = PATHS.index("mean_expertise")
WEAKEST_LINK = PATHS.index("weakest_link")
LINK_SECURITY = PATHS.index("link_security")
REPORTED = PATHS.index("emerging_share_reported")
REAL = PATHS.index("emerging_share_real")


def outcomes(
    state: State, start: State, reference: State, hand_over_solved: float
) -> dict[str, float]:
    """All outcomes of a finished run.

    Parameters
    ----------
    state: after the run-out.
    start: at the first policy quarter; what happened in the burn-in does not count.
    reference: after the run-out of the run without policy, on the same luck.
    hand_over_solved: result of the hand-over test.
    """
    found, values = no_measures()
    measure(state, start, reference, found, values)
    found["hand_over_solved"] = hand_over_solved
    return dict(zip(NAMES, values.tolist(), strict=True))


def no_measures() -> tuple[np.ndarray, np.ndarray]:
    """Room for the outcomes of a run: as one row by name, and the same memory by place."""
    found = np.zeros(1, MEASURES)
    return found, found.view(np.float64)


@rule
def measure(s, start, reference, found, values):
    """Write all outcomes into the row ``found``; ``values`` is the same memory, by places.

    Counts come before the shares that are made of them.
    """
    r = found[0]
    r.needs = s.cohort[1] - s.cohort[0]
    counts(s, r, values)
    times_and_values(s, r)
    solvers(s, r, values)
    two_skins(s, r)
    projects(s, start, r)
    standing_consortia(s, r)
    origin_sources(s, r)
    financiers(s, r)
    money(s, start, r, values)
    additionality(s, reference, r)
    people(s, start, r, values)
    knowledge(s, r)
    reports(s, r)
    for place in range(len(BOUND)):
        values[BOUND[place]] = s.bound[place] - start.bound[place]


@rule
def ratio(part, whole):
    """Part of a whole; NaN where there is no whole."""
    return part / whole if whole > 0 else math.nan


@rule
def counts(s, r, values):
    """Needs of the cohort that count, in all and among those of the first quarters of policy."""
    w = s.world[0]
    for index in range(s.cohort[0], s.cohort[1]):
        quarter = s.needs[index].arrival - w.time_burn_in
        counted = (
            s.problems[index].status == SOLVED,
            is_technical(s, index),
            is_industrial(s, index),
            is_major(s, index),
        )
        for k in range(len(COUNTS)):
            if counted[k]:
                values[COUNTED[0, k]] += 1.0
                for horizon in range(len(HORIZONS) - 1):
                    values[COUNTED[1 + horizon, k]] += quarter < HORIZONS[horizon]
    r.solved_per_year = r.solved * 4.0 / w.time_policy


@rule
def times_and_values(s, r):
    """How long solutions took and what they are worth, and the needs that are of interest."""
    w = s.world[0]
    longest = int(w.criteria_longest_time)
    first = math.inf
    took = 0
    worth = np.empty(s.cohort[1] - s.cohort[0])
    solved = 0
    for index in range(s.cohort[0], s.cohort[1]):
        need = s.needs[index]
        problem = s.problems[index]
        r.value_realised += problem.realised
        if problem.status != SOLVED:
            took += longest
            continue
        took += min(longest, problem.solved_step - need.arrival)
        worth[solved] = need.value
        solved += 1
        r.frontier_solved += need.frontier == 1
        r.strategic_solved += need.strategic == 1
        r.cross_border_solved += need.cross_border > 0.0
        if is_technical(s, index):
            first = min(first, problem.solved_step)
    r.first_technical_quarter = first - w.time_burn_in if first < math.inf else math.nan
    r.restricted_mean_time = ratio(took, len(worth))
    r.value_solved_median = median(worth[:solved])


@rule
def median(values):
    """Median, shape (n,); NaN without values."""
    n = len(values)
    if n == 0:
        return math.nan
    ordered = np.sort(values)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0


@rule
def solvers(s, r, values):
    """Who has solved the needs of the cohort."""
    for index in range(s.cohort[0], s.cohort[1]):
        if s.problems[index].status == SOLVED:
            c = s.consortia[s.problems[index].solver]
            r.solved_private += c.programme == PRIVATE_PRACTICE
            values[LED_BY[s.organisations[c.lead].kind]] += 1.0


@rule
def two_skins(s, r):
    """Needs that research passes by, and research that nobody takes up."""
    effort = 0.0
    unwanted = 0.0
    for index in range(s.cohort[0], s.cohort[1]):
        problem = s.problems[index]
        r.needs_without_bid += problem.projects == 0
        effort += problem.effort
        if problem.adopters <= 0:
            unwanted += problem.effort
            r.solved_not_adopted += problem.status == SOLVED
    r.needs_without_bid = ratio(r.needs_without_bid, r.needs)
    r.solved_not_adopted = ratio(r.solved_not_adopted, r.solved)
    r.effort_unwanted = ratio(unwanted, effort)


@rule
def projects(s, start, r):
    """Bids and projects since the start of policy."""
    pairs = 0
    old_pairs = 0
    joined = 0
    linked = 0
    for row in range(start.counters[N_CONSORTIA], s.counters[N_CONSORTIA]):
        c = s.consortia[row]
        public = c.programme != PRIVATE_PRACTICE
        r.bids += public
        if c.state < ACTIVE or c.state == REFUSED:
            continue
        add_project(r, c, s.world[0].needs_components)
        pairs += c.pairs
        old_pairs += c.old_pairs
        if public:
            r.awards += 1.0
            joined += c.size - 1
            linked += supporting(s, c)
    r.private_projects = r.projects - r.awards
    r.bid_success = ratio(r.awards, r.bids)
    r.repeat_tie_share = ratio(old_pairs, pairs)
    r.supply_link_share = ratio(linked, joined)
    average_projects(r)


@rule
def add_project(r, c, components):
    """Add what a project is to the sums over projects."""
    r.projects += 1.0
    r.in_name_only += c.effort_share < 1.0
    r.project_success += c.state == ENDED_SOLVED
    r.consortium_size += c.size
    r.cross_region_share += c.regions > 1
    r.coverage += c.coverage
    r.misposed_share += c.found_misposed / components
    r.integration += c.gamma
    r.believed_success += c.believed


@rule
def average_projects(r):
    """Make means of the sums over projects."""
    r.project_success = ratio(r.project_success, r.projects)
    r.consortium_size = ratio(r.consortium_size, r.projects)
    r.cross_region_share = ratio(r.cross_region_share, r.projects)
    r.coverage = ratio(r.coverage, r.projects)
    r.misposed_share = ratio(r.misposed_share, r.projects)
    r.integration = ratio(r.integration, r.projects)
    r.believed_success = ratio(r.believed_success, r.projects)


@rule
def standing_consortia(s, r):
    """Standing consortia, as they are when the policy ends."""
    members = 0
    worked = 0.0
    leads = np.zeros(len(s.organisations), np.bool_)
    for row in range(s.counters[N_BODIES]):
        body = s.bodies[row]
        r.standing_renewed += body.renewals
        worked += body.trials + body.running
        if body.active == 1:
            r.standing_running += 1.0
            members += body.size
            r.standing_leads += not leads[body.lead]
            leads[body.lead] = True
    r.standing_bodies = s.counters[N_BODIES]
    r.standing_members = ratio(members, r.standing_running)
    r.standing_projects = ratio(worked, r.standing_bodies)


@rule
def origin_sources(s, r):
    """Tasks of origin source, as they are when the policy ends."""
    fields = np.zeros(s.expertise.shape[1], np.bool_)
    holders = np.zeros(len(s.organisations), np.bool_)
    for row in range(s.counters[N_SOURCES]):
        task = s.sources[row]
        if task.active == 1:
            r.origin_sources += 1.0
            r.origin_fields += not fields[task.field]
            r.origin_holders += not holders[task.holder]
            fields[task.field] = True
            holders[task.holder] = True


@rule
def financiers(s, r):
    """What the financiers of all regions have advanced, got back and backed."""
    advanced = 0
    returned = 0
    backed = 0
    asked = 0
    for region in range(len(s.funds)):
        fund = s.funds[region]
        advanced += fund.advanced
        returned += fund.returned
        backed += fund.backed
        asked += fund.asked
    r.financiers_advanced = myuan(advanced)
    r.financiers_returned = myuan(returned)
    r.financiers_backed = ratio(backed, asked)


@rule
def money(s, start, r, values):
    """What programmes have spent, what was paid for what since the start of policy, and welfare."""
    w = s.world[0]
    received = 0
    spent = 0
    for programme in range(len(s.programmes)):
        received += s.programme_state[programme].received
        spent += s.programme_state[programme].spent
    r.public_offered = myuan(received)
    r.public_spent = myuan(spent)
    r.public_unspent = r.public_offered - r.public_spent
    r.all_in_cost = myuan(outflow(s) - outflow(start))
    r.adoption_cost = paid_since(s, start, ADOPTION_OUT)
    r.scanning_cost = paid_since(s, start, SCANNING_OUT)
    r.coordination_cost = paid_since(s, start, COORDINATION_OUT)
    r.bidding_cost = paid_since(s, start, BIDDING_OUT)
    r.review_cost = paid_since(s, start, REVIEW_OUT)
    r.office_cost = paid_since(s, start, OFFICE_OUT) + paid_since(s, start, SCENARIO_OUT)
    for payer in range(len(PAYERS)):
        values[PAID[payer]] = myuan(s.paid[payer] - start.paid[payer])
    r.welfare_value = s.discounted[0]
    r.welfare_cost = s.discounted[1]
    r.welfare_public = s.discounted[2]
    value = (1.0 + w.criteria_external_value) * r.welfare_value
    burden = w.criteria_cost_of_public_money * r.welfare_public
    r.welfare = value - r.welfare_cost - burden


@rule
def paid_since(s, start, account):
    """Million yuan that an account has taken in since the start of policy."""
    return myuan(s.ledger[account] - start.ledger[account])


@rule
def additionality(s, reference, r):
    """Would it have happened anyway? Need by need, against the reference on the same luck."""
    for index in range(s.cohort[0], s.cohort[1]):
        here = s.problems[index]
        there = reference.problems[index]
        solved = here.status == SOLVED
        anyway = there.status == SOLVED
        if solved and not anyway:
            r.additional += 1.0
            r.additional_value += here.realised
        elif anyway and not solved:
            r.displaced += 1.0
            r.displaced_value += there.realised
        elif solved and here.funded > 0:
            r.deadweight += 1.0
            r.deadweight_value += here.realised


@rule
def people(s, start, r, values):
    """What organisations have got since the start of policy, and who came and went."""
    n = s.counters[N_ORGANISATIONS]
    took_part = np.empty(n)
    granted = np.empty(n)  # fen
    with_staff = 0
    granted_to = np.zeros(len(KINDS), np.int64)
    earned_by = np.zeros(len(KINDS), np.int64)
    for row in range(n):
        o = s.organisations[row]
        before = start.organisations[row]  # zeros where somebody has entered since
        granted_to[o.kind] += o.granted - before.granted
        earned_by[o.kind] += o.earned - before.earned
        if o.staff > 0.0:
            took_part[with_staff] = o.participations - before.participations
            granted[with_staff] = o.granted - before.granted
            with_staff += 1
    for kind in range(len(KINDS)):
        values[GRANTS_TO[kind]] = myuan(granted_to[kind])
        values[VALUE_TO[kind]] = myuan(earned_by[kind])
    r.participation_gini = gini(took_part[:with_staff])
    r.funding_gini = gini(granted[:with_staff])
    r.entries = s.counters[N_ENTRANTS] - start.counters[N_ENTRANTS]
    r.exits = s.counters[N_EXITS] - start.counters[N_EXITS]


@rule
def gini(amounts):
    """Gini coefficient of amounts of 0 or more, shape (n,); NaN when all are 0."""
    n = len(amounts)
    ordered = np.sort(amounts)
    total = 0.0
    by_rank = 0.0
    for place in range(n):
        total += ordered[place]
        by_rank += (place + 1.0) * ordered[place]
    if total <= 0.0:
        return math.nan
    return 2.0 * by_rank / (n * total) - (n + 1) / n


@rule
def knowledge(s, r):
    """What organisations know, and how safe chains are, when the policy ends."""
    last = s.world[0].time_policy - 1
    r.expertise_growth = s.trajectory[last, MEAN_EXPERTISE] / s.trajectory[0, MEAN_EXPERTISE] - 1.0
    r.weakest_link = s.trajectory[last, WEAKEST_LINK]
    r.link_security = s.trajectory[last, LINK_SECURITY]
    r.frontier_coverage = frontier_coverage(s)


@rule
def frontier_coverage(s):
    """Share of frontier fields in which somebody has the least useful expertise; NaN without any."""
    w = s.world[0]
    fields = 0
    covered = 0
    for f in range(w.fields_count):
        if is_frontier(f, w.fields_count, w.fields_frontier):
            fields += 1
            covered += is_covered(s, f)
    return ratio(covered, fields)


@rule
def is_covered(s, field):
    """Whether an active organisation has the least useful expertise in a field."""
    for row in range(s.counters[N_ORGANISATIONS]):
        known = s.expertise[row, field] >= s.world[0].search_least_expertise
        if known and s.active[row] == 1:
            return True
    return False


@rule
def reports(s, r):
    """What officials are shown at the end of policy, and what stands behind it."""
    last = s.world[0].time_policy - 1
    r.emerging_share_reported = s.trajectory[last, REPORTED]
    r.emerging_share_real = s.trajectory[last, REAL]
    r.field_overlap = field_overlap(s)


@rule
def field_overlap(s):
    """Mean over programmes with focus fields: share of them that two regions have in common."""
    regions = len(s.region_weight)
    total = 0.0
    programmes = 0
    for programme in range(len(s.programmes)):
        own = 0  # focus fields of all regions
        shared = 0  # of them, with another region: pairs of regions
        for f in range(s.focus.shape[1]):
            focused = 0
            for region in range(regions):
                focused += s.focus[programme * regions + region, f]
            own += focused
            shared += focused * (focused - 1)
        if own > 0 and regions > 1:
            total += shared / (own * (regions - 1))
            programmes += 1
    return ratio(total, programmes)
