"""Renew the golden runs: ``python -m tests.golden.renew "reason"``.

A golden run is one replicate of one regime in the default world, with all outcomes. It binds:
whoever changes results has to say so here, and the reason goes to the changelog.
"""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.compiled import source_hash, versions
from experiments.running.plan import run_id
from simulation.outcomes import RunResult
from tests.support import worlds

FOLDER = Path(__file__).parent
CHANGELOG = FOLDER.parents[1] / "CHANGELOG.md"
COMMAND = 'python -m tests.golden.renew "reason"'
RESULTS = "### Results"
LEAST_REASON = 15


def golden_runs() -> list[RunResult]:
    """What the files hold: replicate 0 of every regime."""
    return worlds.run(list(worlds.regimes().values()))


def header(name: str) -> dict[str, Any]:
    """Where a golden run comes from. Only the outcomes bind; the header says with what they hold."""
    setup = worlds.default_setup()
    regime = worlds.regimes()[name]
    return {
        "command": COMMAND,
        "seed": worlds.SEED,
        "replicate": 0,
        "population": setup.population.name,
        "run": run_id(
            setup.world, setup.population, setup.reference.regime, regime, worlds.SEED, 0
        ),
        "python": platform.python_version(),
        "versions": versions(),
        "platform": f"{platform.system()} {platform.machine()} {' '.join(platform.libc_ver())}",
        "source_hash": source_hash(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def write(result: RunResult) -> None:
    """One regime's file; numbers are written so that they read back to the last bit."""
    document = {"header": header(result.regime), "outcomes": result.outcomes}
    path = FOLDER / f"{result.regime}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def with_line(changelog: str, line: str) -> str:
    """The changelog with a line under "Results" of the unreleased changes, made if missing."""
    head, mark, rest = changelog.partition("## [Unreleased]\n")
    if not mark:
        raise SystemExit("CHANGELOG.md has no section '## [Unreleased]'.")
    part, next_mark, older = rest.partition("\n## [")
    if RESULTS in part:
        part = part.replace(f"{RESULTS}\n\n", f"{RESULTS}\n\n{line}\n", 1)
    else:
        part = f"{part.rstrip()}\n\n{RESULTS}\n\n{line}\n"
    return head + mark + part + next_mark + older


def main(arguments: list[str]) -> None:
    """Write all files, drop those of regimes that are gone, and note the reason."""
    reason = " ".join(arguments).strip()
    if len(reason) < LEAST_REASON:
        raise SystemExit(f"Say why results change, in {LEAST_REASON} letters or more: {COMMAND}")
    results = golden_runs()
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for result in results:
        write(result)
    line = f"- Golden runs renewed: {reason.rstrip('.')}."
    CHANGELOG.write_text(with_line(CHANGELOG.read_text("utf-8"), line), encoding="utf-8")
    print(f"{len(results)} golden runs renewed; CHANGELOG.md has the line: {line}")


if __name__ == "__main__":
    main(sys.argv[1:])
