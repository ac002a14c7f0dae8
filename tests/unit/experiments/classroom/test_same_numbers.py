"""A page shows the numbers of the command line, for the same settings and seed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
import yaml

from experiments import compare, load_setup
from experiments.classroom import exports
from experiments.classroom.case import Case, case_of
from experiments.classroom.choices import read_choices
from experiments.classroom.compared import pairs, verdict
from experiments.classroom.menu import menu
from experiments.classroom.picture import SERIES, line, picture
from experiments.story.run import run_model
from experiments.words import Words

SETTINGS = {"funding.public_share": "0.6", "selection.teams": "2", "search.loss_regions": "0.5"}
MOVED = {
    "regime": "race",
    "against": "laissez_faire",
    "outcome": "solved",
    "seed": "11",
    **SETTINGS,
}
PAIRS = 12


def case(**given: str) -> Case:
    return case_of(read_choices(given.items(), menu(), Words("en")))


@pytest.mark.parametrize("regime", list(menu().regimes))
def test_a_case_is_what_the_command_line_composes(regime: str) -> None:
    given = {"money.budget_myuan_per_year": "20", "needs.misposed_share": "0.2"}
    if menu().regimes[regime].programmes:
        given |= {"monitoring.tolerance": "0.5", "funding.cap_myuan": "3.5"}
    ours = case(regime=regime, seed="3", **given)
    texts = ours.choices.changes(menu())
    setup = load_setup("run", ["population=classroom", f"regime={regime}", "seed=3", *texts])
    assert ours.world == setup.world
    assert ours.population.digest() == setup.population.digest()
    assert ours.entry.regime.columns.tobytes() == setup.regimes[0].regime.columns.tobytes()


def test_the_picture_is_the_run_of_the_command() -> None:
    ours = case(**MOVED)
    shown = picture(ours)
    texts = ours.choices.changes(menu())
    setup = load_setup("run", ["population=classroom", "regime=race", "seed=11", *texts])
    model, _ = run_model(setup)
    outcomes = model.outcomes()
    for name in ("solved", "technical", "industrial", "major"):
        assert shown["counts"][name] == outcomes[name]
    assert shown["counts"]["public_spent"] == pytest.approx(outcomes["public_spent"], abs=1.0)
    burn_in = setup.world.as_mapping()["time"]["burn_in"]
    assert len(shown["steps"]) == model.step_count - burn_in
    against = dict(zip(SERIES, line(ours)[-1], strict=True))
    assert against["solved"] == pairs(ours, [0])["solved"][0][1]


def test_increments_add_up_to_what_is_there() -> None:
    """Consortia that came and changed state, quarter by quarter, are those of the finished model."""
    ours = case(**MOVED)
    shown = picture(ours)
    setup_texts = ours.choices.changes(menu())
    setup = load_setup("run", ["population=classroom", "regime=race", "seed=11", *setup_texts])
    model, _ = run_model(setup)
    states: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for step in (shown["start"], *shown["steps"]):
        for row, _, _, lead, who, state in step.get("c", []):
            states[row], members[row] = state, who
            assert lead == who[0]
        for row, state in step.get("s", []):
            states[row] = state
    for row, state in states.items():
        if row in members:
            assert state == model.state.consortia[row]["state"]
            assert members[row] == [one.row for one in model.consortium(row).members]
    burn_in = setup.world.as_mapping()["time"]["burn_in"]
    founded = model.state.consortia["founded"][: model.consortium_count]
    late = np.flatnonzero(founded >= burn_in).tolist()
    assert set(late) <= set(members)
    assert len(late) > 10


def test_pairs_are_the_runs_of_compare_and_so_is_the_interval(tmp_path: Path) -> None:
    ours = case(**MOVED)
    found = pairs(ours, range(PAIRS))
    told = verdict(ours, found, Words("en"))
    theirs = compare(
        load_setup("compare", [
            "population=classroom", "regimes=race", "seed=11", f"replicates={PAIRS}",
            "robustness=none", "jobs=1", f"out={tmp_path / 'out'}", *ours.choices.changes(menu()),
        ]),
        progress=False,
    )  # fmt: skip
    runs = theirs.runs
    for column, regime in enumerate(("race", "laissez_faire")):
        mine = runs.filter(pc.field("regime") == regime)
        for name in menu().outcomes:
            assert mine.column(name).to_pylist() == [pair[column] for pair in found[name]]
    rows = theirs.tables["differences"].to_pylist()
    row = next(one for one in rows if one["regime"] == "race" and one["outcome"] == "solved"
               and one["baseline"] == "laissez_faire")  # fmt: skip
    assert (told["difference"], told["low"], told["high"]) == (
        row["difference"], row["low"], row["high"],
    )  # fmt: skip
    assert told["share_won"] == row["share_won"]


def test_unchanged_is_the_same_regime_with_its_own_levers() -> None:
    ours = case(**MOVED | {"against": "unchanged"})
    plain = case(
        regime="race", against="laissez_faire", **{"search.loss_regions": "0.5"}, seed="11"
    )
    assert ours.against.regime.columns.tobytes() == plain.entry.regime.columns.tobytes()
    assert pairs(ours, [0])["solved"][0][1] == pairs(plain, [0])["solved"][0][0]
    still = case(regime="race", against="unchanged", outcome="solved")
    assert all(mine == other for mine, other in pairs(still, range(3))["solved"])


def test_exports_reproduce_the_page() -> None:
    ours = case(**MOVED)
    values = yaml.safe_load(exports.config(ours, "zh"))
    assert values["seed"] == 11 and values["moved"] == {k: float(v) for k, v in SETTINGS.items()}
    assert values["world"] == ours.world.as_mapping()
    first = exports.commands(ours)[0].split()
    assert first[:2] == ["consortia", "run"]
    setup = load_setup("run", first[2:])
    assert setup.regimes[0].regime.columns.tobytes() == ours.entry.regime.columns.tobytes()
    rows = list(csv.DictReader(io.StringIO(exports.data(ours))))
    mine = [row for row in rows if row["regime"] == "race"]
    assert float(mine[-1]["solved"]) == picture(ours)["counts"]["solved"]
    assert {row["regime"] for row in rows} == {"race", "laissez_faire"}


def test_a_verdict_needs_an_interval_without_0() -> None:
    ours = case(regime="race", against="laissez_faire", outcome="solved")
    noise = [[float(k % 3), float((k + 1) % 3)] for k in range(30)]
    found = dict.fromkeys(menu().outcomes, noise)
    told = verdict(ours, found, Words("en"))
    assert told["verdict"] == "cannot_tell" and "Cannot tell" in told["sentences"][0]
    clear = dict.fromkeys(menu().outcomes, [[float(k % 3 + 2), float(k % 2)] for k in range(30)])
    assert verdict(ours, clear, Words("en"))["verdict"] == "higher"
    table = verdict(ours, clear, Words("zh"))["table"]
    assert [row["verdict"] for row in table] == ["较多"] * len(menu().outcomes)
    values = np.array(found["solved"]).T
    assert told["difference"] == pytest.approx((values[0] - values[1]).mean())


@pytest.mark.parametrize("name", list(menu().sliders))
def test_both_ends_of_every_slider_make_a_valid_case(name: str) -> None:
    one = menu().sliders[name]
    for value in (one.low, one.high):
        assert case(regime="race", **{name: f"{value:g}"}).sliders[name] == value
