"""A team on its landscape: responsibility, effort, tries, integration."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.columns import MAX_MEMBERS, MOST_ROUNDS, MOST_TRIES, OVERFLOW
from simulation.forming import Forming
from simulation.policies.funding import Funding
from simulation.search import (
    Search,
    assign_components,
    integration,
    list_tries,
    pick_component,
    pick_in_turn,
    search_quarter,
    share_effort,
)
from simulation.setup import first_state
from simulation.state import State
from tests.support import worlds
from tests.support.lone_team import enter, stage

DEFAULTS = {
    "g0": 0.35, "g_lead": 0.3, "g_coordination": 0.5, "saturation": 2.0, "g_communication": 0.1, "k_institutions": 0.25,
    "k_regions": 0.35, "k_trust": 0.35, "ability": 0.5, "coordination": 0.0, "burden": 4.0, "regions": 2, "relief": 0.0,
    "trust": 0.2, "communication": 0.0,
}  # fmt: skip


def gamma(**changes: float) -> float:
    return integration(*(DEFAULTS | changes).values())


@functools.cache
def small_state() -> State:
    return first_state(worlds.default_world(), worlds.default_population(), seed=1, replicate=0)


@pytest.fixture
def state() -> State:
    return first_state(
        worlds.default_world(), worlds.default_population(), seed=worlds.SEED, replicate=0
    )


def test_integration_is_its_formula() -> None:
    base = (0.35 + 0.3 * 0.5 + 0.5 * (1 - np.exp(-2.0))) * 4.0**-0.25 * 2.0 ** (-0.35 * 0.5)
    assert gamma(coordination=1.0, relief=0.5, communication=0.3) == pytest.approx(
        base * (1 + 0.35 * 0.2) + 0.1 * 0.3
    )


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [("ability", 1.0, 1), ("coordination", 0.5, 1), ("burden", 8.0, -1), ("regions", 4, -1),
     ("relief", 1.0, 1), ("trust", 0.9, 1), ("communication", 1.0, 1)],
)  # fmt: skip
def test_integration_moves_as_the_literature_says(name: str, value: float, sign: int) -> None:
    assert sign * (gamma(**{name: value}) - gamma()) > 0.01


def test_integration_is_never_complete() -> None:
    assert gamma(ability=1.0, coordination=2.0, burden=1.0, regions=1, trust=1.0) == 0.98


def test_components_go_to_who_knows_most_and_ties_to_the_lowest_entity(state: State) -> None:
    need = state.needs[0]
    team = state.consortia[0]
    worlds.enlist(state, 0, [7, 5, 6])
    state.expertise[[5, 6, 7]] = 0.0
    first, second = need["field"][0], need["field"][11]
    assert first != second
    state.expertise[[5, 6, 7], first] = [0.6, 0.6, 0.5]  # 5 and 6 tie
    state.expertise[[5, 6, 7], second] = [0.39, 0.0, 0.0]  # nobody reaches e_min
    assign_components(state, 0)
    for component, field in enumerate(need["field"][:12]):
        expected = {first: 1, second: -1}.get(field, -1)
        assert team["responsible"][component] == expected
    own = (need["field"][:12] == first).mean()
    assert team["coverage"] == pytest.approx(own)
    assert team["expertise"] == pytest.approx(0.6)


def test_a_tie_does_not_depend_on_the_order_of_members(state: State) -> None:
    team = state.consortia[0]
    state.expertise[:12] = 0.7
    owners = []
    for order in ([3, 9, 4], [9, 4, 3], [4, 3, 9]):
        worlds.enlist(state, 0, order)
        assign_components(state, 0)
        owners.append([order[position] for position in team["responsible"][:12]])
    assert owners[0] == owners[1] == owners[2] == [3] * 12


@given(
    st.lists(st.floats(0.0, 30.0).map(lambda fte: round(fte, 6)), min_size=1, max_size=8),
    st.lists(st.integers(-1, 7), min_size=12, max_size=12),
)
def test_shared_effort_is_conserved(staff: list[float], responsible: list[int]) -> None:
    """Members without a component pass their staff on; none is lost unless nobody can use it."""
    state = small_state()
    team = state.consortia[0]
    members = worlds.enlist(state, 0, list(range(len(staff))))
    members["fte"] = staff
    team["responsible"][:12] = [r if r < len(staff) else -1 for r in responsible]
    share_effort(state, team)
    useful = members["components"] != 0
    assert useful.tolist() == [k in team["responsible"][:12] for k in range(len(staff))]
    can_use = members["fte"][useful].sum()
    assert (members["worked"][~useful] == 0.0).all()
    assert members["worked"].sum() == pytest.approx(sum(staff) if can_use > 0.0 else 0.0)


@given(st.integers(1, (1 << 16) - 1), st.floats(0.0, 1.0, exclude_max=True))
def test_a_picked_component_is_in_the_set(part: int, u: float) -> None:
    assert part & (1 << pick_component(part, u))


def test_every_component_of_a_set_is_picked_alike() -> None:
    part = 0b101101
    picks = [pick_component(part, (k + 0.5) / 400) for k in range(400)]
    assert {c: picks.count(c) for c in set(picks)} == {0: 100, 2: 100, 3: 100, 5: 100}


def test_a_component_in_turn_is_the_one_picked(state: State) -> None:
    for index in range(20):
        enter(state, index, gamma=0.5, members=1 + index % 5, staff=16.0, expertise=0.6)
        for member in worlds.members_of(state, index):
            for u in (np.arange(60) + 0.5) / 60:
                assert pick_in_turn(member, u) == pick_component(int(member["components"]), u)


def test_there_is_room_for_all_tries_that_settings_allow() -> None:
    """A team of the largest staff, and the fraction of a try that each member may bring along."""
    tries = Search.parameters()["tries_per_fte"].high
    alone = Forming.parameters()["project_staff_fte"].high
    funded = Funding.parameters()["project_staff_fte"].high
    assert tries is not None and alone is not None and funded is not None
    assert MOST_ROUNDS * tries * max(alone, funded) + MAX_MEMBERS <= MOST_TRIES


def test_more_tries_than_there_is_room_for_are_an_overflow() -> None:
    state = stage(links=4, noise=0.04, landscapes=1)
    enter(state, 0, gamma=0.6, members=4, staff=16.0, expertise=0.6)
    team = state.consortia[0]
    worlds.members_of(state, 0)["credit"] = MOST_TRIES / 3
    n = list_tries(state, team, 1.0)
    assert n == state.round_ends[state.world[0]["search_rounds"] - 1] <= MOST_TRIES
    assert state.counters[OVERFLOW] > 0


def test_members_change_their_own_components_only() -> None:
    state = stage(links=4, noise=0.3, landscapes=30)
    for index in range(30):
        enter(state, index, gamma=0.5, members=4, staff=16.0, expertise=0.6)
        team = state.consortia[index]
        members = worlds.members_of(state, index)
        members["worked"][1:4] = 0.0
        start = int(team["design"])
        search_quarter(state, index, 0, 1.0)
        assert (start ^ int(team["design"])) & ~int(members["components"][0]) == 0
    assert state.consortia["improvements"][:30].sum() > 30


def test_untouchable_components_never_change() -> None:
    state = stage(links=4, noise=0.3, landscapes=30)
    for index in range(30):
        enter(state, index, gamma=0.5, members=4, staff=16.0, expertise=0.6)
        team = state.consortia[index]
        team["responsible"][[2, 7]] = -1
        share_effort(state, team)
        start = int(team["design"])
        for step in range(6):
            search_quarter(state, index, step, 1.0)
        assert (start ^ int(team["design"])) & (1 << 2 | 1 << 7) == 0


@pytest.mark.parametrize(("paid", "expected"), [(1.0, 86), (0.5, 43), (0.0, 0)])
def test_tries_follow_staff_and_what_was_paid(paid: float, expected: int) -> None:
    """kappa .3 x 16 FTE x 3 rounds x 6 quarters = 86.4 tries; fractions carry over."""
    state = stage(links=4, noise=0.04, landscapes=1)
    enter(state, 0, gamma=0.6, members=4, staff=16.0, expertise=0.6)
    for step in range(6):
        search_quarter(state, 0, step, paid)
    assert abs(state.consortia[0]["tries"] - expected) <= 4  # one open fraction per member
    credit = worlds.members_of(state, 0)["credit"]
    assert (credit >= 0.0).all()
    assert (credit < 1.0).all()


def test_without_noise_and_with_full_integration_fitness_never_falls() -> None:
    state = stage(links=6, noise=0.0, landscapes=20)
    for index in range(20):
        enter(state, index, gamma=1.0, members=4, staff=16.0, expertise=0.6)
        table = state.landscapes[index]
        before = table[state.consortia[index]["design"]]
        for step in range(5):
            search_quarter(state, index, step, 1.0)
            after = table[state.consortia[index]["design"]]
            assert after >= before
            before = after
