"""Standing consortia with terms and directions, and origin sources with several tasks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from simulation.columns import N_BODIES, N_SOURCES
from simulation.policies.renewal import slots_after
from simulation.runner import finish
from simulation.setup import install
from simulation.state import State
from tests.support import worlds

BATCH = 12


@cache
def start() -> State:
    return worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())


def finished(regime: str, changes: Mapping[str, Any]) -> State:
    chosen = worlds.changed_regime(worlds.regimes()[regime], changes)
    return finish(install(start(), chosen))[0]


def bodies(**renewal: Any) -> np.ndarray:
    changes = {"batch_quarters": BATCH, "slots": 4} | renewal
    state = finished("soe_consortia", {f"renewal.{name}": value for name, value in changes.items()})
    return state.bodies[: int(state.counters[N_BODIES])]


def sources(**capability: Any) -> np.ndarray:
    changes: dict[str, Any] = {f"capability.{name}": value for name, value in capability.items()}
    changes["eligibility.lead_types"] = ["central_soe"]
    state = finished("origin_sources", changes)
    return state.sources[: int(state.counters[N_SOURCES])]


def test_slots_grow_from_nine_to_twenty_four_in_three_batches() -> None:
    assert [slots_after(9, 1.63, batch) for batch in range(3)] == [9, 15, 24]
    assert [slots_after(5, 1.0, batch) for batch in range(3)] == [5, 5, 5]


def test_a_term_lets_a_consortium_run_through_a_batch() -> None:
    for term in (1, 2, 3):
        ended = bodies(term_batches=term, renewed_share=0.0)
        ended = ended[ended["active"] == 0]
        assert len(ended) > 0
        assert (ended["ended"] - ended["founded"] == term * BATCH).all()


def test_the_renewed_share_counts_those_whose_term_is_over() -> None:
    none, all_of_them = bodies(renewed_share=0.0), bodies(renewed_share=1.0)
    assert none["renewals"].sum() == 0
    assert len(all_of_them) == 4
    assert (all_of_them["renewals"] == 4).all()  # at quarters 12, 24, 36 and 48


def test_a_lead_of_several_has_a_direction_for_each() -> None:
    one = bodies(slots=12, most_per_lead=1, renewed_share=1.0)
    several = bodies(slots=12, most_per_lead=4, renewed_share=1.0)
    assert len(np.unique(one["lead"])) == len(one)
    assert len(np.unique(several["lead"])) < len(several)
    for lead in np.unique(several["lead"]):
        directions = several["field"][several["lead"] == lead]
        assert len(np.unique(directions)) == len(directions) <= 4


def test_an_organisation_has_as_many_tasks_as_it_may() -> None:
    for most in (1, 3):
        tasks = sources(sources=16, most_per_holder=most, patience_quarters=60)
        held = np.bincount(tasks["holder"])
        assert held.max() == most
        for holder in np.unique(tasks["holder"]):
            fields = tasks["field"][tasks["holder"] == holder]
            assert len(np.unique(fields)) == len(fields)


def test_impatience_ends_tasks_and_they_are_not_given_back() -> None:
    tasks = sources(patience_quarters=1, budget_share=0.01)
    failed = set(tasks["holder"][tasks["active"] == 0])
    assert failed
    assert not failed & set(tasks["holder"][tasks["active"] == 1])
