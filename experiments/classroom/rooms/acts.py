"""What decisions do to a run, between its compiled phases.

Needs are answered one after another in the rules' order, so that a decision acts on its need
alone; where nobody has decided, the model's own rule answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from experiments.classroom.rooms.seats import Said
from simulation import events as log
from simulation.branching import branch
from simulation.by_hand import (
    NO,
    YES,
    bid_by_hand,
    fund_first,
    may_lead_answer,
    publish_too,
    within_reach,
)
from simulation.calls import (
    answer,
    close_call,
    open_call,
    open_to,
    owner_leads,
    race_factor,
    solvers,
    take_up,
)
from simulation.columns import BIDDING, N_CONSORTIA, N_EVENTS, N_LIVE, OPEN, REFUSED
from simulation.forming import drop_last, form_consortium
from simulation.phases import PHASES
from simulation.standing import best_body
from simulation.state import State

FORMING = PHASES[2]
NEVER = 1_000_000  # quarters; a call that is put aside while another is answered
LAST_ATTEMPT = 63  # luck of leads whom the rules would not have asked
ASKED = (log.ACCEPTED, log.REFUSED_DEAL, log.REFUSED_STAFF)


# ---------------------------------------------------------------- what is published


def publish_as_said(s: State, now: int, said: Said) -> None:
    """Needs are handed in or kept, published or given back."""
    for need, _, _, wish in said.of("hand", "publish"):
        if wish == NO and s.problems[need]["programme"] >= 0:
            give_back(s, need)
    for need, _, _, wish in said.of("hand"):
        programme = next(takers(s, now, need), 0)
        if wish == YES and programme:
            take_up(s, now, need, programme)
    for need, _, _, wish in said.of("publish"):
        if wish == YES and s.problems[need]["programme"] < 0:
            publish_too(s, now, need, handed_to(s, need))


def takers(s: State, now: int, need: int) -> Iterator[int]:
    """Programmes that would take up a need that is in none."""
    problem = s.problems[need]
    if problem["status"] == OPEN and problem["programme"] < 0 and now <= problem["closes"]:
        for programme in range(1, len(s.programmes)):
            if open_to(s, programme, need, now):
                yield programme


def handed_to(s: State, need: int) -> int:
    """The programme that a need was last handed to."""
    told = s.events[: s.counters[N_EVENTS]]
    mine = told[(told["kind"] == log.SUBMITTED) & (told["problem"] == need)]
    return int(mine["value"][-1])


def give_back(s: State, need: int) -> None:
    """A need returns to its owner, as one that a panel has screened out."""
    problem = s.problems[need]
    problem["declined"] |= 1 << int(problem["programme"])
    problem["programme"] = -1


# ---------------------------------------------------------------- bids


def called(s: State, now: int) -> list[int]:
    """Needs for which answers are called in this quarter, in the order of the rules."""
    live = s.live[: s.counters[N_LIVE]]
    problems = s.problems[live]
    due = (problems["status"] == OPEN) & (problems["programme"] >= 0) & (problems["due"] == now)
    needs: list[int] = live[due].tolist()
    return needs


def form(s: State, now: int, said: Said, *, fresh: bool) -> None:
    """The forming phase with these decisions. ``fresh``: others start projects without a programme."""
    touched = {need for need, *_ in said.of("bid", "ask", "join")}
    needs = called(s, now)
    usual = Proposals(s, now)
    s.problems["due"][needs] += NEVER
    for need in needs:
        s.problems["due"][need] = now
        if need in touched:
            _answer(s, now, need, said, usual)
        else:
            FORMING.run(s, now, policy=True, fresh=False)
        if s.problems[need]["due"] == now:  # answered: it is not called again
            s.problems["due"][need] = now + NEVER
    s.problems["due"][needs] = now
    FORMING.run(s, now, policy=False, fresh=fresh)


def leads_of(s: State, need: int) -> tuple[list[tuple[int, int]], bool]:
    """Leads whom the rules ask for an answer, with their bodies (or -1); whether others may answer."""
    programme = int(s.problems[need]["programme"])
    p, owner = s.programmes[programme], int(s.problems[need]["owner"])
    if p["renewal_standing"] == 1:
        body = best_body(s, programme, need)
        return ([(int(s.bodies[body]["lead"]), body)] if body >= 0 else []), False
    if owner_leads(p) and owner >= 0:
        return [(owner, -1)], False
    room = np.empty(int(s.world[0]["forming_bid_candidates"]), np.int64)
    return [(int(row), -1) for row in room[: solvers(s, need, programme, room)]], True


def may_answer(s: State, need: int) -> list[int]:
    """Everybody who may lead an answer to a need that its programme leaves to solvers."""
    return [row for row in range(len(s.known)) if may_lead_answer(s, need, row)]


def _answer(s: State, now: int, need: int, said: Said, usual: Proposals) -> None:
    """One need is answered; who bids on its own decision does so however many others do."""
    programme = int(s.problems[need]["programme"])
    open_call(s, programme)
    leads, anybody = leads_of(s, need)
    most = int(s.programmes[programme]["openness_answers"]) if anybody else len(leads)
    known = {lead for lead, _ in leads}
    places = [(lead, body, k) for k, (lead, body) in enumerate(leads)]
    if anybody:
        wanted = [lead for at, lead, _, yes in said.of("bid") if at == need and yes == YES]
        free = set(may_answer(s, need))
        places += [(one, -1, LAST_ATTEMPT) for one in wanted if one not in known and one in free]
    answers = 0
    for lead, body, number in places:
        wish = said.get("bid", need, lead)
        own = {who: yes for at, by, who, yes in said.of("ask") if (at, by) == (need, lead)}
        told = {who: yes for at, by, who, yes in said.of("join") if (at, by) == (need, lead)}
        insists = wish == YES or bool(own)
        if wish == NO or (answers >= most and not insists):
            continue
        if not insists and not told:
            answers += answer(s, now, need, programme, lead, body, number)
            continue
        asked = [who for who, _ in usual.team(need, lead, body, number) if own.get(who) != NO]
        invited = sorted(who for who, yes in own.items() if yes == YES)
        asked += sorted(invited, key=partial(_not_reached, s, need, lead))
        answers += bid_by_hand(
            s, now, need, lead, body, number, np.array(asked, np.int64),
            np.array([told.get(who, 0) for who in asked], np.int64), not own, insists,
        )  # fmt: skip
    close_call(s, now, need, answers)


def _not_reached(s: State, need: int, lead: int, who: int) -> float:
    """Who can touch most of a need is asked first."""
    return -float(within_reach(s, need, lead, who))


class Proposals:
    """The teams that leads would form by their rules, whether or not they would bid with them."""

    def __init__(self, s: State, now: int) -> None:
        self._start, self._now = s, now
        self._trial: State | None = None
        self._known: dict[tuple[int, int], list[tuple[int, bool]]] = {}

    def team(self, need: int, lead: int, body: int, number: int) -> list[tuple[int, bool]]:
        """Who would be asked, in order, and whether it would join."""
        if self._trial is None:
            self._trial = branch(self._start)
            self._cash = self._trial.organisations["cash"].copy()
        if (need, lead) not in self._known:
            self._known[need, lead] = self._form(self._trial, need, lead, body, number)
        return self._known[need, lead]

    def _form(
        self, trial: State, need: int, lead: int, body: int, number: int
    ) -> list[tuple[int, bool]]:
        first = int(trial.counters[N_EVENTS])
        programme = int(trial.problems[need]["programme"])
        extra = race_factor(trial, programme)
        row = form_consortium(trial, self._now, need, lead, programme, body, number, extra)
        if row >= 0:
            drop_last(trial, row)
        told = trial.events[first : trial.counters[N_EVENTS]]
        team = [
            (int(e["organisation"]), e["kind"] == log.ACCEPTED) for e in told if e["kind"] in ASKED
        ]
        trial.counters[N_EVENTS] = first
        trial.organisations["cash"][:] = self._cash
        return team


# ---------------------------------------------------------------- awards


def waiting_bids(s: State) -> list[int]:
    """Rows of bids that wait for an answer."""
    count = s.counters[N_CONSORTIA]
    waits = (s.consortia["state"][:count] == BIDDING) & (s.consortia["programme"][:count] > 0)
    rows: list[int] = np.flatnonzero(waits).tolist()
    return rows


def fund_as_said(s: State, now: int, said: Said) -> None:
    """Bids are turned down before they are scored, or funded first."""
    rows = {(int(s.consortia[row]["problem"]), int(s.consortia[row]["lead"])): row
            for row in waiting_bids(s)}  # fmt: skip
    for need, lead, _, wish in said.of("fund", "back"):
        row = rows.get((need, lead), -1)
        if row < 0 or s.consortia[row]["state"] != BIDDING:
            continue
        if wish == YES:
            fund_first(s, now, row)
        else:
            withdraw(s, now, row)


def withdraw(s: State, now: int, row: int) -> None:
    """A bid is turned down before it is scored; its need returns when no other bid is left."""
    c = s.consortia[row]
    c["state"] = REFUSED
    need = int(c["problem"])
    place = int(s.counters[N_EVENTS])
    if place < len(s.events):
        s.events[place] = (now, log.TURNED_DOWN, need, row, c["lead"], c["merit"])
        s.counters[N_EVENTS] += 1
    others = any(s.consortia["problem"][other] == need for other in waiting_bids(s))
    if s.problems[need]["programme"] >= 0 and not others:
        give_back(s, need)
