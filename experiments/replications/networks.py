"""Who sees whom: networks in which everybody has the same number of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import rule
from agents.settings import ConfigError
from simulation import streams

KINDS = ("full", "ring", "none", "caves")

# Decisions that luck is drawn for, beyond the model's own.
SWAPPED_LINK, SWAPPED_WAY = range(1300, 1302)


def neighbours(kind: str, members: int, degree: int, swaps: int, key: int) -> np.ndarray:
    """Neighbours of every member, shape (members, degree).

    Parameters
    ----------
    kind: ``full`` (all see all), ``ring`` (two neighbours), ``none``, or ``caves``: a ring of
        closed groups, each with one link to the next (Watts 1999), all of the same ``degree``.
    swaps: pairs of links of the caves that exchange an end, which keeps everybody's degree.
    key: of all draws.

    Raises
    ------
    ConfigError: the members do not fill caves of this degree.
    """
    if kind == "full":
        everybody = np.arange(members)
        return np.stack([np.delete(everybody, row) for row in range(members)])
    if kind == "ring":
        around: np.ndarray = (np.arange(members)[:, None] + np.array([-1, 1])) % members
        return around
    if kind == "none":
        return np.zeros((members, 0), np.int64)
    links = caves(members, degree)
    linked = np.zeros((members, members), np.bool_)
    linked[links[:, 0], links[:, 1]] = linked[links[:, 1], links[:, 0]] = True
    swap_links(links, linked, swaps, np.uint64(key))
    return np.stack([np.flatnonzero(row) for row in linked])


def caves(members: int, degree: int) -> np.ndarray:
    """Links of a ring of closed groups of ``degree`` + 1, shape (links, 2)."""
    size = degree + 1
    if degree < 3 or members % size or members // size < 3:
        raise ConfigError(
            f"{members} members do not form three or more groups of degree + 1 = {size}. Write a "
            f"degree of 3 or more, and a multiple of {size} members."
        )
    links = []
    for first in range(0, members, size):
        within = [(first + a, first + b) for a in range(size) for b in range(a)]
        within.remove((first + 1, first))
        links += [*within, (first + 1, (first + size) % members)]
    return np.array(links)


@rule
def swap_links(links: Any, linked: Any, swaps: int, key: Any) -> None:
    """Let pairs of links exchange an end, ``swaps`` times; never to a loop or a double link."""
    done = 0
    k = 0
    while done < swaps:
        one = int(streams.uniform(key, SWAPPED_LINK, 0, k) * len(links))
        other = int(streams.uniform(key, SWAPPED_LINK, 1, k) * len(links))
        way = int(streams.uniform(key, SWAPPED_WAY, 0, k) * 2.0)
        k += 1
        a, b = links[one, 0], links[one, 1]
        c, d = links[other, way], links[other, 1 - way]
        if a in (c, d) or b in (c, d) or linked[a, d] or linked[c, b]:
            continue
        linked[a, b] = linked[b, a] = linked[c, d] = linked[d, c] = False
        linked[a, d] = linked[d, a] = linked[c, b] = linked[b, c] = True
        links[one, 1] = d
        links[other, 0], links[other, 1] = c, b
        done += 1


def mean_path(around: np.ndarray) -> float:
    """Mean length of shortest paths between two members; infinite where some are not linked."""
    from scipy.sparse.csgraph import shortest_path

    members = len(around)
    linked = np.zeros((members, members))
    for row, others in enumerate(around):
        linked[row, others] = 1.0
    lengths = shortest_path(linked, unweighted=True)
    return float(lengths.sum() / (members * (members - 1)))
