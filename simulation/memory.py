"""Memory: what a replicate gives back is kept for the next one, and what a rule will read is fetched.

A replicate takes some 25 MB and frees them when it ends. The C library of Linux would return them
to the system and fetch them again, page by page, each cleared, which costs a run 6 % of its time.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

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


@intrinsic  # type: ignore[untyped-decorator]
def fetch(context: Any, table: Any, row: Any, column: Any) -> Any:
    """Ask the processor to bring an element of a two-dimensional array closer; changes nothing.

    Compiled code only. Many elements asked for together arrive together; read one by one, each
    would be waited for.
    """
    word = ir.IntType(32)
    pointer = ir.IntType(8).as_pointer()

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, values[0])
        place = cgutils.get_item_pointer(context, builder, signature.args[0], array, values[1:])
        kind = ir.FunctionType(ir.VoidType(), [pointer, word, word, word])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        for_reading, in_every_cache, data = word(0), word(3), word(1)
        builder.call(ask, [builder.bitcast(place, pointer), for_reading, in_every_cache, data])
        return context.get_dummy_value()

    return types.none(table, types.int64, types.int64), generate
