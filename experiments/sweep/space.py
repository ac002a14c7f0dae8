"""What a sweep varies: factors with levels or a range, and the space they span.

A factor's place is a *unit coordinate* in [0, 1], so that every design works in the unit cube. There
are two ways from a place to a value. On a *grid* (factorial, Morris) 0 is the first level or the low
end and 1 the last level or the high end, and places between are rounded to the nearest level.
In *bins* (Latin hypercube, Sobol) every level or whole number has an equal part of [0, 1].
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.settings import ConfigError

FloatArray = NDArray[np.float64]

MOST_WRITTEN = 8  # levels in a message


@dataclass(frozen=True, slots=True)
class Factor:
    """A setting that is varied, over levels or over a range.

    Attributes
    ----------
    name: the setting as it is written on the command line, such as ``search.noise``.
    levels: the values it takes; empty for a range. Lists stand as tuples.
    low, high: ends of a range, both included; 0 for levels.
    whole: whether the range is of whole numbers.
    """

    name: str
    levels: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False

    def __post_init__(self) -> None:
        if self.levels:
            for level, count in Counter(map(repr, self.levels)).items():
                if count > 1:
                    raise ConfigError(f"{self.name}: the level {level} stands there twice.")
        elif not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            one, two = sorted((self.low, self.high))
            instead = f"interval({one:g},{two:g})" if one < two else f"{one:g} for one value"
            raise ConfigError(
                f"{self.name} = interval({self.low:g},{self.high:g}) is empty. Write the lower end "
                f"first and the higher end second: {self.name}={instead}."
            )

    @property
    def is_range(self) -> bool:
        """Whether it varies over a range and has no levels."""
        return not self.levels

    @property
    def ordered(self) -> bool:
        """Whether its values are numbers, so that more and less have a meaning."""
        return self.is_range or all(
            isinstance(level, (int, float)) and not isinstance(level, bool) for level in self.levels
        )

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value; for names and true/false, first and last position."""
        if self.is_range:
            return self.low, self.high
        if self.ordered:
            return float(min(self.levels)), float(max(self.levels))
        return 0.0, float(len(self.levels) - 1)

    def values(self, unit: FloatArray, *, grid: bool) -> list[Any]:
        """Values at unit coordinates.

        Parameters
        ----------
        unit: shape (points,), in [0, 1].
        grid: whether the coordinates are of a grid or of bins; see the head of this module.
        """
        if self.levels:
            return [self.levels[position] for position in self.positions(unit, grid=grid).tolist()]
        if not self.whole:
            spread = np.clip(self.low + unit * (self.high - self.low), self.low, self.high)
            # 0.2 + (0.9 - 0.2) is not 0.9, and the end that is written is the end that is meant.
            return np.where(unit >= 1.0, self.high, spread).tolist()  # type: ignore[no-any-return]
        count = int(self.high) - int(self.low) + 1
        return (int(self.low) + _position(unit, count, grid)).tolist()  # type: ignore[no-any-return]

    def positions(self, unit: FloatArray, *, grid: bool) -> NDArray[np.int64]:
        """Positions among the levels, shape (points,)."""
        return _position(unit, len(self.levels), grid)

    def ends(self) -> tuple[Any, ...]:
        """All levels, or both ends of the range."""
        return self.levels or tuple(self.values(np.array([0.0, 1.0]), grid=True))

    def text(self) -> str:
        """As it is written on the command line, without its name."""
        if self.is_range:
            low, high = self.ends()
            return f"interval({low!r},{high!r})"
        return ",".join(map(shown, self.levels))

    def short(self) -> str:
        """The same for messages, without the middle of a long list."""
        if len(self.levels) <= MOST_WRITTEN:
            return self.text()
        first, second, *_, last = map(shown, self.levels)
        return f"{first},{second},..,{last}"

    def as_mapping(self) -> dict[str, Any]:
        """Plain values, as they stand in YAML."""
        if self.levels:
            levels = [list(one) if isinstance(one, tuple) else one for one in self.levels]
            return {"name": self.name, "levels": levels}
        low, high = self.ends()
        return {"name": self.name, "low": low, "high": high, "whole": self.whole}

    @classmethod
    def from_mapping(cls, plain: Mapping[str, Any]) -> Factor:
        """The factor of :meth:`as_mapping`."""
        if "levels" in plain:
            levels = (tuple(one) if isinstance(one, list) else one for one in plain["levels"])
            return cls(plain["name"], tuple(levels))
        return cls(plain["name"], (), float(plain["low"]), float(plain["high"]), plain["whole"])


def _position(unit: FloatArray, count: int, grid: bool) -> NDArray[np.int64]:
    places = np.rint(unit * (count - 1)) if grid else np.floor(unit * count)
    return np.clip(places, 0, count - 1).astype(np.int64)


def shown(value: Any) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{','.join(map(str, value))}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Space:
    """All factors of a sweep, in the order in which they were given."""

    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        if not self.factors:
            raise ConfigError(
                "the sweep varies nothing. Give a setting several values, such as "
                "funding.public_share=0.2,0.5, or a range, such as search.noise=interval(0,0.1)."
            )
        for name, count in Counter(self.names).items():
            if count > 1:
                raise ConfigError(f"'{name}' is varied {count} times. Name each factor once.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(factor.name for factor in self.factors)

    def as_problem(self) -> dict[str, Any]:
        """The unit cube as SALib wants it: num_vars, names, bounds."""
        count = len(self.factors)
        return {"num_vars": count, "names": list(self.names), "bounds": [[0.0, 1.0]] * count}
