"""How many runs, how long, how much disk: said before a sweep starts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from agents.settings import ConfigError
from experiments.running import LOCAL
from experiments.running.executor import worker_count
from experiments.running.jobs import Batch, Engine, engine_or_default, job_of, run_job
from experiments.running.plan import Plan, Task
from experiments.running.progress import duration
from experiments.running.session import Sitting
from experiments.running.store import Store
from experiments.sweep.setup import SweepSetup
from experiments.words import Words

MOST_RUNS = 1_000_000  # more must be confirmed
MOST_POINTS = 200_000  # of a plan, which holds them in memory: 2 to 5 kB each
USUAL_RUNS_PER_SECOND = 30.0  # of one process, 120 organisations: docs/benchmarks.md
BYTES_PER_RUN = 1_500.0  # in the store, with its name and 113 outcomes
BYTES_PER_QUARTERS = 4_000.0  # more where a run's quarters are kept


def refuse_too_many(setup: SweepSetup) -> None:
    """Refuse a sweep above the limit that was not confirmed, before anything of it is made.

    Raises
    ------
    ConfigError: says how many runs, how long, how much disk, and what to write.
    """
    if setup.runs <= MOST_RUNS and setup.size <= MOST_POINTS:
        return
    workers = worker_count(setup.jobs)
    seconds = setup.runs / (USUAL_RUNS_PER_SECOND * workers)
    text = (
        f"{setup.size:,} points x {len(setup.titles)} regimes x {setup.fixed.replicates} replicates "
        f"are {setup.runs:,} runs: about {long_duration(seconds)} with {workers} processes (at "
        f"{USUAL_RUNS_PER_SECOND:g} runs a second and process, as measured with 120 organisations) "
        f"and {disk(setup.runs * bytes_per_run(setup))} on disk."
    )
    if setup.size > MOST_POINTS:
        raise ConfigError(
            f"{text} A sweep has at most {MOST_POINTS:,} points. Take fewer factors or levels, or "
            f"fewer points of another design, such as design=lhs points=1000."
        )
    if not setup.confirmed:
        raise ConfigError(
            f"{text} Write confirm=true to start it all the same, or fewer points or replicates."
        )


def tell_estimate(
    plan: Plan, tasks: Sequence[Task], store: Store, setup: SweepSetup, run: Engine | None
) -> None:
    """Say what is to come. The time is that of a missing replicate, which is run for it and kept."""
    words = Words(setup.lang)
    missing = sum(task.size for task in tasks)
    shape = {
        "points": f"{setup.size:,}",
        "regimes": len(setup.titles),
        "replicates": setup.fixed.replicates,
        "runs": f"{setup.runs:,}",
        "missing": f"{missing:,}",
    }
    print(words("sweep.plan", **shape), file=sys.stderr)
    tell_time(plan, tasks, store, setup, run, bytes_per_run(setup))


def tell_time(
    plan: Plan,
    tasks: Sequence[Task],
    store: Store,
    setup: Sitting,
    run: Engine | None,
    bytes_each: float = BYTES_PER_RUN,
) -> None:
    """Say how long the missing runs take, and on how much disk; a replicate is run for it and kept."""
    words = Words(setup.lang)
    missing = sum(task.size for task in tasks)
    if not tasks:
        return
    space = disk(missing * bytes_each)
    if setup.executor != LOCAL:
        told = words("sweep.estimate_elsewhere", disk=space, scheduler=setup.scheduler)
        print(told, file=sys.stderr)
        return
    batch = _warm_replicate(plan, tasks, store, engine_or_default(run))
    point, task = plan.points[batch.task.point].variant, batch.task
    workers = worker_count(setup.jobs)
    if batch.failures:
        print(words("sweep.estimate_failed", point=point, disk=space), file=sys.stderr)
        return
    seconds = batch.seconds / task.size * missing / workers
    print(
        words(
            "sweep.estimate", point=point, regimes=len(task.regimes),
            seconds=f"{batch.seconds:.2g}", time=long_duration(seconds), workers=workers, disk=space,
        ),
        file=sys.stderr,
    )  # fmt: skip


def _warm_replicate(plan: Plan, tasks: Sequence[Task], store: Store, engine: Engine) -> Batch:
    """Do up to two missing replicates, one by one, and return the last; the first warms up."""
    first, rest = tasks[0].first(1)
    others = [rest] if rest is not None else list(tasks[1:2])
    for task in (first, *(one.first(1)[0] for one in others)):
        batch = run_job(engine, job_of(plan.points[task.point], task))
        store.append(batch.runs, batch.failures)
    return batch


def bytes_per_run(setup: SweepSetup) -> float:
    """Disk that a run takes."""
    return BYTES_PER_RUN + (BYTES_PER_QUARTERS if setup.fixed.trajectories else 0.0)


def disk(size: float) -> str:
    """Bytes in words."""
    for unit in ("kB", "MB", "GB"):
        size /= 1000.0
        if size < 1000.0:
            return f"{max(size, 1.0):.0f} {unit}"
    return f"{size / 1000.0:,.0f} TB"


def long_duration(seconds: float) -> str:
    """A duration in words; days and years where hours are too many."""
    days = seconds / 86_400.0
    if days < 2:
        return duration(seconds)
    return f"{days:,.0f} days" if days < 730 else f"{days / 365.25:,.0f} years"
