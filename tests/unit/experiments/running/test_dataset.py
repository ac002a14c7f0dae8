"""Merged files: few of them, at no moment anything lost or doubled, and damage always seen."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from experiments.running import dataset, register
from experiments.running import names as names_module
from experiments.running.dataset import DataSet
from experiments.running.files import read_by_content
from experiments.running.names import names_of
from experiments.running.store import (
    OUTCOME_NAMES,
    RUNS,
    TRAJECTORY_NAMES,
    ExperimentError,
    Failure,
    Run,
    Store,
)

EXPERIMENT = {"seed": 1}
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def _small_files(monkeypatch):
    """Files of 4 runs are large here, those of 1 are small; more names than 3 stand on the disk."""
    monkeypatch.setattr(dataset, "LARGEST", 4)
    monkeypatch.setattr(dataset, "SMALL", 2)
    monkeypatch.setattr(register, "TOGETHER", 4)
    monkeypatch.setattr(names_module, "RECENT", 3)
    monkeypatch.setattr(names_module, "BLOCK", 3)
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # no power fails here


def make_run(number: int, quarters: int = 3) -> Run:
    return Run(
        run_id=f"{number:032x}",
        replicate=number,
        seed=1,
        outcomes=np.arange(len(OUTCOME_NAMES), dtype=np.float64) + number,
        trajectories=np.full((len(TRAJECTORY_NAMES), quarters), number, np.float32),
        stages=np.arange(number % 3),
    )


NAMES = [make_run(number).run_id for number in range(7)]


def filled(out: Path, numbers: range = range(7)) -> Path:
    """A store with every run in a file of its own."""
    with Store(out, EXPERIMENT) as store:
        for number in numbers:
            store.append([make_run(number)], [failure(number)])
    return out


def failure(number: int) -> Failure:
    return Failure(f"{number % 2:032x}", "main", "race", number, 1, f"error {number % 2}")


def files(out: Path, name: str) -> list[Path]:
    return sorted((out / "store" / name).glob("*.parquet"))


def everything(out: Path) -> tuple[pa.Table, pa.Table, list[int]]:
    """What the store gives to those who ask for all runs, in one order."""
    with Store(out, EXPERIMENT) as store:
        assert store.set_aside == []
        assert store.run_ids == store.trajectory_ids == set(NAMES)
        quarters, owner = store.trajectories(NAMES)
        return store.runs(NAMES), quarters, owner.tolist()


def rows(out: Path, name: str) -> Counter[str]:
    """How often each run stands in the files, read as other programs do."""
    names: Counter[str] = Counter()
    for path in files(out, name):
        names.update(pq.read_table(path)["run_id"].to_pylist())
    return names


def compact(out: Path) -> None:
    with Store(out, EXPERIMENT) as store:
        store.compact()


# ---- merging


def test_small_files_are_merged_and_say_the_same(tmp_path):
    out = filled(tmp_path)
    before = everything(out)
    compact(out)
    assert [len(files(out, name)) for name in ("runs", "trajectories", "failures")] == [2, 2, 2]
    assert everything(out) == before
    assert set(rows(out, "runs").values()) == {1} and set(rows(out, "trajectories").values()) == {3}


def test_large_files_stay_as_they_are(tmp_path):
    out = filled(tmp_path, range(4))
    compact(out)
    (large,) = files(out, "runs")
    filled(out, range(4, 7))
    compact(out)
    assert large in files(out, "runs") and len(files(out, "runs")) == 2
    assert set(everything(out)[0]["run_id"].to_pylist()) == set(NAMES)


def test_merging_twice_changes_nothing(tmp_path):
    out = filled(tmp_path)
    compact(out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    compact(out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")} == before


def test_at_most_one_file_for_a_thousand_runs(tmp_path, monkeypatch):
    monkeypatch.undo()
    with Store(tmp_path, EXPERIMENT) as store:
        for first in range(0, 7_500, 300):
            store.append([make_run(number, 1) for number in range(first, first + 300)])
        store.compact()
        assert len(store.run_ids) == 7_500
    assert len(files(tmp_path, "runs")) == 2
    assert sum(rows(tmp_path, "runs").values()) == 7_500


def test_the_same_session_reads_what_it_merged(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        for number in range(7):
            store.append([make_run(number)])
        store.compact()
        store.append([make_run(7)])
        replicates = store.runs([*NAMES, make_run(7).run_id])["replicate"].to_pylist()
    assert replicates == list(range(8))


def test_a_run_that_was_done_twice_stands_once_after_merging(tmp_path):
    out = filled(tmp_path)
    with Store(out, EXPERIMENT) as store:
        store.append([make_run(0), make_run(1)])
    compact(out)
    assert set(rows(out, "runs").values()) == {1} and set(rows(out, "trajectories").values()) == {3}


def test_rows_of_other_versions_are_kept_and_not_used(tmp_path, monkeypatch):
    other = RUNS.append(pa.field("of_tomorrow", pa.float64()))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules[Store.__module__].SCHEMAS, "runs", other)
        store = tmp_path / "store"
        store.mkdir()
        (store / "checked").mkdir()
        data_set = DataSet(store, "runs", other)
        data_set.prepare(alone=True)
        for number in range(3):
            columns = {
                name: pa.nulls(1, kind) for name, kind in zip(other.names, other.types, strict=True)
            }
            table = pa.table(columns | {"run_id": [f"old {number}"]}, schema=other)
            data_set.append(table)
    left = {path: path.read_bytes() for path in files(tmp_path, "runs")}
    (tmp_path / "store" / "manifest.json").write_text('{"experiment": {"seed": 1}}')
    filled(tmp_path)
    compact(tmp_path)
    everything(tmp_path)
    assert {path: path.read_bytes() for path in left} == left


@pytest.mark.parametrize("name", ["runs", "trajectories"])
def test_other_programs_open_the_store(tmp_path, name):
    out = filled(tmp_path)
    compact(out)
    folder = out / "store" / name
    by_arrow = ds.dataset(folder).to_table()
    by_pandas = pd.read_parquet(folder)
    assert (
        Counter(by_arrow["run_id"].to_pylist()) == rows(out, name) == Counter(by_pandas["run_id"])
    )
    some = ds.dataset(folder).to_table(columns=["run_id"], filter=ds.field("run_id") == NAMES[3])
    assert some.num_rows == rows(out, name)[NAMES[3]]


# ---- kills


class Killed(BaseException):
    """What happens instead of ``kill -9``; nobody catches it."""


def dying(patch: pytest.MonkeyPatch, steps: int) -> None:
    """After so many steps on the disk none happens any more."""
    left = [steps]

    def mortal(operation):
        def step(*given, **settings):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return operation(*given, **settings)

        return step

    for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "open")):
        patch.setattr(owner, name, mortal(getattr(owner, name)))


NARROW = pa.schema([("run_id", pa.string()), ("quarter", pa.int32()), ("solved", pa.float32())])


def narrow(store: Path) -> DataSet:
    """A data set of few columns, so that it is merged quickly."""
    data_set = DataSet(store, "trajectories", NARROW)
    data_set.prepare(alone=True)
    data_set.open()
    assert data_set.set_aside == [] and data_set.names == set(NAMES)
    return data_set


def told(data_set: DataSet) -> list[tuple[str, int, float]]:
    rows = pa.concat_tables(data_set.tables()).sort_by(
        [("run_id", "ascending"), ("quarter", "ascending")]
    )
    return [tuple(row.values()) for row in rows.to_pylist()]


def survives(data_set: DataSet, steps: int) -> bool:
    """Merge until the process dies after so many steps; whether it came to the end."""
    with pytest.MonkeyPatch.context() as patch:
        dying(patch, steps)
        try:
            data_set.compact()
        except Killed:
            return False
        return True


def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path):
    whole = tmp_path / "whole"
    data_set = DataSet(whole, "trajectories", NARROW)
    (whole / "checked").mkdir(parents=True)
    data_set.prepare(alone=True)
    for name in NAMES:
        data_set.append(pa.table([[name] * 2, [0, 1], [3.0, 4.0]], schema=NARROW))
    before = told(narrow(whole))
    for steps in itertools.count():
        store = tmp_path / f"{steps}"
        shutil.copytree(whole, store)
        ended = survives(narrow(store), steps)
        assert told(narrow(store)) == before, f"killed after {steps} steps"
        assert not list(store.rglob("*.tmp"))
        narrow(store).compact()
        assert told(narrow(store)) == before, f"killed after {steps} steps, then merged"
        left = sorted((store / "trajectories").glob("*.parquet"))
        assert len(left) <= 3, f"killed after {steps} steps"
        doubled = Counter(
            name for path in left for name in pq.read_table(path)["run_id"].to_pylist()
        )
        assert set(doubled.values()) == {2}, f"killed after {steps} steps"
        if ended:
            break
    assert steps > 20  # every write, flush, rename and removal was the last one once


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_real_kill_while_files_are_merged(tmp_path):
    out = filled(tmp_path)
    before = everything(out)
    code = f"""
