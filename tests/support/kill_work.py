"""Work for drivers that are killed, with the fake engine; importable by name in other processes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.store import NoTime, plan
from experiments.running.plan import Plan
from tests.support import fake_engine as fake


def slow_work(log: str, replicates: str, seconds: str) -> tuple[Plan, fake.FakeEngine]:
    """Two worlds; every replicate takes some time."""
    two = fake.with_point(fake.plan(int(replicates)), variant="other", seed=8, replicates=5)
    return two, fake.FakeEngine(Path(log), seconds=float(seconds))


def many_work(runs: str) -> tuple[Plan, NoTime]:
    """So many runs, a multiple of 1,000, that take next to no time."""
    return plan(int(runs), trajectories=False), NoTime()
