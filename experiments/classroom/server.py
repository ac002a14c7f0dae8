"""The web application: one page, a few addresses for its numbers, and nothing kept of anybody."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from agents.settings import ConfigError
from experiments.classroom.choices import Choices, read_choices
from experiments.classroom.layout import scene
from experiments.classroom.menu import menu
from experiments.classroom.rooms.desk import Desk, RoomError
from experiments.classroom.rooms.limits import Limits
from experiments.classroom.rooms.routes import ROUTES, Read, refused
from experiments.classroom.rooms.store import Store
from experiments.classroom.safety import SecureHeaders
from experiments.classroom.tasks import Task, as_json
from experiments.classroom.workers import BusyError, WorkerError, Workers
from experiments.words import LANGUAGES, Words, catalogue

WEB = Path(__file__).parent / "web"
FONTS = Path(__file__).parents[1] / "fonts"
KEPT_ANSWERS = 128  # of about 30 kB each
CHUNK_MIXES = 12  # runs of a task in the background: about 40 ms
CHUNK_PAIRS = 3
PAGE_WORDS = ("classroom.", "measure.", "story.kind.")  # words that the page itself puts together


class Answers:
    """Answers that were given lately, by question; a run is a function of its settings."""

    def __init__(self) -> None:
        self._held: OrderedDict[Any, bytes] = OrderedDict()
        self._asked: dict[Any, asyncio.Lock] = {}

    async def get(self, key: Any, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer, made once even when thirty ask for it together."""
        lock = self._asked.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if key not in self._held:
                    self._held[key] = await make()
                    while len(self._held) > KEPT_ANSWERS:
                        self._held.popitem(last=False)
                self._held.move_to_end(key)
                return self._held[key]
        finally:
            if not lock.locked():
                self._asked.pop(key, None)


