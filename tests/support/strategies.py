"""Hypothesis strategies built from what the parameters say about themselves.

A new lever or parameter is drawn from as soon as it is declared: nothing here names one.
"""

from __future__ import annotations

import copy
import typing
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from agents.settings import ConfigError, Parameter, Settings
from experiments.library import Library
from experiments.regimes import DEFAULT, preset
from simulation.policies.registry import FAMILIES, Programme, Regime
from simulation.population import Population
from simulation.world import SECTIONS, World
from tests.support import worlds

LIBRARY = Library.open()
DEFAULT_LEVERS = {family: preset(LIBRARY, family, DEFAULT) for family in FAMILIES}
SIZE_LIMITED = ("time", "needs")  # sections that decide how long a run takes


def values_of(kind: Any, declared: Parameter) -> st.SearchStrategy[Any]:
    """Any admissible value of one parameter."""
    if typing.get_origin(kind) is tuple:
        return st.lists(st.sampled_from(declared.choices), unique=True)
    if kind is bool:
        return st.booleans()
    if declared.choices:
        return st.sampled_from(declared.choices)
    assert declared.low is not None
    assert declared.high is not None
    if kind is int:
        return st.integers(int(declared.low), int(declared.high))
    return st.floats(declared.low, declared.high, allow_nan=False)


def changes_of(groups: dict[str, type[Settings]], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Some parameters of some groups, each with an admissible value: ``{"group.name": value}``."""
    every = {
        f"{group}.{name}": values_of(typing.get_type_hints(settings)[name], declared)
        for group, settings in groups.items()
        for name, declared in settings.parameters().items()
    }
    names = st.lists(st.sampled_from(sorted(every)), unique=True, max_size=most)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({n: every[n] for n in chosen}))


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """A programme that takes up needs, with some levers at random; contradictions are drawn again."""
    levers = copy.deepcopy(DEFAULT_LEVERS)
    levers["agenda"]["mode"] = "anything"
    for name, value in draw(changes_of(FAMILIES, 30)).items():
        family, lever = name.split(".")
        levers[family][lever] = value
    levers["budget"]["share"] = 0.5
    try:
        return Programme.from_mapping(levers)
    except ConfigError:
        return reject()


regimes = st.lists(programmes(), min_size=1, max_size=2).map(
    lambda chosen: Regime("random", tuple(chosen))
)


@st.composite
def small_worlds(draw: st.DrawFn) -> World:
    """A short horizon, and some other parameters at random."""
    sections = {name: s for name, s in SECTIONS.items() if name not in SIZE_LIMITED}
    changes = draw(changes_of(sections, 12))
    changes |= {"time.burn_in": 4, "time.policy": 12, "time.run_out": 24, "time.hand_over": 0}
    components = draw(st.integers(6, 12))
    low = draw(st.integers(0, components - 1))
    changes |= {
        "needs.components": components,
        "needs.links_low": low,
        "needs.links_high": draw(st.integers(low, components - 1)),
        "needs.per_quarter": draw(st.floats(4.0, 30.0)),
        "needs.firm_share": draw(st.floats(0.0, 1.0)),
        "needs.fields_per_need": draw(st.integers(1, 12)),
        "needs.prerequisite_share": draw(st.floats(0.0, 0.9)),
    }
    try:
        return worlds.changed_world(changes)
    except ConfigError:
        return reject()


populations: st.SearchStrategy[Population] = st.integers(8, 50).map(
    lambda size: worlds.cut(worlds.default_population(), size)
)
