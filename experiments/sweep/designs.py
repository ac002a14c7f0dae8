"""Designs: which points of a space are run.

This is the one file outside :mod:`simulation.streams` that draws: places in a space, never luck of
the model. A design is a function of the space, its kind, the number of points and its own seed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.settings import ConfigError, nearest
from experiments.sweep.space import FloatArray, Space

FACTORIAL, LHS, SOBOL, MORRIS = "factorial", "lhs", "sobol", "morris"
KINDS = (FACTORIAL, LHS, SOBOL, MORRIS)
GRIDS = (FACTORIAL, MORRIS)  # kinds whose coordinates are of a grid; see experiments.sweep.space
EXTENDABLE = (SOBOL, MORRIS)  # kinds whose first points stay when points are added
MORRIS_LEVELS = 4  # of the grid; Morris (1991), Campolongo et al. (2007)

# Where `points` is not given: points per factor (Loeppky, Sacks and Welch 2009), base rows, paths.
USUAL = {LHS: 10, SOBOL: 64, MORRIS: 10}

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The points of a sweep.

    Attributes
    ----------
    unit: unit coordinates, shape (points, factors).
    block: shape (points,); the path of a Morris design, the base row of a Sobol design, else 0.
    step: shape (points,); place in the block. Morris: 0 is the start of a path, and each later
        point changes one factor. Sobol with k factors (Saltelli 2010): 0 is the row of A, i the
        same row with factor i (from 1) taken from B, k + 1 the row of B. Else the point's number.
    """

    kind: str
    space: Space
    seed: int
    unit: FloatArray
    block: IntArray
    step: IntArray

    @property
    def points(self) -> int:
        """Number of points."""
        return len(self.unit)

    def values(self, factor: int) -> list[Any]:
        """Values of one factor at all points."""
        return self.space.factors[factor].values(self.unit[:, factor], grid=self.kind in GRIDS)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Values of all factors, point by point."""
        return zip(*(self.values(k) for k in range(len(self.space.factors))), strict=True)


def design_size(space: Space, kind: str, points: int) -> int:
    """Number of points, without making them; ``points`` is 0 for the usual number.

    Raises
    ------
    ConfigError: the kind is unknown, does not suit the factors, or has no such number of points.
    """
    if kind not in KINDS:
        raise ConfigError(f"design = {kind!r} is not known. {nearest(str(kind), KINDS)}")
    _refuse_unsuited(space, kind)
    if kind == FACTORIAL:
        if points:
            raise ConfigError(
                f"points = {points} cannot be set: a factorial design has one point for every "
                f"combination of levels. Leave points out, or write design=lhs."
            )
        return math.prod(len(factor.levels) for factor in space.factors)
    if kind == LHS:
        return points or USUAL[LHS] * len(space.factors)
    size = _block_size(space, kind)
    if not points:
        return USUAL[kind] * size
    blocks = _nearest_blocks(kind, points / size)
    if points not in (size * count for count in blocks):
        offers = " or ".join(f"points={size * count}" for count in blocks)
        reason = {
            SOBOL: f"{size} points for each row, and a power of two of rows",
            MORRIS: f"paths of {size} points",
        }
        raise ConfigError(
            f"points = {points} does not fit: a {kind} design of {len(space.factors)} factors has "
            f"{reason[kind]}. Write {offers}."
        )
    return points


def make_design(space: Space, kind: str, points: int, seed: int) -> Design:
    """Make a design; see :func:`design_size` for ``points`` and for what is refused."""
    size = design_size(space, kind, points)
    unit = _MAKERS[kind](space, size, seed)
    block_size = _block_size(space, kind) if kind in EXTENDABLE else size
    block, step = np.divmod(np.arange(size, dtype=np.int64), block_size)
    return Design(kind, space, seed, unit, block, step)


def _block_size(space: Space, kind: str) -> int:
    """Points of a path or of a base row."""
    return len(space.factors) + (1 if kind == MORRIS else 2)


def _nearest_blocks(kind: str, wanted: float) -> tuple[int, int]:
    """Numbers of blocks around the wanted one that the kind allows."""
    if kind == MORRIS:
        below = max(2, math.floor(wanted))
        return below, below + 1
    power = max(1, math.floor(math.log2(max(wanted, 2.0))))
    return 2**power, 2 ** (power + 1)


def _refuse_unsuited(space: Space, kind: str) -> None:
    for factor in space.factors:
        if kind == FACTORIAL and factor.is_range:
            raise ConfigError(
                f"{factor.name}={factor.short()} is a range, and a factorial design needs levels. "
                f"Write levels, such as {factor.name}={_three(factor)}, or another design, such as "
                f"design=lhs."
            )
        if kind == MORRIS and not factor.ordered and len(factor.levels) > 2:
            one, two = factor.levels[:2]
            raise ConfigError(
                f"{factor.name}={factor.short()} has names without an order, and a Morris design "
                f"steps up and down. Write two of them, such as {factor.name}={one},{two}, or take "
                f"design=sobol, design=lhs or design=factorial."
            )
        if kind != FACTORIAL and len(factor.levels) == 1:
            raise ConfigError(
                f"{factor.name}={factor.short()} has one level only. Write at least two, or a range."
            )


def _three(factor: Any) -> str:
    low, high = factor.ends()
    middle = (low + high) // 2 if factor.whole else (low + high) / 2
    return f"{low:g},{middle:g},{high:g}"


# ---------------------------------------------------------------- kinds


def _factorial(space: Space, size: int, seed: int) -> FloatArray:
    """Every combination of levels, the last factor changing fastest."""
    del size, seed
    places = [
        np.linspace(0.0, 1.0, len(factor.levels)) if len(factor.levels) > 1 else np.array([0.0])
        for factor in space.factors
    ]
    return np.array(list(itertools.product(*places)), dtype=np.float64)


def _lhs(space: Space, size: int, seed: int) -> FloatArray:
    """A Latin hypercube: every factor has one point in each of ``size`` slices."""
    from scipy.stats import qmc

    unit: FloatArray = qmc.LatinHypercube(len(space.factors), seed=_generator(seed)).random(size)
    return unit


def _sobol(space: Space, size: int, seed: int) -> FloatArray:
    """Saltelli's scheme on a scrambled Sobol sequence, in the order of SALib without second order."""
    from scipy.stats import qmc

    count = len(space.factors)
    rows = size // (count + 2)
    base = qmc.Sobol(2 * count, seed=_generator(seed)).random_base2(int(math.log2(rows)))
    unit = np.repeat(base[:, None, :count], count + 2, axis=1)
    for factor in range(count):
        unit[:, factor + 1, factor] = base[:, count + factor]
    unit[:, -1] = base[:, count:]
    return unit.reshape(size, count)


def _morris(space: Space, size: int, seed: int) -> FloatArray:
    """Paths that change one factor at a time, on a grid of :data:`MORRIS_LEVELS` levels."""
    try:
        from SALib.sample.morris import sample
    except ImportError as error:
        raise ConfigError(
            "design=morris needs SALib, which is not installed. Write: pip install "
            "'consortia[explore]', or take design=lhs."
        ) from error
    paths = size // (len(space.factors) + 1)
    unit: FloatArray = sample(space.as_problem(), paths, num_levels=MORRIS_LEVELS, seed=seed)
    return unit


def _generator(seed: int) -> Any:
    return np.random.default_rng(seed)


_MAKERS: dict[str, Callable[[Space, int, int], FloatArray]] = {
    FACTORIAL: _factorial,
    LHS: _lhs,
    SOBOL: _sobol,
    MORRIS: _morris,
}
