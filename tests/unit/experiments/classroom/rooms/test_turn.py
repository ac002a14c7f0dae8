"""Quarters with people in them: nobody deciding changes nothing; each refusal does what it says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from experiments.classroom.case import Case, case_of
from experiments.classroom.choices import Choices
from experiments.classroom.rooms.turn import RoomRun, Table, _form, called, play_rounds
from experiments.classroom.stepping import Stepper
from simulation import events as log
from simulation.phases import PHASES

REGIMES = ("open_challenge", "lead_firm_consortium", "race", "delta_joint_programme")
QUARTERS = 16
NOTHING = frozenset(
    {"nothing"}
)  # refused by nobody's rule, so that the path with decisions is taken


def case(regime: str) -> Case:
    rich = (("money.budget_myuan_per_year", 40.0),)  # the joint programme funds too little else
    settings = rich if regime == "delta_joint_programme" else ()
    return case_of(Choices(regime, "laissez_faire", "solved", 7, settings))


def same(ours: Stepper, other: Stepper) -> bool:
    return ours.state.block.tobytes() == other.state.block.tobytes() and np.array_equal(
        ours.events, other.events
    )


def tables(regime: str) -> Iterator[tuple[RoomRun, Table]]:
    """A run before each of its quarters, and what lies before the seats."""
    run = RoomRun(case(regime))
    while run.quarter < run.policy:
        yield run, run.table()
        run.step()


def first(regime: str, kind: str, *, rule: bool = True) -> tuple[RoomRun, str, dict[str, object]]:
    """The first time an item of a kind lies before a seat."""
    for run, table in tables(regime):
        for seat, items in table.items():
            for item in items:
                if item["kind"] == kind and item["rule"] == rule:
                    return run, seat, item
    raise AssertionError(f"{regime} has no {kind}")


@pytest.mark.parametrize("regime", REGIMES)
def test_a_room_in_which_nobody_refuses_is_the_run_of_the_model(regime: str) -> None:
    room, model = RoomRun(case(regime)), Stepper(case(regime))
    calls = 0
    for _ in range(QUARTERS):
        calls += len(room.table())
        room.play(NOTHING)
        model.step()
        assert same(room, model)
    assert calls > 0


def new_events(run: RoomRun, refused: str) -> np.ndarray:
    told = len(run.events)
    run.play(frozenset({refused}))
    return run.events[told:]


def about(events: np.ndarray, kind: int, need: object) -> np.ndarray:
    return events[(events["kind"] == kind) & (events["problem"] == need)]


@pytest.mark.parametrize(
    ("regime", "kind", "seat"),
    [
        ("open_challenge", "call", "ministry"),
        ("lead_firm_consortium", "call", "ministry"),
        ("open_challenge", "hand", "province"),
    ],
)
def test_a_need_that_is_not_called_gets_no_bid(regime: str, kind: str, seat: str) -> None:
    run, where, item = first(regime, kind)
    assert where.startswith(seat)
    events = new_events(run, str(item["key"]))
    assert not len(about(events, log.BID, item["need"]))


@pytest.mark.parametrize("regime", ["open_challenge", "lead_firm_consortium"])
def test_a_lead_that_does_not_bid_does_not(regime: str) -> None:
    run, seat, item = first(regime, "bid")
    assert seat == f"organisation-{item['lead']}"
    bids = about(new_events(run, str(item["key"])), log.BID, item["need"])
    assert item["lead"] not in bids["organisation"]


@pytest.mark.parametrize("kind", ["join", "ask"])
@pytest.mark.parametrize("regime", ["open_challenge", "lead_firm_consortium"])
def test_who_declines_or_is_not_asked_is_in_no_bid_for_that_need(regime: str, kind: str) -> None:
    run, seat, item = first(regime, kind)
    assert seat == f"organisation-{item['who' if kind == 'join' else 'lead']}"
    busy = run.state.organisations["busy"].copy()
    events = new_events(run, str(item["key"]))
    accepted = about(events, log.ACCEPTED, item["need"])
    assert item["who"] not in accepted["organisation"]
    assert run.state.organisations["busy"].max() < busy.max() + 1000.0  # the mask is taken off


@pytest.mark.parametrize(
    ("regime", "kind", "seat"),
    [("open_challenge", "fund", "ministry"), ("delta_joint_programme", "back", "province")],
)
def test_a_bid_that_is_not_funded_gets_no_money(regime: str, kind: str, seat: str) -> None:
    run, where, item = first(regime, kind)
    assert where.startswith(seat) and item["grant"] > 0  # type: ignore[operator]
    events = new_events(run, str(item["key"]))
    assert item["lead"] not in about(events, log.AWARDED, item["need"])["organisation"]
    assert item["lead"] in about(events, log.TURNED_DOWN, item["need"])["organisation"]


def test_the_rest_of_a_run_with_refusals_is_sound() -> None:
    run = RoomRun(case("lead_firm_consortium"))
    refusals = 0
    while run.running:
        keys = [item["key"] for items in run.table().values() for item in items]
        chosen = frozenset(str(key) for key in keys[:: 2 + run.quarter % 3])
        refusals += len(chosen)
        run.play(chosen)  # the last quarter checks that money and time are conserved
    assert refusals > 50


def test_each_need_is_called_once_when_needs_form_one_by_one() -> None:
    run = RoomRun(case("open_challenge"))
    now, told = run.burn_in, len(run.events)
    for phase in PHASES[:2]:
        phase.run(run.state, now, policy=True, fresh=True)
    needs = list(called(run.state, now))
    before = run.state.problems["due"].copy()
    _form(run.state, now, NOTHING)
    assert np.array_equal(run.state.problems["due"], before)
    assert {int(one) for one in run.events[told:]["problem"]} >= set(needs)


def test_every_round_has_something_to_decide() -> None:
    ours = case("open_challenge")
    for count in range(6):
        run = play_rounds(ours, [frozenset()] * count, 1)
        assert run.table()
