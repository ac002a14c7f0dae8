"""An engine that takes no time: a deterministic result for every run, and troubles on demand.

Importable by name, so that worker processes find it.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from experiments.running.plan import Plan, Point
from simulation.outcomes import OUTCOMES, TRAJECTORIES, RunResult
from simulation.policies.registry import Programme, Regime
from simulation.population import Population
from simulation.stages import FIRST_REGION
from simulation.world import World
from tests.support import synthetic_runs

QUARTERS = 5


def world() -> World:
    """A valid world."""
    return synthetic_runs.world()


def population(name: str = "four") -> Population:
    """Four organisations in two regions."""
    return Population(
        name=name,
        kind=np.array([0, 1, 2, 3]),
        ownership=np.array([0, 2, 3, 3]),
        region=np.array([0, 1, 0, 1]),
        staff=np.array([10.0, 2.0, 30.0, 20.0]),
        home_field=np.array([-1, 0, 1, 2]),
        labels=("a", "b", "c", "d"),
        regions=("east", "west"),
    )


def programme(teams: int = 1) -> Programme:
    """A programme that differs by the number of teams only."""
    return synthetic_runs.programme(
        eligibility={"min_members": 1, "max_members": 12}, selection={"teams": teams}
    )


LAISSEZ_FAIRE = Regime("laissez_faire", ())
REGIMES = (LAISSEZ_FAIRE, Regime("one", (programme(1),)), Regime("two", (programme(2),)))


def plan(replicates: int = 4, regimes: Sequence[Regime] = REGIMES, seed: int = 7) -> Plan:
    """A plan with one point."""
    point = Point(
        "main", world(), population(), LAISSEZ_FAIRE, tuple(regimes), seed, replicates, True
    )
    return Plan((point,))


def with_point(first: Plan, **changes: object) -> Plan:
    """The plan with one more point, a changed copy of its first."""
    return Plan((*first.points, replace(first.points[0], **changes)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class FakeEngine:
    """Stands in for ``run_replicate``; picklable.

    Attributes
    ----------
    log: folder in which every call leaves a file, to count calls across processes.
    fails: pairs (regime, replicate) that raise an error.
    kills: replicates that kill their own process ...
    deaths: ... this many times, counted in ``log``.
    interrupt: replicate that behaves as if Ctrl-C were pressed.
    seconds: how long a call takes.
    """

    log: Path
    fails: tuple[tuple[str, int], ...] = ()
    kills: tuple[int, ...] = ()
    deaths: int = 1
    interrupt: int = -1
    seconds: float = 0.0

    def __call__(
        self,
        world: World,
        population: Population,
        reference: Regime,
        regimes: Sequence[Regime],
        *,
        seed: int,
        replicate: int,
    ) -> list[RunResult]:
        """A result per regime that depends on its levers and on the luck, and not on its name."""
        self._note(f"call {replicate}")
        time.sleep(self.seconds)
        if replicate in self.kills and self.count(f"death {replicate}") < self.deaths:
            self._note(f"death {replicate}")
            kill_this_process()
        if replicate == self.interrupt:
            raise KeyboardInterrupt
        for regime in regimes:
            if (regime.name, replicate) in self.fails:
                raise ArithmeticError(f"no luck in replicate {replicate}")
        return [_result(world, population, regime, seed, replicate) for regime in regimes]

    def count(self, kind: str) -> int:
        """How often something was noted."""
        return len(list(self.log.glob(f"{kind}-*")))

    def _note(self, kind: str) -> None:
        (self.log / f"{kind}-{os.getpid()}-{time.monotonic_ns()}").touch()


def kill_this_process() -> None:
    """End at once, as ``kill -9`` does."""
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)


def _result(
    world: World, population: Population, regime: Regime, seed: int, replicate: int
) -> RunResult:
    key = world.columns().tobytes() + regime.columns.tobytes() + f"{seed} {replicate}".encode()
    digest = hashlib.sha512(key).digest()

    def number(position: int) -> float:
        return digest[position % 64] + position / 1000.0

    outcomes = {outcome.name: number(k) for k, outcome in enumerate(OUTCOMES)}
    outcomes["bid_success"] = float("nan")
    series = {
        outcome.name: number(k) * np.arange(QUARTERS, dtype=np.float32)
        for k, outcome in enumerate(TRAJECTORIES)
    }
    shape = (len(regime.programmes), FIRST_REGION + len(population.regions))
    stages = digest[0] + np.arange(shape[0] * shape[1]).reshape(shape)
    return RunResult(regime.name, replicate, outcomes, series, stages)
