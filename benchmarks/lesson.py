"""Part ``lesson``: a lesson of 45 minutes with thirty seats on a running clock, played by a script.

Students think as long as people do, some too long; some close their laptops and come back; the
server is killed in mid-round and started again. Nothing that was answered may be lost.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classroom import memory
from benchmarks.options import Options, say
from benchmarks.seated import EVERY, JOBS, REGIME, SEED, Draw, Person, Seen, Server, keys_of
from benchmarks.timing import plain
from experiments.markdown import table

TITLE = "A lesson in a room"
STUDENTS = 30
MINUTES, QUICK_MINUTES = 45.0, 1.0
STEP, QUICK_STEP = 75, 8  # seconds of each of the four steps of a round
JOIN = 0.04  # part of the lesson in which students join
THINK, SPREAD = 0.3, 0.6  # median of thinking, as part of a step; its spread, of the logarithm
CLOSERS = 6  # students who close their laptop once
HASTY = 0.5  # chance that whoever has not decided presses the button when the step is over
AWAY = 2.0  # steps that a closed laptop is away
KILLED, PAUSED = 0.4, 0.6  # parts of the lesson after which the server is killed, the clock stopped
LOOKS = 45  # at memory


def measure(options: Options) -> dict[str, Any]:
    """All figures; times in seconds, memory in MiB."""
    minutes, step = (QUICK_MINUTES, QUICK_STEP) if options.quick else (MINUTES, STEP)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            return asyncio.run(_lesson(server, 60.0 * minutes, step))
        finally:
            server.close()


async def _lesson(server: Server, seconds: float, step: int) -> dict[str, Any]:
    import httpx2 as httpx

    seen = Seen()
    async with httpx.AsyncClient(
        base_url=server.address, verify=False, timeout=30.0,
        limits=httpx.Limits(max_connections=STUDENTS + 10),
    ) as client:  # fmt: skip
        opening = {"regime": REGIME, "seed": SEED, "quarters": 4, "seconds": step, "most": STUDENTS}
        _, room = await Person(client, seen).ask("open", "", opening)
        teacher = Person(client, seen, room["code"], room["token"])
        ends = time.perf_counter() + seconds
        students = [
            _Student(Person(client, seen, room["code"]), k, seconds, step) for k in range(STUDENTS)
        ]
        playing = [asyncio.create_task(one.play()) for one in students]
        memories: list[tuple[float, float]] = []
        watching = asyncio.create_task(_watch(server, seconds, memories))
        down = await _teach(teacher, server, seconds, step, ends)
        await asyncio.gather(*playing)
        watching.cancel()
        _, told = await teacher.ask("debrief", "/debrief")
    return _figures(seen, told, down, memories, seconds, step)


async def _watch(server: Server, seconds: float, memories: list[tuple[float, float]]) -> None:
    """Seconds since the start and MiB, from time to time."""
    began = time.perf_counter()
    while True:
        await asyncio.sleep(seconds / LOOKS)
        if server.process.poll() is None and (now := memory(server.process.pid)):
            memories.append((time.perf_counter() - began, now))


async def _teach(teacher: Person, server: Server, seconds: float, step: int, ends: float) -> float:
    """Start, a kill, a pause, the end; returns for how long the server was down."""
    began = ends - seconds
    await asyncio.sleep(seconds * JOIN)
    await teacher.ask("control", "/control", {"do": "start"})
    killed = paused = False
    down = 0.0
    while time.perf_counter() < ends:
        _, view = await teacher.ask("teacher looks", "/teacher")
        if view["state"] == "ended":
            return down
        since = (time.perf_counter() - began) / seconds
        if since > KILLED and not killed and 0 < view["decided"] < view["asked"]:
            killed = True
            say(f"the server is killed in round {view['round'] + 1} ...")
            fell = time.perf_counter()
            server.kill()
            await asyncio.to_thread(server.again)
            down = time.perf_counter() - fell
        if since > PAUSED and not paused:
            paused = True
            await teacher.ask("control", "/control", {"do": "pause"})
            await asyncio.sleep(step)
            await teacher.ask("control", "/control", {"do": "start"})
        await asyncio.sleep(EVERY)
    await teacher.ask("control", "/control", {"do": "end"})
    return down


class _Student:
    """One student: joins, looks, thinks, decides; may close the laptop once."""

    def __init__(self, person: Person, number: int, seconds: float, step: int) -> None:
        self.person, self.step = person, step
        self.draw = Draw(1000 + number)
        self.joins = self.draw.uniform() * seconds * JOIN
        self.closes = seconds * (0.2 + 0.6 * self.draw.uniform()) if number < CLOSERS else np.inf
        self.name = f"S{number}"

    async def play(self) -> None:
        """Until the room is over; then read the debrief."""
        person, seen, began = self.person, self.person.seen, time.perf_counter()
        await asyncio.sleep(self.joins)
        _, told = await person.ask("join", "/join", {"name": self.name, "seat": ""})
        person.token, seat = told["token"], told["seat"]
        stamp, due, open_turn = "", np.inf, -1
        view: dict[str, Any] = {}
        while True:
            if time.perf_counter() - began > self.closes:
                self.closes = np.inf
                await asyncio.sleep(AWAY * self.step)
                stamp = ""  # the page is opened anew
                seen.back += 1
            _, told = await person.ask("look", f"/seat?seen={stamp}")
            before, view = view, {**view, **told}
            assert view["seat"] == seat, "a student came back to another seat"
            if view["state"] == "ended":
                break
            if view["stamp"] != stamp and view["state"] == "running":
                stamp = view["stamp"]
                if view["turn"] != open_turn:
                    if due < np.inf and self.draw.uniform() < HASTY:
                        await self._decide(seat, before)
                    else:
                        seen.missed += due < np.inf
                    open_turn, due = view["turn"], np.inf
                    if view["items"]:
                        seen.asked.add((view["round"], seat))
                        due = time.perf_counter() + self._thinks()
            if time.perf_counter() >= due:
                due = np.inf
                await self._decide(seat, view)
            await asyncio.sleep(EVERY)
        await person.ask("debrief", "/debrief")

    def _thinks(self) -> float:
        return self.step * THINK * math.exp(SPREAD * self.draw.normal())

    async def _decide(self, seat: str, view: dict[str, Any]) -> None:
        yes = keys_of(view["items"], self.draw)
        body = {"turn": view["turn"], "yes": yes}
        status, _ = await self.person.ask("decide", "/decide", body)
        seen = self.person.seen
        if status == 200:
            seen.kept[seat, view["turn"]] = set(yes)
        else:
            seen.late += 1


def _figures(
    seen: Seen, told: dict[str, Any], down: float, memories: list[Any], seconds: float, step: int
) -> dict[str, Any]:
    """``lost``: decisions that were answered to be kept and are not in the debrief."""
    there = {(one["seat"], one["turn"]) for one in told["decisions"]}
    closed = range(len(told["windows"]))  # the window that the end cut off counts for nothing
    lost = [one for one in seen.kept if one[1] in closed and one not in there]
    rounds = 1 + max((one[0] for one in told["windows"]), default=0)
    return {
        "seconds": seconds, "step": step, "rounds": rounds, "windows": len(told["windows"]),
        "quarters": told["quarter"], "people": len(told["people"]), "decided": len(seen.kept),
        "changed": sum(len(one["changed"]) for one in told["decisions"]), "late": seen.late,
        "missed": seen.missed, "lost": len(lost), "busy": len(seen.asked) / (rounds * STUDENTS),
        "back": seen.back, "down": down, "silent": seen.silent, "refused": sorted(set(seen.refused)),
        "waits": {kind: _summary(waits) for kind, waits in seen.waits.items()},
        "memory": [[round(at), round(mib)] for at, mib in memories],
    }  # fmt: skip


def _summary(waits: list[float]) -> dict[str, float]:
    """How many, median, 95th percentile and longest, in seconds: there are fifty thousand looks."""
    median, late, longest = np.quantile(waits, [0.5, 0.95, 1.0]).round(4).tolist()
    return {"n": len(waits), "median": median, "p95": late, "longest": longest}


# ---------------------------------------------------------------- page


def tell(figures: Mapping[str, Any]) -> str:
    """A table of what was found."""
    kinds = [
        ("look", "a student's page asks"),
        ("decide", "a student decides"),
        ("debrief", "the debrief"),
    ]
    rows = [
        (f"{words}: median, 95th percentile, longest, s (how often)",
         ", ".join(plain(figures["waits"][kind][at]) for at in ("median", "p95", "longest"))
         + f" ({figures['waits'][kind]['n']:,})")
        for kind, words in kinds
    ]  # fmt: skip
    memories = [mib for _, mib in figures["memory"]]
    rows += [
        ("decisions kept; of single answers against the model's rule", f"{figures['decided']}; {figures['changed']}"),
        ("decisions that came too late; windows that somebody missed", f"{figures['late']}; {figures['missed']}"),
        ("decisions kept and then lost", str(figures["lost"])),
        ("seats that were asked something, in a round", f"{100 * figures['busy']:.0f} %"),
        ("laptops closed and back at their seat", str(figures["back"])),
        ("server killed, down for s; questions meanwhile without an answer", f"{plain(figures['down'])}; {figures['silent']}"),
        ("memory of server and workers, first to last, MiB", f"{memories[0]} to {memories[-1]}" if memories else "–"),
    ]  # fmt: skip
    return (
        f"{table(('what', 'found'), rows)}\n\n{figures['people']} students, {figures['rounds']} rounds, "
        f"{figures['windows']} steps of at most {figures['step']} s, {figures['seconds'] / 60:g} minutes by the clock; "
        f"{JOBS} worker processes. Students join within the first two minutes, think {THINK:.0%} of a step in the "
        f"median, and depart from the model's rule in a part of what lies before them; {CLOSERS} close their laptops "
        f"once. Everybody looks every {EVERY:g} s. Who is late or away leaves the decision to the model's rule."
    )
