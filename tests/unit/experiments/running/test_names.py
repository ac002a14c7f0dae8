"""Sets of names: what a set of Python's says, and the names themselves as they always were."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.running import names as names_module
from experiments.running.names import Names, as_names, column_names, name_of, names_of

WORDS = st.text(alphabet="0123456789abcdef", min_size=1, max_size=32)


def test_a_name_is_the_first_half_of_a_hash():
    expected = [hashlib.sha256(b"key 7 " + str(one).encode()).hexdigest()[:32] for one in range(12)]
    assert [name.decode() for name in names_of(b"key 7 ", range(12)).tolist()] == expected
    assert [name_of(b"key 7 ", one) for one in range(12)] == expected
    assert names_of(b"key 7 ", range(0)).shape == (0,)


@pytest.fixture(scope="module", params=["memory", "disk"])
def place(request, tmp_path_factory):
    """Where names are kept: in memory, or in blocks of 3 on the disk as soon as there are more."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "memory":
            yield None
        else:
            patch.setattr(names_module, "RECENT", 3)
            patch.setattr(names_module, "BLOCK", 3)
            yield tmp_path_factory.mktemp("names")


@given(first=st.sets(WORDS), batches=st.lists(st.lists(WORDS)), asked=st.sets(WORDS))
def test_names_are_a_set(place, first, batches, asked):
    plain, names = set(first), Names(first, folder=place)
    for number, batch in enumerate(batches):
        plain.update(batch)
        names.update(batch)
        if number % 2:  # otherwise some wait to be sorted in
            assert len(names) == len(plain)
    assert names.held(as_names(sorted(asked))).tolist() == [name in plain for name in sorted(asked)]
    assert all((name in names) == (name in plain) for name in asked | plain)
    asked_for = sorted(asked | set(list(plain)[::2]))
    assert names.held(as_names(asked_for)).tolist() == [name in plain for name in asked_for]
    assert names == plain and set(names) == plain
    assert names & asked == plain & asked and names - asked == plain - asked
    assert asked - names == asked - plain
    assert len(names) == len(plain) and list(names) == sorted(plain)


def test_names_stay_a_set_when_many_come(monkeypatch):
    monkeypatch.setattr(names_module, "RECENT", 3)
    names = Names(["b"])
    for one in "abcdefgaz":
        names.update([one, "b"])
    assert names == set("abcdefgz")
    assert list(names) == sorted("abcdefgz")


def test_names_that_begin_alike_are_told_apart(place):
    """Made-up hashes that agree in all but their last digits: only whole names count."""
    alike = ["c0ffee" * 5 + f"{one:02x}" for one in range(256)]
    names = Names(folder=place)
    for one in alike[::2]:
        names.update([one])
    assert names.held(as_names(alike)).tolist() == [True, False] * 128
    assert [name in names for name in alike] == [True, False] * 128
    assert list(names) == alike[::2]


def test_a_disk_that_is_full_costs_memory_and_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(names_module, "RECENT", 3)
    names = Names(folder=tmp_path)
    names.update("abcde")

    def full(*_given, **_settings):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", full)
        names.update("ecafghi")
        assert names == set("abcdefghi")
    names.update("jklmnop")
    assert names == set("abcdefghijklmnop")


def test_nothing_of_the_names_is_left_in_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(names_module, "RECENT", 3)
    names = Names(folder=tmp_path)
    names.update("abcde")
    del names
    assert list(tmp_path.iterdir()) == []


def most(number: int, folder: Path | None) -> int:
    """The most bytes that were held at once while so many names came and were looked up."""
    tracemalloc.start()
    try:
        names = Names(folder=folder)
        for first in range(0, number, 1_000):
            names.update(names_of(b"one ", range(first, first + 1_000)))
        for first in range(0, number, 1_000):
            assert names.held(names_of(b"one ", range(first, first + 1_000))).all()
            assert not names.held(names_of(b"other ", range(first, first + 10))).any()
        assert len(names) == number
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_names_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(names_module, "RECENT", 5_000)
    monkeypatch.setattr(names_module, "BLOCK", 2_000)
    more = 40_000
    assert (most(10_000 + more, tmp_path) - most(10_000, tmp_path)) / more < 1.0
    assert (most(10_000 + more, None) - most(10_000, None)) / more > 32.0  # as it is in memory


def test_a_name_that_is_too_long_is_refused_and_is_in_no_set():
    with pytest.raises(ValueError, match="at most 32"):
        Names(["x" * 33])
    assert "x" * 33 not in Names(["x" * 32])


def test_shape_is_kept():
    asked = as_names(["a", "b", "c", "d"]).reshape(2, 2)
    assert Names(["b", "c"]).held(asked).tolist() == [[False, True], [True, False]]
    assert Names().held(asked).tolist() == [[False, False], [False, False]]


@pytest.mark.parametrize("long", [True, False])
def test_a_column_is_read_whatever_its_pieces(long):
    words = [f"{one:032x}" if long else f"{one}" for one in range(9)]
    array = pa.array(words)
    pieces = pa.chunked_array([array.slice(0, 4), array.slice(4, 0), array.slice(4)])
    assert column_names(pieces).tolist() == [word.encode() for word in words]
    assert column_names(array.slice(3, 2)).tolist() == [word.encode() for word in words[3:5]]
    assert column_names(pa.chunked_array([], pa.string())).tolist() == []
    assert np.array_equal(column_names(array), as_names(words))
