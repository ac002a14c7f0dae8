"""The comparison as a whole: what it runs, what it writes, and what it refuses."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from agents.settings import ConfigError
from experiments.compare import compare, comparison_plan, experiment_of
from experiments.running.provenance import command_line
from experiments.running.store import ExperimentError
from experiments.stages import columns_of
from simulation.outcomes import OUTCOMES, TRAJECTORIES
from simulation.policies.registry import Regime
from simulation.world import World
from tests.support import fake_engine as fake
from tests.support import synthetic_runs

NAMES = ("laissez_faire", "race", "prize")  # the last two have equal levers


@pytest.fixture(autouse=True)
def writers(monkeypatch):
    """Stand-ins for tables, figures and report, which have tests of their own."""

    def write_report(tables, figures, setup, provenance, out, lang, notices):
        (out / "report.html").write_text(f"{len(tables)} tables, {len(figures)} figures, {lang}")
        return out / "report.html"

    stand_ins: dict[str, Any] = {
        "experiments.tables.write_tables": lambda runs, *others: {"summary": runs.slice(0, 1)},
        "experiments.figures.write_figures": lambda runs, tables, setup, out, helper: ["forest"],
        "experiments.report.write_report": write_report,
        "experiments.report.answer_sentences": lambda *_: ["Nothing can be told."],
    }
    for name, function in stand_ins.items():
        monkeypatch.setattr(name, function)


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "log").mkdir()
    return fake.FakeEngine(tmp_path / "log")


def make_setup(tmp_path: Path, **changes: Any) -> Any:
    made = synthetic_runs.setup(tmp_path / "out", names=NAMES, replicates=3)
    plain = made.world.as_mapping()
    other = World.from_mapping(plain | {"time": plain["time"] | {"policy": 40}})
    given: dict[str, Any] = {
        "population": fake.population(),
        "variants": (synthetic_runs.WorldVariant("policy=40", other),),
        "variant_replicates": 2,
        "config": {"seed": 1, "title": "長三角"},
    }
    return dataclasses.replace(made, **(given | changes))


def test_the_output_folder_holds_everything(tmp_path, engine, capsys):
    setup = make_setup(tmp_path)
    result = compare(setup, run=engine)
    out = tmp_path / "out"
    runs = pq.read_table(out / "runs.parquet")
    assert runs.equals(result.runs) or repr(runs.to_pylist()) == repr(result.runs.to_pylist())
    assert runs.schema.names == ["variant", "regime", "replicate", "seed", "run_id"] + [
        outcome.name for outcome in OUTCOMES
    ]
    assert runs.schema.types[:5] == [
        pa.string(), pa.string(), pa.int32(), pa.int64(), pa.string(),
    ]  # fmt: skip
    assert list(zip(*(runs.column(k).to_pylist() for k in range(3)), strict=True)) == [
        *(("main", name, replicate) for name in NAMES for replicate in range(3)),
        *(("policy=40", name, replicate) for name in NAMES for replicate in range(2)),
    ]
    trajectories = pq.read_table(out / "trajectories.parquet")
    assert trajectories.schema.names == ["regime", "replicate", "quarter"] + [
        outcome.name for outcome in TRAJECTORIES
    ]
    assert set(map(str, trajectories.schema.types[3:])) == {"float"}
    assert trajectories.num_rows == 3 * 3 * fake.QUARTERS
    assert yaml.safe_load((out / "config.yaml").read_text("utf-8")) == setup.config
    assert result.report.read_text() == "1 tables, 1 figures, en"
    assert result.failures.num_rows == 0
    told = capsys.readouterr().out
    assert "Nothing can be told." in told and str(result.report) in told


def test_the_counts_of_every_programme_are_kept_and_read_again(tmp_path, engine):
    setup = make_setup(tmp_path)
    compare(setup, progress=False, run=engine)
    first = pq.read_table(tmp_path / "out" / "programmes.parquet")
    keys = list(zip(*(first.column(k).to_pylist() for k in range(3)), strict=True))
    assert keys == [(name, replicate, 1) for name in NAMES[1:] for replicate in range(3)]
    assert first.schema.names[3:] == list(columns_of(setup.population.regions))
    row = [first.column(name)[4].as_py() for name in first.schema.names[3:]]
    assert row == list(range(row[0], row[0] + len(row)))  # in the engine's order
    compare(setup, progress=False, run=engine)
    again = pq.read_table(tmp_path / "out" / "programmes.parquet")
    assert again.equals(first)


def test_equal_levers_are_run_once_and_reported_twice(tmp_path, engine):
    runs = compare(make_setup(tmp_path), progress=False, run=engine).runs.to_pandas()
    race, prize = (
        runs[(runs.regime == name) & (runs.variant == "main")].set_index("replicate")
        for name in NAMES[1:]
    )
    assert (race.run_id == prize.run_id).all()
    assert (race.solved == prize.solved).all()
    assert runs.run_id.nunique() == 10


def test_it_is_silent_when_asked(tmp_path, engine, capsys):
    compare(make_setup(tmp_path), progress=False, run=engine)
    assert capsys.readouterr() == ("", "")


def test_the_same_command_runs_nothing_again(tmp_path, engine):
    setup = make_setup(tmp_path)
    first = compare(setup, progress=False, run=engine)
    calls = engine.count("call *")
    again = compare(dataclasses.replace(setup, jobs=2, lang="zh"), progress=False, run=engine)
    assert engine.count("call *") == calls == 5
    assert repr(again.runs.to_pylist()) == repr(first.runs.to_pylist())
    assert again.report.read_text().endswith("zh")


def test_more_and_fewer_replicates_use_the_same_folder(tmp_path, engine):
    setup = make_setup(tmp_path)
    compare(setup, progress=False, run=engine)
    more = compare(dataclasses.replace(setup, replicates=4), progress=False, run=engine)
    assert engine.count("call *") == 6
    fewer = compare(dataclasses.replace(setup, replicates=1), progress=False, run=engine)
    assert engine.count("call *") == 6
    assert (more.runs.num_rows, fewer.runs.num_rows) == (3 * 4 + 3 * 2, 3 * 1 + 3 * 2)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"seed": 2}, "seed is 1 there and 2 here"),
        ({"population": dataclasses.replace(fake.population(), hub=0)}, "population is"),
        ({"regimes": synthetic_runs.setup(Path(), names=NAMES[:1]).regimes}, "differs in regimes"),
        ({"variants": ()}, "differs in variants"),
    ],
)
def test_another_experiment_in_the_folder_is_refused(tmp_path, engine, changes, difference):
    setup = make_setup(tmp_path)
    compare(setup, progress=False, run=engine)
    before = {path: path.read_bytes() for path in setup.out.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match=f"another experiment: .*{difference}"):
        compare(dataclasses.replace(setup, **changes), progress=False, run=engine)
    assert before == {path: path.read_bytes() for path in setup.out.rglob("*") if path.is_file()}


def test_names_and_order_do_not_make_another_experiment(tmp_path):
    setup = make_setup(tmp_path)
    renamed = [
        dataclasses.replace(
            entry, name=entry.name + "2", regime=Regime(entry.name + "2", entry.regime.programmes)
        )
        for entry in reversed(setup.regimes)
    ]
    other = dataclasses.replace(
        setup, regimes=tuple(renamed), replicates=9, variant_replicates=1, jobs=5, lang="zh"
    )
    assert experiment_of(other) == experiment_of(setup)
    assert (
        comparison_plan(other).run_ids()
        > comparison_plan(dataclasses.replace(setup, variant_replicates=1)).run_ids()
    )


def test_failures_are_reported_and_the_rest_is_written(tmp_path, engine, capsys):
    setup = make_setup(tmp_path)
    failing = dataclasses.replace(engine, fails=(("race", 1),))
    result = compare(setup, run=failing)
    # Both variants, under the name of the first of the two regimes that share the run.
    assert result.failures.column("regime").to_pylist() == ["race", "race"]
    assert result.runs.num_rows == 15 - 4
    assert json.loads((setup.out / "provenance.json").read_text())["runs"]["failed"] == 2
    assert "2 runs failed (race)" in capsys.readouterr().err
    mended = compare(setup, progress=False, run=engine)
    assert (mended.failures.num_rows, mended.runs.num_rows) == (0, 15)


def test_nothing_complete_is_an_error(tmp_path, engine):
    failing = dataclasses.replace(engine, fails=tuple(("race", k) for k in range(3)))
    with pytest.raises(ExperimentError, match="No replicate is complete.*'race', replicate 0"):
        compare(make_setup(tmp_path), progress=False, run=failing)


def test_ctrl_c_says_what_is_kept(tmp_path, engine, capsys):
    with pytest.raises(KeyboardInterrupt):
        compare(make_setup(tmp_path, jobs=1), run=dataclasses.replace(engine, interrupt=1))
    assert "2 finished runs are kept in" in capsys.readouterr().err


def test_damage_is_named(tmp_path, engine, capsys):
    setup = make_setup(tmp_path)
    compare(setup, progress=False, run=engine)
    damaged = sorted((setup.out / "store" / "runs").iterdir())[0]
    damaged.write_bytes(b"PAR1")
    result = compare(setup, run=engine)
    assert f"store/runs/{damaged.name} is damaged" in capsys.readouterr().err
    assert result.runs.num_rows == 15


def test_a_disk_that_fills_while_results_are_written_keeps_the_runs(tmp_path, engine, monkeypatch):
    setup = make_setup(tmp_path)

    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("experiments.tables.write_tables", full)
        with pytest.raises(ExperimentError, match="disk is full.*All runs are safe"):
            compare(setup, progress=False, run=engine)
    calls = engine.count("call *")
    compare(setup, progress=False, run=engine)
    assert engine.count("call *") == calls


def test_provenance_names_versions_and_seeds_but_no_folder(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(
        sys, "argv", [str(tmp_path / "bin" / "consortia"), "compare", f"out={tmp_path / 'out'}"]
    )
    compare(make_setup(tmp_path), progress=False, run=engine)
    text = (tmp_path / "out" / "provenance.json").read_text()
    origin = json.loads(text)
    assert origin["command"] == "consortia compare out=out"
    assert str(tmp_path.parent) not in text
    assert origin["seed"] == 1 and origin["replicates"] == {"main": 3, "policy=40": 2}
    assert {"python", "numpy", "numba", "mesa"} <= set(origin["versions"])
    assert origin["runs"] == {"done": 10, "cached": 0, "failed": 0}


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["/usr/bin/consortia", "compare", "seed=3"], "consortia compare seed=3"),
        (["consortia", "out=/home/ada lovelace/x"], "consortia out=x"),
        (["consortia", "out=~/results"], "consortia out=results"),
        (["consortia", "out=~ada/results"], "consortia out=results"),
        (["consortia", "--config-dir", "/home/ada/mine/"], "consortia --config-dir mine"),
        (["consortia", r"out=C:\Users\ada\out"], "consortia out=out"),
        (["consortia", "files=[/home/ada/a.csv, b/c.csv]"],
         "consortia 'files=[a.csv, b/c.csv]'"),
        (["consortia", "out=results/a", "regimes=a,b"], "consortia out=results/a regimes=a,b"),
        ([""], "python"),
    ],
)  # fmt: skip
def test_commands_lose_their_folders(argv, told):
    assert command_line(argv) == told
