"""What other commands found, brought into the folder of a comparison to be shown in its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agents.settings import ConfigError
from experiments.library import read_yaml
from experiments.tables import make_schema, make_table, write_table
from experiments.why.results import FROM_FIRST, WHOLE

WHY = make_schema(
    regime="text", baseline="text", outcome="text", lever="text", share="number", low="number",
    high="number", alone="number", n="count",
)  # fmt: skip
SHARED = ("seed", "population", "world")  # settings in which both experiments must agree


def bring_why(source: Path, folder: Path) -> pa.Table:
    """Write and return the table ``why`` of a comparison, from the folder of a decomposition.

    Raises
    ------
    ConfigError: ``source`` holds no decomposition, or one of another population, world or seed.
    OSError: the folder cannot be written.
    """
    remedy = f"holds no finished decomposition. Make one: consortia why A B out={source}"
    config, tables = _read("why", source, ("contributions", "switches", "chain"), remedy)
    _refuse_another_world("why", config, read_yaml(folder / "config.yaml"), source)
    table = make_table(WHY, _rows({name: one.to_pylist() for name, one in tables.items()}))
    write_table(table, folder, "why")
    return table


def bring_rankings(source: Path, folder: Path) -> pa.Table:
    """Write and return the table ``ranking_pairs`` of a comparison: in how many worlds rankings hold.

    Raises
    ------
    ConfigError: ``source`` holds no such rankings, or those of another population or world.
    OSError: the folder cannot be written.
    """
    remedy = f"holds no finished rankings. Make them: consortia rankings out={source}"
    config, tables = _read("rankings", source, ("pairs",), remedy)
    _refuse_another_world("rankings", config, read_yaml(folder / "config.yaml"), source)
    table = tables["pairs"]
    write_table(table, folder, "ranking_pairs")
    return table


def _read(
    setting: str, source: Path, names: Sequence[str], remedy: str
) -> tuple[dict[str, Any], dict[str, pa.Table]]:
    """Settings and tables of a folder that another command has written."""
    try:
        config = read_yaml(source / "config.yaml")
        tables = {name: pq.read_table(source / f"{name}.parquet") for name in names}
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"{setting} = {source} {remedy}") from error
    return config, tables


def _rows(tables: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    whole = next(row for row in tables["chain"] if row["start"] == WHOLE)
    alone = {
        row["group"]: row["difference"] for row in tables["switches"] if row["start"] == FROM_FIRST
    }
    return [
        {
            "regime": whole["regime"], "baseline": whole["baseline"], "outcome": row["outcome"],
            "lever": row["levers"], "share": row["contribution"], "low": row["sim_low"],
            "high": row["sim_high"], "alone": alone[row["group"]], "n": row["n"],
        }
        for row in tables["contributions"]
        if row["group"] is not None
    ]  # fmt: skip


def _refuse_another_world(setting: str, theirs: Any, ours: Any, source: Path) -> None:
    for name in SHARED:
        if theirs.get(name) != ours.get(name):
            raise ConfigError(
                f"{setting} = {source} was made with another {name} than this comparison, so it does not "
                f"explain its differences. Make one with the same settings."
            )
