"""The command discover: boxes from a sweep's folder, measured where they were not found."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments import cli
from experiments.discover import discover
from experiments.discover.boxes import Box, Side
from experiments.discover.figure import spans
from experiments.discover.question import Question, halves, read_question
from experiments.running.store import ExperimentError
from tests.support import planted_boxes as known

FAILS = Question("fails", "race", "laissez_faire", "welfare", 0.0)
REPLICATES = 20


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Have the command find a sweep whose race fails in a planted box."""

    def put(points: int = 200, kind: str = "lhs", replicates: int = REPLICATES, **changes: Any):
        made = known.design(points, kind)
        rng = np.random.default_rng(91)
        means = np.where(known.in_box(made), -2.0, 2.0) + rng.normal(0.0, 0.5, made.points)
        race = changes.pop("race", known.noisy(rng, means, replicates, 3.0))
        sweep = known.planted(tmp_path, made, race, changes.pop("prize", None))
        for name, value in changes.items():
            object.__setattr__(sweep, name, value)
        monkeypatch.setattr("experiments.discover.job.load_sweep", lambda out: sweep)
        return tmp_path

    return put


def test_the_planted_box_is_found_and_holds_where_it_was_not_found(use) -> None:
    out = use()
    found = discover(out, FAILS)
    box, one = found.ways[0].box, found.measured[0]
    sides = {side.factor: side for side in box.sides}
    assert sorted(sides) == [0, 4]
    assert sides[0].high == pytest.approx(0.1, abs=0.015) and sides[0].low is None
    assert sides[4].levels == ("classroom", "national")
    assert one.told and one.density.value > 0.85 and one.density.low > one.base.value
    assert all(p < 0.05 for p in one.quasi_p)
    assert one.gap == pytest.approx(-4.0, abs=0.8)
    folder = out / "discover" / FAILS.name
    for name, table in found.tables.items():
        assert pq.read_table(folder / f"{name}.parquet").to_pylist() == table.to_pylist()
        assert (folder / f"{name}.csv").is_file()
    assert (folder / "figures" / "boxes.svg").is_file()
    assert (
        json.loads((folder / "provenance.json").read_text("utf-8"))["question"]["regime"] == "race"
    )
    text = (folder / "answer.txt").read_text("utf-8")
    assert re.search(r"Where search\.noise is 0\.\d+ or less and ", text)
    assert "population is classroom or national" in text
    assert "held-out worlds" in text


def test_measures_are_those_of_the_points_table(use) -> None:
    """Density, coverage and base, counted once more from what is written."""
    found = discover(use(), FAILS)
    rows = [row for row in found.tables["points"].to_pylist() if row["half"] == "held_out"]
    inside = [row["judged"] for row in rows if row["box"] == 1]
    one = found.measured[0]
    assert (one.density.hits, one.density.count) == (sum(inside), len(inside))
    assert (one.base.hits, one.base.count) == (sum(row["judged"] for row in rows), len(rows))
    assert one.coverage.value == sum(inside) / sum(row["judged"] for row in rows)


def test_halves_share_no_world_and_no_luck(use) -> None:
    cases = discover(use(), FAILS).cases
    assert not set(cases.found_on) & set(cases.held_out)
    assert len(cases.found_on) == len(cases.held_out) == 100
    changed = cases.differences.copy()
    changed[cases.held_out] = 0.0
    changed[:, 1::2] = 0.0  # neither held-out worlds nor held-out luck can reach what is sought
    assert np.array_equal(
        (changed[:, ::2].mean(axis=1) < 0.0)[cases.found_on], cases.sought[cases.found_on]
    )


def test_rows_of_a_sobol_design_stay_on_one_side() -> None:
    made = known.design(64 * 7, "sobol")
    found_on, held_out = halves(made)
    assert not set(made.block[found_on]) & set(made.block[held_out])
    assert set(made.step[held_out]) == {0, 6} and len(held_out) == 64
    assert len(np.unique(made.unit[held_out], axis=0)) == 64


def test_flips(use) -> None:
    made = known.design()
    rng = np.random.default_rng(92)
    prize = known.noisy(rng, np.where(known.in_box(made), 3.0, -3.0), REPLICATES, 2.0)
    out = use(race=np.zeros(prize.shape), prize=prize)
    found = discover(out, read_question({"flips": "race,prize", "outcome": "technical"}))
    assert found.measured[0].told
    assert found.sentences[0].startswith("Technical breakthroughs: prize lies above race, in ")
    assert found.cases.case.tolist() == (prize.mean(axis=1) > 0.0).tolist()


def test_no_box_where_there_is_none(use) -> None:
    rng = np.random.default_rng(93)
    out = use(race=known.noisy(rng, rng.normal(0.0, 1.0, 200), REPLICATES, 1.0))
    found = discover(out, FAILS)
    assert not any(one.told for one in found.measured)
    assert any("No box could be told" in sentence for sentence in found.sentences)
    assert (found.out / "figures" / "boxes.png").is_file()


