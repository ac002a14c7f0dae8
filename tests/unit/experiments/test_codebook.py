"""Every column of every table of runs is explained in both languages."""

from __future__ import annotations

import re

import pytest

from experiments.codebook import KEYS, codebook, codebook_table, labels
from experiments.running.store import (
    FAILURES,
    OUTCOME_NAMES,
    TRAJECTORY_NAMES,
)
from experiments.stages import columns_of
from simulation.outcomes import OUTCOMES

HAN = re.compile(r"[\u4e00-\u9fff]")
TABLES = {
    "runs": ("variant", "regime", "replicate", "seed", "run_id", *OUTCOME_NAMES),
    "trajectories": ("regime", "replicate", "quarter", *TRAJECTORY_NAMES),
    "programmes": ("regime", "replicate", "programme", *columns_of(("Anhui", "Shanghai"))),
    "failures": tuple(FAILURES.names),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_explained_in_both_languages(table):
    for column in codebook(table, TABLES[table]):
        assert column.unit_en and column.meaning_en, column.name
        assert HAN.search(column.unit_zh) and HAN.search(column.meaning_zh), column.name
        assert not HAN.search(column.meaning_en)


def test_words_are_those_of_the_model():
    for column, outcome in zip(codebook("runs", OUTCOME_NAMES), OUTCOMES, strict=True):
        assert (column.name, column.unit_en, column.meaning_en) == (
            outcome.name, outcome.unit, outcome.meaning,
        )  # fmt: skip


def test_a_name_means_what_its_table_says():
    ((in_runs,), (over_time,)) = (codebook(table, ["solved"]) for table in ("runs", "trajectories"))
    assert in_runs.meaning_en != over_time.meaning_en and in_runs.meaning_zh != over_time.meaning_zh


def test_families_of_outcomes_are_put_together_in_chinese():
    found = {one.name: one.meaning_zh for one in codebook("runs", OUTCOME_NAMES)}
    assert found["solved_20q"] == "已解决需求，只计前 20 个季度出现的需求"
    assert found["grants_to_sme"] == "中小企业得到的计划经费"
    assert found["bound_below_bar"] == "该规则起作用的次数：申报低于门槛"
    assert len(set(found.values())) == len(found)


def test_settings_of_a_sweep_are_known_and_strangers_are_left_blank():
    noise, share, stranger, odd = codebook(
        "runs", ["search.noise", "funding.public_share", "my_column", "search.nothing"]
    )
    assert noise.meaning_en and HAN.search(noise.meaning_zh)
    assert share.meaning_en and share.unit_en == "share of project cost"
    assert (stranger.meaning_en, odd.meaning_zh) == ("", "")


def test_the_table_has_the_names_of_the_file():
    table = codebook_table(
        codebook("runs", ["seed", "search.noise"]), {"search.noise": "search_noise"}
    )
    assert table["name"].to_pylist() == ["seed", "search_noise"]
    assert table["column"].to_pylist() == ["seed", "search.noise"]


def test_labels_give_the_unit_of_numbers_only():
    assert dict(labels(codebook("runs", ["regime", "welfare"]), "en")) == {
        "regime": "policy regime",
        "welfare": "net social value: (1+s) value - cost - m public outlay (million yuan)",
    }
    assert dict(labels(codebook("runs", ["needs"]), "zh")) == {
        "needs": "政策期内出现的需求（项需求）"
    }


def test_every_key_has_an_english_meaning():
    assert all(unit in ("text", "number") and meaning for unit, meaning in KEYS.values())
