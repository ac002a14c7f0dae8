"""Part ``classroom``: thirty students on one server: first picture, sliders, bytes.

One student sits in Chromium, from the move of a slider to the drawn picture; the others speak the
protocol as the page does. Nobody's settings are those of another, so that no answer is a kept one,
and a comparison of thirty pairs runs in the background all the time.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.options import Options, say
from benchmarks.processes import ROOT, environment
from benchmarks.timing import plain
from experiments.markdown import table

TITLE = "Classroom"
STUDENTS = 30
JOBS = 2
SECONDS, QUICK_SECONDS = 90.0, 15.0  # of moving sliders
THINK = 3.0  # seconds between two moves of a student
BROWSER_MOVES = 25
SLIDER = "money.budget_myuan_per_year"
MOVE = """async (value) => {
    const input = document.getElementById('slider-money.budget_myuan_per_year');
    const began = performance.now();
    const drawn = new Promise((resolve) => new MutationObserver((_, self) => {
        self.disconnect(); requestAnimationFrame(() => resolve(performance.now() - began));
    }).observe(document.getElementById('chart'), { childList: true }));
    input.value = value; input.dispatchEvent(new Event('input'));
    return drawn;
}"""


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """Address and number of the process of a server of its own."""
    command = [sys.executable, "-m", "experiments.cli", "classroom", "host=127.0.0.1", "port=0", f"jobs={JOBS}"]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, env={**environment(None), "PYTHONUNBUFFERED": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        address = next(
            one.group() for line in lines if (one := re.search(r"http://[\d.]+:\d+/", line))
        )
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


def measure(options: Options) -> dict[str, Any]:
    """All figures; times in seconds."""
    with serving() as (address, server):
        say("thirty students open the page ...")
        first = asyncio.run(_open_together(address))
        say("thirty students move sliders ...")
        seconds = QUICK_SECONDS if options.quick else SECONDS
        seen: dict[str, Any] = {}
        browser = threading.Thread(target=_in_chromium, args=(address, seen))
        browser.start()
        moves = asyncio.run(_lesson(address, seconds))
        browser.join()
    return {"first": first, "moves": moves, "browser": seen}


# ---------------------------------------------------------------- students


async def _open_together(address: str) -> dict[str, Any]:
    """All open the page within one second; what each waits, and how much each loads."""
    found = await asyncio.gather(*(_open(address, k) for k in range(STUDENTS)))
    return {"seconds": [one[0] for one in found], "bytes": found[0][1]}


async def _open(address: str, student: int) -> tuple[float, int]:
    """The page with all its files, its picture and the line compared with."""
    import httpx2 as httpx

    await asyncio.sleep(student / STUDENTS)
    async with httpx.AsyncClient(base_url=address, verify=False, timeout=60.0) as client:
        began, loaded = time.perf_counter(), 0
        page = await client.get("/", params={"lang": "zh"})
        loaded += page.num_bytes_downloaded
        files = [
            "classroom.css",
            *(path.name for path in (ROOT / "experiments/classroom/web").glob("*.js")),
        ]
        for one in await asyncio.gather(*(client.get(f"/static/{name}") for name in files)):
            loaded += one.num_bytes_downloaded
        for kind in ("picture", "line"):
            answer = await client.get(f"/api/{kind}", params=_settings(student, 0))
            answer.raise_for_status()
            loaded += answer.num_bytes_downloaded
        return time.perf_counter() - began, loaded


def _settings(student: int, move: int) -> dict[str, str]:
    """Settings that no other student has, and no other move."""
    return {"regime": "race", "against": "laissez_faire", "outcome": "solved",
            "seed": str(1000 + student), SLIDER: f"{2 + (move * 0.37) % 38:.2f}"}  # fmt: skip


async def _lesson(address: str, seconds: float) -> dict[str, Any]:
    """Sliders for some seconds, a comparison behind; seconds and bytes of every move."""
    ends = time.perf_counter() + seconds
    students = [_student(address, k, ends) for k in range(STUDENTS)]
    teacher = asyncio.create_task(_teacher(address, ends))
    found = await asyncio.gather(*students)
    compared = await teacher
    waits = [one for waits, _ in found for one in waits]
    return {"seconds": waits, "bytes": [loaded for _, loaded in found], "length": seconds,
            "compared": compared}  # fmt: skip


async def _student(address: str, student: int, ends: float) -> tuple[list[float], int]:
    import httpx2 as httpx

    waits: list[float] = []
    loaded = 0
    async with httpx.AsyncClient(base_url=address, verify=False, timeout=60.0) as client:
        await asyncio.sleep(THINK * student / STUDENTS)
        for move in itertools.count(1):
            if time.perf_counter() >= ends:
                break
            began = time.perf_counter()
            answer = await client.get("/api/picture", params=_settings(student, move))
            answer.raise_for_status()
            waits.append(time.perf_counter() - began)
            loaded += answer.num_bytes_downloaded
            other = await client.get("/api/line", params=_settings(student, move))
            loaded += other.num_bytes_downloaded
            await asyncio.sleep(max(0.0, THINK - (time.perf_counter() - began)))
    return waits, loaded


async def _teacher(address: str, ends: float) -> int:
    """Comparisons one after another; returns how many came to their verdict."""
    import httpx2 as httpx

    done = 0
    async with httpx.AsyncClient(base_url=address, verify=False, timeout=120.0) as client:
        while time.perf_counter() < ends:
            answer = await client.get("/api/compare", params=_settings(500 + done, done))
            done += b'"answer"' in answer.content
    return done


def _in_chromium(address: str, seen: dict[str, Any]) -> None:
    """First picture and moves of a slider in a browser; nothing where there is none."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        began = time.perf_counter()
        page.goto(f"{address}?regime=race&against=laissez_faire&outcome=solved&seed=77")
        page.locator("#line-summary:not(:empty)").wait_for()
        seen["first"] = time.perf_counter() - began
        seen["moves"] = []
        for move in range(BROWSER_MOVES):
            seen["moves"].append(page.evaluate(MOVE, str(2 + 2 * (move % 19))) / 1000.0)
            page.wait_for_timeout(300)
        browser.close()


