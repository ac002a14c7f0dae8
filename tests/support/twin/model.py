"""The model in plain Python, object by object, as the description in ``docs/model`` tells it.

It is a Mesa model like any other: organisations, consortia and standing consortia are agents; needs,
programmes, funds and the rest are ordinary objects. It draws the same luck as the engine and comes
to the same run, bit for bit, which the tests in ``tests/twin`` hold it to. Begin here: a quarter is
:data:`PHASES`, one after another.
"""

from __future__ import annotations

from collections.abc import Callable

import mesa  # type: ignore[import-untyped]
import numpy as np

from agents.kinds import PAYERS
from simulation.columns import ACCOUNTS
from simulation.outcomes import BINDING_RULES
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World
from tests.support.twin import rules
from tests.support.twin.adoption import adopt, may_be_adopted
from tests.support.twin.awards import award, turn_down
from tests.support.twin.calls import bid, collect, start_alone
from tests.support.twin.chains import capability_fades, draw_chains
from tests.support.twin.consortium import BIDDING, Consortium
from tests.support.twin.fields import Directory, distances, draw_first_ties, reaches
from tests.support.twin.finance import close_firms, enter_firms, quarterly_course
from tests.support.twin.financiers import Fund, raise_capital
from tests.support.twin.focus import choose_focus
from tests.support.twin.learning import absorb_and_forget, learn_in_team
from tests.support.twin.luck import Luck
from tests.support.twin.money import receive_money
from tests.support.twin.needs import Need, arrived_by, close_needs, needs_arise
from tests.support.twin.organisation import Organisation
from tests.support.twin.parameters import levers_of, parameters, private_practice
from tests.support.twin.programmes import Programme
from tests.support.twin.projects import research
from tests.support.twin.recorder import Welfare, record
from tests.support.twin.reporting import report_revenue
from tests.support.twin.results import monitor, refund_credit, solve_and_end
from tests.support.twin.screening import screen
from tests.support.twin.sources import Source
from tests.support.twin.standing import StandingConsortium, batch
from tests.support.twin.stream import draw_needs

BURN_IN, POLICY, RUN_OUT = "burn_in", "policy", "run_out"


class TwinModel(mesa.Model):  # type: ignore[misc]
    """One run of one regime; one step is one quarter.

    Attributes
    ----------
    w: the world's parameters, named ``section_parameter``.
    now: quarters that have passed, the burn-in included.
    organisations, consortia, bodies, sources: in the order in which they came, ended ones included.
    projects: running consortia, in the order of their start.
    distance, reach: of fields; the share of a solution's knowledge that reaches another field.
    needs: the whole stream; ``seen`` are those that have arrived.
    programmes: those of the regime, none before the first policy quarter.
    inflow, domestic_stock: public knowledge of this quarter and domestic solutions, by field.
    ledger, paid, bound: fen by account and by payer; how often each rule bound.
    """

    def __init__(
        self, world: World, population: Population, regime: Regime, *, seed: int, replicate: int
    ) -> None:
        super().__init__(rng=seed)  # nothing draws from Mesa's generators
        self.world, self.population, self.regime = world, population, regime
        self.w = parameters(world, population)
        self.luck = Luck(seed, replicate)
        self.now = 0
        self.ledger = dict.fromkeys(ACCOUNTS, 0)
        self.paid = dict.fromkeys(PAYERS, 0)
        self.bound = dict.fromkeys(BINDING_RULES, 0)
        self.entrants = 0
        self.exits = 0

        self.regions = len(population.regions)
        self.centre = self.regions  # place of the centre's purse, after the regions'
        self.hub = population.hub
        self.region_weight = region_weights(population)
        self.distance = distances(self.w.fields_count)
        self.reach = reaches(self.distance, self.w.learning_spillover_reach)

        self.organisations: list[Organisation] = []
        self._draw_population(population)
        self.directory = Directory(self)
        draw_first_ties(self)
        self.needs = draw_needs(self)
        self.chains = draw_chains(self)
        first = arrived_by(self, self.w.time_burn_in)
        self.cohort = slice(first, arrived_by(self, self.policy_ends))  # the needs that count
        self.cutoffs = cutoffs(self, self.needs[: max(1, first)])

        self.private_practice = Programme(self, 0, private_practice(self.w))
        self.programmes: list[Programme] = []
        self.seen: list[Need] = []
        self.consortia: list[Consortium] = []
        self.projects: list[Consortium] = []
        self.bodies: list[StandingConsortium] = []
        self.sources: list[Source] = []
        self.funds = [Fund() for _ in range(self.regions)]
        self.inflow = [0.0] * self.w.fields_count
        self.domestic_stock = [0.0] * self.w.fields_count
        self.welfare = Welfare()
        self.trajectory: list[dict[str, float]] = []

    def _draw_population(self, population: Population) -> None:
        for entity in range(population.size):
            organisation = Organisation(
                self,
                entity=entity,
                kind=int(population.kind[entity]),
                ownership=int(population.ownership[entity]),
                region=int(population.region[entity]),
                staff=float(population.staff[entity]),
                home_field=int(population.home_field[entity]),
            )
            self.organisations.append(organisation)

    # ------------------------------------------------------------ time

    @property
    def quarter(self) -> int:
        """Policy quarter; below 0 during the burn-in."""
        return int(self.now - self.w.time_burn_in)

    @property
    def policy_ends(self) -> int:
        """First step after the policy quarters."""
        return int(self.w.time_burn_in + self.w.time_policy)

    @property
    def period(self) -> str:
        """Where this step lies."""
        if self.quarter < 0:
            return BURN_IN
        return POLICY if self.now < self.policy_ends else RUN_OUT

    def step(self) -> None:
        """One quarter of burn-in, policy or run-out."""
        if self.quarter == 0:
            self.introduce_policy()
        self.pass_quarter(policy=self.period == POLICY, fresh=self.period != RUN_OUT)
        if self.now == self.policy_ends:
            self.withdraw_policy()
        if self.now >= self.policy_ends:
            last = self.policy_ends + self.w.time_run_out
            self.running = self.now < last and self.anything_open()

    def run_model(self) -> None:
        """Step until the run-out is over."""
        while self.running:
            self.step()

    def pass_quarter(self, *, policy: bool, fresh: bool) -> None:
        """The phases. ``policy``: programmes act. ``fresh``: new needs and projects may come."""
        for phase in PHASES.values():
            phase(self, policy, fresh)
        self.now += 1

    def introduce_policy(self) -> None:
        """The regime's programmes stand beside private practice, which is counted anew."""
        self.private_practice.begin_accounts()
        levers = levers_of(self.regime)
        self.programmes = [Programme(self, k, p) for k, p in enumerate(levers, start=1)]

    def withdraw_policy(self) -> None:
        """Policy ends: needs in a pipeline return to their owners; bids and credits lapse."""
        for programme in self.programmes:
            programme.credit_scale = 0.0
        for need in self.seen:
            need.programme = None
        for consortium in self.consortia:
            if consortium.state == BIDDING:
                turn_down(consortium)

    def anything_open(self) -> bool:
        """Whether a project runs or a solution may still be adopted."""
        return bool(self.projects) or any(may_be_adopted(self, need) for need in self.seen)


