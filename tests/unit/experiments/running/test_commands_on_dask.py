"""A sweep, a discovery from it, and a search with their runs on a Dask cluster: the same to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.settings import ConfigError
from experiments.discover import discover
from experiments.discover.question import read_question
from experiments.running import dask_cluster
from experiments.search.job import search
from experiments.sweep import job
from experiments.sweep.setup import load_sweep_setup
from experiments.verification.machines import HERE, Machines
from tests.support import lever_engine as known
from tests.support.lever_engine import LeverEngine
from tests.support.noise_engine import BORDER, NoiseEngine

NOBODY = f"tcp://{HERE}:1"  # a port that needs special rights, at which nobody listens
SWEEP = (
    "population=classroom", "regimes=race", "design=lhs", "points=60", "replicates=6",
    "search.noise=interval(0,0.2)", "learning.decay=interval(0,0.05)", "jobs=1",
)  # fmt: skip
FAILS = read_question({"fails": "race", "outcome": "welfare"})


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    with Machines(2, tmp_path_factory.mktemp("machines")) as started:
        yield started


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path / "log"


def tables(folder: Path) -> dict[str, bytes]:
    """All tables for people in a folder, by their path."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.csv")
        if "inputs" not in path.parts
    }
    assert found
    return found


def on(machines: Machines) -> tuple[str, str]:
    return "executor=dask", f"scheduler={machines.address}"


def test_a_sweep_and_its_discovery(tmp_path, machines, log, monkeypatch) -> None:
    monkeypatch.setattr("experiments.sweep.report.write_figures", lambda *given: [])
    engine = NoiseEngine(log)
    for name, words in (("here", ()), ("there", on(machines))):
        setup = load_sweep_setup([*SWEEP, *words, f"out={tmp_path / name}"])
        job.sweep(setup, progress=False, run=engine)
    assert engine.count() == 2 * 60 * 6
    here, there = (discover(tmp_path / name, FAILS) for name in ("here", "there"))
    assert here.measured[0].told and there.sentences == here.sentences
    (side,) = there.ways[0].box.sides
    assert side.factor == 0 and side.high == pytest.approx(BORDER, abs=0.02)
    assert tables(tmp_path / "there") == tables(tmp_path / "here")


def test_a_search(tmp_path, machines, log) -> None:
    engine = LeverEngine(log, own=2.0)
    here = search(known.front_setup(tmp_path / "here"), progress=False, run=engine)
    calls = engine.count()
    setup = known.front_setup(tmp_path / "there", *on(machines))
    there = search(setup, progress=False, run=engine)
    assert engine.count() == 2 * calls > 0
    assert there.sentences == here.sentences
    assert tables(tmp_path / "there") == tables(tmp_path / "here")
    again = search(setup, progress=False, run=engine)
    assert again.sentences == here.sentences and engine.count() == 2 * calls


def test_a_scheduler_that_does_not_answer(tmp_path, log, monkeypatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.3)
    words = ("executor=dask", f"scheduler={NOBODY}")
    with pytest.raises(ConfigError, match="no Dask scheduler answers there"):
        search(known.front_setup(tmp_path / "out", *words), progress=False, run=LeverEngine(log))
    setup = load_sweep_setup([*SWEEP, *words, f"out={tmp_path / 'sweep'}"])
    with pytest.raises(ConfigError, match="no Dask scheduler answers there"):
        job.sweep(setup, progress=False, run=NoiseEngine(log))
