"""Fresh processes, timed from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended well.

    Attributes
    ----------
    seconds: wall time from start to end.
    cpu: CPU time of the process and of those it started, in seconds; NaN where the system does
        not tell.
    lines: what it wrote on standard error, each line with its second after the start.
    output: what it wrote on standard output.
    """

    seconds: float
    cpu: float
    lines: tuple[tuple[float, str], ...]
    output: str


def run_python(arguments: Sequence[str], cache: Path | None = None) -> Finished:
    """Run ``python arguments`` from the project's folder; ``cache``: another for compiled code.

    Raises
    ------
    RuntimeError: it ended with an error; the message has its last words.
    """
    before = _cpu_of_children()
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment(cache), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert process.stderr is not None and process.stdout is not None
    # What is written on standard output is short and fits into the pipe meanwhile.
    lines = tuple((time.perf_counter() - began, line.rstrip()) for line in process.stderr)
    output = process.stdout.read()
    code = process.wait()
    seconds = time.perf_counter() - began
    if code:
        raise RuntimeError("\n".join(line for _, line in lines[-20:]))
    return Finished(seconds, _cpu_of_children() - before, lines, output)


def _cpu_of_children() -> float:
    """Seconds of CPU time of all processes that were started here and have ended."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def environment(cache: Path | None) -> dict[str, str]:
    """What a process is started with: this tree, and a cache of compiled code if one is named."""
    given = {"MPLBACKEND": "Agg", **os.environ, "PYTHONPATH": str(ROOT)}
    return given if cache is None else given | {"CONSORTIA_CACHE": str(cache)}
