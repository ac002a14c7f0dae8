"""The register: what holds of it is kept, in files of some runs each; nothing else is believed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest

from experiments.running import register as register_module
from experiments.running.names import names_of
from experiments.running.register import Entry, FileState, Register

COLUMNS = pa.schema([("run_id", pa.string()), ("solved", pa.float64())])


@pytest.fixture(autouse=True)
def _small_files(monkeypatch):
    """A file of the register is for 6 runs here."""
    monkeypatch.setattr(register_module, "TOGETHER", 6)
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # no power fails here


def register(folder: Path, columns: pa.Schema = COLUMNS) -> Register:
    return Register(folder, "runs", columns)


def entry(file: int, runs: int = 2, changed_ns: int = 5) -> Entry:
    names = names_of(b"%d " % file, range(runs))
    return Entry(f"{file}.parquet", FileState(100 + file, changed_ns, runs), names)


def states(*entries: Entry) -> dict[str, FileState]:
    return {one.file: one.state for one in entries}


def written(folder: Path, *entries: Entry) -> Register:
    book = register(folder)
    for one in entries:
        book.add(one)
    book.settle(states(*entries))
    return book


def known(folder: Path, columns: pa.Schema = COLUMNS) -> dict[str, tuple[FileState, list[bytes]]]:
    return {
        file: (state, names.tolist()) for file, state, names in register(folder, columns).entries()
    }


def wanted(*entries: Entry) -> dict[str, tuple[FileState, list[bytes]]]:
    return {file: (state, names.tolist()) for file, state, names in entries}


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_what_was_added_is_known_and_stands_in_files_of_some_runs(tmp_path):
    entries = [entry(file) for file in range(10)]
    written(tmp_path, *entries)
    assert known(tmp_path) == wanted(*entries)
    assert len(files(tmp_path)) == 4  # three files with 6 runs each, one with 2


def test_a_file_with_more_runs_than_belong_together_is_one_entry(tmp_path):
    written(tmp_path, entry(0, runs=20), entry(1, runs=0), entry(2))
    assert known(tmp_path) == wanted(entry(0, runs=20), entry(1, runs=0), entry(2))


def test_full_files_stay_and_small_ones_are_put_together(tmp_path):
    full, small = [entry(0), entry(1), entry(2)], entry(3)
    written(tmp_path, *full, small)
    before = set(files(tmp_path))
    book = register(tmp_path)
    book.add(entry(4))
    book.settle(states(*full, small, entry(4)))
    assert known(tmp_path) == wanted(*full, small, entry(4))
    assert len(files(tmp_path)) == 2 and len(before & set(files(tmp_path))) == 1


def test_what_holds_no_more_is_forgotten(tmp_path):
    entries = [entry(file) for file in range(4)]
    book = written(tmp_path, *entries)
    changed = entry(1, changed_ns=6)
    book.add(changed)
    book.settle(states(entries[0], changed, entries[3]))
    assert known(tmp_path) == wanted(entries[0], changed, entries[3])


def test_what_is_gone_before_it_was_written_is_not_written(tmp_path):
    book = register(tmp_path)
    book.add(entry(0))
    book.add(entry(1))
    book.settle(states(entry(1)))
    assert known(tmp_path) == wanted(entry(1))


def test_a_file_that_comes_out_as_it_was_stays(tmp_path):
    """The only small file is taken up, and written again with the same content."""
    written(tmp_path, entry(0), entry(1))
    book = written(tmp_path, entry(0), entry(1))
    assert known(tmp_path) == wanted(entry(0), entry(1))
    before = {path: path.stat().st_mtime_ns for path in files(tmp_path)}
    book.settle(states(entry(0), entry(1)))  # without news
    assert {path: path.stat().st_mtime_ns for path in files(tmp_path)} == before


def test_a_file_in_two_files_of_the_register_is_written_once(tmp_path):
    """A kill between writing and removing leaves that."""
    written(tmp_path, entry(0), entry(1), entry(2))
    kept = {path: path.read_bytes() for path in files(tmp_path)}
    written(tmp_path, entry(0), entry(3))
    for path, content in kept.items():
        path.write_bytes(content)
    every = [entry(0), entry(1), entry(2), entry(3)]
    book = register(tmp_path)
    book.add(entry(4))
    book.settle(states(*every, entry(4)))
    found = [one.file for one in register(tmp_path).entries()]
    assert sorted(found) == [one.file for one in (*every, entry(4))]


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more"])
def test_a_damaged_file_is_not_believed_and_goes(tmp_path, content):
    written(tmp_path, *[entry(file) for file in range(4)])
    small = min(files(tmp_path), key=lambda path: path.stat().st_size)
    small.write_bytes(content)
    assert len(known(tmp_path)) == 3
    book = register(tmp_path)
    book.add(entry(5))
    book.settle(states(*[entry(file) for file in range(6)]))
    assert known(tmp_path) == wanted(entry(0), entry(1), entry(2), entry(5))
    assert small not in files(tmp_path)


def test_files_with_other_columns_are_none_of_ours(tmp_path):
    written(tmp_path, entry(0))
    assert known(tmp_path, COLUMNS.append(pa.field("of_tomorrow", pa.float64()))) == {}


def test_a_disk_that_refuses_costs_reading_and_nothing_else(tmp_path, monkeypatch):
    written(tmp_path, *[entry(file) for file in range(4)])

    def refuse(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    written(tmp_path, *[entry(file) for file in range(4, 12)])
    assert known(tmp_path) == wanted(*[entry(file) for file in range(4)])


def test_a_file_is_as_found_when_size_and_time_agree(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"four")
    state = FileState.of(path, 2)
    assert state.as_found(path)
    os.utime(path, ns=(0, state.changed_ns + 1))
    assert not state.as_found(path)
    path.write_bytes(b"fours")
    os.utime(path, ns=(0, state.changed_ns))
    assert not state.as_found(path)
    path.unlink()
    assert not state.as_found(path)
