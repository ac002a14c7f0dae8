"""``consortia diff A B``: whether two folders of results say the same, and where they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from agents.settings import ConfigError
from experiments.words import LOADER, Words

KEYS = ("variant", "point", "regime", "replicate", "seed")  # what tells runs apart
NAMES = ("run_id",)  # neither key nor value: another version of the model gives other names
WITHOUT_EFFECT = ("out", "jobs", "lang", "executor", "scheduler", "command")
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that differs; None where a folder does not have it."""

    name: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Values:
    """A column that differs in runs both have: in how many, and by how much at most.

    ``largest`` is NaN where only one side is missing or where the column is text.
    """

    name: str
    runs: int
    largest: float
    regimes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What two folders of results differ in.

    Attributes
    ----------
    settings: those that can change a result.
    software: versions and sources; they may differ while the results are equal.
    both, only_a, only_b: numbers of runs.
    columns_a, columns_b: columns that only one has.
    values: columns that differ in runs that both have.
    """

    settings: tuple[Setting, ...]
    software: tuple[Setting, ...]
    both: int
    only_a: int
    only_b: int
    columns_a: tuple[str, ...]
    columns_b: tuple[str, ...]
    values: tuple[Values, ...]

    @property
    def equal(self) -> bool:
        """Whether there is the same experiment with the same runs and the same results."""
        return not (
            self.settings or self.only_a or self.only_b
            or self.columns_a or self.columns_b or self.values
        )  # fmt: skip


def difference(a: Path, b: Path) -> Difference:
    """Compare two folders, one column at a time.

    Raises
    ------
    ConfigError: a folder holds no results, or its runs cannot be told apart.
    """
    files = [_runs(folder) for folder in (a, b)]
    names = [file.schema_arrow.names for file in files]
    keys = [key for key in KEYS if key in names[0] and key in names[1]]
    rows = [_keys(file, keys, folder) for file, folder in zip(files, (a, b), strict=True)]
    in_a, in_b = _matched(*rows)
    values = [
        name for name in names[0] if name in names[1] and name not in (*keys, *NAMES)
    ]  # fmt: skip
    regimes = files[0].read(["regime"])["regime"] if "regime" in keys else None
    return Difference(
        settings=tuple(_settings(a, b)),
        software=tuple(_software(a, b)),
        both=len(in_a),
        only_a=rows[0].num_rows - len(in_a),
        only_b=rows[1].num_rows - len(in_b),
        columns_a=tuple(name for name in names[0] if name not in names[1]),
        columns_b=tuple(name for name in names[1] if name not in names[0]),
        values=tuple(
            found
            for name in values
            if (found := _values(name, files, (in_a, in_b), regimes)) is not None
        ),
    )


def _runs(folder: Path) -> pq.ParquetFile:
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder. Name a folder that consortia has written.")
    path = folder / "runs.parquet"
    if not path.is_file():
        raise ConfigError(
            f"{folder} holds no runs.parquet. Name a folder that consortia compare or sweep has "
            f"finished; an unfinished one is finished by the same command."
        )
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, error: Exception) -> ConfigError:
    return ConfigError(
        f"runs.parquet in {folder} cannot be read: it is damaged ({error}). Delete it and start "
        f"the command that made the folder again; the runs are in its store."
    )


def _column(file: pq.ParquetFile, name: str) -> np.ndarray:
    values: np.ndarray = file.read([name])[name].to_numpy()
    return values


def _keys(file: pq.ParquetFile, keys: Sequence[str], folder: Path) -> pa.Table:
    """Keys of the runs and their row."""
    try:
        table = file.read(list(keys))
    except (pa.ArrowException, OSError) as error:
        raise _damaged(folder, error) from error
    if not keys or table.group_by(list(keys)).aggregate([]).num_rows < table.num_rows:
        raise ConfigError(
            f"The runs in {folder} cannot be told apart by {', '.join(KEYS)}, so that they cannot "
            f"be compared with others run by run."
        )
    return table.append_column("row", pa.array(np.arange(table.num_rows)))


def _matched(a: pa.Table, b: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the runs that both have, in one order."""
    keys = [name for name in a.column_names if name != "row"]
    joined = a.join(b, keys, join_type="inner", right_suffix="_b").sort_by("row")
    return joined["row"].to_numpy(), joined["row_b"].to_numpy()


