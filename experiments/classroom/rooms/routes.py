"""The addresses of rooms: pages for students and teacher, and the questions their scripts ask."""

from __future__ import annotations

import gzip
import json
import time
from collections import OrderedDict
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from experiments.classroom.choices import Choices
from experiments.classroom.layout import scene
from experiments.classroom.menu import menu
from experiments.classroom.rooms.desk import ENDED, Desk, Opening, RoomError
from experiments.classroom.rooms.turn import MINISTRY, organisation, province
from experiments.classroom.tasks import Task, as_json
from experiments.words import LANGUAGES, Words, catalogue
from simulation.policies.agenda import MODES, NOTHING

LONGEST_MESSAGE = 20_000  # bytes; a seat's refusals are far below it
MOST_ASKED, WINDOW = 120, 60.0  # failed attempts of one address, in so many seconds
MOST_SEATS, MOST_QUARTERS, MOST_SECONDS = 60, 4, 3600
PAGES = ("open", "seat", "teacher")
PAGE_WORDS = "classroom.room."


class Failures:
    """Counts failed attempts by address, so that codes and tokens cannot be tried out."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, who: str) -> None:
        """Refuse an address that has failed too often lately."""
        if len(self._recent(who)) >= MOST_ASKED:
            raise RoomError("rate", 429)

    def count(self, who: str) -> None:
        """One more failure."""
        self._held[who] = [*self._recent(who), time.monotonic()]
        while len(self._held) > 1000:
            self._held.popitem(last=False)

    def _recent(self, who: str) -> list[float]:
        last = time.monotonic() - WINDOW
        return [one for one in self._held.get(who, []) if one > last]


@cache
def seat_names() -> list[str]:
    """All seats, in the order in which they are given out: ministry, a lead firm, provinces, ..."""
    told = scene("en")
    by_kind: dict[str, list[str]] = {}
    for row, one in enumerate(told["organisations"]):
        by_kind.setdefault(one["kind"], []).append(organisation(row))
    provinces = [province(k) for k in range(len(told["regions"]))]
    columns = [provinces, *by_kind.values()]
    longest = max(len(column) for column in columns)
    turns = [column[k] for k in range(longest) for column in columns if k < len(column)]
    return [MINISTRY, *turns]


def playable() -> list[str]:
    """Regimes in which a programme takes up needs, so that there is something to decide."""
    return [
        name
        for name, entry in menu().regimes.items()
        if any(
            one.levers["agenda"].as_mapping()["mode"] != MODES[NOTHING]
            for one in entry.regime.programmes
        )
    ]


# ---------------------------------------------------------------- pages


def _words(request: Request) -> Words:
    lang = request.query_params.get("lang", request.app.state.lang)
    return Words(lang if lang in LANGUAGES else request.app.state.lang)


async def _page(request: Request) -> Response:
    name = request.path_params.get("page", "open")
    if name not in PAGES:
        raise HTTPException(404)
    return HTMLResponse(_page_text(_words(request).lang, name))


@cache
def _page_text(lang: str, name: str) -> str:
    from experiments.classroom.server import WEB, _embedded

    words = Words(lang)
    shown = {
        key: text
        for key, text in catalogue(lang).items()
        if key.startswith((PAGE_WORDS, "classroom.error."))
    }
    told = scene(lang)
    names = {organisation(k): one["name"] for k, one in enumerate(told["organisations"])}
    names |= {
        province(k): words("classroom.room.province", name=one["name"])
        for k, one in enumerate(told["regions"])
    }
    names[MINISTRY] = words("classroom.room.ministry")
    kinds = {organisation(k): one["kind"] for k, one in enumerate(told["organisations"])}
    regimes = [{"name": key, "title": words.title(menu().regimes[key])} for key in playable()]
    data = {"words": shown, "names": names, "kinds": kinds, "seats": seat_names(), "page": name,
            "lang": lang, "scene": {"organisations": told["organisations"]},
            "menu": {"regimes": regimes}}  # fmt: skip
    template = Environment(loader=FileSystemLoader(WEB), autoescape=True).get_template(
        "room.html.j2"
    )
    other = "zh" if lang == "en" else "en"
    return template.render(t=words, lang=lang, other=other, page=name, data=_embedded(data),
                           regimes=regimes, most=MOST_SEATS)  # fmt: skip


# ---------------------------------------------------------------- questions


async def _open(request: Request) -> Response:
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
    """What a student sees."""
    desk, code = _desk(request), _code(request)
    seat = desk.seat(code, _token(request))
    view = await _view(request, code)
    table = view.pop("table")
    refused = [
        one["refused"] for one in desk.decisions(code)
        if one["seat"] == seat["seat"] and one["round"] == view["round"]
    ]  # fmt: skip
    more = {"seat": seat["seat"], "name": seat["name"], "items": table.get(seat["seat"], []),
            "refused": refused[0] if refused else None}  # fmt: skip
    return _packed({**view, **more})


async def _teacher(request: Request) -> Response:
    """What the teacher sees: who sits where and who has decided, not yet what."""
    desk, code = _desk(request), _code(request)
    desk.teacher(code, _token(request))
    view = await _view(request, code)
    table = view.pop("table")
    decided = {one["seat"] for one in desk.decisions(code) if one["round"] == view["round"]}
    seats = [
        {**one, "items": len(table.get(one["seat"], [])), "decided": one["seat"] in decided}
        for one in desk.seats(code)
    ]
    return _packed({**view, "seats": seats})


async def _view(request: Request, code: str) -> dict[str, Any]:
    desk = _desk(request)
    room = desk.room(code)
    found = await _ask(request, "standing", room, desk.rounds(code))
    now = time.time()
    left = room["ends"] - now if room["ends"] is not None else room["rest"]
    if found["quarter"] >= found["policy"] and room["state"] != ENDED:
        desk.finish(code)
        room = desk.room(code)
    return {**found, "round": room["round"], "state": room["state"], "left": max(0.0, left),
            "quarters": room["quarters"], "regime": room["regime"], "seed": room["seed"]}  # fmt: skip


async def _decide(request: Request) -> Response:
    desk, code, told = _desk(request), _code(request), await _message(request)
    seat, number, refused = desk.seat(code, _token(request)), told.get("round"), told.get("refused")
    if type(number) is not int or not isinstance(refused, list):
        raise RoomError("message")
    if not all(isinstance(key, str) for key in refused):
        raise RoomError("message")
    room = desk.room(code)
    found = await _ask(request, "standing", room, desk.rounds(code))
    known = {item["key"] for item in found["table"].get(seat["seat"], [])}
    if number != room["round"]:
        raise RoomError("late", 409)
    desk.decide(code, _token(request), number, refused, known)
    return JSONResponse({"round": number})


async def _control(request: Request) -> Response:
    told = await _message(request)
    _desk(request).control(_code(request), _token(request), str(told.get("do")))
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
    found = await _ask(request, "debrief", room, desk.rounds(code))
    return _packed({**found, "people": desk.seats(code), "decisions": desk.decisions(code),
                    "quarters": room["quarters"], "rounds": room["round"],
                    "regime": room["regime"], "seed": room["seed"]})  # fmt: skip


async def _ask(
    request: Request, name: str, room: dict[str, Any], rounds: tuple[tuple[str, ...], ...]
) -> dict[str, Any]:
    """A worker's answer, made once however many ask for it."""
    chosen = Choices(room["regime"], "laissez_faire", "solved", room["seed"])
    task = Task(name, chosen, (rounds, room["quarters"]))

    async def make() -> bytes:
        return as_json(await request.app.state.workers.do(task))

    found: dict[str, Any] = json.loads(await request.app.state.answers.get(task, make))
    return found