import os, signal
from pathlib import Path
from experiments.running import dataset
from experiments.running.store import Store
dataset.LARGEST, dataset.SMALL = 4, 2
unlink, calls = Path.unlink, []
def mortal(path, **settings):
    calls.append(path)
    if len(calls) == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    unlink(path, **settings)
Path.unlink = mortal
with Store(Path({str(out)!r}), {EXPERIMENT!r}) as store:
    store.compact()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert everything(out) == before
    compact(out)
    assert everything(out) == before
    assert set(rows(out, "runs").values()) == {1}


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "Read-only file system")]
)
def test_a_disk_that_refuses_while_files_are_merged_is_explained(
    tmp_path, monkeypatch, number, words
):
    out = filled(tmp_path)
    before = everything(out)
    with Store(out, EXPERIMENT) as store, monkeypatch.context() as patch:

        def refuse(_handle):
            raise OSError(number, os.strerror(number))

        patch.setattr(os, "fsync", refuse)
        with pytest.raises(ExperimentError, match=f"{words}.* merged .* 7 runs are safe"):
            store.compact()
    assert everything(out) == before
    assert not list(out.rglob("*.tmp"))


# ---- the register, and damage


def flip(path: Path, at: float, *, quietly: bool) -> None:
    """Change one bit; quietly: with size and time of change as they were."""
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] ^= 0x10
    status = path.stat()
    path.write_bytes(bytes(content))
    if quietly:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    else:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@pytest.mark.parametrize("merged", [True, False])
