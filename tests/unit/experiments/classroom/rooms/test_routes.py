"""The addresses of rooms, from opening to debrief, through a server that is killed in between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agents.consortium import STATES
from experiments.classroom.picture import SERIES
from experiments.classroom.rooms.limits import MOST_ASKED
from experiments.classroom.rooms.routes import LONGEST_MESSAGE
from experiments.classroom.rooms.seats import WINDOWS
from experiments.classroom.server import WEB, make_app
from experiments.words import LANGUAGES, catalogue

OPENING = {"regime": "open_challenge", "seed": 7, "quarters": 4, "seconds": 600, "most": 30}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rooms") / "rooms.sqlite"


@pytest.fixture(scope="module")
def client(file: Path) -> Iterator[TestClient]:
    with TestClient(make_app(1, rooms=file)) as opened:
        yield opened


class Room:
    """A room and its teacher."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        told = client.post("/api/room", json=OPENING).json()
        self.path, self.teacher = f"/api/room/{told['code']}", told["token"]

    def ask(self, token: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {token}"}
        method = "GET" if body is None else "POST"
        return self.client.request(method, f"{self.path}/{path}", headers=headers, json=body)

    def join(self, name: str, seat: str = "") -> Any:
        return self.client.post(f"{self.path}/join", json={"name": name, "seat": seat})


def forward(room: Room, token: str, window: str) -> Any:
    """Close windows until this one is open; returns what the seat sees."""
    for _ in range(20):
        view = room.ask(token, "seat").json()
        if view["window"] == window:
            return view
        room.ask(room.teacher, "control", {"do": "next", "turn": view["turn"]})
    raise AssertionError(f"{window} does not come")


def test_a_room_from_opening_to_debrief(client: TestClient, file: Path) -> None:
    room = Room(client)
    token = room.join("<script>alert(1)</script>", "ministry").json()["token"]
    assert room.ask(room.teacher, "control", {"do": "start"}).status_code == 200
    view = forward(room, token, "fund")
    refused = [f"-{item['key']}" for item in view["items"] if item["rule"]]
    assert view["seat"] == "ministry" and refused and view["room"] == view["model"]
    assert room.ask(token, "debrief").status_code == 409
    turn = view["turn"]
    assert room.ask(token, "decide", {"turn": turn, "yes": []}).status_code == 200
    short = room.ask(token, f"seat?seen={view['stamp']}").json()
    assert "items" not in short and short["decided"] == 1 and short["left"] <= 5.0
    seats = room.ask(room.teacher, "teacher").json()["seats"]
    assert [one["decided"] for one in seats] == [True]
    room.ask(room.teacher, "control", {"do": "next", "turn": turn})
    after = room.ask(token, "seat").json()
    assert after["quarter"] >= view["quarter"] + 4 and after["changed"] is None
    with TestClient(make_app(1, rooms=file)) as other:  # another server with the same file
        room.client = other
        assert room.ask(token, "seat").json()["room"] == after["room"]
    room.client = client
    room.ask(room.teacher, "control", {"do": "end"})
    told = room.ask(token, "debrief").json()
    mine = {"turn": turn, "seat": "ministry", "changed": sorted(refused)}
    assert told["decisions"] == [mine] and told["windows"][turn][1] == "fund"
    assert told["room"] != told["model"]
    need = view["items"][0]["need"]
    assert str(need) in told["needs"] and "refused" in told["bids"].values()
    assert room.ask(room.teacher, "control", {"do": "delete"}).status_code == 200
    assert room.ask(token, "seat").status_code == 404


def test_windows_in_which_no_seat_has_anything_are_passed_over(client: TestClient) -> None:
    room = Room(client)
    token = room.join("A", "organisation-0").json()["token"]
    room.ask(room.teacher, "control", {"do": "start"})
    for _ in range(6):
        view = room.ask(token, "seat").json()
        assert view["items"]
        room.ask(room.teacher, "control", {"do": "next", "turn": view["turn"]})


def test_the_projected_page_tells_no_name_and_opens_nothing(client: TestClient) -> None:
    room = Room(client)
    token = room.join("Zhuge Liang", "ministry").json()["token"]
    room.ask(room.teacher, "control", {"do": "start"})
    text = client.get(f"{room.path}/screen").text
    told = client.get(f"{room.path}/screen").json()
    assert [one["seat"] for one in told["seats"]] == ["ministry"] and told["teams"]
    assert "Zhuge" not in text and token not in text and room.teacher not in text
    assert "table" not in told and "items" not in told and "outcome" not in told
    view = forward(room, token, "fund")
    room.ask(token, "decide", {"turn": view["turn"], "yes": []})
    room.ask(room.teacher, "control", {"do": "next", "turn": view["turn"]})
    room.ask(room.teacher, "control", {"do": "end"})
    text = client.get(f"{room.path}/screen").text
    outcome = client.get(f"{room.path}/screen").json()["outcome"]
    debrief = room.ask(token, "debrief").json()
    assert outcome.keys() == {"series", "room", "model", "windows", "people", "count"}
    assert outcome["room"] == debrief["room"] and outcome["people"] == 1
    assert outcome["count"] == len(debrief["decisions"][0]["changed"]) > 0
    assert "Zhuge" not in text and token not in text


def test_whoever_asks_without_end_is_told_to_wait(client: TestClient) -> None:
    room = Room(client)
    token = room.join("A", "ministry").json()["token"]
    other = room.join("B").json()["token"]
    answers = [room.ask(token, "seat?seen=0.waiting").status_code for _ in range(MOST_ASKED + 1)]
    assert answers == [200] * MOST_ASKED + [429]
    assert room.ask(other, "seat").status_code == 200


def test_a_student_can_do_nothing_in_the_name_of_others(client: TestClient) -> None:
    room, other = Room(client), Room(client)
    ministry = room.join("A", "ministry").json()["token"]
    firm = room.join("B", "organisation-0").json()["token"]
    room.ask(room.teacher, "control", {"do": "start"})
    view = forward(room, ministry, "fund")
    forged = {"turn": view["turn"], "yes": [view["items"][0]["key"]], "seat": "ministry"}
    assert room.ask(firm, "decide", forged).json()["kind"] == "forged"
    for token, where, path, body in (
        (firm, room, "control", {"do": "next"}),
        (firm, room, "teacher", None),
        (firm, other, "seat", None),
        (room.teacher, other, "teacher", None),
    ):
        assert where.ask(token, path, body).status_code == 403
    names = str(room.ask(firm, "seat").json())
    assert "'A'" not in names  # a seat sees no other's name before the debrief


@pytest.mark.parametrize(
    "body", [None, "text", [], {"turn": "0", "yes": []}, {"turn": 0, "yes": [1]}]
)
def test_a_message_that_cannot_be_is_refused(client: TestClient, body: Any) -> None:
    room = Room(client)
    token = room.join("A").json()["token"]
    headers = {"authorization": f"Bearer {token}"}
    answer = client.post(f"{room.path}/decide", headers=headers, json=body)
    assert answer.status_code == 400 and answer.json()["kind"] == "message"


def test_long_messages_and_names_and_wrong_codes_are_refused(client: TestClient) -> None:
    room = Room(client)
    assert room.join("x" * 5000).json()["kind"] == "name"
    assert room.join("x" * LONGEST_MESSAGE).status_code == 413
    wrong = client.post("/api/room/AAAAAA/join", params={"lang": "zh"}, json={"name": "A"})
    assert wrong.status_code == 404
    assert wrong.json()["error"] == catalogue("zh")["classroom.room.error.code"]
    assert client.post("/api/room", json={**OPENING, "most": 10**6}).status_code == 400
    assert client.post("/api/room", json={**OPENING, "regime": "laissez_faire"}).status_code == 400


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", ["open", "seat", "teacher", "screen"])
def test_pages_are_in_their_language(client: TestClient, lang: str, page: str) -> None:
    text = client.get(f"/room/{page}", params={"lang": lang}).text
    assert catalogue(lang)[f"classroom.room.title.{page}"] in text
    if page == "seat":
        assert catalogue(lang)["classroom.room.stored"].split("：")[0] in text


def test_every_word_that_the_scripts_ask_for_is_there() -> None:
    asked = set()
    for file in WEB.glob("room*.js"):
        asked |= set(re.findall(r'\bsay\("([\w.]+)"', file.read_text(encoding="utf-8")))
    for kind in ("hand", "publish", "bid", "ask", "join", "fund", "back"):
        asked |= {f"said.{kind}.yes", f"said.{kind}.no"}
        asked |= {f"item.{kind}"} if kind != "ask" else {"invite_usual", "invite_near"}
    asked |= {f"{part}.{window}" for part in ("window", "task") for window in WINDOWS}
    asked |= {f"fate.bid.{state}" for state in (*STATES, "none")}
    asked |= {f"series.{name}" for name in SERIES} | {
        f"question.{q}" for q in ("chose", "luck", "pairs")
    }
    asked |= {"led", "solved", "money", "own", "others", "seats"}
    assert len(asked) > 60
    for lang in LANGUAGES:
        assert not {key for key in asked if f"classroom.room.{key}" not in catalogue(lang)}


def test_thirty_seats_play_a_lesson_to_its_debrief(client: TestClient) -> None:
    room = Room(client)
    tokens = [room.join(f"S{k}").json()["token"] for k in range(30)]
    assert room.join("one too many").json()["kind"] == "full"
    room.ask(room.teacher, "control", {"do": "start"})
    answered = changes = 0
    for _ in range(16):
        turn = room.ask(room.teacher, "teacher").json()["turn"]
        for token in tokens:
            view = room.ask(token, "seat").json()
            yes = [item["key"] for item in view["items"] if item["kind"] == "bid"]
            answer = room.ask(token, "decide", {"turn": turn, "yes": yes})
            answered += answer.status_code == 200
            changes += len(view["items"])
        room.ask(room.teacher, "control", {"do": "next", "turn": turn})
    assert answered == 480 and changes > 100
    room.ask(room.teacher, "control", {"do": "end"})
    told = room.ask(tokens[0], "debrief").json()
    assert len(told["people"]) == 30 and len(told["decisions"]) >= 480
    assert told["room"] != told["model"]
