"""Eligibility: rules a consortium must meet before it may be funded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.compiled import rule
from agents.kinds import CENTRAL_SOE, INSTITUTE, LEAD_FIRM, LOCAL_SOE, SME, UNIVERSITY
from agents.settings import ConfigError, Settings, parameter

LEAD_TYPES = ("lead_firm", "sme", "central_soe", "local_soe", "university", "institute")
REQUIRED_TYPES = ("firm", "university", "institute", "sme", "research")
LEADERS = ("owner", "solver")
OWNER_LEADS, SOLVER_LEADS = range(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility(Settings):
    """Formal rules of the call."""

    SECTION: ClassVar[str] = "eligibility"

    leader: str = parameter(
        unit="choice",
        choices=LEADERS,
        meaning="whether the need's owner leads, or whoever can solve it (ownerless needs: always the solver)",
        source="seed document: the lead firm sets the question and leads, against the open list (whoever can takes it)",
    )
    lead_types: tuple[str, ...] = parameter(
        unit="set of types",
        choices=LEAD_TYPES,
        meaning="who may lead; a firm qualifies by size or by ownership",
        source="seed document; Hefei 2025 rules",
    )
    required_types: tuple[str, ...] = parameter(
        unit="set of types",
        choices=REQUIRED_TYPES,
        meaning="types of which at least one member must be; research: a university or an institute",
        source="seed document: firms lead, universities and institutes support; Hefei 2025: some SMEs",
    )
    min_members: int = parameter(
        unit="members",
        low=1,
        high=40,
        meaning="smallest consortium admitted",
        source="municipal rules: Hefei 3 co-builders, Suzhou 5 members",
    )
    max_members: int = parameter(
        unit="members",
        low=1,
        high=40,
        meaning="largest consortium admitted",
        source="assumption, swept; 40 is the most the columns hold",
    )
    min_regions: int = parameter(
        unit="regions",
        low=1,
        high=10,
        meaning="fewest regions the members must come from",
        source="seed document: units of at least 2 of the 4 regions; EU: 3 partners from 3 countries",
    )
    min_suppliers: int = parameter(
        unit="firms",
        low=0,
        high=39,
        meaning="fewest members that are linked to the lead by supply along the industrial chain",
        source="seed document: members are firms able to support the chain's technology (产业链配套); number is an assumption",
    )
    lead_min_rd_share: float = parameter(
        unit="share of revenue",
        low=0.0,
        high=0.5,
        meaning="R&D share of revenue that a leading firm must show (or the absolute amount)",
        source="Hefei 2025: 3 % of revenue or 30 M yuan a year",
    )
    lead_min_rd_myuan: float = parameter(
        unit="million yuan per year",
        low=0.0,
        high=1000.0,
        meaning="R&D spending that a leading firm must show (or the share)",
        source="Hefei 2025: 3 % of revenue or 30 M yuan a year",
    )
    consortium_required: bool = parameter(
        unit="yes or no",
        meaning="whether a lead alone may not apply",
        source="seed document: national projects led by firms are organised as consortia",
    )
    label_required: float = parameter(
        unit="strength of the label",
        low=0.0,
        high=1.0,
        meaning="weakest label with which an organisation may lead; 0: no label needed",
        source="recognised consortia may apply for more (seed document: priority in programmes); threshold is an assumption",
    )

    def check(self) -> None:
        """Members must be able to satisfy the minimum."""
        if self.min_members > self.max_members:
            raise ConfigError(
                f"eligibility.min_members = {self.min_members} is above eligibility.max_members = "
                f"{self.max_members}: no consortium could apply. Write eligibility.max_members = "
                f"{self.min_members} or lower the minimum."
            )
        if self.min_regions > self.max_members:
            raise ConfigError(
                f"eligibility.min_regions = {self.min_regions} is above eligibility.max_members = "
                f"{self.max_members}: so many regions cannot be in it. Write "
                f"eligibility.max_members = {self.min_regions} or more."
            )
        if self.min_suppliers >= self.max_members:
            raise ConfigError(
                f"eligibility.min_suppliers = {self.min_suppliers} leaves no room beside the lead: "
                f"eligibility.max_members = {self.max_members}. Write eligibility.max_members = "
                f"{self.min_suppliers + 1} or more."
            )
        if not self.lead_types:
            raise ConfigError(
                "eligibility.lead_types is empty: nobody could lead. Write for example "
                "eligibility.lead_types = [lead_firm, sme]."
            )


@rule
def type_bits(kind, ownership):
    """Bit mask of the lead types an organisation belongs to."""
    bits = 0
    if kind == LEAD_FIRM:
        bits |= 1
    if kind == SME:
        bits |= 2
    if ownership == CENTRAL_SOE:
        bits |= 4
    if ownership == LOCAL_SOE:
        bits |= 8
    if kind == UNIVERSITY:
        bits |= 16
    if kind == INSTITUTE:
        bits |= 32
    return bits


@rule
def may_lead(
    kind, ownership, revenue_per_year, rd_per_year, lead_types, min_rd_share, min_rd_myuan
):
    """Whether an organisation may lead; the R&D rule concerns firms only (million yuan a year)."""
    if type_bits(kind, ownership) & lead_types == 0:
        return False
    if kind >= UNIVERSITY or (min_rd_share == 0.0 and min_rd_myuan == 0.0):
        return True
    enough_share = min_rd_share > 0.0 and rd_per_year >= min_rd_share * revenue_per_year
    enough_money = min_rd_myuan > 0.0 and rd_per_year >= min_rd_myuan
    return enough_share or enough_money


@rule
def required_bits(kind):
    """Bit mask of the required types that a member satisfies."""
    if kind == UNIVERSITY:
        return 2 | 16
    if kind == INSTITUTE:
        return 4 | 16
    return 1 if kind == LEAD_FIRM else 1 | 8


@rule
def fewest_members(min_members, consortium_required):
    """Smallest consortium, counting the lead."""
    return max(min_members, 2) if consortium_required == 1 else min_members
