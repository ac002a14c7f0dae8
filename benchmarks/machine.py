"""On what a figure was measured: processor, memory, versions. No names of hosts or users."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.running.executor import worker_count
from experiments.running.provenance import RELEVANT, git_commit, version

PROCESSOR_FIELD = "model name"


def circumstances(command: str) -> dict[str, Any]:
    """Date, command, machine, versions and commit, in the form of JSON."""
    return {
        "command": command,
        "date_utc": datetime.now(UTC).isoformat(timespec="minutes"),
        "processor": processor(),
        "cores": worker_count(0),
        "load": load(),
        "memory_gib": memory_gib(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **{n: version(n) for n in RELEVANT}},
        "commit": git_commit(),
    }


def processor() -> str:
    """Model of the processor, as far as the system tells."""
    source = Path("/proc/cpuinfo")
    lines = source.read_text(encoding="utf-8").splitlines() if source.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(PROCESSOR_FIELD)]
    return names[0] if names else platform.processor() or "unknown"


def load() -> float | None:
    """Processes that wanted to run, mean of the last minute; None where the system does not tell."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def memory_gib() -> float | None:
    """Memory of the machine in GiB; None where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
