"""The comparison sees every column: whatever is changed in one is named."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from simulation.policies.registry import Regime
from simulation.state import COLUMNS, State
from tests.support import worlds
from tests.support.twin.columns import NOT_COMPARED, _comparable, columns_of, differences
from tests.support.twin.lockstep import parting
from tests.support.twin.model import PHASES, TwinModel

REGIMES = ("soe_consortia", "origin_sources")
DECIDE_WHAT_COUNTS = ("counters", "thresholds", "ring_start")


@pytest.fixture(scope="module")
def model() -> TwinModel:
    """A twin in the last policy quarter: bids, projects, bodies and sources are there."""
    world = worlds.changed_world(
        {"time.burn_in": 8, "time.policy": 12, "time.run_out": 20, "chains.count": 2}
    )
    small = {"budget.share": 0.2}
    chosen = [worlds.changed_regime(worlds.regimes()[name], small) for name in REGIMES]
    regime = Regime("both", chosen[0].programmes + chosen[1].programmes)
    twin = TwinModel(world, worlds.default_population(), regime, seed=worlds.SEED, replicate=0)
    while twin.now < 18:
        twin.step()
    return twin


def changed(state: State, column: str) -> State:
    """The state with other numbers in a column."""
    name, _, field = column.partition(".")
    array = getattr(state, name).copy()
    part = array[field] if field else array
    part += part.dtype.type(1)
    return state.replace(**{name: array}, block=state.block)  # which nobody will branch


def test_a_state_equals_itself(model: TwinModel) -> None:
    assert not differences(columns_of(model), columns_of(model))


def test_every_column_is_compared_or_excused(model: TwinModel) -> None:
    state = columns_of(model)
    compared = {name for name, _ in _comparable(state)}
    every = set()
    for name in COLUMNS:
        fields = getattr(state, name).dtype.names or ()
        every |= {f"{name}.{field}" for field in fields} or {name}
    excused = {name for name in every if name in NOT_COMPARED or name.split(".")[0] in NOT_COMPARED}
    assert compared == every - excused
    assert all(reason for reason in NOT_COMPARED.values())


def test_a_change_in_any_column_is_named(model: TwinModel) -> None:
    state = columns_of(model)
    for name, array in _comparable(state):
        assert array.size, name
        found = [one.column for one in differences(changed(state, name), state)]
        assert name in found, name
        assert found == [name] or name in DECIDE_WHAT_COUNTS, (name, found)


def test_the_sign_of_zero_is_seen(model: TwinModel) -> None:
    state = columns_of(model)
    stock = state.domestic_stock.copy()
    stock[:] = 0.0
    block = state.block
    (found,) = differences(
        state.replace(domestic_stock=stock, block=block),
        state.replace(domestic_stock=-stock, block=block),
    )
    assert found.column == "domestic_stock"
    assert found.entity == (0,)


def test_a_count_that_the_engine_does_not_know_is_refused(model: TwinModel) -> None:
    wrong = copy.copy(model)
    wrong.bound = model.bound | {"no_such_rule": 1}
    with pytest.raises(KeyError, match="no_such_rule"):
        columns_of(wrong)


def test_the_first_phase_that_differs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(model: TwinModel, *flags: Any) -> None:
        absorb(model, *flags)
        if model.now == 5:
            model.organisations[7].expertise[3] += 1e-12

    absorb = PHASES["learning"]
    monkeypatch.setitem(PHASES, "learning", spoilt)
    world = worlds.changed_world({"time.burn_in": 8, "time.policy": 4, "time.run_out": 0})
    people = worlds.cut(worlds.default_population(), 30)
    told = parting(world, people, worlds.reference(), seed=1)
    assert told is not None
    assert told.startswith("step 5 (burn_in), phase 'learning':\n  expertise[7, 3]: engine ")
