"""The model as Mesa sees it: wires, no equation and no number.

:class:`ConsortiaModel` steps the same columns with the same compiled phases as
:mod:`simulation.runner`, one quarter at a time, and keeps real agents over them.
"""

from __future__ import annotations

from typing import Any

import mesa  # type: ignore[import-untyped]
import numpy as np

from agents.consortium import UNDER_WAY, Consortium, ConsortiumRules, StandingConsortium
from agents.financier import Financier
from agents.government import CENTRE, Government, establish
from agents.kinds import FEN_PER_MYUAN, KINDS, LEAD_FIRM
from agents.organisation import CLASSES, Organisation
from simulation.awards import budget_per_quarter, fill_purses
from simulation.branching import branch
from simulation.columns import N_BODIES, N_CONSORTIA, N_EVENTS, N_ORGANISATIONS
from simulation.focus import in_focus
from simulation.measures import outcomes
from simulation.outcomes import TRAJECTORIES
from simulation.phases import PHASES, anything_open, withdraw_policy
from simulation.policies.agenda import takes_up
from simulation.policies.funding import grant_for
from simulation.policies.governance import MODES
from simulation.policies.monitoring import penalty_due
from simulation.policies.registry import Regime
from simulation.policies.renewal import performance
from simulation.population import Population
from simulation.results import design_percentile
from simulation.runner import _fill_trajectory, _hand_over, check_sound, finish
from simulation.search import team_integration
from simulation.setup import first_state, install
from simulation.state import State
from simulation.world import World

NO_POLICY = Regime("no policy", ())
BURN_IN, POLICY, RUN_OUT = "burn_in", "policy", "run_out"


class ConsortiaModel(mesa.Model):  # type: ignore[misc]
    """One run of one regime, steppable as any Mesa model; one step is one quarter.

    Agents are organisations, governments, financiers, consortia and standing consortia. A consortium is an
    agent from the end of the quarter in which it formed; when it has ended, its agent moves from
    ``agents`` to ``history`` and can still be read. So do organisations that have closed and
    standing consortia that have lost their slot.

    Attributes
    ----------
    state: the columns all agents read.
    start: a copy of them at the first policy quarter; None before it.
    regions: names of the regions.
    step_count: quarters that have passed, the burn-in included.
    history: agents that have ended, in the order of their end.
    """

    def __init__(
        self,
        world: World,
        population: Population,
        regime: Regime,
        *,
        seed: int = 0,
        replicate: int = 0,
        events: int = 0,
    ) -> None:
        """``events`` is the room for the log of events; 0 for none."""
        super().__init__(rng=seed)  # nothing draws from Mesa's generators
        self.world, self.population, self.regime = world, population, regime
        self.state = first_state(world, population, seed=seed, replicate=replicate, events=events)
        self.regions = population.regions
        self.step_count = 0
        self.history: list[mesa.Agent] = []
        self.consortium_rules = ConsortiumRules(
            integration=self._integration,
            percentile=self._percentile,
            penalty=penalty_due,
            performance=performance,
        )
        self.start: State | None = None
        self._policy_end: State | None = None
        self._organisations: dict[int, Organisation] = {}
        self._consortia: dict[int, Consortium] = {}
        self._bodies: dict[int, StandingConsortium] = {}
        programmes = [_Desk(self, row) for row in range(1, len(regime.programmes) + 1)]
        self.governments: list[Government] = establish(self, programmes, self.regions)
        self.financiers = [Financier(self, row, name) for row, name in enumerate(self.regions)]
        self._synchronise()

    # ------------------------------------------------------------ time

    @property
    def quarter(self) -> int:
        """Policy quarter of the next step; below 0 during the burn-in."""
        return self.step_count - self._burn_in

    @property
    def period(self) -> str:
        """Where the next step lies: burn_in, policy or run_out."""
        if self.quarter < 0:
            return BURN_IN
        return POLICY if self.step_count < self._policy_ends else RUN_OUT

    @property
    def _burn_in(self) -> int:
        return int(self.state.world[0]["time_burn_in"])

    @property
    def _policy_ends(self) -> int:
        return self._burn_in + int(self.state.world[0]["time_policy"])

    def step(self) -> None:
        """One quarter: the phases in their order, then the agents that came and went."""
        if not self.running:
            return
        if self.step_count == self._burn_in:
            self._introduce_policy()
        period = self.period
        for phase in PHASES:
            phase.run(self.state, self.step_count, policy=period == POLICY, fresh=period != RUN_OUT)
        self.step_count += 1
        if self.step_count == self._policy_ends:
            withdraw_policy(self.state)
            self._policy_end = branch(self.state)
        if self.step_count >= self._policy_ends:
            self._see_whether_it_ends()
        self._synchronise()

    def run_model(self) -> None:
        """Step until the run-out is over."""
        while self.running:
            self.step()

    def _introduce_policy(self) -> None:
        self.start = self.state
        self.state = install(self.start, self.regime)

    def _see_whether_it_ends(self) -> None:
        last = self._policy_ends + int(self.state.world[0]["time_run_out"])
        if self.step_count < last and anything_open(self.state, self.step_count):
            return
        self.running = False
        _fill_trajectory(self.state, self.step_count)
        check_sound(self.state)

    # ------------------------------------------------------------ agents

    def organisation(self, row: int) -> Organisation:
        """The organisation of a row, also when it has closed."""
        return self._organisations[row]

    def consortium(self, row: int) -> Consortium:
        """The consortium of a row, also when it has ended."""
        return self._consortia[row]

    def standing_consortium(self, row: int) -> StandingConsortium:
        """The standing consortium of a row, also when it has lost its slot."""
        return self._bodies[row]

    @property
    def consortium_count(self) -> int:
        """Consortia that have formed so far; their rows are 0 to this less 1."""
        return len(self._consortia)

    def consortia_under_way(self) -> list[Consortium]:
        """Consortia that bid or work, oldest first."""
        return [one for one in self.agents_by_type.get(Consortium, ()) if one.state in UNDER_WAY]

    def _synchronise(self) -> None:
        """Register agents for new rows; move those that have ended to the history."""
        s = self.state
        for row in range(len(self._organisations), s.counters[N_ORGANISATIONS]):
            self._organisations[row] = self._new_organisation(row)
        for row in range(len(self._consortia), s.counters[N_CONSORTIA]):
            self._consortia[row] = Consortium(self, row)
        for row in range(len(self._bodies), s.counters[N_BODIES]):
            self._bodies[row] = StandingConsortium(self, row)
        for agent in list(self.agents):
            if _has_ended(agent):
                agent.remove()
                self.history.append(agent)

    def _new_organisation(self, row: int) -> Organisation:
        kind = KINDS[self.state.organisations[row]["kind"]]
        known = row < self.population.size
        label = self.population.labels[row] if known else f"start-up {row}"
        return CLASSES[kind](self, row, label)

    def _integration(self, row: int) -> float:
        return float(team_integration(self.state, self.state.consortia[row]))

    def _percentile(self, row: int) -> float:
        return float(design_percentile(self.state, self.state.consortia[row]))

    # ------------------------------------------------------------ what is reported

    def trajectory(self, name: str) -> float:
        """Value of one of :data:`simulation.outcomes.TRAJECTORIES` after the last step.

        NaN during the burn-in, in which nothing is recorded.
        """
        if self.quarter <= 0:
            return float("nan")
        column = [one.name for one in TRAJECTORIES].index(name)
        return float(self.state.trajectory[self.quarter - 1, column])

    @property
    def events(self) -> np.ndarray:
        """The log so far, shape (events,), :data:`simulation.columns.EVENT`."""
        return self.state.events[: self.state.counters[N_EVENTS]]

    def outcomes(self) -> dict[str, float]:
        """All outcomes of the finished run, as :func:`simulation.runner.run_replicate` gives them.

        Runs the reference without policy on the same luck, and the hand-over test, on branches.

        Raises
        ------
        RuntimeError: the run has not ended.
        """
        if self.running or self.start is None or self._policy_end is None:
            raise RuntimeError("the run has not ended: call run_model() first")
        reference, _ = finish(install(self.start, NO_POLICY))
        handed_over = float("nan")
        if self.state.world[0]["time_hand_over"] > 0:
            handed_over = _hand_over(self._policy_end, self._policy_ends)
        return outcomes(self.state, self.start, reference, handed_over)


