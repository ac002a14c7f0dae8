"""The addresses of rooms: the questions that the scripts of students, teacher and projector ask."""

from __future__ import annotations

import gzip
import json
import time
from collections import OrderedDict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from experiments.classroom.choices import Choices
from experiments.classroom.menu import menu
from experiments.classroom.rooms.desk import ENDED, RUNNING, Desk, Opening, RoomError
from experiments.classroom.rooms.limits import Limits
from experiments.classroom.rooms.pages import MOST_SEATS, page, playable, seat_names, words_of
from experiments.classroom.rooms.seats import rules_of
from experiments.classroom.tasks import Task, as_json

LONGEST_MESSAGE = 60_000  # bytes; what a seat says yes to is far below it
MOST_QUARTERS, MOST_SECONDS = 4, 3600
KEPT_ANSWERS = 16  # of workers, as Python objects of a few hundred kilobytes

View = dict[str, Any]


class Read:
    """The last answers of workers, read once however many ask for a part of them."""

    def __init__(self) -> None:
        self._held: OrderedDict[Any, View] = OrderedDict()

    def get(self, key: Any, text: bytes) -> View:
        """The answer ``text`` to the question ``key``; nobody writes into it."""
        if key not in self._held:
            self._held[key] = json.loads(text)
            while len(self._held) > KEPT_ANSWERS:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key]


async def _open(request: Request) -> Response:
    _limits(request).joining.take(_who(request))
    told = await _message(request)
    if told.get("regime") not in playable():
        raise RoomError("regime", known=", ".join(playable()))
    opening = Opening(
        str(told["regime"]),
        _number(told, "seed", 0, menu().most_seed), _number(told, "quarters", 1, MOST_QUARTERS),
        _number(told, "seconds", 5, MOST_SECONDS), _number(told, "most", 1, MOST_SEATS),
    )  # fmt: skip
    code, token = _desk(request).open(opening)
    return JSONResponse({"code": code, "token": token})


async def _join(request: Request) -> Response:
    _limits(request).joining.take(_who(request))
    told = await _message(request)
    name, wanted = told.get("name", ""), told.get("seat", "")
    if not isinstance(name, str) or not isinstance(wanted, str):
        raise RoomError("message")
    seat, token = _desk(request).join(_code(request), name, wanted, seat_names())
    return JSONResponse({"seat": seat, "token": token})


async def _free(request: Request) -> Response:
    """What is told before joining: which seats are free, without names."""
    desk, code = _desk(request), _code(request)
    room = desk.room(code)
    taken = [one["seat"] for one in desk.seats(code)]
    return JSONResponse({"taken": taken, "full": len(taken) >= room["most"]})


async def _seat(request: Request) -> Response:
    """What a student sees; only the clock and who is ready, if its page has the rest already."""
    desk, code = _desk(request), _code(request)
    seat = desk.seat(code, _token(request))
    room, found = await _standing(request, code)
    told = _progress(desk, room, found) | {"seat": seat["seat"], "name": seat["name"]}
    if request.query_params.get("seen") == told["stamp"]:
        return _packed(told)
    own = [
        one["changed"] for one in desk.decisions(code)
        if one["seat"] == seat["seat"] and one["turn"] == room["turn"]
    ]  # fmt: skip
    more = {"items": found["table"].get(seat["seat"], []), "changed": own[0] if own else None}
    return _packed(told | _lines(found) | more)


async def _teacher(request: Request) -> Response:
    """What the teacher sees: who sits where and who has decided, not yet what."""
    desk, code = _desk(request), _code(request)
    desk.teacher(code, _token(request))
    room, found = await _standing(request, code)
    names = {one["seat"]: one["name"] for one in desk.seats(code)}
    seats = [{**one, "name": names[one["seat"]]} for one in _ready(desk, room, found)]
    return _packed(_progress(desk, room, found) | _lines(found) | {"seats": seats})


