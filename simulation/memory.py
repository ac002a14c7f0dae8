"""Where columns lie in memory; and what a replicate gives back is kept for the next one.

A replicate takes some 25 MB and frees them when it ends. The C library of Linux would return them
to the system and fetch them again, page by page, each cleared, which costs a run 6 % of its time.
"""

from __future__ import annotations

import ctypes
import functools
import math
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

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


@intrinsic  # type: ignore[untyped-decorator]
def fetch_row(context: Any, column: Any, row: Any) -> Any:
    """Have a row of a column fetched ahead of its use, in compiled code; changes nothing."""
    word, flag, byte = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(column)(context, builder, arguments[0])
        size = cgutils.unpack_tuple(builder, array.strides)[0]
        row_starts = builder.mul(arguments[1], size)
        begin = builder.add(builder.ptrtoint(array.data, word), row_starts)
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        lines = cgutils.for_range_slice(builder, word(0), size, word(LINE), inc=True)
        with lines as (place, _):
            line = builder.inttoptr(builder.add(begin, place), byte)
            builder.call(fetch, [line, flag(0), flag(3), flag(1)])  # to read, into all caches, data
        return context.get_dummy_value()

    return types.none(column, types.int64), generate