def memory(server: int) -> float | None:
    """Resident MiB of the server and its workers; None where the system does not tell."""
    return sum(memories(server).values()) if Path("/proc/self/status").is_file() else None


def memories(server: int) -> dict[str, float]:
    """Resident MiB of the server, and of its worker processes together."""
    return {"server": _resident(server), "workers": sum(map(_resident, _children(server)))}


def _resident(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found.group(1)) / 1024.0 if found else 0.0


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


# ---------------------------------------------------------------- page


def tell(figures: Mapping[str, Any]) -> str:
    """A table of what was asked for and what was found."""
    moves, browser = figures["moves"], figures["browser"]
    rows = [
        ("first picture, 30 students open within a second: slowest, s", "3",
         plain(max(figures["first"]["seconds"]))),
        ("first picture in Chromium during the lesson, s", "3", _number(browser.get("first"))),
        ("slider to answer over the network, 95th percentile, s", "0.5", _quantile(moves["seconds"], 95)),
        ("the same, median, s", "", _quantile(moves["seconds"], 50)),
        ("slider to drawn picture in Chromium, 95th percentile, s", "0.5", _quantile(browser.get("moves", []), 95)),
        ("the same, median, s", "", _quantile(browser.get("moves", []), 50)),
        ("first opening, MB for a student", "", plain(figures["first"]["bytes"] / 1e6)),
        (f"{moves['length']:g} s of sliders, most MB for a student", "", plain(max(moves["bytes"]) / 1e6)),
        ("both, scaled to 45 minutes, MB for a student", "10", plain(_lesson_mb(figures))),
    ]  # fmt: skip
    head = table(("what", "at most", "found"), rows)
    return (
        f"{head}\n\n{STUDENTS} students move a slider every {THINK:g} s, {JOBS} worker processes, "
        f"{len(moves['seconds']):,} moves, no two alike; meanwhile {moves['compared']} comparisons of "
        f"thirty pairs were brought to their verdict. Students, browser and server share the machine."
    )


def _number(value: float | None) -> str:
    return "–" if value is None else plain(value)


def _quantile(values: list[float], percent: float) -> str:
    return plain(float(np.percentile(values, percent))) if values else "–"


def _lesson_mb(figures: Mapping[str, Any]) -> float:
    moves = figures["moves"]
    return float(figures["first"]["bytes"] + max(moves["bytes"]) * 45 * 60 / moves["length"]) / 1e6
