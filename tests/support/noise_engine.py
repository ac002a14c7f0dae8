"""An engine in whose worlds with little noise the regime race loses welfare, so that a box is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulation.outcomes import RunResult
from simulation.policies.registry import Regime
from simulation.world import World
from tests.support.fake_engine import FakeEngine

BORDER = 0.1  # noise of search below which race fails


@dataclass(frozen=True)
class NoiseEngine:
    """Picklable; ``log`` is the folder for the notes of the fake engine behind it."""

    log: Path

    def __call__(self, *args: Any, seed: int, replicate: int) -> list[RunResult]:
        """See :func:`simulation.runner.run_replicate`."""
        world: World = args[0]
        regimes: Sequence[Regime] = args[3]
        results = FakeEngine(self.log)(*args, seed=seed, replicate=replicate)
        common = np.random.default_rng([seed, replicate]).normal(0.0, 3.0)
        mean = -2.0 if world.as_mapping()["search"]["noise"] < BORDER else 2.0
        for regime, result in zip(regimes, results, strict=True):
            own = np.random.default_rng([seed, replicate, 1]).normal(mean, 0.5)
            result.outcomes["welfare"] = common + (own if len(regime.columns) else 0.0)
        return results

    def count(self) -> int:
        """Number of calls so far."""
        return FakeEngine(self.log).count("call *")
