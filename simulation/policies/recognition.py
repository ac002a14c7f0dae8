"""Recognition: the label that an award gives to whoever leads the consortium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition(Settings):
    """What an award says about its lead, beyond the money."""

    SECTION: ClassVar[str] = "recognition"

    label: float = parameter(
        unit="strength of the label",
        low=0.0,
        high=1.0,
        meaning="label that the lead of an awarded consortium bears; without public money the award is the label alone. 0: none",
        source="seed document: provinces found and recognise consortia, priority in programmes first; strength is an assumption",
    )


@rule
def renewed_label(borne, given):
    """Label of an organisation after an award, in [0, 1]: the stronger of both."""
    return max(borne, given)


@rule
def priority_of(label, awards):
    """How far priority points count for a lead, in [0, 1].

    Awards of programmes that give no label count in full.
    """
    return 1.0 if awards > 0 else label


@rule
def without_cash(label, public_share):
    """Whether a programme awards recognition alone."""
    return label > 0.0 and public_share <= 0.0
