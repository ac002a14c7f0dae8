"""Experiment files: what is read, what is refused how, and what is run for them."""

from __future__ import annotations

import copy
import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from agents.settings import ConfigError
from experiments import cli
from experiments.compare import compare, comparison_plan, experiment_of
from experiments.configuration import QuestionSetup, Setup, load_setup
from experiments.library import CONFIGS, Library
from experiments.question_map import AXES
from experiments.running.store import Store
from tests.support import fake_engine as fake

QUESTIONS = (
    "soe_batches",
    "origin_batches",
    "two_levels",
    "happened_anyway", "label_beyond_cash", "named_or_open_lead", "patience", "renew_or_replace",
    "two_regions",
)  # fmt: skip
SMALL = ("population=classroom", "robustness=none")
DOCUMENT: dict[str, Any] = {
    "title": {"en": "Teams", "zh": "队伍"},
    "question": {"en": "Do more teams help?", "zh": "更多队伍是否有效？"},
    "source": "a test",
    "regimes": {
        "one_team": {
            "title": {"en": "One", "zh": "一队"},
            "from": "race",
            "selection": {"teams": 1},
        },
        "race": {"from": "race"},
        "own": {
            "title": {"en": "Own", "zh": "自拟"},
            "programmes": {"mine": {"from": "race", "selection": {"teams": 2}}},
        },
    },
    "contrasts": [
        {"of": "race", "minus": "one_team", "asks": {"en": "Does it help?", "zh": "是否有效？"}},
        {"of": "own", "minus": "one_team", "asks": {"en": "And two?", "zh": "两队呢？"}},
    ],
    "outcomes": ["technical", "solved", "public_spent"],
    "map": {"axes": "default", "replicates": 2},
}


def write(folder: Path, document: dict[str, Any], name: str = "teams") -> Path:
    """A folder of configurations with one experiment file."""
    (folder / "experiment").mkdir(parents=True, exist_ok=True)
    path = folder / "experiment" / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


def load(folder: Path, *settings: str, document: dict[str, Any] = DOCUMENT) -> QuestionSetup:
    configs = write(folder / "configs", document)
    given = [f"out={folder / 'out'}", "replicates=3", "experiment=teams", *SMALL, *settings]
    made = load_setup("compare", given, [configs])
    assert isinstance(made, QuestionSetup)
    return made


def settings_of(name: str) -> list[str]:
    """Small populations, but where the experiment brings its own."""
    own = "settings" in Library.open().read("experiment", name)
    return [f"experiment={name}", *(() if own else SMALL)]


@pytest.fixture(scope="module")
def all_questions() -> dict[str, QuestionSetup]:
    made = {name: load_setup("compare", settings_of(name)) for name in QUESTIONS}
    return {name: one for name, one in made.items() if isinstance(one, QuestionSetup)}


def test_the_questions_are_there(all_questions: dict[str, QuestionSetup]) -> None:
    assert Library.open().names("experiment") == sorted(QUESTIONS) == sorted(all_questions)


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_compares_regimes_that_differ(
    all_questions: dict[str, QuestionSetup], name: str
) -> None:
    question = all_questions[name].question
    digests = {entry.regime.columns.tobytes() for entry in question.regimes}
    assert len(digests) == len(question.regimes)
    used = {side for one in question.contrasts for side in (one.of, one.minus)}
    assert used == {entry.name for entry in question.regimes}
    for words in (question.title, question.question, *(c.asks for c in question.contrasts)):
        assert words["en"].isascii() and any("一" <= c <= "鿿" for c in words["zh"])


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_loader_reads_the_file(name: str) -> None:
    """The plain loader refuses some words without quotes that the fast one takes."""
    text = (CONFIGS / "experiment" / f"{name}.yaml").read_text("utf-8")
    assert yaml.safe_load(text) == yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_reference_is_always_run(all_questions: dict[str, QuestionSetup], name: str) -> None:
    names = [entry.name for entry in all_questions[name].regimes]
    assert names.count("laissez_faire") == 1
    assert set(names) - {"laissez_faire"} == {
        entry.name for entry in all_questions[name].question.regimes
    } - {"laissez_faire"}


