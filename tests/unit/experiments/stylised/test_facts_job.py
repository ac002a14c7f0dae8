"""The command facts: what is measured, kept, written and said; and its check in verify."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments.cli import BAD_INPUT, main
from experiments.configuration import list_regimes
from experiments.published import published
from experiments.stylised.job import FOLDER, facts
from experiments.stylised.results import CONTRARY, EMERGES, NAMES, OPEN, Found
from experiments.stylised.settings import HUB, SPREAD, FactsSetup, load_facts
from experiments.verification.facts import row_of
from experiments.words import Words


@pytest.fixture(scope="module")
def asked() -> FactsSetup:
    return load_facts(
        ["population=classroom", "regimes=open_challenge", "replicates=3", "time.policy=20",
         "time.hand_over=0"]
    )  # fmt: skip


def at(asked: FactsSetup, out: Path, **changes: object) -> FactsSetup:
    setup = dataclasses.replace(asked.setup, out=out, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(asked, setup=setup)


def test_facts_are_measured_kept_and_told(asked, tmp_path, capsys) -> None:
    here = at(asked, tmp_path / "out", lang="zh")
    first = facts(here)
    told = capsys.readouterr().out
    for name in NAMES:
        assert Words("zh")(f"facts.title.{name}") in told
    kept = sorted((tmp_path / "out" / FOLDER).iterdir())
    assert len(kept) == 3
    times = [file.stat().st_mtime_ns for file in kept]
    again = facts(here, progress=False)
    assert [file.stat().st_mtime_ns for file in kept] == times
    assert again.table.equals(first.table)
    facts(at(here, tmp_path / "out", replicates=4), progress=False)
    assert len(list((tmp_path / "out" / FOLDER).iterdir())) == 4
    rows = csv.read_csv(tmp_path / "out" / "facts.csv").to_pylist()
    assert len(rows) == 2 * (len(NAMES) - 1) + 1
    for name in ("answer.zh.txt", "provenance.json", "figures/facts.zh.png", "facts.parquet"):
        assert (tmp_path / "out" / name).stat().st_size > 0


def test_both_regimes_of_the_hub_fact_are_run_on_the_same_luck(asked, tmp_path) -> None:
    names = [entry.name for entry in asked.setup.regimes]
    assert names == ["laissez_faire", "open_challenge", SPREAD, HUB]
    facts(at(asked, tmp_path / "out"), progress=False)
    one = pq.read_table(next((tmp_path / "out" / FOLDER).iterdir())).to_pylist()
    assert {row["regime"] for row in one} == set(names)
    assert len({row["replicate"] for row in one}) == 1


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["jobs=2"], "does nothing here"),
        (["robustness=none"], "does nothing here"),
        (["replicates=1"], "gives no interval"),
        (["regimes=nowhere"], "is not known"),
    ],
)
def test_bad_input(texts, message, capsys) -> None:
    with pytest.raises(ConfigError, match=message):
        load_facts(texts)
    assert main(["facts", *texts]) == BAD_INPUT
    assert "Traceback" not in capsys.readouterr().err


def test_published_verdicts_name_every_fact_and_regime() -> None:
    told = published("facts")
    assert list(told) == list(NAMES)
    assert {regime for one in told.values() for regime in one} == {
        entry.name for entry in list_regimes()
    }


def test_the_check_fails_when_a_fact_is_told_the_other_way_round(asked, tmp_path) -> None:
    found = facts(at(asked, tmp_path / "out"), progress=False).found
    cells = found.of("participation_tail")
    words = Words("en")
    for now, before, passed in (
        (EMERGES, EMERGES, True), (CONTRARY, EMERGES, False), (OPEN, EMERGES, None),
        (EMERGES, OPEN, True), (EMERGES, CONTRARY, False),
    ):  # fmt: skip
        made = Found(tuple(dataclasses.replace(one, verdict=now) for one in cells), 3)
        given = {one.regime: before for one in cells}
        row = row_of("participation_tail", given, made, words)
        assert row.passed is passed and len(row.cells) == 4
