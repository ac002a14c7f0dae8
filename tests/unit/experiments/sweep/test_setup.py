"""From the command line and files to a validated plan: what is taken, and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.settings import ConfigError
from experiments.configuration import compose_primary
from experiments.library import CONFIGS
from experiments.sweep.job import experiment_of, sweep_plan
from experiments.sweep.setup import load_sweep_setup, stored_setup

COMPOSED: dict[Any, dict[str, Any]] = {}


@pytest.fixture(autouse=True)
def composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydra takes half a second; equal settings come to the same, so they are composed once."""

    def remembered(library: Any, given: Any) -> dict[str, Any]:
        key = (library.folders, tuple(given.composed))
        if key not in COMPOSED:
            COMPOSED[key] = compose_primary(library, given)
        return copy.deepcopy(COMPOSED[key])

    monkeypatch.setattr("experiments.sweep.setup.compose_primary", remembered)


SMALL = ("population=classroom", "regimes=race", "replicates=2")


def test_the_command_line_makes_factors_of_every_kind() -> None:
    setup = load_sweep_setup(
        [
            "search.noise=interval(0,0.2)", "world.search.rounds=interval(2,4)",
            "funding.public_share=0.2,0.35", "regime.race.selection.teams=range(2,6,2)",
            "regime.combined.lead_firm.funding=prize,matching_grant", "monitoring=patient,kill_early",
            "population=yangtze_delta,national", "population.size=60,80",
            "eligibility.lead_types=[lead_firm],[lead_firm,university]",
            "regimes=race,combined", "design=lhs", "points=6", "replicates=1",
        ]
    )  # fmt: skip
    assert {factor.name: factor.text() for factor in setup.space.factors} == {
        "search.noise": "interval(0.0,0.2)",
        "search.rounds": "interval(2,4)",
        "funding.public_share": "0.2,0.35",
        "regime.race.selection.teams": "2,4",
        "regime.combined.lead_firm.funding": "prize,matching_grant",
        "monitoring": "patient,kill_early",
        "population": "yangtze_delta,national",
        "population.size": "60,80",
        "eligibility.lead_types": "[lead_firm],[lead_firm,university]",
    }
    design, plan = sweep_plan(setup)
    assert [regime.name for regime in plan.points[0].regimes] == [
        "laissez_faire", "race", "combined",
    ]  # fmt: skip
    for point, row in zip(plan.points, design.rows(), strict=True):
        values = dict(zip(design.space.names, row, strict=True))
        race = point.regimes[1].programmes[0].as_mapping()
        assert point.world.as_mapping()["search"]["noise"] == values["search.noise"]
        assert point.world.as_mapping()["search"]["rounds"] == values["search.rounds"]
        assert point.population.size == values["population.size"]
        assert point.population.name == values["population"]
        assert race["funding"]["public_share"] == values["funding.public_share"]
        assert race["selection"]["teams"] == values["regime.race.selection.teams"]
        assert tuple(race["eligibility"]["lead_types"]) == values["eligibility.lead_types"]


def test_a_special_setting_stands_above_a_general_factor() -> None:
    setup = load_sweep_setup(
        [*SMALL[:1], "regimes=race,open_challenge", "funding.public_share=0.2,0.4",
         "regime.race.funding.public_share=0.3"]
    )  # fmt: skip
    _, plan = sweep_plan(setup)
    shares = [
        [
            regime.programmes[0].as_mapping()["funding"]["public_share"]
            for regime in point.regimes[1:]
        ]
        for point in plan.points
    ]
    assert shares == [[0.3, 0.2], [0.3, 0.4]]


