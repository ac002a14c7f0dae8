"""What lies before each seat in each window, with what the model's rules would say to it.

Everything is read off a trial on a copy, in which the decisions so far act and nobody else decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from agents.kinds import FEN_PER_MYUAN
from experiments.classroom.rooms.acts import (
    ASKED,
    FORMING,
    LAST_ATTEMPT,
    Proposals,
    called,
    form,
    leads_of,
    may_answer,
    takers,
    waiting_bids,
)
from experiments.classroom.rooms.seats import (
    ANSWER,
    FUND,
    INVITE,
    MINISTRY,
    PUBLISH,
    Item,
    Said,
    key,
    organisation,
    province,
)
from simulation import events as log
from simulation.accounts import purse_total
from simulation.branching import branch
from simulation.by_hand import grant_asked, within_reach
from simulation.columns import N_EVENTS, N_LIVE
from simulation.forming import free_staff
from simulation.phases import PHASES
from simulation.policies.governance import purse_is_regional
from simulation.state import State

BEFORE_FORMING = PHASES[:2]  # needs arise, programmes act
AWARDS = PHASES[3]
FOUND_A_TEAM = (
    log.BID, log.NOT_WORTH_IT, log.FEW_MEMBERS, log.FEW_REGIONS, log.NO_TYPE, log.FEW_SUPPLIERS,
)  # fmt: skip

Found = Iterator[tuple[str, Item]]


def looks(s: State, now: int, window: str, said: Said) -> Found:
    """Seats and the items that lie before them, in a window that begins in this state."""
    trial = branch(s)
    kinds = {PUBLISH: _published, INVITE: _invitations, ANSWER: _answers, FUND: _awards}
    yield from kinds[window](trial, now, said)


def new_events(s: State, first: int) -> np.ndarray:
    """Events since there were ``first``."""
    return s.events[first : s.counters[N_EVENTS]]


def _item(s: State, kind: str, need: int, rule: bool, **more: Any) -> Item:
    names = {"lead": -1, "who": -1, **more}
    value = round(float(s.needs[need]["value"]), 1)
    return {"key": key(kind, need, names["lead"], names["who"]), "kind": kind, "need": need,
            "rule": rule, "value": value, "owner": int(s.problems[need]["owner"]), **names}  # fmt: skip


def _published(s: State, now: int, _: Said) -> Found:
    """Needs to hand in or keep, and those that are published now or screened out."""
    first = int(s.counters[N_EVENTS])
    for phase in BEFORE_FORMING:
        phase.run(s, now, policy=True, fresh=True)
    told = new_events(s, first)
    handed = told["problem"][told["kind"] == log.SUBMITTED].tolist()
    kept = [need for need in s.live[: s.counters[N_LIVE]].tolist() if any(takers(s, now, need))]
    screened = told["problem"][told["kind"] == log.SCREENED_OUT_EVENT].tolist()
    for rule, needs in ((True, handed), (False, [one for one in kept if one not in screened])):
        for need in needs:
            owner = int(s.problems[need]["owner"])
            if owner >= 0:
                item = _item(s, "hand", need, rule)
                yield organisation(owner), item
                yield province(int(s.organisations[owner]["region"])), item
    panel = {
        need: s.programmes[s.problems[need]["programme"]]["screening_panel_size"] for need in handed
    }
    read = told["problem"][told["kind"] == log.PUBLISHED].tolist()
    for need in [one for one in handed if panel[one] == 0] + read:
        yield MINISTRY, _item(s, "publish", need, True)
    for need in screened:
        yield MINISTRY, _item(s, "publish", need, False)


def _invitations(s: State, now: int, _: Said) -> Found:
    """Needs to bid for, and whom to ask: everybody who may lead, and everybody who has free staff."""
    usual, trial = Proposals(s, now), branch(s)
    needs = called(s, now)
    if not needs:
        return
    FORMING.run(trial, now, policy=True, fresh=False)
    bids = {(int(trial.consortia[row]["problem"]), int(trial.consortia[row]["lead"]))
            for row in waiting_bids(trial)}  # fmt: skip
    free = [row for row in range(len(s.known)) if s.active[row] and free_staff(s, row) > 0]
    for need in needs:
        leads, anybody = leads_of(s, need)
        places = [(lead, body, k) for k, (lead, body) in enumerate(leads)]
        known = {lead for lead, _ in leads}
        if anybody:
            places += [(one, -1, LAST_ATTEMPT) for one in may_answer(s, need) if one not in known]
        for lead, body, number in places:
            asked = [who for who, _ in usual.team(need, lead, body, number)]
            rest = [row for row in free if row != lead and row not in asked]
            covers = {row: round(100 * within_reach(s, need, lead, row)) for row in asked + rest}
            rest.sort(key=lambda row: -covers[row])
            others = [[row, int(row in asked), covers[row]] for row in asked + rest]
            own = round(100 * within_reach(s, need, lead, lead))
            item = _item(s, "bid", need, (need, lead) in bids, lead=lead, covers=own, others=others)
            yield organisation(lead), item


def _answers(s: State, now: int, said: Said) -> Found:
    """Invitations, before those who are asked."""
    first = int(s.counters[N_EVENTS])
    form(s, now, said, fresh=False)
    asked: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for event in new_events(s, first):
        need, who = int(event["problem"]), int(event["organisation"])
        if event["kind"] in ASKED:
            asked[need].append((who, bool(event["kind"] == log.ACCEPTED)))
        elif event["kind"] in FOUND_A_TEAM and event["consortium"] >= 0:
            for other, joins in asked.pop(need, []):
                yield organisation(other), _item(s, "join", need, joins, lead=who, who=other)


def _awards(s: State, now: int, _: Said) -> Found:
    """Bids to fund, with the money that is there; regions that pay decide on theirs, too."""
    waiting = {row: round(purse_total(s, int(s.consortia[row]["programme"])) / FEN_PER_MYUAN, 1)
               for row in waiting_bids(s)}  # fmt: skip
    first = int(s.counters[N_EVENTS])
    AWARDS.run(s, now, policy=True, fresh=True)
    told = new_events(s, first)
    funded = {
        int(one["consortium"]): float(one["value"]) for one in told if one["kind"] == log.AWARDED
    }
    declined = {int(one["consortium"]) for one in told if one["kind"] == log.DECLINED}
    down = [int(one["consortium"]) for one in told if one["kind"] == log.TURNED_DOWN]
    for row in [*funded, *(one for one in down if one not in declined)]:
        c = s.consortia[row]
        lead, need = int(c["lead"]), int(c["problem"])
        grant = round(funded[row] if row in funded else grant_asked(s, row), 2)
        team = s.members["row"][c["first"] : c["first"] + c["size"]].tolist()
        more = {"lead": lead, "grant": grant, "purse": waiting[row], "team": team[1:],
                "covers": round(100 * float(c["coverage"]))}  # fmt: skip
        yield MINISTRY, _item(s, "fund", need, row in funded, **more)
        if purse_is_regional(s.programmes[int(c["programme"])]["governance_mode"]):
            region = int(s.organisations[lead]["region"])
            yield province(region), _item(s, "back", need, row in funded, **more)
