"""The report of stored results: finished, stopped, damaged, of another version, or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agents.compiled import source_hash
from agents.settings import ConfigError
from experiments import figures
from experiments.cli import main
from experiments.compare import compare
from experiments.configuration import Setup, load_setup
from experiments.rankings.results import PAIRS
from experiments.report import number
from experiments.report.stored import read_settings, read_stored
from experiments.sensitivity import sensitivity
from experiments.sweep.job import sweep
from experiments.sweep.setup import load_sweep_setup
from experiments.tables import make_table
from experiments.why.job import why
from experiments.why.settings import load_why
from tests.support.fake_engine import FakeEngine


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return load_setup(
        "compare",
        ["population=classroom", "regimes=race,prize", "replicates=3", "jobs=1",
         "robustness=none", f"out={tmp_path / 'out'}"],
    )  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    (tmp_path / "log").mkdir()
    return FakeEngine(tmp_path / "log")


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have tests of their own."""
    monkeypatch.setattr(figures, "PLOTS", ())


@pytest.fixture
def folder(setup: Setup, engine: FakeEngine, without_pictures: None) -> Path:
    compare(setup, progress=False, run=engine)
    return setup.out


def report(folder: Path, *options: str) -> str:
    """What ``consortia report`` writes for a folder."""
    assert main(["report", str(folder), "jobs=1", *options]) == 0
    name = "report.zh.html" if "lang=zh" in options else "report.html"
    return (folder / name).read_text(encoding="utf-8")


def test_the_same_report_comes_out_without_a_run(folder: Path, engine: FakeEngine) -> None:
    before = (folder / "report.html").read_text(encoding="utf-8")
    calls = engine.count("call *")
    (folder / "report.html").unlink()
    # the engine of the test cannot be replayed, so the folder lacks those files and says so
    again = report(folder)
    notice = again[again.index('<p class="gap">') : again.index("</header>")]
    assert "organisations.parquet" in notice
    assert again.replace(notice, "").split() == before.split()
    assert engine.count("call *") == calls


def test_both_languages_stand_side_by_side(folder: Path) -> None:
    assert '<html lang="zh-CN">' in report(folder, "lang=zh")
    assert '<html lang="en">' in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "report.zh.pdf").read_bytes().startswith(b"%PDF")


def test_other_sources_are_named(folder: Path) -> None:
    assert "another version" not in report(folder)
    path = folder / "provenance.json"
    origin = json.loads(path.read_text())
    assert origin["source_hash"] == source_hash()
    path.write_text(json.dumps(origin | {"source_hash": "0123456789abcdef"}))
    text = report(folder)
    assert "another version of the model (sources 0123456789ab" in text


def test_outcomes_that_are_not_there_are_named_and_left_empty(folder: Path) -> None:
    runs = pq.read_table(folder / "runs.parquet")
    pq.write_table(runs.drop_columns(["link_security"]), folder / "runs.parquet")
    assert "left empty: link_security" in report(folder)


@pytest.mark.parametrize("name", ["trajectories.parquet", "programmes.parquet"])
def test_what_is_missing_or_damaged_is_marked(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"PAR1 not a table")
    text = report(folder)
    assert name in text[: text.index("</header>")]
    (folder / name).unlink()
    text = report(folder)
    assert name in text[: text.index("</header>")]


def test_a_stopped_comparison_is_reported_as_far_as_it_came(
    setup: Setup, tmp_path: Path, without_pictures: None
) -> None:
    (tmp_path / "log").mkdir()
    with pytest.raises(KeyboardInterrupt):
        compare(setup, progress=False, run=FakeEngine(tmp_path / "log", interrupt=2))
    text = report(setup.out)
    assert "not finished: 6 of 9 runs are here" in text
    assert "(2 of 3)" in text


def test_a_population_file_that_has_gone_leaves_the_report(folder: Path) -> None:
    path = folder / "config.yaml"
    text = path.read_text(encoding="utf-8").replace("file: classroom.csv", "file: gone.csv")
    path.write_text(text, encoding="utf-8")
    assert report(folder)


def test_a_why_that_is_stored_is_shown(folder: Path) -> None:
    import pyarrow as pa

    rows = [{"regime": "race", "baseline": "prize", "outcome": "technical", "n": 30,
             "lever": "selection.teams", "share": 0.4, "low": 0.1, "high": 0.7, "alone": 0.2}]  # fmt: skip
    assert "consortia why" in report(folder)
    pq.write_table(pa.Table.from_pylist(rows), folder / "why.parquet")
    text = report(folder)
    assert "consortia why" not in text and "<code>selection.teams</code>" in text


