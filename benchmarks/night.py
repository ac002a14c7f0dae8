"""Part ``night``: rooms and rounds one after the other all night; the server's memory must not grow."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classroom import memory
from benchmarks.options import Options, say
from benchmarks.seated import REGIME, Draw, Person, Seen, Server, keys_of
from benchmarks.timing import plain
from experiments.markdown import table

TITLE = "A night of rounds"
ROOMS, QUICK_ROOMS = 320, 8
STUDENTS = 8
WINDOWS = 12  # of each room
LOOKS = 16  # at memory, evenly
# Of the night, after each of which the slope is told: what is kept fills up at first.
PARTS = (0.25, 0.5)


def measure(options: Options) -> dict[str, Any]:
    """Memory after so many rooms, in MiB."""
    rooms = QUICK_ROOMS if options.quick else ROOMS
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            return asyncio.run(_night(server, rooms))
        finally:
            server.close()


async def _night(server: Server, rooms: int) -> dict[str, Any]:
    import httpx2 as httpx

    seen = Seen()
    memories: list[tuple[int, float]] = []
    async with httpx.AsyncClient(base_url=server.address, verify=False, timeout=60.0) as client:
        for number in range(1, rooms + 1):
            await _room(client, seen, number)
            if number % max(1, rooms // LOOKS) == 0:
                memories.append((number, memory(server.process.pid) or math.nan))
                say(f"{number} rooms, {memories[-1][1]:.0f} MiB ...")
    return {"rooms": rooms, "memory": memories, "decided": len(seen.waits["decide"]),
            "refused": sorted(set(seen.refused))}  # fmt: skip


async def _room(client: Any, seen: Seen, number: int) -> None:
    """A room of its own luck, from opening to deletion."""
    opening = {"regime": REGIME, "seed": number, "quarters": 1, "seconds": 600, "most": STUDENTS}
    _, told = await Person(client, seen).ask("open", "", opening)
    teacher = Person(client, seen, told["code"], told["token"])
    students = [Person(client, seen, told["code"]) for _ in range(STUDENTS)]
    for k, one in enumerate(students):
        one.token = (await one.ask("join", "/join", {"name": f"S{k}", "seat": ""}))[1]["token"]
    await teacher.ask("control", "/control", {"do": "start"})
    draw = Draw(number)
    for _ in range(WINDOWS):
        views = await asyncio.gather(*(one.ask("look", "/seat") for one in students))
        turn = views[0][1]["turn"]
        await asyncio.gather(*(
            one.ask("decide", "/decide", {"turn": turn, "yes": keys_of(view["items"], draw)})
            for one, (_, view) in zip(students, views, strict=True) if view.get("items")
        ))  # fmt: skip
        await teacher.ask("control", "/control", {"do": "next", "turn": turn})
    await teacher.ask("control", "/control", {"do": "end"})
    await students[0].ask("debrief", "/debrief")
    await teacher.ask("control", "/control", {"do": "delete"})


def slope(memories: Sequence[Sequence[float]], after: float) -> str:
    """MiB per room by least squares, over what was seen after so many rooms."""
    seen = [one for one in memories if one[0] > after]
    if len(seen) < 3:
        return "–"
    rooms, mib = np.array(seen).T
    return f"{float(np.polyfit(rooms, mib, 1)[0]):+.3f}"


def tell(figures: Mapping[str, Any]) -> str:
    """Memory by rooms, and its slope."""
    memories = figures["memory"]
    rows = [(f"{rooms}", plain(mib)) for rooms, mib in memories]
    told = " and ".join(
        f"{slope(memories, part * figures['rooms'])} MiB per room after {part:.0%} of the rooms" for part in PARTS
    )  # fmt: skip
    return (
        f"{table(('rooms so far', 'memory of server and workers, MiB'), rows)}\n\n{figures['rooms']} rooms of {STUDENTS} "
        f"students and {WINDOWS} steps, each with a luck of its own, played without a pause, debriefed and deleted: "
        f"{figures['decided']:,} decisions. Slope of memory: {told}."
    )
