"""People in a room who speak the protocol as the pages do, and the server that they speak to."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import ROOT, environment
from simulation import streams

JOBS = 2
EVERY = 1.5  # seconds between looks, as the page has it
REGIME, SEED = "open_challenge", 7
DEPARTS = 0.15  # chance that a student departs from the model's rule in an item


class Server:
    """A server of its own, on a file; it can be killed and started again on both."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start("0")

    def _start(self, port: str) -> None:
        command = [sys.executable, "-m", "experiments.cli", "classroom", "host=127.0.0.1", f"port={port}",
                   f"jobs={JOBS}", f"rooms={self._folder / 'rooms.sqlite'}"]  # fmt: skip
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**environment(None), "PYTHONUNBUFFERED": "1"}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://[\d.]+:(\d+)/", line):
                self.address, self._port = found.group(), found.group(1)
                return
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(20)

    def again(self) -> None:
        """Start it again at the same address."""
        self._start(self._port)

    def close(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(20)


@dataclass
class Seen:
    """What everybody in a room has met, together.

    Attributes
    ----------
    waits: seconds of each answer, by kind of question.
    kept: what was answered to be kept: by seat and window the keys said yes to.
    late: decisions that came after their window.
    missed: windows in which somebody who was asked did not decide.
    asked: times that something lay before somebody, by round and seat.
    silent: questions without an answer, while the server was down.
    """

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kept: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    late: int = 0
    missed: int = 0
    asked: set[tuple[int, str]] = field(default_factory=set)
    silent: int = 0
    back: int = 0
    refused: list[str] = field(default_factory=list)


class Person:
    """Somebody at a page: asks, and asks again when the server is down."""

    def __init__(self, client: Any, seen: Seen, code: str = "", token: str = "") -> None:
        self.client, self.seen, self.code, self.token = client, seen, code, token

    async def ask(self, kind: str, path: str, body: Any = None) -> Any:
        """The status and the answer to a question.

        Parameters
        ----------
        kind: under which its time is kept.
        """
        import httpx2 as httpx

        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        place = f"/api/room/{self.code}{path}" if self.code else f"/api/room{path}"
        while True:
            began = time.perf_counter()
            try:
                method = "GET" if body is None else "POST"
                answer = await self.client.request(method, place, headers=headers, json=body)
            except httpx.TransportError:
                self.seen.silent += 1
                await asyncio.sleep(EVERY)
                continue
            self.seen.waits[kind].append(time.perf_counter() - began)
            if answer.status_code >= 400:
                self.seen.refused.append(answer.json()["kind"])
            return answer.status_code, answer.json()


class Draw:
    """A student's own chance: numbers one after another."""

    def __init__(self, student: int) -> None:
        self._student, self._count = np.uint64(student), 0

    def uniform(self) -> float:
        """A number in (0, 1)."""
        self._count += 1
        return float(streams.uniform(self._student, 0, self._count, 0))

    def normal(self) -> float:
        """A standard normal number."""
        self._count += 1
        return float(streams.normal(self._student, 1, self._count, 0))


def keys_of(items: list[dict[str, Any]], draw: Draw) -> list[str]:
    """What a student ticks: the model's rule, and now and then the opposite."""
    yes = []
    for item in items:
        rules = {item["key"]: item["rule"]}
        for who, asked, _ in item.get("others", ())[:8]:
            rules[f"ask:{item['need']}:{item['lead']}:{who}"] = bool(asked)
        yes += [key for key, rule in rules.items() if rule != (draw.uniform() < DEPARTS)]
        rest = [one for one in item.get("others", ())[8:] if one[1]]
        yes += [f"ask:{item['need']}:{item['lead']}:{who}" for who, _, _ in rest]
    return yes
