"""The world: all parameters that are not policy, in one validated object."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.settings import ConfigError, Settings, build_all
from simulation.adoption import Adoption
from simulation.chains import Chains
from simulation.clock import Time
from simulation.criteria import Criteria
from simulation.fields import Fields
from simulation.finance import Finance
from simulation.financiers import Financiers
from simulation.forming import Forming
from simulation.learning import Learning
from simulation.money import Money
from simulation.needs import Needs
from simulation.search import Search
from simulation.standing import Standing
from simulation.supply import Supply

SECTIONS: dict[str, type[Settings]] = {
    section.SECTION: section
    for section in (
        Time, Needs, Fields, Search, Learning, Forming, Supply, Standing, Money, Financiers, Adoption,
        Chains, Finance, Criteria,
    )
}  # fmt: skip

WORLD_COLUMNS = np.dtype(
    [
        (f"{name}_{column}", kind)
        for name, section in SECTIONS.items()
        for column, kind in section.columns()
    ],
    align=True,
)


@dataclass(frozen=True, slots=True)
class World:
    """Every parameter of the world, by section."""

    sections: Mapping[str, Settings]

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> World:
        """Build from ``{section: {parameter: value}}``; every section must be there, no other.

        Raises
        ------
        ConfigError: unknown or missing section or parameter, or a value that is not allowed.
        """
        world = cls(build_all(SECTIONS, values, one="section of the world"))
        world.check()
        return world

    def check(self) -> None:
        """Refuse parameters of different sections that contradict each other."""
        ceiling = self.sections["fields"].as_mapping()["frontier_ceiling"]
        least = self.sections["search"].as_mapping()["least_expertise"]
        if ceiling >= least:
            raise ConfigError(
                f"fields.frontier_ceiling = {ceiling:g} is not below search.least_expertise = "
                f"{least:g}: nobody may start with useful expertise in a frontier field. Write "
                f"fields.frontier_ceiling = {0.75 * least:g} or less."
            )

    def as_mapping(self) -> dict[str, dict[str, Any]]:
        """Plain values by section, as they would stand in YAML."""
        return {name: section.as_mapping() for name, section in self.sections.items()}

    def columns(self) -> np.ndarray:
        """Parameters for the compiled phases, shape (1,), :data:`WORLD_COLUMNS`."""
        values = [self.sections[name].encode().values() for name in SECTIONS]
        return np.array([tuple(itertools.chain.from_iterable(values))], WORLD_COLUMNS)
