"""Programmes: levers, purses and what they have done so far."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from simulation.columns import MAX_DEPARTMENTS, MAX_MEMBERS
from simulation.policies.eligibility import OWNER_LEADS
from simulation.policies.formation import RESERVE_POOL
from simulation.policies.selection import DIRECTED
from simulation.stages import STAGES
from tests.support.twin import rules

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.standing import StandingConsortium


class Programme:
    """A programme, or with number 0 private practice: how people work together without one.

    Purses are listed in this order: one for each region, the centre's, the joining departments'.
    """

    def __init__(self, model: TwinModel, number: int, levers: SimpleNamespace) -> None:
        self.model = model
        self.number = number
        self.levers = levers
        self.share: float = levers.budget_share
        self.cap: float = levers.funding_cap_myuan
        self.begin_accounts()

    def begin_accounts(self) -> None:
        """Nothing received, spent, counted or chosen yet."""
        regions = self.model.regions
        self.purses = [0] * (regions + 1 + MAX_DEPARTMENTS)
        self.focus: list[set[int]] = [set() for _ in range(regions)]
        self.received = 0
        self.spent = 0
        self.mission_left = 0
        self.results = 0.0
        self.bids = 0.0
        self.awards = 0.0
        self.called = 0.0  # needs for which answers have been called
        self.taken = 0.0  # of them, those that a team has started on
        self.coverage_sum = 0.0
        self.coverage_n = 0.0
        self.credit_scale = 0.0
        self.stages = {stage.name: 0 for stage in STAGES}
        self.tasks_in_region = [0] * regions

    # ------------------------------------------------------------ what it is

    @property
    def is_public(self) -> bool:
        """Whether it is a programme at all."""
        return self.number > 0

    @property
    def owner_leads(self) -> bool:
        """Whether the owner of a need must lead its project."""
        p = self.levers
        return bool(p.eligibility_leader == OWNER_LEADS and p.renewal_standing == 0)

    @property
    def is_directed(self) -> bool:
        """Whether projects are commissioned, not reviewed."""
        return bool(self.levers.selection_mode == DIRECTED)

    @property
    def has_panel(self) -> bool:
        """Whether experts read needs before they are published."""
        return bool(self.levers.screening_panel_size > 0)

    @property
    def has_pool(self) -> bool:
        """Whether needs and solutions are matched in a reserve pool."""
        return bool(self.levers.formation_mode == RESERVE_POOL)

    @property
    def has_focus(self) -> bool:
        """Whether regions run it and choose focus fields."""
        p = self.levers
        return bool(rules.has_focus(p.governance_mode, p.agenda_focus_fields))

    @property
    def is_without_cash(self) -> bool:
        """Whether it awards recognition alone."""
        p = self.levers
        return bool(rules.without_cash(p.recognition_label, p.funding_public_share))

    @property
    def parties(self) -> int:
        """Bodies that must agree to an award."""
        p, regions = self.levers, self.model.regions
        return int(
            rules.parties_to_agree(p.governance_mode, p.governance_joining_departments, regions)
        )

    @property
    def most_members(self) -> int:
        """Most members that rules, layers and the model allow."""
        p = self.levers
        layers = p.layers_core_members + p.layers_close_members + p.layers_general_members
        return min(p.eligibility_max_members, layers, MAX_MEMBERS)

    @property
    def fewest_members(self) -> int:
        """Smallest consortium that is admitted."""
        p = self.levers
        return int(
            rules.fewest_members(p.eligibility_min_members, p.eligibility_consortium_required)
        )

    def admits_lead(self, one: Organisation) -> bool:
        """Whether an organisation may lead, or be its origin source."""
        p = self.levers
        if not one.at_work or one.label < p.eligibility_label_required:
            return False
        year = 4.0 * one.revenue
        return bool(
            rules.may_lead(
                one.kind, one.ownership, year, year * one.rd_share, p.eligibility_lead_types,
                p.eligibility_lead_min_rd_share, p.eligibility_lead_min_rd_myuan,
            )
        )  # fmt: skip

    def circle_holds(self, tied: bool, near: bool) -> bool:
        """Whether somebody lies in the circle that is open."""
        return bool(rules.within_circle(self.levers.openness_circle, tied, near))

    def payable_part(self, lead_region: int, member_region: int) -> float:
        """Part of a member's grant that may be paid (borders)."""
        p = self.levers
        return float(
            rules.payable_part(
                p.governance_mode, p.governance_cross_border, p.governance_centre_share,
                lead_region, member_region,
            )
        )  # fmt: skip

    # ------------------------------------------------------------ its agenda

    def would_take_up(self, need: Need) -> bool:
        """Whether it would take up this need now; counts the rules that forbid it."""
        p, owner, bound = self.levers, need.owner, self.model.bound
        if self in need.declined:
            return False
        if self.purse_total() <= 0 and not self.is_without_cash:
            return False
        backbone = owner is not None and owner.is_backbone
        if not rules.takes_up(
            p.agenda_mode, p.agenda_backbone_only, owner is not None, backbone, need.strategic
        ):
            return False
        if not self.is_in_focus(need):
            bound["out_of_focus"] += 1
            return False
        if owner and self.owner_leads and not self.admits_lead(owner):
            bound["lead_not_admitted"] += 1
            return False
        return True

    def is_in_focus(self, need: Need) -> bool:
        """Whether a need's main field is a focus of its owner's region, or, ownerless, of any."""
        if not self.has_focus:
            return True
        if need.owner:
            return need.main_field in self.focus[need.owner.region]
        return any(need.main_field in fields for fields in self.focus)

    # ------------------------------------------------------------ its record

    def mean_coverage(self) -> float:
        """Coverage that owners expect of its consortia, from its awards so far."""
        w = self.model.w
        weight = w.forming_prior_coverage_weight
        expected = self.coverage_sum + weight * w.forming_prior_coverage
        return float(expected / (self.coverage_n + weight))

    def award_chance(self) -> float:
        """Chance of an award that is expected of a bid, from its awards so far."""
        w = self.model.w
        weight = w.forming_prior_award_weight
        return float((self.awards + weight * w.forming_prior_award_rate) / (self.bids + weight))

    def taken_chance(self) -> float:
        """Chance that owners expect of it to find somebody for a need, by its record."""
        w = self.model.w
        weight = w.forming_prior_award_weight
        return float((self.taken + weight * w.forming_prior_award_rate) / (self.called + weight))

    def costs_no_bid(self, body: StandingConsortium | None) -> bool:
        """Whether a project is a commission or comes from a standing consortium's queue."""
        return self.is_directed or body is not None

    def start_chance(self, body: StandingConsortium | None) -> float:
        """Chance that a lead gives a project to be started, once a team is found."""
        if not self.is_public or self.costs_no_bid(body):
            return 1.0
        return self.award_chance()

    def target_lags(self) -> bool:
        """Whether it has founded fewer consortia than its work report promised by now."""
        promised = self.levers.targets_consortia_per_year
        return bool(rules.lags_behind(promised, self.model.quarter, self.awards))

    def yield_of(self) -> float:
        """Solutions per 100 million yuan received, smoothed."""
        prior = self.model.w.money_adaptation_smoothing
        return float((self.results + prior) / (rules.myuan(self.received) / 100.0 + prior))

    # ------------------------------------------------------------ money

    @property
    def annual_budget(self) -> float:
        """What it gets in an average year, million yuan."""
        w = self.model.w
        whole = w.money_budget_myuan_per_year * w.needs_scale_organisations / 120.0
        return float(whole * self.share * self.levers.budget_scale)

    def purse_total(self) -> int:
        """Fen in the purses of those who run it: the regions' and the centre's."""
        return sum(self.purses[: self.model.centre + 1])

    def spend(self, amount: int, account: str, region: int) -> int:
        """Pay from a region's purse, then from the centre's; returns what was paid, in fen."""
        paid = min(amount, self.purses[region])
        self.purses[region] -= paid
        if region != self.model.centre:
            more = min(amount - paid, self.purses[self.model.centre])
            self.purses[self.model.centre] -= more
            paid += more
        self.model.ledger[account] += paid
        self.spent += paid
        return paid

    def spend_everywhere(self, amount: int, account: str) -> None:
        """Pay from the centre's purse, then from the regions' in turn."""
        left = amount - self.spend(amount, account, self.model.centre)
        for region in range(self.model.regions):
            left -= self.spend(left, account, region)

    def pay_readers(self, readers: float, region: int) -> None:
        """Pay experts for one reading each, if it can from a region's purse."""
        cost = rules.fen(readers * self.model.w.money_review_myuan)
        self.spend(cost, "review_out", region)

    def planned_cost(self, need: Need) -> float:
        """Planned staff cost of a project, million yuan."""
        staff = self.levers.funding_project_staff_fte
        return float(staff * self.model.w.money_wage_myuan * need.deadline)

    def grant_share(self, planned: float) -> float:
        """Share of planned cost that a grant covers, by the cap of the last awards."""
        p = self.levers
        if p.funding_public_share <= 0.0:
            return 0.0
        grant = rules.grant_for(
            planned, p.funding_public_share, self.cap, p.funding_self_funding_ratio
        )
        return float(grant / planned)

    def coordination_cost(self, burden: float) -> float:
        """Cost of coordinating a team for a quarter, million yuan."""
        w, p = self.model.w, self.levers
        pairs = 0.5 * burden * max(burden - 1.0, 0.0)
        bought = w.search_coordination_price * p.coordination_bought
        talk = 1.0 + bought + p.coordination_communication
        return float(w.search_pair_cost_myuan * talk * pairs)
