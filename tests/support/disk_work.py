"""Work on a small disk of its own: ``python -m tests.support.disk_work FOLDER``, in a namespace.

The folder becomes a disk of a megabyte, which gets full; then it grows, and cannot be written; then
it can be. What a person would read, and how many runs are stored, stand in JSON on standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from agents.settings import ConfigError
from experiments.running import backlog
from experiments.running import executor as execution
from experiments.running.executor import execute
from experiments.running.store import ExperimentError, Store
from experiments.verification.kills import look
from tests.support import fake_engine as fake

REPLICATES = 400


def attempt(folder: Path, log: Path) -> dict[str, object]:
    """Do the plan as far as the disk lets us."""
    plan, told = fake.plan(REPLICATES), ""
    try:
        with Store(folder, {"disk": True}) as store:
            execute(plan, store, 1, run=fake.FakeEngine(log))
    except (ExperimentError, ConfigError) as error:
        told = f"{type(error).__name__}: {error}"
    found = look(folder, plan)
    return {"told": told, "runs": found.runs, "doubled": found.doubled, "values": found.values}


def main(folder: Path, log: Path) -> None:
    """Full, read-only, and large enough."""
    backlog.BATCH_RUNS, execution.WRITE_SECONDS = 60, 0.0  # many files before the disk is full
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], check=True)
    out = folder / "out"
    states = [attempt(out, log)]
    for options in ("remount,ro,size=50m", "remount,rw,size=50m"):
        subprocess.run(["mount", "-o", options, str(folder)], check=True)
        states.append(attempt(out, log))
    print(json.dumps(states))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
