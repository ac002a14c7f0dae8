"""All lever families. A new family is one file, one line here, and one folder in ``configs/``.

A programme is one record of numbers, ``<family>_<lever>``; the compiled phases read the record
and call the family's rules. No phase knows the name of a regime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agents.settings import ConfigError, Settings, build_all
from simulation.policies.adaptation import Adaptation
from simulation.policies.agenda import Agenda
from simulation.policies.budget import Budget
from simulation.policies.capability import Capability
from simulation.policies.coordination import Coordination
from simulation.policies.diffusion import Diffusion
from simulation.policies.eligibility import Eligibility
from simulation.policies.formation import Formation
from simulation.policies.funding import Funding
from simulation.policies.governance import Governance
from simulation.policies.layers import Layers
from simulation.policies.monitoring import Monitoring
from simulation.policies.openness import Openness
from simulation.policies.recognition import Recognition
from simulation.policies.renewal import Renewal
from simulation.policies.screening import Screening
from simulation.policies.selection import Selection
from simulation.policies.targets import Targets

FAMILIES: dict[str, type[Settings]] = {
    family.SECTION: family
    for family in (
        Governance, Agenda, Screening, Openness, Formation, Eligibility, Layers, Selection,
        Recognition, Funding, Coordination, Monitoring, Renewal, Capability, Diffusion, Targets, Budget,
        Adaptation,
    )
}  # fmt: skip

PROGRAMME_COLUMNS = np.dtype(
    [
        (f"{name}_{column}", kind)
        for name, family in FAMILIES.items()
        for column, kind in family.columns()
    ],
    align=True,
)


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme: a validated setting for every lever family."""

    levers: Mapping[str, Settings]

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Programme:
        """Build from ``{family: {lever: value}}``; every family must be there and no other.

        Raises
        ------
        ConfigError: unknown or missing family or lever, or a value that is not allowed.
        """
        programme = cls(build_all(FAMILIES, values, one="lever family"))
        programme.check()
        return programme

    def check(self) -> None:
        """Refuse levers of different families that contradict each other."""
        funding = self.levers["funding"].as_mapping()
        gate = self.levers["monitoring"].as_mapping()["gate_quarter"]
        if funding["milestone"] > 0.0 and gate == 0:
            raise ConfigError(
                f"funding.milestone = {funding['milestone']:g} could never be paid: it follows a "
                f"gate, and monitoring.gate_quarter = 0 means there is none. Write for example "
                f"monitoring.gate_quarter = 4, or funding.milestone = 0."
            )

    def as_mapping(self) -> dict[str, dict[str, Any]]:
        """Plain values by family, as they would stand in YAML."""
        return {name: setting.as_mapping() for name, setting in self.levers.items()}


@dataclass(frozen=True, slots=True)
class Regime:
    """A policy regime: a name and a list of programmes. The name never reaches the model.

    Attributes
    ----------
    columns: lever values for the compiled phases, shape (programmes,), :data:`PROGRAMME_COLUMNS`.
    """

    name: str
    programmes: tuple[Programme, ...]
    columns: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        total = sum(programme.levers["budget"].share for programme in self.programmes)  # type: ignore[attr-defined]
        if total > 1.0 + 1e-9:
            raise ConfigError(
                f"regime '{self.name}': the budget shares of its programmes add up to {total:g}, "
                f"above 1. Write budget.share so that they sum to 1 at most."
            )
        object.__setattr__(self, "columns", _columns(self.programmes))


def _columns(programmes: tuple[Programme, ...]) -> np.ndarray:
    table = np.zeros(len(programmes), PROGRAMME_COLUMNS)
    for row, programme in enumerate(programmes):
        for family, setting in programme.levers.items():
            for column, value in setting.encode().items():
                table[row][f"{family}_{column}"] = value
    table.flags.writeable = False
    return table
