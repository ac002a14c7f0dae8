"""Governance: which body runs a programme, from whose purse, and who must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.settings import ConfigError, Settings, parameter

MODES = ("ministry", "regions", "lead_department", "joint_office")
MINISTRY, REGIONS, LEAD_DEPARTMENT, JOINT_OFFICE = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Governance(Settings):
    """Who runs the programme."""

    SECTION: ClassVar[str] = "governance"

    mode: str = parameter(
        unit="choice",
        choices=MODES,
        meaning="one ministry; each region for itself; a lead department with others joining; a joint office of the regions",
        source="seed document: science departments lead, others join; joint office of the Delta",
    )
    cross_border: bool = parameter(
        unit="yes or no",
        meaning="whether a regional purse may pay members outside its region",
        source="assumption: provincial funds usually stay in the province",
    )
    joining_departments: int = parameter(
        unit="departments",
        low=0,
        high=6,
        meaning="departments beside science that must agree and that add reviewers",
        source="seed document: development, industry, housing, transport, agriculture join",
    )
    centre_share: float = parameter(
        unit="share of the programme budget",
        low=0.0,
        high=1.0,
        meaning="part held as central guidance money that may be spent in any region",
        source="seed document: Delta programme, mainly central guidance funds; size is an assumption",
    )
    department_share: float = parameter(
        unit="share of the programme budget",
        low=0.0,
        high=0.9,
        meaning="part held by the joining departments, which match this part of a grant in the fields they are in charge of",
        source="seed document: science departments lead, others join; matching and its size are assumptions",
    )

    def check(self) -> None:
        """Money needs a department to hold it."""
        if self.department_share > 0.0 and self.joining_departments == 0:
            raise ConfigError(
                f"governance.department_share = {self.department_share:g} has nobody to hold it: "
                f"governance.joining_departments = 0. Write governance.joining_departments = 2, or "
                f"governance.department_share = 0."
            )


@rule
def parties_to_agree(mode, joining_departments, n_regions):
    """Bodies whose agreement an award needs (1 is the runner alone)."""
    if mode == JOINT_OFFICE:
        return n_regions + joining_departments
    return 1 + joining_departments


@rule
def agreement_quarters(parties, quarters_per_party):
    """Quarters that awards wait for agreement: each party beyond the first adds the same time."""
    return int((parties - 1) * quarters_per_party)


@rule
def in_charge(field, joining_departments, fields):
    """The joining department in charge of a field: each has as many neighbouring fields."""
    return field * joining_departments // fields


@rule
def purse_is_regional(mode):
    """Whether each region manages its own purse."""
    return mode == REGIONS


@rule
def payable_part(mode, cross_border, centre_share, lead_region, member_region):
    """Part of a member's grant that may be paid.

    A region's purse that must not cross borders pays its own members; for members elsewhere there
    is only the centre's guidance money, as far as the programme has it.
    """
    if mode != REGIONS or cross_border == 1 or lead_region == member_region:
        return 1.0
    return centre_share
