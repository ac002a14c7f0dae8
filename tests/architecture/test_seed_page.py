"""Every phrase of the seed document has its place, its tests or a reason; and the checks can fail."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from agents.settings import ConfigError
from experiments.seed_page import (
    BACKGROUND,
    KINDS,
    LINKS,
    MISSING,
    STANDINGS,
    Paragraph,
    Row,
    faults,
    link,
    page,
    proof_link,
    read_seed,
)

SEED = read_seed()
ROWS = [row for paragraph in SEED for row in paragraph.rows]
PLACED = Row(
    phrase="揭榜掛帥",
    english="open list",
    kind="instrument",
    where={"regime": ["open_challenge"], "lever": ["eligibility.leader@open_challenge"]},
    tests=["eligibility.leader"],
)
ABSENT = Row(phrase="2018年", english="in 2018", kind="number", absent=BACKGROUND, reason="a date")
TEST = "tests/unit/simulation/test_chains.py::test_only_the_weakest_link_counts"


def of(*rows: Row) -> list[Paragraph]:
    return [Paragraph(title="1. One", rows=list(rows))]


def test_every_row_is_sound() -> None:
    assert not list(faults(SEED))


def test_the_document_is_there_in_whole() -> None:
    assert [part.title.partition(".")[0] for part in SEED] == [str(n) for n in range(1, 21)]
    assert all(part.rows for part in SEED)
    assert {row.kind for row in ROWS} == set(KINDS)
    assert {row.standing for row in ROWS} >= {STANDINGS[0], MISSING, BACKGROUND}
    assert {kind for row in ROWS for kind in row.where} == set(LINKS)


@pytest.mark.parametrize(
    "number",
    [
        "2035",
        "2020",
        "20余",
        "9家",
        "36個",
        "40家",
        "52個",
        "3個",
        "17個",
        "21家",
        "24個",
        "32.1%",
        "35%",
        "2~3年",
        "兩地",
    ],
)
def test_every_number_has_a_row(number: str) -> None:
    assert [row for row in ROWS if number in row.phrase and row.kind == "number"]


@pytest.mark.parametrize("row", [PLACED, ABSENT], ids=["placed", "absent"])
def test_a_sound_row_has_no_fault(row: Row) -> None:
    assert not list(faults(of(row)))


@pytest.mark.parametrize(
    ("row", "change", "fault"),
    [
        (PLACED, {"phrase": "open list"}, "no Chinese"),
        (PLACED, {"phrase": ""}, "no Chinese"),
        (PLACED, {"english": " "}, "no translation"),
        (PLACED, {"kind": "actress"}, "Did you mean 'actor'"),
        (PLACED, {"tests": []}, "neither a test nor why"),
        (PLACED, {"untested": "nobody wrote one"}, "or both"),
        (PLACED, {"reason": "left out"}, "both a place"),
        (PLACED, {"where": {}}, "neither a place"),
        (PLACED, {"where": {"place": ["here"]}}, "'place' is not there"),
        (PLACED, {"tests": ["eligibility.leeder"]}, "Did you mean 'eligibility.leader'"),
        (PLACED, {"note": "As in `openchallenge`"}, "nothing in the model"),
        (ABSENT, {"reason": ""}, "neither a place"),
        (ABSENT, {"absent": "somewhere"}, "neither a place"),
    ],
)
def test_a_broken_row_is_found(row: Row, change: dict[str, Any], fault: str) -> None:
    (found,) = faults(of(dataclasses.replace(row, **change)))
    assert fault in found


def test_a_phrase_that_stands_twice_is_found() -> None:
    assert len(list(faults(of(ABSENT, ABSENT)))) == 2
    assert not list(faults([*of(ABSENT), *of(ABSENT)]))


def test_a_name_that_leads_nowhere_makes_no_page() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'solved'"):
        page(of(dataclasses.replace(PLACED, where={"outcome": ["solvd"]})))


@pytest.mark.parametrize(
    ("kind", "name", "wrong"),
    [
        ("regime", "race", "rice"),
        ("lever", "renewal.slots", "renewal.slot"),
        ("lever", "renewal.slots@soe_consortia", "renewal.slots@soe"),
        ("parameter", "fields.count", "fields.counts"),
        ("parameter", "fields.count", "field.count"),
        ("preset", "governance/joint_office", "governance/office"),
        ("preset", "governance/joint_office", "government/joint_office"),
        ("population", "national", "nation"),
        ("outcome", "weakest_link", "weakest"),
        ("code", "simulation.chains", "simulation.chain"),
        ("code", "simulation.chains.weakest_link", "simulation.chains.weakest"),
        ("code", "agents.government.RegionalDepartment", "agents.govern.RegionalDepartment"),
    ],
)
def test_a_name_is_linked_or_refused(kind: str, name: str, wrong: str) -> None:
    assert f"[{name.partition('@')[0]}](" in link(kind, name)
    with pytest.raises(ConfigError):
        link(kind, wrong)


@pytest.mark.parametrize("kind", ["stage", "experiment"])
def test_an_unknown_stage_or_experiment_is_refused(kind: str) -> None:
    with pytest.raises(ConfigError):
        link(kind, "none_such")


def test_values_are_those_of_the_model() -> None:
    assert "= 0.35 in [soe_consortia]" in link("lever", "targets.emerging_share@soe_consortia")
    assert "= firm_demand / government_mission in [combined]" in link(
        "lever", "agenda.mode@combined"
    )
    assert link("parameter", "fields.count").endswith("= 36")


@pytest.mark.parametrize("name", ["eligibility.leader", TEST])
def test_a_test_is_linked(name: str) -> None:
    assert f"[{name.rpartition('::')[2]}](" in proof_link(name)


@pytest.mark.parametrize(
    "name", ["eligibility.leeder", f"{TEST}s", "tests/unit/simulation/test_chain.py::test_a"]
)
def test_a_test_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        proof_link(name)


def test_a_lever_that_moved_nothing_is_said_to_be_inert() -> None:
    assert "inert" in proof_link("selection.priority_points")
    assert "inert" not in proof_link("eligibility.leader")


def test_the_page_counts_and_shows_rows() -> None:
    text = page(of(PLACED, ABSENT))
    assert "| all | 1 | 0 | 1 | 2 |" in text
    assert "## 1. One" in text
    assert "| **background**: a date |" in text


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text("- paragraph: 1. One\n  rows: [{phrase: 年, colour: red}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"年.*colour"):
        read_seed(path)
