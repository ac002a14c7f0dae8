"""Two folders of results: equal, or different in what is said, and nothing else is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from agents.settings import ConfigError
from experiments import cli
from experiments.difference import Setting, difference, told
from tests.support import synthetic_runs

CONFIG = {"seed": 1, "jobs": 2, "world": {"search": {"noise": 0.04}}}
ORIGIN = {"versions": {"numpy": "2.0"}, "source_hash": "abc", "seconds": 3.0}


def folder(
    path: Path, *, replicates: int = 4, config: dict = CONFIG, origin: dict = ORIGIN
) -> Path:
    path.mkdir()
    setup = synthetic_runs.setup(path, names=("laissez_faire", "race"), replicates=replicates)
    pq.write_table(synthetic_runs.runs(setup), path / "runs.parquet")
    (path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (path / "provenance.json").write_text(json.dumps(origin), encoding="utf-8")
    return path


def change(path: Path, column: str, row: int, value: object) -> None:
    table = pq.read_table(path / "runs.parquet")
    values = table[column].to_pylist()
    values[row] = value
    at = table.column_names.index(column)
    table = table.set_column(at, column, pa.array(values, table.schema.field(column).type))
    pq.write_table(table, path / "runs.parquet")


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return folder(tmp_path / "a")


def test_the_same_results_in_another_order_are_equal(tmp_path, a):
    b = folder(tmp_path / "b", config=CONFIG | {"jobs": 8, "out": "b", "lang": "zh"})
    table = pq.read_table(b / "runs.parquet")
    pq.write_table(table.take(pa.array(np.arange(table.num_rows)[::-1])), b / "runs.parquet")
    found = difference(a, b)
    assert found.equal and found.both == table.num_rows and found.software == ()
    assert told(found, "en").splitlines() == [
        "The two folders hold the same experiment with the same results.",
        f"Runs in both: {table.num_rows}; only in A: 0; only in B: 0.",
    ]


def test_a_single_value_is_found(tmp_path, a):
    b = folder(tmp_path / "b")
    before = pq.read_table(b / "runs.parquet").to_pylist()[3]
    change(b, "welfare", 3, before["welfare"] + 0.5)
    found = difference(a, b)
    (one,) = found.values
    assert not found.equal and (one.name, one.runs) == ("welfare", 1)
    assert one.largest == pytest.approx(0.5) and one.regimes == (before["regime"],)
    assert f"welfare: in 1 runs, by 0.5 at most ({before['regime']})" in told(found, "en")


def test_missing_against_a_number_differs_and_missing_against_missing_does_not(tmp_path, a):
    b = folder(tmp_path / "b")
    assert np.isnan(pq.read_table(b / "runs.parquet")["bid_success"].to_numpy()).any()
    change(b, "welfare", 0, float("nan"))
    (one,) = difference(a, b).values
    assert one.name == "welfare" and one.runs == 1 and np.isnan(one.largest)


def test_runs_that_only_one_has_are_counted(tmp_path, a):
    found = difference(a, folder(tmp_path / "b", replicates=6))
    assert (found.both, found.only_a) == (2 * 4 + 8 * 2, 0)
    assert found.only_b == 2 * 2 + 8 * 1 and found.values == () and not found.equal


def test_settings_that_differ_are_named(tmp_path, a):
    config = CONFIG | {"world": {"search": {"noise": 0.3}}, "horizon": 5}
    found = difference(a, folder(tmp_path / "b", config=config))
    assert found.settings == (Setting("horizon", None, 5), Setting("world.search.noise", 0.04, 0.3))
    assert "world.search.noise: 0.04 in A, 0.3 in B" in told(found, "en")
    assert "horizon：A 为 无，B 为 5" in told(found, "zh")


def test_software_alone_is_told_and_is_no_difference(tmp_path, a):
    b = folder(tmp_path / "b", origin=ORIGIN | {"source_hash": "xyz", "seconds": 99.0})
    change(b, "run_id", 0, "named by another version")
    found = difference(a, b)
    assert found.equal and found.software == (Setting("source_hash", "abc", "xyz"),)
    assert "does not count" in told(found, "en")


def test_columns_that_only_one_has_are_named(tmp_path, a):
    b = folder(tmp_path / "b")
    table = pq.read_table(b / "runs.parquet").drop_columns(["welfare"])
    pq.write_table(table.append_column("of_tomorrow", table["needs"]), b / "runs.parquet")
    found = difference(a, b)
    assert (found.columns_a, found.columns_b) == (("welfare",), ("of_tomorrow",))
    assert not found.equal and found.values == ()


def test_many_differences_are_cut_and_counted(tmp_path, a):
    b = folder(tmp_path / "b")
    table = pq.read_table(b / "runs.parquet")
    for name in table.column_names[5:]:
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array(np.full(table.num_rows, -1.0)))
    pq.write_table(table, b / "runs.parquet")
    found = difference(a, b)
    assert f"and {len(found.values) - 20} more" in told(found, "en")
    assert f"另有 {len(found.values) - 20} 项" in told(found, "zh")


def test_bad_input_is_refused(tmp_path, a):
    with pytest.raises(ConfigError, match="is not a folder"):
        difference(a, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"holds no runs\.parquet"):
        difference(tmp_path / "empty", a)
    b = folder(tmp_path / "b")
    table = pq.read_table(b / "runs.parquet")
    pq.write_table(pa.concat_tables([table, table]), b / "runs.parquet")
    with pytest.raises(ConfigError, match="cannot be told apart"):
        difference(a, b)
    (b / "runs.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(ConfigError, match="is damaged"):
        difference(a, b)
    c = folder(tmp_path / "c")
    (c / "provenance.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"provenance\.json cannot be read"):
        difference(a, c)


def test_exit_codes(tmp_path, a, capsys):
    b = folder(tmp_path / "b")
    assert cli.main(["diff", str(a), str(b)]) == 0
    change(b, "needs", 0, -1.0)
    assert cli.main(["diff", str(a), str(b), "lang=zh"]) == 1
    assert "两个文件夹不同" in capsys.readouterr().out
    assert cli.main(["diff", str(a)]) == 2
    assert cli.main(["diff", str(a), str(tmp_path / "no")]) == 2
