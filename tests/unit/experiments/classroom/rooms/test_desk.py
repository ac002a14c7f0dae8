"""Who may do what in a room, what is kept, and what is left when it is deleted."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from experiments.classroom.rooms.desk import KEPT, LAST_WORDS, Desk, Opening, RoomError
from experiments.classroom.rooms.store import Store

OPENING = Opening("open_challenge", 7, 1, 60, 30)
A, B = "publish:1:-1:-1", "publish:2:-1:-1"
SEATS = ["ministry", *(f"organisation-{row}" for row in range(40))]


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(Store(None), clock)


def test_two_students_cannot_have_one_seat(desk: Desk) -> None:
    code, _ = desk.open(OPENING)
    desk.join(code, "A", "ministry", SEATS)
    with pytest.raises(RoomError, match="taken"):
        desk.join(code, "B", "ministry", SEATS)
    assert desk.join(code, "B", "", SEATS)[0] == SEATS[1]


def test_two_hundred_students_fill_thirty_seats(desk: Desk) -> None:
    code, _ = desk.open(OPENING)
    for k in range(30):
        desk.join(code, f"S{k}", "", SEATS)
    for k in range(170):
        with pytest.raises(RoomError, match="full"):
            desk.join(code, f"T{k}", "", SEATS)
    assert len({one["seat"] for one in desk.seats(code)}) == 30


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "x" * 5000, "a\x00b", "a\u202eb"])
def test_a_name_that_is_too_long_or_empty_is_refused(desk: Desk, name: str) -> None:
    code, _ = desk.open(OPENING)
    with pytest.raises(RoomError, match="name"):
        desk.join(code, name, "", SEATS)
    assert not desk.seats(code)


def test_a_token_opens_its_own_seat_in_its_own_room_only(desk: Desk) -> None:
    code, teacher = desk.open(OPENING)
    other, other_teacher = desk.open(OPENING)
    seat, token = desk.join(code, "A", "", SEATS)
    assert desk.seat(code, token)["seat"] == seat
    for wrong, where in ((token, other), (teacher, code), ("", code), (token[:-1], code)):
        with pytest.raises(RoomError, match="token"):
            desk.seat(where, wrong)
    for wrong in (token, other_teacher, ""):
        with pytest.raises(RoomError, match="token"):
            desk.control(code, wrong, "start")


def test_decisions_count_in_their_window_and_for_what_lies_before_the_seat(
    desk: Desk, clock: Clock
) -> None:
    code, teacher = desk.open(OPENING)
    _, token = desk.join(code, "A", "ministry", SEATS)
    with pytest.raises(RoomError, match="late"):
        desk.decide(code, token, 0, [], {})
    desk.control(code, teacher, "start")
    desk.decide(code, token, 0, [A], {A: True, B: False})
    assert desk.decisions(code)[0]["changed"] == []  # as the rules would have it
    desk.decide(code, token, 0, [B], {A: True, B: False})
    with pytest.raises(RoomError, match="forged"):
        desk.decide(code, token, 0, ["fund:9:9:-1"], {A: True})
    clock.now += 61
    with pytest.raises(RoomError, match="late"):
        desk.decide(code, token, 0, [], {})
    assert desk.turns(code) == (("+" + B, "-" + A),)


def test_a_window_closes_soon_when_everybody_has_decided(desk: Desk, clock: Clock) -> None:
    code, teacher = desk.open(OPENING)
    desk.control(code, teacher, "start")
    desk.hurry(code)
    clock.now += LAST_WORDS - 1.0
    assert desk.room(code)["turn"] == 0
    clock.now += 1.0
    assert desk.room(code)["turn"] == 1
    assert desk.room(code)["ends"] == clock.now + OPENING.seconds


def test_two_clicks_on_next_close_one_window(desk: Desk) -> None:
    code, teacher = desk.open(OPENING)
    desk.control(code, teacher, "start")
    desk.control(code, teacher, "next", 0)
    desk.control(code, teacher, "next", 0)
    assert desk.room(code)["turn"] == 1


def test_a_room_is_deleted_after_a_week_with_all_names(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "rooms.sqlite"
    desk = Desk(Store(file), clock)
    code, _ = desk.open(OPENING)
    desk.join(code, "Zhuge Liang", "ministry", SEATS)
    clock.now += KEPT
    assert desk.sweep() == 0
    clock.now += 1.0
    later, _ = desk.open(OPENING)  # opening another is enough
    with pytest.raises(RoomError, match="code"):
        desk.room(code)
    assert desk.room(later)["turn"] == 0
    assert all(b"Zhuge Liang" not in one.read_bytes() for one in tmp_path.iterdir())


def test_rooms_of_an_earlier_version_are_deleted(tmp_path: Path) -> None:
    file = tmp_path / "rooms.sqlite"
    with sqlite3.connect(file) as old:
        old.execute("create table rooms (code text primary key, round integer)")
        old.execute("insert into rooms values ('AAAAAA', 3)")
    old.close()
    desk = Desk(Store(file))
    with pytest.raises(RoomError, match="code"):
        desk.room("AAAAAA")
    assert desk.open(OPENING)


def test_the_teachers_clock_pauses_goes_on_and_ends(desk: Desk, clock: Clock) -> None:
    code, teacher = desk.open(OPENING)
    desk.control(code, teacher, "start")
    clock.now += 40
    desk.control(code, teacher, "pause")
    clock.now += 500
    assert desk.room(code)["turn"] == 0
    desk.control(code, teacher, "start")
    clock.now += 19
    assert desk.room(code)["turn"] == 0
    clock.now += 2
    assert desk.room(code)["turn"] == 1
    desk.control(code, teacher, "next")
    assert desk.room(code)["turn"] == 2
    desk.control(code, teacher, "end")
    with pytest.raises(RoomError, match="over"):
        desk.control(code, teacher, "next")


def test_tokens_are_not_kept_and_a_deleted_room_leaves_no_name(tmp_path: Path) -> None:
    file = tmp_path / "rooms.sqlite"
    store = Store(file)
    desk = Desk(store)
    code, teacher = desk.open(OPENING)
    _, token = desk.join(code, "Zhuge Liang", "ministry", SEATS)
    kept = file.read_bytes()
    assert b"Zhuge Liang" in kept
    assert token.encode() not in kept and teacher.encode() not in kept
    desk.control(code, teacher, "delete")
    with pytest.raises(RoomError, match="code"):
        desk.seat(code, token)
    store.close()
    assert all(b"Zhuge Liang" not in one.read_bytes() for one in tmp_path.iterdir())


def test_a_file_opened_again_has_windows_seats_and_decisions(tmp_path: Path) -> None:
    file = tmp_path / "rooms.sqlite"
    desk = Desk(Store(file))
    code, teacher = desk.open(OPENING)
    _, token = desk.join(code, "A", "ministry", SEATS)
    desk.control(code, teacher, "start")
    desk.decide(code, token, 0, [], {A: True})
    desk.control(code, teacher, "next")
    again = Desk(Store(file))  # the first was never closed, as after a kill
    assert again.turns(code) == (("-" + A,),)
    assert again.seat(code, token)["name"] == "A"
    again.control(code, teacher, "pause")