def test_a_decomposition_is_brought_into_the_report(
    folder: Path, engine: FakeEngine, tmp_path: Path
) -> None:
    settings = ["population=classroom", "replicates=3", "jobs=1", f"out={tmp_path / 'why'}"]
    taken = why(load_why(["prize", "race"], settings), progress=False, run=engine)
    assert "consortia why" not in report(folder, f"why={tmp_path / 'why'}")
    rows = pq.read_table(folder / "why.parquet").to_pylist()
    assert {(row["regime"], row["baseline"]) for row in rows} == {("race", "prize")}
    assert len(rows) == taken.apart.count
    assert sum(row["share"] for row in rows) == pytest.approx(taken.found.total.difference)
    assert rows[0]["alone"] == pytest.approx(taken.found.switches[0].found.difference)
    assert "consortia why" not in report(folder)  # from now on


def test_rankings_over_worlds_are_brought_into_the_report(
    folder: Path,
    setup: Setup,
    engine: FakeEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "rankings"
    out.mkdir()
    assert "consortia rankings out=" in report(folder)
    assert main(["report", str(folder), f"rankings={out}"]) == 2
    assert "holds no finished rankings" in capsys.readouterr().err
    pair = dict.fromkeys(PAIRS.names) | {"better": "race", "worse": "prize", "difference": 0.7,
                                         "same": 0.61, "reversed": 0.02, "untold": 0.37}  # fmt: skip
    rows = [
        pair | {"outcome": "technical", "verdict": "holds"},
        pair | {"outcome": "solved", "verdict": "not_told"},
        pair | {"outcome": "solved", "verdict": "open", "worse": "open_challenge"},  # not here
    ]
    pq.write_table(make_table(PAIRS, rows), out / "pairs.parquet")
    settings = (folder / "config.yaml").read_text(encoding="utf-8")
    (out / "config.yaml").write_text(settings.replace("noise: 0.04", "noise: 0.05"))
    assert main(["report", str(folder), f"rankings={out}"]) == 2
    assert "another world" in capsys.readouterr().err
    (out / "config.yaml").write_text(settings, encoding="utf-8")
    text = report(folder, f"rankings={out}")
    shown = text.split('<table id="table-worlds">')[1].split("</table>")[0]
    assert shown.count("<tr>") == 2
    assert "Race of several teams over Prize" in shown and "61 %" in shown and "holds" in shown
    assert "consortia rankings out=" not in report(folder)  # from now on
    compare(setup, progress=False, run=engine)  # a comparison that goes on keeps it
    assert 'id="table-worlds"' in (folder / "report.html").read_text(encoding="utf-8")
    assert "各排序在多大比例的可能世界中成立" in report(folder, "lang=zh")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["seed=9"], "another seed"),
        (["search.noise=0.09"], "another world"),
        (None, "holds no finished decomposition"),
    ],
)
def test_a_decomposition_of_something_else_is_refused(
    folder: Path, engine: FakeEngine, tmp_path: Path, settings: list[str] | None, words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if settings is not None:
        ours = ["population=classroom", "replicates=3", "jobs=1", f"out={tmp_path / 'why'}"]
        why(load_why(["prize", "race"], ours + settings), progress=False, run=engine)
    assert main(["report", str(folder), "jobs=1", f"why={tmp_path / 'why'}"]) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "why.parquet").exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "holds no results"),
        ({"config.yaml": "command: run\n"}, "does not describe results with a report"),
        ({"config.yaml": "command: compare\nworld: {}\n"}, "not complete"),
    ],
)
def test_a_folder_without_a_comparison_is_refused(
    tmp_path: Path, files: dict[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    before = sorted(tmp_path.iterdir())
    assert main(["report", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_a_comparison_without_a_run_says_how_to_get_one(folder: Path) -> None:
    (folder / "runs.parquet").unlink()
    for path in (folder / "store" / "runs").iterdir():
        path.unlink()
    with pytest.raises(ConfigError, match="holds no replicate that every regime has finished"):
        read_stored(folder, read_settings(folder), None, 1)


@pytest.mark.parametrize("words", [["report"], ["report", "a", "b"], ["report", "a", "out=b"]])
def test_wrong_words_are_refused(words: list[str], capsys: Any) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("consortia: ")


def test_a_decomposition_has_a_report_of_its_own(engine: FakeEngine, tmp_path: Path) -> None:
    out = tmp_path / "why"
    settings = ["population=classroom", "replicates=3", "jobs=1", f"out={out}"]
    taken = why(load_why(["race", "laissez_faire"], settings), progress=False, run=engine)
    assert taken.report is not None
    text = taken.report.read_text(encoding="utf-8")
    assert "What carries the difference between Race of several teams and No policy" in text
    calls, before = engine.count("call *"), (out / "contributions.csv").read_bytes()
    chinese = report(out, "lang=zh")
    assert "的差异来自哪里" in chinese and (out / "report.zh.pdf").is_file()
    assert engine.count("call *") == calls
    assert (out / "contributions.csv").read_bytes() == before
    assert report(out).split() == text.split()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("version", "made by another version"),
        ("runs", "holds no finished decomposition"),
        ("settings", "is not complete"),
    ],
)
def test_a_decomposition_that_cannot_be_written_again_says_why(
    engine: FakeEngine, tmp_path: Path, damage: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "why"
    settings = ["population=classroom", "replicates=3", "jobs=1", f"out={out}"]
    why(load_why(["race", "prize"], settings), progress=False, run=engine)
    if damage == "version":
        origin = json.loads((out / "provenance.json").read_text())
        (out / "provenance.json").write_text(json.dumps(origin | {"source_hash": "0"}))
    elif damage == "runs":
        for path in (out / "store" / "runs").iterdir():
            path.unlink()
    else:
        text = (out / "config.yaml").read_text(encoding="utf-8")
        (out / "config.yaml").write_text(text.replace("pair:", "couple:"), encoding="utf-8")
    assert main(["report", str(out)]) == 2
    assert words in capsys.readouterr().err
    assert main(["report", str(out), f"why={out}"]) == 2
    assert "can be shown in the report of a comparison" in capsys.readouterr().err


def test_a_sweep_has_a_report_finished_or_not(engine: FakeEngine, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    setup = load_sweep_setup([
        "search.noise=0.02,0.04", "regimes=race,prize", "population=classroom", "replicates=3",
        "jobs=1", f"out={out}",
    ])  # fmt: skip
    done = sweep(setup, progress=False, run=engine)
    text = done.report.read_text(encoding="utf-8")
    assert "3 policy regimes over 1 varied settings" in text and "not finished" not in text
    assert text.count("<figure") == 4
    calls = engine.count("call *")
    assert report(out).split() == text.split()
    assert "种政策方案在 1 项设定上的扫描" in report(out, "lang=zh")
    assert engine.count("call *") == calls
    first, *_ = sorted((out / "store" / "runs").glob("*.parquet"))
    held = pq.read_table(first)
    pq.write_table(held.slice(1), first)
    assert "not finished: 17 of 18 runs are here" in report(out)
    for path in (out / "store" / "runs").glob("*.parquet"):
        path.unlink()
    assert main(["report", str(out)]) == 2


def test_a_sweep_shows_the_sensitivities_found_in_its_folder(
    engine: FakeEngine, tmp_path: Path
) -> None:
    out = tmp_path / "morris"
    setup = load_sweep_setup([
        "search.noise=interval(0,0.2)", "learning.decay=interval(0,0.05)", "regimes=race", "design=morris",
        "points=30", "population=classroom", "replicates=4", "jobs=1", f"out={out}",
    ])  # fmt: skip
    assert "consortia sensitivity" not in sweep(setup, progress=False, run=engine).report.read_text(
        encoding="utf-8"
    )
    found = sensitivity(out, outcomes=["solved"], regimes=["race"], lang="zh")
    text, chinese = report(out), report(out, "lang=zh")
    assert "Which settings matter: mean size of the effect" in text and "4 replicates" in text
    for row in found.measures.to_pylist():
        if row["measure"] == "mu_star":
            assert number(row["value"]) in text and number(row["value"]) in chinese
    assert chinese.count("<figure") == text.count("<figure") + 1  # the figure was drawn in Chinese
    assert "哪些设定对以下结果起作用" in chinese and "能与噪声区分" in chinese
