"""Who bids: the chance of an award, by the programme's record, is weighed against the bid's cost."""

from __future__ import annotations

import pytest

from simulation import stages
from simulation.awards import adapt_shares
from simulation.branching import branch
from simulation.calls import answer, taken_chance
from simulation.columns import N_CONSORTIA, OPEN
from simulation.setup import install
from simulation.state import State
from simulation.worth import award_chance, start_chance
from tests.support import worlds

STEP = 20
PROGRAMME = 1


@pytest.fixture
def state(regimes: dict) -> State:
    begun = worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())
    return install(begun, regimes["open_challenge"])


def answers(state: State) -> int:
    """Bids by the first forty organisations, each on each of the first open needs."""
    needs = [k for k, problem in enumerate(state.problems) if problem["status"] == OPEN][:6]
    return sum(
        answer(state, STEP, need, PROGRAMME, lead, -1, 0) for need in needs for lead in range(40)
    )


def with_record(state: State, bids: float, awards: float) -> State:
    state.programme_state[PROGRAMME]["bids"] = bids
    state.programme_state[PROGRAMME]["awards"] = awards
    return state


def test_the_chance_follows_the_record(state: State) -> None:
    w = state.world[0]
    record = state.programme_state[PROGRAMME]
    assert award_chance(w, record) == w["forming_prior_award_rate"]
    with_record(state, bids=1e6, awards=2e5)
    assert award_chance(w, record) == pytest.approx(0.2, abs=1e-4)
    record["called"], record["taken"] = 1e6, 7e5
    assert taken_chance(w, record) == pytest.approx(0.7, abs=1e-4)


def test_nobody_bids_where_nobody_is_funded(state: State) -> None:
    hopeless = with_record(branch(state), bids=1e6, awards=0.0)
    formed = int(hopeless.counters[N_CONSORTIA])
    assert answers(hopeless) == 0
    assert hopeless.counters[N_CONSORTIA] == formed
    assert hopeless.stages[PROGRAMME, stages.ATTEMPTED] == 0
    assert hopeless.stages[PROGRAMME, stages.CONSIDERED] > 0


def test_more_bid_where_the_chance_is_better(state: State) -> None:
    slim = answers(with_record(branch(state), bids=100.0, awards=2.0))
    good = answers(with_record(branch(state), bids=100.0, awards=90.0))
    assert 0 < slim < good


def test_queues_and_commissions_count_on_the_award(state: State, regimes: dict) -> None:
    with_record(state, bids=1e6, awards=0.0)
    assert start_chance(state, PROGRAMME, -1) < 1e-3
    assert start_chance(state, PROGRAMME, 0) == 1.0
    assert start_chance(state, 0, -1) == 1.0
    commission = worlds.changed_regime(regimes["open_challenge"], {"selection.mode": "directed"})
    assert start_chance(install(state, commission), PROGRAMME, -1) == 1.0


def test_shares_of_nothing_stay_nothing(regimes: dict) -> None:
    """A government that learns, with programmes that have no part of the budget."""
    idle = worlds.changed_regime(regimes["combined"], {"budget.share": 0.0, "adaptation.rate": 1.0})
    begun = worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())
    state = install(begun, idle)
    adapt_shares(state, int(state.world[0]["money_adaptation_quarters"]))
    assert (state.programme_state["share"] == 0.0).all()
