"""Every fact under every regime: value against reference over replicates, and the verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.levers.results import differences
from experiments.statistics import paired
from experiments.statistics.paired import Difference
from experiments.stylised.measures import FACTS
from experiments.stylised.settings import HUB, SPREAD
from experiments.tables.files import make_schema, make_table
from experiments.validation.network import FloatArray

EMERGES, CONTRARY, OPEN, UNKNOWN = "emerges", "contrary", "open", "unknown"
EVERYWHERE, SOMEWHERE, NOWHERE, UNTOLD = "everywhere", "somewhere", "nowhere", "untold"
HUB_FACT = "hub_support_lowers_median"
HUB_MEASURE = "median_own_research"
NAMES = (*(fact.name for fact in FACTS), HUB_FACT)
BELOW = {HUB_FACT}  # facts that lie below their reference


@dataclass(frozen=True, slots=True)
class Cell:
    """A fact under a regime.

    Attributes
    ----------
    value, reference: means over replicates.
    found: value minus reference, with an interval that holds for all cells at once.
    """

    fact: str
    regime: str
    value: float
    reference: float
    found: Difference
    verdict: str


@dataclass(frozen=True, slots=True)
class Found:
    """All cells; ``overall`` is by fact one of everywhere, somewhere, nowhere, untold."""

    cells: tuple[Cell, ...]
    replicates: int

    def of(self, fact: str) -> list[Cell]:
        """Cells of a fact in which it could be measured."""
        return [one for one in self.cells if one.fact == fact and one.verdict != UNKNOWN]

    def overall(self, fact: str) -> str:
        """In how many of the regimes a fact emerges."""
        verdicts = [one.verdict for one in self.of(fact)]
        if verdicts and all(one == EMERGES for one in verdicts):
            return EVERYWHERE
        if EMERGES in verdicts:
            return SOMEWHERE
        return NOWHERE if CONTRARY in verdicts else UNTOLD


Values = dict[
    tuple[str, str], FloatArray
]  # by fact and regime: (replicates, 2), value and reference


def judge(measured: Values, regimes: Sequence[str], hub_regime: str, replicates: int) -> Found:
    """Means, intervals and verdicts; the fact about hubs is a pair of regimes on the same luck."""
    keys = [(fact.name, regime) for fact in FACTS for regime in regimes]
    pairs = [measured[key] for key in keys]
    with_hubs, without = (measured[HUB_MEASURE, name][:, 0] for name in (HUB, SPREAD))
    keys.append((HUB_FACT, hub_regime))
    pairs.append(np.column_stack([with_hubs, without]))
    found = differences([(one[:, 1], one[:, 0]) for one in pairs])
    return Found(
        tuple(
            Cell(
                fact, regime, _mean(values[:, 0]), _mean(values[:, 1]), one, verdict_of(fact, one)
            )
            for (fact, regime), values, one in zip(keys, pairs, found, strict=True)
        ),
        replicates,
    )  # fmt: skip


def verdict_of(fact: str, found: Difference) -> str:
    """The rule, written down before any run: a fact *emerges* under a regime when the simultaneous interval of value
    minus reference lies on its side; *contrary* on the other side; *open* when it holds 0; *unknown* where fewer
    than two replicates have both."""
    if found.n < 2 or math.isnan(found.sim_low):
        return UNKNOWN
    side = {paired.HIGHER: 1, paired.LOWER: -1}.get(found.verdict, 0)
    if side == 0:
        return OPEN
    return EMERGES if side == (-1 if fact in BELOW else 1) else CONTRARY


def _mean(values: FloatArray) -> float:
    return paired.mean_and_se(values)[0]


TABLE = make_schema(
    fact="text", regime="text", value="number", reference="number", difference="number",
    se="number", low="number", high="number", sim_low="number", sim_high="number", n="count",
    verdict="text", given="truth", source="text",
)  # fmt: skip


def table(found: Found) -> pa.Table:
    """One row per fact and regime."""
    about: dict[str, tuple[bool, str]] = {one.name: (one.given, one.source) for one in FACTS}
    about[HUB_FACT] = (False, "literature on hubs of innovation networks")
    rows: list[dict[str, Any]] = [
        {
            "fact": one.fact, "regime": one.regime, "value": one.value,
            "reference": one.reference, "difference": one.found.difference, "se": one.found.se,
            "low": one.found.low, "high": one.found.high, "sim_low": one.found.sim_low,
            "sim_high": one.found.sim_high, "n": one.found.n, "verdict": one.verdict,
            "given": about[one.fact][0], "source": about[one.fact][1],
        }
        for one in found.cells
    ]  # fmt: skip
    return make_table(TABLE, rows)
