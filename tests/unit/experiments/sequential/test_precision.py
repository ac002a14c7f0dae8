"""compare half_width=...: as many replicates as the precision takes, and what is told of it."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from experiments.compare import compare
from experiments.sequential.precision import Grown, Look
from experiments.sequential.settings import Target
from tests.support import fake_engine as fake
from tests.support import synthetic_runs
from tests.support.luck_engine import LuckEngine

MEANS = {"laissez_faire": 20.0, "race": 23.0}


@pytest.fixture(autouse=True)
def writers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures and report have tests of their own."""
    from experiments import report

    monkeypatch.setattr(report, "write_report", lambda *args: Path("report.html"))
    monkeypatch.setattr(report, "answer_sentences", lambda *args: [])
    monkeypatch.setitem(
        sys.modules, "experiments.figures", SimpleNamespace(write_figures=lambda *args, **named: [])
    )


@pytest.fixture
def engine(tmp_path: Path) -> LuckEngine:
    (tmp_path / "log").mkdir()
    return LuckEngine(tmp_path / "log", MEANS)


def make_setup(out: Path, **changes: Any) -> Any:
    made = synthetic_runs.setup(out, names=tuple(MEANS), replicates=500)
    given: dict[str, Any] = {"population": fake.population(), "variants": (), "jobs": 1}
    return dataclasses.replace(made, **(given | {"target": Target(0.25, False)} | changes))


def test_it_stops_when_the_interval_is_narrow_enough(tmp_path, engine, capsys) -> None:
    result = compare(make_setup(tmp_path / "out"), run=engine)
    looks = pq.read_table(tmp_path / "out" / "precision.parquet").to_pylist()
    assert looks == result.tables["precision"].to_pylist()
    assert [look["reached"] for look in looks[:-1]] == [False] * (len(looks) - 1)
    last = looks[-1]
    assert last["reached"] and last["half_width"] <= 0.25
    assert result.runs.num_rows == 2 * last["replicates"]
    assert 60 < last["replicates"] < 250  # 2 * 1.96^2 / .25^2 = 123
    captured = capsys.readouterr()
    assert "reach at most 0.2" in captured.out and "the next look is at" in captured.err
    assert f"{2 * last['replicates']} runs in" in captured.out


def test_the_same_command_takes_the_same_way_and_runs_nothing(tmp_path, engine) -> None:
    setup = make_setup(tmp_path / "out")
    first = compare(setup, progress=False, run=engine)
    calls = engine.count()
    again = compare(setup, progress=False, run=engine)
    assert engine.count() == calls
    assert again.tables["precision"].equals(first.tables["precision"])


def test_the_largest_number_may_come_first(tmp_path, engine) -> None:
    setup = make_setup(tmp_path / "out", replicates=40, target=Target(0.1, True))
    result = compare(setup, progress=False, run=dataclasses.replace(engine, own=50.0))
    last = result.tables["precision"].to_pylist()[-1]
    assert (last["replicates"], last["reached"]) == (40, False)
    assert last["target"] == pytest.approx(2.0, rel=0.9)


def test_what_is_said() -> None:
    setup: Any = SimpleNamespace(outcome="technical")
    grown = Grown(setup, (Look(200, 1.0, 0.5),), 0, 0.0)
    assert "About 800" in grown.sentence("en").replace("about", "About")
    assert "约需 800 组重复" in grown.sentence("zh")
    reached = Grown(setup, (Look(200, 0.5, 0.5),), 0, 0.0)
    assert "asked: 0.500" in reached.sentence("en")
