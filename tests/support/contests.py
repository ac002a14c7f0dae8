"""Outcomes that are games over lever families: what every mix is worth is set by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulation.outcomes import RunResult
from tests.support.fake_engine import FakeEngine


@dataclass(frozen=True)
class GameEngine:
    """``technical`` is a sum of worths of levers, a worth of the teamwork of all, and luck.

    Attributes
    ----------
    log: folder for the notes of the fake engine behind it.
    worths: by column of a programme: million added per unit of the lever, over all programmes.
    together: added for the product of these columns.
    noise: standard deviation of luck that a mix does not share with the others.
    fails: pairs (regime, replicate) that raise an error.
    missing: replicates whose ``technical`` has no value.
    """

    log: Path
    worths: Mapping[str, float]
    together: float = 0.0
    noise: float = 0.0
    fails: tuple[tuple[str, int], ...] = ()
    missing: tuple[int, ...] = ()

    def __call__(self, *args: Any, seed: int, replicate: int) -> list[RunResult]:
        """See :func:`simulation.runner.run_replicate`."""
        results = FakeEngine(self.log, fails=self.fails)(*args, seed=seed, replicate=replicate)
        for regime, result in zip(args[3], results, strict=True):
            levers = [float(regime.columns[name].sum()) for name in self.worths]
            worth = float(np.dot(levers, list(self.worths.values())))
            luck = np.random.default_rng([seed, replicate]).normal(0.0, 3.0)
            own = np.random.default_rng([seed, replicate, *regime.columns.tobytes()])
            value = worth + self.together * float(np.prod(levers)) + luck
            value += own.normal(0.0, self.noise) if self.noise else 0.0
            result.outcomes["technical"] = float("nan") if replicate in self.missing else value
            result.outcomes["solved_not_adopted"] = 0.5
        return results

    def count(self) -> int:
        """Number of calls so far."""
        return len(list(self.log.glob("call*")))