# ---------------------------------------------------------------- what a question brings


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    request.app.state.failures.check(_who(request))
    return desk


def _who(request: Request) -> str:
    return request.client.host if request.client else ""


def _code(request: Request) -> str:
    return str(request.path_params["code"]).upper()[:20]


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token[:100] if kind == "Bearer" else ""


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
        request.app.state.failures.count(_who(request))
    text = _words(request)(f"classroom.room.error.{error.key}", **error.values)
    return JSONResponse({"error": text, "kind": error.key}, error.status)


async def _qr(request: Request) -> Response:
    """The address of the page on which students join this room."""
    import segno

    code = _code(request)
    _desk(request).room(code)
    base = (request.app.state.address or str(request.base_url)).split("?")[0]
    lang = _words(request).lang
    picture = segno.make(f"{base}room/seat?lang={lang}#{code}", error="m").svg_inline(scale=4)
    text = picture.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return Response(text, media_type="image/svg+xml")


ROUTES = [
    Route("/room", _page),
    Route("/room/{page}", _page),
    Route("/api/room", _open, methods=["POST"]),
    Route("/api/room/{code}", _free),
    Route("/api/room/{code}/join", _join, methods=["POST"]),
    Route("/api/room/{code}/seat", _seat),
    Route("/api/room/{code}/teacher", _teacher),
    Route("/api/room/{code}/decide", _decide, methods=["POST"]),
    Route("/api/room/{code}/control", _control, methods=["POST"]),
    Route("/api/room/{code}/debrief", _debrief),
    Route("/api/room/{code}/qr.svg", _qr),
]