# ---------------------------------------------------------------- the first moment


def region_weights(population: Population) -> list[float]:
    """Share of each region in all research staff."""
    staff = [0.0] * len(population.regions)
    for region, people in zip(population.region, population.staff, strict=True):
        staff[region] += float(people)
    total = float(np.sum(staff))
    return [people / total for people in staff]


def cutoffs(model: TwinModel, needs: list[Need]) -> dict[str, float]:
    """What makes a breakthrough technical or major, from the needs of the burn-in."""
    w = model.w
    spread = w.adoption_value_surprise
    values = [need.value * rules.realised_factor(need.surprise, spread) for need in needs]
    difficulties = [need.difficulty for need in needs]
    return {
        "technical": float(np.quantile(difficulties, w.criteria_technical_quantile)),
        "major": float(np.quantile(values, w.criteria_major_quantile)),
    }


# ---------------------------------------------------------------- the phases of a quarter


def needs_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """New needs, and needs whose prerequisite has been solved, open; stale ones close."""
    if fresh:
        needs_arise(model)
    close_needs(model)


def programmes_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Money arrives; revenue is reported, focus fields chosen, standing consortia founded; needs
    are collected, screened, published."""
    if policy:
        receive_money(model)
        raise_capital(model)
        report_revenue(model)
        choose_focus(model)
        batch(model)
        collect(model)
        screen(model)


def forming_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Published needs are answered with bids; others start projects without a programme."""
    if policy:
        bid(model)
    if fresh:
        start_alone(model)


def awards_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Bids that are ready are scored and funded while the purse lasts."""
    if policy:
        award(model)


def research_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Running projects pay their quarter and search their landscapes."""
    research(model)


def learning_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Members learn by use and from partners; public knowledge is absorbed; unused fades."""
    for project in model.projects:
        learn_in_team(project)
    absorb_and_forget(model)
    capability_fades(model)


def monitoring_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Gates are held; tax credits are refunded, in the run-out too."""
    monitor(model)
    refund_credit(model, policy or not fresh)


def results_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Projects solve, fail or are overtaken; solutions are adopted."""
    solve_and_end(model)
    adopt(model)


def finance_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """Money comes in and idle money leaves; firms close and enter; directories are renewed."""
    quarterly_course(model)
    close_firms(model)
    enter_firms(model)
    if model.now % 4 == 3:
        model.directory.renew()


def record_phase(model: TwinModel, policy: bool, fresh: bool) -> None:
    """The quarter is written down."""
    record(model)
    model.welfare.discount(model)


PHASES: dict[str, Callable[[TwinModel, bool, bool], None]] = {
    "needs arise": needs_phase,
    "programmes act": programmes_phase,
    "consortia form and bid": forming_phase,
    "awards": awards_phase,
    "research": research_phase,
    "learning": learning_phase,
    "monitoring and payments": monitoring_phase,
    "results": results_phase,
    "finance, entry and exit": finance_phase,
    "record": record_phase,
}
