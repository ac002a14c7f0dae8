"""Small sets kept as the bits of an integer. Compiled, each question is one instruction."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic, overload


def count_bits(part):
    """Elements of a bit set."""
    return int(part).bit_count()


def lowest(part):
    """The lowest element of a bit set that is not empty."""
    return (int(part) & -int(part)).bit_length() - 1


@intrinsic  # type: ignore[untyped-decorator]
def _ones(context: Any, part: Any) -> Any:
    return part(part), lambda context, builder, signature, values: builder.ctpop(values[0])


@intrinsic  # type: ignore[untyped-decorator]
def _trailing_zeros(context: Any, part: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.IntType(1)(0))

    return part(part), generate


@overload(count_bits)
def _count_bits(part):
    return lambda part: np.int64(_ones(part))


@overload(lowest)
def _lowest(part):
    return lambda part: np.int64(_trailing_zeros(part))
