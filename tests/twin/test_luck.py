"""The twin's luck is the engine's, and its rules are plain Python."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import streams
from simulation.policies.budget import growth_factor
from simulation.policies.renewal import slots_after
from simulation.state import state_at
from simulation.worth import failure_penalty
from tests.support.twin import rules
from tests.support.twin.luck import Luck, combine, first_to_ring, mix

bits = st.integers(0, 2**64 - 1)
steps = st.integers(-1, 10_000)
decisions = st.integers(0, 60)


@given(bits, bits)
def test_names_are_mixed_alike(a: int, b: int) -> None:
    assert mix(a) == int(streams.mix(np.uint64(a)))
    assert combine(a, b) == int(streams.combine(np.uint64(a), np.uint64(b)))


@settings(max_examples=500)
@given(st.integers(0, 2**63 - 1), st.integers(0, 10**6), decisions, steps, bits)
def test_draws_are_alike(seed: int, replicate: int, decision: int, step: int, entity: int) -> None:
    luck = Luck(seed, replicate)
    key = np.uint64(streams.replicate_key(np.uint64(seed), np.uint64(replicate)))
    address = (decision, step, np.uint64(entity))
    assert luck.key == int(key)
    assert luck.bits(decision, step, entity) == int(streams.bits(key, *address))
    assert luck.uniform(decision, step, entity) == streams.uniform(key, *address)
    assert luck.normal(decision, step, entity) == streams.normal(key, *address)


@given(decisions, bits, st.floats(-1.0, 100.0))
def test_clocks_are_alike(decision: int, entity: int, weight: float) -> None:
    luck = Luck(1, 2)
    engine = streams.clock(np.uint64(luck.key), decision, 3, np.uint64(entity), weight)
    assert luck.clock(decision, 3, entity, weight) == engine


@given(st.lists(st.sampled_from([0.5, 1.0, 2.0, float("inf")]), min_size=1))
def test_the_first_of_equal_clocks_rings(clocks: list[float]) -> None:
    assert first_to_ring(clocks) == int(np.argmin(clocks))


def called_from(rule: Any) -> list[Any]:
    """Everything that a rule, and what it calls, can find by name."""
    found: dict[int, Any] = {}
    waiting = [rule]
    while waiting:
        function = waiting.pop()
        for name in function.__code__.co_names:
            one = function.__globals__.get(name)
            if one is not None and id(one) not in found:
                found[id(one)] = one
                if isinstance(one, FunctionType):
                    waiting.append(one)
    return list(found.values())


def test_no_rule_of_the_twin_is_compiled() -> None:
    shared = {
        name: one
        for name, one in vars(rules).items()
        if isinstance(one, FunctionType) and one.__module__ != rules.__name__
    }
    assert len(shared) > 60
    for name, one in shared.items():
        assert not [found for found in called_from(one) if hasattr(found, "py_func")], name


def test_a_rule_that_calls_another_is_plain_all_the_way() -> None:
    penalty = rules.plain(failure_penalty)
    assert any(getattr(one, "__name__", "") == "penalty_due" for one in called_from(penalty))
    assert not hasattr(rules.plain(growth_factor), "py_func")
    with pytest.raises(AttributeError):
        rules.plain(state_at)  # part of the engine, not a rule


@given(st.integers(0, 200), st.integers(50, 300), st.integers(0, 12))
def test_powers_in_plain_python_give_the_same_slots(slots: int, growth: int, batch: int) -> None:
    """The compiler multiplies step by step where Python calls the library's power."""
    args = (slots, growth / 100.0, batch)
    assert rules.slots_after(*args) == slots_after(*args)


@given(st.integers(-20, 50), st.integers(0, 399), st.integers(4, 400))
def test_powers_in_plain_python_give_the_same_growth(
    percent: int, quarter: int, quarters: int
) -> None:
    args = (percent / 100.0, quarter % quarters, quarters)
    assert rules.growth_factor(*args) == growth_factor(*args)
