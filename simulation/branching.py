"""Branches of a run: copies that go on by themselves, and share what no regime changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.compiled import rule
from simulation.memory import memory_for
from simulation.state import (
    COLUMNS,
    GROWING,
    OF_REGIME,
    PACKED,
    PLACES,
    State,
    copy_memory,
    packed,
)


def branch(state: State, spare: list[State] | None = None) -> State:
    """An independent copy that shares needs and landscapes.

    ``spare``: see :func:`branch_for`.
    """
    new = branch_for(state, len(state.programmes), spare)
    copy_rows(state.table, new.table, state.counters, WHOLE)
    return new


def branch_for(state: State, programmes: int, spare: list[State] | None = None) -> State:
    """An independent copy with room for so many programmes, of which nothing is written yet.

    ``spare``: branches of the same replicate that nobody reads any more. One that fits is taken off
    the list and its memory used again, which saves fetching and clearing new memory.
    """
    new = _taken(spare or [], programmes) or _new_room(state, programmes)
    new.block[:] = state.block
    copy_rows(state.table, new.table, state.counters, GROWN)
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
    new = {
        name: memory_for(shape, COLUMNS[name]["dtype"], cleared=False)
        for name, shape in shapes.items()
    }
    new["problems"][:] = state.no_problem
    return state.replace(**new, **packed({name: getattr(state, name).shape for name in PACKED}))


def _layout(counters: Mapping[str, int]) -> np.ndarray:
    """What :func:`copy_rows` needs to know of some columns, and the counter of their rows, or -1."""
    return np.array([
        (PLACES[name], counter, COLUMNS[name]["dtype"].itemsize)
        for name, counter in counters.items()
    ])  # fmt: skip


GROWN = _layout(GROWING)
WHOLE = _layout(dict.fromkeys(OF_REGIME, -1))


@rule
def copy_rows(table, into, counters, columns):
    """Copy columns of one state's table to another's: the rows in use, or all where none are counted."""
    for k in range(len(columns)):
        place, counter, size = columns[k, 0], columns[k, 1], columns[k, 2]
        rows = table[place, 1] if counter < 0 else counters[counter]
        width = max(1, table[place, 2])  # a list has none
        copy_memory(into[place, 0], table[place, 0], rows * width * size)