def test_luck_that_all_worlds_share_makes_no_box(use) -> None:
    """Worlds separate without fault in both halves, and yet four replicates of twenty decide it."""
    slopes = np.full(REPLICATES, -1.0)
    slopes[[0, 1, 2, 3]] = 9.0  # two of either half, whose mean slope is 1
    place = known.design().unit[:, :1] - 0.5
    one = discover(use(race=place * slopes), FAILS).measured[0]
    assert one.density.value > 0.95 and one.density.low > one.base.value
    assert one.gap < 0.0 < one.gap_high and not one.told


def test_the_picture_leaves_out_what_the_box_leaves_out() -> None:
    made = known.design()
    whole = (-0.5, 2.5)
    apart = Box((Side(4, levels=("classroom", "national")),))
    assert spans(made, apart, 4, whole) == [(-0.42, 0.42), pytest.approx((1.58, 2.42))]
    together = Box((Side(4, levels=("yangtze_delta", "national")),))
    assert spans(made, together, 4, whole) == [pytest.approx((0.58, 2.42))]
    (one,) = spans(made, Box((Side(0, low=0.02), Side(0, high=0.1))), 0, (-0.006, 0.206))
    assert one == (0.02, 0.1)


def test_worlds_that_cannot_be_told_are_counted(use) -> None:
    out = use(race=np.tile(np.array([1.0, -1.0] * 10), (200, 1)) - np.linspace(-2, 2, 200)[:, None])
    found = discover(out, FAILS)
    half = 2.093 * 1.026 / 20**0.5  # Student's quantile, standard deviation of +-1
    expected = int((np.abs(np.linspace(-2, 2, 200)) < half).sum())
    assert int((~found.cases.told).sum()) == expected
    assert f"In {expected} of 200 worlds the difference cannot be told" in found.sentences[1]


def test_chinese(use, capsys) -> None:
    found = discover(use(), FAILS, lang="zh", progress=True)
    told = capsys.readouterr().out
    files = {path.name for path in found.out.rglob("*")}
    assert {"answer.zh.txt", "boxes.zh.png"} <= files and "answer.txt" not in files
    assert "区域 1：当search.noise 不高于" in told and "population 为 classroom或national" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"points": 40}, "has 40 points.*points=200"),
        ({"replicates": 4}, "has 4 replicates.*6 are needed"),
        ({"race": np.ones((200, 20))}, "no world is a case.*at least 0 at all 200 points"),
        ({"race": -np.ones((200, 20))}, "every world is a case.*below 0 at all 200 points"),
        ({"race": np.where(np.arange(200) < 9, -1.0, 1.0)[:, None] * np.ones(20)}, "10 of each are needed"),
        ({"race": np.full((200, 20), np.nan)}, "4,000 of 4,000 differences have no value"),
    ],
)  # fmt: skip
def test_refusals(use, changes, words) -> None:
    with pytest.raises(ConfigError, match=words):
        discover(use(**changes), FAILS)


def test_designs_that_do_not_fill_the_space_are_refused(use) -> None:
    made = dataclasses.replace(known.design(), kind="morris")
    out = use(design=made)
    with pytest.raises(ConfigError, match="design of the kind 'morris'.*design=lhs"):
        discover(out, FAILS)


def test_missing_runs_and_unknown_regimes_are_refused(use) -> None:
    out = use(missing=tuple(range(16)))
    with pytest.raises(ExperimentError, match="only 4 replicates are there at every point"):
        discover(out, FAILS)
    with pytest.raises(ConfigError, match="fails: regime 'rase' was not run.*race"):
        discover(out, Question("fails", "rase", "laissez_faire", "welfare", 0.0))
    with pytest.raises(ConfigError, match="against: regime 'prise' was not run.*prize"):
        discover(out, Question("fails", "race", "prise", "welfare", 0.0))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "consortia discover results/sweep"),
        (["here"], "asks one question"),
        (["here", "fails=race", "flips=a,b"], "asks one question"),
        (["here", "flips=race"], "does not name two regimes"),
        (["here", "flips=race,prize", "below=2"], "below does nothing with flips"),
        (["here", "fails=race", "below=low"], "below = low is not a number"),
        (["here", "fails=race", "below=nan"], "below = nan is not a number"),
        (["here", "fails=race", "outcome=welfair"], "welfare"),
        (["here", "fails=race", "against=race"], "does not differ from itself"),
        (["here", "fails=race", "lang=fr"], "lang=en or lang=zh"),
        (["here", "failz=race"], "is not a setting of this command"),
        (["here", "fails=race"], "holds no sweep"),
    ],
)
def test_the_command_line_refuses(words, told, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["discover", *words]) == 2
    assert told in capsys.readouterr().err


def test_the_command_line(use, capsys) -> None:
    out = use()
    assert cli.main(["discover", str(out), "fails=race", "outcome=welfare"]) == 0
    told = capsys.readouterr().out
    assert "Box 1. Where search.noise is" in told and "fails-race-laissez_faire-welfare" in told
