"""Where results come from: versions, sources, seeds, command, date and machine of a session.

No user or host names and no absolute paths: the file is made to be handed on with the results.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from agents.compiled import source_hash

DISTRIBUTION = "consortia"
RELEVANT = ("numpy", "numba", "llvmlite", "mesa", "scipy", "pyarrow")
SOURCES = ("agents", "simulation", "experiments", "configs")

# The beginning of an absolute path, on any system.
_ABSOLUTE = re.compile(r"(?:~[^/\\]*|[A-Za-z]:)?[/\\]")


def provenance(
    *, seed: int, replicates: dict[str, int], runs: dict[str, int], seconds: float
) -> dict[str, Any]:
    """Everything needed to say how the results came about, in the form of JSON.

    Parameters
    ----------
    replicates: number of replicates by variant.
    runs: how many runs were done now, found in the store, and failed.
    seconds: duration of this session.
    """
    return {
        "product": DISTRIBUTION,
        "versions": {
            DISTRIBUTION: version(DISTRIBUTION),
            "python": platform.python_version(),
            **{name: version(name) for name in RELEVANT},
        },
        "source_hash": source_hash(),
        "git": git_commit(),
        "seed": seed,
        "replicates": replicates,
        "runs": runs,
        "command": command_line(sys.argv),
        "date_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "seconds": round(seconds, 3),
    }


def version(distribution: str) -> str | None:
    """Version of an installed distribution; None when it runs from a folder of sources."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def command_line(argv: Sequence[str]) -> str:
    """The command as typed, with only the last part of absolute paths.

    ``python -m experiments.cli`` is told by the name under which it is installed.
    """
    words = [_without_folder(word) for word in argv if word] or ["python"]
    if words[0] == "cli.py":
        words[0] = "consortia"
    return shlex.join(words)


def _without_folder(word: str) -> str:
    """``out=/home/somebody/results`` becomes ``out=results``; lists are taken item by item."""
    parts = re.split(r"([=,\[\]{}'\"]\s*)", word)
    return "".join(
        re.split(r"[/\\]", part.rstrip("/\\"))[-1] if _ABSOLUTE.match(part) else part
        for part in parts
    )


def git_commit() -> str | None:
    """Commit of the sources in use, with ``+changes`` when they differ from it; None without one."""
    root = Path(__file__).resolve().parents[2]
    # Another project's repository may hold the environment we are installed in.
    if _git(root, "ls-files", "--error-unmatch", "experiments/running/provenance.py") is None:
        return None
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", *SOURCES)
    return f"{commit}+changes" if commit and changes else commit


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
