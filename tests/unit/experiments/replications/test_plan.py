"""Files of replications: read strictly, lists of values expanded, claims tied to one case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.settings import ConfigError
from experiments.library import Library
from experiments.replications.plan import chosen
from tests.support.replications import TEAMS, WORDS, changed, read


def test_all_of_ours_are_read_and_say_what_they_are() -> None:
    found = {one.name: one for one in chosen(Library.open(), [])}
    assert set(found) == {"barkoczi_galesic", "guimera", "kauffman", "lazer_friedman", "march"}
    assert [one.name for one in chosen(Library.open(), ["all"])] == sorted(found)
    assert found["barkoczi_galesic"].replicates >= 1000  # what its numbers are asked for with
    assert found["barkoczi_galesic"].reference_kind == ""
    assert not any(case.references for case in found["barkoczi_galesic"].cases)


def test_lists_stand_for_all_combinations(tmp_path: Path) -> None:
    cases = read(tmp_path, TEAMS).cases
    assert [(case.settings.p, case.settings.q) for case in cases] == [
        (0.0, 0.1), (0.0, 0.9), (0.5, 0.5), (1.0, 0.5),
    ]  # fmt: skip
    assert [case.references["giant_share"].value for case in cases[:2]] == [1 / 6, 0.25]
    assert not cases[2].references


def test_error_of_a_reference_is_its_measures_or_its_own() -> None:
    full, _, none = chosen(Library.open(), ["lazer_friedman"])[0].cases
    assert full.references["payoff_5"].error == 0.006
    assert full.references["holds_best"].error == 0.0061
    assert none.references["holds_best"].error == 0.0138


def test_a_claim_names_the_only_case_it_fits(tmp_path: Path) -> None:
    claim = read(tmp_path, TEAMS).claims[0]
    assert (claim.more.case, claim.less.case) == (3, 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "team_asembly"}, "Did you mean 'team_assembly'?"),
        ({"title": "plain"}, "needs both languages"),
        ({"replicates": 1}, "replicates = 1 is outside"),
        ({"more": 1}, "'more' is not known"),
        ({"model": {"team_size": 3, "idle_steps": 5}}, "model.steps is missing"),
        ({"model": {"team_size": 300, "idle_steps": 5, "steps": 20}}, "model.team_size = 300"),
        ({"cases": []}, "is not a list"),
        ({"cases": [3]}, "is not a group of settings"),
        ({"cases": [{"p": 2, "q": 0.1}], "claims": []}, "case.p = 2.0 is outside"),
        ({"cases": [{"p": 0.1}], "claims": []}, "case.q is missing"),
        (
            {
                "cases": [{"p": [0.1, 0.2], "q": 0, "published": {"giant_share": [0.5]}}],
                "claims": [],
            },
            "1 values for 2 cases",
        ),
        (
            {"cases": [{"p": 0.1, "q": 0, "published": {"giant_shares": 1}}], "claims": []},
            "Did you mean 'giant_share'?",
        ),
        (
            {"cases": [{"p": 0.1, "q": 0, "published": {"giant_share": "x"}}], "claims": []},
            "is not a number",
        ),
        ({"cases": [{"p": 0.1, "q": 0, "published": 3}], "claims": []}, "is not by measure"),
        ({"reference": {"kind": "guess", "error": {}, "tolerance": 0}}, "kind 'guess'"),
        ({"reference": {"kind": "exact", "error": 3, "tolerance": 0}}, "is not by measure"),
        ({"reference": {"kind": "exact", "error": {}, "tolerance": "x"}}, "is not a number"),
        (
            {"claims": [{"says": WORDS, "more": {"p": 0, "measure": "giant_share"}, "less": {}}]},
            "fits 2 cases",
        ),
        (
            {"claims": [{"says": WORDS, "more": {"p": 1.0, "measure": "giant_share"}, "less": {}}]},
            "needs a measure",
        ),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, TEAMS | changes)
    assert words in str(refused.value) and "replication 'mine'" in str(refused.value)


def test_published_values_need_a_kind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Write 'reference:'"):
        read(tmp_path, {key: value for key, value in TEAMS.items() if key != "reference"})


@pytest.mark.parametrize(
    ("name", "model", "words"),
    [
        ("lazer_friedman", {"links": 20}, "outside"),
        ("lazer_friedman", {"components": 5, "links": 5}, "must be below model.components"),
        ("lazer_friedman", {"times": [5, 0]}, "not increasing whole numbers"),
        ("lazer_friedman", {"times": []}, "not increasing whole numbers"),
    ],
)
def test_models_that_cannot_be(
    tmp_path: Path, name: str, model: dict[str, Any], words: str
) -> None:
    whole = changed(name)
    with pytest.raises(ConfigError, match=words):
        read(tmp_path, whole | {"model": whole["model"] | model})


def test_links_that_do_not_fit_the_components(tmp_path: Path) -> None:
    document = changed("kauffman", cases=[{"components": 6, "links": 6}], claims=[])
    with pytest.raises(ConfigError, match="must be below components = 6"):
        read(tmp_path, document)


def test_unknown_name() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'march'"):
        chosen(Library.open(), ["marsh"])