def test_a_regime_may_be_a_file_a_changed_file_or_programmes(tmp_path: Path) -> None:
    entries = {entry.name: entry for entry in load(tmp_path).question.regimes}
    teams = {name: e.regime.programmes[0].levers["selection"].as_mapping()["teams"]
             for name, e in entries.items()}  # fmt: skip
    assert teams == {"one_team": 1, "race": 3, "own": 2}
    assert entries["race"].title["zh"] == "赛马"
    assert entries["own"].programmes == ("mine",)
    assert entries["own"].question == DOCUMENT["question"]


def test_the_example_of_the_how_to_can_be_run(tmp_path: Path) -> None:
    page = (CONFIGS.parent / "docs" / "how-to" / "ask-a-question.md").read_text("utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    made = load(tmp_path, document=yaml.safe_load(example))
    assert [entry.name for entry in made.regimes] == [
        "laissez_faire", "race", "one_team", "two_teams",
    ]  # fmt: skip
    assert len(comparison_plan(made).points) == 28


def test_changes_of_all_programmes_of_a_regime(tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["regimes"]["own"] = {
        "title": {"en": "a", "zh": "甲"}, "from": "combined", "funding": "prize",
    }  # fmt: skip
    programmes = load(tmp_path, document=document).question.entry("own").regime.programmes
    assert [p.levers["funding"].as_mapping()["prize"] for p in programmes] == [1.0] * 4


def test_levers_can_be_changed_on_the_command_line(tmp_path: Path) -> None:
    made = load(tmp_path, "regime.own.selection.teams=5", "funding.public_share=0.2")
    levers = made.question.entry("own").regime.programmes[0].levers
    assert levers["selection"].as_mapping()["teams"] == 5
    assert {
        entry.regime.programmes[0].levers["funding"].as_mapping()["public_share"]
        for entry in made.question.regimes
    } == {0.2}


def test_no_question_is_the_default() -> None:
    plain = load_setup("compare", [*SMALL, "regimes=race"])
    said = load_setup("compare", [*SMALL, "regimes=race", "experiment=none"])
    assert type(plain) is type(said) is Setup
    assert experiment_of(plain) == experiment_of(said)
    assert "experiment" not in plain.config and "map" not in experiment_of(plain)


# ---------------------------------------------------------------- what is refused


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with one value replaced, or removed when it is ...."""
    document = copy.deepcopy(DOCUMENT)
    *inside, last = path.split(".")
    place: Any = document
    for key in inside:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if value is ...:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return document


TITLE = {"en": "a", "zh": "甲"}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("colour", "red", "experiment 'teams': 'colour' is not known. Did you mean 'source'"),
        ("outcomes", ..., "outcomes is missing"),
        ("map", {"axes": "default"}, "replicates is missing"),
        ("title", {"en": "only"}, "title = .* needs both languages"),
        ("source", " ", "source is empty"),
        ("regimes", {}, "names no regime"),
        ("regimes.own", {"title": TITLE}, "needs either 'from: REGIME'"),
        ("regimes.own", {"title": TITLE, "from": "racing"}, "regime 'racing' is not known. Did you mean 'race'"),
        ("regimes.own", {"title": TITLE, "from": "race", "fundin": {}}, "'fundin' is not a lever family. Did you mean 'funding'"),
        ("regimes.own", {"title": TITLE, "from": "race", "selection": {"team": 2}}, "selection.team is not a setting"),
        ("regimes.own", {"title": TITLE, "from": "race", "selection": {"teams": 99}}, "selection.teams = 99"),
        ("regimes.own", {"title": TITLE, "from": "laissez_faire", "funding": "prize"}, "has no programme"),
        ("regimes.own", {"from": "race"}, "title = None needs both languages"),
        ("regimes.own", {"title": TITLE, "programmes": {}, "funding": "prize"}, "'funding' is not known"),
        ("regimes.own", {"title": TITLE, "programmes": []}, "is not a list of programmes"),
        ("regimes.race", {"from": "race", "selection": {"teams": 1}}, "stands for that regime unchanged"),
        ("contrasts", [], "is not a list"),
        ("contrasts.0.of", "rac", "contrast of 'rac' is none of its regimes. Did you mean 'race'"),
        ("contrasts.0.minus", "race", "compares a regime with itself"),
        ("contrasts.1.of", "race", "stands there twice"),
        ("contrasts.0.asks", ..., "asks is missing"),
        ("outcomes", ["technica"], "'technica' is not an outcome that is compared. Did you mean 'technical'"),
        ("outcomes", ["solved", "solved"], "is not a list of different outcomes"),
        ("map.replicates", 1, "map.replicates = 1 is not a whole number of 2 or more"),
        ("map.axes", "defaults", "experiment/axes 'defaults' is not known. Did you mean 'default'"),
        ("map.axes", {"preset": "default", "speed": {}}, "'speed' is not known"),
        ("map.axes", {"budget": {}}, "difficulty is missing"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(tmp_path: Path, path: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, document=changed(path, value))
    assert "teams" in str(caught.value) or "experiment/axes" in str(caught.value)


def axis(**levels: Any) -> dict[str, Any]:
    return {
        "preset": "default",
        "budget": {
            "title": TITLE, "why": TITLE,
            "levels": {name: {"title": TITLE} | level for name, level in levels.items()},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (axis(a={}, b={}), "are not 3 levels"),
        (axis(a={}, b={"times": {"search.noise": 2}}, c={}), "middle level 'b' changes the world"),
        (axis(a={"set": {"money.budget": 2}}, b={}, c={}), "'money.budget' is not a parameter of the world. Did you mean 'money.budget_myuan_per_year'"),
        (axis(a={"set": {"search.noise": -2}}, b={}, c={}), "map cell easy/gathered/a: search.noise = -2"),
        (axis(a={"set": {"needs.links_low": 1}}, b={}, c={}), "'needs.links_low' is changed twice"),
        (axis(a={"times": {"search.noise": "x"}}, b={}, c={}), "times.search.noise = 'x' is no factor"),
        (axis(a={"add": {}}, b={}, c={}), "'add' is not known"),
    ],
)  # fmt: skip
def test_nonsense_on_an_axis_is_refused(tmp_path: Path, axes: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, document=changed("map.axes", axes))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compare", "experiment=patienc"], "experiment 'patienc' is not known. Did you mean 'patience'"),
        (["compare", "experiment=patience", "regimes=race"], "brings its own regimes"),
        (["run", "experiment=patience"], "is a comparison"),
        (["compare", "experiment=patience", "regime.race.selection.teams=2"], "regime 'race' is not known"),
        (["compare", "experiment=[patience]"], "is not known"),
    ],
)  # fmt: skip
def test_the_command_line_refuses_with_exit_code_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == cli.BAD_INPUT
    assert message in capsys.readouterr().err


# ---------------------------------------------------------------- the plan


def test_a_cell_is_a_point_with_the_two_regimes_of_the_main_contrast(tmp_path: Path) -> None:
    made = load(tmp_path)
    main, *cells = comparison_plan(made).points
    assert [r.name for r in main.regimes] == ["laissez_faire", "one_team", "race", "own"]
    assert main.trajectories and not any(point.trajectories for point in cells)
    assert len(cells) == 27
    assert {tuple(r.name for r in point.regimes) for point in cells} == {("race", "one_team")}
    assert {point.replicates for point in cells} == {2}
    assert cells[0].variant == "map easy/gathered/half"
    assert {
        point.replicates for point in comparison_plan(load(tmp_path, "replicates=1")).points
    } == {1}


def test_the_middle_cell_is_the_world_of_the_comparison(tmp_path: Path) -> None:
    made = load(tmp_path, "search.noise=0.1")
    main, *cells = comparison_plan(made).points
    middle = cells[13]
    assert middle.variant == "map usual/usual/usual"
    assert middle.world.as_mapping() == made.world.as_mapping()
    assert middle.run_id(0, 1) == main.run_id(2, 1)
    assert len({point.world.columns().tobytes() for point in cells}) == 27
    assert {point.world.as_mapping()["search"]["noise"] for point in cells} == {0.1}
    assert [axis.name for axis in made.question.axes] == list(AXES)


def test_budget_is_halved_and_doubled(tmp_path: Path) -> None:
    made = load(tmp_path, "money.budget_myuan_per_year=20")
    budgets = [cell.world.as_mapping()["money"]["budget_myuan_per_year"] for cell in made.cells]
    assert budgets == [10.0, 20.0, 40.0] * 9


def test_equal_levers_are_the_same_runs_as_in_an_ordinary_comparison(tmp_path: Path) -> None:
    asked = comparison_plan(load(tmp_path)).points[0]
    plain = comparison_plan(load_setup("compare", ["regimes=race", "replicates=3", *SMALL])).points[
        0
    ]
    assert asked.run_id(2, 1) == plain.run_id(1, 1)
    one = load_setup("compare", ["regimes=race", "selection.teams=1", "replicates=3", *SMALL])
    assert asked.run_id(1, 1) == comparison_plan(one).points[0].run_id(1, 1)


def test_config_holds_the_question(tmp_path: Path) -> None:
    made = load(tmp_path)
    assert yaml.safe_load(yaml.safe_dump(made.config)) == made.config
    asked = made.config["experiment"]
    assert asked["contrasts"][0] == {"of": "race", "minus": "one_team"}
    assert asked["map"]["axes"]["budget"]["half"]["times"] == {"money.budget_myuan_per_year": 0.5}


# ---------------------------------------------------------------- the store


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for the parts of a comparison that have tests of their own."""
    report = "experiments.report"
    monkeypatch.setattr("experiments.figures.write_figures", lambda *a, **k: [])
    monkeypatch.setattr(f"{report}.write_report", lambda *a, **k: Path("report.html"))
    monkeypatch.setattr("experiments.answers.write_break_even", lambda *a, **k: None)


@pytest.mark.usefixtures("quick")
def test_a_question_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").mkdir()
    engine = fake.FakeEngine(tmp_path / "log")
    made = dataclasses.replace(load(tmp_path), jobs=1)
    with pytest.raises(KeyboardInterrupt):
        compare(made, progress=False, run=dataclasses.replace(engine, interrupt=2))
    before = engine.count("call *")
    compare(made, progress=False, run=engine)
    after = engine.count("call *")
    assert after > before > 0
    result = compare(dataclasses.replace(made, lang="zh"), run=engine)
    assert engine.count("call *") == after
    assert f"Answer:  {tmp_path / 'out' / 'answer.zh.md'}" in capsys.readouterr().out
    assert result.runs.num_rows == 4 * 3 + 27 * 2 * 2
    assert (tmp_path / "out" / "answer.zh.md").is_file()


def test_a_folder_holds_one_question(tmp_path: Path) -> None:
    made = load(tmp_path)
    with Store(made.out, experiment_of(made)):
        pass
    with Store(made.out, experiment_of(dataclasses.replace(made, replicates=9))):
        pass
    other = changed("map.axes", axis(a={"times": {"search.noise": 0.5}}, b={}, c={}))
    swapped = changed("contrasts", DOCUMENT["contrasts"][::-1])
    plain = load_setup("compare", ["regimes=race", *SMALL])
    for setup in (load(tmp_path, document=other), load(tmp_path, document=swapped), plain):
        with pytest.raises(ConfigError, match="another experiment"):
            Store(made.out, experiment_of(setup))


def test_the_files_are_package_data() -> None:
    assert (CONFIGS / "experiment" / "axes" / "default.yaml").is_file()
    assert np.all([(CONFIGS / "experiment" / f"{name}.yaml").is_file() for name in QUESTIONS])
