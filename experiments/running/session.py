"""One sitting of an experiment: what is told before its runs, doing them, and what is kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from experiments.running import LOCAL
from experiments.running.executor import Execution, execute, executor_of
from experiments.running.jobs import Engine
from experiments.running.plan import Plan, Task, reconcile
from experiments.running.progress import make_progress
from experiments.running.store import Store


class Sitting(Protocol):
    """How runs are to be done; the setup of every command that runs a plan has these settings."""

    @property
    def jobs(self) -> int:
        """Worker processes; 0 for all processors."""

    @property
    def executor(self) -> str:
        """One of :data:`experiments.running.EXECUTORS`."""

    @property
    def scheduler(self) -> str:
        """Address of a Dask scheduler."""

    @property
    def out(self) -> Path:
        """The output folder."""

    @property
    def lang(self) -> str:
        """Language of what is told."""


def tell_before(plan: Plan, store: Store, setup: Sitting, run: Engine | None) -> list[Task]:
    """Name damaged files; compile the model, aloud, when it is going to run on this machine.

    Returns
    -------
    The work that is missing.
    """
    for before, after in store.set_aside:
        print(
            f"{before} is damaged and was set aside as {after}; its runs are done again.",
            file=sys.stderr,
        )
    missing = reconcile(plan, store.run_ids, store.trajectory_ids)
    if missing and run is None and setup.executor == LOCAL:
        from simulation.warmup import warm_up

        warm_up(lambda text: print(text, file=sys.stderr))
    return missing


def do_runs(
    plan: Plan, store: Store, setup: Sitting, progress: bool, run: Engine | None
) -> Execution:
    """Do the missing runs of a plan as the setup says; after Ctrl-C say what is kept."""
    try:
        with make_progress(progress, setup.lang) as shown:
            executor = executor_of(setup.executor, setup.scheduler, store, run)
            return execute(plan, store, setup.jobs, shown, run=run, executor=executor)
    except KeyboardInterrupt:
        if progress:
            kept = sum(int(store.run_ids.held(names).sum()) for names in plan.names())
            print(f"{kept} finished runs are kept in {setup.out}.", file=sys.stderr)
        raise
