"""Assembly of teams: what is certain whatever the luck, and the ties it leaves."""

from __future__ import annotations

import numpy as np
import pytest
from numba import typeof
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from experiments.replications import teams
from simulation import streams
from simulation.state import STATE

KEY = np.uint64(streams.replicate_key(7, 3))


def run(p: float, q: float, steps: int = 300) -> tuple[teams.Field, float]:
    field = teams.new_field(4, steps)
    return field, teams.largest_share(field, KEY, 4, p, q, 40, steps)


def test_with_newcomers_only_every_team_is_a_component() -> None:
    """Those of the last 41 steps are there: none has been idle for more than 40."""
    field, share = run(p=0.0, q=0.5)
    assert len(field.present) == 4 * 41
    assert share == 1 / 41


def test_with_incumbents_only_the_first_team_works_on() -> None:
    field, share = run(p=1.0, q=0.5)
    assert sorted(field.present) == [0, 1, 2, 3]
    assert share == 1.0
    assert field.state.ties[0, 0]["times"] == 301


def test_nobody_stays_who_was_idle_for_long() -> None:
    field, _ = run(p=0.4, q=0.5)
    assert field.people["last"][field.present].min() >= 300 - 40
    assert field.people["last"][field.present].max() == 300
    assert len(set(field.present)) == len(field.present) < field.counts[teams.EVER]


@pytest.mark.parametrize(("p", "q"), [(0.3, 0.1), (0.6, 0.9)])
def test_the_largest_component_by_another_way(p: float, q: float) -> None:
    field, share = run(p, q)
    rows = field.present
    links = [
        (row, field.state.ties[row, k]["partner"])
        for row in rows
        for k in range(field.state.organisations[row]["ties"])
        if field.people["here"][field.state.ties[row, k]["partner"]]
    ]
    one, other = np.array(links).T
    size = len(field.people)
    linked = coo_array((np.ones(len(links)), (one, other)), shape=(size, size))
    labels = connected_components(linked, directed=False)[1][rows]
    assert share == np.bincount(labels).max() / len(rows)


def test_no_tie_was_forgotten_for_want_of_room() -> None:
    field, _ = run(p=0.9, q=0.9, steps=1500)
    assert field.state.organisations["ties"].max() < teams.TIES_KEPT


def test_past_collaborators_are_preferred_with_high_q() -> None:
    """Repeated pairs, by the number of times on ties, are more frequent."""
    repeated = []
    for q in (0.0, 1.0):
        field, _ = run(p=0.6, q=q)
        times = np.concatenate(
            [
                field.state.ties[row, : field.state.organisations[row]["ties"]]["times"]
                for row in field.present
            ]
        )
        repeated.append((times > 1).mean())
    assert repeated[1] > 2 * repeated[0]


def test_the_rule_runs_on_the_models_own_state() -> None:
    """A version of a rule for another type would stand in the cache that the model starts from."""
    assert typeof(teams.new_field(4, 2).state) is STATE
