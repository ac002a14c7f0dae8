"""Assembly of teams after Guimera et al. (2005), on the product's streams and store of ties.

Compiled rules call nothing compiled outside of this file and ``simulation``: numba would not
notice a change there (see :mod:`agents.compiled`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.compiled import rule
from experiments.replications.blank import blank_state
from simulation import columns, streams
from simulation.state import State
from simulation.ties import add_tie

# Decisions that luck is drawn for, beyond the model's own.
IS_INCUMBENT, IS_COLLABORATOR, WHICH_COLLABORATOR, WHICH_INCUMBENT = range(1100, 1104)
TIES_KEPT = 512  # more than anybody has among those who are still there


# What is known of everybody, beside ties.
PERSON = np.dtype(
    [
        ("last", "i8"),  # step of the last team
        ("here", "i8"),
        ("marked", "i8"),  # when it was last counted
        ("listed", "i8"),  # row of the one at this place in the list of those present
    ],
    align=True,
)
PRESENT, EVER = range(2)  # what is counted


@dataclass(frozen=True, slots=True)
class Field:
    """Everybody who ever was in a team, one per row.

    Attributes
    ----------
    state: the model's own state, of which the organisations and their ties are used.
    people: PERSON, shape (rows,).
    counts: those who are present, and those who ever came.
    """

    state: State
    people: np.ndarray
    counts: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """Rows of those present."""
        rows: np.ndarray = self.people["listed"][: self.counts[PRESENT]]
        return rows


def new_field(team_size: int, steps: int) -> Field:
    """Room for as many newcomers as there can be."""
    rows = team_size * (steps + 1)
    ties = np.zeros((rows, TIES_KEPT), columns.TIE)
    state = blank_state({"n": rows}, ties=ties)
    return Field(state, np.zeros(rows, PERSON), np.zeros(2, np.int64))


def largest_share(
    field: Field, key: Any, team_size: int, p: float, q: float, idle_steps: int, steps: int
) -> float:
    """Share of those present that the largest component holds after the last step.

    Parameters
    ----------
    key: of all draws of the replicate.
    p: chance that a place in a team goes to an incumbent.
    q: chance that such a place goes to somebody who has worked with a member, if there is one.
    idle_steps: who has been in no team for longer leaves, with all ties.
    """
    s, people, counts = field.state, field.people, field.counts
    assemble(s, people, counts, np.uint64(key), team_size, (p, q), idle_steps, steps)
    return float(largest_component(s, people, counts) / counts[PRESENT])


@rule
def assemble(
    s: Any, people: Any, counts: Any, luck: Any, team_size: int, chances: Any, idle_steps: int,
    steps: int,
) -> None:  # fmt: skip
    """Let a first team and then one per step form; ``chances`` are p and q."""
    p, q = chances
    counts[:] = 0
    for row in range(len(people)):
        people[row].here = 0
        people[row].marked = -1
    team = np.empty(team_size, np.int64)
    for place in range(team_size):
        team[place] = newcomer(s, people, counts)
    join(s, people, team, 0)
    for step in range(1, steps + 1):
        before = counts[PRESENT]
        free = before
        for place in range(team_size):
            row = -1
            if free > 0 and streams.uniform(luck, IS_INCUMBENT, step, place) < p:
                free -= 1
                if streams.uniform(luck, IS_COLLABORATOR, step, place) < q:
                    row = collaborator(s, people, luck, team[:place], step, place)
                if row < 0:
                    row = incumbent(people, luck, team[:place], before, step, place)
            team[place] = row if row >= 0 else newcomer(s, people, counts)
        join(s, people, team, step)
        leave(people, counts, step - idle_steps)


@rule
def newcomer(s: Any, people: Any, counts: Any) -> Any:
    """The row of somebody new, without ties."""
    row = counts[EVER]
    counts[EVER] += 1
    s.organisations[row].ties = 0
    people[counts[PRESENT]].listed = row
    counts[PRESENT] += 1
    people[row].here = 1
    return row


@rule
def incumbent(people: Any, luck: Any, team: Any, before: int, step: int, place: int) -> Any:
    """Anybody of the first ``before`` present who is not in the team yet; there must be one."""
    k = 0
    while True:
        u = streams.uniform(luck, WHICH_INCUMBENT, step, streams.combine(place, k))
        row = people[int(u * before)].listed
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
def collaborator(s: Any, people: Any, luck: Any, team: Any, step: int, place: int) -> Any:
    """One who is there, is not in the team and has worked with a member of it; -1 if none has."""
    stamp = step * len(people) + place
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
                new = people[other].marked != 2 * stamp + wanted
                if people[other].here == 1 and new and not within(team, other):
                    people[other].marked = 2 * stamp + wanted
                    if found == target:
                        return other
                    found += 1
    return -1


@rule
def join(s: Any, people: Any, team: Any, step: int) -> None:
    """All members of a team are tied to each other, and active in this step."""
    for a in team:
        people[a].last = step
        for b in team:
            if a != b:
                add_tie(s, a, b, 1.0, step)


@rule
def leave(people: Any, counts: Any, oldest: int) -> None:
    """Those leave whose last team is earlier than a step."""
    kept = 0
    for k in range(counts[PRESENT]):
        row = people[k].listed
        if people[row].last >= oldest:
            people[kept].listed = row
            kept += 1
        else:
            people[row].here = 0
    counts[PRESENT] = kept


@rule
def largest_component(s: Any, people: Any, counts: Any) -> Any:
    """Size of the largest set of those present who are linked through ties."""
    reached = np.zeros(len(people), np.bool_)
    stack = np.empty(len(people), np.int64)
    largest = 0
    for k in range(counts[PRESENT]):
        if reached[people[k].listed]:
            continue
        reached[people[k].listed] = True
        stack[0] = people[k].listed
        waiting = 1
        size = 0
        while waiting > 0:
            waiting -= 1
            row = stack[waiting]
            size += 1
            for t in range(s.organisations[row].ties):
                other = s.ties[row, t].partner
                if people[other].here == 1 and not reached[other]:
                    reached[other] = True
                    stack[waiting] = other
                    waiting += 1
        largest = max(largest, size)
    return largest
