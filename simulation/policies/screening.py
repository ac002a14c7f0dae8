"""Screening: an expert panel decides which collected needs are published."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter

POOLS = ("local", "national")
LOCAL, NATIONAL = range(2)
CRITERIA = ("value", "strategy", "duration", "cross_border", "chain", "error")  # of the points
N_CRITERIA = len(CRITERIA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening(Settings):
    """The panel before publication; a panel takes one quarter and is paid."""

    SECTION: ClassVar[str] = "screening"

    panel_size: int = parameter(
        unit="experts per need",
        low=0,
        high=50,
        meaning="experts who read each need; 0 publishes every need at once",
        source="seed document: experts assess the needs; the number is swept",
    )
    sitting_quarters: int = parameter(
        unit="quarters",
        low=1,
        high=12,
        meaning="time from one sitting of the panel to the next, in which all needs collected since are compared; 1: it sits every quarter",
        source="seed document: needs are collected, assessed and selected in rounds; their rhythm is swept",
    )
    pool: str = parameter(
        unit="choice",
        choices=POOLS,
        meaning="where experts come from; a local pool knows fewer fields and errs more",
        source="seed document: national expert pool; the difference in noise is an assumption",
    )
    share_published: float = parameter(
        unit="share of collected needs",
        low=0.05,
        high=1.0,
        meaning="best part of the collected needs that is published",
        source="assumption, swept",
    )
    value_weight: float = parameter(
        unit="points per log of value",
        low=0.0,
        high=5.0,
        meaning="weight of expected economic value",
        source="assumption, swept",
    )
    strategy_weight: float = parameter(
        unit="points",
        low=0.0,
        high=5.0,
        meaning="points for needs in strategic fields",
        source="seed document: needs that fit national strategy are selected; weight swept",
    )
    duration_weight: float = parameter(
        unit="points",
        low=0.0,
        high=5.0,
        meaning="points for needs the panel thinks solvable in 2-3 years",
        source="seed document: can be broken through in 2-3 years; weight swept",
    )
    cross_border_weight: float = parameter(
        unit="points",
        low=0.0,
        high=5.0,
        meaning="points for needs whose knowledge lies in several regions",
        source="seed document: needs cross-regional solution; weight swept",
    )
    chain_weight: float = parameter(
        unit="points per unit of supply gap",
        low=0.0,
        high=20.0,
        meaning="weight of the unsecured foreign-supply risk in the need's most exposed field",
        source="seed document: strategic chains under one's own control; weight swept",
    )
    formulation: float = parameter(
        unit="share of misposed components",
        low=0.0,
        high=1.0,
        meaning="what the panel puts right in a need before it is published; takes the same part of a further reading",
        source="seed document: needs are condensed and refined; share swept",
    )


@rule
def appraisal(
    log_value,
    strategic,
    solvability,
    cross_border_need,
    supply_gap,
    value_weight,
    strategy_weight,
    duration_weight,
    cross_border_weight,
    chain_weight,
    noise_sd,
    panel_size,
    luck,
    parts,
):
    """Points a panel gives a need; what each criterion adds, and last the error, goes to ``parts``.

    ``solvability``, ``cross_border_need`` and ``supply_gap`` are in [0, 1]; ``luck`` is standard
    normal; the panel's error falls with the square root of its size (independent experts, assumption).
    """
    parts[0] = value_weight * log_value
    parts[1] = strategy_weight * strategic
    parts[2] = duration_weight * solvability
    parts[3] = cross_border_weight * cross_border_need
    parts[4] = chain_weight * supply_gap
    parts[5] = luck * noise_sd / math.sqrt(panel_size)
    points = 0.0
    for k in range(N_CRITERIA):
        points += parts[k]
    return points
