"""Networks of the model: each replicate is run once, and its network kept in the folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agents.kinds import KINDS
from experiments.configuration import Setup
from experiments.replayed import Replay, replays
from experiments.running.plan import MAIN, Point
from experiments.running.progress import Progress
from experiments.running.store import write_parquet
from experiments.tables.files import make_schema
from experiments.validation.network import TYPES, Network
from simulation.columns import N_ORGANISATIONS, PRIVATE_PRACTICE

FOLDER = "networks"
QUARTERS_PER_YEAR, MONTHS_PER_QUARTER = 4, 3
TYPE_OF = {"lead_firm": "firm", "sme": "firm", "university": "university", "institute": "institute"}
PLACES = make_schema(
    project="count", start="number", months="number", organisation="count", lead="truth",
    kind="count", region="count",
)  # fmt: skip


def model_networks(setup: Setup, out: Path, progress: Progress) -> list[Network]:
    """The network of every replicate: from ``out`` where it is kept, else run now and kept.

    Raises
    ------
    OSError: the folder cannot be written.
    """
    point = Point(
        MAIN, setup.world, setup.population, setup.reference.regime,
        tuple(entry.regime for entry in setup.regimes), setup.seed, setup.replicates,
    )  # fmt: skip
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{point.run_id(0, k)}.parquet" for k in range(setup.replicates)]
    missing = [k for k, file in enumerate(files) if not file.is_file()]
    progress.start(len(files), len(files) - len(missing))
    for run in replays(setup, missing):
        write_parquet(files[run.replicate], places_table(network_of(run)))
        progress.advance(done=1)
    return [read_places(file) for file in files]


def network_of(run: Replay) -> Network:
    """The network of the projects that programmes fund, in order of their founding.

    Private practice is left out: a programme's records do not hold it. A year is four quarters, the
    first policy quarter is year 0, and the duration is what was agreed.
    """
    public = [(row, who) for row, who in run.projects() if row["programme"] != PRIVATE_PRACTICE]
    public.sort(key=lambda project: (int(project[0]["founded"]), int(project[0]["row"])))
    people = run.end.organisations[: int(run.end.counters[N_ORGANISATIONS])]
    kinds = np.array([TYPES.index(TYPE_OF[name]) for name in KINDS], np.int64)
    sizes = [len(who) for _, who in public]
    first = int(run.start.world[0]["time_burn_in"])
    founded = np.array([int(row["founded"]) for row, _ in public])
    agreed = np.array([int(row["deadline"]) for row, _ in public]) - founded
    return Network(
        project=np.repeat(np.arange(len(public)), sizes),
        organisation=_joined([who["row"] for _, who in public]),
        lead=_joined([who["row"] == row["lead"] for row, who in public]).astype(np.bool_),
        kind=kinds[people["kind"]],
        region=people["region"].astype(np.int64),
        start=(founded - first) / QUARTERS_PER_YEAR,
        months=agreed * float(MONTHS_PER_QUARTER),
    )


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def places_table(network: Network) -> pa.Table:
    """One row per place, as it is kept and as others can read it."""
    return pa.table(
        {
            "project": network.project,
            "start": network.start[network.project],
            "months": network.months[network.project],
            "organisation": network.organisation,
            "lead": network.lead,
            "kind": network.kind[network.organisation],
            "region": network.region[network.organisation],
        },
        PLACES,
    )


def read_places(file: Path) -> Network:
    """The network of :func:`places_table`; organisations in no project are not there."""
    table = pq.read_table(file)
    column = {name: table.column(name).to_numpy() for name in PLACES.names}
    _, here = np.unique(column["project"], return_index=True)
    count = int(column["organisation"].max(initial=-1)) + 1
    kind, region = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    kind[column["organisation"]] = column["kind"]
    region[column["organisation"]] = column["region"]
    return Network(
        project=column["project"], organisation=column["organisation"], lead=column["lead"],
        kind=kind, region=region, start=column["start"][here], months=column["months"][here],
    )  # fmt: skip


def years(network: Network) -> Iterator[tuple[int, Network, Network]]:
    """Each year with projects: its projects, and all up to its end; only if all have a date."""
    if np.isnan(network.start).any():
        return
    year = np.floor(network.start).astype(np.int64)
    for one in np.unique(year).tolist():
        yield one, network.keep(year == one), network.keep(year <= one)