def test_a_second_opening_reads_no_values(tmp_path, monkeypatch, merged):
    out = filled(tmp_path)
    if not merged:  # files that are large enough as they come are none the less in the register
        monkeypatch.setattr(dataset, "SMALL", 0)
    compact(out)
    assert len(files(out, "runs")) == (2 if merged else 7)
    read: list[str] = []

    def watched(path: Path) -> pq.ParquetFile:
        read.append(path.parent.name)
        return read_by_content(path)

    for module in (dataset, register):
        monkeypatch.setattr(module, "read_by_content", watched)
    with Store(out, EXPERIMENT) as store:
        assert store.run_ids == set(NAMES)
    assert set(read) == {"checked"}


def test_a_session_without_a_second_opening_leaves_a_register(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "SMALL", 0)
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run(number) for number in range(7)])
        store.compact()
    assert len(files(tmp_path, "runs")) == len(files(tmp_path, "trajectories")) == 1
    assert {path.name.split("-")[0] for path in files(tmp_path, "checked")} == {
        "runs", "trajectories",
    }  # fmt: skip


def most(store: Path, runs: int) -> int:
    """The most bytes held at once while runs come, are merged, read, and found by another process.

    Without those of Arrow, which are those of one file.
    """
    (store / "checked").mkdir(parents=True)
    tracemalloc.start()
    try:
        first, again = (DataSet(store, "trajectories", NARROW) for _ in range(2))
        first.prepare(alone=True)
        for one in range(0, runs, 500):
            names = pa.array(names_of(b"one ", range(one, one + 500)).astype(str))
            zeros = np.zeros(500)
            first.append(pa.table([names, zeros.astype(np.int32), zeros], schema=NARROW))
        first.compact()
        again.open()
        again.compact()
        assert sum(table.num_rows for table in again.tables()) == len(again.names) == runs
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_runs(tmp_path, monkeypatch):
    for module, name in (
        (dataset, "LARGEST"), (register, "TOGETHER"), (names_module, "RECENT"),
        (names_module, "BLOCK"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 2_000)
    monkeypatch.setattr(dataset, "SMALL", 1_000)
    more = 40_000
    grown = most(tmp_path / "many", 8_000 + more) - most(tmp_path / "few", 8_000)
    assert grown / more < 4.0


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.9, 1.0])
@pytest.mark.parametrize("name", ["runs", "trajectories"])
def test_any_damage_to_a_file_in_the_register_is_seen_at_opening(tmp_path, name, at):
    out = filled(tmp_path)
    compact(out)
    bad = files(out, name)[0]
    lost = set(pq.read_table(bad)["run_id"].to_pylist())
    flip(bad, at, quietly=False)
    with Store(out, EXPERIMENT) as store:
        ((before, after),) = store.set_aside
        assert before == f"store/{name}/{bad.name}" and (out / after).exists()
        known = store.run_ids if name == "runs" else store.trajectory_ids
        assert set(NAMES) - known == lost


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.9, 1.0])
@pytest.mark.parametrize("name", ["runs", "trajectories"])
def test_damage_that_leaves_no_trace_is_seen_before_a_value_is_used(tmp_path, name, at):
    out = filled(tmp_path)
    compact(out)
    bad = files(out, name)[0]
    lost = set(pq.read_table(bad)["run_id"].to_pylist())
    flip(bad, at, quietly=True)
    with Store(out, EXPERIMENT) as store:
        assert store.set_aside == []
        with pytest.raises(ExperimentError, match="is damaged.*set_aside.*done again"):
            store.runs(NAMES) if name == "runs" else store.trajectories(NAMES)
        assert len(store.set_aside) == 1
    with Store(out, EXPERIMENT) as store:
        known = store.run_ids if name == "runs" else store.trajectory_ids
        assert set(NAMES) - known == lost
        store.append([make_run(int(name, 16)) for name in lost])
    everything(out)


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_a_damaged_register_is_not_believed(tmp_path, at):
    out = filled(tmp_path)
    before = everything(out)
    compact(out)
    for path in files(out, "checked"):
        flip(path, at, quietly=True)
    assert everything(out) == before


def test_a_register_can_be_deleted(tmp_path):
    out = filled(tmp_path)
    before = everything(out)
    compact(out)
    shutil.rmtree(out / "store" / "checked")
    assert everything(out) == before


def test_a_register_of_other_columns_is_not_believed(tmp_path, monkeypatch):
    out = filled(tmp_path)
    compact(out)
    with monkeypatch.context() as patch:
        other = RUNS.append(pa.field("of_tomorrow", pa.float64()))
        patch.setitem(sys.modules[Store.__module__].SCHEMAS, "runs", other)
        with Store(out, EXPERIMENT) as store:
            assert store.run_ids == set() and store.trajectory_ids == set(NAMES)
    everything(out)
