"""What a sweep's folder holds, finished or not: the space, the design, and outcomes as arrays.

``design.parquet`` has one row per point, ``cells.parquet`` one per point, regime and replicate with
the name of its run; both are there from the start. The outcomes of a run stand once, in ``store/``.

>>> from experiments.sweep.results import load_sweep
>>> sweep = load_sweep("results/sweep")
>>> sweep.design.space.names, sweep.design.kind
>>> sweep.outcome("technical")  # (points, regimes, replicates), NaN where a run is missing or failed
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from agents.settings import ConfigError, nearest
from experiments.library import read_yaml
from experiments.running.plan import Plan
from experiments.running.store import OUTCOME_NAMES, ExperimentError, write_parquet
from experiments.sweep.designs import Design
from experiments.sweep.space import Factor, FloatArray, Space, shown

DESIGN, CELLS = "design.parquet", "cells.parquet"
NOTE = b"consortia.design"  # where the file's metadata tell kind, seed and factors
OWN_COLUMNS = ("point", "block", "step")  # of the design, beside factors and unit coordinates
UNIT = "unit "  # in front of a factor's name: its unit coordinate


@dataclass(frozen=True, slots=True, eq=False)
class SweepResults:
    """A sweep as its folder holds it; outcomes are read when they are asked for.

    Attributes
    ----------
    regimes: names, in the order of the tables; the reference comes first.
    run_ids: names of the runs, ordered by point, regime and replicate.
    """

    out: Path
    design: Design
    regimes: tuple[str, ...]
    replicates: int
    run_ids: pa.Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """Points, regimes, replicates."""
        return self.design.points, len(self.regimes), self.replicates

    def outcome(self, name: str) -> FloatArray:
        """One outcome, shape (points, regimes, replicates); NaN where a run is missing or failed.

        Raises
        ------
        ConfigError: there is no such outcome.
        ExperimentError: a file of the store is damaged.
        """
        return next(self.outcomes([name]))

    def outcomes(self, names: Sequence[str]) -> Iterator[FloatArray]:
        """Several outcomes one after another; see :meth:`outcome`. The store is read once."""
        for name in names:
            if name not in OUTCOME_NAMES:
                raise ConfigError(f"'{name}' is not an outcome. {nearest(name, OUTCOME_NAMES)}")
        stored = _stored(self.out, names)
        place = pc.index_in(self.run_ids, value_set=stored.column("run_id").combine_chunks())
        known = place.is_valid().to_numpy(zero_copy_only=False)
        rows = place.drop_null().to_numpy(zero_copy_only=False)
        for name in names:
            values = np.full(len(self.run_ids), np.nan)
            values[known] = stored.column(name).to_numpy()[rows]
            yield values.reshape(self.shape)

    def done(self) -> np.ndarray:
        """Which runs are there, shape (points, regimes, replicates)."""
        stored = _stored(self.out, ()).column("run_id").combine_chunks()
        found = pc.is_in(self.run_ids, value_set=stored).to_numpy(zero_copy_only=False)
        return np.asarray(found).reshape(self.shape)


def load_sweep(out: str | Path) -> SweepResults:
    """Read a sweep's folder; runs may still be missing.

    Raises
    ------
    ConfigError: the folder holds no sweep.
    """
    out = Path(out)
    for name in (DESIGN, CELLS):
        if not (out / name).is_file():
            raise ConfigError(
                f"out = {out} holds no sweep: {name} is missing. Write the folder of a sweep, such "
                f"as out=results/sweep; 'consortia sweep' makes one."
            )
    cells = pq.read_table(out / CELLS, columns=["regime", "replicate", "run_id"])
    regimes = tuple(cells.column("regime").unique().to_pylist())
    replicates = (pc.max(cells.column("replicate")).as_py() or 0) + 1
    run_ids = cells.column("run_id").combine_chunks()
    return SweepResults(out, read_design(out), regimes, replicates, run_ids)


def regime_titles(sweep: SweepResults, lang: str) -> dict[str, str]:
    """Titles of the regimes as the sweep's configuration has them, else their names."""
    path = sweep.out / "config.yaml"
    config: Mapping[str, Any] = read_yaml(path) if path.is_file() else {}
    kept = config.get("regimes", {})
    return {
        name: str(kept.get(name, {}).get("title", {}).get(lang) or name) for name in sweep.regimes
    }


def read_design(out: Path) -> Design:
    """The design of a sweep's folder."""
    table = pq.read_table(out / DESIGN)
    note = json.loads(table.schema.metadata[NOTE])
    space = Space(tuple(map(Factor.from_mapping, note["factors"])))
    unit = np.column_stack([table.column(UNIT + name).to_numpy() for name in space.names])
    block, step = (table.column(name).to_numpy() for name in ("block", "step"))
    return Design(note["kind"], space, note["seed"], unit, block, step)


def design_table(design: Design) -> pa.Table:
    """One row per point: its number, values of the factors, block and step, unit coordinates."""
    columns: dict[str, Any] = {"point": np.arange(design.points)}
    for k, factor in enumerate(design.space.factors):
        values = design.values(k)
        columns[factor.name] = values if factor.ordered else [_plain(value) for value in values]
    columns |= {"block": design.block, "step": design.step}
    columns |= {UNIT + name: design.unit[:, k] for k, name in enumerate(design.space.names)}
    note = {
        "kind": design.kind,
        "seed": design.seed,
        "factors": [factor.as_mapping() for factor in design.space.factors],
    }
    return pa.table(columns).replace_schema_metadata({NOTE: json.dumps(note).encode()})


def write_cells(out: Path, plan: Plan) -> None:
    """Which run belongs to which point, regime and replicate, in the order of the plan."""
    points, regimes, replicates, names = [], [], [], []
    for cell in plan.cells():
        points.append(cell.point)
        regimes.append(cell.regime)
        replicates.append(cell.replicate)
        names.append(cell.run_id)
    titles = pa.array([regime.name for regime in plan.points[0].regimes], pa.string())
    table = pa.table(
        {
            "point": pa.array(points, pa.int32()),
            "regime": pa.DictionaryArray.from_arrays(pa.array(regimes, pa.int32()), titles),
            "replicate": pa.array(replicates, pa.int32()),
            "run_id": pa.array(names, pa.string()),
        }
    )
    write_parquet(out / CELLS, table)


def _plain(value: Any) -> Any:
    """Names and true/false as they are, lists in words."""
    return shown(value) if isinstance(value, tuple) else value


def _stored(out: Path, names: Sequence[str]) -> pa.Table:
    """Names of all stored runs with some of their outcomes; other columns are not read."""
    columns = ["run_id", *names]
    schema = pa.schema([("run_id", pa.string()), *((name, pa.float64()) for name in names)])
    tables = [schema.empty_table()]
    for path in sorted((out / "store" / "runs").glob("*.parquet")):
        try:
            table = pq.read_table(path, columns=columns)
        except (OSError, pa.ArrowInvalid) as error:
            raise ExperimentError(
                f"{path} is damaged. Start the same sweep again: the file is set aside then and "
                f"its runs are done again."
            ) from error
        if set(columns) <= set(table.schema.names):  # else it comes from another version
            tables.append(table.select(columns))
    return pa.concat_tables(tables)
