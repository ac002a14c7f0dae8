"""Outcomes of one variant as arrays, by regime and paired replicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulation.outcomes import OUTCOMES

if TYPE_CHECKING:
    from experiments.configuration import RegimeEntry, Setup

MAIN = "main"
TAX_CREDIT = "rd_tax_credit"  # second reference, beside the setup's own


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Outcomes of one variant as arrays, rows in the setup's order, columns paired replicates.

    Only replicates that every regime has finished are kept, so that all comparisons are paired.
    """

    names: tuple[str, ...]
    replicates: np.ndarray
    outcomes: Mapping[str, np.ndarray]

    def __getitem__(self, outcome: str) -> np.ndarray:
        """Values of one outcome, shape (regimes, replicates)."""
        return self.outcomes[outcome]

    def total(self, outcomes: Sequence[str]) -> np.ndarray:
        """Sum of several outcomes, shape (regimes, replicates)."""
        added: np.ndarray = np.stack([self[name] for name in outcomes]).sum(axis=0)
        return added

    def row(self, name: str) -> int | None:
        """Row of a regime, or None when it was not run."""
        return self.names.index(name) if name in self.names else None

    def restricted(self, replicates: np.ndarray) -> Panel:
        """The same regimes at some of the replicates."""
        kept = np.isin(self.replicates, replicates)
        values = {name: value[:, kept] for name, value in self.outcomes.items()}
        return Panel(self.names, self.replicates[kept], values)


def panel(runs: pa.Table, setup: Setup, variant: str = MAIN) -> Panel:
    """Arrange the table of runs by regime and replicate for one variant of the world."""
    part = runs.filter(pc.equal(runs["variant"], variant))
    regime = np.array(part["regime"].to_pylist(), dtype=object)
    replicate = part["replicate"].to_numpy()
    names = tuple(name for name in regime_entries(setup) if name in set(regime))
    finished = [set(replicate[regime == name].tolist()) for name in names]
    replicates = np.array(sorted(set.intersection(*finished)) if finished else [], dtype=np.int64)
    cells = {key: row for row, key in enumerate(zip(regime, replicate.tolist(), strict=True))}
    order = np.array([[cells[name, r] for r in replicates.tolist()] for name in names], np.int64)
    order = order.reshape(len(names), len(replicates))
    columns = {
        outcome.name: part[outcome.name].to_numpy().astype(np.float64)[order]
        for outcome in OUTCOMES
    }
    return Panel(names, replicates, columns)


def regime_entries(setup: Setup) -> dict[str, RegimeEntry]:
    """Regimes by name in the order of the report, the reference first."""
    entries = {setup.reference.name: setup.reference}
    entries.update({entry.name: entry for entry in setup.regimes})
    return entries


def baselines(setup: Setup) -> tuple[str, ...]:
    """Names of the references, whether they were run or not."""
    return (setup.reference.name, TAX_CREDIT)
