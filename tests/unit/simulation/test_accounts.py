"""Money: integer fen, conserved in every phase of every step, and never owed by anybody."""

from __future__ import annotations

import pytest

from simulation.accounts import fen, imbalance, myuan, payer_of
from simulation.columns import N_CONSORTIA, N_ORGANISATIONS
from simulation.phases import PHASES
from simulation.policies.registry import Regime
from simulation.setup import first_state, install
from simulation.state import State
from simulation.world import World
from tests.support import worlds

STEPS = 40
BURN_IN = 8  # shorter than the default, so that most steps are policy quarters


def assert_sound(state: State, where: str) -> None:
    assert imbalance(state) == 0, where
    people = state.organisations[: state.counters[N_ORGANISATIONS]]
    assert people["cash"].min() >= 0, where
    assert people["income_stock"].min() >= 0, where
    assert state.purses.min() >= 0, where
    used = int(state.counters[N_CONSORTIA])
    formed = state.consortia[:used]
    assert state.escrow[:used].min(initial=0) >= 0, where
    assert (formed["grant_used"] <= formed["grant"]).all(), where
    assert state.ledger.min() >= 0, where


@pytest.mark.parametrize("name", list(worlds.regimes()))
def test_money_is_conserved_in_every_phase(name: str, regimes: dict[str, Regime]) -> None:
    short = worlds.changed_world({"time.burn_in": BURN_IN})
    state = first_state(short, worlds.default_population(), seed=worlds.SEED, replicate=0)
    state = install(state, regimes[name])
    for step in range(STEPS):
        for phase in PHASES:
            phase.run(state, step, policy=step >= BURN_IN, fresh=True)
            assert_sound(state, f"{phase.name}, step {step}")
    assert state.ledger.any()


def test_the_check_sees_a_lost_fen(world: World) -> None:
    state = first_state(world, worlds.default_population(), seed=worlds.SEED, replicate=0)
    assert imbalance(state) == 0
    state.organisations["cash"][3] -= 1
    assert imbalance(state) == 1


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(0.0, 0), (1.0, 100_000_000), (1e-8, 1), (0.4e-8, 0), (0.5e-8, 1), (-0.5e-8, 0)],
)
def test_fen_rounds_halves_up(amount: float, expected: int) -> None:
    assert fen(amount) == expected == worlds.plain(fen)(amount)


def test_fen_and_million_yuan_are_inverse() -> None:
    for amount in (0, 1, 123_456_789, 10**15):
        assert fen(myuan(amount)) == amount


def test_payers_follow_kind_and_ownership() -> None:
    lead_firm, sme, university, institute = range(4)
    central, local, private, public = range(4)
    assert payer_of(lead_firm, central) == payer_of(lead_firm, local) == 2
    assert payer_of(lead_firm, private) == payer_of(sme, private) == 3
    assert payer_of(university, public) == payer_of(institute, public) == 1
