"""Diffusion: standards, shared knowledge and opened application scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Diffusion(Settings):
    """What happens to a solution."""

    SECTION: ClassVar[str] = "diffusion"

    standards: float = parameter(
        unit="share",
        low=0.0,
        high=1.0,
        meaning="how far solutions enter open technical standards, which lower friction for adopters",
        source="seed document: consortia take part in drawing up standards; size assumed",
    )
    private_standard: float = parameter(
        unit="share",
        low=0.0,
        high=1.0,
        meaning="how far a standard rewards its makers and excludes others from the knowledge",
        source="seed document: standards as support policy; exclusion is an assumption",
    )
    ip_sharing: float = parameter(
        unit="share",
        low=0.0,
        high=1.0,
        meaning="how far knowledge of a solution is open to outsiders, and to rivals inside",
        source="Branstetter and Sakakibara 2002: spillovers help; share swept",
    )
    scenarios: float = parameter(
        unit="share",
        low=0.0,
        high=1.0,
        meaning="how far adopters open application scenarios, which the programme pays for",
        source="seed document: open scenarios, use drives technology; size assumed",
    )


@rule
def openness_of_knowledge(base, ip_sharing, private_standard):
    """Share of a solution's knowledge that outsiders can learn."""
    return min(1.0, base + (1.0 - base) * ip_sharing) * (1.0 - private_standard)
