"""The stages of a programme: what enters and leaves each, counted as it happens.

Counting decides nothing and draws nothing. A stage's switch is the lever value that turns it off;
what the count then is stands beside it, and a test switches each off in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.compiled import rule
from simulation.columns import ENDED_FAILED, ENDED_OVERTAKEN, ENDED_SOLVED
from simulation.policies.governance import purse_is_regional
from simulation.policies.screening import N_CRITERIA


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One count of a programme over its policy quarters; projects are followed to their end.

    Attributes
    ----------
    step: what the rules of the Yangtze Delta programme call the step; empty where they are silent.
    within: the count that this one is a part of, and so never exceeds; empty for none.
    switch: levers with the values that switch it off; empty where nothing does.
    off: the count it then equals; empty for 0.
    """

    name: str
    unit: str
    meaning: str
    step: str = ""
    within: str = ""
    switch: str = ""
    off: str = ""


STAGES = (
    Stage(
        name="collected", unit="needs", step="征集创新需求", switch="agenda.mode=nothing",
        meaning="open needs handed to the programme",
    ),
    Stage(
        name="submitted", unit="needs", within="collected", switch="agenda.mode=science_push",
        meaning="of them, by the firms that own them",
    ),
    Stage(
        name="taken_up", unit="needs", within="collected", switch="agenda.mode=firm_demand",
        meaning="of them, needs nobody owns, taken up by the agenda",
    ),
    Stage(
        name="assessed", unit="needs", step="专家评估", within="collected",
        switch="screening.panel_size=0", meaning="needs that the expert panel reads",
    ),
    Stage(
        name="screened_out", unit="needs", step="遴选", within="assessed",
        switch="screening.share_published=1", meaning="needs that the panel does not let through",
    ),
    Stage(
        name="out_value", unit="needs", within="screened_out", switch="screening.value_weight=0",
        meaning="screened out, furthest behind the published ones in value",
    ),
    Stage(
        name="out_strategy", unit="needs", within="screened_out",
        switch="screening.strategy_weight=0", step="符合国家战略",
        meaning="screened out, furthest behind in national strategy",
    ),
    Stage(
        name="out_duration", unit="needs", within="screened_out",
        switch="screening.duration_weight=0", step="2~3年可突破",
        meaning="screened out, furthest behind in being solvable within 2-3 years",
    ),
    Stage(
        name="out_cross_border", unit="needs", within="screened_out",
        switch="screening.cross_border_weight=0", step="需要跨区域协同",
        meaning="screened out, furthest behind in needing several regions",
    ),
    Stage(
        name="out_chain", unit="needs", within="screened_out", switch="screening.chain_weight=0",
        meaning="screened out, furthest behind in foreign-supply risk",
    ),
    Stage(
        name="out_error", unit="needs", within="screened_out",
        meaning="screened out, furthest behind by the panel's error",
    ),
    Stage(
        name="published", unit="needs", step="发布", within="collected",
        meaning="needs published: let through by the panel, or all where there is none",
    ),
    Stage(
        name="called", unit="needs", step="联合攻关指南", within="published",
        switch="openness.guide_quarters=1", off="published",
        meaning="published needs that answers are called for, by the guides until the end of policy",
    ),
    Stage(
        name="unanswered", unit="needs", within="called",
        meaning="called needs for which nobody applies",
    ),
    Stage(
        name="considered", unit="possible leads", step="征集解决方案",
        switch="eligibility.leader=owner", off="called",
        meaning="organisations that consider leading an answer, once per need",
    ),
    Stage(
        name="attempted", unit="teams", within="considered",
        meaning="leads that expect the answer to pay and look for partners",
    ),
    Stage(
        name="refused_members", unit="teams", within="attempted",
        switch="eligibility.min_members=1 eligibility.consortium_required=false",
        meaning="teams that the rules refuse: too few members",
    ),
    Stage(
        name="refused_types", unit="teams", within="attempted",
        switch="eligibility.required_types=[]",
        meaning="teams that the rules refuse: a required type of member is missing",
    ),
    Stage(
        name="refused_regions", unit="teams", step="两地及以上", within="attempted",
        switch="eligibility.min_regions=1",
        meaning="teams that the rules refuse: members from too few regions",
    ),
    Stage(
        name="refused_suppliers", unit="teams", step="产业链配套", within="attempted",
        switch="eligibility.min_suppliers=0",
        meaning="teams that the rules refuse: too few suppliers or buyers of the lead",
    ),
    Stage(
        name="offered", unit="teams", within="attempted",
        meaning="solutions offered: teams that formed and meet the rules",
    ),
    Stage(
        name="pooled", unit="pairs", step="储备库", within="offered",
        switch="formation.mode=open_call",
        meaning="pairs of a need and a team that were matched in the reserve pool",
    ),
    Stage(
        name="bids", unit="bids", step="申报", within="offered",
        meaning="applications: offers that pay for their lead after the cost of bidding",
    ),
    Stage(
        name="reviewed", unit="bids", step="专家评审", within="bids",
        switch="selection.mode=directed", meaning="bids that experts review",
    ),
    Stage(
        name="listed", unit="bids", step="建议名单", within="bids", switch="selection.bar=0",
        off="reviewed", meaning="bids on the proposed list: not below the bar",
    ),
    Stage(
        name="second",
        unit="bids",
        within="listed",
        meaning="listed bids for a need that is solved or has as many teams as are funded for it",
    ),
    Stage(
        name="unpaid",
        unit="bids",
        within="listed",
        meaning="listed bids that the purses cannot pay",
    ),
    Stage(
        name="declined", unit="bids", within="listed",
        meaning="listed bids whose lead declines the grant it is offered",
    ),
    Stage(
        name="approved", unit="projects", step="报批立项", within="listed",
        meaning="listed bids that are approved, funded or recognised, and started",
    ),
    Stage(
        name="waiting", unit="quarters", switch="governance.joining_departments=0",
        meaning="quarters from bid to approval, added up over approved projects",
    ),
    Stage(
        name="tasks", unit="tasks", step="各省市管理任务", switch="governance.mode=ministry",
        off="approved",
        meaning="tasks of approved projects: one for each region with members where regions manage, else one",
    ),
    Stage(
        name="communicating", unit="tasks", step="任务间沟通", within="tasks",
        switch="coordination.communication=0",
        meaning="tasks whose programme pays for communication between tasks",
    ),
    Stage(
        name="evaluated", unit="projects", step="绩效评价", within="approved",
        switch="monitoring.gate_quarter=0", meaning="projects that reviewers judge at the gate",
    ),
    Stage(
        name="gate_passed", unit="projects", within="evaluated",
        meaning="projects that reviewers let go on",
    ),
    Stage(
        name="gate_stopped", unit="projects", within="evaluated",
        switch="monitoring.gate_percentile=0", meaning="projects that reviewers stop",
    ),
    Stage(
        name="solved", unit="projects", within="approved",
        meaning="projects that end with a solution",
    ),
    Stage(
        name="failed", unit="projects", within="approved",
        meaning="projects that end at their deadline without a solution",
    ),
    Stage(
        name="overtaken", unit="projects", within="approved", switch="selection.teams=1",
        meaning="projects that end because another team has solved the need",
    ),
    Stage(
        name="settled", unit="projects", within="approved",
        switch="monitoring.penalty=0 funding.prize=0",
        meaning="funded projects that ended under a prize or a penalty, which depend on the result",
    ),
)  # fmt: skip
(
    COLLECTED, SUBMITTED, TAKEN_UP, ASSESSED, SCREENED_OUT, OUT_VALUE, OUT_STRATEGY, OUT_DURATION,
    OUT_CROSS_BORDER, OUT_CHAIN, OUT_ERROR, PUBLISHED, CALLED, UNANSWERED, CONSIDERED, ATTEMPTED,
    REFUSED_MEMBERS, REFUSED_TYPES, REFUSED_REGIONS, REFUSED_SUPPLIERS, OFFERED, POOLED, BIDS, REVIEWED, LISTED,
    SECOND, UNPAID, DECLINED, APPROVED, WAITING, TASKS, COMMUNICATING, EVALUATED, GATE_PASSED, GATE_STOPPED,
    SOLVED, FAILED, OVERTAKEN, SETTLED,
) = range(len(STAGES))  # fmt: skip
FIRST_REGION = len(STAGES)  # column of the first region's tasks; one for each region follows


