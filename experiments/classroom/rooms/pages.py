"""The pages of rooms: opening one, a seat, the teacher's, and the one that is projected."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from experiments.classroom.layout import SCREEN, WALL, scene
from experiments.classroom.menu import menu
from experiments.classroom.rooms.seats import MINISTRY, organisation, province
from experiments.words import LANGUAGES, Words, catalogue
from simulation.policies.agenda import MODES, NOTHING

MOST_SEATS = 60
PAGES = ("open", "seat", "teacher", "screen")
SHOWN_WORDS = (
    "classroom.room.", "classroom.error.", "classroom.legend.", "classroom.inspect.pro",
    "classroom.inspect.pri", "story.kind.", "classroom.axis.quarter",
)  # fmt: skip


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


def words_of(request: Request) -> Words:
    """Words in the language that is asked for."""
    lang = request.query_params.get("lang", request.app.state.lang)
    return Words(lang if lang in LANGUAGES else request.app.state.lang)


async def page(request: Request) -> Response:
    """One of :data:`PAGES`."""
    name = request.path_params.get("page", "open")
    if name not in PAGES:
        raise HTTPException(404)
    return HTMLResponse(_page_text(words_of(request).lang, name))


@cache
def _page_text(lang: str, name: str) -> str:
    from experiments.classroom.server import WEB, _embedded

    words = Words(lang)
    shown = {key: text for key, text in catalogue(lang).items() if key.startswith(SHOWN_WORDS)}
    told = scene(lang, WALL if name == "screen" else SCREEN)
    names = {organisation(k): one["name"] for k, one in enumerate(told["organisations"])}
    names |= {
        province(k): words("classroom.room.province", name=one["name"])
        for k, one in enumerate(told["regions"])
    }
    names[MINISTRY] = words("classroom.room.ministry")
    kinds = {organisation(k): one["kind"] for k, one in enumerate(told["organisations"])}
    regimes = [{"name": key, "title": words.title(menu().regimes[key])} for key in playable()]
    data = {"words": shown, "names": names, "kinds": kinds, "seats": seat_names(), "page": name,
            "lang": lang, "scene": told,
            "menu": {"regimes": regimes}}  # fmt: skip
    template = Environment(loader=FileSystemLoader(WEB), autoescape=True).get_template(
        "room.html.j2"
    )
    other = "zh" if lang == "en" else "en"
    return template.render(t=words, lang=lang, other=other, page=name, data=_embedded(data),
                           regimes=regimes, most=MOST_SEATS)  # fmt: skip
