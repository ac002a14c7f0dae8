"""Phases 7 and 8: gates, tax credit, solutions, standards, scenarios."""

from __future__ import annotations

from agents.compiled import rule
from agents.kinds import PAYER_PROGRAMME
from simulation import stages, streams
from simulation.accounts import centre_of, fen, payer_of, purse_total
from simulation.awards import spend_everywhere
from simulation.calls import pay_readers
from simulation.chains import add_solution
from simulation.columns import (
    ACTIVE_PROJECTS,
    ENDED_FAILED,
    ENDED_OVERTAKEN,
    ENDED_SOLVED,
    ENDED_STOPPED,
    N_ORGANISATIONS,
    N_SOLVED,
    SCENARIO_OUT,
    SOLVED,
)
from simulation.events import FAILED, OVERTAKEN, PASSED, SOLVED_EVENT, STOPPED, note
from simulation.landscape import percentile, table_of
from simulation.learning import publish_knowledge
from simulation.needs import open_successors
from simulation.outcomes import (
    CREDIT_SCALED,
    GATE_STOPPED,
    RACE_STOPPED,
    SCENARIO_OPENED,
    STANDARD_SET,
)
from simulation.policies.diffusion import openness_of_knowledge
from simulation.policies.monitoring import passes_gate
from simulation.projects import end_project, forget_ended


@rule
def see_design(s, c):
    """Note the percentile of a project's design, where somebody asks for it."""
    c.percentile = design_percentile(s, c)


@rule
def design_percentile(s, c):
    """Share of all designs strictly below a project's own."""
    table = table_of(s, c.problem)
    return percentile(table, table[c.design])


@rule
def monitor(s, step):
    """Phase 7: gates. Reviewers see the percentile with error; nobody sees it itself."""
    for k in range(s.counters[ACTIVE_PROJECTS]):
        row = s.running[k]
        c = s.consortia[row]
        p = s.programmes[c.programme]
        gate = p.monitoring_gate_quarter
        if gate == 0 or step - (c.deadline - s.needs[c.problem].deadline + 1) + 1 != gate:
            continue
        see_design(s, c)
        pay_readers(s, c.programme, p.monitoring_reviewers, c.lead)
        s.stages[c.programme, stages.EVALUATED] += 1
        luck = streams.normal(s.luck[0], streams.GATE, step, c.luck)
        if passes_gate(
            c.percentile, p.monitoring_gate_percentile, p.monitoring_tolerance,
            s.world[0].money_gate_noise, p.monitoring_reviewers, luck,
        ):  # fmt: skip
            c.gate_passed = 1
            s.stages[c.programme, stages.GATE_PASSED] += 1
            note(s, step, PASSED, c.problem, row, c.lead, c.percentile)
            continue
        s.bound[GATE_STOPPED] += 1
        s.stages[c.programme, stages.GATE_STOPPED] += 1
        note(s, step, STOPPED, c.problem, row, c.lead, c.percentile)
        end_project(s, row, ENDED_STOPPED, step)
    forget_ended(s)


@rule
def refund_credit(s, step, in_force):
    """Firms get their tax credit on own projects; claims above the budget are scaled down."""
    claims = 0.0
    for row in range(s.counters[N_ORGANISATIONS]):
        claims += s.organisations[row].claim
    for programme in range(1, len(s.programmes)):
        rate = s.programmes[programme].funding_tax_credit
        if rate <= 0.0:
            continue
        if not in_force or s.programme_state[programme].received <= 0:
            s.programme_state[programme].credit_scale = 0.0
            continue
        purse = purse_total(s, programme)
        scale = 1.0
        if claims * rate > purse:
            scale = purse / (claims * rate)
            s.bound[CREDIT_SCALED] += 1
        s.programme_state[programme].credit_scale = scale
        centre = centre_of(s)
        for row in range(s.counters[N_ORGANISATIONS]):
            o = s.organisations[row]
            refund = min(int(o.claim * (rate * scale)), s.purses[programme, centre])
            if refund <= 0:
                continue
            s.purses[programme, centre] -= refund
            s.programme_state[programme].spent += refund
            o.cash += refund
            o.granted += refund
            s.paid[payer_of(o.kind, o.ownership)] -= refund
            s.paid[PAYER_PROGRAMME] += refund
    for row in range(s.counters[N_ORGANISATIONS]):
        s.organisations[row].claim = 0


@rule
def solve_and_end(s, step):
    """Phase 8, first half: who solved, who failed, who was overtaken."""
    w = s.world[0]
    for k in range(s.counters[ACTIVE_PROJECTS]):
        row = s.running[k]
        c = s.consortia[row]
        problem = s.problems[c.problem]
        good = table_of(s, c.problem)[c.design] >= s.thresholds[c.problem]
        c.good_ends = c.good_ends + 1 if good else 0
        overtaken = problem.status == SOLVED and (
            s.programmes[c.programme].selection_distinct_paths == 0
        )
        done = c.good_ends >= w.criteria_quarter_ends
        if not overtaken and not done and step < c.deadline:
            continue
        see_design(s, c)
        if overtaken:
            s.bound[RACE_STOPPED] += 1
            note(s, step, OVERTAKEN, c.problem, row, c.lead, c.percentile)
            end_project(s, row, ENDED_OVERTAKEN, step)
        elif done:
            if problem.status != SOLVED:
                solve(s, row, step)
            note(s, step, SOLVED_EVENT, c.problem, row, c.lead, c.percentile)
            end_project(s, row, ENDED_SOLVED, step)
        else:
            note(s, step, FAILED, c.problem, row, c.lead, c.percentile)
            end_project(s, row, ENDED_FAILED, step)
    forget_ended(s)


@rule
def solve(s, row, step):
    """A need is solved: successors open, knowledge spreads, capability grows, standards follow."""
    c = s.consortia[row]
    p = s.programmes[c.programme]
    problem = s.problems[c.problem]
    problem.status = SOLVED
    problem.solved_step = step
    problem.solver = row
    s.solved[s.counters[N_SOLVED]] = c.problem
    s.counters[N_SOLVED] += 1
    s.programme_state[c.programme].results += 1.0
    open_successors(s, c.problem, step)
    openness = openness_of_knowledge(
        s.world[0].learning_base_openness, p.diffusion_ip_sharing, p.diffusion_private_standard
    )
    publish_knowledge(s, s.needs[c.problem], openness)
    add_solution(s, s.needs[c.problem], 1.0)
    if p.diffusion_standards > 0.0:
        problem.standard = p.diffusion_standards
        s.bound[STANDARD_SET] += 1
    problem.private_standard = p.diffusion_private_standard
    open_scenario(s, c, p, problem)


@rule
def open_scenario(s, c, p, problem):
    """The programme pays for an application scenario, if its purse allows."""
    cost = fen(p.diffusion_scenarios * s.world[0].money_scenario_myuan)
    if cost <= 0 or purse_total(s, c.programme) < cost:
        return
    spend_everywhere(s, c.programme, cost, SCENARIO_OUT)
    problem.scenario = p.diffusion_scenarios
    s.bound[SCENARIO_OPENED] += 1
