"""Monitoring: gates, and what failure costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring(Settings):
    """A gate that projects must pass to go on."""

    SECTION: ClassVar[str] = "monitoring"

    gate_quarter: int = parameter(
        unit="quarters after the award",
        low=0,
        high=12,
        meaning="when the project is judged; 0 means never",
        source="assumption: quarter 4",
    )
    gate_percentile: float = parameter(
        unit="percentile of designs",
        low=0.0,
        high=0.999,
        meaning="seen percentile of the design that passes",
        source="assumption: .9, swept .6-.97",
    )
    reviewers: int = parameter(
        unit="reviewers per gate",
        low=1,
        high=50,
        meaning="people who judge at the gate, paid by the programme",
        source="assumption, swept",
    )
    tolerance: float = parameter(
        unit="share",
        low=0.0,
        high=1.0,
        meaning="part of the distance between .5 and the gate that is forgiven, and of the penalty",
        source="Azoulay et al. 2011: tolerance of early failure; scale assumed",
    )
    penalty: float = parameter(
        unit="share of the grant",
        low=0.0,
        high=1.0,
        meaning="part of the grant that a failed project pays back",
        source="military orders of the open list; size not found, swept",
    )


@rule
def passes_gate(percentile, gate, tolerance, error_sd, reviewers, luck):
    """Whether reviewers, who see the percentile with error, let the project go on."""
    bar = gate - tolerance * max(gate - 0.5, 0.0)
    return percentile + luck * error_sd / math.sqrt(reviewers) >= bar


@rule
def penalty_due(grant, penalty, tolerance):
    """What failure costs the consortium, in the unit of the grant."""
    return grant * penalty * (1.0 - tolerance)
