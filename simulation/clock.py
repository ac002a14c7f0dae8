"""Time: burn-in, policy quarters, run-out, and the hand-over test. One step is one quarter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Time(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "time"

    burn_in: int = parameter(
        unit="quarters",
        low=4,
        high=200,
        meaning="steps without policy before it starts, identical under all regimes",
        source="assumption: 20",
    )
    policy: int = parameter(
        unit="quarters",
        low=4,
        high=400,
        meaning="steps under the regime; needs that arrive in them are the cohort that is counted",
        source="assumption: 60 (15 years)",
    )
    run_out: int = parameter(
        unit="quarters",
        low=0,
        high=100,
        meaning="most further steps without new needs or awards, until projects and adoption windows close",
        source="assumption: longest deadline + adoption window",
    )
    hand_over: int = parameter(
        unit="quarters",
        low=0,
        high=100,
        meaning="further steps under no policy that value what a regime leaves behind; 0 leaves the test out",
        source="assumption: 20",
    )


@rule
def quarters_until(quarter, every):
    """Quarters until the next of what is held every so many quarters from the start of policy."""
    return (every - quarter % every) % every
