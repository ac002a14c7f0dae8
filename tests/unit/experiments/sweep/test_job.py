"""A sweep as a whole, with an engine that takes no time: what it writes, keeps, extends, refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments.configuration import compose_primary
from experiments.replay import replay, sentences
from experiments.sweep import job
from experiments.sweep.results import load_sweep
from experiments.sweep.setup import SweepSetup, load_sweep_setup
from experiments.tables import COMPARED
from experiments.words import Words
from tests.support.fake_engine import FakeEngine

FACTORS = ("search.noise=0.02,0.04", "funding.public_share=0.2,0.4")
COMMON = ("population=classroom", "regimes=race,prize", "jobs=1")

Load = Callable[..., SweepSetup]


@pytest.fixture(scope="module")
def composed() -> dict[tuple[str, ...], Any]:
    return {}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, composed: dict[Any, Any]) -> Load:
    """Setups in one folder; figures, which have a test of their own, are not drawn."""

    def remembered(library: Any, given: Any) -> dict[str, Any]:
        key = tuple(given.composed)
        if key not in composed:
            composed[key] = compose_primary(library, given)
        return json.loads(json.dumps(composed[key]))

    monkeypatch.setattr("experiments.sweep.setup.compose_primary", remembered)
    monkeypatch.setattr("experiments.sweep.report.write_figures", lambda *given: [])

    def loaded(*words: str, factors: Sequence[str] = FACTORS) -> SweepSetup:
        given = {word.partition("=")[0] for word in words}
        kept = [word for word in (*COMMON, *factors) if word.partition("=")[0] not in given]
        return load_sweep_setup([*kept, f"out={tmp_path / 'out'}", *words])

    return loaded


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    (tmp_path / "log").mkdir()
    return FakeEngine(tmp_path / "log")


def content(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_the_folder_holds_tables_that_agree_with_the_runs(load: Load, engine: FakeEngine) -> None:
    setup = load("replicates=4")
    result = job.sweep(setup, progress=False, run=engine)
    out = result.out
    runs = pd.read_parquet(out / "runs.parquet")
    assert len(runs) == setup.runs == 4 * 3 * 4
    assert runs.run_id.nunique() == (2 * 1 + 4 * 2) * 4  # the share of money is none without any
    points = pd.read_csv(out / "points.csv")
    assert points.done.tolist() == points.runs.tolist() == [12] * 4
    assert points["search.noise"].tolist() == [0.02, 0.02, 0.04, 0.04]
    summary = pd.read_parquet(out / "summary.parquet")
    assert len(summary) == 4 * 3 * len(COMPARED)
    means = runs.groupby(["point", "regime"]).technical.agg(["mean", "sem"]).reset_index()
    rows = summary[summary.outcome == "technical"].merge(means, on=["point", "regime"])
    assert np.allclose(rows["mean_x"], rows["mean_y"])
    assert np.allclose(rows.se, rows["sem"])
    assert np.allclose(rows.high - rows.low, 2 * 3.182446 * rows.se)
    assert (rows["search.noise"] == points["search.noise"].to_numpy()[rows.point]).all()
    differences = pd.read_csv(out / "differences.csv")
    wide = runs.pivot(index=["point", "replicate"], columns="regime", values="technical")
    expected = (wide.prize - wide.laissez_faire).groupby("point").mean()
    part = differences[(differences.outcome == "technical") & (differences.regime == "prize")]
    assert np.allclose(part.difference, expected)
    assert (part.sim_high - part.sim_low > part.high - part.low).all()


def test_the_loader_gives_every_run_its_place(load: Load, engine: FakeEngine) -> None:
    job.sweep(load("replicates=3"), progress=False, run=engine)
    out = load("replicates=3").out
    sweep = load_sweep(out)
    assert (sweep.shape, sweep.regimes) == ((4, 3, 3), ("laissez_faire", "race", "prize"))
    runs = pq.read_table(out / "runs.parquet")
    assert (sweep.outcome("solved").ravel() == runs.column("solved").to_numpy()).all()
    both = list(sweep.outcomes(["solved", "technical"]))
    assert (both[1].ravel() == runs.column("technical").to_numpy()).all()
    assert sweep.done().all()
    with pytest.raises(ConfigError, match="Did you mean 'technical'"):
        sweep.outcome("technicl")
    with pytest.raises(ConfigError, match="holds no sweep"):
        load_sweep(out.parent)


def test_failed_runs_are_missing_and_tried_again(
    load: Load, tmp_path: Path, engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = FakeEngine(tmp_path / "log", fails=(("race", 1),))
    result = job.sweep(load("replicates=3"), run=failing)
    assert result.failures.num_rows == 4
    told = capsys.readouterr().err
    name = result.failures.column("run_id")[0].as_py()
    assert f"consortia run id={name}" in told
    values = load_sweep(result.out).outcome("solved")
    assert np.isnan(values).sum() == 4
    assert np.isnan(values[:, 1, 1]).all()
    counts = pd.read_csv(result.out / "summary.csv").groupby("regime").n.max()
    assert counts.to_dict() == {"laissez_faire": 3, "prize": 3, "race": 2}
    mended = job.sweep(load("replicates=3"), progress=False, run=engine)
    assert mended.failures.num_rows == 0
    assert load_sweep(result.out).done().all()


def test_a_stopped_sweep_goes_on_and_comes_to_the_same(
    load: Load, tmp_path: Path, engine: FakeEngine
) -> None:
    with pytest.raises(KeyboardInterrupt):
        job.sweep(
            load("replicates=4"), progress=False, run=FakeEngine(tmp_path / "log", interrupt=2)
        )
    out = load().out
    half = load_sweep(out)
    assert 0 < half.done().sum() < half.done().size
    before = engine.count("call 0")
    job.sweep(load("replicates=4"), progress=False, run=engine)
    assert engine.count("call 0") - before == 3  # the first point's replicate 0 was there
    resumed = load_sweep(out).outcome("welfare")
    elsewhere = job.sweep(
        load("replicates=4", f"out={tmp_path / 'new'}"), progress=False, run=engine
    )
    assert (load_sweep(elsewhere.out).outcome("welfare") == resumed).all()


def test_replicates_and_extendable_designs_grow(load: Load, engine: FakeEngine) -> None:
    ranges = ["search.noise=interval(0,0.1)", "adoption.friction_base=interval(0,0.2)"]
    for kind, few, many in (("sobol", 8, 16), ("morris", 6, 9)):
        words = [f"design={kind}", f"out={load().out}_{kind}"]
        job.sweep(
            load(*words, f"points={few}", "replicates=1", factors=ranges),
            progress=False,
            run=engine,
        )
        first = load_sweep(f"{load().out}_{kind}").outcome("welfare")
        calls = engine.count("call")
        job.sweep(
            load(*words, f"points={many}", "replicates=2", factors=ranges),
            progress=False,
            run=engine,
        )
        grown = load_sweep(f"{load().out}_{kind}").outcome("welfare")
        assert (grown[:few, :, :1] == first).all()
        assert engine.count("call") - calls <= 2 * many - few


OTHERS = {
    "search.noise=0.02,0.06": "factors.search.noise is 0.02,0.04 there and 0.02,0.06 here",
    "seed=3": "seed is 20240521 there and 3 here",
    "search.rounds=2": "world.search.rounds is 3 there and 2 here",
    "design=lhs": "design is factorial there and lhs here",
    "regimes=race": "it differs in regimes.prize",
    "monitoring.gate_quarter=3": "it differs in changes",
}


def test_another_sweep_in_the_folder_is_refused(load: Load, engine: FakeEngine) -> None:
    job.sweep(load("replicates=1"), progress=False, run=engine)
    before = content(load().out)
    for word, message in OTHERS.items():
        with pytest.raises(ConfigError) as caught:
            job.sweep(load("replicates=1", word), progress=False, run=engine)
        assert message in str(caught.value)
    assert content(load().out) == before


def test_a_hypercube_cannot_have_more_points(load: Load, engine: FakeEngine) -> None:
    words = ["design=lhs", "replicates=1"]
    job.sweep(load(*words, "points=5"), progress=False, run=engine)
    with pytest.raises(ConfigError, match="holds a Latin hypercube of 5 points"):
        job.sweep(load(*words, "points=10"), progress=False, run=engine)
    job.sweep(load("design=lhs", "replicates=2", "points=5"), progress=False, run=engine)
    assert load_sweep(load().out).shape == (5, 3, 2)


def test_nothing_is_written_when_a_configuration_is_faulty(load: Load, engine: FakeEngine) -> None:
    setup = load(factors=["fields.frontier_ceiling=0.1,0.5", "funding.public_share=0.2,0.4"])
    with pytest.raises(ConfigError, match="2 of 4 planned configurations"):
        job.sweep(setup, progress=False, run=engine)
    assert not setup.out.exists()
    assert engine.count("call") == 0


def test_a_thousand_million_cells_are_refused_with_their_cost(load: Load) -> None:
    levels = ",".join(f"{k / 1000:g}" for k in range(1, 101))
    names = ("search.noise", "adoption.friction_base", "needs.misposed_share", "forming.leakage")
    setup = load("replicates=4", factors=[f"{name}={levels}" for name in names])
    with pytest.raises(ConfigError) as caught:
        job.sweep(setup, progress=False)
    text = str(caught.value)
    assert "100,000,000 points x 3 regimes x 4 replicates are 1,200,000,000 runs" in text
    assert "about 463 days with 1 processes" in text
    assert "TB on disk" in text
    assert "at most 200,000 points" in text


def test_a_large_sweep_must_be_confirmed(load: Load) -> None:
    setup = load("replicates=100000")
    assert not setup.confirmed
    with pytest.raises(ConfigError, match="Write confirm=true"):
        job.sweep(setup, progress=False)
    assert load("replicates=100000", "confirm=true").confirmed


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_estimate_comes_before_the_runs(
    load: Load, engine: FakeEngine, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    job.sweep(load("replicates=2", f"lang={lang}"), run=engine)
    told = capsys.readouterr()
    plan = told.err.splitlines()[0]
    assert "24" in plan
    assert ("runs" in plan) == (lang == "en")
    assert "point 0" in told.err.splitlines()[1]
    assert len([line for line in told.out.splitlines() if "%" in line]) == 1


def test_a_stored_run_is_replayed(load: Load, tmp_path: Path, engine: FakeEngine) -> None:
    failing = FakeEngine(tmp_path / "log", fails=(("race", 1),))
    result = job.sweep(load("replicates=2"), progress=False, run=failing)
    runs = pq.read_table(result.out / "runs.parquet")
    good = replay(runs.column("run_id")[7].as_py(), result.out, run=failing)
    assert (good.equal, good.same_version, good.place.point) == (True, True, "point 1")
    assert "bit for bit" in " ".join(sentences(good, Words("en")))
    failed = result.failures.column("run_id")[3].as_py()
    again = replay(failed, result.out, run=failing)
    assert (again.equal, again.outcomes) == (True, None)
    assert "same error" in " ".join(sentences(again, Words("en")))
    mended = replay(failed, result.out, run=engine)
    assert not mended.equal
    assert "此次成功" in " ".join(sentences(mended, Words("zh")))
    with pytest.raises(ConfigError, match="id = nothing is not a run of"):
        replay("nothing", result.out)
    with pytest.raises(ConfigError, match="holds no comparison and no sweep"):
        replay(failed, tmp_path)


def test_a_replay_that_differs_says_where(load: Load, engine: FakeEngine) -> None:
    class Other(FakeEngine):
        """An engine of another version, one of whose outcomes differs."""

        def __call__(self, *given: Any, **named: Any) -> Any:
            results = super().__call__(*given, **named)
            results[0].outcomes["solved"] += 1.0
            return results

    out = job.sweep(load("replicates=1"), progress=False, run=engine).out
    name = pq.read_table(out / "runs.parquet").column("run_id")[0].as_py()
    other = replay(name, out, run=Other(engine.log))
    assert not other.equal
    text = list(sentences(other, Words("en")))
    assert text[1].startswith("1 of 1")
    assert text[2].startswith("  solved: ")
