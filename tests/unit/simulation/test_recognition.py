"""Labels, consortia in name only, and standards that belong to their makers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.columns import N_CONSORTIA, N_ORGANISATIONS, PRIVATE_PRACTICE
from simulation.policies.recognition import priority_of, renewed_label, without_cash
from simulation.policies.targets import lags_behind
from simulation.runner import finish
from simulation.setup import install
from simulation.state import State
from simulation.worth import lead_keeps, makers_claim, team_keeps
from tests.support import worlds

share = st.floats(0.0, 1.0)
FOUNDING = {"targets.consortia_per_year": 40.0, "recognition.label": 1.0}  # more than money reaches


@cache
def start() -> State:
    return worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())


def finished(regime: str, changes: Mapping[str, Any]) -> State:
    """A run of a regime with other levers, after its run-out."""
    chosen = worlds.changed_regime(worlds.regimes()[regime], changes)
    return finish(install(start(), chosen))[0]


def funded(state: State) -> np.ndarray:
    """Consortia of programmes that became projects."""
    formed = state.consortia[: int(state.counters[N_CONSORTIA])]
    return formed[(formed["programme"] != PRIVATE_PRACTICE) & (formed["effort"] > 0.0)]


@given(share, share)
def test_an_award_never_weakens_a_label(borne: float, given_now: float) -> None:
    assert renewed_label(borne, given_now) == max(borne, given_now)
    assert renewed_label(borne, 0.0) == borne


def test_priority_goes_by_the_label_or_by_awards_that_gave_none() -> None:
    assert [priority_of(0.0, 0), priority_of(0.3, 0), priority_of(0.3, 2)] == [0.0, 0.3, 1.0]


def test_only_a_label_is_awarded_without_cash() -> None:
    assert without_cash(0.1, 0.0)
    assert not without_cash(0.0, 0.0)
    assert not without_cash(1.0, 0.2)


def test_a_label_alone_costs_no_grant_and_counts_as_no_public_money() -> None:
    state = finished("lead_firm_consortium", {"recognition.label": 0.8, "funding.public_share": 0})
    projects = funded(state)
    assert len(projects) > 0
    assert (projects["grant"] == 0).all()
    assert not state.problems["funded"].any()
    assert state.organisations["label"].max() > 0.0


def test_labels_lie_in_the_unit_interval_and_fade() -> None:
    label = finished("lead_firm_consortium", {"recognition.label": 0.6})
    borne = label.organisations["label"][: int(label.counters[N_ORGANISATIONS])]
    assert (borne >= 0.0).all() and (borne < 0.6).all() and borne.any()
    assert not label.organisations["recognised"].any()


def test_nobody_leads_where_a_label_is_required_that_nobody_gives() -> None:
    assert not len(funded(finished("lead_firm_consortium", {"eligibility.label_required": 0.1})))


def test_a_consortium_in_name_only_needs_a_label_and_a_lagging_target() -> None:
    emerged = funded(finished("lead_firm_consortium", FOUNDING))
    nominal = emerged["effort_share"] < 1.0
    assert nominal.any()
    effort = worlds.default_world().columns()[0]["forming_nominal_effort"]
    assert set(emerged["effort_share"]) <= {1.0, effort}
    assert emerged["effort"][nominal].mean() < 2 * effort * emerged["effort"][~nominal].mean()
    for without in ({"recognition.label": 0.0}, {"targets.consortia_per_year": 0.0}):
        none = funded(finished("lead_firm_consortium", FOUNDING | without))
        assert (none["effort_share"] == 1.0).all()


@pytest.mark.parametrize(
    ("quarter", "founded", "lags"), [(0, 0, 0), (1, 2, 0), (1, 1, 1), (8, 15, 1)]
)
def test_a_target_lags_when_earlier_quarters_are_unmet(
    quarter: int, founded: int, lags: int
) -> None:
    assert lags_behind(8.0, quarter, founded) == bool(lags)


@given(share, st.floats(0.0, 0.5), share, share, st.floats(0.0, 10.0))
def test_value_is_divided_whatever_a_standard_claims(
    reward: float, price: float, standard: float, owner: float, others: float
) -> None:
    w = worlds.changed_world(
        {"adoption.standard_reward": reward, "forming.owner_share": owner}
    ).columns()[0]
    claim = makers_claim(w, standard)
    assert 0.0 <= claim <= 1.0
    adopter = (owner - price) * (1.0 - claim)
    assert math.isclose(team_keeps(w, price, claim) + adopter, 1.0, abs_tol=1e-12)
    if price <= owner:
        assert lead_keeps(w, others, False, price, claim) >= lead_keeps(
            w, others, False, price, 0.0
        )


def test_a_private_standard_takes_from_outsiders_and_gives_to_makers() -> None:
    world = worlds.changed_world(
        {"adoption.standard_reward": 1.0, "adoption.standard_exclusion": 1.0}
    )
    regime = worlds.changed_regime(
        worlds.regimes()["open_challenge"], {"diffusion.private_standard": 1.0}
    )
    begun = worlds.state_after_burn_in(world, worlds.default_population())
    state = finish(install(begun, regime))[0]
    adopted = np.flatnonzero(state.problems["private_standard"] * (state.problems["adopter"] >= 0))
    assert all(
        state.problems[index]["adopter"]
        in worlds.members_of(state, state.problems[index]["solver"])["row"]
        for index in adopted
    )
