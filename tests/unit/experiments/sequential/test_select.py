"""The command select: stages, answers, resuming, and troubles."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments.configuration import SelectSetup
from experiments.running.store import ExperimentError
from experiments.sequential.select import select, select_sentences
from experiments.sequential.settings import SelectionRule
from tests.support import fake_engine as fake
from tests.support import synthetic_runs
from tests.support.luck_engine import LuckEngine

MEANS = {"race": 20.0, "prize": 23.0, "open_challenge": 10.0}


def make_setup(out: Path, **changes: Any) -> SelectSetup:
    """Three regimes with levers of their own."""
    made = synthetic_runs.setup(out, names=tuple(MEANS), replicates=400)
    entries = tuple(
        dataclasses.replace(
            entry, regime=dataclasses.replace(entry.regime, programmes=(fake.programme(k + 1),))
        )
        for k, entry in enumerate(made.regimes)
    )
    given: dict[str, Any] = {
        "world": made.world, "population": fake.population(), "reference": made.reference,
        "regimes": entries, "variants": (), "variant_replicates": 1, "seed": 3, "replicates": 400,
        "jobs": 1, "out": out, "lang": "en", "outcome": "technical", "target": None,
        "config": {"seed": 3}, "rule": SelectionRule(1.0, 0.95, "highest"),
    }  # fmt: skip
    given |= {
        field.name: changes.get(field.name, "local" if field.name == "executor" else "none")
        for field in dataclasses.fields(SelectSetup)
        if field.name not in given
    }
    return SelectSetup(**(given | changes))


@pytest.fixture
def engine(tmp_path: Path) -> LuckEngine:
    (tmp_path / "log").mkdir()
    return LuckEngine(tmp_path / "log", MEANS)


def test_the_best_is_chosen_and_the_answer_is_written(tmp_path, engine, capsys) -> None:
    rule = SelectionRule(0.3, 0.95, "highest")
    close = dataclasses.replace(engine, means=MEANS | {"race": 22.5})
    found = select(make_setup(tmp_path / "out", rule=rule), run=close)
    assert found.best == "prize" and found.contenders == ("prize",)
    assert found.runs < found.runs_without
    assert found.luck < 0.3  # common luck is nine tenths of the variance
    table = pq.read_table(tmp_path / "out" / "selection.parquet").to_pydict()
    verdicts = dict(zip(table["regime"], table["verdict"], strict=True))
    assert verdicts == {"race": "dropped", "prize": "best", "open_challenge": "dropped"}
    assert table["behind"][table["regime"].index("prize")] == 0.0
    told = capsys.readouterr().out
    assert "probability of at least 95 %" in told and "leads every other by 0.300 or more" in told
    assert (tmp_path / "out" / "answer.txt").read_text("utf-8").strip() in told.replace("  ", "")
    origin = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert origin["runs"]["done"] == found.runs


def test_a_second_start_runs_nothing(tmp_path, engine) -> None:
    setup = make_setup(tmp_path / "out")
    first = select(setup, progress=False, run=engine)
    calls = engine.count()
    again = select(setup, progress=False, run=engine)
    assert engine.count() == calls
    assert again.table.equals(first.table)


def test_a_narrower_zone_goes_on_from_the_runs_that_are_there(tmp_path, engine) -> None:
    close = dataclasses.replace(engine, means=MEANS | {"race": 22.8})
    wide = make_setup(tmp_path / "out", rule=SelectionRule(3.0, 0.95, "highest"))
    first = select(wide, progress=False, run=close)
    narrow = select(
        dataclasses.replace(wide, rule=SelectionRule(0.5, 0.95, "highest")),
        progress=False,
        run=close,
    )
    assert narrow.runs > first.runs
    assert close.count() < first.runs + narrow.runs


def test_the_lowest_can_be_the_best(tmp_path, engine) -> None:
    rule = SelectionRule(1.0, 0.95, "lowest")
    found = select(make_setup(tmp_path / "out", rule=rule), progress=False, run=engine)
    assert found.best == "open_challenge"
    row = found.table.to_pylist()[found.table.column("regime").to_pylist().index("open_challenge")]
    assert row["mean"] == pytest.approx(10.0, abs=3.0)


def test_cannot_separate_is_an_answer(tmp_path, engine) -> None:
    close = dataclasses.replace(engine, means=MEANS | {"race": 22.9})
    setup = make_setup(tmp_path / "out", replicates=20, rule=SelectionRule(0.1, 0.95, "highest"))
    found = select(setup, progress=False, run=close)
    assert found.best is None and set(found.contenders) == {"race", "prize"}
    assert "Cannot separate after 20 replicates" in select_sentences(found, setup)[0]
    assert f"replicates={found.state.needed}" in select_sentences(found, setup)[0]
    chinese = select_sentences(found, dataclasses.replace(setup, lang="zh"))
    assert "分不出高下" in chinese[0] and "赛马" in chinese[0]


def test_equal_regimes_are_told_to_be_equal(tmp_path, engine) -> None:
    setup = make_setup(tmp_path / "out")
    twin = dataclasses.replace(
        setup.regimes[0],
        name="twin",
        regime=dataclasses.replace(setup.regimes[0].regime, name="twin"),
    )
    same = dataclasses.replace(setup, regimes=(setup.regimes[0], twin))
    found = select(
        same,
        progress=False,
        run=dataclasses.replace(engine, own=0.0, means={**MEANS, "twin": 20.0}),
    )
    assert found.best is None
    assert "gave the same" in select_sentences(found, same)[0]


def test_troubles(tmp_path, engine) -> None:
    setup = make_setup(tmp_path / "out")
    with pytest.raises(ConfigError, match="two regimes or more"):
        select(dataclasses.replace(setup, regimes=setup.regimes[:1]), run=engine)
    with pytest.raises(ConfigError, match="first stage of 20"):
        select(dataclasses.replace(setup, replicates=5), run=engine)
    failing = dataclasses.replace(engine, fails=(("race", 4),))
    with pytest.raises(ExperimentError, match="a choice needs every run.*'race', replicate 4"):
        select(setup, progress=False, run=failing)
    undefined = dataclasses.replace(engine, missing=(("prize", 2),))
    with pytest.raises(ExperimentError, match="has no value in 1 of 20 runs of 'prize'"):
        select(make_setup(tmp_path / "two"), progress=False, run=undefined)
