"""A quarter with people in it: what lies before each seat, and the model's phases with what they refuse.

A decision is a refusal: whatever nobody refuses goes as the model's rules have it, so a room in which
nobody decides is the run of the command line, bit by bit (a test compares them). Refusals are written
into columns between compiled phases; the rules themselves are not touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from agents.kinds import FEN_PER_MYUAN
from experiments.classroom.case import Case
from experiments.classroom.stepping import Stepper
from simulation import events as log
from simulation.columns import BIDDING, N_CONSORTIA, N_EVENTS, N_LIVE, OPEN, REFUSED
from simulation.phases import PHASES
from simulation.policies.eligibility import OWNER_LEADS
from simulation.policies.governance import purse_is_regional
from simulation.state import State, branch

BEFORE_FORMING = 2  # phases: needs arise, programmes act
FORMING, AWARDS = PHASES[2], PHASES[3]
MINISTRY = "ministry"
NEVER = 1_000_000  # quarters; a call that is put aside while another is answered
NO_TIME = 1e9  # full-time equivalents promised elsewhere: who has them is free for nothing
DECIDED = (log.AWARDED, log.TURNED_DOWN, log.DECLINED)

Refusals = frozenset[str]
Table = dict[str, list[dict[str, Any]]]


def province(region: int) -> str:
    """Seat of a region's government."""
    return f"province-{region}"


def organisation(row: int) -> str:
    """Seat of an organisation."""
    return f"organisation-{row}"


class RoomRun(Stepper):
    """The run of a room: a :class:`Stepper` whose quarters can be looked into and decided."""

    def table(self) -> Table:
        """What lies before each seat in the coming quarter, if nobody refuses anything.

        Calls, bids and awards are those of a trial on a copy. Seats without anything are left out.

        Returns
        -------
        Items by seat: ``key`` (what is refused), ``kind``, ``need``, ``value`` (million yuan),
        ``lead`` and ``who`` (rows or -1), ``grant`` (million yuan), ``rule`` (the model's own answer).
        """
        if self.quarter >= self.policy:
            return {}
        now = self.burn_in + self.quarter
        trial = branch(self.state)
        for phase in PHASES[:BEFORE_FORMING]:
            phase.run(trial, now, policy=True, fresh=True)
        return _Looks(trial, now).table()

    def play(self, refused: Refusals) -> None:
        """One quarter with these refusals; without any, as :meth:`step`."""
        if not refused or self.quarter >= self.policy:
            self.step()
            return
        now = self.burn_in + self.quarter
        for phase in PHASES[:BEFORE_FORMING]:
            phase.run(self.state, now, policy=True, fresh=True)
        for index in list(called(self.state, now)):
            if {f"call:{index}", f"hand:{index}"} & refused:
                give_back(self.state, index)
        _form(self.state, now, refused)
        for row in _bids(self.state):
            if {_bid_key(self.state, kind, row) for kind in ("fund", "back")} & refused:
                _withdraw(self.state, now, row)
        for phase in PHASES[BEFORE_FORMING + 1 :]:
            phase.run(self.state, now, policy=True, fresh=True)
        self.finish_quarter()


def play_rounds(case: Case, rounds: Sequence[Refusals], quarters: int) -> RoomRun:
    """The run after these rounds of so many quarters each; refusals act in a round's first quarter.

    Quarters in which nothing lies before any seat are passed over.
    """
    run = RoomRun(case)
    _pass_idle(run)
    for refused in rounds:
        for quarter in range(quarters):
            if run.running:
                run.play(refused if quarter == 0 else frozenset())
        _pass_idle(run)
    return run


def _pass_idle(run: RoomRun) -> None:
    while run.quarter < run.policy and not run.table():
        run.step()


def called(s: State, now: int) -> Iterator[int]:
    """Needs for which answers are called in this quarter, in the order of the rules."""
    for index in s.live[: s.counters[N_LIVE]].tolist():
        problem = s.problems[index]
        if problem["status"] == OPEN and problem["programme"] >= 0 and problem["due"] == now:
            yield index


def give_back(s: State, index: int) -> None:
    """A need returns to its owner, as one that a panel has screened out."""
    problem = s.problems[index]
    problem["declined"] |= 1 << int(problem["programme"])
    problem["programme"] = -1


def _form(s: State, now: int, refused: Refusals) -> None:
    """Consortia form for one need after another, so that a refusal acts on its need alone."""
    needs = list(called(s, now))
    s.problems["due"][needs] += NEVER
    for index in needs:
        s.problems["due"][index] = now
        absent = _absent(refused, index)
        owner = int(s.problems[index]["owner"])
        if f"bid:{index}:{owner}" in refused and _owner_leads(s, index):
            give_back(s, index)
            continue
        busy = s.organisations["busy"][absent].copy()
        s.organisations["busy"][absent] = NO_TIME
        FORMING.run(s, now, policy=True, fresh=False)
        s.organisations["busy"][absent] = busy
        if s.problems[index]["due"] == now:  # answered: it is not called again
            s.problems["due"][index] = now + NEVER
    s.problems["due"][needs] = now
    for row in _bids(s):
        if _bid_key(s, "bid", row) in refused:
            _withdraw(s, now, row)
    FORMING.run(s, now, policy=False, fresh=True)


