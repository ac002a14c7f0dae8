"""Clocks that can stand still, subjects measured in turns, medians with quartiles, exponents."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

Clock = Callable[[], float]  # seconds since any moment


class Stopwatch:
    """Adds up time by a clock, in seconds; the default clock is the CPU time of this process."""

    def __init__(self, clock: Clock = time.process_time) -> None:
        self.seconds = 0.0
        self._clock = clock

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what happens inside."""
        began = self._clock()
        try:
            yield
        finally:
            self.seconds += self._clock() - began

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what happens inside; only where the watch is running."""
        began = self._clock()
        try:
            yield
        finally:
            self.seconds -= self._clock() - began


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles of some measurements, in their unit, and how many there were."""

    median: float
    low: float
    high: float
    count: int

    def told(self, digits: int = 3) -> str:
        """The median, with its quartiles in brackets where there is more than one measurement."""
        if self.count == 1:
            return plain(self.median, digits)
        ends = " to ".join(plain(end, digits) for end in (self.low, self.high))
        return f"{plain(self.median, digits)} ({ends})"


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles.

    Raises
    ------
    ValueError: there is no value.
    """
    if not values:
        raise ValueError("nothing was measured")
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    return Spread(median, low, high, len(values))


def plain(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, without powers of ten: ``1,230`` or ``0.0123``."""
    if value == 0.0:
        return "0"
    places = max(0, digits - 1 - int(np.floor(np.log10(abs(value)))))
    return f"{value:,.{places}f}"


def in_turns[Measured](
    subjects: Mapping[str, Callable[[], Measured]], rounds: int
) -> dict[str, list[Measured]]:
    """Measure the subjects one after another, and all of them again in the next round.

    A machine that grows slower meanwhile does so for all of them. Garbage of the one before is
    collected first, so that nobody pays for it.
    """
    measured: dict[str, list[Measured]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            gc.collect()
            measured[name].append(subject())
    return measured


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of log time over log size, by least squares: 1 where time grows like size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
