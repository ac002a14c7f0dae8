"""What every regime file owes its readers and the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.configuration import list_regimes
from experiments.library import CONFIGS, Library
from experiments.regimes import REFERENCES, SYSTEMS, RegimeEntry, load_regime
from experiments.template import new_regime
from simulation.policies.registry import FAMILIES

LIBRARY = Library.open()
ENTRIES = list_regimes()
EXPECTED = {
    "laissez_faire", "rd_tax_credit", "bilateral_partnership", "lead_firm_consortium",
    "open_challenge", "race", "delta_joint_programme", "soe_consortia", "origin_sources",
    "combined", "framework_programme", "prize", "agency_managed",
}  # fmt: skip

every_regime = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def test_the_thirteen_regimes_are_there() -> None:
    assert {entry.name for entry in ENTRIES} == EXPECTED


def test_all_twelve_systems_are_realised() -> None:
    assert {number for entry in ENTRIES for number in entry.systems} == set(SYSTEMS)


@every_regime
def test_words_in_both_languages(entry: RegimeEntry) -> None:
    assert entry.question["en"].endswith("?")
    assert entry.question["zh"].endswith("？")
    for words in (entry.title, entry.question):
        assert words["en"].isascii()
        assert any("一" <= character <= "鿿" for character in words["zh"])
    assert len(entry.source) > 20


@every_regime
def test_chinese_is_simplified(entry: RegimeEntry) -> None:
    traditional = set("創聯體產學協掛帥關鍵國資業項請評審規術對應進發現時間題員廣場單個")
    assert not traditional & set(entry.title["zh"] + entry.question["zh"])


@every_regime
def test_equal_public_money(entry: RegimeEntry) -> None:
    budgets = [programme.levers["budget"].as_mapping() for programme in entry.regime.programmes]
    assert all(budget["scale"] == 1.0 for budget in budgets)
    assert sum(budget["share"] for budget in budgets) == (1.0 if budgets else 0.0)


def test_the_references() -> None:
    nothing, credit = (load_regime(LIBRARY, name) for name in REFERENCES)
    assert nothing.regime.programmes == ()
    (programme,) = credit.regime.programmes
    assert programme.as_mapping()["agenda"]["mode"] == "nothing"
    assert programme.as_mapping()["funding"]["tax_credit"] > 0.0


def test_no_two_regimes_have_equal_levers() -> None:
    levers = [str([one.as_mapping() for one in entry.regime.programmes]) for entry in ENTRIES]
    assert len(set(levers)) == len(levers)


@every_regime
def test_levers_reach_the_columns(entry: RegimeEntry) -> None:
    table = entry.regime.columns
    assert len(table) == len(entry.programmes)
    for row, programme in zip(table, entry.regime.programmes, strict=True):
        assert row["funding_public_share"] == programme.as_mapping()["funding"]["public_share"]


@every_regime
def test_a_new_file_made_from_it_has_its_levers(entry: RegimeEntry, tmp_path: Path) -> None:
    path = new_regime(LIBRARY, "mine", entry.name, tmp_path)
    again = load_regime(Library.open([tmp_path]), "mine")
    assert again.programmes == entry.programmes
    assert [one.as_mapping() for one in again.regime.programmes] == [
        one.as_mapping() for one in entry.regime.programmes
    ]
    assert again.systems == entry.systems
    text = path.read_text(encoding="utf-8")
    assert max(map(len, text.replace("# ", "").splitlines())) < 1000
    for family in FAMILIES.values():
        for lever, declared in family.parameters().items():
            assert f"{lever}: " in text
            assert declared.meaning.split()[0] in text


def test_every_file_of_a_group_is_used_or_valid() -> None:
    """A folder that is no group would be read by nobody."""
    groups = {
        "world", "population", "regime", "robustness", "experiment", "replication", "sweep",
        "levers", "uncertainty", "published", "validation", "classroom", "lesson", *FAMILIES,
    }  # fmt: skip
    assert {path.name for path in CONFIGS.iterdir() if path.is_dir()} == groups
