"""Engine and twin come to the same run, to the last bit of every column."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from experiments.levers.settings import Row, rows
from simulation import setup
from simulation.phases import PHASES as ENGINE_PHASES
from simulation.runner import run_replicate
from simulation.world import World
from tests.support import levers, worlds
from tests.support.twin.lockstep import parting
from tests.support.twin.model import PHASES, TwinModel
from tests.support.twin.runner import run_twin

SHORT = {"time.burn_in": 8, "time.policy": 12, "time.run_out": 20, "time.hand_over": 4}
LEVERS_IN_TURN = (
    9  # every so many of the arms of configs/levers/default.yaml is run; odd: low and high ones
)


@pytest.fixture(scope="module")
def short() -> World:
    return worlds.changed_world(SHORT)


def test_the_phases_have_the_same_names_and_order() -> None:
    assert list(PHASES) == [phase.name for phase in ENGINE_PHASES]


@pytest.mark.parametrize("name", list(worlds.regimes()))
def test_every_regime_comes_to_the_same_run(name: str, short: World) -> None:
    regime = worlds.regimes()[name]
    assert parting(short, worlds.default_population(), regime, seed=worlds.SEED) is None


@pytest.mark.parametrize(
    ("population", "regime", "size"),
    [
        ("classroom", "combined", 40),
        ("framework", "framework_programme", 60),
        ("national", "delta_joint_programme", 62),
        ("national", "soe_consortia", 62),
        ("yangtze_delta", "prize", 10),
    ],
)
def test_every_population_comes_to_the_same_run(
    population: str, regime: str, size: int, short: World
) -> None:
    people = worlds.cut(worlds.default_setup(population).population, size)
    assert parting(short, people, worlds.regimes()[regime], seed=7, replicate=2) is None


def other_world() -> World:
    """A world in which every parameter but time is another than usual.

    At round values a fault may not show: whether 12 is divided by 6 and rounded up or down.
    """
    changes: dict[str, float] = dict(SHORT)
    for section, settings in worlds.default_world().sections.items():
        for name, value in settings.as_mapping().items():
            if section == "time" or name == "scale_organisations" or isinstance(value, bool):
                continue
            high = settings.parameters()[name].high
            assert high is not None
            other = 0.9 * value if value else 0.1 * high
            changes[f"{section}.{name}"] = value + 1 if isinstance(value, int) else other
    return worlds.changed_world(changes)


@pytest.mark.parametrize("name", ["open_challenge", "combined", "soe_consortia", "rd_tax_credit"])
def test_another_world_comes_to_the_same_run(name: str) -> None:
    people = worlds.cut(worlds.default_population(), 60)
    assert parting(other_world(), people, worlds.regimes()[name], seed=worlds.SEED) is None


def test_fitness_that_looks_at_no_ranks_comes_to_the_same_run(short: World) -> None:
    world = worlds.changed_world({"criteria.raw_fitness": True}, short)
    people = worlds.cut(worlds.default_population(), 30)
    assert parting(world, people, worlds.regimes()["race"], seed=worlds.SEED) is None


def test_landscapes_that_lose_their_place_come_to_the_same_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More needs are worked on than there is room for: their landscapes are built again."""
    monkeypatch.setattr(setup, "PLACES", 1)
    world = worlds.changed_world(
        SHORT
        | {"time.burn_in": 4, "time.policy": 8, "time.hand_over": 0}
        | {"needs.prerequisite_share": 0.0, "money.budget_myuan_per_year": 2000}
    )
    people, regime = worlds.default_population(), worlds.regimes()["combined"]
    twin = TwinModel(world, people, regime, seed=worlds.SEED, replicate=0)
    while twin.now < twin.policy_ends:
        twin.step()
    engine = setup.first_state(world, people, seed=worlds.SEED, replicate=0)
    assert len({project.need for project in twin.projects}) > len(engine.landscapes)
    assert parting(world, people, regime, seed=worlds.SEED) is None


def arms() -> list[Row]:
    """The settings that levers are tested with, where they bite; each as the high arm of a row."""
    both = [dataclasses.replace(row, high=arm) for row in rows() for arm in (row.low, row.high)]
    return both[::LEVERS_IN_TURN]


@pytest.mark.parametrize("row", arms(), ids=lambda row: f"{row.lever}@{row.regime}")
def test_levers_come_to_the_same_run(row: Row) -> None:
    world = worlds.changed_world({**row.world, **SHORT})
    regime = worlds.changed_regime(worlds.regimes()[row.regime], row.high)
    people = worlds.cut(worlds.default_population(), 60)
    assert parting(world, people, regime, seed=levers.TEST_SEED, replicate=1) is None


def test_a_full_run_comes_to_the_same_outcomes() -> None:
    """All quarters, with the reference and the hand-over test, as the tables report them."""
    world, people = worlds.default_world(), worlds.cut(worlds.default_population(), 40)
    chosen = [worlds.regimes()["combined"]]
    (engine,) = run_replicate(
        world, people, worlds.reference(), chosen, seed=worlds.SEED, replicate=1
    )
    (twin,) = run_twin(world, people, worlds.reference(), chosen, seed=worlds.SEED, replicate=1)
    assert engine.outcomes["solved"] > 0
    assert engine.outcomes["hand_over_solved"] > 0
    assert not worlds.differences(engine, twin)
    assert np.array_equal(engine.stages, twin.stages)


def test_agents_of_the_twin_come_and_go() -> None:
    """As in any Mesa model: who has ended is no agent any more."""
    world = worlds.changed_world(
        SHORT | {"finance.exit_rate": 0.2, "finance.distress_share": 1.0, "time.run_out": 4}
    )
    regime = worlds.changed_regime(
        worlds.regimes()["soe_consortia"],
        {"renewal.batch_quarters": 4, "renewal.term_batches": 1, "renewal.renewed_share": 0.5},
    )
    model = TwinModel(world, worlds.default_population(), regime, seed=worlds.SEED, replicate=0)
    model.run_model()
    there = [one for one in model.organisations if one.active]
    standing = [body for body in model.bodies if body.active]
    assert len(there) < len(model.organisations)
    assert len(standing) < len(model.bodies)
    assert set(model.agents) == {*there, *standing, *model.projects}
    assert model.steps == model.now == 24
