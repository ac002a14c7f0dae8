"""The command levers: what is moved, what is run, what is written and said."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments.cli import BAD_INPUT, main
from experiments.levers.job import levers
from experiments.levers.plan import lay_out
from experiments.levers.results import BITES, INERT, ONLY_IF, ONLY_MONEY, SHOWN, verdict_of
from experiments.levers.settings import Census, Row, load_census, rows
from simulation.policies.registry import FAMILIES
from tests.support import fake_engine as fake
from tests.support.contests import GameEngine

TEAMS = "selection_teams"


@cache
def composed(*names: str) -> Census:
    return load_census(names, ["population=classroom"])


@pytest.fixture
def make_census(tmp_path: Path) -> Callable[..., Census]:
    """A census with the fake population, to be run in this process."""

    def make(*names: str, **changes: Any) -> Census:
        made = composed(*names)
        given: dict[str, Any] = {
            "replicates": 12, "jobs": 1, "seed": 3, "population": fake.population(),
            "out": tmp_path / "out",
        } | changes  # fmt: skip
        return dataclasses.replace(made, setup=dataclasses.replace(made.setup, **given))

    return make


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


def test_every_lever_and_every_choice_has_its_level() -> None:
    """No level is missing: all values of a choice, both of a switch, three of a number."""
    census = composed()
    named = [row.lever for row in census.rows]
    assert sorted(named) == sorted(
        f"{name}.{lever}" for name, family in FAMILIES.items() for lever in family.parameters()
    )
    for row in rows():
        family, lever = row.lever.split(".")
        levels = [row.low[row.lever], *(value for value, _ in row.levels())]
        choices = FAMILIES[family].parameters()[lever].choices
        if choices and isinstance(levels[0], str):
            assert sorted(levels) == sorted(choices)
        elif not isinstance(levels[0], (bool, list)):
            assert levels == sorted(levels) and 2 <= len(levels) <= 3
        assert levels[-1] == row.high[row.lever] or choices


def test_arms_are_run_once_and_worlds_apart() -> None:
    layout = lay_out(composed())
    main_point, *others = layout.plan.points
    assert len({regime.columns.tobytes() for regime in main_point.regimes}) == len(
        main_point.regimes
    )
    assert {row.lever for row in rows()} == {move.row.lever for move in layout.moves}
    assert len(others) == len({str(sorted(row.world.items())) for row in rows() if row.world})
    for trial in layout.trials:
        assert (trial.base.point == 0) == (not trial.row.world)
    assert all(point.world.as_mapping()["time"]["hand_over"] == 0 for point in layout.plan.points)


def test_a_known_effect_is_found_and_nothing_else(make_census, log, capsys) -> None:
    census = make_census("selection")
    answer = levers(census, run=GameEngine(log, {TEAMS: 10.0}))
    by_lever = {one.row.lever: one for one in answer.found.levers}
    teams = by_lever["selection.teams"]
    found = {(c.move.value, c.outcome): c.found.difference for c in teams.cells if c.told}
    assert found[3, "technical"] == pytest.approx(20.0)
    assert found[5, "technical"] == pytest.approx(40.0)
    assert teams.verdict == BITES and "technical" in teams.outcomes_told
    told = capsys.readouterr()
    assert "selection.teams" in told.out and "cannot be told" in told.out.lower()
    assert "8 levers at" in told.err


@pytest.mark.parametrize(
    ("told", "tested", "verdict"),
    [
        ({"major"}, False, BITES),
        ({"technical", "welfare"}, True, BITES),
        ({"welfare"}, True, ONLY_MONEY),
        ({"all_in_cost"}, False, ONLY_MONEY),
        (set(), True, ONLY_IF),
        (set(), False, INERT),
    ],
)
def test_the_rule_of_verdicts(told, tested, verdict) -> None:
    @dataclasses.dataclass
    class Shown:
        outcome: str
        told: bool

    cells: Any = [Shown(name, name in told) for name in SHOWN]
    assert verdict_of(cells, tested) == verdict


def test_a_second_start_runs_nothing_and_more_replicates_add(make_census, log) -> None:
    census = make_census("selection.teams")
    engine = GameEngine(log, {TEAMS: 1.0}, noise=1.0)
    first = levers(census, progress=False, run=engine)
    calls = engine.count()
    again = levers(census, progress=False, run=engine)
    assert engine.count() == calls
    assert again.tables["census"].equals(first.tables["census"])
    more = dataclasses.replace(census, setup=dataclasses.replace(census.setup, replicates=15))
    levers(more, progress=False, run=engine)
    done = json.loads((census.setup.out / "provenance.json").read_text())["runs"]
    assert done == {"done": 9, "cached": 36, "failed": 0}


def test_the_folder_has_tables_figure_words_and_settings(make_census, log) -> None:
    census = make_census("selection", lang="zh")
    answer = levers(census, progress=False, run=GameEngine(log, {TEAMS: 5.0}, noise=0.1))
    out = census.setup.out
    for name in (
        "answer.zh.txt", "config.yaml", "provenance.json", "runs.parquet", "figures/levers.zh.png",
        "figures/levers.zh.svg", "census.csv", "census.parquet", "levers.csv", "levers.parquet",
    ):  # fmt: skip
        assert (out / name).stat().st_size > 0, name
    table = csv.read_csv(out / "census.csv").to_pylist()
    assert len(table) == len(answer.layout.moves) * len(SHOWN)
    runs = pq.read_table(out / "runs.parquet")
    assert set(runs["variant"].to_pylist()) == {p.variant for p in answer.layout.plan.points}
    assert "selection.teams" in (out / "answer.zh.txt").read_text(encoding="utf-8")


def test_failed_replicates_are_left_out_and_told(make_census, log, capsys) -> None:
    census = make_census("selection.teams")
    name = lay_out(census).plan.points[0].regimes[1].name
    engine = GameEngine(log, {TEAMS: 1.0}, fails=((name, 2), (name, 4)))
    answer = levers(census, run=engine)
    assert answer.failures.num_rows == 2
    assert {cell.found.n for cell in answer.found.cells} == {10}
    assert "2 replicates are left out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "texts", "message"),
    [
        (["selection.team"], [], "Did you mean 'selection.teams'"),
        (["fundin"], [], "Did you mean 'funding'"),
        ([], ["regimes=race"], "Leave it out"),
        ([], ["robustness=none"], "does nothing here"),
        ([], ["replicats=3"], "Did you mean 'replicates'"),
    ],
)
def test_bad_input(names, texts, message) -> None:
    with pytest.raises(ConfigError, match=message):
        load_census(names, texts)


def test_settings_and_exit_code(capsys) -> None:
    census = load_census(["funding", "selection.teams"], ["population=classroom"])
    families = {row.lever.partition(".")[0] for row in census.rows}
    assert families == {"funding", "selection"} and census.setup.out == Path("results/levers")
    assert census.setup.config["levers"] == [row.lever for row in census.rows]
    assert main(["levers", "nothing.here"]) == BAD_INPUT
    assert "is not a lever" in capsys.readouterr().err


def test_a_contradiction_names_the_lever() -> None:
    made = composed("monitoring.gate_quarter")
    broken = Row(**{**dataclasses.asdict(made.rows[0]), "high": {
        "monitoring.gate_quarter": 0, "funding.milestone": 0.3,
    }})  # fmt: skip
    with pytest.raises(ConfigError, match="lever 'monitoring.gate_quarter' in regime"):
        lay_out(dataclasses.replace(made, rows=(broken,)))
