"""The order of a step. This is the one place that says it; the docs are rendered from here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import numpy as np

from agents.compiled import rule
from simulation.adoption import adopt
from simulation.awards import award, receive_money
from simulation.calls import bid, collect, screen, start_alone
from simulation.chains import capability_fades
from simulation.columns import (
    ACTIVE_PROJECTS,
    BIDDING,
    N_CONSORTIA,
    N_LIVE,
    N_NEEDS_SEEN,
    REFUSED,
    SOLVED,
)
from simulation.fields import rebuild_rings
from simulation.finance import close_firms, enter_firms, quarterly_course
from simulation.financiers import raise_capital
from simulation.focus import choose_focus
from simulation.learning import absorb_and_forget
from simulation.needs import adoptable, close_needs, needs_arise
from simulation.projects import learning, research
from simulation.recorder import discount, record
from simulation.reporting import report_revenue
from simulation.results import monitor, refund_credit, solve_and_end
from simulation.standing import batch
from simulation.state import State, call_phase, compile_phase, state_at


def needs_phase(handle, step, policy, fresh):
    """New needs, and needs whose prerequisite has been solved, open; stale ones close."""
    s = state_at(handle)
    needs_arise(s, step, fresh)
    close_needs(s, step)


def programmes_phase(handle, step, policy, fresh):
    """Budgets and private capital arrive; revenue is reported, focus fields chosen, standing
    consortia founded; needs are collected, screened, published."""
    s = state_at(handle)
    quarter = step - s.world[0].time_burn_in
    if policy:
        receive_money(s, step, quarter)
        raise_capital(s)
        report_revenue(s, quarter)
        choose_focus(s, quarter)
        batch(s, step, quarter)
        collect(s, step)
        screen(s, step)


def forming_phase(handle, step, policy, fresh):
    """Published needs are answered with bids; others start projects without a programme."""
    s = state_at(handle)
    if policy:
        bid(s, step)
    if fresh:
        start_alone(s, step)


def awards_phase(handle, step, policy, fresh):
    """Bids that are ready are scored and funded while the purse lasts."""
    s = state_at(handle)
    if policy:
        award(s, step)


def research_phase(handle, step, policy, fresh):
    """Running projects pay their quarter and search their landscapes."""
    s = state_at(handle)
    research(s, step)


def learning_phase(handle, step, policy, fresh):
    """Members learn by use and from partners; public knowledge is absorbed; unused fades."""
    s = state_at(handle)
    learning(s, step)
    absorb_and_forget(s)
    capability_fades(s)


def monitoring_phase(handle, step, policy, fresh):
    """Gates are held; tax credits are refunded, in the run-out too."""
    s = state_at(handle)
    monitor(s, step)
    refund_credit(s, step, policy or not fresh)


def results_phase(handle, step, policy, fresh):
    """Projects solve, fail or are overtaken; solutions are adopted."""
    s = state_at(handle)
    solve_and_end(s, step)
    adopt(s, step)


def finance_phase(handle, step, policy, fresh):
    """Money comes in and idle money leaves; firms close and enter; directories are renewed."""
    s = state_at(handle)
    quarterly_course(s)
    close_firms(s, step)
    enter_firms(s, step)
    if step % 4 == 3:
        rebuild_rings(s)


def record_phase(handle, step, policy, fresh):
    """The quarter is written down."""
    s = state_at(handle)
    record(s, step)
    discount(s, step)


class Phase:
    """One phase of a step, compiled when it is first used."""

    def __init__(self, name: str, function: Callable[..., None]) -> None:
        self.name = name
        self.meaning = (function.__doc__ or "").strip()
        self._function = function

    @cached_property
    def compiled(self) -> Any:
        """The phase as compiled code behind an address."""
        return compile_phase(self._function)

    def run(self, state: State, step: int, *, policy: bool, fresh: bool) -> None:
        """Carry out this phase alone."""
        self.compiled.ctypes(state.handle, step, policy, fresh)


PHASES = (
    Phase("needs arise", needs_phase),
    Phase("programmes act", programmes_phase),
    Phase("consortia form and bid", forming_phase),
    Phase("awards", awards_phase),
    Phase("research", research_phase),
    Phase("learning", learning_phase),
    Phase("monitoring and payments", monitoring_phase),
    Phase("results", results_phase),
    Phase("finance, entry and exit", finance_phase),
    Phase("record", record_phase),
)


@cache
def addresses() -> np.ndarray:
    """What compiled code calls in a step, in order, shape (phases,)."""
    return np.array([phase.compiled.address for phase in PHASES])


@rule
def step_once(s, phases, step, policy, fresh):
    """One quarter: the phases in the order of :data:`PHASES`.

    ``policy``: programmes act. ``fresh``: new needs arrive and new projects may start.
    """
    for address in phases:
        call_phase(address, s, step, policy, fresh)


@rule
def advance(s, phases, first, last, policy, fresh):
    """Steps ``first`` to ``last - 1`` without returning to Python."""
    for step in range(first, last):
        step_once(s, phases, step, policy, fresh)


@rule
def run_out(s, phases, first, last):
    """Steps without new needs or awards until nothing is open; returns the step reached."""
    step = first
    while step < last and anything_open(s, step):
        step_once(s, phases, step, False, False)
        step += 1
    return step


@rule
def anything_open(s, step):
    """Whether a project runs or a solution may still be adopted."""
    if s.counters[ACTIVE_PROJECTS] > 0:
        return True
    for k in range(s.counters[N_LIVE]):
        index = s.live[k]
        if s.problems[index].status == SOLVED and adoptable(s, index, step):
            return True
    return False


@rule
def withdraw_policy(s):
    """Policy ends: needs in a pipeline return to their owners; bids and promised credits lapse."""
    for programme in range(len(s.programmes)):
        s.programme_state[programme].credit_scale = 0.0
    for index in range(s.counters[N_NEEDS_SEEN]):
        s.problems[index].programme = -1
    for row in range(s.counters[N_CONSORTIA]):
        if s.consortia[row].state == BIDDING:
            s.consortia[row].state = REFUSED
