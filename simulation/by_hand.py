"""What people may do in the place of a rule: hand in, publish, bid with a team of theirs, fund first.

Ordinary runs call none of this. What a rule does not decide stays as it is: formal rules, costs,
free staff and purses bind people as they bind the model.
"""

from __future__ import annotations

from agents.compiled import rule
from agents.kinds import GENERAL
from simulation import stages
from simulation.accounts import myuan
from simulation.awards import fund, grant_of, release, thin_out
from simulation.calls import (
    beyond_project,
    hand_in,
    may_solve,
    publish,
    race_factor,
    worth_its_bid,
)
from simulation.columns import BIDDING
from simulation.forming import (
    answered,
    complete,
    drop_last,
    free_staff,
    gather_members,
    inner_members,
    invite,
    lead_alone,
    look_for_partners,
    new_consortium,
    offer,
    raise_levels,
)
from simulation.looking import pay_for_looking
from simulation.membership import admitted_lead, most_members
from simulation.needs import misposed_for
from simulation.policies.formation import RESERVE_POOL
from simulation.policies.layers import layer_of
from simulation.worth import extra_burden, lead_utility, others_in, share_of, touches

NO, RULE, YES = -1, 0, 1  # what somebody has said; RULE: nothing, its rule decides


@rule
def publish_too(s, step, index, programme):
    """A need that the panel has screened out is published nevertheless."""
    problem = s.problems[index]
    problem.declined &= ~(1 << programme)
    problem.programme = programme
    publish(s, step, index)


@rule
def may_lead_answer(s, index, row):
    """Whether somebody may lead an answer to a called need that its programme leaves to solvers."""
    problem = s.problems[index]
    p = s.programmes[problem.programme]
    return may_solve(s, p, problem.owner, row) and admitted_lead(s, p, row)


@rule
def within_reach(s, index, lead, row):
    """Share of a need's components that an organisation seems able to touch, seen by a lead."""
    seen = touches(s, s.needs[index], misposed_for(s, index, lead), row)
    return share_of(seen, s.world[0].needs_components)


@rule
def team_by_hand(s, step, index, lead, body, number, asked, said, goes_on):
    """A team of those who are asked, in their order; returns its row, or -1 against the rules.

    ``said``: their answers. ``goes_on``: the lead's rule then looks for whoever is still missing.
    """
    programme = s.problems[index].programme
    row = new_consortium(s, step, index, lead, programme, body, number)
    if row < 0:
        return -1
    c = s.consortia[row]
    owns = s.problems[index].owner == lead
    p_extra = race_factor(s, programme)
    n_pool = 0
    if goes_on:
        n_pool = look_for_partners(s, step, c, owns)
        for k in range(n_pool):
            for j in range(len(asked)):
                if s.pool[k].row == asked[j]:
                    s.pool[k].row = -1
                    break
    else:
        pay_for_looking(s, c, len(asked))
    lead_alone(s, c, owns, p_extra)
    for k in range(len(asked)):
        if c.size >= most_members(s.programmes[programme]):
            break
        ask(s, step, c, asked[k], said[k], owns, p_extra)
    if goes_on:
        gather_members(s, step, c, owns, p_extra, n_pool)
    return complete(s, step, c, owns, p_extra)


@rule
def ask(s, step, c, row, said, owns, p_extra):
    """Ask one organisation, which answers by itself or by its rule; nobody promises staff it lacks."""
    w = s.world[0]
    p = s.programmes[c.programme]
    need = s.needs[c.problem]
    c.asking = GENERAL
    if c.size < inner_members(p):
        c.asking = layer_of(c.size, p.layers_core_members, p.layers_close_members)
    coverage = share_of(c.touched | touches(s, need, c.misposed, row), w.needs_components)
    others = others_in(s, p, c) + (p.layers_general_effort_share if c.asking == GENERAL else 1.0)
    worth = lead_utility(s, c.problem, c.lead, c.programme, coverage, others, owns, p_extra)
    gain = worth - c.utility - extra_burden(s, need, c)
    if said == RULE:
        joins = invite(s, step, c, row, gain, coverage, p_extra)
    else:
        utility, transfer, needed = offer(s, c, row, gain, coverage, p_extra)
        enough = free_staff(s, row) >= w.forming_least_staff_share * needed
        joins = answered(s, step, c, row, utility, transfer, said == YES and enough)
    if joins:
        raise_levels(s, c, row)
        c.utility = worth


@rule
def bid_by_hand(s, step, index, lead, body, number, asked, said, goes_on, insists):
    """A bid by a team of those who are asked; returns 1 if there is one, else 0.

    ``insists``: the lead bids although its rule may think that it does not pay.
    """
    programme = s.problems[index].programme
    s.stages[programme, stages.CONSIDERED] += 1
    s.stages[programme, stages.ATTEMPTED] += 1
    bonus = beyond_project(s, programme, index, lead)
    row = team_by_hand(s, step, index, lead, body, number, asked, said, goes_on)
    if row < 0:
        return 0
    s.stages[programme, stages.OFFERED] += 1
    s.stages[programme, stages.POOLED] += s.programmes[programme].formation_mode == RESERVE_POOL
    if not insists and not worth_its_bid(s, step, row, bonus):
        drop_last(s, row)
        return 0
    hand_in(s, step, row)
    return 1


@rule
def fund_first(s, step, row):
    """A bid is given its grant before the panel's list, as far as purses and its lead allow."""
    c = s.consortia[row]
    thin_out(s, step, c.programme, 1)
    fund(s, step, s.programmes[c.programme], row)
    if c.state != BIDDING:
        s.stages[c.programme, stages.LISTED] += 1
        release(s, step, row)


@rule
def grant_asked(s, row):
    """The grant that a bid may get, million yuan."""
    return myuan(grant_of(s, s.programmes[s.consortia[row].programme], row))
