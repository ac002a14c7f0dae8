"""Exports open in other programs with the same values, and never overwrite results."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.io.stata import StataReader

from agents.settings import ConfigError
from experiments import cli
from experiments import export as export_module
from experiments.export import STATA_LARGEST, export, stata_names
from experiments.running.files import ExperimentError
from tests.support import synthetic_runs


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of runs and one of trajectories."""
    folder = tmp_path_factory.mktemp("results")
    setup = synthetic_runs.setup(folder, names=("laissez_faire", "race"), replicates=5)
    runs = synthetic_runs.runs(setup)
    pq.write_table(runs, folder / "runs.parquet")
    pq.write_table(synthetic_runs.trajectories(setup, runs), folder / "trajectories.parquet")
    return folder


def frame(results: Path, table: str = "runs") -> pd.DataFrame:
    return pq.read_table(results / f"{table}.parquet").to_pandas()


@pytest.mark.parametrize("table", ["runs", "trajectories"])
def test_csv_has_the_same_values_and_empty_cells_for_missing_ones(results, tmp_path, table):
    done = export(results, tmp_path, "csv", table)
    text = done.path.read_text(encoding="utf-8")
    assert ",nan" not in text and done.rows == len(frame(results, table))
    found = pd.read_csv(done.path)
    pd.testing.assert_frame_equal(
        found,
        frame(results, table),
        check_dtype=False,
        rtol=1e-7 if table == "trajectories" else 1e-15,
    )


def test_every_column_stands_in_the_codebook(results, tmp_path):
    for kind in ("csv", "dta", "parquet"):
        done = export(results, tmp_path / kind, kind)
        book = pd.read_csv(done.codebook, encoding="utf-8")
        assert book["column"].tolist() == list(frame(results))
        assert book.loc[book.name == "welfare", "unit_zh"].item() == "百万元"


def test_stata_has_the_same_values_and_labels(results, tmp_path):
    done = export(results, tmp_path, "dta")
    names = stata_names(list(frame(results)))
    found = pd.read_stata(done.path)
    expected = frame(results).rename(columns=names)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert all(len(name) <= 32 for name in found)
    with StataReader(done.path) as reader:
        given = reader.variable_labels()
    assert given["needs"] == "needs that arrived in the policy quarters (needs)"
    assert all(0 < len(label) <= 80 for label in given.values())


def test_stata_labels_speak_chinese(results, tmp_path):
    with StataReader(export(results, tmp_path, "dta", lang="zh").path) as reader:
        assert reader.variable_labels()["needs"] == "政策期内出现的需求（项需求）"


def test_what_stata_cannot_hold_is_said_and_nothing_is_rounded(tmp_path):
    table = pa.table({
        "run_id": ["a", None], "seed": pa.array([2**62 + 1, 5]), "small": pa.array([2**40, 1]),
        "solved": [np.inf, 2 * STATA_LARGEST], "welfare": [np.nan, STATA_LARGEST],
        "error": ["long " * 1000, ""], "told": [True, False],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "runs.parquet")
    done = export(tmp_path, tmp_path / "out", "dta")
    found = pd.read_stata(done.path)
    assert done.missing == 2 and found.solved.isna().all()
    assert found.seed.tolist() == [str(2**62 + 1), "5"] and found.small.tolist() == [2**40, 1]
    assert np.isnan(found.welfare[0]) and found.welfare[1] == STATA_LARGEST
    assert found.error[0] == "long " * 1000 and found.run_id.tolist() == ["a", ""]
    assert found.told.tolist() == [1, 0]


def test_names_for_stata_are_allowed_and_differ():
    long = "standing.a_lever_with_a_very_long_name"
    given = [long, long + "_2", "2nd", "if", "Solved", "solved", "search.noise", "中文"]
    names = stata_names(given)
    assert list(names) == given
    assert len({name.lower() for name in names.values()}) == len(given)
    assert all(
        name.isascii() and name.isidentifier() and len(name) <= 32 for name in names.values()
    )
    assert names["search.noise"] == "search_noise" and names["if"] != "if"


def test_parquet_carries_meanings(results, tmp_path):
    done = export(results, tmp_path, "parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(done.path), frame(results))
    metadata = pq.read_schema(done.path).field("welfare").metadata
    assert metadata[b"unit_en"] == b"million yuan" and metadata[b"meaning_zh"]


def test_a_large_table_passes_in_batches(results, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "ROWS", 7)
    sizes: list[int] = []
    batches = export_module._batches

    def watched(file: pq.ParquetFile):
        for batch in batches(file):
            sizes.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(export_module, "_batches", watched)
    done = export(results, tmp_path, "csv")
    assert max(sizes) == 7 and sum(sizes) == done.rows == len(pd.read_csv(done.path))


def test_a_full_disk_is_explained_and_leaves_nothing_half_written(results, tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExperimentError, match="disk is full while .*runs.csv was written"):
        export(results, tmp_path, "csv")
    assert list(tmp_path.iterdir()) == []


def test_bad_input_says_what_to_write(results, tmp_path):
    with pytest.raises(ConfigError, match="format = xlsx .*csv, dta, parquet"):
        export(results, tmp_path, "xlsx")
    with pytest.raises(ConfigError, match="table = run .*Did you mean 'runs'"):
        export(results, tmp_path, "csv", "run")
    with pytest.raises(ConfigError, match="is not a folder"):
        export(tmp_path / "nowhere", tmp_path, "csv")
    with pytest.raises(ConfigError, match="holds no results"):
        export(tmp_path, tmp_path, "csv")
    with pytest.raises(ConfigError, match="holds runs.parquet itself"):
        export(results, results, "parquet")


@pytest.mark.parametrize("kind", ["csv", "dta", "parquet"])
def test_a_damaged_table_is_bad_input(results, tmp_path, kind):
    content = (results / "runs.parquet").read_bytes()
    for name, bad in {
        "cut": content[:-9],
        "middle": content[:4] + bytes(2000) + content[2004:],
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "runs.parquet").write_bytes(bad)
        with pytest.raises(ConfigError, match="damaged"):
            export(tmp_path / name, tmp_path / "out", kind)
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def test_lists_need_parquet(tmp_path):
    pq.write_table(pa.table({"stages": [[1], [2]]}), tmp_path / "runs.parquet")
    with pytest.raises(ConfigError, match="'stages' holds lists"):
        export(tmp_path, tmp_path / "out", "csv")
    export(tmp_path, tmp_path / "out", "parquet")


def test_the_command(results, tmp_path, capsys):
    code = cli.main(["export", str(results), "format=csv", f"out={tmp_path}", "lang=zh"])
    assert code == 0 and (tmp_path / "runs.csv").exists()
    assert "各列含义" in capsys.readouterr().out
    assert cli.main(["export", str(results)]) == 2
    assert "format=csv" in capsys.readouterr().err
