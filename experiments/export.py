"""``consortia export``: tables of results for other programs, each with its codebook.

CSV and Parquet are written batch by batch, so that a table of a million runs needs little memory;
Stata's format needs the whole table at once.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from agents.settings import ConfigError, nearest
from experiments.codebook import Column, codebook, codebook_table, labels
from experiments.running.files import ExperimentError, atomic_write, describe

FORMATS = ("csv", "dta", "parquet")
ROWS = 10_000  # of a batch
STATA_NAME, STATA_LABEL = 32, 80  # most characters
STATA_LARGEST = 8.988465674311579e307  # above it Stata's numbers mean missing
STATA_WHOLE = 2**53  # whole numbers up to here are kept by a double
STATA_TEXT = 2045  # longer texts need another kind of column


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. ``missing``: infinite or too large values that Stata cannot hold."""

    path: Path
    codebook: Path
    rows: int
    missing: int = 0


def export(folder: Path, out: Path, kind: str, table: str = "runs", lang: str = "en") -> Exported:
    """Write a table of a folder of results into another folder.

    Parameters
    ----------
    folder: output of ``compare`` or ``sweep``.
    out: where ``TABLE.KIND`` and ``TABLE.codebook.csv`` are written; made when it is missing.
    kind: one of :data:`FORMATS`.
    lang: language of Stata's labels.

    Raises
    ------
    ConfigError: no such folder or table, an unknown format, a file that would be overwritten by
        its own export.
    ExperimentError: the disk is full or the folder cannot be written.
    """
    if kind not in FORMATS:
        raise ConfigError(f"format = {kind} is not known. {nearest(kind, FORMATS)}")
    file = _open(folder, table)
    path, book = out / f"{table}.{kind}", out / f"{table}.codebook.csv"
    if path.resolve() == (folder / f"{table}.parquet").resolve():
        raise ConfigError(f"out = {out} holds {table}.parquet itself. Write out= another folder.")
    columns = codebook(table, file.schema_arrow.names)
    aliases = stata_names(file.schema_arrow.names) if kind == "dta" else {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        missing = _WRITERS[kind](path, file, columns, lang)
        entries = codebook_table(columns, aliases)
        atomic_write(book, lambda opened: csv.write_csv(entries, opened))
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while {path} was written. The results in {folder} are untouched."
        ) from error
    return Exported(path, book, file.metadata.num_rows, missing)


def _open(folder: Path, table: str) -> pq.ParquetFile:
    """A table of a folder of results, for reading by parts."""
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder. Name a folder that consortia has written.")
    tables = sorted(path.stem for path in folder.glob("*.parquet"))
    if not tables:
        raise ConfigError(
            f"{folder} holds no results. Name a folder that consortia compare or sweep has "
            f"finished; an unfinished one is finished by the same command."
        )
    if table not in tables:
        raise ConfigError(f"table = {table} is not in {folder}. {nearest(table, tables)}")
    try:
        return pq.ParquetFile(folder / f"{table}.parquet")
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> ConfigError:
    return ConfigError(
        f"The table cannot be read: it is damaged ({error}). Delete its file and start the "
        f"command that made the folder again; the runs are in its store."
    )


def _batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(ROWS)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error


# ---------------------------------------------------------------- CSV and Parquet


def _write_csv(path: Path, file: pq.ParquetFile, columns: Sequence[Column], lang: str) -> int:
    schema = file.schema_arrow
    _refuse_lists(schema)

    def write(opened: BinaryIO) -> None:
        with csv.CSVWriter(opened, schema) as writer:
            for batch in _batches(file):
                writer.write_batch(_without_nan(batch))

    atomic_write(path, write)
    return 0


def _without_nan(batch: pa.RecordBatch) -> pa.RecordBatch:
    """NaN becomes an empty cell, which every reader takes for missing."""
    values = [
        pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        if pa.types.is_floating(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(values, schema=batch.schema)


def _write_parquet(path: Path, file: pq.ParquetFile, columns: Sequence[Column], lang: str) -> int:
    """The same table; each column carries its unit and meaning."""
    fields = [
        field.with_metadata({
            "unit_en": column.unit_en, "meaning_en": column.meaning_en,
            "unit_zh": column.unit_zh, "meaning_zh": column.meaning_zh,
        })
        for field, column in zip(file.schema_arrow, columns, strict=True)
    ]  # fmt: skip
    schema = pa.schema(fields)

    def write(opened: BinaryIO) -> None:
        with pq.ParquetWriter(opened, schema, compression="zstd") as writer:
            for batch in _batches(file):
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))

    atomic_write(path, write)
    return 0


def _refuse_lists(schema: pa.Schema) -> None:
    for field in schema:
        if pa.types.is_nested(field.type):
            raise ConfigError(
                f"column '{field.name}' holds lists, which this format cannot. Write "
                f"format=parquet."
            )


# ---------------------------------------------------------------- Stata


def stata_names(names: Sequence[str]) -> dict[str, str]:
    """Names that Stata accepts, all different: letters, digits, _; at most 32 characters."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
        candidates = itertools.chain(
            [plain[:STATA_NAME]],
            (f"{plain[: STATA_NAME - len(str(k)) - 1]}_{k}" for k in itertools.count(2)),
        )
        taken = {one.lower() for one in found.values()} | STATA_WORDS
        found[name] = next(one for one in candidates if one.lower() not in taken)
    return found


STATA_WORDS = {
    "byte", "double", "float", "if", "in", "int", "long", "using", "with", "_all", "_b", "_coef",
    "_cons", "_n", "_pi", "_pred", "_rc", "_skip", "strl",
}  # fmt: skip


def _write_stata(path: Path, file: pq.ParquetFile, columns: Sequence[Column], lang: str) -> int:
    _refuse_lists(file.schema_arrow)
    names = stata_names(file.schema_arrow.names)
    try:
        table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error
    converted = [_for_stata(table.column(name)) for name in table.column_names]
    frame = pa.table([column for column, _ in converted], names=list(names.values())).to_pandas()
    texts = [
        name for name, column in zip(names.values(), converted, strict=True)
        if pa.types.is_string(column[0].type)
        and (pc.max(pc.binary_length(column[0])).as_py() or 0) > STATA_TEXT
    ]  # fmt: skip
    described = {names[name]: text[:STATA_LABEL] for name, text in labels(columns, lang)}

    def write(opened: BinaryIO) -> None:
        frame.to_stata(
            opened, write_index=False, version=118, variable_labels=described, convert_strl=texts
        )

    atomic_write(path, write)
    return sum(missing for _, missing in converted)


def _for_stata(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """The column with values that Stata can hold, and how many became missing."""
    kind = column.type
    if pa.types.is_integer(kind):
        largest = max(abs(pc.min(column).as_py() or 0), abs(pc.max(column).as_py() or 0))
        return (column, 0) if largest <= STATA_WHOLE else (column.cast(pa.string()), 0)
    if pa.types.is_floating(kind):
        values = column.to_numpy().astype(np.float64)
        bad = np.abs(values) > STATA_LARGEST
        return pa.chunked_array([np.where(bad, np.nan, values)]), int(bad.sum())
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8()), 0
    return pc.fill_null(column.cast(pa.string()), ""), 0


_WRITERS: dict[str, Any] = {"csv": _write_csv, "dta": _write_stata, "parquet": _write_parquet}
