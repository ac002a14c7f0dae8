"""Funding: which part the programme pays, when, and what the applicant must bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import ConfigError, Settings, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding(Settings):
    """The instrument."""

    SECTION: ClassVar[str] = "funding"

    public_share: float = parameter(
        unit="share of project cost",
        low=0.0,
        high=1.0,
        meaning="part of the planned cost that the grant covers",
        source="VLSI project .22; municipal calls .25-.5; NEDO: above .5 isolation; swept",
    )
    cap_myuan: float = parameter(
        unit="million yuan per project",
        low=0.1,
        high=100.0,
        meaning="largest grant for one project",
        source="Anhui: 35 directed projects with 240 M yuan, 6.9 each; National Key R&D median 17.9",
    )
    project_staff_fte: float = parameter(
        unit="full-time equivalents",
        low=2.0,
        high=60.0,
        meaning="research staff of a funded project",
        source="assumption: 16, national 36",
    )
    upfront: float = parameter(
        unit="share of the grant",
        low=0.0,
        high=1.0,
        meaning="part advanced at the start",
        source="assumption; Shenzhen funds in phases; shares swept 50/30/20, 40/30/30",
    )
    milestone: float = parameter(
        unit="share of the grant",
        low=0.0,
        high=1.0,
        meaning="part paid out only after the gate is passed",
        source="Delta rules: milestone staging allowed; shares swept",
    )
    prize: float = parameter(
        unit="share of the grant",
        low=0.0,
        high=1.0,
        meaning="part paid out only for a solution (the rest follows cost)",
        source="Brunt et al. 2012; Hainan: subsidy after review",
    )
    self_funding_ratio: float = parameter(
        unit="own money per unit of public money",
        low=0.0,
        high=5.0,
        meaning="least own money that must stand beside the grant",
        source="municipal call: 1x if a university leads, about 3x otherwise",
    )
    financier_share: float = parameter(
        unit="share of the private cost",
        low=0.0,
        high=0.9,
        meaning="part of a firm's own share that private capital drawn in by the programme advances against value",
        source="seed document: firms are encouraged to draw in private capital; share is an assumption",
    )
    tax_credit: float = parameter(
        unit="share of private R&D cost",
        low=0.0,
        high=0.6,
        meaning="marginal cut in the cost of self-funded projects, scaled to the budget",
        source="R&D tax credits (super deduction); rate swept",
    )

    def check(self) -> None:
        """The parts of the grant cannot exceed the grant."""
        total = self.upfront + self.milestone + self.prize
        if total > 1.0 + 1e-9:
            raise ConfigError(
                f"funding.upfront + funding.milestone + funding.prize = {total:g} is above 1. They "
                f"are shares of one grant (what is left follows cost): write for example "
                f"funding.prize = {max(0.0, 1.0 - self.upfront - self.milestone):g}."
            )


@rule
def grant_for(planned_cost, public_share, cap, self_funding_ratio):
    """Grant in million yuan for a planned cost in million yuan.

    The self-funding rule binds when (1 - share) / share is below the ratio.
    """
    share = min(public_share, 1.0 / (1.0 + self_funding_ratio))
    return min(cap, share * planned_cost)


@rule
def releasable(grant, spent_share, gate_passed, solved, upfront, milestone, prize):
    """Part of the grant (same unit) that may have been paid out by now.

    The advance at once; the milestone part after the gate; the prize part on solution; the rest
    pro rata to the share of planned cost that has been spent.
    """
    rest = 1.0 - upfront - milestone - prize
    share = upfront + rest * min(spent_share, 1.0)
    if gate_passed:
        share += milestone * min(spent_share, 1.0)
    if solved:
        share += prize
    return grant * min(share, 1.0)
