"""Assembly of teams after Guimera et al. (2005), on the product's streams and store of ties.

Compiled rules call nothing compiled outside of this file and ``simulation``: numba would not
notice a change there (see :mod:`agents.compiled`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.compiled import rule
from simulation import columns, streams
from simulation.ties import add_tie

# Decisions that luck is drawn for, beyond the model's own.
IS_INCUMBENT, IS_COLLABORATOR, WHICH_COLLABORATOR, WHICH_INCUMBENT = range(1100, 1104)
TIES_KEPT = 512  # more than anybody has among those who are still there


class Collaboration(NamedTuple):
    """Everybody who ever was in a team, one per row, and room to work in.

    Shapes: organisations, last (step of the last team), place (in ``present``, or -1) and marked
    (rows,); ties (rows, TIES_KEPT); present (rows,), of which the first ``counts[0]`` are valid.
    """

    organisations: np.ndarray
    ties: np.ndarray
    last: np.ndarray
    present: np.ndarray
    is_present: np.ndarray
    marked: np.ndarray
    counts: np.ndarray


def new_collaboration(team_size: int, steps: int) -> Collaboration:
    """Room for as many newcomers as there can be."""
    rows = team_size * (steps + 1)
    return Collaboration(
        organisations=np.zeros(rows, columns.ORGANISATION),
        ties=np.zeros((rows, TIES_KEPT), columns.TIE),
        last=np.zeros(rows, np.int64),
        present=np.zeros(rows, np.int64),
        is_present=np.zeros(rows, np.bool_),
        marked=np.zeros(rows, np.int64),
        counts=np.zeros(2, np.int64),  # those present, then those that ever came
    )


@rule
def assemble(
    s: Any, luck: Any, team_size: int, p: float, q: float, idle_steps: int, steps: int
) -> Any:
    """Share of those present that the largest component holds after the last step.

    Parameters
    ----------
    p: chance that a place in a team goes to an incumbent.
    q: chance that such a place goes to somebody who has worked with a member, if there is one.
    idle_steps: who has been in no team for longer leaves, with all ties.
    """
    s.counts[:] = 0
    s.is_present[:] = False
    s.marked[:] = -1
    team = np.empty(team_size, np.int64)
    for place in range(team_size):
        team[place] = newcomer(s)
    join(s, team, 0)
    for step in range(1, steps + 1):
        before = s.counts[0]
        free = before
        for place in range(team_size):
            row = -1
            if free > 0 and streams.uniform(luck, IS_INCUMBENT, step, place) < p:
                free -= 1
                if streams.uniform(luck, IS_COLLABORATOR, step, place) < q:
                    row = collaborator(s, luck, team[:place], step, place)
                if row < 0:
                    row = incumbent(s, luck, team[:place], before, step, place)
            team[place] = row if row >= 0 else newcomer(s)
        join(s, team, step)
        leave(s, step - idle_steps)
    return largest_component(s) / s.counts[0]


@rule
def newcomer(s: Any) -> Any:
    """The row of somebody new, without ties."""
    row = s.counts[1]
    s.counts[1] += 1
    s.organisations[row].ties = 0
    s.present[s.counts[0]] = row
    s.counts[0] += 1
    s.is_present[row] = True
    return row


@rule
def incumbent(s: Any, luck: Any, team: Any, before: int, step: int, place: int) -> Any:
    """Anybody of the first ``before`` present who is not in the team yet; there must be one."""
    k = 0
    while True:
        u = streams.uniform(luck, WHICH_INCUMBENT, step, streams.combine(place, k))
        row = s.present[int(u * before)]
        if not within(team, row):
            return row
        k += 1


@rule
def within(team: Any, row: int) -> bool:
    """Whether a row is in a team."""
    for other in team:
        if other == row:
            return True
    return False


@rule
def collaborator(s: Any, luck: Any, team: Any, step: int, place: int) -> Any:
    """One who is there, is not in the team and has worked with a member of it; -1 if none has."""
    stamp = step * len(s.marked) + place
    found = 0
    target = -1
    for wanted in range(2):
        if wanted == 1:
            if found == 0:
                return -1
            u = streams.uniform(luck, WHICH_COLLABORATOR, step, place)
            target = int(u * found)
        found = 0
        for row in team:
            for k in range(s.organisations[row].ties):
                other = s.ties[row, k].partner
                new = s.marked[other] != 2 * stamp + wanted
                if s.is_present[other] and new and not within(team, other):
                    s.marked[other] = 2 * stamp + wanted
                    if found == target:
                        return other
                    found += 1
    return -1


@rule
def join(s: Any, team: Any, step: int) -> None:
    """All members of a team are tied to each other, and active in this step."""
    for a in team:
        s.last[a] = step
        for b in team:
            if a != b:
                add_tie(s, a, b, 1.0, step)


@rule
def leave(s: Any, oldest: int) -> None:
    """Those leave whose last team is earlier than a step."""
    kept = 0
    for k in range(s.counts[0]):
        row = s.present[k]
        if s.last[row] >= oldest:
            s.present[kept] = row
            kept += 1
        else:
            s.is_present[row] = False
    s.counts[0] = kept


@rule
def largest_component(s: Any) -> Any:
    """Size of the largest set of those present who are linked through ties."""
    reached = np.zeros(len(s.last), np.bool_)
    stack = np.empty(len(s.last), np.int64)
    largest = 0
    for k in range(s.counts[0]):
        if reached[s.present[k]]:
            continue
        reached[s.present[k]] = True
        stack[0] = s.present[k]
        waiting = 1
        size = 0
        while waiting > 0:
            waiting -= 1
            row = stack[waiting]
            size += 1
            for t in range(s.organisations[row].ties):
                other = s.ties[row, t].partner
                if s.is_present[other] and not reached[other]:
                    reached[other] = True
                    stack[waiting] = other
                    waiting += 1
        largest = max(largest, size)
    return largest
