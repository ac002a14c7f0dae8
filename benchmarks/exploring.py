"""Part ``exploring``: what server and workers hold after thousands of answers, look by look.

A round is what a student does in some minutes: sliders with a new world each time, one comparison of
thirty pairs, a difference taken apart, an organisation looked at. No answer is a kept one. The slope
is that of a straight line through the looks of the second half, when all that is kept has filled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scipy import stats

from benchmarks.classroom import memories, serving
from benchmarks.options import Options, say
from benchmarks.timing import plain
from experiments.markdown import table

TITLE = "A night of exploring"
ROUNDS, QUICK_ROUNDS = 400, 12
LOOKS = 24
SLIDERS = 20  # moves in a round, each with picture and line
STUDENTS = 4  # that ask at the same time
LEVEL = 0.95


def measure(options: Options) -> dict[str, Any]:
    """Resident MiB of the server and of each worker after every few rounds, and the slopes."""
    if not Path("/proc/self/status").is_file():
        return {"looks": []}
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    with serving() as (address, server):
        looks = asyncio.run(_night(address, server, rounds))
    half = looks[len(looks) // 2 :]
    slopes = {name: _slope(half, name) for name in ("server", "workers")}
    return {"looks": looks, "slopes": slopes, "rounds": rounds}


async def _night(address: str, server: int, rounds: int) -> list[dict[str, Any]]:
    import httpx2 as httpx

    looks: list[dict[str, Any]] = []
    answers = 0
    every = max(STUDENTS, rounds // LOOKS)
    async with httpx.AsyncClient(base_url=address, timeout=300.0) as client:
        for first in range(0, rounds, STUDENTS):
            counts = await asyncio.gather(
                *(_round(client, one) for one in range(first, min(first + STUDENTS, rounds)))
            )
            answers += sum(counts)
            if first % every < STUDENTS:
                looks.append({"answers": answers} | memories(server))
                say(f"{answers:,} answers: {looks[-1]}")
    return looks


async def _round(client: Any, number: int) -> int:
    """One student's minutes; returns how many answers there were."""
    answers = 0
    for move in range(SLIDERS):
        asked = _settings(number, move)
        for kind in ("picture", "line"):
            (await client.get(f"/api/{kind}", params=asked)).raise_for_status()
            answers += 1
    for kind in ("compare", "why"):
        answer = await client.get(f"/api/{kind}", params=_settings(number, SLIDERS))
        answer.raise_for_status()
        assert b'"answer"' in answer.content
        answers += 1
    place = {"what": "organisation", "row": str(number % 40), "quarter": "30"}
    answer = await client.get("/api/inspect", params=_settings(number, SLIDERS) | place)
    answer.raise_for_status()
    return answers + 1


def _settings(number: int, move: int) -> dict[str, str]:
    """Settings that no other round and no other move has; the levers moved are a single group's."""
    return {
        "regime": "race", "against": "unchanged", "outcome": "solved", "seed": str(1000 + number),
        "selection.teams": "1", "search.loss_regions": f"{0.02 + 0.03 * move:.2f}",
        "money.budget_myuan_per_year": f"{2 + (number * 0.37) % 38:.2f}",
    }  # fmt: skip


def _slope(looks: list[dict[str, Any]], name: str) -> dict[str, float]:
    """MiB per 1,000 answers, with a 95 % interval as if looks were independent."""
    line = stats.linregress(
        [one["answers"] / 1000.0 for one in looks], [one[name] for one in looks]
    )
    reach = float(stats.t.ppf((1 + LEVEL) / 2, max(1, len(looks) - 2)) * line.stderr)
    return {"slope": float(line.slope), "low": line.slope - reach, "high": line.slope + reach}


# ---------------------------------------------------------------- page


def tell(figures: Mapping[str, Any]) -> str:
    """Some of the looks, and the slopes."""
    looks = figures["looks"]
    if not looks:
        return "This system does not tell what a process holds."
    shown = looks[:: max(1, len(looks) // 8)]
    rows = [(f"{one['answers']:,}", plain(one["server"]), plain(one["workers"])) for one in shown]
    head = table(("answers", "server, MiB", "workers together, MiB"), rows)
    told = "; ".join(
        f"{name} {plain(one['slope'])} [{plain(one['low'])}, {plain(one['high'])}]"
        for name, one in figures["slopes"].items()
    )
    return (
        f"{head}\n\n{figures['rounds']} rounds of {SLIDERS} moves of a slider, a comparison of thirty "
        f"pairs, a difference taken apart and an organisation looked at, {STUDENTS} students at a "
        f"time, no two answers alike. Slope over the second half, MiB per 1,000 answers, with 95 % "
        f"intervals: {told}. {len(looks)} looks at memory."
    )
