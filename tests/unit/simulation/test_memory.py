"""Freed memory is kept for the next replicate."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

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
