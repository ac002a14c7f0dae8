"""Agents read the columns, and decide by the engine's own rules."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from agents.consortium import Consortium
from agents.kinds import FEN_PER_MYUAN, KINDS, OWNERSHIPS
from agents.organisation import Firm, Invitation, Organisation
from experiments.configuration import load_setup
from simulation.model import ConsortiaModel
from simulation.ties import tie_strength

SHORT = ("population=classroom", "time.burn_in=8", "time.policy=16", "time.hand_over=0")


@cache
def model() -> ConsortiaModel:
    """A run in its tenth policy quarter; tests only read it."""
    setup = load_setup("run", ["regime=open_challenge", *SHORT])
    regime = setup.regimes[0].regime
    one = ConsortiaModel(setup.world, setup.population, regime, seed=3)
    while one.quarter < 10:
        one.step()
    return one


def firm() -> Firm:
    return next(one for one in model().agents_by_type[Firm] if one.partners)


def invitation(**changes: float) -> Invitation:
    plain = Invitation(
        success=0.4, value_share=3.0, learning=0.02, lead_reputation=0.5, own_cost=1.0,
        leakage_loss=0.2, penalty=0.1, needed_staff=1.0,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def test_every_property_is_the_column() -> None:
    s = model().state
    for agent in (one for one in model().agents if isinstance(one, Organisation)):
        own = s.organisations[agent.row]
        assert agent.kind == KINDS[own["kind"]] and agent.ownership == OWNERSHIPS[own["ownership"]]
        assert agent.region == model().population.regions[own["region"]]
        assert agent.cash * FEN_PER_MYUAN == pytest.approx(own["cash"])
        assert (agent.staff, agent.reputation) == (own["staff"], own["reputation"])
        assert (agent.trials, agent.successes) == (own["trials"], own["successes"])
        assert (agent.participations, agent.led) == (own["participations"], own["led"])
        assert np.array_equal(agent.expertise, s.expertise[agent.row])
        assert len(agent.partners) == own["ties"]
        for partner in agent.partners:
            assert partner.times == tie_strength(s, agent.row, partner.row)


def test_agents_are_views_and_not_copies() -> None:
    setup = load_setup("run", ["regime=laissez_faire", *SHORT])
    fresh = ConsortiaModel(setup.world, setup.population, setup.regimes[0].regime)
    one = fresh.organisation(0)
    before = one.cash
    fresh.state.organisations["cash"][0] += FEN_PER_MYUAN
    assert one.cash == pytest.approx(before + 1.0)


def test_expertise_cannot_be_written_through_an_agent() -> None:
    with pytest.raises(ValueError, match="read-only"):
        firm().expertise[0] = 1.0


def test_free_staff_is_what_is_not_promised() -> None:
    s = model().state
    share = s.world[0]["forming_free_share"]
    busy = [one for one in model().agents_by_type[Firm] if s.organisations["busy"][one.row] > 0]
    assert busy
    for one in busy:
        left = one.staff * share - s.organisations["busy"][one.row]
        assert one.free_staff == pytest.approx(max(0.0, left))


def test_worth_of_an_invitation() -> None:
    world = model().state.world[0]
    by_hand = (
        0.4 * (3.0 - 0.2)
        + world["forming_learning_weight"] * 0.02
        + world["forming_reputation_weight"] * 0.5
        - 1.0
        - 0.6 * 0.1
    )
    assert firm().utility_of(invitation()) == pytest.approx(by_hand)
    assert firm().utility_of(invitation(outer_benefit=0.3)) == pytest.approx(by_hand + 0.3)


def test_a_losing_deal_is_refused_until_the_lead_pays_the_difference() -> None:
    one = max(model().agents_by_type[Firm], key=lambda each: each.free_staff)
    losing = invitation(own_cost=9.0, needed_staff=0.5 * one.free_staff)
    short = -one.utility_of(losing)
    assert short > 0.0
    assert not one.accepts(losing)
    assert not one.accepts(dataclasses.replace(losing, transfer=0.99 * short))
    assert one.accepts(dataclasses.replace(losing, transfer=1.01 * short))


def test_without_half_the_staff_no_deal_is_good_enough() -> None:
    one = max(model().agents_by_type[Firm], key=lambda each: each.free_staff)
    assert one.accepts(invitation(value_share=90.0, needed_staff=1.9 * one.free_staff))
    assert not one.accepts(invitation(value_share=90.0, needed_staff=2.1 * one.free_staff))


def test_leads_believe_what_the_engine_says_they_believe() -> None:
    well_posed = "needs.misposed_share=0"  # else coverage at work is not what the lead believed in
    setup = load_setup("run", ["regime=open_challenge", well_posed, *SHORT])
    one = ConsortiaModel(setup.world, setup.population, setup.regimes[0].regime, seed=3)
    checked = 0
    while one.quarter < 10:
        before = one.state.organisations["trials"].copy()
        known = one.consortium_count
        one.step()
        for row in range(known, one.consortium_count):
            formed = one.consortium(row)
            if formed.lead.trials == before[formed.lead.row]:
                assert formed.lead.believed_success(formed.coverage) == formed.believed
                checked += 1
    assert checked > 5


def test_belief_rises_with_success_and_coverage() -> None:
    one = firm()
    assert one.believed_success(0.5) < one.believed_success(1.0) == one.belief < 1.0


def test_looking_stops_where_it_costs_more_than_it_brings() -> None:
    one = firm()
    assert one.looks(0.0, cost=0.01) == 0
    assert 0 < one.looks(1.0, cost=0.01) < one.looks(10.0, cost=0.01) <= 128
    assert one.looks(1.0, cost=0.0) == 128


def test_a_need_goes_to_the_call_when_that_is_worth_more() -> None:
    one = firm()
    terms = {"award_chance": 0.5, "alone": 1.0, "bid_cost": 0.1, "discount": 0.95}
    assert one.submits(won=4.0, **terms)
    assert not one.submits(won=1.0, **terms)


def test_adoption_pays_only_above_its_cost() -> None:
    one = firm()
    assert one.adopts(10.0, friction=0.2, absorption=0.8, cost=6.3)
    assert not one.adopts(10.0, friction=0.2, absorption=0.8, cost=6.5)


def test_leading_pays_when_the_hope_exceeds_the_cost() -> None:
    one = firm()
    hoped = one.belief * 10.0
    worth = one.project_utility(coverage=1.0, value_kept=10.0, own_cost=2.0)
    assert worth == pytest.approx(hoped - 2.0)


def test_integration_is_the_engines() -> None:
    """The rule is handed in; for a running team it gives what the engine wrote down."""
    running = [one for one in model().agents_by_type[Consortium] if one.state == "active"]
    assert running
    for one in running:
        assert one.integration == model().state.consortia["gamma"][one.row] > 0.0


def test_members_of_a_consortium() -> None:
    running = [one for one in model().agents_by_type[Consortium] if one.state == "active"]
    for one in running:
        assert one.members[0].row == one.lead.row and len(one.members) == one.size
        components = [place for member in one.members for place in member.components]
        n = int(model().state.world[0]["needs_components"])
        assert len(set(components)) == len(components) == round(one.coverage * n)
        layers = [member for name in ("core", "close", "general") for member in one.layer(name)]
        assert sorted(layers, key=lambda member: member.row) == sorted(
            one.members, key=lambda member: member.row
        )
        assert one.grant_used <= one.grant <= one.planned + 1e-9
        assert isinstance(one.takes_bold_try(), bool)
