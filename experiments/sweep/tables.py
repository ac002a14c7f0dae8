"""Tables of a sweep, written outcome by outcome so that memory stays flat.

Every row carries the values of the factors, so that no table needs another one to be read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from experiments.statistics import paired
from experiments.sweep.results import OWN_COLUMNS, UNIT, SweepResults, design_table
from experiments.sweep.space import FloatArray
from experiments.tables import COMPARED, write_table
from simulation.outcomes import OUTCOMES

MOST_ROWS = 100_000  # of runs.parquet; larger sweeps are read from cells.parquet and the store
HELD = 16_000_000  # values of outcomes that are in memory at once
TOLD = ("technical", "industrial", "major", "value_realised", "welfare")  # said at the end
UNITS = {outcome.name: outcome.unit for outcome in OUTCOMES}


@dataclass(frozen=True, slots=True)
class Tally:
    """In how many points a regime's outcome was told higher or lower than the reference's.

    ``lowest, highest`` are the smallest and largest mean over the points.
    """

    regime: str
    outcome: str
    lowest: float
    highest: float
    higher: int
    lower: int
    untold: int


def write_tables(sweep: SweepResults, seed: int) -> list[Tally]:
    """Write points, summary, differences and, unless there are too many, runs.

    Returns
    -------
    What the verdicts of :data:`TOLD` amount to, regime by regime.
    """
    design = _settings(design_table(sweep.design))
    _write_points(sweep, design)
    tallies: list[Tally] = []
    with (
        Writer(sweep.out, "summary") as summary,
        Writer(sweep.out, "differences") as differences,
    ):
        for name, values in _in_chunks(sweep, COMPARED):
            summary.write(_summary(name, values, sweep, design))
            found = _differences(values, sweep)
            differences.write(_difference_rows(name, found, sweep, design))
            if name in TOLD:
                tallies += _tallies(name, values, found, sweep)
    if len(sweep.run_ids) <= MOST_ROWS:
        _write_runs(sweep, design, seed)
    return tallies


class Writer:
    """One table as CSV and Parquet, written in parts beside and renamed when it is complete."""

    def __init__(self, out: Path, name: str) -> None:
        self._targets = [out / f"{name}.csv", out / f"{name}.parquet"]
        self._parts = [path.with_name(f"{path.name}.part") for path in self._targets]
        self._writers: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for writer in self._writers:
            writer.close()
        for part, target in zip(self._parts, self._targets, strict=True):
            if error is None and part.exists():
                part.replace(target)
            part.unlink(missing_ok=True)

    def write(self, table: pa.Table) -> None:
        """Add rows; all tables of a writer have the same columns."""
        if not self._writers:
            text, binary = self._parts
            options = csv.WriteOptions(quoting_style="needed")
            self._writers = [
                csv.CSVWriter(text, table.schema, write_options=options),
                pq.ParquetWriter(binary, table.schema, compression="zstd"),
            ]
        for writer in self._writers:
            writer.write_table(table)


def _in_chunks(sweep: SweepResults, names: Sequence[str]) -> Iterator[tuple[str, FloatArray]]:
    at_once = max(1, min(len(names), HELD // len(sweep.run_ids)))
    for chunk in itertools.batched(names, at_once):
        yield from zip(chunk, sweep.outcomes(chunk), strict=True)


def _settings(design: pa.Table) -> pa.Table:
    """Number of the point and values of the factors, without the design's own columns."""
    names = [name for name in design.schema.names if not name.startswith(UNIT)]
    kept = [name for name in names if name not in OWN_COLUMNS or name == "point"]
    return design.select(kept).replace_schema_metadata(None)


def _rows(
    design: pa.Table, points: np.ndarray, regimes: Sequence[str], columns: Mapping[str, Any]
) -> pa.Table:
    """A table whose rows begin with the point, its settings and a regime."""
    table = design.take(pa.array(points)).append_column("regime", pa.array(regimes, pa.string()))
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values, from_pandas=True))
    return table


def _write_points(sweep: SweepResults, design: pa.Table) -> None:
    done = sweep.done().sum(axis=(1, 2))
    planned = len(sweep.regimes) * sweep.replicates
    table = design.append_column("runs", pa.array(np.full(len(done), planned)))
    write_table(table.append_column("done", pa.array(done)), sweep.out, "points")