@pytest.mark.parametrize("path", sorted((CONFIGS / "sweep").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_file_of_ours_plans(path: Path) -> None:
    words = [f"sweep={path.stem}"]
    if path.stem == "default":
        words.append("search.noise=0.02,0.04")
    setup = load_sweep_setup(words)
    _, plan = sweep_plan(setup)
    assert len(plan.points) == setup.size
    assert setup.config["title"]["zh"]


def test_a_users_file_is_taken_and_the_command_line_wins(tmp_path: Path) -> None:
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "mine.yaml").write_text(
        "title: {en: Mine, zh: 我的}\ndesign: lhs\npoints: 8\n"
        "factors: {search.noise: 'interval(0, 0.1)', funding.public_share: [0.2, 0.4]}\n"
        "settings: [regimes=race, population=classroom, replicates=3]\n",
        encoding="utf-8",
    )
    words = ["sweep=mine", "search.noise=0.05", "points=4", "replicates=2"]
    setup = load_sweep_setup(words, [tmp_path])
    assert setup.space.names == ("funding.public_share",)
    assert setup.config["world"]["search"]["noise"] == 0.05
    assert (setup.design, setup.size, setup.fixed.replicates) == ("lhs", 4, 2)


def test_the_plan_is_built_again_from_its_plain_values(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        "name,kind,ownership,region,staff\n"
        "A,lead_firm,private,East,40\nB,sme,private,East,5\nC,university,public_body,West,30\n"
    )
    setup = load_sweep_setup(
        ["population=csv", f"population.file={tmp_path / 'people.csv'}", "regimes=race",
         "monitoring=patient,kill_early", "search.noise=interval(0,0.1)", "replicates=1",
         "regime.race.funding=prize", "design=lhs", "points=5", f"out={tmp_path / 'out'}"]
    )  # fmt: skip
    (tmp_path / "out" / "inputs").mkdir(parents=True)
    (tmp_path / "people.csv").rename(tmp_path / "out" / "inputs" / "csv.csv")
    text = yaml.safe_dump(setup.config, allow_unicode=True)
    assert str(tmp_path) not in text.replace(setup.config["out"], "")
    (tmp_path / "out" / "config.yaml").write_text(text, encoding="utf-8")
    again = stored_setup(tmp_path / "out")
    names = [
        [cell.run_id for cell in sweep_plan(one)[1].cells()]
        for one in (again, load_sweep_again(setup, tmp_path))
    ]
    assert names[0] == names[1]
    assert experiment_of(again) == experiment_of(setup)


def load_sweep_again(setup, folder: Path):
    """The same setup, its own file lying where it was copied to."""
    setup.fixed.files["csv"] = folder / "out" / "inputs" / "csv.csv"
    return setup


def test_the_same_replicate_has_the_same_luck_at_all_points() -> None:
    _, plan = sweep_plan(load_sweep_setup([*SMALL, "search.noise=0.02,0.04"]))
    assert len({point.seed for point in plan.points}) == 1
    assert plan.points[0].world.columns() != plan.points[1].world.columns()


BAD = [
    (["serch.noise=1,2"], "'serch.noise' is not a setting. Did you mean 'search.noise'?"),
    (["search.nois=1,2"], "Did you mean 'search.noise'?"),
    (["world=default,other"], "world cannot be varied"),
    (["search.noise=interval(0,2)"], "Write search.noise=interval(0,0.3)."),
    (["search.noise=0.1,2"], "2.0 is not between 0 and 0.3"),
    (["search.rounds=interval(1.5,3)"], "search.rounds=interval(1,4)"),
    (["search.rounds=1,2.5"], "2.5 is not a whole number between"),
    (["search.noise=a,b"], "'a' is not between"),
    (["agenda.mode=interval(0,1)"], "is not a number. Write its levels, such as"),
    (["criteria.raw_fitness=1,2"], "1 is not true or false"),
    (["search.noise=interval(0.2,0.1)"], "search.noise=interval(0.1,0.2)"),
    (["search.rounds=range(3,1)"], "its range is empty"),
    (["search.noise=0,0.1", "world.search.noise=interval(0,0.1)"], "given 2 times"),
    (["search.noise=0.1", "search.noise=0,0.1"], "given 2 times"),
    (["search.noise=0.1,0.1"], "the level 0.1 stands there twice"),
    (["search.noise=shuffle(0,0.1)"], "shuffle and glob have no use"),
    (["population=glob(*)"], "shuffle and glob have no use"),
    (["population=classroom,nowhere"], "population 'nowhere' is not known"),
    (["funding=prize,prise"], "Did you mean 'prize'?"),
    (["regime.prize.funding.public_share=0.1,0.2"], "is not run. Add 'prize' to the regimes"),
    (["regime.prise.funding.public_share=0.1,0.2"], "regime 'prise' is not known"),
    (["regime.race.x.funding=prize,default"], "regime.race.x is neither a programme"),
    (["funding.public_shar=0.1,0.2"], "Did you mean 'funding.public_share'?"),
    (["population.size=10,20"], "cannot be set: population 'classroom' is a list"),
    (["replicates=1,2"], "replicates cannot be varied"),
    (["seed=1,2"], "seed cannot be varied"),
    (["experiment=patience", "search.noise=0,0.1"], "a sweep has no experiment"),
    (["robustness=none", "search.noise=0,0.1"], "a sweep has no robustness"),
    (["regime=race", "search.noise=0,0.1"], "Write regimes=race,prize"),
    (["search.noise=0.1"], "the sweep varies nothing"),
    (["search.noise=0,0.1", "points=-1"], "points = -1 is outside"),
    (["search.noise=0,0.1", "trajectories=yes"], "is not true or false"),
    (["search.noise=0,0.1", "design=lhs,sobol"], "design takes one value"),
    (["search.noise=0,0.1", "sweep=nothing"], "sweep 'nothing' is not known"),
    (["search.noise=0,0.1", "desing=lhs"], "'desing' is not a setting"),
    (["search.noise=0,0.1", "colour=red"], "'colour' is not a setting"),
    (["regime.race.funding=prize", "funding.public_share=0.1,0.2"], "changes nothing"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_what_cannot_be_meant_is_refused(words: list[str], message: str) -> None:
    own = [word for word in SMALL if word.split("=")[0] not in {w.split("=")[0] for w in words}]
    with pytest.raises(ConfigError) as caught:
        sweep_plan(load_sweep_setup([*own, *words]))
    assert message in str(caught.value)


def test_every_planned_configuration_is_checked_and_the_faulty_ones_are_counted() -> None:
    setup = load_sweep_setup(
        [*SMALL, "fields.frontier_ceiling=0.1,0.3,0.35,0.38", "search.least_expertise=0.2,0.25,0.4"]
    )
    with pytest.raises(ConfigError) as caught:
        sweep_plan(setup)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("6 of 12 planned configurations cannot be run")
    assert lines[1].startswith(
        "  point 3 (fields.frontier_ceiling=0.3, search.least_expertise=0.2): "
        "fields.frontier_ceiling = 0.3 is not below search.least_expertise = 0.2"
    )
    assert "Write fields.frontier_ceiling = 0.15 or less" in lines[1]
    assert (len(lines), lines[-1]) == (7, "  and 1 more")
