"""Rules that only other rules call have no machine code, and are kept for later starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import types

from agents.compiled import rule
from agents.intermediate import IntermediateCode

NUMBER = (types.float64,)


@rule
def doubled(x):
    """Twice x."""
    return 2.0 * x


@rule
def quadrupled(x):
    """Four times x."""
    return doubled(doubled(x))


@rule
def shown(values):
    """Print an array, for which numba hands over an object of Python."""
    print(values)
    return values[0]


@rule
def shown_twice(values):
    """A rule that calls such a rule."""
    return shown(values)


def inner_of(of: Any) -> Any:
    """What other rules call in the place of a rule."""
    return of.get_overload.__self__


def test_what_rules_call_has_no_machine_code_and_what_python_calls_has() -> None:
    assert quadrupled(1.5) == 6.0
    ours: Any = quadrupled
    inner_of(doubled).compile(NUMBER)
    called = inner_of(doubled).overloads[NUMBER].library
    outer = ours.overloads[NUMBER].library
    assert isinstance(called, IntermediateCode) and not hasattr(called, "_compiled_object")
    assert outer._object_caching_enabled and not isinstance(outer, IntermediateCode)
    assert not inner_of(quadrupled).overloads  # nobody has called it from a rule


def test_the_code_is_kept_and_read_again() -> None:
    inner = inner_of(doubled)
    inner.compile(NUMBER)
    (made,) = inner.overloads.values()
    kept = inner._cache._impl.reduce(made)
    again = inner._cache._impl.rebuild(inner.targetctx, kept)
    assert again.signature == made.signature == types.float64(types.float64)
    names = [one.name for one in again.library._get_module_for_linking().functions]
    assert made.fndesc.mangled_name in names
    assert inner._cache.load_overload(made.signature.args, inner.targetctx) is not None


def test_rules_that_need_objects_of_python_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="shown.* needs objects of Python"):
        shown_twice(np.arange(2.0))
