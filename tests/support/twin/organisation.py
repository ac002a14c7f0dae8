"""Organisations: what they know, whom they know, what they own and how they come to be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import mesa  # type: ignore[import-untyped]

from agents.kinds import INSTITUTE, LEAD_FIRM, LOCAL_SOE, PAYERS, SME, UNIVERSITY
from simulation import streams
from simulation.columns import MAX_TIES
from tests.support.twin import rules
from tests.support.twin.luck import combine, first_to_ring

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tests.support.twin.model import TwinModel


@dataclass(slots=True, eq=False)
class Tie:
    """A partner remembered: how often, when last, and in which place of the list."""

    times: float
    last: int
    place: int


def inner_product(own: list[float], others: list[float]) -> float:
    """Sum of products over all fields: one half of the fields, then the other."""
    half = len(own) // 2
    return sum_of_products(own[:half], others[:half]) + sum_of_products(own[half:], others[half:])


def sum_of_products(own: list[float], others: list[float]) -> float:
    """Products added up in their order."""
    total = 0.0
    for x, y in zip(own, others, strict=True):
        total += x * y
    return total


class Organisation(mesa.Agent):  # type: ignore[misc]
    """A lead firm, an SME, a university or an institute."""

    def __init__(
        self,
        model: TwinModel,
        *,
        entity: int,
        kind: int,
        ownership: int,
        region: int,
        staff: float,
        home_field: int,
        since: int = 0,
    ) -> None:
        super().__init__(model)
        self.entity = entity  # its name in all draws
        self.kind = kind
        self.ownership = ownership
        self.region = region
        self.staff = staff
        self.home_field = home_field
        self.since = since
        self.active = True

        self.hash = 0
        self.orientation = 0.0
        self.lead_ability = 0.0
        self.expertise = [0.0] * model.w.fields_count
        self.floor = [0.0] * model.w.fields_count
        self.knows: frozenset[int] = frozenset()  # fields with useful expertise
        self.ties: dict[Organisation, Tie] = {}

        self.busy = 0.0
        self.rd_share = 0.0
        self.revenue = 0.0
        self.cash = 0
        self.income_stock = 0
        self.emerging_income = 0.0
        self.relabelled = 0.0
        self.granted = 0
        self.claim = 0
        self.earned = 0
        self.reputation = 0.0
        self.label = 0.0
        self.trials = 0.0
        self.successes = 0.0
        self.participations = 0
        self.led = 0
        self.recognised = 0

        self._draw_character()
        if staff > 0.0:  # else a bystander: present, but without knowledge or money
            self._draw_expertise()
            self._draw_economy()

    # ------------------------------------------------------------ what it is

    @property
    def w(self) -> SimpleNamespace:
        """The world's parameters."""
        return self.model.w

    @property
    def is_firm(self) -> bool:
        """Lead firm or SME; the others are public bodies."""
        return self.kind <= SME

    @property
    def is_state_firm(self) -> bool:
        """Whether it is a firm of the state."""
        return self.is_firm and self.ownership <= LOCAL_SOE

    @property
    def is_backbone(self) -> bool:
        """Whether it is a lead firm."""
        return self.kind == LEAD_FIRM

    @property
    def payer(self) -> str:
        """Whose money its own money is, one of :data:`agents.kinds.PAYERS`."""
        return PAYERS[rules.payer_of(self.kind, self.ownership)]

    @property
    def at_work(self) -> bool:
        """Whether it is there and has staff."""
        return self.active and self.staff > 0.0

    # ------------------------------------------------------------ how it comes to be

    def _draw_character(self) -> None:
        w, luck = self.w, self.model.luck
        self.hash = luck.bits(streams.HASH_ORGANISATION, 0, self.entity)
        u = luck.uniform(streams.ORIENTATION, 0, self.entity)
        if self.kind == UNIVERSITY:
            self.orientation = 0.6 + 0.4 * u
        elif self.kind == INSTITUTE:
            self.orientation = 0.3 + 0.4 * u
        else:
            self.orientation = 0.4 * u
        draw = luck.normal(streams.ABILITY, 0, self.entity)
        self.lead_ability = min(1.0, max(0.0, 0.5 + w.fields_ability_spread * draw))
        if self.home_field < 0:
            self.home_field = self._draw_home_field()

    def _draw_home_field(self) -> int:
        """A field near the region's specialisation; a hub is at home in all fields alike."""
        model, w = self.model, self.w
        centre = rules.region_centre(self.region, model.regions, w.fields_count)
        clocks = []
        for field in range(w.fields_count):
            weight = 1.0
            if self.region != model.hub:
                weight = math.exp(-w.fields_specialisation * model.distance[field][centre])
            clocks.append(model.luck.clock(streams.HOME_FIELD, field, self.entity, weight))
        return first_to_ring(clocks)

    def _draw_expertise(self) -> None:
        """What it knows when it enters: its home field and fields close to it."""
        model, w = self.model, self.w
        clocks = []
        for field in range(w.fields_count):
            weight = math.exp(-w.fields_relatedness * model.distance[field][self.home_field])
            clocks.append(model.luck.clock(streams.HELD_FIELD, field, self.entity, weight))
        clocks[self.home_field] = -1.0
        span = w.fields_expertise_high - w.fields_expertise_low
        for _ in range(min(rules.breadth(w, self.kind, self.ownership), w.fields_count)):
            field = first_to_ring(clocks)
            clocks[field] = math.inf
            u = model.luck.uniform(streams.EXPERTISE, field, self.entity)
            part = 0.5 + 0.5 * u if field == self.home_field else u
            level = w.fields_expertise_low + span * part
            if rules.is_frontier(field, w.fields_count, w.fields_frontier):
                level = min(level, w.fields_frontier_ceiling)
            self.expertise[field] = level
            self.floor[field] = w.learning_retained_share * level
        self.take_stock()

    def _draw_economy(self) -> None:
        """Revenue and money at the start; public bodies live on a block grant."""
        w = self.w
        if self.is_firm:
            u = self.model.luck.uniform(streams.RD_SHARE, 0, self.entity)
            span = w.finance_rd_share_high - w.finance_rd_share_low
            self.rd_share = w.finance_rd_share_low + u * span
            self.revenue = self.staff * w.finance_revenue_per_fte_myuan
        self.cash = self.reserve()
        self.model.ledger["capital_in"] += self.cash

    # ------------------------------------------------------------ staff and money

    def free_staff(self) -> float:
        """Staff free for joint projects, FTE."""
        return max(0.0, self.staff * self.w.forming_free_share - self.busy)

    def reserve(self) -> int:
        """Most money for joint projects that it holds, fen."""
        w = self.w
        quarters = w.finance_reserve_quarters
        if self.kind == SME:
            quarters = w.finance_reserve_quarters_sme
        return rules.fen(quarters * self.staff * w.forming_free_share * w.money_wage_myuan)

    def joint_money(self) -> float:
        """Money for joint projects that it gets in a quarter, million yuan."""
        w = self.w
        if self.is_firm:
            return self.revenue * self.rd_share * w.forming_free_share
        return self.staff * w.forming_free_share * w.money_wage_myuan

    def pay(self, amount: int, account: str) -> None:
        """Pay as much as it has of an amount in fen."""
        paid = min(amount, max(self.cash, 0))
        self.cash -= paid
        self.model.ledger[account] += paid
        self.model.paid[self.payer] += paid

    def earn(self, amount: int, strategic: bool) -> None:
        """Value (fen) that it will earn over the coming years."""
        self.income_stock += amount
        self.earned += amount
        if strategic:
            self.emerging_income += amount / 1e8 / self.w.adoption_income_quarters

    def emerging_part(self) -> float:
        """Share of its revenue earned in emerging fields, in [0, 1]."""
        return min(1.0, self.emerging_income / max(self.revenue, 1e-9))

    def missing_share(self, target: float) -> float:
        """Share of revenue that it still lacks to a target, by its own report."""
        return max(0.0, target - self.emerging_part() - self.relabelled)

    def believed_success(self, coverage: float) -> float:
        """Success it believes in at a coverage, from its own projects."""
        w = self.w
        return float(
            rules.believed_success(
                self.successes, self.trials, w.forming_prior_success, w.forming_prior_weight,
                coverage, w.forming_coverage_exponent,
            )
        )  # fmt: skip

    # ------------------------------------------------------------ knowledge and acquaintance

    def take_stock(self) -> None:
        """Note in which fields it has useful expertise, when that has changed."""
        least = self.w.search_least_expertise
        self.knows = frozenset(
            field for field, level in enumerate(self.expertise) if level >= least
        )

    def distance_to(self, other: Organisation) -> float:
        """Cognitive distance: 1 - cosine of what both know, in [0, 1]."""
        return float(
            rules.distance_of(
                inner_product(self.expertise, other.expertise),
                inner_product(self.expertise, self.expertise),
                inner_product(other.expertise, other.expertise),
            )
        )

    def times_with(self, other: Organisation) -> float:
        """How often it has worked with another, as far as it remembers."""
        tie = self.ties.get(other)
        return tie.times if tie else 0.0

    def add_tie(self, partner: Organisation, step: int) -> None:
        """Remember a collaboration; a full list forgets its oldest tie, of several the first."""
        tie = self.ties.get(partner)
        if tie:
            tie.times += 1.0
            tie.last = step
            return
        place = len(self.ties)
        if place == MAX_TIES:
            oldest = min(self.ties, key=lambda one: (self.ties[one].last, self.ties[one].place))
            place = self.ties.pop(oldest).place
        self.ties[partner] = Tie(1.0, step, place)

    def partners(self) -> list[Organisation]:
        """Those it remembers."""
        return list(self.ties)

    def is_linked_to(self, other: Organisation) -> bool:
        """Whether both are supplier and buyer: firms in near, but not the same, home fields."""
        w, model = self.w, self.model
        if not (self.is_firm and other.is_firm) or w.supply_density <= 0.0:
            return False
        distance = model.distance[self.home_field][other.home_field]
        if distance <= 0.0 or distance > w.supply_reach:
            return False
        pair = combine(min(self.entity, other.entity), max(self.entity, other.entity))
        return bool(model.luck.uniform(streams.SUPPLY_LINK, 0, pair) < w.supply_density)

    def is_rival_of(self, other: Organisation) -> bool:
        """Whether both are firms that sell in the same market."""
        distance = self.model.distance[self.home_field][other.home_field]
        near = distance <= self.w.forming_market_distance
        return bool(self.is_firm and other.is_firm and near)
