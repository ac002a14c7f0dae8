"""Part ``cores``: the same plan with one worker and with two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.job import PARTS, compare
from benchmarks.options import Options, say
from benchmarks.timing import in_turns, plain, spread
from experiments.markdown import table

TITLE = "One core and two"
ROUNDS = 3
REPLICATES, MORE_REPLICATES = 100, 400
QUICK_REPLICATES, MORE_QUICK_REPLICATES = 10, 40
RUNS = PARTS[2]


def measure(options: Options) -> dict[str, Any]:
    """The main runs, few and more, with one worker and with two, in turns; seconds."""
    few, more = (
        (QUICK_REPLICATES, MORE_QUICK_REPLICATES)
        if options.quick
        else (REPLICATES, MORE_REPLICATES)
    )

    def case(jobs: int, replicates: int) -> Any:
        def one() -> dict[str, float]:
            say(f"cores: {jobs}, {replicates} replicates")
            return compare(
                f"replicates={replicates}", "robustness=none", "why=none", f"jobs={jobs}"
            )

        return one

    sizes = {"jobs": few, "more_jobs": more}
    cases = {f"{key} {jobs}": case(jobs, n) for key, n in sizes.items() for jobs in (1, 2)}
    done = in_turns(cases, options.times(ROUNDS))
    times = {key: {str(jobs): done[f"{key} {jobs}"] for jobs in (1, 2)} for key in sizes}
    return {"replicates": few, "more_replicates": more, **times}


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    jobs = figures["jobs"]
    rows = []
    for key, words in (
        (RUNS, "the runs, with the start of the workers: wall"),
        ("wall", "the job: wall"),
        ("cpu", "the job: CPU time of all processes"),
    ):
        rows.append(_row(words, *([done[key] for done in jobs[name]] for name in ("1", "2"))))
    if "more_jobs" in figures:
        rows[:0] = _steady_rows(figures)
    return _introduction(figures) + table(
        ("time of", "jobs=1, s", "jobs=2, s", "ratio; at best 2 in wall time, 1 in CPU time"), rows
    )


def _introduction(figures: Mapping[str, Any]) -> str:
    few = figures["replicates"]
    told = (
        f"`consortia compare replicates={few} robustness=none why=none` with `jobs=1` and `jobs=2`, in turns. "
        f"With one worker the runs are made in the process of the command itself."
    )
    if more := figures.get("more_replicates"):
        told += (
            f" The same with `replicates={more}` tells how the runs themselves scale: *further runs* "
            f"are what the wall time of the runs grows by from {few} replicates to {more}, and *what "
            f"they take once* is the rest of it: the start of the workers, and their wait for the "
            f"last batch. The other lines are of {few} replicates."
        )
    return told + "\n\n"


def _steady_rows(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """How the runs scale while all workers are at work, and what is spent once."""
    few, more = figures["replicates"], figures["more_replicates"]
    further, once = [], []
    for name in ("1", "2"):
        pairs = list(zip(figures["jobs"][name], figures["more_jobs"][name], strict=True))
        further.append([longer[RUNS] - shorter[RUNS] for shorter, longer in pairs])
        share = few / (more - few)
        once.append(
            [
                done[RUNS] - share * grown
                for (done, _), grown in zip(pairs, further[-1], strict=True)
            ]
        )
    return [
        _row(f"further runs, of {more - few} replicates: wall", *further),
        ("what they take once: wall", *(plain(spread(values).median) for values in once), ""),
    ]


def _row(words: str, one: Sequence[float], two: Sequence[float]) -> tuple[str, ...]:
    """Medians with one worker and with two, and the ratio of pairs."""
    ratio = spread([slow / fast for slow, fast in zip(one, two, strict=True)])
    return (words, plain(spread(one).median), plain(spread(two).median), ratio.told())