def _has_ended(agent: Any) -> bool:
    if isinstance(agent, Consortium):
        return agent.state not in UNDER_WAY
    if isinstance(agent, (Organisation, StandingConsortium)):
        return not agent.active
    return False


class _Desk:
    """A programme of the model, as :class:`agents.government.Programme` asks for it."""

    def __init__(self, model: ConsortiaModel, row: int) -> None:
        self._model = model
        self.row = row
        self._levers: Any = model.regime.columns[row - 1]
        self.mode = MODES[self._levers["governance_mode"]]
        self.joining_departments = int(self._levers["governance_joining_departments"])
        self.departments_pay = bool(self._levers["governance_department_share"] > 0.0)
        sources = self._levers["capability_sources"] > 0
        self.for_state_firms = bool(
            self._levers["renewal_standing"]
            or (sources and self._levers["capability_budget_share"] > 0.0)
        )

    @property
    def _is_installed(self) -> bool:
        """Before the first policy quarter there is no programme."""
        return len(self._model.state.programmes) > self.row

    @property
    def awards(self) -> int:
        """Projects funded so far."""
        return self._count("awards")

    @property
    def bids(self) -> int:
        """Bids received so far."""
        return self._count("bids")

    def _count(self, name: str) -> int:
        return int(self._model.state.programme_state[self.row][name]) if self._is_installed else 0

    def purse(self, region: int) -> float:
        """Money in a purse, million yuan: a region's, the centre's or a department's."""
        return self._in_purse(self._model.state, region) if self._is_installed else 0.0

    def budget(self, quarter: int, region: int) -> float:
        """Money that arrives in that purse in a policy quarter, million yuan."""
        s = self._model.state
        if not self._is_installed:
            s = install(s, self._model.regime)
        empty = s.replace(purses=np.zeros_like(s.purses))
        fill_purses(empty, self.row, self._levers, budget_per_quarter(empty, self.row, quarter))
        return self._in_purse(empty, region)

    def _in_purse(self, s: State, purse: int) -> float:
        place = len(s.region_weight) if purse == CENTRE else purse
        return float(s.purses[self.row, place] / FEN_PER_MYUAN)

    def takes_up(self, need: int) -> bool:
        """Whether a need belongs on the programme's agenda."""
        s = self._model.state
        owner = int(s.problems[need]["owner"])
        backbone = owner >= 0 and bool(s.organisations[owner]["kind"] == LEAD_FIRM)
        belongs = takes_up(
            self._levers["agenda_mode"], self._levers["agenda_backbone_only"],
            owner >= 0, backbone, bool(s.needs[need]["strategic"] == 1),
        )  # fmt: skip
        return bool(belongs and in_focus(s, self.row, need))

    def grant(self, planned: float) -> float:
        """Grant for a planned cost when no money is short, million yuan."""
        levers = self._levers
        return float(
            grant_for(
                planned, levers["funding_public_share"], levers["funding_cap_myuan"],
                levers["funding_self_funding_ratio"],
            )
        )  # fmt: skip
