"""Badly posed needs: what is posed, who puts it right, what a team believes and finds out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from simulation.bits import count_bits
from simulation.calls import formulate
from simulation.columns import N_CONSORTIA, RUNNING
from simulation.fields import is_frontier, take_stock
from simulation.needs import STRANGER, field_seen, misposed_for
from simulation.outcomes import NEED_PUT_RIGHT
from simulation.phases import addresses, advance
from simulation.setup import first_state, install
from simulation.state import State
from simulation.worth import share_of, touches
from tests.support import worlds

COMPONENTS = 12


def drawn(**needs: float) -> State:
    """The first state of a world in which needs are posed otherwise."""
    world = worlds.changed_world({f"needs.{name}": value for name, value in needs.items()})
    return first_state(world, worlds.default_population(), seed=worlds.SEED, replicate=0)


@pytest.fixture
def state() -> State:
    return drawn(misposed_share=0.3)


def bits(mask: int) -> np.ndarray:
    """Components in a bit set, as truth values, shape (COMPONENTS,)."""
    return (int(mask) >> np.arange(COMPONENTS)) & 1 == 1


def with_programme(state: State, **screening: Any) -> State:
    """The state with one programme that has money and screens like this."""
    levers = {f"screening.{name}": value for name, value in screening.items()}
    regime = worlds.changed_regime(worlds.regimes()["framework_programme"], levers)
    state = install(state, regime)
    state.purses[1] = 10**12
    return state


# ------------------------------------------------------------ what is posed


def test_what_is_misposed_is_posed_elsewhere_and_the_rest_as_it_is(state: State) -> None:
    w = state.world[0]
    for need in state.needs:
        wrong = need["posed"][:COMPONENTS] != need["field"][:COMPONENTS]
        assert (bits(need["misposed"]) == wrong).all()
        for field in need["posed"][:COMPONENTS][wrong]:
            assert not is_frontier(field, w["fields_count"], w["fields_frontier"])


@pytest.mark.parametrize("misposed", [0.0, 0.1, 0.5])
def test_the_share_is_that_of_the_parameter(misposed: float) -> None:
    state = drawn(misposed_share=misposed)
    found = np.array([bits(need["misposed"]).mean() for need in state.needs])
    error = math.sqrt(misposed * (1.0 - misposed) / (COMPONENTS * len(found)))
    assert found.mean() == pytest.approx(misposed, abs=4.0 * error)


def test_posing_changes_nothing_else_about_needs(state: State) -> None:
    other = drawn(misposed_share=0.0)
    for name in state.needs.dtype.names or ():
        if name not in ("posed", "misposed"):
            assert (state.needs[name] == other.needs[name]).all(), name


def test_more_misposing_adds_to_what_was_misposed() -> None:
    few, many = drawn(misposed_share=0.1).needs, drawn(misposed_share=0.4).needs
    assert ((few["misposed"] & ~many["misposed"]) == 0).all()


# ------------------------------------------------------------ who puts it right


def test_the_owner_puts_its_share_right_for_itself_only(state: State) -> None:
    index = owned_and_misposed(state)
    need = state.needs[index]
    owner = int(need["owner"])
    state.problems[index]["owner"] = owner
    assert misposed_for(state, index, owner) == need["misposed"] & ~need["owner_knows"]
    assert misposed_for(state, index, owner + 1) == need["misposed"]
    assert misposed_for(state, index, STRANGER) == need["misposed"]


def test_nobody_is_the_owner_of_an_ownerless_need(state: State) -> None:
    state.problems["owner"] = -1
    for index in range(20):
        assert misposed_for(state, index, STRANGER) == state.needs[index]["misposed"]


@pytest.mark.parametrize("formulation", [0.0, 0.4, 1.0])
def test_experts_put_right_their_share_for_everybody_and_are_paid_for_it(
    state: State, formulation: float
) -> None:
    state = with_programme(state, panel_size=5, formulation=formulation)
    p = state.programmes[1]
    state.problems["programme"] = 1
    before = state.purses[1].sum()
    for index in range(len(state.needs)):
        formulate(state, p, index)
    wrong = sum(count_bits(int(need["misposed"])) for need in state.needs)
    right = sum(count_bits(int(problem["put_right"])) for problem in state.problems)
    assert state.bound[NEED_PUT_RIGHT] == right
    assert right / wrong == pytest.approx(formulation, abs=4.0 * 0.5 / math.sqrt(wrong))
    price = 5 * formulation * state.world[0]["money_review_myuan"] * 1e8
    assert before - state.purses[1].sum() == pytest.approx(price * len(state.needs), abs=1e3)
    for index, problem in enumerate(state.problems):
        assert misposed_for(state, index, STRANGER) & problem["put_right"] == 0


def test_better_formulation_adds_to_what_is_put_right(state: State) -> None:
    put_right = []
    for formulation in (0.3, 0.8):
        one = with_programme(drawn(misposed_share=0.3), panel_size=5, formulation=formulation)
        one.problems["programme"] = 1
        for index in range(len(one.needs)):
            formulate(one, one.programmes[1], index)
        put_right.append(one.problems["put_right"].copy())
    assert ((put_right[0] & ~put_right[1]) == 0).all()
    assert (put_right[0] != put_right[1]).any()


def owned_and_misposed(state: State) -> int:
    """A need with an owner that would put some, not all, of its misposed components right."""
    needs = state.needs
    known = needs["misposed"] & needs["owner_knows"]
    fits = (needs["owner"] >= 0) & (known != 0) & (known != needs["misposed"])
    return int(np.flatnonzero(fits)[0])


# ------------------------------------------------------------ what a team believes and finds out


def test_a_component_is_seen_where_it_is_posed_unless_put_right(state: State) -> None:
    need = state.needs[owned_and_misposed(state)]
    for i in range(COMPONENTS):
        assert field_seen(need, 0, i) == need["field"][i]
        assert field_seen(need, need["misposed"], i) == need["posed"][i]


def test_an_organisation_touches_what_the_fields_seem_to_be(state: State) -> None:
    need = state.needs[owned_and_misposed(state)]
    state.expertise[0] = 0.0
    state.expertise[0, need["posed"][:COMPONENTS]] = 1.0
    take_stock(state, 0)
    assert share_of(touches(state, need, need["misposed"], 0), COMPONENTS) == 1.0
    assert touches(state, need, 0, 0) & need["misposed"] != need["misposed"]


def test_teams_work_on_true_fields_and_later_teams_know(state: State) -> None:
    advance(state, addresses(), 0, 20, False, True)
    formed = state.consortia[: state.counters[N_CONSORTIA]]
    assert (formed["misposed"] == 0).all()
    assert formed["found_misposed"].sum() > 0
    for team in formed[formed["found_misposed"] > 0]:
        need = state.needs[team["problem"]]
        assert team["found_misposed"] <= count_bits(int(need["misposed"]))
        known = state.problems[team["problem"]]["put_right"]
        assert need["misposed"] & ~known & ~need["owner_knows"] == 0
    for row in state.running[:3]:
        assert_works_on_true_fields(state, int(row))


def assert_works_on_true_fields(state: State, row: int) -> None:
    team = state.consortia[row]
    need = state.needs[team["problem"]]
    assert state.problems[team["problem"]]["status"] == RUNNING
    for i, position in enumerate(team["responsible"][:COMPONENTS]):
        if position >= 0:
            member = worlds.members_of(state, row)["row"][position]
            least = state.world[0]["search_least_expertise"]
            assert state.expertise[member, need["field"][i]] >= least


def test_owners_who_know_everything_never_pose_wrongly() -> None:
    state = drawn(misposed_share=0.5, owner_knowledge=1.0)
    advance(state, addresses(), 0, 20, False, True)
    formed = state.consortia[: state.counters[N_CONSORTIA]]
    owned = state.needs["owner"][formed["problem"]] == formed["lead"]
    assert owned.any()
    assert (formed["found_misposed"][owned] == 0).all()


def test_projects_fit_their_need_worse_the_more_is_misposed() -> None:
    coverage, misposed = [], []
    for part in (0.0, 0.25, 0.5):
        world = worlds.changed_world({"needs.misposed_share": part})
        result = worlds.run([worlds.regimes()["framework_programme"]], world=world)[0]
        coverage.append(result.outcomes["coverage"])
        misposed.append(result.outcomes["misposed_share"])
    assert coverage == sorted(coverage, reverse=True)
    assert misposed == sorted(misposed)
    assert misposed[0] == 0.0


def test_who_misposes_nothing_has_nothing_to_put_right() -> None:
    """Without misposed components the lever only costs, and the owner's knowledge does nothing."""
    free = {"needs.misposed_share": 0.0, "money.review_myuan": 0.0}
    delta = worlds.regimes()["delta_joint_programme"]
    runs = [
        worlds.run(
            [worlds.changed_regime(delta, {"screening.formulation": formulation})],
            world=worlds.changed_world(free | {"needs.owner_knowledge": knowledge}),
        )[0]
        for formulation, knowledge in ((0.0, 0.0), (1.0, 0.5))
    ]
    assert not worlds.differences(*runs)
