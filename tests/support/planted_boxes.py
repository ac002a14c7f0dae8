"""Sweeps whose differences are made here, so that the part of the space in which they are low is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from experiments.sweep.designs import Design, make_design
from experiments.sweep.results import SweepResults
from experiments.sweep.space import Factor, Space

SPACE = Space(
    (
        Factor("search.noise", low=0.0, high=0.2),
        Factor("learning.decay", low=0.0, high=0.05),
        Factor("selection.teams", levels=(1, 2, 4)),
        Factor("search.rounds", low=1, high=9, whole=True),
        Factor("population", levels=("classroom", "yangtze_delta", "national")),
    )
)
REGIMES = ("laissez_faire", "race", "prize")


@dataclass(frozen=True, slots=True, eq=False)
class Planted(SweepResults):
    """A sweep whose outcomes are set: those of the reference are 0."""

    values: np.ndarray | None = None
    missing: tuple[int, ...] = ()

    def outcomes(self, names):
        for _ in names:
            assert self.values is not None
            yield self.values

    def done(self):
        done = np.ones(self.shape, dtype=bool)
        done[7, 1, list(self.missing)] = False
        return done


def design(points: int = 200, kind: str = "lhs", seed: int = 1) -> Design:
    """A design over :data:`SPACE`."""
    return make_design(SPACE, kind, points, seed)


def planted(out: Path, made: Design, race: np.ndarray, prize: np.ndarray | None = None) -> Planted:
    """A sweep with these differences to the reference, each of shape (points, replicates)."""
    values = np.zeros((len(race), 3, race.shape[1]))
    values[:, 1] = race
    values[:, 2] = 0.0 if prize is None else prize
    return Planted(out, made, REGIMES, race.shape[1], pa.array([], pa.string()), values)


def in_box(made: Design) -> np.ndarray:
    """The planted box: little noise, and one of two populations; about a third of the space."""
    names = np.array(made.values(4))
    return (np.array(made.values(0)) < 0.1) & np.isin(names, ["classroom", "national"])


def noisy(rng: np.random.Generator, means: np.ndarray, replicates: int, sd: float) -> np.ndarray:
    """Outcomes with noise of their own at every point and replicate."""
    return means[:, None] + rng.normal(0.0, sd, (len(means), replicates))


def lucky(rng: np.random.Generator, made: Design, replicates: int) -> np.ndarray:
    """No difference on average anywhere, but luck that every point shares favours one end of a factor."""
    slopes = rng.normal(0.0, 3.0, replicates)
    noise = noisy(rng, np.zeros(made.points), replicates, 1.0)
    return noise + (made.unit[:, :1] - 0.5) * slopes
