"""A batch of runs as one worker does it, wherever that worker is."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.running.plan import Point, Task
from experiments.running.store import OUTCOME_NAMES, TRAJECTORY_NAMES, Failure, Run
from simulation.outcomes import RunResult
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World

Engine = Callable[..., list[RunResult]]  # the signature of simulation.runner.run_replicate


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A task with all that a worker needs to do it; the same for any kind of executor."""

    task: Task
    variant: str
    world: World
    population: Population
    reference: Regime
    regimes: tuple[Regime, ...]
    seed: int
    run_ids: tuple[tuple[str, ...], ...]  # by replicate and regime of the task
    trajectories: bool


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What came of a job; ``seconds`` is how long it took."""

    task: Task
    runs: list[Run]
    failures: list[Failure]
    seconds: float


def job_of(point: Point, task: Task) -> Job:
    """All a worker needs for a task of this point."""
    return Job(
        task=task,
        variant=point.variant,
        world=point.world,
        population=point.population,
        reference=point.reference,
        regimes=tuple(point.regimes[regime] for regime in task.regimes),
        seed=point.seed,
        run_ids=tuple(
            tuple(point.run_id(regime, replicate) for regime in task.regimes)
            for replicate in task.replicates
        ),
        trajectories=point.trajectories,
    )


def run_job(run: Engine, job: Job) -> Batch:
    """Do a job. An error in a run is a failure of that run and of no other."""
    started = time.perf_counter()
    runs: list[Run] = []
    failures: list[Failure] = []
    for row in range(len(job.task.replicates)):
        for done in _run_row(run, job, row):
            if isinstance(done, Run):
                runs.append(done)
            else:
                failures.append(done)
    return Batch(job.task, runs, failures, time.perf_counter() - started)


def _run_row(run: Engine, job: Job, row: int) -> Iterator[Run | Failure]:
    """All regimes of one replicate; after an error each by itself, to find the one that fails."""
    try:
        yield from _call(run, job, row, range(len(job.regimes)))
        return
    except Exception as error:  # whatever the engine raises is a result to be recorded
        if len(job.regimes) == 1:
            yield failure_of(job, row, 0, _trace(error))
            return
    for column in range(len(job.regimes)):
        try:
            yield from _call(run, job, row, [column])
        except Exception as error:
            yield failure_of(job, row, column, _trace(error))


def _call(run: Engine, job: Job, row: int, columns: Sequence[int]) -> list[Run]:
    replicate = job.task.replicates[row]
    results = run(
        job.world,
        job.population,
        job.reference,
        tuple(job.regimes[column] for column in columns),
        seed=job.seed,
        replicate=replicate,
    )
    return [
        Run(
            run_id=job.run_ids[row][column],
            replicate=replicate,
            seed=job.seed,
            outcomes=np.array([result.outcomes[name] for name in OUTCOME_NAMES], np.float64),
            trajectories=_series(result) if job.trajectories else None,
            stages=result.stages.ravel(),
        )
        for column, result in zip(columns, results, strict=True)
    ]


def _series(result: RunResult) -> np.ndarray:
    return np.array([result.trajectories[name] for name in TRAJECTORY_NAMES], np.float32)


def failure_of(job: Job, row: int, column: int, error: str) -> Failure:
    """The failure of one run: the task\'s replicate number ``row`` and regime number ``column``."""
    return Failure(
        run_id=job.run_ids[row][column],
        variant=job.variant,
        regime=job.regimes[column].name,
        replicate=job.task.replicates[row],
        seed=job.seed,
        error=error,
    )


def _trace(error: Exception) -> str:
    """The error and where it arose, without folders of this machine."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__
    ]
    where = " < ".join(
        f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in reversed(frames[-4:])
    )
    return f"{type(error).__name__}: {error}" + (f" ({where})" if where else "")


def engine_or_default(run: Engine | None) -> Engine:
    """The given engine, or the product's; imported here because it is heavy."""
    if run is not None:
        return run
    from simulation.runner import run_replicate

    return run_replicate