def make_app(
    jobs: int, lang: str = "en", address: str = "", rooms: Path | None = None
) -> Starlette:
    """The application.

    Parameters
    ----------
    jobs: worker processes.
    lang: language of a page whose address names none.
    address: what students type, shown on the page with its QR code; empty for none.
    rooms: file that rooms are kept in; without one they are kept in memory.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.workers, app.state.answers = Workers(jobs), Answers()
        store = Store(rooms)
        app.state.desk, app.state.limits, app.state.read = Desk(store), Limits(), Read()
        app.state.desk.sweep()
        await app.state.workers.start()
        yield
        await app.state.workers.close()
        store.close()

    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/api/picture", _picture),
            Route("/api/line", _line),
            Route("/api/inspect", _inspect),
            Route("/api/compare", _compare),
            Route("/api/why", _why),
            Route("/export/run.csv", _data),
            Route("/export/settings.yaml", _config),
            Route("/qr.svg", _qr),
            *ROUTES,
            Mount("/static", StaticFiles(directory=WEB)),
            Mount("/fonts", StaticFiles(directory=FONTS)),
        ],
        middleware=[Middleware(SecureHeaders)],
        exception_handlers={
            ConfigError: _refused,
            BusyError: _busy,
            WorkerError: _failed,
            RoomError: refused,
        },
        lifespan=lifespan,
    )
    app.state.lang, app.state.address = lang, address
    return app


# ---------------------------------------------------------------- page


def _words(request: Request) -> Words:
    lang = request.query_params.get("lang", request.app.state.lang)
    return Words(lang if lang in LANGUAGES else request.app.state.lang)


async def _page(request: Request) -> Response:
    return HTMLResponse(_page_text(_words(request).lang, request.app.state.address))


@cache
def _page_text(lang: str, address: str) -> str:
    """The page, the same for everybody: what it shows is in its address and read by its script."""
    words = Words(lang)
    shown = {key: text for key, text in catalogue(lang).items() if key.startswith(PAGE_WORDS)}
    data = {"words": shown, "scene": scene(lang), "menu": _menu(words), "lang": lang}
    template = Environment(loader=FileSystemLoader(WEB), autoescape=True).get_template(
        "index.html.j2"
    )
    other = "zh" if lang == "en" else "en"
    return template.render(t=words, lang=lang, other=other, data=_embedded(data), address=address)


def _embedded(data: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _menu(words: Words) -> dict[str, Any]:
    given = menu()
    return {
        "sliders": [
            {"name": one.name, "low": one.low, "high": one.high, "step": one.step, "lever": one.lever}
            for one in given.sliders.values()
        ],
        "outcomes": given.outcomes,
        "regimes": [
            {"name": name, "title": words.title(entry), "levers": bool(entry.programmes)}
            for name, entry in given.regimes.items()
        ],
        "lessons": [
            {"name": one.name, "title": one.title[words.lang], "question": one.question[words.lang],
             "regime": one.regime, "against": one.against, "outcome": one.outcome,
             "changed": one.changed, "settings": one.settings}
            for one in given.lessons
        ],
        "replicates": given.replicates,
        "most_seed": given.most_seed,
    }  # fmt: skip


# ---------------------------------------------------------------- numbers


def _choices(request: Request, *others: str) -> Choices:
    """Choices in the address; ``others``: names that this address takes beside."""
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in others]
    return read_choices(pairs, menu(), _words(request))


async def _answer(
    request: Request, task: Task, make: Callable[[], Awaitable[Any]] | None = None
) -> Response:
    """JSON, packed once and kept."""
    workers: Workers = request.app.state.workers

    async def packed() -> bytes:
        value = await (make() if make else workers.do(task))
        return gzip.compress(as_json(value), 5)

    body = await request.app.state.answers.get(task, packed)
    headers = {"content-encoding": "gzip", "cache-control": "no-store"}
    return Response(body, media_type="application/json", headers=headers)


async def _picture(request: Request) -> Response:
    return await _answer(request, Task("picture", _choices(request)))


async def _line(request: Request) -> Response:
    return await _answer(request, Task("line", _choices(request)))


async def _inspect(request: Request) -> Response:
    words = _words(request)
    choices = _choices(request, "what", "row")
    what = request.query_params.get("what", "")
    if what not in ("organisation", "consortium"):
        known = words.join(["organisation", "consortium"])
        raise ConfigError(words("classroom.error.known", name="what", value=what[:60], known=known))
    place = [_whole(request, name, words) for name in ("row", "quarter")]
    return await _answer(request, Task("inspect", choices, (what, *place, words.lang)))


def _whole(request: Request, name: str, words: Words) -> int:
    text = request.query_params.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise ConfigError(
            words("classroom.error.whole", name=name, value=text[:60], low=0, high=999999)
        )
    return int(text)


async def _compare(request: Request) -> Response:
    """Pairs in the background: a line for each step of progress, then the verdict."""
    choices, words = _choices(request), _words(request)
    workers: Workers = request.app.state.workers

    async def chunk(replicates: tuple[int, ...]) -> Any:
        return await workers.do(Task("pairs", choices, (replicates,)), behind=True)

    async def verdict(parts: list[Any]) -> Any:
        found = {name: [pair for part in parts for pair in part[name]] for name in menu().outcomes}
        return await workers.do(Task("verdict", choices, (found, words.lang)))

    count = menu().replicates
    chunks = [tuple(range(k, min(k + CHUNK_PAIRS, count))) for k in range(0, count, CHUNK_PAIRS)]
    await workers.do(Task("pairs", choices, ((),)))  # contradictions are told before the stream
    return _stream([chunk(one) for one in chunks], verdict, count)


async def _why(request: Request) -> Response:
    """The same for the difference taken apart; the unit of progress is a run."""
    choices, words = _choices(request), _words(request)
    workers: Workers = request.app.state.workers
    mixes = await workers.do(Task("mixes", choices))
    replicates = menu().replicates

    async def chunk(replicate: int, first: int) -> Any:
        place = (replicate, first, min(first + CHUNK_MIXES, mixes))
        return await workers.do(Task("values", choices, place), behind=True)

    async def answer(parts: list[Any]) -> Any:
        per = len(parts) // replicates
        found = [
            [row for part in parts[k : k + per] for row in part] for k in range(0, len(parts), per)
        ]
        return await workers.do(Task("answer", choices, (found, words.lang)))

    jobs = [
        chunk(one, first) for one in range(replicates) for first in range(0, mixes, CHUNK_MIXES)
    ]
    return _stream(jobs, answer, replicates * mixes)


def _stream(
    jobs: list[Any], conclude: Callable[[list[Any]], Awaitable[Any]], count: int
) -> StreamingResponse:
    """Lines of JSON: ``done`` of ``all``, then ``answer``. A reader who leaves stops the work."""

    async def lines() -> AsyncIterator[bytes]:
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            for k, task in enumerate(tasks, start=1):
                await task
                yield as_json({"done": count * k // len(tasks), "all": count}) + b"\n"
            yield as_json({"answer": await conclude([task.result() for task in tasks])}) + b"\n"
        except (ConfigError, BusyError, WorkerError) as error:
            yield as_json({"error": str(error) or "busy"}) + b"\n"
        finally:
            for task in tasks:
                task.cancel()

    headers = {"cache-control": "no-store"}
    return StreamingResponse(lines(), media_type="application/x-ndjson", headers=headers)


# ---------------------------------------------------------------- exports


async def _data(request: Request) -> Response:
    text = await request.app.state.workers.do(Task("data", _choices(request)))
    return _attachment("\ufeff" + text, "run.csv", "text/csv")  # the mark makes Excel read UTF-8


async def _config(request: Request) -> Response:
    task = Task("config", _choices(request), (_words(request).lang,))
    return _attachment(await request.app.state.workers.do(task), "settings.yaml", "text/yaml")


def _attachment(text: str, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=kind, headers=headers)


async def _qr(request: Request) -> Response:
    """The address that students type, as a picture."""
    import segno

    text = segno.make(request.app.state.address or str(request.base_url), error="m").svg_inline(
        scale=4
    )
    return Response(
        text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1),
        media_type="image/svg+xml",
    )


# ---------------------------------------------------------------- refusals


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _busy(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": _words(request)("classroom.error.busy")}, 503)


async def _failed(request: Request, error: Exception) -> Response:
    print(error, flush=True)  # for whoever started the server; students get a sentence
    return JSONResponse({"error": _words(request)("classroom.error.failed")}, 500)
