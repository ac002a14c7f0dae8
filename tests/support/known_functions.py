"""Functions with known sensitivity, and replicates on common luck around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]


def ishigami(x: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990), a = 7, b = 0.1, and a fourth factor that does nothing."""
    y = (2.0 * x - 1.0) * np.pi
    return (
        np.sin(y[..., 0]) + 7.0 * np.sin(y[..., 1]) ** 2 + 0.1 * y[..., 2] ** 4 * np.sin(y[..., 0])
    )


_V1 = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2
_V2, _V13 = 49.0 / 8.0, 8.0 * 0.01 * np.pi**8 / 225.0
ISHIGAMI_VARIANCE = _V1 + _V2 + _V13
ISHIGAMI_FIRST = np.array([_V1, _V2, 0.0, 0.0]) / ISHIGAMI_VARIANCE
ISHIGAMI_TOTAL = np.array([_V1 + _V13, _V2, _V13, 0.0]) / ISHIGAMI_VARIANCE

G = np.array([0.0, 1.0, 4.5, 99.0])  # from all-important to without effect


def sobol_g(x: np.ndarray) -> np.ndarray:
    """Sobol's g function (Saltelli and Sobol 1995)."""
    return np.prod((np.abs(4.0 * x - 2.0) + G) / (1.0 + G), axis=-1)


_PARTS = 1.0 / (3.0 * (1.0 + G) ** 2)
G_VARIANCE = np.prod(1.0 + _PARTS) - 1.0
G_FIRST = _PARTS / G_VARIANCE
G_TOTAL = _PARTS * (np.prod(1.0 + _PARTS) / (1.0 + _PARTS)) / G_VARIANCE


@dataclass(frozen=True)
class Luck:
    """Replicates on common luck: each shifts all points, bends the response, and adds noise.

    Attributes
    ----------
    shift, bend, noise: standard deviations.
    """

    shift: float
    bend: float
    noise: float

    def outcomes(
        self, function: Function, rng: np.random.Generator, replicates: int, *designs: np.ndarray
    ) -> list[np.ndarray]:
        """Outcomes at each design (..., factors), shape (..., replicates), on the same luck."""
        factors = designs[0].shape[-1]
        shift = rng.normal(0.0, self.shift, replicates)
        bend = rng.normal(0.0, self.bend, (replicates, factors))
        return [
            function(x)[..., None] + shift + (x - 0.5) @ bend.T
            + rng.normal(0.0, self.noise, (*x.shape[:-1], replicates))
            for x in designs
        ]  # fmt: skip


def saltelli(
    rng: np.random.Generator, rows: int, factors: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random matrices A and B, and A with one column taken from B, (factors, rows, factors)."""
    base, other = rng.random((2, rows, factors))
    mixed = np.repeat(base[None], factors, axis=0)
    for k in range(factors):
        mixed[k, :, k] = other[:, k]
    return base, other, mixed


def paths(rng: np.random.Generator, count: int, factors: int) -> np.ndarray:
    """Morris paths on four levels with steps of 2/3, shape (count, factors + 1, factors)."""
    start = rng.integers(0, 2, (count, factors)) / 3.0
    order = np.argsort(rng.random((count, factors)), axis=1)
    moved = np.argsort(order, axis=1)[:, None, :] < np.arange(factors + 1)[None, :, None]
    return start[:, None, :] + moved * (2.0 / 3.0)
