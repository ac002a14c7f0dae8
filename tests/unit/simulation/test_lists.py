"""The lists that spare the engine walks over everything hold what a walk would find."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.bits import count_bits, lowest
from simulation.branching import branch
from simulation.columns import (
    ACTIVE,
    ACTIVE_PROJECTS,
    CLOSED,
    LATENT,
    LINE,
    N_CONSORTIA,
    N_LIVE,
    N_NEEDS_SEEN,
    N_ORGANISATIONS,
    N_SOLVED,
    OPEN,
    PLACE,
    RUNNING,
    SOLVED,
)
from simulation.fields import first_from, rebuild_rings
from simulation.landscape import partial_gain
from simulation.needs import close_needs
from simulation.phases import addresses, advance
from simulation.policies.registry import Regime
from simulation.setup import install
from simulation.state import PACKED, State
from tests.support import worlds

STEP = 60


@pytest.fixture(scope="module", params=["race", "combined"])
def state(request: pytest.FixtureRequest, regimes: dict[str, Regime]) -> State:
    """In the middle of a policy, as the next quarter begins."""
    begun = worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())
    state = install(begun, regimes[request.param])
    advance(state, addresses(), 20, STEP, True, True)
    close_needs(state, STEP)
    return state


def test_live_needs_are_those_with_which_something_can_happen(state: State) -> None:
    w = state.world[0]
    status = state.problems["status"]
    expected = []
    for index in range(state.counters[N_NEEDS_SEEN]):
        problem = state.problems[index]
        if status[index] == LATENT and status[state.needs[index]["prerequisite"]] == CLOSED:
            continue
        tried = problem["solved_step"] + w["adoption_window"] >= STEP
        adoptable = tried and problem["adopters"] < w["criteria_adopters"]
        if status[index] in (LATENT, OPEN, RUNNING) or (status[index] == SOLVED and adoptable):
            expected.append(index)
    assert state.live[: state.counters[N_LIVE]].tolist() == expected
    assert 0 < len(expected) < state.counters[N_NEEDS_SEEN]


def test_solved_needs_are_listed_once(state: State) -> None:
    listed = state.solved[: state.counters[N_SOLVED]]
    assert sorted(listed) == np.flatnonzero(state.problems["status"] == SOLVED).tolist()


def test_running_projects_are_those_at_work(state: State) -> None:
    rows = state.running[: state.counters[ACTIVE_PROJECTS]]
    at_work = np.flatnonzero(state.consortia["state"][: state.counters[N_CONSORTIA]] == ACTIVE)
    assert sorted(rows) == at_work.tolist()
    teams = np.bincount(state.consortia["problem"][rows], minlength=len(state.problems))
    assert (state.problems["teams"] == teams).all()


def test_members_follow_each_other(state: State) -> None:
    formed = state.consortia[: state.counters[N_CONSORTIA]]
    ends = formed["first"] + formed["size"]
    assert (formed["first"][1:] == ends[:-1]).all()
    assert (state.members["row"][formed["first"]] == formed["lead"]).all()


def test_needs_know_who_waits_for_them(state: State) -> None:
    for index in range(len(state.needs)):
        waiting = []
        later = int(state.needs[index]["waiting"])
        while later >= 0:
            waiting.append(later)
            later = int(state.needs[later]["waiting_too"])
        assert sorted(waiting) == np.flatnonzero(state.needs["prerequisite"] == index).tolist()


def test_entrants_stand_where_their_hash_belongs(state: State) -> None:
    count = int(state.counters[N_ORGANISATIONS])
    assert count > worlds.default_population().size
    rows = state.directory["row"][:count]
    assert sorted(rows) == list(range(count))
    assert (np.diff(state.organisations["hash"][rows].astype(float)) >= 0.0).all()


def test_useful_fields_are_noted_whenever_expertise_changes(state: State) -> None:
    count = state.counters[N_ORGANISATIONS]
    known = state.expertise[:count] >= state.world[0]["search_least_expertise"]
    bits = 1 << np.arange(known.shape[1], dtype=np.uint64)
    assert (state.knows[:count] == (known * bits).sum(axis=1)).all()
    assert known.any(axis=0).sum() > 12


def test_rings_hold_who_knows_a_field_in_the_order_of_hashes(state: State) -> None:
    rebuilt = branch(state)
    rebuild_rings(rebuilt)
    people = rebuilt.organisations
    rows = rebuilt.directory["row"][: rebuilt.counters[N_ORGANISATIONS]]
    present = (rebuilt.active[rows] == 1) & (people["staff"][rows] > 0.0)
    fields = rebuilt.expertise.shape[1]
    level = rebuilt.world[0]["search_least_expertise"]
    for f in range(fields + 1):
        fits = people["kind"][rows] <= 1 if f == fields else rebuilt.expertise[rows, f] >= level
        ring = rebuilt.ring[rebuilt.ring_start[f] : rebuilt.ring_start[f + 1]]
        listed = rows[present & fits]
        assert ring["row"].tolist() == listed.tolist()
        for name in ("hash", "entity", "region", "kind"):
            assert (ring[name] == people[name][listed]).all()


def test_packed_columns_are_not_replaced_alone(state: State) -> None:
    with pytest.raises(ValueError, match="write into expertise"):
        state.replace(expertise=state.expertise.copy())
    assert all(np.shares_memory(getattr(state, name), state.block) for name in PACKED)


def test_a_place_is_found_where_halving_would_find_it() -> None:
    rng = np.random.default_rng(1)
    top = np.iinfo(np.uint64).max
    for count in (0, 1, 2, 40, 3_000):
        places = np.zeros(count, PLACE)
        places["hash"] = np.sort(rng.integers(0, top, count, np.uint64))
        places["hash"][1:3] = places["hash"][1:2]  # equal ones
        drawn = rng.integers(0, top, 200, np.uint64)
        for target in np.concatenate([drawn, places["hash"], np.array([0, 1, top], np.uint64)]):
            found = first_from(places, 0, count, target)
            assert found == np.searchsorted(places["hash"], target)


def test_columns_and_rows_of_organisations_begin_with_lines_of_memory(state: State) -> None:
    for one in (state, branch(state)):
        for column in (one.organisations, one.expertise, one.ties, one.landscapes, one.members):
            assert column.ctypes.data % LINE == 0
    assert state.organisations.strides[0] % LINE == state.ties.strides[0] % LINE == 0


@pytest.mark.parametrize("part", [1, 0b1011, 1 << 15, (1 << 16) - 1, 1 << 62])
def test_bit_sets_answer_alike_compiled_or_not(part: int) -> None:
    compiled = np.zeros(2, np.int64)
    worlds.ask_bits(part, compiled)
    assert compiled.tolist() == [count_bits(part), lowest(part)]
    assert compiled.tolist() == [bin(part).count("1"), len(bin(part)) - len(bin(part).rstrip("0"))]


def test_flips_that_a_part_does_not_see_gain_nothing() -> None:
    masks = np.array([1 << i for i in range(16)])
    assert partial_gain(np.uint64(3), masks, 0b0011, 0b1010, 0b1100) == 0
    assert partial_gain(np.uint64(3), masks, 0b0011, 0b1010, 0b0001) != 0
