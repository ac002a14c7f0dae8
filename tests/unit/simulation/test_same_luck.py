"""Regimes differ by their levers only: equal levers give equal runs, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml

from experiments.configuration import load_setup
from experiments.library import CONFIGS
from simulation.branching import branch
from simulation.outcomes import RunResult
from simulation.phases import PHASES, addresses, advance
from simulation.policies.registry import Regime
from simulation.runner import finish
from simulation.setup import first_state, install
from simulation.state import OF_REGIME
from simulation.world import World
from tests.support import worlds

NAMES = list(worlds.regimes())
NOTHING = {"budget.scale": 0.0, "agenda.mode": "nothing"}
SCALES_TO_ZERO = {"bound_credit_scaled"}  # a credit without a budget is scaled, and counts that


@pytest.fixture(scope="session")
def placebos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Regime]:
    """Every regime file once more, under another name and with other words."""
    folder = tmp_path_factory.mktemp("placebo")
    (folder / "regime").mkdir()
    for name in NAMES:
        document = yaml.safe_load((CONFIGS / "regime" / f"{name}.yaml").read_text("utf-8"))
        document |= {"title": {"en": "Placebo", "zh": "安慰剂"}, "source": "placebo", "systems": []}
        path = folder / "regime" / f"placebo_{name}.yaml"
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    setup = load_setup("compare", ["robustness=none"], [folder])
    return {entry.name: entry.regime for entry in setup.regimes}


@pytest.mark.parametrize("name", NAMES)
def test_a_placebo_changes_nothing(
    name: str, placebos: dict[str, Regime], results: dict[str, RunResult]
) -> None:
    other = "race" if name != "race" else "prize"
    three = [placebos[name], placebos[f"placebo_{name}"], placebos[other]]
    first, placebo, neighbour = worlds.run(three)
    assert (first.regime, placebo.regime) == (name, f"placebo_{name}")
    assert not worlds.differences(first, placebo)
    assert not worlds.differences(first, results[name])
    assert not worlds.differences(neighbour, results[other])


def test_the_comparison_would_see_a_difference(results: dict[str, RunResult]) -> None:
    assert "solved" in worlds.differences(results["laissez_faire"], results["prize"])
    assert "trajectory solved" in worlds.differences(results["laissez_faire"], results["prize"])


@pytest.mark.parametrize("name", NAMES)
def test_regimes_do_not_influence_each_other(
    name: str, regimes: dict[str, Regime], results: dict[str, RunResult]
) -> None:
    """``results`` ran all regimes in one call; here each runs alone."""
    assert not worlds.differences(worlds.run([regimes[name]])[0], results[name])


@pytest.mark.parametrize("place", ["yangtze_delta", "classroom"])
@pytest.mark.parametrize("name", NAMES)
def test_no_money_and_no_agenda_is_no_policy(
    name: str, place: str, regimes: dict[str, Regime]
) -> None:
    idle = worlds.changed_regime(regimes[name], NOTHING)
    people = worlds.default_setup(place).population
    nothing, without = worlds.run([worlds.reference(), idle], population=people)
    assert set(worlds.differences(nothing, without)) <= SCALES_TO_ZERO


@pytest.mark.parametrize("name", NAMES)
def test_bystanders_change_nothing(name: str, regimes: dict[str, Regime]) -> None:
    """Organisations without staff, while needs and budget stay those of 120 organisations."""
    fixed = worlds.changed_world({"needs.scale_organisations": 120})
    people = worlds.default_population()
    crowd = worlds.with_bystanders(people, 37)
    alone = worlds.run([regimes[name]], world=fixed)[0]
    watched = worlds.run([regimes[name]], world=fixed, population=crowd)[0]
    assert not worlds.differences(alone, watched)


@pytest.mark.parametrize("name", NAMES)
def test_the_burn_in_does_not_know_the_regime(
    name: str, world: World, regimes: dict[str, Regime]
) -> None:
    people = worlds.default_population()
    without = first_state(world, people, seed=worlds.SEED, replicate=0)
    burn_in = int(without.world[0]["time_burn_in"])
    with_it = install(without, regimes[name])
    for state in (without, with_it):
        advance(state, addresses(), 0, burn_in, False, True)
    unequal = worlds.unequal_columns(without, with_it)
    assert set(unequal) <= set(OF_REGIME)  # these have more rows
    assert not with_it.purses.any() and not with_it.focus.any() and not with_it.stages[1:].any()


@pytest.mark.parametrize("name", ["laissez_faire", "delta_joint_programme", "combined"])
def test_a_step_is_its_phases(name: str, world: World, regimes: dict[str, Regime]) -> None:
    start = worlds.state_after_burn_in(world, worlds.default_population())
    whole, parts = (install(start, regimes[name]) for _ in range(2))
    burn_in = int(start.world[0]["time_burn_in"])
    advance(whole, addresses(), burn_in, burn_in + 20, True, True)
    for step in range(burn_in, burn_in + 20):
        for phase in PHASES:
            phase.run(parts, step, policy=True, fresh=True)
    assert not worlds.unequal_columns(whole, parts)


def test_a_replicate_does_not_know_what_ran_before(
    regimes: dict[str, Regime], results: dict[str, RunResult]
) -> None:
    worlds.run([regimes["prize"]], replicate=7)
    worlds.run([regimes["race"]], population=worlds.default_setup("classroom").population)
    again = worlds.run([regimes["prize"]])[0]
    assert not worlds.differences(again, results["prize"])


def test_a_branch_keeps_nothing_of_the_memory_it_uses(
    world: World, regimes: dict[str, Regime]
) -> None:
    start = worlds.state_after_burn_in(world, worlds.default_population())
    finished = [finish(install(start, regimes[name]))[0] for name in ("combined", "race")]
    spare = list(finished)
    again = install(start, regimes["soe_consortia"], spare)
    assert spare == finished[:1]  # which has room for another number of programmes
    assert again is finished[1]
    new = install(start, regimes["soe_consortia"])
    assert not worlds.unequal_columns(new, again)
    ends = [finish(state, [])[0] for state in (new, again)]
    assert not worlds.unequal_columns(*ends)
    test = branch(ends[0], ends[1:])
    assert not worlds.unequal_columns(ends[0], test)


def test_nothing_is_read_before_it_is_written(
    monkeypatch: pytest.MonkeyPatch, regimes: dict[str, Regime], results: dict[str, RunResult]
) -> None:
    """Rows are cleared when they are used: what stood in their memory before does not matter."""
    rooms = []

    def littered(shape: Any, dtype: Any) -> np.ndarray:
        rooms.append(np.zeros(shape, dtype))
        rooms[-1].view(np.uint8)[...] = 0xA5
        return rooms[-1]

    monkeypatch.setattr(np, "empty", littered)
    chosen = [regimes["soe_consortia"], regimes["origin_sources"], regimes["combined"]]
    again = worlds.run(chosen)
    monkeypatch.undo()
    assert len(rooms) > 10
    for one in again:
        assert not worlds.differences(one, results[one.regime])


def test_the_reference_gives_the_same_when_it_is_reported(results: dict[str, RunResult]) -> None:
    start = worlds.state_after_burn_in(worlds.default_setup().world, worlds.default_population())
    state, _ = finish(install(start, worlds.reference()))
    reported = results["laissez_faire"].trajectories["solved"]
    assert (state.trajectory[:, 0] == reported).all()


def test_replicates_differ(regimes: dict[str, Regime], results: dict[str, RunResult]) -> None:
    other = worlds.run([regimes["prize"]], replicate=1)[0]
    assert "trajectory solved" in worlds.differences(other, results["prize"])


def test_the_order_of_a_step_is_the_specified_one() -> None:
    assert [phase.name for phase in PHASES] == [
        "needs arise",
        "programmes act",
        "consortia form and bid",
        "awards",
        "research",
        "learning",
        "monitoring and payments",
        "results",
        "finance, entry and exit",
        "record",
    ]
    assert all(phase.meaning.endswith(".") for phase in PHASES)
