"""Supply links between firms, the general layer they fill, and the rule that asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.kinds import GENERAL, SME
from simulation.columns import N_CONSORTIA, N_ORGANISATIONS, PRIVATE_PRACTICE
from simulation.outcomes import TOO_FEW_SUPPLIERS
from simulation.runner import finish
from simulation.setup import first_state, install
from simulation.state import State
from simulation.supply import linked, supporting
from tests.support import worlds

REGIME = "lead_firm_consortium"


@cache
def start(density: float = 0.4) -> State:
    world = worlds.changed_world({"supply.density": density})
    return worlds.state_after_burn_in(world, worlds.default_population())


def finished(changes: Mapping[str, Any], density: float = 0.4) -> State:
    chosen = worlds.changed_regime(worlds.regimes()[REGIME], changes)
    return finish(install(start(density), chosen))[0]


def funded(state: State) -> np.ndarray:
    formed = state.consortia[: int(state.counters[N_CONSORTIA])]
    return formed[(formed["programme"] != PRIVATE_PRACTICE) & (formed["effort"] > 0.0)]


def links(state: State, rows: np.ndarray) -> np.ndarray:
    """Which of these organisations are linked, shape (rows, rows)."""
    return np.array([[linked(state, int(a), int(b)) for b in rows] for a in rows])


def test_links_are_mutual_between_firms_of_neighbouring_fields() -> None:
    state = start()
    rows = np.arange(int(state.counters[N_ORGANISATIONS]))
    found = links(state, rows)
    assert (found == found.T).all()
    people = state.organisations[rows]
    firm = people["kind"] <= SME
    assert not found[~firm].any()
    distance = state.distance[people["home_field"][:, None], people["home_field"][None, :]]
    w = state.world[0]
    possible = firm[:, None] & firm[None, :] & (distance > 0.0) & (distance <= w["supply_reach"])
    assert not found[~possible].any()
    share = found[possible].mean()
    deviation = np.sqrt(0.4 * 0.6 / (possible.sum() / 2))
    assert abs(share - 0.4) < 5 * deviation


def test_a_bystander_changes_no_link() -> None:
    population = worlds.default_population()
    world = worlds.changed_world({"needs.scale_organisations": population.size})
    alone = first_state(world, population, seed=1, replicate=0)
    watched = first_state(world, worlds.with_bystanders(population, 9), seed=1, replicate=0)
    rows = np.arange(40)
    assert (links(alone, rows) == links(watched, rows)).all()


def test_suppliers_fill_the_general_layer() -> None:
    state = finished({})
    projects = funded(state)
    outer = inner = outer_links = inner_links = 0
    for project in projects:
        for member in worlds.members_of(state, project["row"])[1:]:
            is_linked = linked(state, int(project["lead"]), int(member["row"]))
            if member["layer"] == GENERAL:
                outer, outer_links = outer + 1, outer_links + is_linked
            else:
                inner, inner_links = inner + 1, inner_links + is_linked
    assert outer > 0
    assert outer_links / outer > 2 * inner_links / inner


def test_without_links_consortia_are_smaller() -> None:
    free = {"eligibility.min_suppliers": 0}
    assert funded(finished(free))["size"].mean() > funded(finished(free, 0.0))["size"].mean()


@pytest.mark.parametrize("fewest", [0, 4])
def test_the_rule_on_suppliers_is_kept(fewest: int) -> None:
    state = finished({"eligibility.min_suppliers": fewest})
    assert len(funded(state)) > 0
    assert all(supporting(state, project) >= fewest for project in funded(state))


def test_nobody_is_admitted_where_there_are_no_links() -> None:
    state = finished({"eligibility.min_suppliers": 1}, 0.0)
    assert not len(funded(state))
    assert state.bound[TOO_FEW_SUPPLIERS] > 0
