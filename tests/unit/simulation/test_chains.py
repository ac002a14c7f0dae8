"""Strategic chains: links and risks, domestic capability, the weakest link, and the gap it leaves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.settings import ConfigError
from simulation.adoption import realise
from simulation.branching import branch
from simulation.chains import (
    add_solution,
    capability_fades,
    capability_of,
    domestic_capability,
    link_security,
    mean_link_security,
    mean_weakest_link,
    supply_gap,
    weakest_link,
)
from simulation.fields import is_strategic
from simulation.phases import addresses, advance
from simulation.results import solve
from simulation.setup import first_state, install
from simulation.state import State
from tests.support import worlds

share = st.floats(0.0, 1.0)


def drawn(replicate: int = 0, **chains: Any) -> State:
    """The first state of a world with other chains."""
    world = worlds.changed_world({f"chains.{name}": value for name, value in chains.items()})
    return first_state(world, worlds.default_population(), seed=worlds.SEED, replicate=replicate)


@pytest.fixture
def state() -> State:
    return drawn()


def strategic_fields(state: State) -> list[int]:
    w = state.world[0]
    sizes = (w["fields_count"], w["fields_frontier"], w["fields_strategic"])
    return [f for f in range(w["fields_count"]) if is_strategic(f, *sizes)]


# ------------------------------------------------------------ links and risks


@pytest.mark.parametrize("links", [1, 4, 12])
def test_a_chain_links_different_strategic_fields(links: int) -> None:
    state = drawn(links=links)
    strategic = strategic_fields(state)
    for chain in state.supply_risk:
        assert (chain > 0.0).sum() == links
        assert set(np.flatnonzero(chain)) <= set(strategic)


def test_a_chain_has_no_more_links_than_strategic_fields() -> None:
    state = drawn(links=16)
    assert ((state.supply_risk > 0.0).sum(axis=1) == len(strategic_fields(state))).all()


def test_risks_lie_in_their_range_and_fill_it() -> None:
    risk = drawn(count=64, links=12, risk_low=0.2, risk_high=0.5).supply_risk
    links = risk[risk > 0.0]
    assert links.min() >= 0.2
    assert links.max() <= 0.5
    error = (0.5 - 0.2) / math.sqrt(12.0 * len(links))
    assert links.mean() == pytest.approx(0.35, abs=4.0 * error)


def test_more_chains_leave_the_others_as_they_are() -> None:
    few, many = drawn(count=3).supply_risk, drawn(count=9).supply_risk
    assert (many[:3] == few).all()


def test_replicates_have_other_chains(state: State) -> None:
    assert (drawn(replicate=1).supply_risk != state.supply_risk).any()


def test_risks_that_cross_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"chains\.risk_low = 0\.8 is above"):
        worlds.changed_world({"chains.risk_low": 0.8, "chains.risk_high": 0.4})


# ------------------------------------------------------------ capability and security


def test_capability_starts_at_nothing_and_saturates() -> None:
    assert domestic_capability(0.0, 2.0) == 0.0
    assert domestic_capability(2.0, 2.0) == pytest.approx(1.0 - math.exp(-1.0))
    levels = [domestic_capability(stock, 2.0) for stock in range(8)]
    assert (np.diff(levels) > 0.0).all()
    assert (np.diff(levels, 2) < 0.0).all()


@given(share, share)
def test_security_lies_between_what_is_not_at_risk_and_everything(
    risk: float, capability: float
) -> None:
    assert 1.0 - risk - 1e-12 <= link_security(risk, capability) <= 1.0
    assert link_security(risk, 0.0) == 1.0 - risk
    assert link_security(risk, 1.0) == link_security(0.0, capability) == 1.0


def test_without_capability_a_chain_is_as_secure_as_its_largest_risk_lets_it(state: State) -> None:
    weakest = [weakest_link(state, chain) for chain in range(len(state.supply_risk))]
    assert weakest == pytest.approx(1.0 - state.supply_risk.max(axis=1))
    assert mean_weakest_link(state) == pytest.approx(np.mean(weakest))
    at_risk = state.supply_risk[state.supply_risk > 0.0]
    assert mean_link_security(state) == pytest.approx(1.0 - at_risk.mean())


def test_only_the_weakest_link_counts(state: State) -> None:
    weakest = int(np.argmax(state.supply_risk[0]))
    before = weakest_link(state, 0)
    state.domestic_stock[:] = 100.0
    state.domestic_stock[weakest] = 0.0
    assert weakest_link(state, 0) == pytest.approx(before)
    state.domestic_stock[weakest] = 100.0
    assert weakest_link(state, 0) == pytest.approx(1.0)


def test_without_links_nothing_is_at_risk() -> None:
    world = worlds.changed_world({"fields.strategic": 0})
    state = first_state(world, worlds.default_population(), seed=worlds.SEED, replicate=0)
    assert mean_weakest_link(state) == mean_link_security(state) == 1.0
    assert supply_gap(state, state.needs[0]) == 0.0


def test_the_scale_grows_with_the_flow_of_needs(state: State) -> None:
    state.domestic_stock[3] = 1.0
    before = capability_of(state, 3)
    state.world[0]["needs_scale_organisations"] *= 2
    state.domestic_stock[3] = 2.0
    assert capability_of(state, 3) == pytest.approx(before)


# ------------------------------------------------------------ the stock of solutions


def test_a_solution_adds_one_in_all_by_its_components(state: State) -> None:
    need = state.needs[0]
    add_solution(state, need, 1.0)
    assert state.domestic_stock.sum() == pytest.approx(1.0)
    counts = np.bincount(need["field"][:12], minlength=len(state.domestic_stock))
    assert state.domestic_stock == pytest.approx(counts / 12)


def test_a_quarter_takes_its_share(state: State) -> None:
    state.domestic_stock[:] = 3.0
    capability_fades(state)
    assert state.domestic_stock == pytest.approx(3.0 * (1.0 - state.world[0]["chains_decay"]))


def test_solving_adds_one_and_adopting_adds_its_weight() -> None:
    state = drawn(adoption_weight=0.5)
    advance(state, addresses(), 0, 4, False, True)
    row = int(state.running[0])
    index = int(state.consortia[row]["problem"])
    state.domestic_stock[:] = 0.0
    solve(state, row, 4)
    assert state.domestic_stock.sum() == pytest.approx(1.0)
    realise(state, index, 0, 5)
    assert state.domestic_stock.sum() == pytest.approx(1.5)


# ------------------------------------------------------------ the gap of a need


def test_the_gap_is_that_of_the_most_exposed_field(state: State) -> None:
    for need in state.needs[:20]:
        fields = need["field"][:12]
        assert supply_gap(state, need) == pytest.approx(state.supply_risk[:, fields].max())
    exposed = next(need for need in state.needs if supply_gap(state, need) > 0.0)
    before = supply_gap(state, exposed)
    add_solution(state, exposed, 3.0)
    assert 0.0 < supply_gap(state, exposed) < before
    state.domestic_stock[:] = 1e6
    assert supply_gap(state, exposed) == 0.0


# ------------------------------------------------------------ in a run


def test_chains_change_nothing_but_their_own_outcomes_without_the_lever() -> None:
    """With the lever at 0, chains are only looked at: other chains, the same run."""
    delta = worlds.changed_regime(
        worlds.regimes()["delta_joint_programme"], {"screening.chain_weight": 0.0}
    )
    other = worlds.changed_world({"chains.count": 12, "chains.decay": 0.2, "chains.links": 2})
    here, there = worlds.run([delta])[0], worlds.run([delta], world=other)[0]
    own = {"weakest_link", "link_security"}
    assert set(worlds.differences(here, there)) == own | {f"trajectory {name}" for name in own}


def test_the_lever_lets_chains_decide_what_is_published() -> None:
    delta = worlds.changed_regime(
        worlds.regimes()["delta_joint_programme"], {"screening.chain_weight": 0.0}
    )
    looking = worlds.changed_regime(delta, {"screening.chain_weight": 1.5})
    points = []
    for regime in (delta, looking):
        state = branch(
            worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())
        )
        state = install(state, regime)
        advance(state, addresses(), 20, 40, True, True)
        points.append(state.problems["points"].copy())
    assert (points[0] != points[1]).any()


def test_the_outcome_is_the_last_policy_quarter_of_the_path() -> None:
    result = worlds.run([worlds.reference()])[0]
    last = int(worlds.default_world().sections["time"].as_mapping()["policy"]) - 1
    for name in ("weakest_link", "link_security"):
        assert result.outcomes[name] == result.trajectories[name][last]
    assert (result.trajectories["weakest_link"] <= result.trajectories["link_security"]).all()
