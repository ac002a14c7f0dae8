"""Capability: origin sources of original technology build expertise in frontier fields."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability(Settings):
    """Long-run funding of capability instead of projects."""

    SECTION: ClassVar[str] = "capability"

    budget_share: float = parameter(
        unit="share of the programme budget",
        low=0.0,
        high=1.0,
        meaning="part spent on building capability in frontier fields",
        source="seed document: origin sources in chosen fields; share swept",
    )
    sources: int = parameter(
        unit="origin sources",
        low=0,
        high=200,
        meaning="organisations given the task, each in one frontier field",
        source="seed document: 52 sources in 36 fields by 40 central SOEs; scaled to the population",
    )
    most_per_holder: int = parameter(
        unit="tasks per organisation",
        low=1,
        high=20,
        meaning="most tasks of origin source that one organisation may have",
        source="seed document: 52 sources by 40 central SOEs, so some have more than one",
    )
    patience_quarters: int = parameter(
        unit="quarters",
        low=1,
        high=60,
        meaning="how long a source is funded before it must show the expertise to go on",
        source="assumption; Azoulay et al. 2011 on long horizons",
    )


@rule
def capability_gain(expertise, spending_myuan, scale_myuan):
    """Expertise gained in one quarter from money spent on building it.

    Diminishing in spending and in what is already known (assumption).
    """
    return (1.0 - expertise) * (1.0 - math.exp(-spending_myuan / scale_myuan))
