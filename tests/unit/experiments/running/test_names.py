"""Sets of names: what a set of Python's says, and the names themselves as they always were."""

from __future__ import annotations

import hashlib

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
    assert [name.decode() for name in names_of(b"key 7 ", 12).tolist()] == expected
    assert [name_of(b"key 7 ", one) for one in range(12)] == expected
    assert names_of(b"key 7 ", 0).shape == (0,)


@given(first=st.sets(WORDS), batches=st.lists(st.lists(WORDS)), asked=st.sets(WORDS))
def test_names_are_a_set(first, batches, asked):
    plain, names = set(first), Names(first)
    for batch in batches:
        plain.update(batch)
        names.update(batch)
        assert len(names) == len(plain)
    assert all((name in names) == (name in plain) for name in asked | plain)
    asked_for = sorted(asked | set(list(plain)[::2]))
    assert names.held(as_names(asked_for)).tolist() == [name in plain for name in asked_for]
    assert names == plain and set(names) == plain
    assert names & asked == plain & asked and names - asked == plain - asked
    assert asked - names == asked - plain


def test_names_stay_a_set_when_many_come(monkeypatch):
    monkeypatch.setattr(names_module, "RECENT", 3)
    names = Names(["b"])
    for one in "abcdefgaz":
        names.update([one, "b"])
    assert names == set("abcdefgz")
    assert names.as_bytes().tolist() == sorted(b"%c" % ord(one) for one in "abcdefgz")


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
