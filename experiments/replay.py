"""``consortia run id=...``: one stored run once more, a failed one in particular.

The run is built from what its folder holds, done in this process, and held against what is stored:
the same error, or the same outcomes bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from agents.settings import ConfigError
from experiments.library import read_yaml
from experiments.question_map import Axis, Level, map_cells
from experiments.robustness import robustness_variants
from experiments.running.jobs import Engine, engine_or_default, job_of, run_job
from experiments.running.plan import MAIN, Point, Task
from experiments.running.store import OUTCOME_NAMES
from experiments.stored_population import POPULATION_FILE, read_population
from experiments.words import Words
from simulation.policies.registry import Programme, Regime
from simulation.world import World

MOST_SHOWN = 10  # outcomes that differ


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run belongs: a point by name, a regime by name, a replicate."""

    point: str
    regime: str
    replicate: int


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A run that was done once more.

    Attributes
    ----------
    same_version: whether model and libraries are those of the stored run.
    stored: its outcomes in the store, or None when it failed or is missing.
    stored_error, error: how it failed, then and now.
    outcomes: those of now, or None when it failed.
    """

    place: Place
    seed: int
    same_version: bool
    stored: np.ndarray | None
    stored_error: str | None
    outcomes: np.ndarray | None
    error: str | None

    @property
    def equal(self) -> bool:
        """Whether it came to the same: the same error, or the same outcomes bit for bit."""
        if self.outcomes is None or self.stored is None:
            return (
                self.stored is None and self.error is not None and self.error == self.stored_error
            )
        return not self.differing.size

    @property
    def differing(self) -> np.ndarray:
        """Positions of the outcomes that differ in any bit; undefined ones equal each other."""
        if self.outcomes is None or self.stored is None:
            return np.empty(0, np.int64)
        same = self.outcomes.view(np.uint64) == self.stored.view(np.uint64)
        return np.flatnonzero(~(same | (np.isnan(self.outcomes) & np.isnan(self.stored))))


def replay(run_id: str, out: Path, run: Engine | None = None) -> Replay:
    """Do a stored run once more.

    Raises
    ------
    ConfigError: the folder holds no experiment, or no run of this name.
    """
    config = _config(out)
    place, point = _sweep_place(run_id, out) if config["command"] == "sweep" else (None, None)
    place = place or _stored_place(run_id, out)
    if point is None:
        candidates = list(_comparison_points(out, config))
        place = place or _planned_place(run_id, candidates)
        names = {one.variant: one for one in candidates}
        point = names.get(place.point) if place else None
    if place is None or point is None:
        raise ConfigError(
            f"id = {run_id} is not a run of {out}. Write the run_id of a row of its runs.parquet, "
            f"or one that a message about a failed run names."
        )
    regime = [one.name for one in point.regimes].index(place.regime)
    task = Task(point=0, regimes=(regime,), replicates=(place.replicate,))
    batch = run_job(engine_or_default(run), job_of(point, task))
    errors = _rows(out, "failures", ["error"], run_id)
    stored = _rows(out, "runs", list(OUTCOME_NAMES), run_id)
    return Replay(
        place=place,
        seed=point.seed,
        same_version=point.run_id(regime, place.replicate) == run_id,
        stored=_outcomes(stored) if stored is not None else None,
        stored_error=None if errors is None else errors.column("error")[-1].as_py(),
        outcomes=batch.runs[0].outcomes if batch.runs else None,
        error=batch.failures[0].error if batch.failures else None,
    )


def sentences(replayed: Replay, words: Words) -> Iterator[str]:
    """What came of it, in words."""
    place = replayed.place
    yield words(
        "replay.run", point=place.point, regime=place.regime, replicate=place.replicate,
        seed=replayed.seed,
    )  # fmt: skip
    if not replayed.same_version:
        yield words("replay.version")
    if replayed.error is not None:
        yield words("replay.error", error=replayed.error)
        if replayed.stored is not None:
            yield words("replay.had_worked")
        elif replayed.stored_error is None:
            yield words("replay.not_stored")
        elif replayed.equal:
            yield words("replay.same_error")
        else:
            yield words("replay.other_error", error=replayed.stored_error)
        return
    if replayed.stored is None:
        key = "replay.not_stored" if replayed.stored_error is None else "replay.had_failed"
        yield words(key, error=replayed.stored_error)
    elif replayed.equal:
        yield words("replay.equal", count=len(replayed.stored))
    else:
        yield from _different(replayed, words)


def _different(replayed: Replay, words: Words) -> Iterator[str]:
    assert replayed.stored is not None and replayed.outcomes is not None
    differing = replayed.differing.tolist()
    yield words("replay.different", count=len(differing), all=len(replayed.stored))
    for position in differing[:MOST_SHOWN]:
        yield words(
            "replay.value", outcome=OUTCOME_NAMES[position],
            then=float(replayed.stored[position]), now=float(replayed.outcomes[position]),
        )  # fmt: skip


def _config(out: Path) -> dict[str, Any]:
    path = out / "config.yaml"
    config = read_yaml(path) if path.is_file() else None
    if not isinstance(config, dict) or config.get("command") not in ("compare", "sweep"):
        raise ConfigError(
            f"out = {out} holds no comparison and no sweep. Write the folder that holds the run, "
            f"such as out=results/sweep."
        )
    return config


def _sweep_place(run_id: str, out: Path) -> tuple[Place | None, Point | None]:
    """A run of a sweep; only its own point is built."""
    from experiments.sweep.configurations import POINT
    from experiments.sweep.results import CELLS, read_design
    from experiments.sweep.setup import stored_setup

    cells = pq.read_table(out / CELLS, filters=[("run_id", "=", run_id)]).to_pylist()
    if not cells:
        return None, None
    first = cells[0]  # of several that share the run
    number = int(first["point"])
    row = list(read_design(out).rows())[number]
    point = stored_setup(out).configurations().point(number, row)
    return Place(f"{POINT}{number}", first["regime"], int(first["replicate"])), point


def _stored_place(run_id: str, out: Path) -> Place | None:
    """Where the tables of a comparison, or its failures, say that the run belongs."""
    rows = _rows(out, "failures", ["variant", "regime", "replicate"], run_id)
    path = out / "runs.parquet"
    if rows is None and path.is_file():
        columns = ["variant", "regime", "replicate"]
        known = set(columns) <= set(pq.read_schema(path).names)
        found = pq.read_table(path, columns, filters=[("run_id", "=", run_id)]) if known else None
        rows = found if found is not None and found.num_rows else None
    if rows is None:
        return None
    first = rows.to_pylist()[0]
    return Place(first["variant"], first["regime"], int(first["replicate"]))


def _planned_place(run_id: str, points: list[Point]) -> Place | None:
    """Where the plan of a comparison has a run of this name; it needs no tables."""
    for point in points:
        for regime, one in enumerate(point.regimes):
            for replicate in range(point.replicates):
                if point.run_id(regime, replicate) == run_id:
                    return Place(point.variant, one.name, replicate)
    return None


def _comparison_points(out: Path, config: Mapping[str, Any]) -> Iterator[Point]:
    """The points of a comparison: the main world, its variants, the cells of a question's map."""
    if config["command"] != "compare":
        return
    world = World.from_mapping(config["world"])
    regimes = tuple(
        Regime(name, tuple(map(Programme.from_mapping, one["programmes"].values())))
        for name, one in config["regimes"].items()
    )
    population = read_population(out / POPULATION_FILE)
    variants, _ = robustness_variants(world, config["robustness"])
    worlds = {MAIN: world} | {one.name: one.world for one in variants}
    if "experiment" in config:
        worlds |= {one.variant: one.world for one in map_cells(*_map_of(config), world)}
    for name, one in worlds.items():
        yield Point(
            name, one, population, regimes[0], regimes, config["seed"], config["replicates"]
        )


def _map_of(config: Mapping[str, Any]) -> tuple[str, list[Axis]]:
    question = config["experiment"]
    axes = [
        Axis(
            name,
            {},
            {},
            tuple(Level(key, {}, one["set"], one["times"]) for key, one in levels.items()),
        )
        for name, levels in question["map"]["axes"].items()
    ]
    return question["name"], axes


def _rows(out: Path, name: str, columns: list[str], run_id: str) -> pa.Table | None:
    """Rows of a run in a data set of the store, the last written last; None when there are none."""
    found = []
    for path in sorted(
        (out / "store" / name).glob("*.parquet"), key=lambda path: path.stat().st_mtime
    ):
        if not set(columns) <= set(pq.read_schema(path).names):
            continue  # from a version with other outcomes
        table = pq.read_table(path, columns=["run_id", *columns])
        kept = table.filter(pc.equal(table.column("run_id"), run_id))
        if kept.num_rows:
            found.append(kept)
    return pa.concat_tables(found) if found else None


def _outcomes(rows: pa.Table) -> np.ndarray:
    return np.array([rows.column(name)[0].as_py() for name in OUTCOME_NAMES], np.float64)