def _absent(refused: Refusals, index: int) -> list[int]:
    """Organisations that are not to be had for a need: they decline, or are not asked."""
    kinds = (f"join:{index}:", f"bid:{index}:", f"ask:{index}:")
    return sorted({int(key.rsplit(":", 1)[1]) for key in refused if key.startswith(kinds)})


def _owner_leads(s: State, index: int) -> bool:
    p = s.programmes[s.problems[index]["programme"]]
    return bool(p["eligibility_leader"] == OWNER_LEADS and p["renewal_standing"] == 0)


def _bids(s: State) -> list[int]:
    """Rows of bids that wait for an answer."""
    count = s.counters[N_CONSORTIA]
    waits = (s.consortia["state"][:count] == BIDDING) & (s.consortia["programme"][:count] > 0)
    rows: list[int] = np.flatnonzero(waits).tolist()
    return rows


def _bid_key(s: State, kind: str, row: int) -> str:
    c = s.consortia[row]
    return f"{kind}:{c['problem']}:{c['lead']}"


def _withdraw(s: State, now: int, row: int) -> None:
    """A bid is turned down before it is scored; its need returns when no other bid is left."""
    c = s.consortia[row]
    c["state"] = REFUSED
    index = int(c["problem"])
    _note(s, now, row)
    if s.problems[index]["programme"] >= 0 and not any(
        s.consortia["problem"][other] == index for other in _bids(s)
    ):
        give_back(s, index)


def _note(s: State, now: int, row: int) -> None:
    place = int(s.counters[N_EVENTS])
    if place < len(s.events):
        c = s.consortia[row]
        s.events[place] = (now, log.TURNED_DOWN, c["problem"], row, c["lead"], c["merit"])
        s.counters[N_EVENTS] += 1


class _Looks:
    """Looks at a trial of a quarter, which stands before its forming phase."""

    def __init__(self, trial: State, now: int) -> None:
        self.s, self.now = trial, now
        self.items: Table = {}

    def table(self) -> Table:
        """Run the trial on to its awards and collect the items."""
        s = self.s
        for index in called(s, self.now):
            self._call(index)
        first = int(s.counters[N_CONSORTIA])
        FORMING.run(s, self.now, policy=True, fresh=False)
        new = [row for row in _bids(s) if row >= first]
        for row in new:
            sole = sum(s.consortia["problem"][new] == s.consortia[row]["problem"]) == 1
            self._invitations(row, sole)
        told = int(s.counters[N_EVENTS])
        AWARDS.run(s, self.now, policy=True, fresh=True)
        for event in s.events[told : s.counters[N_EVENTS]]:
            if event["kind"] in DECIDED:
                self._award(int(event["consortium"]), event)
        return self.items

    def _add(self, seat: str, kind: str, index: int, **more: Any) -> None:
        need = self.s.needs[index]
        item = {
            "kind": kind, "need": index, "value": round(float(need["value"]), 1), "lead": -1,
            "who": -1, "grant": 0.0, "rule": True, **more,
        }  # fmt: skip
        known = self.items.setdefault(seat, [])
        if all(one["key"] != item["key"] for one in known):
            known.append(item)

    def _call(self, index: int) -> None:
        owner = int(self.s.problems[index]["owner"])
        self._add(MINISTRY, "call", index, key=f"call:{index}", who=owner)
        programme = int(self.s.problems[index]["programme"])
        if owner >= 0 and not self._regional(programme):
            seat = province(int(self.s.organisations[owner]["region"]))
            self._add(seat, "hand", index, key=f"hand:{index}", who=owner)

    def _regional(self, programme: int) -> bool:
        """Whether regions pay: then their governments decide on bids, else on what is handed in."""
        return bool(purse_is_regional(self.s.programmes[programme]["governance_mode"]))

    def _invitations(self, row: int, sole: bool) -> None:
        """A bid before its lead and those it invites; whom to ask, where no rival asks for the same need."""
        c = self.s.consortia[row]
        index, lead = int(c["problem"]), int(c["lead"])
        members = self.s.members["row"][c["first"] : c["first"] + c["size"]].tolist()
        seat = organisation(lead)
        self._add(seat, "bid", index, key=f"bid:{index}:{lead}", lead=lead)
        for who in members[1:]:
            if sole:
                self._add(seat, "ask", index, key=f"ask:{index}:{who}", lead=lead, who=who)
            self._add(
                organisation(who), "join", index, key=f"join:{index}:{who}", lead=lead, who=who
            )

    def _award(self, row: int, event: Any) -> None:
        c = self.s.consortia[row]
        index, lead = int(c["problem"]), int(c["lead"])
        funded = event["kind"] == log.AWARDED
        grant = round(float(event["value"]), 2) if funded else 0.0
        planned = round(float(c["planned"]) / FEN_PER_MYUAN, 1)
        more = {"lead": lead, "grant": grant, "planned": planned, "rule": bool(funded)}
        self._add(MINISTRY, "fund", index, key=f"fund:{index}:{lead}", **more)
        if self._regional(int(c["programme"])):
            seat = province(int(self.s.organisations[lead]["region"]))
            self._add(seat, "back", index, key=f"back:{index}:{lead}", **more)
