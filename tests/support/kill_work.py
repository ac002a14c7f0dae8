"""Work for drivers that are killed, with the fake engine; importable by name in other processes."""

from __future__ import annotations

from pathlib import Path

from experiments.running.plan import Plan
from tests.support import fake_engine as fake


def slow_work(log: str, replicates: str, seconds: str) -> tuple[Plan, fake.FakeEngine]:
    """Two worlds; every replicate takes some time."""
    plan = fake.with_point(fake.plan(int(replicates)), variant="other", seed=8, replicates=5)
    return plan, fake.FakeEngine(Path(log), seconds=float(seconds))
