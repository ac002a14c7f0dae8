"""Outcomes are what NumPy on whole columns says, also where there is nothing to say."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from simulation.columns import CLOSED, SOLVED
from simulation.measures import LED_BY, MEASURES, NAMES, no_measures, outcomes
from simulation.outcomes import OUTCOMES
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.runner import finish
from simulation.setup import install
from simulation.state import State
from tests.support import worlds
from tests.support.plain_outcomes import plain_outcomes

REPLICATES = range(3)
# Adding up in another order moves these in the last bits; all others are counts, or the same sums.
ADDED_UP = {
    "value_realised", "additional_value", "displaced_value", "deadweight_value", "effort_unwanted",
    "coverage", "misposed_share", "integration", "believed_success", "all_in_cost",
    "standing_projects", "field_overlap",
}  # fmt: skip

Both = tuple[dict[str, float], dict[str, float]]


def both(state: State, start: State, reference: State, handed_over: float) -> Both:
    """Outcomes by compiled rules, and by NumPy."""
    run = (state, start, reference, handed_over)
    return outcomes(*run), plain_outcomes(*run)


@cache
def of_regimes(replicate: int) -> dict[str, Both]:
    """One replicate of every regime in the default world."""
    start = worlds.state_after_burn_in(
        worlds.default_world(), worlds.default_population(), replicate
    )
    reference, _ = finish(install(start, worlds.reference()))
    return {name: end(start, reference, regime) for name, regime in worlds.regimes().items()}


def end(
    start: State,
    reference: State,
    regime: Regime,
    edit: Callable[[State], State] = lambda state: state,
) -> Both:
    """What both say of the end of a regime's run; ``edit`` may change it first."""
    state, handed_over = finish(install(start, regime))
    return both(edit(state), start, reference, handed_over)


def in_world(
    changes: Mapping[str, Any] | None = None,
    levers: Mapping[str, Any] | None = None,
    population: Population | None = None,
    *,
    regime: str = "combined",
    edit: Callable[[State], State] = lambda state: state,
) -> Both:
    """One run in another world, its end changed by ``edit``."""
    world = worlds.changed_world(changes or {})
    start = worlds.state_after_burn_in(world, population or worlds.default_population())
    reference, _ = finish(install(start, worlds.reference()))
    chosen = worlds.changed_regime(worlds.regimes()[regime], levers or {})
    return end(start, reference, chosen, edit)


def one_region() -> Population:
    """The default population, all of it in one place."""
    population = worlds.default_population()
    return dataclasses.replace(
        population, region=np.zeros(population.size, np.int64), regions=("one",), hub=-1
    )


def nothing_solved(state: State) -> State:
    """The same run, had its needs been closed and not solved."""
    state.problems["status"][state.problems["status"] == SOLVED] = CLOSED
    return state


def no_needs(state: State) -> State:
    """The same run, had no need arrived in the policy quarters."""
    return state.replace(cohort=np.full(2, state.cohort[0]))


def before_policy() -> Both:
    """A run of no quarter: no project, no money, an empty path."""
    start = worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())
    state = install(start, worlds.regimes()["combined"])
    return both(state, start, state, math.nan)


FOCUSED = {"governance.mode": "regions", "agenda.focus_fields": 6}
ODD: dict[str, Callable[[], Both]] = {
    "no frontier fields": lambda: in_world({"fields.frontier": 0}),
    "no supply links": lambda: in_world({"supply.density": 0.0}),
    "no hand-over test": lambda: in_world({"time.hand_over": 0}),
    "one policy year": lambda: in_world({"time.policy": 4, "time.burn_in": 4}),
    "firms close": lambda: in_world({"finance.exit_rate": 0.2}),
    "badly posed needs": lambda: in_world({"needs.misposed_share": 0.3}),
    "few organisations": lambda: in_world(population=worlds.cut(worlds.default_population(), 12)),
    "bystanders": lambda: in_world(
        population=worlds.with_bystanders(worlds.default_population(), 9)
    ),
    "one region": lambda: in_world(population=one_region()),
    "one region with focus fields": lambda: in_world(
        levers=FOCUSED, population=one_region(), regime="open_challenge"
    ),
    "focus fields": lambda: in_world(levers=FOCUSED, regime="open_challenge"),
    "nothing solved": lambda: in_world(edit=nothing_solved),
    "no needs": lambda: in_world(edit=no_needs),
    "before policy": before_policy,
}


@cache
def of_odd(name: str) -> Both:
    return ODD[name]()


def differences(found: dict[str, float], expected: dict[str, float]) -> dict[str, Any]:
    """Outcomes that differ: in any bit or, where sums have another order, by more than rounding."""
    return {
        name: (found[name], expected[name])
        for name in expected
        if not _same(found[name], expected[name], 1e-9 if name in ADDED_UP else 0.0)
    }


def _same(found: float, expected: float, tolerance: float) -> bool:
    if math.isnan(expected):
        return math.isnan(found)
    return abs(found - expected) <= tolerance * abs(expected)


@pytest.mark.parametrize("replicate", REPLICATES)
@pytest.mark.parametrize("name", list(worlds.regimes()))
def test_rules_and_numpy_agree(name: str, replicate: int) -> None:
    assert not differences(*of_regimes(replicate)[name])


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")
@pytest.mark.parametrize("name", list(ODD))
def test_rules_and_numpy_agree_in_odd_worlds(name: str) -> None:
    assert not differences(*of_odd(name))


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")
def test_what_cannot_be_said_is_nan() -> None:
    said_nothing = {
        "no frontier fields": {"frontier_coverage"},
        "no hand-over test": {"hand_over_solved"},
        "one region with focus fields": {"field_overlap"},
        "nothing solved": {"first_technical_quarter", "value_solved_median", "solved_not_adopted"},
        "no needs": {"restricted_mean_time", "needs_without_bid", "effort_unwanted"},
        "before policy": {
            "bid_success", "project_success", "consortium_size", "cross_region_share", "coverage",
            "misposed_share", "integration", "believed_success", "repeat_tie_share",
            "supply_link_share", "standing_members", "standing_projects", "financiers_backed",
            "participation_gini", "funding_gini", "expertise_growth",
        },
    }  # fmt: skip
    for name, expected in said_nothing.items():
        found, _ = of_odd(name)
        assert {key for key in expected if math.isnan(found[key])} == expected, name


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")
def test_every_outcome_is_compared_where_it_says_something() -> None:
    """Zero equals zero: each outcome has other values somewhere above, but for rules that never bind."""
    compared = [found for replicate in REPLICATES for found, _ in of_regimes(replicate).values()]
    compared += [of_odd(name)[0] for name in ODD]
    silent = {name for name in NAMES if not any(abs(values[name]) > 0.0 for values in compared)}
    assert not {name for name in silent if not name.startswith("bound_")}


def test_outcomes_come_in_their_order_and_as_plain_numbers() -> None:
    found, expected = of_regimes(0)["combined"]
    assert list(found) == list(expected) == [outcome.name for outcome in OUTCOMES]
    assert all(type(value) is float for value in found.values())


def test_names_and_places_are_the_same_memory() -> None:
    found, values = no_measures()
    values[LED_BY] = [1.0, 2.0, 3.0, 4.0]
    assert found["solved_led_by_sme"][0] == 2.0
    assert MEASURES.itemsize == 8 * len(values) == 8 * len(OUTCOMES)
