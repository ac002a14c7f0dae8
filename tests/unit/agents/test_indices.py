"""Indices are unsigned in compiled rules, and a check of bounds still finds negative ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba import types

from agents.compiled import rule
from agents.indices import unsigned

READ = """
import numpy as np
from agents.compiled import rule

@rule
def read(values, place):
    return values[place]

print(read(np.arange(4.0), 3))
try:
    read(np.arange(4.0), -1)
except IndexError:
    print("refused")
"""


@rule
def at(values, place):
    """The value at a place."""
    return values[place]


@rule
def last(values):
    """The last value, by a written constant."""
    return values[-1]


def test_signed_numbers_become_unsigned_and_others_stay() -> None:
    assert unsigned(types.int64) == types.uint64
    assert unsigned(types.Tuple([types.int64, types.slice2_type])) == types.Tuple(
        [types.uint64, types.slice2_type]
    )
    assert unsigned(types.slice2_type) == types.slice2_type


def test_the_compiled_code_tests_no_sign() -> None:
    assert at(np.arange(4.0), 2) == 2.0
    assert last(np.arange(4.0)) == 3.0
    ours: Any = at
    usual: Any = numba.njit(error_model="numpy")(ours.py_func)
    assert usual(np.arange(4.0), 2) == 2.0
    assert "icmp slt" in usual.inspect_llvm(usual.signatures[0])
    assert "icmp slt" not in ours.inspect_llvm(ours.signatures[0])


def test_a_negative_index_is_found_by_a_check_of_bounds(tmp_path: Path) -> None:
    script = tmp_path / "read.py"
    script.write_text(READ)
    root = Path(__file__).parents[3]
    told = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "NUMBA_BOUNDSCHECK": "1",
             "CONSORTIA_CACHE": str(tmp_path)},
    )  # fmt: skip
    assert told.stdout.split() == ["3.0", "refused"]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_places_from_the_start_are_read(place: int) -> None:
    assert at(np.arange(4.0), place) == float(place)
