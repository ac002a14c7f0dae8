"""An engine whose outcomes are plain functions of levers, so that fronts and optima are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.search.job import search
from experiments.search.settings import SearchSetup, load_search
from simulation.outcomes import RunResult
from simulation.policies.registry import Regime
from tests.support.fake_engine import FakeEngine

BEST_SHARE = 0.7  # public share with the highest welfare
FRONT = (
    "population=classroom", "regimes=open_challenge,race,agency_managed,framework_programme",
    "goals=technical,-all_in_cost", "runs=320", "replicates=2", "held_out=20", "jobs=1",
)  # fmt: skip


@dataclass(frozen=True)
class LeverEngine:
    """Teams solve more and cost more, bought coordination solves more and costs nothing.

    Attributes
    ----------
    log: folder for the notes of the fake engine behind it.
    own: standard deviation of the luck that each regime has for itself.
    interrupt: number of calls after which Ctrl-C is pressed; -1 for never.
    """

    log: Path
    own: float = 0.0
    interrupt: int = -1
    seconds: float = 0.0

    def __call__(self, *args: Any, seed: int, replicate: int) -> list[RunResult]:
        """See :func:`simulation.runner.run_replicate`."""
        if 0 <= self.interrupt <= self.count():
            raise KeyboardInterrupt
        regimes: Sequence[Regime] = args[3]
        engine = FakeEngine(self.log, seconds=self.seconds)
        results = engine(*args, seed=seed, replicate=replicate)
        common = np.random.default_rng([seed, replicate]).normal(0.0, 3.0)
        for regime, result in zip(regimes, results, strict=True):
            rng = np.random.default_rng([seed, replicate, *regime.columns.tobytes()])
            for name, value in outcomes(regime).items():
                result.outcomes[name] = value + common + rng.normal(0.0, self.own)
        return results

    def count(self) -> int:
        """Number of calls so far."""
        return len(list(self.log.glob("call*")))


def outcomes(regime: Regime) -> dict[str, float]:
    """What the levers of the first programme give, before luck."""
    if not len(regime.columns):
        return {"technical": 0.0, "all_in_cost": 0.0, "welfare": 0.0}
    levers = regime.columns[0]
    return {
        "technical": 3.0 * levers["selection_teams"] + 2.0 * levers["coordination_bought"],
        "all_in_cost": 5.0 * levers["selection_teams"],
        "welfare": -10.0 * (levers["funding_public_share"] - BEST_SHARE) ** 2,
    }


def front_setup(out: Path, *changes: str) -> SearchSetup:
    """A search over mixes of four regimes."""
    names = [text.partition("=")[0] for text in changes]
    kept = [text for text in FRONT if text.partition("=")[0] not in names]
    return load_search([*kept, *changes, f"out={out}"])


def slow_search(out: str, log: str, seconds: str) -> None:
    """A search to be killed; importable by name in another process."""
    search(
        front_setup(Path(out)), progress=False, run=LeverEngine(Path(log), seconds=float(seconds))
    )
