"""Breakthroughs over time, the wait for the first one, and what passes through a programme's stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from experiments.stages import with_wait
from experiments.statistics import paired
from experiments.tables.files import make_schema
from experiments.tables.panel import Panel, regime_entries

if TYPE_CHECKING:
    from experiments.configuration import Setup

INCIDENCE = make_schema(
    regime="text", quarter="count", at_risk="count", events="count", incidence="number",
    low="number", high="number",
)  # fmt: skip

STAGES = make_schema(
    regime="text", programme="text", stage="text", unit="text", n="count", mean="number",
    low="number", high="number",
)  # fmt: skip

FANS = make_schema(
    regime="text", count="text", quarter="count", q05="number", q25="number", median="number",
    q75="number", q95="number", n="count",
)  # fmt: skip
FANNED = ("technical", "solved")  # counts whose paths are shown
SHARES = (5, 25, 50, 75, 95)


def fans(main: Panel, trajectories: pa.Table | None) -> list[dict[str, Any]]:
    """Quantiles over replicates of the cumulative counts, by regime and quarter."""
    if trajectories is None:
        return []
    rows = []
    for name in main.names:
        part = trajectories.filter(pc.equal(trajectories["regime"], name))
        for count in FANNED if part.num_rows else ():
            paths = _paths(part, count)
            for quarter, found in enumerate(np.percentile(paths, SHARES, axis=0).T):
                row = {"regime": name, "count": count, "quarter": quarter, "n": len(paths)}
                rows.append(row | dict(zip(FANS.names[3:8], found.tolist(), strict=True)))
    return rows


def _paths(trajectories: pa.Table, count: str) -> np.ndarray:
    """Cumulative count, shape (replicates, quarters); a shorter path keeps its last value."""
    replicate, quarter = trajectories["replicate"].to_numpy(), trajectories["quarter"].to_numpy()
    rows, row = np.unique(replicate, return_inverse=True)
    paths = np.full((len(rows), int(quarter.max(initial=0)) + 1), -np.inf)
    paths[row, quarter] = trajectories[count].to_numpy()
    return np.maximum.accumulate(paths, axis=1)


def incidence(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Share of replicates with a first technical breakthrough by each quarter, and numbers at risk."""
    time: Any = setup.world.sections["time"]
    rows = []
    for name, first in zip(main.names, main["first_technical_quarter"], strict=True):
        curve = paired.cumulative_incidence(first, time.policy)
        for k, quarter in enumerate(curve.times):
            rows.append({
                "regime": name, "quarter": int(quarter), "at_risk": int(curve.at_risk[k]),
                "events": int(curve.events[k]), "incidence": curve.incidence[k],
                "low": curve.low[k], "high": curve.high[k],
            })  # fmt: skip
    return rows


def stages(main: Panel, setup: Setup, programmes: pa.Table | None) -> list[dict[str, Any]]:
    """Mean counts of every programme's stages over the paired replicates."""
    if programmes is None:
        return []
    rows = []
    entries = regime_entries(setup)
    for name in main.names:
        of_regime = programmes.filter(pc.equal(programmes["regime"], name))
        for k, programme in enumerate(getattr(entries[name], "programmes", ()), start=1):
            part = of_regime.filter(pc.equal(of_regime["programme"], k))
            kept = part.filter(pc.is_in(part["replicate"], pa.array(main.replicates, pa.int32())))
            for stage, unit, values in with_wait(kept.sort_by("replicate")):
                mean, _, n = paired.mean_and_se(values)
                low, high = paired.mean_interval(values)
                rows.append({
                    "regime": name, "programme": programme, "stage": stage, "unit": unit, "n": n,
                    "mean": mean, "low": low, "high": high,
                })  # fmt: skip
    return rows
