"""Freed memory is kept for the next replicate; what is fetched ahead changes nothing."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from benchmarks.scale import BURN_IN, short_world
from benchmarks.world import SEED, repeated
from simulation.columns import ACTIVE_PROJECTS, N_CONSORTIA, N_MEMBERS
from simulation.phases import addresses, advance
from simulation.projects import FAR_APART, fetch_ahead
from simulation.setup import first_state
from tests.support import worlds

FAULTS = """
import resource
import numpy as np
from simulation.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(250_000) for _ in range(16)]  # 32 MB, as a replicate takes them
    del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if KEEP:
    keep_freed_memory()
faults()
print(min(faults() for _ in range(5)))
"""


def _faults(keep: bool) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.replace("KEEP", str(keep))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries decide themselves")
def test_memory_given_back_is_not_fetched_again() -> None:
    assert _faults(keep=True) < 3
    assert _faults(keep=False) > 5


def test_fetching_ahead_changes_nothing() -> None:
    population = repeated(worlds.default_population(), 5_000)
    state = first_state(short_world(), population, seed=SEED, replicate=0)
    advance(state, addresses(), 0, BURN_IN, False, True)
    count = int(state.counters[ACTIVE_PROJECTS])
    assert count > FAR_APART
    kept = (
        state.block,
        state.consortia[: state.counters[N_CONSORTIA]],
        state.members[: state.counters[N_MEMBERS]],
        state.needs,
    )
    before = [column.tobytes() for column in kept]
    for k in range(count):  # the last ones have nothing ahead of them
        fetch_ahead(state, k)
    assert [column.tobytes() for column in kept] == before
