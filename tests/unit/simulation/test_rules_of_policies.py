"""The small rules of the lever families and of learning, against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kinds import (
    CENTRAL_SOE,
    CLOSE,
    CORE,
    GENERAL,
    INSTITUTE,
    LEAD_FIRM,
    LOCAL_SOE,
    PRIVATE,
    PUBLIC_BODY,
    SME,
    UNIVERSITY,
)
from simulation.adoption import realised_factor
from simulation.learning import partner_gain
from simulation.measures import gini
from simulation.policies.adaptation import adapted_weight
from simulation.policies.agenda import MODES, takes_up
from simulation.policies.budget import growth_factor
from simulation.policies.capability import capability_gain
from simulation.policies.diffusion import openness_of_knowledge
from simulation.policies.eligibility import LEAD_TYPES, fewest_members, may_lead
from simulation.policies.formation import BROKERED, OPEN_CALL, TIES, contact_weight
from simulation.policies.funding import grant_for, releasable
from simulation.policies.governance import agreement_quarters, parties_to_agree, payable_part
from simulation.policies.layers import burden, effort_weight, layer_of, value_weight
from simulation.policies.monitoring import passes_gate, penalty_due
from simulation.policies.openness import EVERYBODY, OWN_NETWORK, REGION, within_circle
from simulation.policies.renewal import performance
from simulation.policies.screening import N_CRITERIA, appraisal
from simulation.policies.selection import merit_points
from simulation.policies.targets import target_cap

share = st.floats(0.0, 1.0)


def test_learning_from_partners_is_an_inverted_u() -> None:
    gains = [partner_gain(0.4, d / 100, 0.7, 0.025) for d in range(101)]
    assert gains[0] == gains[100] == 0.0
    assert max(range(101), key=gains.__getitem__) == 50
    assert gains[50] == pytest.approx(0.025 * 0.7 * 0.4)
    assert gains[:51] == sorted(gains[:51])
    assert gains == pytest.approx(gains[::-1])


def test_a_grant_is_share_of_cost_below_cap_and_own_money() -> None:
    assert grant_for(10.0, 0.35, 6.9, 0.0) == pytest.approx(3.5)
    assert grant_for(100.0, 0.35, 6.9, 0.0) == 6.9
    assert grant_for(10.0, 0.5, 6.9, 3.0) == pytest.approx(2.5)
    assert grant_for(10.0, 0.5, 6.9, 1.0) == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("spent", "gate", "solved", "expected"),
    [(0.0, False, False, 40), (0.5, False, False, 45), (1.0, False, False, 50),
     (0.5, True, False, 60), (1.0, True, False, 80), (1.0, False, True, 70), (1.0, True, True, 100),
     (3.0, True, True, 100)],
)  # fmt: skip
def test_instalments(spent: float, gate: bool, solved: bool, expected: float) -> None:
    """40 in advance, 30 after the gate, 20 as a prize, 10 with cost."""
    assert releasable(100.0, spent, gate, solved, 0.4, 0.3, 0.2) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("parties", "per_party", "quarters"), [(1, 2.0, 0), (2, 0.4, 0), (4, 0.4, 1), (6, 1.0, 5)]
)
def test_agreement_takes_time_by_party(parties: int, per_party: float, quarters: int) -> None:
    assert agreement_quarters(parties, per_party) == quarters


def test_who_must_agree_and_who_may_be_paid() -> None:
    ministry, regions, department, office = range(4)
    assert parties_to_agree(ministry, 0, 4) == parties_to_agree(regions, 0, 4) == 1
    assert parties_to_agree(department, 2, 4) == 3
    assert parties_to_agree(office, 1, 4) == 5
    assert payable_part(ministry, 0, 0.3, 1, 2) == 1.0
    assert payable_part(regions, 0, 0.3, 1, 2) == 0.3
    assert payable_part(regions, 1, 0.3, 1, 2) == 1.0
    assert payable_part(regions, 0, 0.3, 2, 2) == 1.0


def leads(kind: int, owner: int, types: list[str], **rd: float) -> bool:
    mask = sum(1 << LEAD_TYPES.index(name) for name in types)
    values = {"revenue": 100.0, "spending": 2.0, "share": 0.0, "money": 0.0} | rd
    return bool(
        may_lead(
            kind, owner, values["revenue"], values["spending"], mask, values["share"],
            values["money"],
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "owner", "admitted_by"),
    [(LEAD_FIRM, PRIVATE, {"lead_firm"}), (LEAD_FIRM, CENTRAL_SOE, {"lead_firm", "central_soe"}),
     (LEAD_FIRM, LOCAL_SOE, {"lead_firm", "local_soe"}), (SME, PRIVATE, {"sme"}),
     (UNIVERSITY, PUBLIC_BODY, {"university"}), (INSTITUTE, PUBLIC_BODY, {"institute"})],
)  # fmt: skip
def test_types_that_may_lead(kind: int, owner: int, admitted_by: set[str]) -> None:
    assert {name for name in LEAD_TYPES if leads(kind, owner, [name])} == admitted_by


def test_a_leading_firm_shows_share_or_amount_of_research() -> None:
    firm = (LEAD_FIRM, PRIVATE, ["lead_firm"])
    assert not leads(*firm, share=0.03, money=30.0)
    assert leads(*firm, share=0.03, money=30.0, spending=3.0)
    assert leads(*firm, share=0.03, money=30.0, spending=30.0, revenue=1e4)
    assert not leads(*firm, share=0.03, spending=30.0, revenue=1e4)
    assert leads(*firm, money=2.0)
    assert leads(UNIVERSITY, PUBLIC_BODY, ["university"], share=0.5, spending=0.0)


def test_a_required_consortium_has_two_members() -> None:
    assert [fewest_members(1, 0), fewest_members(1, 1), fewest_members(3, 1)] == [1, 2, 3]


def test_layers_fill_from_the_core() -> None:
    assert [layer_of(k, 2, 3) for k in range(7)] == [CORE] * 2 + [CLOSE] * 3 + [GENERAL] * 2
    assert [effort_weight(CORE, lead, 1.3, 0.4) for lead in (True, False)] == [1.3, 1.0]
    assert effort_weight(GENERAL, False, 1.3, 0.4) == 0.4
    assert [value_weight(k, False, 1.3, 0.5, 0.4) for k in (CORE, CLOSE, GENERAL)] == [1, 0.5, 0.2]
    assert [burden(k, 0.4, 0.35) for k in (CORE, CLOSE)] == [1.0, 1.0]
    assert burden(GENERAL, 0.4, 0.35) == pytest.approx(0.35)
    assert burden(GENERAL, 0.8, 0.5) == pytest.approx(1.0)


def test_agendas() -> None:
    nothing, science, demand, mission, anything = range(len(MODES))
    for owned in (True, False):
        for strategic in (True, False):
            assert not takes_up(nothing, 0, owned, True, strategic)
            assert takes_up(science, 0, owned, True, strategic) == (not owned)
            assert takes_up(demand, 0, owned, False, strategic) == owned
            assert not takes_up(demand, 1, owned, False, strategic)
            assert takes_up(mission, 0, owned, True, strategic) == strategic
            assert takes_up(anything, 0, owned, True, strategic)
    assert takes_up(demand, 1, True, True, False)


def test_circles() -> None:
    for tied in (True, False):
        for near in (True, False):
            assert within_circle(OWN_NETWORK, tied, near) == tied
            assert within_circle(REGION, tied, near) == (tied or near)
            assert within_circle(EVERYBODY, tied, near)


def test_contacts() -> None:
    assert contact_weight(TIES, 2.0, 1.0, 0.0, 1.0, 0.5, 4.0, 0.05) == pytest.approx(3.5)
    assert contact_weight(TIES, 99.0, 0.0, 0.0, 1.0, 0.5, 4.0, 0.05) == pytest.approx(5.0)
    assert contact_weight(TIES, 99.0, 0.0, 0.0, 1.0, 0.5, 7.0, 0.05) == pytest.approx(8.0)
    assert contact_weight(BROKERED, 9.0, 1.0, 0.0, 1.0, 0.5, 4.0, 0.3) == pytest.approx(0.3)
    assert contact_weight(OPEN_CALL, 9.0, 1.0, 0.9, 1.0, 0.5, 4.0, 0.05) == 1.0
    assert contact_weight(BROKERED, 0.0, 0.0, 0.9, 1.0, 0.5, 4.0, 0.05) > contact_weight(
        BROKERED, 9.0, 1.0, 0.5, 1.0, 0.5, 4.0, 0.05
    )


def test_panels_weigh_and_err() -> None:
    parts = np.empty(N_CRITERIA)
    luck = 2.0
    need, panel = (2.0, 1, 0.5, 0.25, 0.6), (1.0, 3.0, 2.0, 4.0, 5.0)
    read = appraisal(*need, *panel, 1.5, 9, luck, parts)
    assert parts == pytest.approx([2.0, 3.0, 1.0, 1.0, 3.0, luck * 1.5 / 3.0])
    assert read == pytest.approx(parts.sum())
    weights = (4.0, 4.0, 1.0, 0.5, 0.25, 2.0)
    points = merit_points(0.5, 1.0, 0.4, 2.0, 0.3, 1.0, *weights, 1.0, 4, 1.0)
    assert points == pytest.approx(2.0 + 0.5 + 0.4 - 1.2 + 0.5 + 2.0 + 0.5)


@given(share, st.floats(0.0, 0.999), share, st.floats(-4, 4), st.integers(1, 50))
def test_tolerance_only_opens_gates(
    percentile: float, gate: float, tolerance: float, luck: float, reviewers: int
) -> None:
    strict = passes_gate(percentile, gate, 0.0, 0.05, reviewers, luck)
    assert strict == (percentile + luck * 0.05 / math.sqrt(reviewers) >= gate)
    assert passes_gate(percentile, gate, tolerance, 0.05, reviewers, luck) >= strict


def test_full_tolerance_asks_for_the_middle() -> None:
    assert passes_gate(0.5, 0.9, 1.0, 0.05, 1, 0.0)
    assert not passes_gate(0.49, 0.9, 1.0, 0.05, 1, 0.0)
    assert penalty_due(10.0, 0.3, 0.0) == pytest.approx(3.0)
    assert penalty_due(10.0, 0.3, 1.0) == 0.0


@given(st.floats(-0.2, 0.5), st.integers(4, 100))
def test_growth_keeps_the_total(rate: float, quarters: int) -> None:
    total = sum(growth_factor(rate, t, quarters) for t in range(quarters))
    assert total == pytest.approx(quarters)
    first, last = growth_factor(rate, 0, quarters), growth_factor(rate, quarters - 1, quarters)
    assert (last > first) == (rate > 0) or rate == 0 or math.isclose(first, last)


@given(share, st.floats(0.0, 1e4), st.floats(0.1, 100.0))
def test_capability_stays_expertise(e: float, spending: float, scale: float) -> None:
    assert 0.0 <= e + capability_gain(e, spending, scale) <= 1.0 + 1e-12


@given(share, share, share)
def test_openness_of_knowledge_is_a_share(base: float, sharing: float, private: float) -> None:
    assert 0.0 <= openness_of_knowledge(base, sharing, private) <= 1.0
    assert openness_of_knowledge(base, 1.0, 0.0) == pytest.approx(1.0)
    assert openness_of_knowledge(base, sharing, 1.0) == 0.0


def test_count_targets_spread_money() -> None:
    assert target_cap(6.9, 40.0, 0.0) == 6.9
    assert target_cap(6.9, 40.0, 20.0) == 2.0
    assert target_cap(6.9, 40.0, 2.0) == 6.9


def test_records_are_smoothed() -> None:
    assert performance(0.0, 0.0, 0.35) == pytest.approx(0.35)
    assert performance(10.0, 10.0, 0.35) == pytest.approx(0.675)
    assert adapted_weight(0.25, 2.0, 0.0) == 0.25
    assert adapted_weight(0.25, 2.0, 0.5) == pytest.approx(0.25 * math.e)


def test_realised_value_has_mean_one() -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    mean = sum(w * realised_factor(z, 1.0) for z, w in zip(nodes, weights, strict=True))
    assert mean / math.sqrt(2.0 * math.pi) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("amounts", "expected"), [([1, 1, 1, 1], 0.0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25)]
)
def test_gini(amounts: list[int], expected: float) -> None:
    assert gini(np.array(amounts)) == pytest.approx(expected)
    assert math.isnan(gini(np.zeros(3)))
