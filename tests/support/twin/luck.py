"""Luck as in :mod:`simulation.streams`, in whole numbers of Python kept to 64 bits."""

from __future__ import annotations

import math
from collections.abc import Sequence

_64_BITS = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_ODD_A = 0xD1B54A32D192ED03
_ODD_B = 0xABC98388FB8FAC03
_ODD_C = 0x8CB92BA72F3D8DD7
_MIX_A = 0xBF58476D1CE4E5B9
_MIX_B = 0x94D049BB133111EB
_UNIT = 1.0 / 9007199254740992.0  # 2**-53


def mix(x: int) -> int:
    """Scramble 64 bits (SplitMix64 finaliser)."""
    x = (x ^ (x >> 30)) * _MIX_A & _64_BITS
    x = (x ^ (x >> 27)) * _MIX_B & _64_BITS
    return x ^ (x >> 31)


def combine(a: int, b: int) -> int:
    """A hash of an ordered pair; used to name composite entities."""
    return mix(a * _GOLDEN + b + _ODD_C & _64_BITS)


def first_to_ring(clocks: Sequence[float]) -> int:
    """Which of several clocks rings first; of equal ones, the first in the list."""
    return clocks.index(min(clocks))


class Luck:
    """All draws of one replicate; each belongs to a decision, a step and an entity."""

    def __init__(self, seed: int, replicate: int) -> None:
        self.key = combine(combine(seed, replicate), 1)

    def bits(self, decision: int, step: int, entity: int) -> int:
        """64 uniform bits at this address."""
        h = mix(self.key + (decision + 1) * _GOLDEN + (step + 1) * _ODD_A & _64_BITS)
        return mix(h + entity * _ODD_B & _64_BITS)

    def uniform(self, decision: int, step: int, entity: int) -> float:
        """A number in (0, 1) at this address."""
        return _in_unit(self.bits(decision, step, entity))

    def normal(self, decision: int, step: int, entity: int) -> float:
        """A standard normal number at this address (Box and Muller 1958)."""
        first = self.bits(decision, step, entity)
        second = mix(first + _ODD_C & _64_BITS)
        u, v = _in_unit(first), _in_unit(second)
        return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)

    def clock(self, decision: int, step: int, entity: int, weight: float) -> float:
        """An exponential clock that rings sooner the larger the weight; never for weight 0."""
        if weight <= 0.0:
            return math.inf
        return -math.log(self.uniform(decision, step, entity)) / weight


def _in_unit(bits: int) -> float:
    return ((bits >> 11) + 0.5) * _UNIT
