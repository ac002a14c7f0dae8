"""What is measured: the default world, its regimes, and populations of other sizes."""

from __future__ import annotations

import dataclasses

import numpy as np

from agents.compiled import rule
from simulation.landscape import prepare
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.state import State
from tests.support import worlds

SEED = worlds.SEED
QUICK_REGIMES = ("laissez_faire", "lead_firm_consortium", "open_challenge")


def regimes(quick: bool) -> dict[str, Regime]:
    """All regimes by name, or three of them."""
    everything = worlds.regimes()
    return {name: everything[name] for name in QUICK_REGIMES} if quick else everything


def repeated(population: Population, count: int) -> Population:
    """``count`` organisations: the rows of a population again and again, or evenly taken.

    A larger population is of the same composition as a smaller one, and so is its research staff
    per organisation.
    """
    if count < population.size:
        return worlds.cut(population, count)
    rows = np.arange(count) % population.size
    columns = ("kind", "ownership", "region", "staff", "home_field")
    return dataclasses.replace(
        population,
        **{name: getattr(population, name)[rows] for name in columns},
        labels=tuple(f"{population.labels[row]} {k}" for k, row in enumerate(rows.tolist())),
    )


@rule
def prepare_all(s: State) -> None:
    """Build the landscape of every need, as the first team to work on it would."""
    for index in range(len(s.needs)):
        prepare(s, index)