@rule
def count_collected(s, programme, owned, has_panel):
    """A need is handed to a programme; without a panel it is published at once."""
    s.stages[programme, COLLECTED] += 1
    s.stages[programme, SUBMITTED if owned else TAKEN_UP] += 1
    s.stages[programme, PUBLISHED] += 0 if has_panel else 1


@rule
def average_to_last(parts, order, kept):
    """Write the mean of the published needs' parts, the first ``kept`` in order, into the last row."""
    last = len(parts) - 1
    for k in range(N_CRITERIA):
        parts[last, k] = 0.0
        for place in range(kept):
            parts[last, k] += parts[order[place], k] / kept


@rule
def count_screened_out(s, programme, parts, published):
    """A need is screened out, by the criterion in which it falls furthest behind the published ones."""
    reason = N_CRITERIA - 1
    most = 0.0
    for k in range(N_CRITERIA):
        behind = published[k] - parts[k]
        if behind > most:
            most = behind
            reason = k
    s.stages[programme, SCREENED_OUT] += 1
    s.stages[programme, OUT_VALUE + reason] += 1


@rule
def count_award(s, p, c, step):
    """A bid is approved, after so many quarters, and becomes one task or one for each region."""
    s.stages[c.programme, APPROVED] += 1
    s.stages[c.programme, WAITING] += step - c.founded
    for position in range(c.size):
        m = s.members[c.first + position]
        managed = position == 0 or (
            purse_is_regional(p.governance_mode) and is_first_of_region(s, c, position)
        )
        if managed:
            region = s.organisations[m.row].region
            s.stages[c.programme, FIRST_REGION + region] += 1
            s.stages[c.programme, TASKS] += 1
            s.stages[c.programme, COMMUNICATING] += p.coordination_communication > 0.0


@rule
def is_first_of_region(s, c, position):
    """Whether no earlier member comes from this member's region."""
    region = s.organisations[s.members[c.first + position].row].region
    for earlier in range(position):
        if s.organisations[s.members[c.first + earlier].row].region == region:
            return False
    return True


@rule
def count_end(s, p, c):
    """A project has ended in its state, for some with money that depended on it."""
    if c.state == ENDED_SOLVED:
        s.stages[c.programme, SOLVED] += 1
    elif c.state == ENDED_FAILED:
        s.stages[c.programme, FAILED] += 1
    elif c.state == ENDED_OVERTAKEN:
        s.stages[c.programme, OVERTAKEN] += 1
    if c.grant > 0 and (p.funding_prize > 0.0 or p.monitoring_penalty > 0.0):
        s.stages[c.programme, SETTLED] += 1
