"""The command why: what is run, what is written, what is said, and troubles."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.settings import ConfigError
from experiments.cli import BAD_INPUT, main
from experiments.running.store import ExperimentError
from experiments.statistics import paired
from experiments.why.job import why
from experiments.why.mixing import FAMILY
from experiments.why.settings import WhyRule, load_why, why_rule
from tests.support.contests import GameEngine
from tests.support.fake_engine import FakeEngine

TEAMS, GATE = "selection_teams", "monitoring_gate_percentile"
BOTH = ("bilateral_partnership", "open_challenge")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


def test_a_known_game_is_taken_apart(make_setup, log, capsys) -> None:
    setup = make_setup("open_challenge", "race", replicates=12)
    engine = GameEngine(log, {TEAMS: 10.0})
    answer = why(setup, run=engine)
    teams = [float(entry.regime.columns[TEAMS].sum()) for entry in setup.regimes]
    selection = next(k for k, g in enumerate(answer.apart.groups) if g[0].family == "selection")
    expected = 10.0 * (teams[1] - teams[0])
    for k, one in enumerate(answer.found.shares):
        assert one.contribution == pytest.approx(expected if k == selection else 0.0, abs=1e-9)
    assert answer.found.total.difference == pytest.approx(expected)
    assert answer.found.interplay.difference == pytest.approx(0.0, abs=1e-9)
    told = capsys.readouterr()
    assert "selection of bids (selection.teams)" in told.out and "not a cause" in told.out
    assert "100 % of the difference" in told.out
    assert f"{4 * setup.replicates} runs" in told.err and "took" in told.err


def test_teamwork_is_shared_and_named(make_setup, log) -> None:
    setup = make_setup("open_challenge", "race")
    answer = why(setup, progress=False, run=GameEngine(log, {TEAMS: 1.0, GATE: 1.0}, together=50.0))
    (t0, g0), (t1, g1) = (
        [float(entry.regime.columns[name].sum()) for name in (TEAMS, GATE)]
        for entry in setup.regimes
    )
    assert answer.found.interplay.difference == pytest.approx(50.0 * (t1 - t0) * (g1 - g0))
    by_family = {
        group[0].family: answer.found.shares[k].contribution
        for k, group in enumerate(answer.apart.groups)
    }
    gate = (g1 - g0) * (1.0 + 50.0 * (t0 + t1) / 2)
    assert by_family["monitoring"] == pytest.approx(gate)
    assert by_family["selection"] == pytest.approx((t1 - t0) * (1.0 + 50.0 * (g0 + g1) / 2))


@given(seed=st.integers(0, 10**6), orders=st.sampled_from(["all", 4, 8]))
@settings(
    max_examples=4, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_shares_add_up_to_the_difference(seed, orders, make_setup, tmp_path_factory) -> None:
    out = tmp_path_factory.mktemp("why")
    setup = make_setup(
        *BOTH, seed=seed, out=out / "out", replicates=3, rule=WhyRule(FAMILY, orders)
    )
    (out / "log").mkdir()
    answer = why(setup, progress=False, run=FakeEngine(out / "log"))  # outcomes are hashes of mixes
    runs = pq.read_table(out / "out" / "runs.parquet").to_pandas()
    first, second = (
        runs[runs.regime == entry.name].sort_values("replicate")["technical"].to_numpy()
        for entry in setup.regimes
    )
    np.testing.assert_allclose(answer.found.by_replicate.sum(axis=0), second - first, atol=1e-9)
    table = csv.read_csv(out / "out" / "contributions.csv").to_pylist()
    assert table[-1]["levers"] == "whole"
    parts = sum(row["contribution"] for row in table[:-1])
    assert parts == pytest.approx(table[-1]["contribution"], abs=1e-9)


def test_each_mix_is_run_once_and_a_second_start_runs_nothing(make_setup, log) -> None:
    setup = make_setup(*BOTH, rule=WhyRule(FAMILY, 4))
    engine = GameEngine(log, {TEAMS: 1.0}, noise=1.0)
    first = why(setup, progress=False, run=engine)
    runs = pq.read_table(setup.out / "runs.parquet")
    assert runs.num_rows == len(first.apart.mixes) * setup.replicates
    assert len(set(runs["run_id"].to_pylist())) == runs.num_rows
    calls = engine.count()
    again = why(setup, progress=False, run=engine)
    assert engine.count() == calls
    assert again.tables["contributions"].equals(first.tables["contributions"])
    more = dataclasses.replace(setup, rule=WhyRule(FAMILY, 6), outcome="solved", lang="zh")
    third = why(more, progress=False, run=engine)
    done = json.loads((setup.out / "provenance.json").read_text())["runs"]
    assert done["cached"] == runs.num_rows and done["failed"] == 0
    assert done["done"] == (len(third.apart.mixes) - len(first.apart.mixes)) * setup.replicates


def test_the_folder_has_tables_figure_words_and_settings(make_setup, log) -> None:
    setup = make_setup(*BOTH, lang="zh", replicates=12)
    answer = why(setup, progress=False, run=GameEngine(log, {TEAMS: 5.0, GATE: 3.0}, noise=0.1))
    for name in ("contributions", "switches", "chain", "levers"):
        table = pq.read_table(setup.out / f"{name}.parquet")
        assert table.num_rows == csv.read_csv(setup.out / f"{name}.csv").num_rows > 0
    chain = pq.read_table(setup.out / "chain.parquet").to_pylist()
    assert {row["start"] for row in chain} == {"whole", "from_first", "from_second"}
    assert len(chain) == 8 * (1 + 2 * answer.apart.count)
    adopted = next(row for row in chain if row["outcome"] == "adopted")
    assert np.isfinite(adopted["difference"])
    for ending in ("svg", "png"):
        assert (setup.out / "figures" / f"why.{ending}").stat().st_size > 10_000
    text = (setup.out / "answer.zh.txt").read_text("utf-8")
    assert "模型内的贡献" in text and "不是现实中的因果结论" in text and "揭榜挂帅" in text
    assert "资助 + 过程管理" in text
    config = (setup.out / "config.yaml").read_text("utf-8")
    assert "command: why" in config and "level: family" in config and "orders: auto" in config


def test_a_whole_programme_cannot_be_taken_apart_and_the_answer_says_so(make_setup, log) -> None:
    answer = why(
        make_setup("laissez_faire", "race"), progress=False, run=GameEngine(log, {TEAMS: 1.0})
    )
    assert len(answer.found.shares) == 1
    assert answer.found.shares[0].contribution == pytest.approx(answer.found.total.difference)
    assert any("parts of programme race put in" in line for line in answer.sentences)


def test_noise_is_not_an_answer(make_setup, log) -> None:
    setup = make_setup("open_challenge", "race", replicates=5)
    answer = why(setup, progress=False, run=GameEngine(log, {TEAMS: 0.01}, noise=5.0))
    assert answer.found.total.verdict == paired.CANNOT_TELL
    text = "\n".join(answer.sentences)
    assert "cannot be told" in text and "No contribution of a group can be told" in text
    assert answer.tables["contributions"]["share"].null_count == 3


def test_failed_replicates_are_left_out_and_told(make_setup, log, capsys) -> None:
    setup = make_setup("open_challenge", "race")
    engine = GameEngine(log, {TEAMS: 1.0}, fails=(("race", 2), ("mix 10", 4)))
    answer = why(setup, run=engine)
    assert answer.failures.num_rows == 2 and answer.found.total.n == 4
    assert "2 replicates are left out" in capsys.readouterr().out
    every = dataclasses.replace(engine, fails=tuple(("race", k) for k in range(6)))
    with pytest.raises(ExperimentError, match="No replicate is complete"):
        why(dataclasses.replace(setup, out=setup.out / "two"), progress=False, run=every)


def test_an_outcome_without_a_value_is_refused(make_setup, log) -> None:
    engine = GameEngine(log, {TEAMS: 1.0}, missing=(1,))
    with pytest.raises(ExperimentError, match="outcome = technical has no value in 4 of 24 runs"):
        why(make_setup("open_challenge", "race"), progress=False, run=engine)


def test_another_pair_does_not_mix_with_the_runs_of_a_folder(make_setup, log) -> None:
    why(make_setup("open_challenge", "race"), progress=False, run=GameEngine(log, {TEAMS: 1.0}))
    with pytest.raises(ConfigError, match="out"):
        why(make_setup("race", "prize"), progress=False, run=GameEngine(log, {TEAMS: 1.0}))


@pytest.mark.parametrize(
    ("names", "texts", "message"),
    [
        (["race"], [], "1 are named"),
        (["race", "race"], [], "'race' is named twice"),
        (["race", "open_chalenge"], [], "Did you mean 'open_challenge'"),
        (["race", "prize"], ["regimes=race"], "without a setting"),
        (["race", "prize"], ["outcome=tecnical"], "Did you mean 'technical'"),
        (["race", "prize"], ["level=levers"], "Did you mean 'lever'"),
        (["race", "prize"], ["orders=7"], "an even number"),
        (["race", "prize"], ["orders=many"], "orders=all"),
    ],
)
def test_bad_input(names, texts, message) -> None:
    with pytest.raises(ConfigError, match=message):
        load_why(names, texts)


def test_settings_and_exit_code(capsys) -> None:
    assert why_rule({"level": "lever", "orders": 8}) == WhyRule("lever", 8)
    setup = load_why(["race", "prize"], ["orders=all"])
    assert [entry.name for entry in setup.regimes] == ["race", "prize"]
    assert setup.out == Path("results/why")
    assert main(["why", "race", "race"]) == BAD_INPUT
    assert "named twice" in capsys.readouterr().err
