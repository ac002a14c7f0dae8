"""Funds of private capital, and departments that match grants: who pays what, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.kinds import FEN_PER_MYUAN, LEAD_FIRM, PRIVATE
from simulation.accounts import centre_of, imbalance
from simulation.branching import branch
from simulation.columns import FINANCIER_IN, N_CONSORTIA, PRIVATE_PRACTICE
from simulation.financiers import asked_back, decide_backing, raise_capital
from simulation.model import ConsortiaModel
from simulation.outcomes import FINANCIER_REFUSED, FUND_EMPTY, NOT_MATCHED
from simulation.policies.governance import in_charge
from simulation.runner import finish
from simulation.setup import install
from simulation.state import State
from simulation.worth import backing_rate, own_cost_factor
from tests.support import worlds

REGIME = "lead_firm_consortium"


@cache
def start(**world: Any) -> State:
    changed = worlds.changed_world(
        {name.replace("__", "."): value for name, value in world.items()}
    )
    return worlds.state_after_burn_in(changed, worlds.default_population())


def finished(changes: Mapping[str, Any], **world: Any) -> State:
    chosen = worlds.changed_regime(worlds.regimes()[REGIME], changes)
    return finish(install(start(**world), chosen))[0]


def funded(state: State) -> np.ndarray:
    formed = state.consortia[: int(state.counters[N_CONSORTIA])]
    return formed[(formed["programme"] != PRIVATE_PRACTICE) & (formed["effort"] > 0.0)]


def test_a_fund_asks_more_back_the_less_a_solution_is_likely() -> None:
    assert asked_back(2.0, 0.5, 0.1) == pytest.approx(4.4)
    assert asked_back(2.0, 0.25, 0.1) == pytest.approx(2 * asked_back(2.0, 0.5, 0.1))


def test_nobody_backs_what_its_lead_does_not_believe_in() -> None:
    """However little a fund asks back: a project without any chance has nothing to pay it from."""
    state = install(
        start(financiers__hurdle=-1.0, financiers__capital_myuan_per_year=600),
        worlds.changed_regime(worlds.regimes()[REGIME], {"funding.financier_share": 0.9}),
    )
    team = state.consortia[0]
    worlds.enlist(state, 0, [0, 1])["fte"] = 8.0
    team["programme"], team["problem"], team["planned"], team["effort"] = 1, 0, 10**9, 16.0
    state.organisations["kind"][:2], state.organisations["ownership"][:2] = LEAD_FIRM, PRIVATE
    raise_capital(state)
    for believed, backed in ((0.0, 0), (0.4, 1)):
        team["backed"], team["believed"] = 0, believed
        decide_backing(state, team)
        assert team["backed"] == backed


def test_capital_arrives_by_research_staff() -> None:
    state = branch(start())
    raise_capital(state)
    capital = state.funds["capital"] / FEN_PER_MYUAN
    w = state.world[0]
    year = w["financiers_capital_myuan_per_year"] * w["needs_scale_organisations"] / 120.0
    assert capital.sum() == pytest.approx(year / 4.0, abs=1e-6)
    assert capital == pytest.approx(state.region_weight * year / 4.0, abs=1e-6)


def test_funds_back_only_what_the_value_can_pay() -> None:
    state = finished({"funding.financier_share": 0.9})
    projects = funded(state)
    backed = projects[projects["backed"] == 1]
    assert 0 < len(backed) < len(projects)
    assert state.bound[FINANCIER_REFUSED] > 0
    assert (projects["financed"][projects["backed"] == 0] == 0).all()
    value = state.needs["value"][backed["problem"]]
    assert np.median(value) > np.median(state.needs["value"][projects["problem"]])


def test_what_funds_advance_and_get_back_is_on_record() -> None:
    state = finished({"funding.financier_share": 0.5})
    assert state.funds["advanced"].sum() == funded(state)["financed"].sum() > 0
    assert state.ledger[FINANCIER_IN] == state.funds["advanced"].sum()
    assert imbalance(state) == 0
    raised = state.funds["capital"] + state.funds["advanced"] - state.funds["returned"]
    untouched = finished({"funding.financier_share": 0.0}).funds
    assert (raised == untouched["capital"]).all()
    assert not untouched["asked"].any()


def test_an_empty_fund_backs_nobody() -> None:
    state = finished({"funding.financier_share": 0.5}, financiers__capital_myuan_per_year=0.0)
    assert state.bound[FUND_EMPTY] > 0
    assert not state.funds["backed"].any()


def test_what_financiers_take_over_does_not_weigh_as_a_risk() -> None:
    state = install(start(forming__risk_weight=0.5), worlds.regimes()[REGIME])
    private = state.organisations[(state.organisations["kind"] == 1)][0]
    factors = []
    for share in (0.0, 0.4, 0.8):
        state.programmes[1]["funding_financier_share"] = share
        factors.append(own_cost_factor(state, state.programmes[1], 0.0, private, 0.0))
    rate = backing_rate(state)
    assert factors == pytest.approx([1.5, 1.5 - 0.5 * 0.4 * rate, 1.5 - 0.5 * 0.8 * rate])


def test_financiers_are_agents_over_the_funds() -> None:
    chosen = worlds.regimes()[REGIME]
    model = ConsortiaModel(worlds.default_world(), worlds.default_population(), chosen)
    model.run_model()
    assert [one.region for one in model.financiers] == list(model.regions)
    advanced = sum(one.advanced for one in model.financiers)
    assert advanced == pytest.approx(model.state.funds["advanced"].sum() / FEN_PER_MYUAN)
    assert all(one.projects_backed <= one.projects_shown for one in model.financiers)
    assert all(one.capital >= 0.0 for one in model.financiers)
    assert sum(one.returned for one in model.financiers) >= 0.0


def test_each_department_is_in_charge_of_its_fields() -> None:
    fields = [in_charge(field, 5, 36) for field in range(36)]
    assert fields == sorted(fields)
    assert set(fields) == set(range(5))
    assert max(np.bincount(fields)) - min(np.bincount(fields)) <= 1


def test_departments_match_grants_in_their_own_fields_only() -> None:
    state = finished({"governance.department_share": 0.5, "governance.joining_departments": 3})
    projects = funded(state)
    assert (projects["matched"] > 0).any()
    assert (2 * projects["matched"] <= projects["grant"] + 1).all() or state.bound[NOT_MATCHED] > 0
    assert (projects["matched"] <= projects["grant"]).all()
    assert imbalance(state) == 0
    departments = state.purses[1, centre_of(state) + 1 :]
    assert (departments[3:] == 0).all() and (departments >= 0).all()


def test_a_department_without_money_cuts_the_grant() -> None:
    state = finished({"governance.department_share": 0.1, "governance.joining_departments": 6})
    assert state.bound[NOT_MATCHED] > 0
    full = funded(state)["matched"] >= (0.1 * funded(state)["grant"]).astype(int)
    assert not full.all()
