"""Agenda: who sets the problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter
from simulation.policies.governance import REGIONS

MODES = ("nothing", "science_push", "firm_demand", "government_mission", "anything")
NOTHING, SCIENCE_PUSH, FIRM_DEMAND, GOVERNMENT_MISSION, ANYTHING = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda(Settings):
    """Which needs a programme takes up."""

    SECTION: ClassVar[str] = "agenda"

    mode: str = parameter(
        unit="choice",
        choices=MODES,
        meaning="nothing; needs raised by science; needs raised by firms; needs in the state's mission fields; any need",
        source="seed document: the firm as setter of the question against earlier science push",
    )
    backbone_only: bool = parameter(
        unit="yes or no",
        meaning="whether only lead (backbone) firms' needs count as demand",
        source="seed document: needs are collected from backbone firms",
    )
    focus_fields: int = parameter(
        unit="fields per region",
        low=0,
        high=64,
        meaning="focus fields that each region chooses for the programme it runs, and to which its needs must belong; 0: no focus",
        source="seed document: provinces name the fields of their consortia; number swept",
    )


@rule
def has_focus(governance_mode, focus_fields):
    """Whether a programme is run by regions that choose focus fields."""
    return governance_mode == REGIONS and focus_fields > 0


@rule
def takes_up(mode, backbone_only, owned, owner_is_lead_firm, strategic):
    """Whether a need belongs on this agenda."""
    if mode == SCIENCE_PUSH:
        return not owned
    if mode == FIRM_DEMAND:
        return owned and (backbone_only == 0 or owner_is_lead_firm)
    if mode == GOVERNMENT_MISSION:
        return strategic
    return mode == ANYTHING
