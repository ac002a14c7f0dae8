"""The command rankings: what is drawn and switched, what is run, what is written and said."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as csv
import pytest
import yaml

from agents.settings import ConfigError
from experiments.cli import BAD_INPUT, main
from experiments.library import CONFIGS, Library
from experiments.rankings.job import rank
from experiments.rankings.plan import lay_out
from experiments.rankings.results import (
    FLIPS,
    HOLDS,
    NOT_TOLD,
    OPEN,
    RANKED,
    Share,
    share_of,
    told_by_draw,
    verdict_of,
)
from experiments.rankings.settings import Rankings, load_rankings, read_uncertainty
from experiments.statistics.paired import HIGHER, Difference
from simulation.world import SECTIONS
from tests.support import fake_engine as fake
from tests.support.contests import GameEngine

TEAMS = "selection_teams"


@cache
def composed() -> Rankings:
    return load_rankings(["population=classroom", "regimes=open_challenge,race,prize"])


@pytest.fixture
def make_rankings(tmp_path: Path) -> Callable[..., Rankings]:
    """Three regimes and the reference with the fake population, to be run in this process."""

    def make(draws: int = 12, per_draw: int = 4, **changes: Any) -> Rankings:
        given: dict[str, Any] = {
            "replicates": 12, "jobs": 1, "seed": 3, "population": fake.population(),
            "out": tmp_path / "out",
        } | changes  # fmt: skip
        made = composed()
        uncertainty = dataclasses.replace(made.uncertainty, replicates=6)
        setup = dataclasses.replace(made.setup, **given)
        return Rankings(setup, uncertainty, draws, per_draw)

    return make


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


def test_every_number_of_the_world_is_drawn_or_held() -> None:
    uncertainty = composed().uncertainty
    drawn = {factor.name for factor in uncertainty.factors}
    document = yaml.safe_load((CONFIGS / "uncertainty" / "default.yaml").read_text("utf-8"))
    world = composed().setup.world.as_mapping()
    for section, kind in SECTIONS.items():
        for name in kind.parameters():
            full, value = f"{section}.{name}", world[section][name]
            held = section in document["held"] or full in document["held"]
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            assert (full in drawn) == (number and not held), full
    for factor in uncertainty.factors:
        section, name = factor.name.split(".")
        assert factor.bounds[0] <= world[section][name] <= factor.bounds[1], factor.name
    assert len(drawn) > 120


def test_worlds_have_luck_and_values_of_their_own(make_rankings) -> None:
    rankings = make_rankings()
    layout = lay_out(rankings)
    points = layout.plan.points
    assert len(points) == 1 + len(rankings.uncertainty.structures) + rankings.draws
    assert len({point.seed for point in points}) == len(points)
    assert len({point.world.columns().tobytes() for point in points[layout.first_draw :]}) == 12
    equal = next(p for p in points if p.variant == "all_equal")
    levers = [p for regime in equal.regimes for p in regime.programmes]
    assert {one.levers["openness"].as_mapping()["circle"] for one in levers} == {"everybody"}


def test_a_known_ranking_holds_everywhere(make_rankings, log, capsys) -> None:
    answer = rank(make_rankings(draws=40), run=GameEngine(log, {TEAMS: 10.0}, noise=0.1))
    pair = next(
        one for one in answer.found.pairs["technical"] if {one.better, one.worse} == {"race", "open_challenge"}
    )  # fmt: skip
    assert pair.better == "race" and pair.same.share == 1.0 and pair.reversed_.share == 0.0
    assert pair.verdict == HOLDS and set(pair.structures.values()) >= {1}
    assert pair.variances.luck < 0.1
    told = capsys.readouterr()
    assert "Technical breakthroughs" in told.out and "Latin" not in told.out
    assert "40 worlds drawn" in told.err


def test_a_second_start_runs_nothing(make_rankings, log) -> None:
    rankings, engine = make_rankings(), GameEngine(log, {TEAMS: 1.0}, noise=1.0)
    first = rank(rankings, progress=False, run=engine)
    calls = engine.count()
    again = rank(rankings, progress=False, run=engine)
    assert engine.count() == calls
    assert all(again.tables[name].equals(table) for name, table in first.tables.items())
    with pytest.raises(ConfigError, match="draws is 12 there and 13 here"):
        rank(make_rankings(draws=13), progress=False, run=engine)


def test_the_folder_has_tables_figures_and_words(make_rankings, log) -> None:
    rankings = make_rankings(lang="zh")
    rank(rankings, progress=False, run=GameEngine(log, {TEAMS: 5.0}, noise=0.5))
    out = rankings.setup.out
    for name in (
        "answer.zh.txt", "config.yaml", "provenance.json", "runs.parquet", "design.csv", "pairs.csv",
        "structures.csv", "parameters.csv", *(f"figures/rankings_{o}.zh.png" for o in RANKED),
    ):  # fmt: skip
        assert (out / name).stat().st_size > 0, name
    pairs = csv.read_csv(out / "pairs.csv").to_pylist()
    assert len(pairs) == 6 * len(RANKED)
    for row in pairs:
        assert row["same"] + row["reversed"] + row["untold"] == pytest.approx(1.0)
        assert row["same_low"] <= row["same"] <= row["same_high"]
    assert json.loads((out / "provenance.json").read_text())["draws"] == 12


def test_failed_replicates_are_left_out_and_told(make_rankings, log, capsys) -> None:
    answer = rank(make_rankings(), run=GameEngine(log, {TEAMS: 1.0}, fails=(("race", 2),)))
    worlds = len(answer.layout.plan.points)
    assert answer.failures.num_rows == worlds and answer.found.missing == worlds
    assert f"{worlds} replicates are left out" in capsys.readouterr().out


# ---------------------------------------------------------------- statistics


def test_shares_have_exact_intervals() -> None:
    """Clopper and Pearson (1934): by the binomial tails, also where nothing or all happened."""
    none, some, every = (share_of(np.arange(20) < count, 1) for count in (0, 5, 20))
    assert none.low == 0.0 and none.high == pytest.approx(0.1684, abs=1e-4)
    assert some.low == pytest.approx(0.0866, abs=1e-4)
    assert some.high == pytest.approx(0.4910, abs=1e-4)
    assert every.high == 1.0 and every.low == pytest.approx(1 - 0.1684, abs=1e-4)
    wide = share_of(np.arange(20) < 5, 78)
    assert wide.low < some.low and wide.high > some.high


def test_a_world_is_told_by_its_own_interval() -> None:
    up = np.array([[5.0, 6.0, 7.0, 8.0], [1.0, 2.0, 3.0, 4.2]])
    noisy = np.array([[5.0, -6.0, 7.0, -8.0], [1.0, 2.0, 3.0, 4.0]])
    same = np.ones((2, 4))
    means, errors, signs = told_by_draw([up, up[::-1], noisy, same], [(0, 1)])
    assert signs.tolist() == [[1, -1, 0, 0]]
    assert means[0, 0] == pytest.approx(3.95) and errors[0, 3] == 0.0


@pytest.mark.parametrize(
    ("told", "same_low", "reversed_low", "verdict"),
    [
        (True, 0.6, 0.0, HOLDS),
        (True, 0.6, 0.03, FLIPS),
        (True, 0.4, 0.0, OPEN),
        (False, 0.9, 0.0, NOT_TOLD),
    ],
)
def test_the_rule_of_verdicts(told, same_low, reversed_low, verdict) -> None:
    main = Difference(
        "a", "b", 1.0, 0.1, 0.5, 1.5, 0.5, 1.5, 1.0, 9, HIGHER if told else "cannot_tell"
    )
    shares = (Share(same_low, same_low, 1.0), Share(reversed_low, reversed_low, 1.0))
    assert verdict_of(main, *shares) == verdict


# ---------------------------------------------------------------- input


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["draws=5"], "draws = 5"),
        (["draws=many"], "is not a whole number"),
        (["per_draw=2"], "per_draw = 2"),
        (["robustness=none"], "does nothing here"),
        (["regimes=laissez_faire"], "only one is there"),
        (["draw=30"], "Did you mean|is not a setting"),
    ],
)
def test_bad_input(texts, message) -> None:
    with pytest.raises(ConfigError, match=message):
        load_rankings(texts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"factor": 1}, "factor = 1"),
        ({"ranges": {"search.nois": [0, 1]}}, "Did you mean 'search.noise'"),
        ({"ranges": {"search.noise": [0, 7]}}, "is no range"),
        ({"held": ["tim"]}, "'tim' is not a parameter"),
        ({"kind": "other"}, "kind 'other' is not known"),
        ({"world": {"search.nois": 1}}, "Did you mean 'search.noise'"),
        ({"levers": {"openness.circl": 1}}, "Did you mean 'openness.circle'"),
    ],
)
def test_a_wrong_file_is_refused(change, message, tmp_path) -> None:
    document = yaml.safe_load((CONFIGS / "uncertainty" / "default.yaml").read_text("utf-8"))
    if set(change) <= {"kind", "world", "levers"}:
        document["structures"][0] |= change
    else:
        document |= change
    (tmp_path / "uncertainty").mkdir()
    text = yaml.safe_dump(document, allow_unicode=True)
    (tmp_path / "uncertainty" / "default.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_uncertainty(Library.open([tmp_path]), composed().setup.world.as_mapping())


def test_exit_code(capsys) -> None:
    assert main(["rankings", "draws=1"]) == BAD_INPUT
    assert "draws = 1" in capsys.readouterr().err
