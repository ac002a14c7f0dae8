"""A run of a comparison once more, also of one that was stopped before it wrote its tables."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np

from experiments.configuration import load_setup
from experiments.replay import replay
from experiments.running.executor import execute
from experiments.running.store import Store, write_parquet
from experiments.stored_population import population_table, read_population, write_beginnings
from tests.support import fake_engine as fake

compare = importlib.import_module("experiments.compare")


def test_any_run_of_a_stopped_comparison_is_replayed(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    engine = fake.FakeEngine(tmp_path / "log", fails=(("race", 1),))
    setup = load_setup(
        "compare",
        ["population=classroom", "regimes=race", "replicates=2", f"out={tmp_path / 'out'}"],
    )
    plan = compare.comparison_plan(setup)
    with Store(setup.out, compare.experiment_of(setup)) as store:
        write_beginnings(setup.out, setup.population, setup.config)
        execute(plan, store, 1, run=engine)
    for cell in plan.cells():
        again = replay(cell.run_id, setup.out, run=engine)
        assert (again.equal, again.same_version) == (True, True)
        assert (again.error is None) == (cell.regime != 1 or cell.replicate != 1)
        assert again.place.replicate == cell.replicate


def test_a_population_survives_its_table(tmp_path: Path) -> None:
    population = fake.population()
    write_parquet(tmp_path / "p.parquet", population_table(population))
    again = read_population(tmp_path / "p.parquet")
    assert again.digest() == population.digest()
    assert (again.labels, again.regions, again.hub) == (
        population.labels, population.regions, population.hub,
    )  # fmt: skip
    assert np.array_equal(again.staff, population.staff)
