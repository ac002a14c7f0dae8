"""A replay is the run it stands for: its tables add up to what the engine reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from agents.kinds import KINDS
from experiments import replayed as replay
from experiments.compare import comparison_plan
from experiments.configuration import Setup, load_setup
from experiments.tables.who import lorenz_curve
from simulation.measures import gini
from simulation.outcomes import RunResult
from simulation.runner import run_replicate

REPLICATES = (0, 2)


@pytest.fixture(scope="module")
def setup() -> Setup:
    return load_setup(
        "compare", ["population=classroom", "regimes=race,combined", "robustness=none"]
    )


@pytest.fixture(scope="module")
def replayed(setup: Setup) -> replay.Tables:
    return replay.replayed_tables(setup, REPLICATES)


@pytest.fixture(scope="module")
def results(setup: Setup) -> list[RunResult]:
    regimes = [entry.regime for entry in setup.regimes]
    return [
        result
        for replicate in REPLICATES
        for result in run_replicate(
            setup.world, setup.population, setup.reference.regime, regimes,
            seed=setup.seed, replicate=replicate,
        )
    ]  # fmt: skip


def rows(table, result: RunResult):
    """Rows of a run, as a mapping of columns."""
    of_run = pc.and_(
        pc.equal(table["regime"], result.regime), pc.equal(table["replicate"], result.replicate)
    )
    return table.filter(of_run).to_pandas()


def test_money_and_value_add_up_to_the_outcomes(replayed, results) -> None:
    for result in results:
        found = rows(replayed["organisations"], result).groupby("kind")
        for kind in KINDS:
            granted, earned = (
                found[one].sum().get(kind, 0.0) for one in ("granted_myuan", "earned_myuan")
            )
            assert granted == pytest.approx(result.outcomes[f"grants_to_{kind}"], abs=1e-6)
            assert earned == pytest.approx(result.outcomes[f"value_to_{kind}"], abs=1e-6)


def test_inequality_is_that_of_the_run(replayed, results) -> None:
    for result in results:
        found = rows(replayed["organisations"], result)
        assert gini(found["participations"].to_numpy(np.float64)) == pytest.approx(
            result.outcomes["participation_gini"]
        )
        granted = found["granted_myuan"].to_numpy()
        if granted.sum() > 0:
            assert gini(granted) == pytest.approx(result.outcomes["funding_gini"])
            assert (np.diff(lorenz_curve(granted), 2) > -1e-9).all()  # convex


def test_projects_are_those_of_the_run(replayed, results) -> None:
    for result in results:
        found = rows(replayed["projects"], result)
        assert len(found) == result.outcomes["projects"] > 0
        assert found["size"].mean() == pytest.approx(result.outcomes["consortium_size"])
        assert (found[["core", "close", "general"]].sum(axis=1) == found["size"]).all()
        assert (found["regions"] > 1).mean() == pytest.approx(result.outcomes["cross_region_share"])


def test_the_network_has_every_pair_of_the_first_replicate(replayed, results) -> None:
    assert set(replayed["network"]["replicate"].to_pylist()) == {REPLICATES[0]}
    for result in results[: len(results) // 2]:
        sizes = rows(replayed["projects"], result)["size"].to_numpy()
        pairs = rows(replayed["network"], result)
        assert pairs["projects"].sum() == (sizes * (sizes - 1) / 2).sum()
        assert (pairs["first"] < pairs["second"]).all()


def test_tables_that_stand_there_are_read_and_nothing_runs(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = comparison_plan(setup)
    monkeypatch.setattr(replay, "REPLAYED", 1)
    first = replay.stored_or_replayed(plan, setup, [0, 1], tmp_path)
    monkeypatch.setattr(replay, "replayed_tables", lambda *_: pytest.fail("ran again"))
    again = replay.stored_or_replayed(plan, setup, [0, 1], tmp_path)
    assert all(again[name].equals(table) for name, table in first.items())
    monkeypatch.setattr(replay, "replayed_tables", lambda *_: first)
    other = replay.stored_or_replayed(plan, setup, [1], tmp_path)  # other runs: not those
    assert other["projects"].schema.metadata != first["projects"].schema.metadata
