"""Coordination: what a programme office buys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordination(Settings):
    """Integration, relief at borders, and communication between tasks; all are paid for."""

    SECTION: ClassVar[str] = "coordination"

    bought: float = parameter(
        unit="units of coordination",
        low=0.0,
        high=2.0,
        meaning="coordination c bought per project: raises integration, and its cost by search.coordination_price times c",
        source="Cummings and Kiesler 2007: coordination activities mediate; form and size assumed",
    )
    border_relief: float = parameter(
        unit="share",
        low=0.0,
        high=1.0,
        meaning="part of the loss at regional borders that a joint office removes",
        source="seed document: working office of three provinces and one city; size assumed",
    )
    communication: float = parameter(
        unit="share",
        low=0.0,
        high=1.0,
        meaning="how far tasks of one programme talk to each other",
        source="seed document: communication, interaction and integration between tasks; size assumed",
    )