def _summary(name: str, values: FloatArray, sweep: SweepResults, design: pa.Table) -> pa.Table:
    """Mean of an outcome by point and regime with Student's interval."""
    points, regimes, _ = sweep.shape
    known = ~np.isnan(values)
    n = known.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=2) / np.where(n > 0, n, np.nan)
        squares = np.square(np.where(known, values - mean[..., None], 0.0)).sum(axis=2)
        se = np.sqrt(squares / np.where(n > 1, n - 1, np.nan) / n)
    half = _quantiles(n) * se
    return _rows(
        design,
        np.repeat(np.arange(points), regimes),
        list(sweep.regimes) * points,
        {
            "outcome": [name] * mean.size,
            "unit": [UNITS[name]] * mean.size,
            "n": n.ravel(),
            "mean": mean.ravel(),
            "se": se.ravel(),
            "low": (mean - half).ravel(),
            "high": (mean + half).ravel(),
        },
    )


def _quantiles(n: np.ndarray) -> FloatArray:
    """Student's quantile for each number of replicates; NaN below 2."""
    found = np.full(n.shape, np.nan)
    for count in np.unique(n[n > 1]).tolist():
        found[n == count] = paired.student_quantile(count - 1, paired.LEVEL)
    return found


def _differences(values: FloatArray, sweep: SweepResults) -> list[paired.Difference]:
    """Every regime against the reference at every point; all of them are one family."""
    points, regimes, replicates = sweep.shape
    pairs = [
        (point * regimes + regime, point * regimes)
        for point in range(points)
        for regime in range(1, regimes)
    ]
    rows = values.reshape(points * regimes, replicates)
    return paired.paired_differences(rows, list(sweep.regimes) * points, pairs, bonferroni=True)


def _difference_rows(
    name: str, found: Sequence[paired.Difference], sweep: SweepResults, design: pa.Table
) -> pa.Table:
    points, regimes, _ = sweep.shape
    numbers = ("difference", "se", "low", "high", "sim_low", "sim_high", "share_won")
    columns: dict[str, Any] = {
        "baseline": pa.array([sweep.regimes[0]] * len(found), pa.string()),
        "outcome": pa.array([name] * len(found), pa.string()),
    }
    for number in numbers:
        columns[number] = np.array([getattr(one, number) for one in found], np.float64)
    columns["n"] = np.array([one.n for one in found], np.int64)
    columns["verdict"] = pa.array([one.verdict for one in found], pa.string())
    owners = np.repeat(np.arange(points), regimes - 1)
    return _rows(design, owners, [one.regime for one in found], columns)


def _tallies(
    name: str, values: FloatArray, found: Sequence[paired.Difference], sweep: SweepResults
) -> list[Tally]:
    tallies = []
    for k, regime in enumerate(sweep.regimes):
        verdicts = [one.verdict for one in found[k - 1 :: len(sweep.regimes) - 1]] if k else []
        known = values[:, k][~np.isnan(values[:, k]).all(axis=1)]
        means = np.nanmean(known, axis=1) if len(known) else np.array([np.nan])
        counts = (verdicts.count(one) for one in (paired.HIGHER, paired.LOWER, paired.CANNOT_TELL))
        tallies.append(Tally(regime, name, float(means.min()), float(means.max()), *counts))
    return tallies


def _write_runs(sweep: SweepResults, design: pa.Table, seed: int) -> None:
    """One row per finished run with every outcome, ordered by point, regime and replicate."""
    points, regimes, replicates = np.indices(sweep.shape).reshape(3, -1)
    done = sweep.done().ravel()
    columns: dict[str, Any] = {
        "replicate": replicates[done].astype(np.int32),
        "seed": np.full(int(done.sum()), seed),
        "run_id": sweep.run_ids.filter(pa.array(done)),
    }
    for name, values in _in_chunks(sweep, [outcome.name for outcome in OUTCOMES]):
        columns[name] = values.ravel()[done]
    names = [sweep.regimes[k] for k in regimes[done].tolist()]
    target = sweep.out / "runs.parquet"
    part = target.with_name("runs.parquet.part")
    pq.write_table(_rows(design, points[done], names, columns), part, compression="zstd")
    part.replace(target)
