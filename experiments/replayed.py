"""Single organisations, projects and who worked with whom, from a few replicates run again.

The store keeps outcomes of whole runs, so that a sweep stays small. The first replicates of a
comparison are run again here for what only a run's own columns hold; a run is a function of its
settings and seed, so the replay is the same run. Decision record: ``0023-replay``.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agents.kinds import FEN_PER_MYUAN, KINDS, LAYERS, OWNERSHIPS
from experiments.running.plan import Plan
from experiments.running.store import write_parquet
from experiments.tables.files import make_schema
from experiments.tables.who import NETWORK
from simulation.columns import (
    ACTIVE,
    ENDED_SOLVED,
    N_CONSORTIA,
    N_ORGANISATIONS,
    PRIVATE_PRACTICE,
    REFUSED,
)

if TYPE_CHECKING:
    from experiments.configuration import Setup
    from simulation.state import State

REPLAYED = 10  # replicates; a tenth of a second each for all regimes of the Delta
ORGANISATIONS = make_schema(
    regime="text", replicate="count", organisation="count", kind="text", ownership="text",
    region="text", staff="number", participations="count", led="count", granted_myuan="number",
    earned_myuan="number",
)  # fmt: skip
PROJECTS = make_schema(
    regime="text", replicate="count", programme="count", size="count",
    **dict.fromkeys(LAYERS, "count"), regions="count", lead_kind="text", solved="truth",
)  # fmt: skip
SCHEMAS = {"organisations": ORGANISATIONS, "projects": PROJECTS, "network": NETWORK}
REPLAYED_NAMES = tuple(SCHEMAS)
Tables = dict[str, pa.Table]
KEY = b"replayed_runs"  # in the files' metadata: which runs they were made of
KEYED = ("organisations", "projects")  # the network is written anew with the tables that are shown


@dataclass(frozen=True, slots=True)
class Replay:
    """A finished run: its columns at the first policy quarter and at the end."""

    regime: str
    replicate: int
    start: State
    end: State

    @property
    def key(self) -> dict[str, Any]:
        """What a row of every table begins with."""
        return {"regime": self.regime, "replicate": self.replicate}

    def projects(self) -> Iterator[tuple[np.void, np.ndarray]]:
        """Projects started since the first policy quarter, with their members, the lead first."""
        first, last = (int(one.counters[N_CONSORTIA]) for one in (self.start, self.end))
        for row in self.end.consortia[first:last]:
            if row["state"] >= ACTIVE and row["state"] != REFUSED:
                yield row, self.end.members[row["first"] : row["first"] + row["size"]]


def stored_or_replayed(plan: Plan, setup: Setup, replicates: Sequence[int], out: Path) -> Tables:
    """The tables of the first of these replicates: from ``out`` if they stand there, else replayed.

    Parameters
    ----------
    replicates: those that every regime has finished.

    Raises
    ------
    OSError: the tables cannot be written.
    """
    chosen = tuple(replicates[:REPLAYED])
    main = plan.points[0]
    names = [main.run_id(k, r) for r in chosen for k in range(len(main.regimes))]
    key = hashlib.sha256(" ".join(names).encode()).hexdigest().encode()
    try:
        stored = {name: pq.read_table(out / f"{name}.parquet") for name in SCHEMAS}
    except (OSError, pa.ArrowException):
        stored = {}
    if stored and all((stored[name].schema.metadata or {}).get(KEY) == key for name in KEYED):
        return stored
    from simulation.warmup import warm_up

    warm_up(lambda text: print(text, file=sys.stderr))
    made = replayed_tables(setup, chosen)
    made = made | {name: made[name].replace_schema_metadata({KEY: key}) for name in KEYED}
    for name in reversed(SCHEMAS):  # those with the key last: they vouch for the network
        write_parquet(out / f"{name}.parquet", made[name])
    return made


def replayed_tables(setup: Setup, replicates: Sequence[int]) -> Tables:
    """``organisations`` and ``projects`` of these replicates, and ``network`` of the first."""
    rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in SCHEMAS}
    for run in replays(setup, replicates):
        rows["organisations"] += _organisations(run, setup.population.regions)
        rows["projects"] += _projects(run)
        if run.replicate == replicates[0]:
            rows["network"] += _network(run)
    return {name: pa.Table.from_pylist(rows[name], schema) for name, schema in SCHEMAS.items()}


def replays(setup: Setup, replicates: Sequence[int]) -> Iterator[Replay]:
    """Run every regime of some replicates again, as the engine of the comparison does."""
    from simulation.phases import addresses, advance
    from simulation.runner import finish
    from simulation.setup import first_state, install

    for replicate in replicates:
        start = first_state(setup.world, setup.population, seed=setup.seed, replicate=replicate)
        advance(start, addresses(), 0, int(start.world[0]["time_burn_in"]), False, True)
        spare: list[State] = []
        for entry in setup.regimes:
            end, _ = finish(install(start, entry.regime, spare), spare, with_test=False)
            yield Replay(entry.name, replicate, start, end)
            spare.append(end)


def _organisations(run: Replay, regions: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """What each organisation with staff has got since the start of policy."""
    for row in range(int(run.end.counters[N_ORGANISATIONS])):
        now, before = run.end.organisations[row], run.start.organisations[row]
        if now["staff"] > 0:
            since = {name: int(now[name] - before[name]) for name in ("participations", "led")}
            yield run.key | since | {
                "organisation": row, "kind": KINDS[now["kind"]],
                "ownership": OWNERSHIPS[now["ownership"]], "region": regions[now["region"]],
                "staff": float(now["staff"]),
                "granted_myuan": float(now["granted"] - before["granted"]) / FEN_PER_MYUAN,
                "earned_myuan": float(now["earned"] - before["earned"]) / FEN_PER_MYUAN,
            }  # fmt: skip


def _projects(run: Replay) -> Iterator[dict[str, Any]]:
    for row, members in run.projects():
        layers = np.bincount(members["layer"], minlength=len(LAYERS))
        yield run.key | dict(zip(LAYERS, layers.tolist(), strict=True)) | {
            "programme": int(row["programme"] - PRIVATE_PRACTICE), "size": int(row["size"]),
            "regions": int(row["regions"]),
            "lead_kind": KINDS[run.end.organisations[row["lead"]]["kind"]],
            "solved": bool(row["state"] == ENDED_SOLVED),
        }  # fmt: skip


def _network(run: Replay) -> Iterator[dict[str, Any]]:
    """Pairs of organisations by the number of projects they were both in."""
    together: dict[tuple[int, int], int] = {}
    for _, members in run.projects():
        for pair in combinations(sorted(members["row"].tolist()), 2):
            together[pair] = together.get(pair, 0) + 1
    for (first, second), projects in sorted(together.items()):
        yield run.key | {"first": first, "second": second, "projects": projects}
