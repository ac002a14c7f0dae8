"""Before the first step both have drawn the same people, ties, needs and chains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.configuration import load_setup
from experiments.populations import list_populations
from simulation.population import Population
from simulation.world import World
from tests.support import worlds
from tests.support.twin.lockstep import Lockstep

OWN = """name,kind,ownership,region,staff,home_field
Steel,lead_firm,central_soe,North,900,3
Small,sme,private,South,12,
Medium,sme,local_soe,South,80,17
College,university,public_body,North,400,
Institute,institute,public_body,South,150.5,30
Nobody,sme,private,North,0,
"""


@pytest.fixture
def every_population(tmp_path: Path) -> dict[str, Population]:
    """All of ``configs/population``; the one that reads a file gets a small one."""
    (tmp_path / "own.csv").write_text(OWN, encoding="utf-8")
    populations = {}
    for name in (entry.name for entry in list_populations()):
        file = [f"population.file={tmp_path / 'own.csv'}"] if name == "csv" else []
        setup = load_setup("compare", [f"population={name}", "robustness=none", *file])
        populations[name] = setup.population
    return populations


def start_differs(world: World, population: Population, seed: int = worlds.SEED) -> list[str]:
    together = Lockstep(world, population, worlds.reference(), seed=seed, replicate=0)
    return [str(one) for one in together.differences()]


def test_every_population_starts_alike(every_population: dict[str, Population]) -> None:
    assert len(every_population) == 5
    world = worlds.changed_world({"time.policy": 8, "time.hand_over": 0})
    for name, population in every_population.items():
        assert not start_differs(world, population), name


@pytest.mark.parametrize(
    "changes",
    [
        {"fields.initial_ties": 16},  # lists of ties are full
        {"fields.count": 6, "fields.frontier": 6, "needs.fields_per_need": 12},  # no field is left
        {"fields.frontier": 0, "needs.strategic_share": 0.1, "chains.links": 16},
        {"needs.scale_organisations": 300, "needs.components": 6, "needs.links_high": 5},
        {"needs.misposed_share": 0.5, "needs.owner_knowledge": 1.0},
        {"needs.per_quarter": 0.5, "time.burn_in": 4},  # hardly any need
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_worlds_start_alike(changes: dict[str, Any]) -> None:
    world = worlds.changed_world({"time.policy": 8, "time.hand_over": 0} | changes)
    assert not start_differs(world, worlds.cut(worlds.default_population(), 60))


def test_bystanders_are_drawn_alike() -> None:
    population = worlds.with_bystanders(worlds.cut(worlds.default_population(), 20), 12)
    assert not start_differs(worlds.changed_world({"time.policy": 8}), population, seed=3)
