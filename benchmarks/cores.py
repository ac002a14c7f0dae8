"""Part ``cores``: the same plan with one worker and with two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.job import PARTS, compare
from benchmarks.options import Options, say
from benchmarks.timing import in_turns, plain, spread
from experiments.markdown import table

TITLE = "One core and two"
ROUNDS = 3
REPLICATES, QUICK_REPLICATES = 100, 10
RUNS = PARTS[2]


def measure(options: Options) -> dict[str, Any]:
    """The main runs with one worker and with two, in turns; seconds."""
    replicates = QUICK_REPLICATES if options.quick else REPLICATES

    def case(jobs: int) -> Any:
        def one() -> dict[str, float]:
            say(f"cores: {jobs}")
            return compare(f"replicates={replicates}", "robustness=none", f"jobs={jobs}")

        return one

    cases = {str(jobs): case(jobs) for jobs in (1, 2)}
    return {"replicates": replicates, "jobs": in_turns(cases, options.times(ROUNDS))}


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    jobs = figures["jobs"]
    rows = []
    for key, words in (
        (RUNS, "the runs, with the start of the workers: wall"),
        ("wall", "the job: wall"),
        ("cpu", "the job: CPU time of all processes"),
    ):
        one, two = ([done[key] for done in jobs[name]] for name in ("1", "2"))
        ratio = spread([slow / fast for slow, fast in zip(one, two, strict=True)])
        medians = (plain(spread(values).median) for values in (one, two))
        rows.append((words, *medians, ratio.told()))
    return (
        f"`consortia compare replicates={figures['replicates']} robustness=none` with `jobs=1` and "
        f"`jobs=2`, in turns. With one worker the runs are made in the process of the "
        f"command itself.\n\n"
        + table(
            ("time of", "jobs=1, s", "jobs=2, s", "ratio; at best 2 in wall time, 1 in CPU time"),
            rows,
        )
    )
