"""Counts of a programme's stages: their columns, and which of them are shown as its funnel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from simulation.policies.screening import CRITERIA
from simulation.stages import STAGES

# From the open needs to the evaluation: what report and story show. The tables hold every count.
FUNNEL = (
    "collected", "assessed", "published", "called", "considered", "offered", "pooled", "bids",
    "reviewed", "listed", "approved", "wait", "tasks", "evaluated", "gate_passed", "solved",
)  # fmt: skip
REASONS = tuple(f"out_{criterion}" for criterion in CRITERIA)
REFUSALS = ("refused_members", "refused_types", "refused_regions", "refused_suppliers")
TASKS_IN = "tasks_in_"
WAIT = "wait"  # mean quarters from bid to approval


def columns_of(regions: Sequence[str]) -> tuple[str, ...]:
    """Names of the counts of a programme: the stages, then the tasks in each region."""
    return (*(stage.name for stage in STAGES), *(f"{TASKS_IN}{region}" for region in regions))


def with_wait(programmes: pa.Table) -> Iterator[tuple[str, str, np.ndarray]]:
    """Name, unit and values (one per run) of every count, and the mean wait for approval.

    The wait is NaN in runs in which nothing was approved.
    """
    units = {stage.name: stage.unit for stage in STAGES}
    for name in programmes.column_names:
        if name in units or name.startswith(TASKS_IN):
            values = programmes[name].to_numpy().astype(np.float64)
            yield name, units.get(name, "tasks"), values
    approved = programmes["approved"].to_numpy().astype(np.float64)
    waiting = programmes["waiting"].to_numpy().astype(np.float64)
    wait = np.full(len(approved), np.nan)
    np.divide(waiting, approved, out=wait, where=approved > 0)
    yield WAIT, "quarters per project", wait
