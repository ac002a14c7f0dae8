"""Phases 7 and 8: gates, tax credit, solutions, standards, scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation import streams
from tests.support.twin import rules
from tests.support.twin.chains import add_solution
from tests.support.twin.consortium import FAILED, OVERTAKEN, SOLVED, STOPPED, Consortium
from tests.support.twin.learning import publish_knowledge
from tests.support.twin.needs import SOLVED as NEED_SOLVED
from tests.support.twin.needs import open_successors
from tests.support.twin.projects import PROGRAMME_MONEY, end_project

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel


def monitor(model: TwinModel) -> None:
    """Phase 7: gates. Reviewers see the percentile with error; nobody sees it itself."""
    for c in list(model.projects):
        if is_at_gate(c):
            hold_gate(c)


def is_at_gate(c: Consortium) -> bool:
    """Whether a project has worked as many quarters as its programme has it judged after."""
    gate = c.programme.levers.monitoring_gate_quarter
    started = c.deadline - c.need.deadline + 1
    return bool(gate > 0 and c.model.now - started + 1 == gate)


def hold_gate(c: Consortium) -> None:
    """Reviewers let a project go on or stop it."""
    w, p, model, stages = c.w, c.programme.levers, c.model, c.programme.stages
    c.see_design()
    c.programme.pay_readers(p.monitoring_reviewers, c.lead.region)
    stages["evaluated"] += 1
    luck = model.luck.normal(streams.GATE, model.now, c.luck)
    if rules.passes_gate(
        c.percentile, p.monitoring_gate_percentile, p.monitoring_tolerance, w.money_gate_noise,
        p.monitoring_reviewers, luck,
    ):  # fmt: skip
        c.gate_passed = True
        stages["gate_passed"] += 1
        return
    model.bound["gate_stopped"] += 1
    stages["gate_stopped"] += 1
    end_project(c, STOPPED)


def refund_credit(model: TwinModel, in_force: bool) -> None:
    """Firms get their tax credit on own projects; claims above the budget are scaled down."""
    claims = 0.0
    for one in model.organisations:
        claims += one.claim
    for programme in model.programmes:
        rate = programme.levers.funding_tax_credit
        if rate <= 0.0:
            continue
        if not in_force or programme.received <= 0:
            programme.credit_scale = 0.0
            continue
        purse = programme.purse_total()
        programme.credit_scale = 1.0
        if claims * rate > purse:
            programme.credit_scale = purse / (claims * rate)
            model.bound["credit_scaled"] += 1
        for one in model.organisations:
            wanted = int(one.claim * (rate * programme.credit_scale))
            refund = min(wanted, programme.purses[model.centre])
            if refund <= 0:
                continue
            programme.purses[model.centre] -= refund
            programme.spent += refund
            one.cash += refund
            one.granted += refund
            model.paid[one.payer] -= refund
            model.paid[PROGRAMME_MONEY] += refund
    for one in model.organisations:
        one.claim = 0


def solve_and_end(model: TwinModel) -> None:
    """Phase 8, first half: who solved, who failed, who was overtaken."""
    for c in list(model.projects):
        need = c.need
        good = c.landscape.solves(c.design)
        c.good_ends = c.good_ends + 1 if good else 0
        on_its_own_path = c.programme.levers.selection_distinct_paths == 1
        if need.status == NEED_SOLVED and not on_its_own_path:
            model.bound["race_stopped"] += 1
            end_search(c, OVERTAKEN)
        elif c.good_ends >= model.w.criteria_quarter_ends:
            if need.status != NEED_SOLVED:
                solve(c)
            end_search(c, SOLVED)
        elif model.now >= c.deadline:
            end_search(c, FAILED)


def end_search(c: Consortium, state: str) -> None:
    """A project ends by what it has found, or not found."""
    c.see_design()
    end_project(c, state)


def solve(c: Consortium) -> None:
    """A need is solved: successors open, knowledge spreads, capability grows, standards follow."""
    w, p, need, model = c.w, c.programme.levers, c.need, c.model
    need.status = NEED_SOLVED
    need.solved_step = model.now
    need.solver = c
    c.programme.results += 1.0
    open_successors(model, need)
    openness = rules.openness_of_knowledge(
        w.learning_base_openness, p.diffusion_ip_sharing, p.diffusion_private_standard
    )
    publish_knowledge(model, need, openness)
    add_solution(model, need, 1.0)
    if p.diffusion_standards > 0.0:
        need.standard = p.diffusion_standards
        model.bound["standard_set"] += 1
    need.private_standard = p.diffusion_private_standard
    open_scenario(c)


def open_scenario(c: Consortium) -> None:
    """The programme pays for an application scenario, if its purse allows."""
    scenarios = c.programme.levers.diffusion_scenarios
    cost = rules.fen(scenarios * c.w.money_scenario_myuan)
    if cost <= 0 or c.programme.purse_total() < cost:
        return
    c.programme.spend_everywhere(cost, "scenario_out")
    c.need.scenario = scenarios
    c.model.bound["scenario_opened"] += 1