async def _screen(request: Request) -> Response:
    """What is projected for all: seats without names, and the picture; nothing that opens anything."""
    desk, code = _desk(request), _code(request)
    room, found = await _standing(request, code)
    more = {"seats": _ready(desk, room, found), "teams": found["teams"]}
    if room["state"] == ENDED:
        more["outcome"] = await _outcome(request, room)
    return _packed(_progress(desk, room, found) | _lines(found) | more)


async def _outcome(request: Request, room: dict[str, Any]) -> View:
    """What the room came to, with neither names nor decisions."""
    found, decisions = await _played(request, room)
    told = {key: found[key] for key in ("series", "room", "model", "windows")}
    people = len(_desk(request).seats(room["code"]))
    return {**told, "people": people, "count": sum(len(one["changed"]) for one in decisions)}


async def _standing(request: Request, code: str) -> tuple[dict[str, Any], View]:
    """The room, and where it stands; windows in which no seat has anything are passed over."""
    desk = _desk(request)
    while True:
        room = desk.room(code)
        found = await _ask(request, "standing", room, desk.turns(code))
        over = found["quarter"] >= found["policy"]
        if over and room["state"] != ENDED:
            desk.finish(code)
            return desk.room(code), found
        taken = {one["seat"] for one in desk.seats(code)}
        if over or room["state"] != RUNNING or not taken or taken & found["table"].keys():
            return room, found
        desk.pass_over(room)


def _ready(desk: Desk, room: dict[str, Any], found: View) -> list[dict[str, Any]]:
    """Seats taken: how much lies before each, and whether it has decided."""
    decided = {one["seat"] for one in desk.decisions(room["code"]) if one["turn"] == room["turn"]}
    return [
        {"seat": one["seat"], "items": len(found["table"].get(one["seat"], [])),
         "decided": one["seat"] in decided}
        for one in desk.seats(room["code"])
    ]  # fmt: skip


def _progress(desk: Desk, room: dict[str, Any], found: View) -> View:
    """Clock, window, and how many have decided."""
    left = room["rest"] if room["ends"] is None else room["ends"] - time.time()
    asked = [one for one in _ready(desk, room, found) if one["items"]]
    return {
        "stamp": f"{room['turn']}.{room['state']}", "turn": room["turn"], "state": room["state"],
        "left": max(0.0, left), "round": found["round"], "window": found["window"],
        "quarter": found["quarter"], "policy": found["policy"], "asked": len(asked),
        "decided": sum(one["decided"] for one in asked),
    }  # fmt: skip


def _lines(found: View) -> View:
    """Values now, of the room and of the model alone."""
    last = {name: found[name][-1:] for name in ("room", "model")}
    return {"series": found["series"], **last}


async def _decide(request: Request) -> Response:
    desk, code, told = _desk(request), _code(request), await _message(request)
    seat, turn, yes = desk.seat(code, _token(request)), told.get("turn"), told.get("yes")
    if type(turn) is not int or not isinstance(yes, list):
        raise RoomError("message")
    if not all(isinstance(key, str) for key in yes):
        raise RoomError("message")
    room = desk.room(code)
    if turn != room["turn"]:
        raise RoomError("late", 409)
    found = await _ask(request, "standing", room, desk.turns(code))
    desk.decide(code, _token(request), turn, yes, rules_of(found["table"].get(seat["seat"], [])))
    if all(one["decided"] or not one["items"] for one in _ready(desk, room, found)):
        desk.hurry(code)
    return JSONResponse({"turn": turn})


async def _control(request: Request) -> Response:
    told = await _message(request)
    turn = told.get("turn")
    if turn is not None and type(turn) is not int:
        raise RoomError("message")
    _desk(request).control(_code(request), _token(request), str(told.get("do")), turn)
    return JSONResponse({})


async def _debrief(request: Request) -> Response:
    """For everybody in the room, when it is over."""
    desk, code, token = _desk(request), _code(request), _token(request)
    try:
        desk.teacher(code, token)
    except RoomError:
        desk.seat(code, token)
    room = desk.room(code)
    if room["state"] != ENDED:
        raise RoomError("early", 409)
    found, decisions = await _played(request, room)
    return _packed({**found, "people": desk.seats(code), "decisions": decisions,
                    "quarters": room["quarters"], "regime": room["regime"], "seed": room["seed"]})  # fmt: skip