def _values(
    name: str,
    files: Sequence[pq.ParquetFile],
    rows: tuple[np.ndarray, np.ndarray],
    regimes: pa.ChunkedArray | None,
) -> Values | None:
    """How one column differs; None when it does not."""
    one, other = (_column(file, name)[at] for file, at in zip(files, rows, strict=True))
    differs = one != other
    numbers = one.dtype.kind in "iufb" and other.dtype.kind in "iufb"
    if numbers:
        differs &= ~(np.isnan(one.astype(np.float64)) & np.isnan(other.astype(np.float64)))
    if not differs.any():
        return None
    largest = float("nan")
    if numbers:
        with np.errstate(invalid="ignore"):
            gaps = np.abs(one[differs].astype(np.float64) - other[differs].astype(np.float64))
        largest = float(np.nanmax(gaps)) if not np.isnan(gaps).all() else largest
    where = () if regimes is None else regimes.take(pa.array(rows[0][differs])).unique()
    return Values(name, int(differs.sum()), largest, tuple(str(one) for one in where))


# ---------------------------------------------------------------- settings and software


def _settings(a: Path, b: Path) -> Iterator[Setting]:
    """Settings that differ; those that cannot change a result are left out."""
    plain = [dict(_flat(_read(folder / "config.yaml"))) for folder in (a, b)]
    for name in sorted({*plain[0], *plain[1]}):
        one, other = (values.get(name) for values in plain)
        if one != other and name.partition(".")[0] not in WITHOUT_EFFECT:
            yield Setting(name, one, other)


def _software(a: Path, b: Path) -> Iterator[Setting]:
    origins = [_read(folder / "provenance.json") for folder in (a, b)]
    parts = [
        dict(_flat({key: origin.get(key) for key in ("versions", "source_hash")}))
        for origin in origins
    ]
    for name in sorted({*parts[0], *parts[1]}):
        one, other = (part.get(name) for part in parts)
        if one != other:
            yield Setting(name, one, other)


def _read(path: Path) -> dict[str, Any]:
    """A file of plain values; empty when there is none.

    Raises
    ------
    ConfigError: it is damaged.
    """
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else yaml.load(text, LOADER)
        return dict(found)
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path} cannot be read. Start the command that made the folder again; it writes it."
        ) from error


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


# ---------------------------------------------------------------- words


def told(found: Difference, lang: str) -> str:
    """The differences in words, most important first."""
    words = Words(lang)
    lines = [words("diff.equal" if found.equal else "diff.different")]
    lines.append(words("diff.runs", both=found.both, a=found.only_a, b=found.only_b))
    lines += _part(words, "settings", [_setting_line(words, one) for one in found.settings])
    lines += _part(words, "columns_a", found.columns_a)
    lines += _part(words, "columns_b", found.columns_b)
    ordered = sorted(found.values, key=lambda one: -one.runs)
    lines += _part(words, "values", [_value_line(words, one) for one in ordered])
    lines += _part(words, "software", [_setting_line(words, one) for one in found.software])
    return "\n".join(lines)


def _part(words: Words, name: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    more = len(rows) - MOST_SHOWN
    shown = [f"  {row}" for row in rows[:MOST_SHOWN]]
    return [words(f"diff.{name}"), *shown, *([f"  {words('diff.more', count=more)}"] * (more > 0))]


def _setting_line(words: Words, one: Setting) -> str:
    sides = (words("diff.absent") if value is None else value for value in (one.a, one.b))
    return words("diff.setting", name=one.name, **dict(zip("ab", sides, strict=True)))


def _value_line(words: Words, one: Values) -> str:
    text = words("diff.value", name=one.name, runs=one.runs, largest=f"{one.largest:.6g}")
    if np.isnan(one.largest):
        text = words("diff.missing", name=one.name, runs=one.runs)
    return text + (words("diff.where", regimes=words.join(one.regimes)) if one.regimes else "")
