"""Where columns lie in memory; and what a replicate gives back is kept for the next one.

A replicate takes some 25 MB and frees them when it ends. The C library of Linux would return them
to the system and fetch them again, page by page, each cleared, which costs a run 6 % of its time.
"""

from __future__ import annotations

import ctypes
import functools
import math
import sys

import numpy as np

from simulation.columns import LINE

M_TRIM_THRESHOLD = -1  # of GNU's malloc.h
M_MMAP_THRESHOLD = -3
KEPT_BYTES = 256 << 20
LARGE_BYTES = 64 << 20  # larger arrays, of populations of tens of thousands, are returned


@functools.cache
def keep_freed_memory() -> None:
    """Keep up to 256 MB of freed memory in this process, where the C library is GNU's."""
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def memory_for(shape: tuple[int, ...], kind: np.dtype, *, cleared: bool) -> np.ndarray:
    """Memory for a column, beginning with a line of memory; zeros if it is to be cleared."""
    size = math.prod(shape) * kind.itemsize
    memory = (np.zeros if cleared else np.empty)(size + LINE, np.uint8)
    return np.ndarray(shape, kind, memory, -memory.ctypes.data % LINE)
