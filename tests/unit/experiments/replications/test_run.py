"""Running replications: luck by number, pages in two languages, and what is refused."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.settings import ConfigError
from experiments import cli
from experiments.markdown import table
from experiments.replications import load_order, measure, replicate, told
from tests.support.replications import TEAMS, changed, read, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Small replications of every kind, under our names."""
    search = {"components": 6, "links": 2, "searchers": 12, "degree": 3, "times": [0, 5, 20]}
    published = changed("lazer_friedman")
    blind = changed("barkoczi_galesic")
    cases = [{**case, "published": {"payoff_5": 0.4}} for case in published["cases"]]
    few = {"network": "caves", "swaps": [0, 3], "strategy": "conformity", "sample": 3}
    return written(
        tmp_path / "mine",
        {
            "guimera": TEAMS,
            "kauffman": changed("kauffman", replicates=3),
            "lazer_friedman": published
            | {"model": published["model"] | search, "cases": cases, "replicates": 3, "claims": []},
            "barkoczi_galesic": blind
            | {"model": blind["model"] | search, "replicates": 3, "claims": []}
            | {"cases": [*blind["cases"][:4], few]},
            "march": changed("march", replicates=3),
        },
    )


def order(folder: Path, out: Path, *names: str, **options: str) -> Any:
    return load_order(names, {"out": str(out), "jobs": "1", **options}, [folder])


def test_luck_belongs_to_the_number_of_the_replicate(tmp_path: Path) -> None:
    """Neither threads nor the number of replicates change a replicate."""
    little = read(tmp_path, TEAMS)
    values = []

    def remember(result: Any) -> list[float]:
        return [one.mean for one in result.estimates]

    for jobs in (1, 2, 3):
        values.append(remember(measure(little, 6, 1, jobs)))
    assert values[0] == values[1] == values[2]
    two, six = (measure(little, count, 1) for count in (2, 6))
    assert two.estimates[2].mean != six.estimates[2].mean
    assert remember(measure(little, 6, 2)) != values[0]


def test_a_longer_run_begins_with_the_shorter_one(tmp_path: Path) -> None:
    little = read(tmp_path, TEAMS)
    keys = np.arange(6, dtype=np.uint64)
    cases = [case.settings for case in little.cases]
    runs = [little.kind.run(little.model, cases, 1, keys[:n], lambda: None) for n in (3, 6)]
    for short, long in zip(*runs, strict=True):
        assert np.array_equal(short["giant_share"], long["giant_share"][:3])


def test_everything_is_written_in_both_languages(folder: Path, tmp_path: Path) -> None:
    ordered = order(folder, tmp_path / "out", "all")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has would warn
        results = replicate(ordered, progress=False)
    assert len(results) == 5
    files = {path.name for path in (tmp_path / "out" / "replications").iterdir()}
    for name in ("barkoczi_galesic", "guimera", "kauffman", "lazer_friedman", "march"):
        endings = (".csv", ".svg", ".png", ".zh.svg", ".zh.png")
        assert {f"{name}{ending}" for ending in endings} <= files
    for page in ("replications.md", "replications.zh.md"):
        text = (tmp_path / "out" / page).read_text(encoding="utf-8")
        assert "{" not in text and "nan" not in text
        assert text.count("![") == 5
    assert "consortia replicate all seed=" in text
    origin = json.loads((tmp_path / "out" / "replications" / "provenance.json").read_text())
    assert origin["replicates"]["guimera"] == 5


def test_the_table_holds_what_the_page_says(folder: Path, tmp_path: Path) -> None:
    result = replicate(order(folder, tmp_path, "guimera"), progress=False)[0]
    with (tmp_path / "replications" / "guimera.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    page = (tmp_path / "replications.md").read_text(encoding="utf-8")
    assert [float(row["mean"]) for row in rows] == [one.mean for one in result.estimates]
    assert [row["verdict"] for row in rows] == [one.verdict for one in result.estimates]
    assert rows[0]["p"] == "0.0" and float(rows[0]["reference"]) == 1 / 6
    assert rows[2]["reference"] == rows[2]["z"] == ""
    line = table(
        ["p = 0.0, q = 0.1", "share of all present in the largest component"], []
    ).splitlines()[0]
    assert line.rstrip("|") in page


def test_the_same_command_writes_the_same_again_and_another_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    replicate(order(folder, out, "guimera"), progress=False)
    before = (out / "replications" / "guimera.csv").read_bytes()
    replicate(order(folder, out, "guimera"), progress=False)
    assert (out / "replications" / "guimera.csv").read_bytes() == before
    for other in (order(folder, out, "march"), order(folder, out, "guimera", seed="3")):
        with pytest.raises(ConfigError, match="holds replications of other names, seed"):
            replicate(other, progress=False)
    assert (out / "replications" / "guimera.csv").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_refused_before_anything_runs(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be used"):
        replicate(order(folder, tmp_path / "file"), progress=False)


def test_what_the_command_says(folder: Path, tmp_path: Path) -> None:
    ordered = order(folder, tmp_path, "guimera", lang="zh")
    text = told(ordered, replicate(ordered, progress=False))
    assert text.startswith("一个小例: 与精确结果对照的 2 个数值中")
    assert "replications.zh.md" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["guimerra"], "Did you mean 'guimera'?"),
        (["guimera", "replicates=1"], "replicates = 1 is outside"),
        (["guimera", "replicates=many"], "is not a whole number"),
        (["guimera", "seed=-4"], "seed = -4"),
        (["guimera", "jobs=1.5"], "jobs = 1.5 is not a whole number"),
        (["guimera", "lang=de"], "Write lang=en or lang=zh"),
        (["guimera", "replicate=4"], "Did you mean 'replicates'?"),
    ],
)
def test_bad_words_on_the_command_line(
    capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert cli.main(["replicate", *words]) == cli.BAD_INPUT
    assert message in capsys.readouterr().err


def test_the_command(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    words = ["guimera", f"out={tmp_path / 'cli'}", "replicates=4", "--config-dir", str(folder)]
    assert cli.main(["replicate", *words]) == cli.OK
    out = capsys.readouterr().out
    assert "Of 2 values held against exact results" in out and "replications.md" in out
