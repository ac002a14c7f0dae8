"""The model's own state without a model: what its compiled rules need to run by themselves."""

from __future__ import annotations

import numpy as np

from simulation.state import COLUMNS, State, room

_LENGTHS = {
    length for column in COLUMNS.values() for length in column["shape"] if isinstance(length, str)
}


def blank_state(sizes: dict[str, int], **given: np.ndarray) -> State:
    """Zeros throughout, with one row of what has no size here, and the columns that are given."""
    arrays = room(dict.fromkeys(_LENGTHS, 1) | sizes, given)
    for array in arrays.values():
        if array.size:
            array.view(np.uint8)[...] = 0  # some rows are otherwise cleared when they are used
    return State(**arrays, **given)
