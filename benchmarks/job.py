"""Part ``job``: the main job, ``consortia compare``, from command to report."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.options import Options, say
from benchmarks.processes import Finished, run_python
from benchmarks.timing import in_turns, plain, spread
from experiments.markdown import table

TITLE = "The main job"
ROUNDS = 3
REPLICATES, QUICK_REPLICATES = 200, 10
COMPILING, WRITING = "First start", "Writing tables"  # lines the command writes on standard error
PARTS = ("start", "compile", "runs", "tables, figures and report")


def compare(*settings: str, cold: bool = False) -> dict[str, float]:
    """Run ``consortia compare`` in a fresh process; seconds by part, and the number of runs.

    ``cold``: with an empty cache of compiled code, so that the model is compiled first.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        cache = Path(folder) / "cache" if cold else None
        words = ["-m", "experiments.cli", "compare", *settings, f"out={out}"]
        finished = run_python(words, cache)
        told = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    return seconds_by_part(finished, told["seconds"]) | {"done": told["runs"]["done"]}


def seconds_by_part(finished: Finished, runs: float) -> dict[str, float]:
    """Wall time and its parts, from the moments at which the command said something.

    ``runs``: seconds that the runs took, as the command itself counted them.
    """
    began_runs = _moment(finished, WRITING) - runs
    compiling = [second for second, line in finished.lines if line.startswith(COMPILING)]
    started = compiling[0] if compiling else began_runs
    parts = (started, began_runs - started, runs, finished.seconds - _moment(finished, WRITING))
    return {"wall": finished.seconds, "cpu": finished.cpu, **dict(zip(PARTS, parts, strict=True))}


def _moment(finished: Finished, beginning: str) -> float:
    return next(second for second, line in finished.lines if line.startswith(beginning))


def measure(options: Options) -> dict[str, Any]:
    """The job as shipped, its main runs alone, and both from an empty cache, in turns."""
    replicates = QUICK_REPLICATES if options.quick else REPLICATES
    given = f"replicates={replicates}"

    def case(name: str, *settings: str, cold: bool = False) -> Any:
        def one() -> dict[str, float]:
            say(f"job: {name}")
            return compare(given, *settings, cold=cold)

        return one

    cases = {
        "as shipped": case("as shipped"),
        "main runs alone": case("main runs alone", "robustness=none", "why=none"),
        "as shipped, cold": case("as shipped, cold", cold=True),
    }
    return {"replicates": replicates, "cases": in_turns(cases, options.times(ROUNDS))}


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    head = ("case", "runs", "wall, s", "runs per second", "CPU, s", *(f"{p}, s" for p in PARTS))
    rows = (_row(name, done) for name, done in figures["cases"].items())
    return f"""\
`consortia compare replicates={figures["replicates"]}` in a fresh process with a worker for every core,
from the command to the report: wall time, and the CPU time of all its processes, which tells how much
of the wall time it waited for others on a busy machine. *As shipped* makes the main runs and repeats them with
40 replicates (fewer if fewer are asked for) in each world of `configs/robustness/definitions.yaml`;
*main runs alone* is the same with `robustness=none`. *Cold* begins with an empty cache of compiled
code, as on the day of installation. The cases were measured in turns; medians, with quartiles.
The time of the runs contains the start of the workers.

{table(head, rows)}"""


def _row(name: str, done: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    return (
        name,
        f"{done[0]['done']:,.0f}",
        spread([one["wall"] for one in done]).told(),
        spread([one["done"] / one["wall"] for one in done]).told(),
        plain(spread([one["cpu"] for one in done]).median),
        *(plain(spread([one[part] for one in done]).median) for part in PARTS),
    )
