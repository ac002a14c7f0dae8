"""Outcomes of the replicates in which every regime of a point has been run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.running.plan import Point
from experiments.running.store import Store


def complete_outcomes(
    point: Point, store: Store, names: Sequence[str]
) -> tuple[dict[str, NDArray[np.float64]], int]:
    """Read from the store what is complete.

    Returns
    -------
    Outcomes by name, each of shape (regimes, complete replicates); the number of complete ones.
    """
    ids = point.run_ids()
    held = np.asarray(store.run_ids.held(ids.ravel())).reshape(ids.shape)
    ids = ids[:, np.flatnonzero(held.all(axis=0))]
    stored = store.runs(ids.ravel(), names)
    return {
        name: stored.column(name).to_numpy().astype(np.float64).reshape(ids.shape) for name in names
    }, ids.shape[1]
