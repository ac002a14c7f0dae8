"""What is written down every quarter, and when a need counts as a breakthrough."""

from __future__ import annotations

import math

from agents.compiled import rule
from simulation.accounts import myuan
from simulation.chains import mean_link_security, mean_weakest_link
from simulation.columns import (
    ACTIVE_PROJECTS,
    BIDDING_OUT,
    CAPABILITY_OUT,
    COORDINATION_OUT,
    N_LIVE,
    N_ORGANISATIONS,
    N_SOLVED,
    OFFICE_OUT,
    RESEARCH_OUT,
    REVIEW_OUT,
    SCANNING_OUT,
    SCENARIO_OUT,
    SOLVED,
)
from simulation.reporting import emerging_shares

OUTFLOWS = (
    RESEARCH_OUT, COORDINATION_OUT, SCANNING_OUT, BIDDING_OUT, REVIEW_OUT, OFFICE_OUT,
    SCENARIO_OUT, CAPABILITY_OUT,
)  # fmt: skip


@rule
def is_technical(s, index):
    """Solved, and difficult or in a frontier field."""
    need = s.needs[index]
    return s.problems[index].status == SOLVED and (
        need.difficulty >= s.cutoffs[0] or need.frontier == 1
    )


@rule
def is_industrial(s, index):
    """Adopted, by enough firms, and worth more than the multiple of the cost of adopting."""
    w = s.world[0]
    problem = s.problems[index]
    worth = problem.realised > w.criteria_industrial_multiple * problem.adoption_cost
    return problem.adopters >= max(1, w.criteria_adopters) and worth


@rule
def is_major(s, index):
    """Realised value above the cut-off fixed from the burn-in."""
    return s.problems[index].realised > s.cutoffs[1]


@rule
def outflow(s):
    """Fen of resources used up so far, adoption left out."""
    total = 0
    for account in OUTFLOWS:
        total += s.ledger[account]
    return total


@rule
def public_outlay(s):
    """Fen programmes have spent so far."""
    total = 0
    for programme in range(1, len(s.programmes)):
        total += s.programme_state[programme].spent
    return total


@rule
def record(s, step):
    """Phase 10: the cumulative counts of the cohort, what is running and spent, and the state of knowledge."""
    w = s.world[0]
    quarter = step - w.time_burn_in
    if quarter < 0 or quarter >= s.trajectory.shape[0]:
        return
    row = s.trajectory[quarter]
    row[:] = 0.0
    for k in range(s.counters[N_SOLVED]):
        index = s.solved[k]
        if index < s.cohort[0] or index >= s.cohort[1]:
            continue
        row[0] += 1.0
        row[1] += is_technical(s, index)
        row[2] += is_industrial(s, index)
        row[3] += is_major(s, index)
    row[4] = s.counters[ACTIVE_PROJECTS]
    row[5] = myuan(public_outlay(s))
    row[6] = myuan(s.paid[1] + s.paid[2] + s.paid[3])
    row[7] = mean_expertise(s)
    row[8], row[9] = emerging_shares(s)
    row[10] = mean_weakest_link(s)
    row[11] = mean_link_security(s)


@rule
def mean_expertise(s):
    """Mean expertise over active organisations with staff, and fields."""
    total = 0.0
    count = 0
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if s.active[row] == 1 and o.staff > 0.0:
            count += 1
            own = 0.0
            for f in range(s.expertise.shape[1]):
                own += s.expertise[row, f]
            total += own
    return total / (count * s.expertise.shape[1])


@rule
def discount(s, step):
    """Add this quarter's discounted value, resource cost and public outlay (million yuan)."""
    w = s.world[0]
    if step < w.time_burn_in:
        s.discounted[3] = myuan(outflow(s))
        return
    factor = math.pow(1.0 + w.criteria_discount_per_year, -(step - w.time_burn_in) / 4.0)
    resources = myuan(outflow(s))
    public = myuan(public_outlay(s))
    value = 0.0
    cost = resources - s.discounted[3]
    for k in range(s.counters[N_LIVE]):
        problem = s.problems[s.live[k]]
        if problem.adopted_step == step:
            value += problem.realised
            cost += problem.adoption_cost
    s.discounted[0] += factor * value
    s.discounted[1] += factor * cost
    s.discounted[2] += factor * (public - s.discounted[4])
    s.discounted[3] = resources
    s.discounted[4] = public
