"""Adaptation: a government that learns shifts money between its programmes on results."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation(Settings):
    """How strongly budget follows results."""

    SECTION: ClassVar[str] = "adaptation"

    rate: float = parameter(
        unit="log share per unit of relative success",
        low=0.0,
        high=10.0,
        meaning="how strongly a programme's share grows with its solutions per yuan; 0: fixed shares",
        source="assumption, swept; replicator form as in evolutionary models of policy learning",
    )


@rule
def adapted_weight(share, rate, relative_success):
    """Unnormalised share of a programme after looking at results (relative success, mean 0)."""
    return share * math.exp(rate * relative_success)
