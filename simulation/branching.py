"""Branches of a run: copies that go on by themselves, and share what no regime changes."""

from __future__ import annotations

import numpy as np

from agents.compiled import rule
from simulation.columns import (
    ACTIVE_PROJECTS,
    N_BODIES,
    N_CONSORTIA,
    N_EVENTS,
    N_LISTED,
    N_LIVE,
    N_MEMBERS,
    N_NEEDS_SEEN,
    N_SOLVED,
    N_SOURCES,
)
from simulation.state import COLUMNS, GROWING, OF_REGIME, PACKED, State, packed, state_at


def branch(state: State, spare: list[State] | None = None) -> State:
    """An independent copy that shares needs and landscapes.

    ``spare``: see :func:`branch_for`.
    """
    new = branch_for(state, len(state.programmes), spare)
    copy_programmes(state.handle, new.handle)
    return new


def branch_for(state: State, programmes: int, spare: list[State] | None = None) -> State:
    """An independent copy with room for so many programmes, of which nothing is written yet.

    ``spare``: branches of the same replicate that nobody reads any more. One that fits is taken off
    the list and its memory used again, which saves fetching and clearing new memory.
    """
    new = _taken(spare or [], programmes) or _new_room(state, programmes)
    new.block[:] = state.block
    copy_grown(state.handle, new.handle)
    return new


def _taken(spare: list[State], programmes: int) -> State | None:
    """A spare state with this number of programmes, which leaves the list."""
    for place, one in enumerate(spare):
        if len(one.programmes) == programmes:
            return spare.pop(place)
    return None


def _new_room(state: State, programmes: int) -> State:
    """A state that shares what no regime changes; the rest is to be written."""
    rows = {name: (programmes, *getattr(state, name).shape[1:]) for name in OF_REGIME}
    rows["focus"] = (programmes * len(state.region_weight), state.focus.shape[1])
    shapes = rows | {name: getattr(state, name).shape for name in GROWING}
    new = {name: np.empty(shape, COLUMNS[name]["dtype"]) for name, shape in shapes.items()}
    new["problems"][:] = state.no_problem
    return state.replace(**new, **packed({name: getattr(state, name).shape for name in PACKED}))


@rule
def copy_grown(handle, into):
    """Copy the rows in use of what grows during a run."""
    s = state_at(handle)
    t = state_at(into)
    for k in range(s.counters[N_CONSORTIA]):
        t.consortia[k] = s.consortia[k]
        t.escrow[k] = s.escrow[k]
    for k in range(s.counters[N_MEMBERS]):
        t.members[k] = s.members[k]
    for k in range(s.counters[ACTIVE_PROJECTS]):
        t.running[k] = s.running[k]
    for k in range(s.counters[N_NEEDS_SEEN]):
        t.problems[k] = s.problems[k]
    for k in range(s.counters[N_LIVE]):
        t.live[k] = s.live[k]
    for k in range(s.counters[N_SOLVED]):
        t.solved[k] = s.solved[k]
    for k in range(s.counters[N_LISTED]):
        t.ring[k] = s.ring[k]
        t.ring_hash[k] = s.ring_hash[k]
    for k in range(s.counters[N_BODIES]):
        t.bodies[k] = s.bodies[k]
    for k in range(s.counters[N_SOURCES]):
        t.sources[k] = s.sources[k]
    for k in range(s.counters[N_EVENTS]):
        t.events[k] = s.events[k]


@rule
def copy_programmes(handle, into):
    """Copy what has as many rows as there are programmes."""
    s = state_at(handle)
    t = state_at(into)
    for k in range(len(s.programmes)):
        t.programmes[k] = s.programmes[k]
        t.programme_state[k] = s.programme_state[k]
        t.stages[k] = s.stages[k]
        t.purses[k] = s.purses[k]
    for k in range(len(s.focus)):
        t.focus[k] = s.focus[k]
