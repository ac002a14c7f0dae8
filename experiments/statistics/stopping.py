"""Replicates until an interval is as narrow as asked: when to look, and when to stop.

Stopping as soon as an interval is narrow enough favours samples whose spread happens to be small,
so such an interval covers less often than it says (Chow and Robbins 1965 hold in the limit only).
Three things keep the loss small: a first stage of at least 30 replicates, few looks (each goes to
the number of replicates that the present spread asks for), and a margin on that number. Decision
record: ``0017-selection-and-stopping``; coverage is simulated in ``tests/statistical``.
"""

from __future__ import annotations

import math

FIRST_STAGE = 30  # replicates before the first look
MARGIN = 1.05  # replicates beyond what the present spread asks for, so that one more look is rare
MOST_GROWTH = 4.0  # a first spread may be far off: no look is further away than this


def next_look(replicates: int, half_width: float, target: float, most: int) -> int:
    """Replicates at which to look again; ``replicates`` itself when it is time to stop.

    Parameters
    ----------
    half_width: widest half-width of the intervals at ``replicates``; NaN or infinite where there
        is none yet.
    target: half-width to reach, in the same unit.
    most: replicates that are never exceeded.
    """
    if half_width <= target or replicates >= most:
        return replicates
    wanted = MOST_GROWTH * replicates
    if math.isfinite(half_width) and target > 0.0:
        wanted = min(wanted, MARGIN * replicates * (half_width / target) ** 2)
    return min(max(math.ceil(wanted), replicates + 1), most)
