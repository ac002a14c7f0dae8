"""The order of a step. This is the one place that says it; the docs are rendered from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents.compiled import rule
from simulation.adoption import adopt
from simulation.awards import award, receive_money
from simulation.calls import bid, collect, screen, start_alone
from simulation.columns import (
    ACTIVE_PROJECTS,
    BIDDING,
    N_CONSORTIA,
    N_NEEDS_SEEN,
    REFUSED,
    SOLVED,
)
from simulation.fields import rebuild_rings
from simulation.finance import close_firms, enter_firms, quarterly_course
from simulation.learning import absorb_and_forget
from simulation.needs import close_needs, needs_arise
from simulation.projects import learning, research
from simulation.recorder import discount, record
from simulation.results import monitor, refund_credit, solve_and_end
from simulation.standing import batch


@rule
def phase_needs(s, step, policy, fresh):
    """New needs, and needs whose prerequisite has been solved, open; stale ones close."""
    needs_arise(s, step, fresh)
    close_needs(s, step)


@rule
def phase_programmes(s, step, policy, fresh):
    """Budgets arrive; standing consortia are founded; needs are collected, screened, published."""
    if policy:
        receive_money(s, step, step - s.world[0].time_burn_in)
        batch(s, step, step - s.world[0].time_burn_in)
        collect(s, step)
        screen(s, step)


@rule
def phase_forming(s, step, policy, fresh):
    """Published needs are answered with bids; others start projects without a programme."""
    if policy:
        bid(s, step)
    if fresh:
        start_alone(s, step)


@rule
def phase_awards(s, step, policy, fresh):
    """Bids that are ready are scored and funded while the purse lasts."""
    if policy:
        award(s, step)


@rule
def phase_research(s, step, policy, fresh):
    """Running projects pay their quarter and search their landscapes."""
    research(s, step)


@rule
def phase_learning(s, step, policy, fresh):
    """Members learn by use and from partners; public knowledge is absorbed; unused fades."""
    learning(s, step)
    absorb_and_forget(s)


@rule
def phase_monitoring(s, step, policy, fresh):
    """Gates are held; tax credits are refunded."""
    monitor(s, step)
    refund_credit(s, step)


@rule
def phase_results(s, step, policy, fresh):
    """Projects solve, fail or are overtaken; solutions are adopted."""
    solve_and_end(s, step)
    adopt(s, step)


@rule
def phase_finance(s, step, policy, fresh):
    """Money comes in and idle money leaves; firms close and enter; directories are renewed."""
    quarterly_course(s)
    close_firms(s, step)
    enter_firms(s, step)
    if step % 4 == 3:
        rebuild_rings(s)


@rule
def phase_record(s, step, policy, fresh):
    """The quarter is written down."""
    record(s, step)
    discount(s, step)


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a step; ``run(state, step, policy, fresh)`` carries it out."""

    name: str
    run: Callable[..., Any]

    @property
    def meaning(self) -> str:
        """What happens, in a sentence."""
        return (self.run.py_func.__doc__ or "").strip()  # type: ignore[attr-defined]


PHASES = (
    Phase("needs arise", phase_needs),
    Phase("programmes act", phase_programmes),
    Phase("consortia form and bid", phase_forming),
    Phase("awards", phase_awards),
    Phase("research", phase_research),
    Phase("learning", phase_learning),
    Phase("monitoring and payments", phase_monitoring),
    Phase("results", phase_results),
    Phase("finance, entry and exit", phase_finance),
    Phase("record", phase_record),
)


@rule
def step_once(s, step, policy, fresh):
    """One quarter, compiled as a whole: the phases in the order of :data:`PHASES`.

    ``policy``: programmes act. ``fresh``: new needs arrive and new projects may start.
    """
    phase_needs(s, step, policy, fresh)
    phase_programmes(s, step, policy, fresh)
    phase_forming(s, step, policy, fresh)
    phase_awards(s, step, policy, fresh)
    phase_research(s, step, policy, fresh)
    phase_learning(s, step, policy, fresh)
    phase_monitoring(s, step, policy, fresh)
    phase_results(s, step, policy, fresh)
    phase_finance(s, step, policy, fresh)
    phase_record(s, step, policy, fresh)


@rule
def advance(s, first, last, policy, fresh):
    """Steps ``first`` to ``last - 1`` without returning to Python."""
    for step in range(first, last):
        step_once(s, step, policy, fresh)


@rule
def run_out(s, first, last):
    """Steps without new needs or awards until nothing is open; returns the step reached."""
    step = first
    while step < last and anything_open(s, step):
        step_once(s, step, False, False)
        step += 1
    return step


@rule
def anything_open(s, step):
    """Whether a project runs or a solution may still be adopted."""
    if s.counters[ACTIVE_PROJECTS] > 0:
        return True
    w = s.world[0]
    for index in range(s.counters[N_NEEDS_SEEN]):
        problem = s.problems[index]
        waiting = problem.adopters < w.criteria_adopters
        if problem.status == SOLVED and waiting and step <= problem.solved_step + w.adoption_window:
            return True
    return False


@rule
def withdraw_policy(s):
    """Policy ends: needs in a programme's pipeline return to their owners; bids lapse."""
    for index in range(s.counters[N_NEEDS_SEEN]):
        s.problems[index].programme = -1
    for row in range(s.counters[N_CONSORTIA]):
        if s.consortia[row].state == BIDDING:
            s.consortia[row].state = REFUSED
