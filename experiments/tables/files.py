"""Tables as they are written: a schema, rows, and two files of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet


def make_schema(**columns: str) -> pa.Schema:
    """A schema from names and kinds: text, number, count or truth."""
    kinds = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(), "truth": pa.bool_()}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


def make_table(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Arrow table; NaN becomes null, which every reader of CSV takes for missing."""

    def known(value: Any) -> Any:
        if isinstance(value, (float, np.floating)):
            return float(value) if math.isfinite(value) else None
        return value

    return pa.table({name: [known(row[name]) for row in rows] for name in schema.names}, schema)


def write_table(table: pa.Table, out: Path, name: str) -> None:
    """Write beside and rename, so that a reader never meets half a file."""
    part = out / f"{name}.csv.part"
    csv.write_csv(table, part, csv.WriteOptions(quoting_style="needed"))
    part.replace(out / f"{name}.csv")
    part = out / f"{name}.parquet.part"
    parquet.write_table(table, part)
    part.replace(out / f"{name}.parquet")
