"""Which regime is best, with a stated probability: the procedure KN of Kim and Nelson (2001).

Observations of all systems arrive one replicate after another, and a system is dropped as soon as
another is ahead of it by more than the variance of *their difference* makes plausible. Common
luck shrinks that variance, and with it the number of runs. Decision record:
``0017-selection-and-stopping``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.paired import ROUNDING

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Selection:
    """State of the procedure after the replicates seen so far.

    Attributes
    ----------
    contenders: rows of the systems still in play, best mean first; one when the choice is made.
    dropped_at: replicates that each system had when it was dropped; 0 for contenders.
    seen: replicates the screening has used.
    needed: replicates after which the procedure stops at the latest.
    """

    contenders: tuple[int, ...]
    dropped_at: tuple[int, ...]
    seen: int
    needed: int

    @property
    def decided(self) -> bool:
        """Whether one system is left."""
        return len(self.contenders) == 1


def screening_constant(systems: int, first_stage: int, confidence: float) -> float:
    """h squared of KN with c = 1 and Bonferroni's split, which holds under common luck.

    Parameters
    ----------
    systems: number of systems, at least 2.
    first_stage: replicates from which variances are estimated, at least 2.
    confidence: probability of correct selection, above 1 / systems.
    """
    share = 2.0 * (1.0 - confidence) / (systems - 1)
    eta = (share ** (-2.0 / (first_stage - 1)) - 1.0) / 2.0
    return float(2.0 * eta * (first_stage - 1))


def select_best(
    values: Sequence[FloatArray], *, indifference: float, confidence: float, first_stage: int
) -> Selection:
    """Screen the systems, replicate by replicate, as far as the observations go.

    Parameters
    ----------
    values: one array per system, larger is better; equal places are the same replicate. A system
        that was dropped may have fewer replicates than the others, never fewer than it needs.
    indifference: smallest difference worth telling apart, above 0, in units of the outcome.
    first_stage: replicates used for the variances, at least 2; every system has that many.

    Notes
    -----
    With probability ``confidence`` the last contender is the best system if the best leads all
    others by ``indifference`` or more (normal observations, any correlation within a replicate).
    Two systems that are equal in every replicate are never told apart.
    """
    bound = _bounds(values, indifference, confidence, first_stage)
    behind = _trailing(values, bound, indifference)
    alive = np.ones(len(values), dtype=bool)
    dropped_at = np.zeros(len(values), dtype=np.int64)
    start = first_stage
    while True:
        rows = np.flatnonzero(alive)
        needed = max(int(bound[np.ix_(rows, rows)].max()) + 1, first_stage)
        seen = min(needed, *(len(values[row]) for row in rows.tolist()))
        losing = behind[rows[:, None], rows, start - 1 : seen].any(axis=1)  # (alive, replicates)
        if not losing.any():
            break
        step = int(losing.any(axis=0).argmax())
        seen = start + step
        dropped_at[rows[losing[:, step]]] = seen
        alive[rows[losing[:, step]]] = False
        if alive.sum() == 1:
            break
        start = seen
    means = [float(values[row][:seen].mean()) for row in np.flatnonzero(alive).tolist()]
    order = np.flatnonzero(alive)[np.argsort(-np.array(means), kind="stable")]
    return Selection(tuple(order.tolist()), tuple(dropped_at.tolist()), seen, needed)


def _bounds(
    values: Sequence[FloatArray], indifference: float, confidence: float, first_stage: int
) -> FloatArray:
    """Replicates after which two systems need no margin any more, shape (systems, systems)."""
    first = np.array([one[:first_stage] for one in values])
    spread = (first[:, None] - first[None]).var(axis=2, ddof=1)
    spread[spread <= (ROUNDING * np.abs(first).max()) ** 2] = 0.0
    constant = screening_constant(len(values), first_stage, confidence)
    bounds: FloatArray = constant * spread / indifference**2
    return bounds


def _trailing(
    values: Sequence[FloatArray], bound: FloatArray, indifference: float
) -> NDArray[np.bool_]:
    """Whether one system trails another by more than its margin, (system, other, replicates - 1).

    Sums are compared with r times the margin W(r) = max(0, d / 2r (bound - r)) of the paper.
    """
    longest = max(len(one) for one in values)
    totals = np.full((len(values), longest), np.nan)
    for row, one in enumerate(values):
        totals[row, : len(one)] = np.cumsum(one)
    replicates = np.arange(1, longest + 1)
    margin = np.maximum(0.0, indifference / 2.0 * (bound[:, :, None] - replicates))
    slack = ROUNDING * np.nanmax(np.abs(totals))  # equal sums differ by the order of adding
    trailing: NDArray[np.bool_] = totals[None] - totals[:, None] > margin + slack
    return trailing
