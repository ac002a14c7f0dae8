"""The population of an experiment as it stands beside the results: who was there at the start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.running.files import (
    ExperimentError,
    describe,
    write_parquet,
    write_text,
    yaml_text,
)
from simulation.population import Population

POPULATION_FILE = "population.parquet"
NOTE = b"consortia.population"  # where the file's metadata tell name, regions and hub
COLUMNS = ("kind", "ownership", "region", "staff", "home_field")


def population_table(population: Population) -> pa.Table:
    """One row per organisation, in the model's order; codes as the model reads them."""
    columns = {"name": pa.array(population.labels, pa.string())}
    columns |= {name: pa.array(getattr(population, name)) for name in COLUMNS}
    note = {"name": population.name, "regions": population.regions, "hub": population.hub}
    return pa.table(columns).replace_schema_metadata({NOTE: json.dumps(note).encode()})


def read_population(path: Path) -> Population:
    """The population of :func:`population_table`."""
    table = pq.read_table(path)
    note = json.loads(table.schema.metadata[NOTE])
    columns: dict[str, np.ndarray] = {name: table.column(name).to_numpy() for name in COLUMNS}
    return Population(
        name=note["name"],
        labels=tuple(table.column("name").to_pylist()),
        regions=tuple(note["regions"]),
        hub=note["hub"],
        **columns,
    )


def write_beginnings(out: Path, population: Population, config: dict[str, Any]) -> None:
    """What the runs of an experiment are replayed from, written before the first of them.

    Raises
    ------
    ExperimentError: the folder cannot be written.
    """
    try:
        write_parquet(out / POPULATION_FILE, population_table(population))
        write_text(out / "config.yaml", yaml_text(config))
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the settings were written to {out}. Nothing was run."
        ) from error
