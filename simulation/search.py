"""Search on the landscape and the integration of a team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.settings import Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "search"

    rounds: int = parameter(
        unit="rounds per quarter", low=1, high=12,
        meaning="rounds of tries in a quarter",
        source="assumption: 3",
    )
    tries_per_fte: float = parameter(
        unit="tries per FTE and round", low=0.05, high=2,
        meaning="kappa, productivity of research staff",
        source="assumption: .3, range .15-.5",
    )
    noise: float = parameter(
        unit="share of mean fitness", low=0, high=0.3,
        meaning="sigma, error of judging a try at zero expertise",
        source="assumption: .04",
    )
    least_expertise: float = parameter(
        unit="expertise", low=0.05, high=0.9,
        meaning="e_min, expertise below which a component cannot be touched",
        source="assumption: .4, range .2-.55",
    )
    start_low: float = parameter(
        unit="percentile", low=0, high=1,
        meaning="lowest starting percentile",
        source="assumption: .4",
    )
    start_high: float = parameter(
        unit="percentile", low=0, high=1,
        meaning="highest starting percentile",
        source="assumption: .6",
    )
    bold_flips: int = parameter(
        unit="components", low=2, high=6,
        meaning="components changed at once by a bold try",
        source="Fleming 2001: unfamiliar combinations lower the mean and raise the variance; 3 by assumption",
    )
    integration_base: float = parameter(
        unit="share", low=0, high=1,
        meaning="g0, integration of a team without leadership or coordination",
        source="assumption: .35",
    )
    integration_lead: float = parameter(
        unit="share per unit of ability", low=0, high=1,
        meaning="gL, what the lead's ability adds",
        source="Okamuro and Nishimura: firm leadership helps; .3 by assumption",
    )
    integration_coordination: float = parameter(
        unit="share", low=0, high=1,
        meaning="gC, what coordination can add at most",
        source="Cummings and Kiesler 2007; .5 by assumption",
    )
    integration_communication: float = parameter(
        unit="share", low=0, high=1,
        meaning="gM, what communication between tasks adds",
        source="seed document; .1 by assumption",
    )
    loss_institutions: float = parameter(
        unit="exponent", low=0, high=0.8,
        meaning="kI, loss of integration with the effective number of institutions",
        source="Cummings and Kiesler 2007: more institutions hurt; .25 by assumption",
    )
    loss_regions: float = parameter(
        unit="exponent", low=0, high=0.8,
        meaning="kR, loss of integration with the number of regions",
        source="Hoekman et al. 2010; .35 by assumption",
    )
    gain_trust: float = parameter(
        unit="share", low=0, high=0.8,
        meaning="kT, what full trust restores",
        source="assumption: .35",
    )
    pair_cost_myuan: float = parameter(
        unit="million yuan per pair and quarter", low=0, high=0.2,
        meaning="c_p, cost of coordinating two institutions",
        source="assumption: .012",
    )