async def _played(request: Request, room: dict[str, Any]) -> tuple[View, list[dict[str, Any]]]:
    """The whole run of a room that is over, and the decisions that had a part in it."""
    desk, code = _desk(request), room["code"]
    found = await _ask(request, "debrief", room, desk.turns(code))
    open_turns = range(len(found["windows"]))
    return found, [one for one in desk.decisions(code) if one["turn"] in open_turns]


async def _ask(
    request: Request, name: str, room: dict[str, Any], turns: tuple[tuple[str, ...], ...]
) -> View:
    """A worker's answer, made once however many ask for it."""
    chosen = Choices(room["regime"], "laissez_faire", "solved", room["seed"])
    task = Task(name, chosen, (turns, room["quarters"]))

    async def make() -> bytes:
        return as_json(await request.app.state.workers.do(task))

    state = request.app.state
    found: View = state.read.get(task, await state.answers.get(task, make))
    return found


# ---------------------------------------------------------------- what a question brings


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    _limits(request).failed.check(_who(request))
    return desk


def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


def _who(request: Request) -> str:
    return request.client.host if request.client else ""


def _code(request: Request) -> str:
    return str(request.path_params["code"]).upper()[:20]


def _token(request: Request) -> str:
    """The token that is brought, if it is not used too often."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    token = token[:100] if kind == "Bearer" else ""
    if token:
        _limits(request).asked.take(token)
    return token


async def _message(request: Request) -> dict[str, Any]:
    """The JSON object that was sent, if it is not too long and nothing else."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_MESSAGE:
            raise RoomError("long", 413, most=LONGEST_MESSAGE)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RoomError("message") from error
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise RoomError("message")  # a form of another site cannot send this type
    if not isinstance(told, dict):
        raise RoomError("message")
    return told


def _number(told: dict[str, Any], name: str, low: int, high: int) -> int:
    value = told.get(name)
    if type(value) is not int or not low <= value <= high:
        raise RoomError("number", name=name, low=low, high=high)
    return value


def _packed(value: Any) -> Response:
    headers = {"content-encoding": "gzip", "cache-control": "no-store"}
    return Response(
        gzip.compress(as_json(value), 5), media_type="application/json", headers=headers
    )


async def refused(request: Request, error: Exception) -> Response:
    """What is told to whoever asked for something that is not to be had."""
    assert isinstance(error, RoomError)
    if error.status in (403, 404):
        _limits(request).failed.count(_who(request))
    text = words_of(request)(f"classroom.room.error.{error.key}", **error.values)
    return JSONResponse({"error": text, "kind": error.key}, error.status)


async def _qr(request: Request) -> Response:
    """The address of the page on which students join this room."""
    import segno

    code = _code(request)
    _desk(request).room(code)
    base = (request.app.state.address or str(request.base_url)).split("?")[0]
    lang = words_of(request).lang
    picture = segno.make(f"{base}room/seat?lang={lang}#{code}", error="m").svg_inline(scale=4)
    text = picture.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return Response(text, media_type="image/svg+xml")


ROUTES = [
    Route("/room", page),
    Route("/room/{page}", page),
    Route("/api/room", _open, methods=["POST"]),
    Route("/api/room/{code}", _free),
    Route("/api/room/{code}/join", _join, methods=["POST"]),
    Route("/api/room/{code}/seat", _seat),
    Route("/api/room/{code}/teacher", _teacher),
    Route("/api/room/{code}/screen", _screen),
    Route("/api/room/{code}/decide", _decide, methods=["POST"]),
    Route("/api/room/{code}/control", _control, methods=["POST"]),
    Route("/api/room/{code}/debrief", _debrief),
    Route("/api/room/{code}/qr.svg", _qr),
]
