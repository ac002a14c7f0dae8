"""An engine with means that a test sets, on luck that all regimes of a replicate share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simulation.outcomes import RunResult
from simulation.policies.registry import Regime
from tests.support.fake_engine import FakeEngine


@dataclass(frozen=True)
class LuckEngine:
    """Normal ``technical`` outcomes: mean of the regime, common luck, luck of its own.

    Attributes
    ----------
    log: folder for the notes of the fake engine behind it.
    means: by name of the regime.
    common, own: standard deviations.
    fails: pairs (regime, replicate) that raise an error.
    """

    log: Path
    means: Mapping[str, float]
    common: float = 3.0
    own: float = 1.0
    fails: tuple[tuple[str, int], ...] = ()
    missing: tuple[tuple[str, int], ...] = field(default=())

    def __call__(self, *args: Any, seed: int, replicate: int) -> list[RunResult]:
        """See :func:`simulation.runner.run_replicate`."""
        regimes: Sequence[Regime] = args[3]
        results = FakeEngine(self.log, fails=self.fails)(*args, seed=seed, replicate=replicate)
        for regime, result in zip(regimes, results, strict=True):
            luck = np.random.default_rng([seed, replicate]).normal(0.0, self.common)
            own = np.random.default_rng([seed, replicate, *regime.name.encode()])
            value = self.means[regime.name] + luck + own.normal(0.0, self.own)
            gone = (regime.name, replicate) in self.missing
            result.outcomes["technical"] = float("nan") if gone else value
        return results

    def count(self) -> int:
        """Number of calls so far."""
        return len(list(self.log.glob("call*")))
