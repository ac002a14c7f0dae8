"""Quarters with people in them: nobody deciding changes nothing; each decision does what it says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from experiments.classroom.case import Case, case_of
from experiments.classroom.choices import Choices
from experiments.classroom.rooms.acts import called
from experiments.classroom.rooms.pages import playable
from experiments.classroom.rooms.seats import (
    WINDOWS,
    Item,
    Said,
    changed_from,
    key,
    organisation,
    rules_of,
)
from experiments.classroom.rooms.turn import RoomRun, Table, play
from experiments.classroom.stepping import Stepper
from simulation import events as log
from simulation.columns import ACTIVE, BIDDING, N_CONSORTIA

REGIMES = ("open_challenge", "lead_firm_consortium", "race", "delta_joint_programme")
QUARTERS = 16


def case(regime: str) -> Case:
    rich = (("money.budget_myuan_per_year", 40.0),)  # the joint programme funds too little else
    settings = rich if regime == "delta_joint_programme" else ()
    return case_of(Choices(regime, "laissez_faire", "solved", 7, settings))


def same(ours: Stepper, other: Stepper) -> bool:
    return ours.state.block.tobytes() == other.state.block.tobytes() and np.array_equal(
        ours.events, other.events
    )


def tables(regime: str) -> Iterator[tuple[RoomRun, Table]]:
    """A run at each of its windows, and what lies before the seats."""
    run = RoomRun(case(regime))
    while run.open:
        yield run, run.table()
        run.decide()


def find(
    regime: str, kind: str, rule: bool, seat: str = "", least: float = 0.0
) -> tuple[RoomRun, str, Item]:
    """The first time an item of a kind lies before a seat, with this answer of the rules."""
    for run, table in tables(regime):
        for where, items in table.items():
            for item in items:
                told = (item["kind"], item["rule"]) == (kind, rule)
                if told and where.startswith(seat) and item.get("purse", least) >= least:
                    return run, where, item
    raise AssertionError(f"{regime} has no {kind} to which the rules say {rule}")


def decided(run: RoomRun, *changed: str) -> np.ndarray:
    """The events of the rest of the quarter."""
    told = len(run.events)
    run.decide(frozenset(changed))
    while run.window != WINDOWS[0]:
        run.decide()
    return run.events[told:]


def about(events: np.ndarray, kind: int, need: Any) -> list[int]:
    """Organisations in the events of a kind about a need."""
    rows: list[int] = events["organisation"][
        (events["kind"] == kind) & (events["problem"] == need)
    ].tolist()
    return rows


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("regime", REGIMES)
def test_a_room_in_which_nobody_departs_from_the_rules_is_the_run_of_the_model(
    regime: str, by_hand: bool
) -> None:
    """``by_hand``: every need is answered on the path of decisions, by nobody who exists."""
    room, model = RoomRun(case(regime)), Stepper(case(regime))
    items = needs = 0
    for _ in range(QUARTERS):
        for window in WINDOWS:
            assert room.window == window
            items += len(room.table())
            due = called(room.state, room.burn_in + room.quarter) if window == "invite" else []
            needs += len(due)
            room.decide(frozenset(f"+{key('bid', need)}" for need in due if by_hand))
        model.step()
        assert same(room, model)
    assert items > 0 and needs > 0


@pytest.mark.parametrize("seat", ["organisation", "province"])
def test_a_need_is_kept_or_handed_in_against_its_owners_rule(seat: str) -> None:
    run, _, item = find("open_challenge", "hand", True, seat)
    assert about(decided(run.copy()), log.SUBMITTED, item["need"])
    assert not about(decided(run, "-" + item["key"]), log.BID, item["need"])
    run, _, item = find("open_challenge", "hand", False, seat)
    assert about(decided(run, "+" + item["key"]), log.SUBMITTED, item["need"])


def test_the_ministry_publishes_what_the_panel_screened_out_and_keeps_back_what_it_let_through() -> (
    None
):
    run, where, item = find("delta_joint_programme", "publish", False)
    assert where == "ministry"
    now = run.burn_in + run.quarter
    run.decide(frozenset({"+" + item["key"]}))
    assert run.state.problems[item["need"]]["published"] == 1
    assert run.state.problems[item["need"]]["due"] >= now
    run, _, item = find("delta_joint_programme", "publish", True)
    run.decide(frozenset({"-" + item["key"]}))
    assert run.state.problems[item["need"]]["programme"] == -1


@pytest.mark.parametrize("regime", ["open_challenge", "lead_firm_consortium"])
def test_a_lead_that_does_not_bid_does_not(regime: str) -> None:
    run, seat, item = find(regime, "bid", True)
    assert seat == organisation(item["lead"])
    assert item["lead"] not in about(decided(run, "-" + item["key"]), log.BID, item["need"])


def test_a_lead_bids_although_no_rule_would_have_asked_it() -> None:
    run, seat, item = find("open_challenge", "bid", False)
    assert seat == organisation(item["lead"])
    assert item["lead"] in about(decided(run, "+" + item["key"]), log.BID, item["need"])


def test_the_lead_chooses_whom_to_invite_also_whom_its_rule_would_not_have_asked() -> None:
    run, _, item = find("open_challenge", "bid", True)
    asked = [who for who, rule, _ in item["others"] if rule]
    fresh = [who for who, rule, _ in item["others"] if not rule][:3]
    need, lead = item["need"], item["lead"]
    drop = [f"-{key('ask', need, lead, who)}" for who in asked]
    invited = [f"+{key('ask', need, lead, who)}" for who in fresh]
    run.decide(frozenset(drop + invited))
    table = [one for items in run.table().values() for one in items]
    mine = {one["who"] for one in table if (one["need"], one["lead"]) == (need, lead)}
    assert mine == set(fresh)
    told = len(run.events)
    run.decide(frozenset(f"+{key('join', need, lead, who)}" for who in fresh))
    events = run.events[told:]
    busy = about(events, log.REFUSED_STAFF, need) + about(events, log.REFUSED_DEAL, need)
    assert team_of(run, item) == [lead, *(who for who in fresh if who not in busy)]


@pytest.mark.parametrize("regime", ["open_challenge", "lead_firm_consortium"])
def test_who_declines_is_not_in_that_bid_and_who_accepts_is(regime: str) -> None:
    run, seat, item = find(regime, "join", True)
    assert seat == organisation(item["who"])
    told = len(run.events)
    run.decide(frozenset({"-" + item["key"]}))
    assert item["who"] not in team_of(run, item)
    assert item["who"] in about(run.events[told:], log.REFUSED_DEAL, item["need"]) + about(
        run.events[told:], log.REFUSED_STAFF, item["need"]
    )
    for run, table in tables(regime):
        unwilling = [one for items in table.values() for one in items
                     if one["kind"] == "join" and not one["rule"]]  # fmt: skip
        for item in unwilling:
            trial = run.copy()
            trial.decide(frozenset({"+" + item["key"]}))
            if item["who"] in team_of(trial, item):
                return
    raise AssertionError("nobody could accept what its rule declines")


def team_of(run: RoomRun, item: Item) -> list[int]:
    """Members of the bid of the lead in an item for its need."""
    s = run.state
    count = s.counters[N_CONSORTIA]
    mine = (s.consortia["problem"][:count] == item["need"]) & (
        s.consortia["lead"][:count] == item["lead"]
    )
    rows = np.flatnonzero(mine)
    if not len(rows):
        return []
    c = s.consortia[rows[-1]]
    members: list[int] = s.members["row"][c["first"] : c["first"] + c["size"]].tolist()
    return members


@pytest.mark.parametrize(
    ("regime", "kind", "seat"),
    [("open_challenge", "fund", "ministry"), ("delta_joint_programme", "back", "province")],
)
def test_a_bid_that_is_not_funded_gets_no_money(regime: str, kind: str, seat: str) -> None:
    run, where, item = find(regime, kind, True)
    assert where.startswith(seat) and item["grant"] > 0
    events = decided(run, "-" + item["key"])
    assert item["lead"] not in about(events, log.AWARDED, item["need"])
    assert item["lead"] in about(events, log.TURNED_DOWN, item["need"])


def test_the_ministry_funds_a_bid_that_the_list_would_not_have_reached() -> None:
    for run, table in tables("open_challenge"):
        for item in table.get("ministry", []):
            if item["kind"] == "fund" and not item["rule"] and item["grant"] < item["purse"]:
                trial = run.copy()
                if item["lead"] in about(
                    decided(trial, "+" + item["key"]), log.AWARDED, item["need"]
                ):
                    return
    raise AssertionError("no bid could be funded that the list does not reach")


def test_nobody_can_pay_more_than_the_purse_holds() -> None:
    for run, table in tables("open_challenge"):
        bids = [one for one in table.get("ministry", []) if one["kind"] == "fund"]
        if sum(one["grant"] for one in bids) > max([one["purse"] for one in bids], default=0.0):
            wanted = [("+" + one["key"]) for one in bids if not one["rule"]]
            purse = bids[0]["purse"]
            events = decided(run, *wanted)
            paid = events["value"][events["kind"] == log.AWARDED].sum()
            assert paid <= purse + 0.1
            return
    raise AssertionError("the purse was never too small")


@pytest.mark.parametrize("regime", playable())
def test_a_run_in_which_everybody_decides_at_random_is_sound(regime: str) -> None:
    """The last quarter checks that money and time are conserved."""
    run, draw, changes = RoomRun(case(regime), 4), random.Random(3), 0
    while run.open:
        changed: list[str] = []
        for items in run.table().values():
            rules = rules_of(items)
            changed += changed_from(rules, [one for one in rules if draw.random() < 0.5])
        changes += len(changed)
        run.decide(frozenset(changed))
    run.run()
    assert changes > 50
    count = run.state.counters[N_CONSORTIA]
    assert not np.isin(run.state.consortia["state"][:count], (BIDDING, ACTIVE)).any()


def test_every_round_asks_most_seats_something() -> None:
    run, busy = RoomRun(case("open_challenge"), 4), set()
    run.pass_idle()
    while run.open and run.round < 8:
        busy |= {(run.round, seat) for seat in run.table()}
        run.decide()
        run.pass_idle()
    for number in range(8):
        seats = {seat for at, seat in busy if at == number}
        assert sum(organisation(row) in seats for row in range(40)) > 20


def test_a_room_is_played_again_from_what_was_decided() -> None:
    ours, draw, turns = case("open_challenge"), random.Random(5), []
    run = RoomRun(ours, 4)
    run.pass_idle()
    for _ in range(10):
        changed: list[str] = []
        for items in run.table().values():
            rules = rules_of(items)
            changed += changed_from(rules, [one for one in rules if draw.random() < 0.7])
        turns.append(frozenset(changed))
        run.decide(turns[-1])
        run.pass_idle()
    assert same(run, play(ours, turns, 4))


def test_what_is_said_is_read_back() -> None:
    said = Said(["+ask:3:1:7", "-join:3:1:8", "-publish:4:-1:-1"])
    assert list(said.of("join", "publish")) == [(3, 1, 8, -1), (4, -1, -1, -1)]
    assert said.get("ask", 3, 1, 7) == 1 and said.get("ask", 3, 1, 8) == 0
