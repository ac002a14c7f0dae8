"""Adoption: what happens after a solution (two skins)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.decisions import adopts, friction_between
from agents.kinds import GENERAL, SME
from agents.settings import ConfigError, Settings, parameter
from simulation import streams
from simulation.accounts import fen
from simulation.chains import add_solution
from simulation.columns import ADOPTION_OUT, CAPITAL_IN, N_LIVE, SOLVED
from simulation.events import ADOPTED, note
from simulation.fields import profile_distance, ring_position, take_stock
from simulation.financiers import pay_back
from simulation.needs import adoptable
from simulation.worth import makers_claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "adoption"

    window: int = parameter(
        unit="quarters",
        low=1,
        high=40,
        meaning="how long adoption is tried",
        source="assumption: 12",
    )
    value_surprise: float = parameter(
        unit="log units",
        low=0,
        high=2,
        meaning="vs, spread of realised around expected value",
        source="assumption: 1",
    )
    privately_known: float = parameter(
        unit="correlation",
        low=0,
        high=1,
        meaning="part of the surprise that the adopter foresees",
        source="assumption: .8",
    )
    cost_share: float = parameter(
        unit="share of value",
        low=0,
        high=2,
        meaning="adoption cost that grows with value",
        source="assumption: .4",
    )
    cost_fixed_myuan: float = parameter(
        unit="million yuan",
        low=0,
        high=100,
        meaning="adoption cost that does not",
        source="assumption: 8",
    )
    friction_base: float = parameter(
        unit="share of value",
        low=0,
        high=1,
        meaning="loss even between close parties",
        source="assumption",
    )
    friction_distance: float = parameter(
        unit="share of value",
        low=0,
        high=1,
        meaning="loss per unit of distance between solver and adopter, in knowledge and in orientation (basic or applied) alike",
        source="seed document: two skins; Nooteboom 2007; size assumed",
    )
    friction_engagement: float = parameter(
        unit="share of friction",
        low=0,
        high=1,
        meaning="part of friction removed when the adopter worked in the project",
        source="assumption",
    )
    general_engagement: float = parameter(
        unit="share of engagement",
        low=0,
        high=1,
        meaning="how far an adopter in the general layer worked in the project, against 1 in core or close",
        source="assumption",
    )
    friction_scenarios: float = parameter(
        unit="share of friction",
        low=0,
        high=1,
        meaning="part removed by an opened scenario",
        source="assumption",
    )
    friction_standards: float = parameter(
        unit="share of friction",
        low=0,
        high=1,
        meaning="part removed by an open standard",
        source="assumption",
    )
    standard_reward: float = parameter(
        unit="share of the adopter's part",
        low=0,
        high=1,
        meaning="part of the adopter's share of value that a private standard passes to its makers",
        source="seed document: part in standards as a support policy; size assumed",
    )
    standard_exclusion: float = parameter(
        unit="share of value",
        low=0,
        high=1,
        meaning="value that a private standard takes from an adopter outside the consortium",
        source="assumption",
    )
    candidates: int = parameter(
        unit="firms",
        low=1,
        high=32,
        meaning="firms that look at an ownerless solution each quarter",
        source="assumption",
    )
    absorption_base: float = parameter(
        unit="share of value",
        low=0,
        high=1,
        meaning="value that an adopter without knowledge of the main field can absorb",
        source="Cohen and Levinthal 1990 for absorption; size assumed",
    )
    absorption_expertise: float = parameter(
        unit="share of value per unit of expertise",
        low=0,
        high=1,
        meaning="what expertise in the main field adds to it",
        source="Cohen and Levinthal 1990 for absorption; size assumed",
    )
    income_quarters: float = parameter(
        unit="quarters",
        low=4,
        high=80,
        meaning="mean time over which realised value is earned",
        source="assumption: 20",
    )

    def check(self) -> None:
        """Nobody can absorb more than there is."""
        if self.absorption_base + self.absorption_expertise > 1.0 + 1e-9:
            raise ConfigError(
                f"adoption.absorption_base = {self.absorption_base:g} and "
                f"adoption.absorption_expertise = {self.absorption_expertise:g} add up to more "
                f"than 1. Write adoption.absorption_expertise = {1.0 - self.absorption_base:g} or "
                f"less."
            )


@rule
def realised_factor(surprise, spread):
    """Realised over expected value, lognormal with mean 1."""
    return math.exp(spread * surprise - 0.5 * spread * spread)


@rule
def engagement_of(s, c, row, general):
    """How far an adopter took part in the project: 1 core or close, ``general``, or 0 not at all."""
    for position in range(c.size):
        m = s.members[c.first + position]
        if m.row == row:
            return general if m.layer == GENERAL else 1.0
    return 0.0


@rule
def distance_of_minds(s, a, b):
    """How far a solver is from an adopter in what they know and in what they aim at, in [0, 1]."""
    aims = abs(s.organisations[a].orientation - s.organisations[b].orientation)
    return 0.5 * (profile_distance(s, a, b) + aims)


@rule
def adoption_friction(s, index, row):
    """Share of value lost between the solving team's lead and this adopter."""
    w = s.world[0]
    problem = s.problems[index]
    c = s.consortia[problem.solver]
    return friction_between(
        distance_of_minds(s, row, c.lead),
        engagement_of(s, c, row, w.adoption_general_engagement), problem.scenario,
        problem.standard, w.adoption_friction_base, w.adoption_friction_distance,
        w.adoption_friction_engagement, w.adoption_friction_scenarios,
        w.adoption_friction_standards,
    )  # fmt: skip


@rule
def absorption_of(s, need, row):
    """Share of value an adopter can absorb, by its expertise in the main field (Cohen and Levinthal 1990)."""
    w = s.world[0]
    known = s.expertise[row, need.main_field]
    return w.adoption_absorption_base + w.adoption_absorption_expertise * known


@rule
def access_of(s, index, row):
    """Share of value that a private standard leaves to an adopter; all of it to its makers."""
    problem = s.problems[index]
    if engagement_of(s, s.consortia[problem.solver], row, 1.0) > 0.0:
        return 1.0
    return 1.0 - s.world[0].adoption_standard_exclusion * problem.private_standard


@rule
def usable_share(s, index, row):
    """Share of value that an adopter can absorb and may use."""
    return absorption_of(s, s.needs[index], row) * access_of(s, index, row)


@rule
def wants_it(s, index, row, step):
    """Whether a firm adopts the solution this quarter."""
    w = s.world[0]
    need = s.needs[index]
    known = w.adoption_privately_known
    address = streams.combine(index, s.organisations[row].entity)
    news = streams.normal(s.luck[0], streams.ADOPTION_NOISE, step, address)
    seen = known * need.surprise + math.sqrt(1.0 - known * known) * news
    value = need.value * realised_factor(seen, w.adoption_value_surprise)
    cost = w.adoption_cost_share * need.value + w.adoption_cost_fixed_myuan
    friction = adoption_friction(s, index, row)
    return adopts(value, friction, usable_share(s, index, row), cost)


@rule
def interested_firm(s, index, step):
    """The firm, of those next on the ring of the main field, that would lose least; or -1."""
    w = s.world[0]
    need = s.needs[index]
    start = s.ring_start[need.main_field]
    count = s.ring_start[need.main_field + 1] - start
    target = streams.bits(s.luck[0], streams.ADOPTER_POSITION, step, np.uint64(index))
    first = ring_position(s, need.main_field, target) - start
    best = -1
    most = 0.0
    seen = 0
    for k in range(count):
        if seen >= w.adoption_candidates:
            break
        one = s.ring[start + (first + k) % count]
        row = one.row
        if s.active[row] == 0 or one.kind > SME or row == s.problems[index].adopter:
            continue
        seen += 1
        kept = (1.0 - adoption_friction(s, index, row)) * usable_share(s, index, row)
        if kept > most:
            most = kept
            best = row
    return best


@rule
def adopt(s, step):
    """Phase 8, second half: solutions are tried by their owner, or by firms that may use them."""
    for k in range(s.counters[N_LIVE]):
        index = s.live[k]
        problem = s.problems[index]
        if problem.status != SOLVED or not adoptable(s, index, step):
            continue
        row = problem.owner
        if row < 0 or problem.adopters > 0:
            row = interested_firm(s, index, step)
        if row < 0 or not wants_it(s, index, row, step):
            continue
        problem.adopters += 1
        if problem.adopters == 1:
            realise(s, index, row, step)


@rule
def realise(s, index, row, step):
    """The first adopter pays for adoption; value starts to be earned, and capability grows."""
    w = s.world[0]
    need = s.needs[index]
    problem = s.problems[index]
    kept = (1.0 - adoption_friction(s, index, row)) * usable_share(s, index, row)
    problem.adopter = row
    problem.adopted_step = step
    problem.realised = need.value * kept * realised_factor(need.surprise, w.adoption_value_surprise)
    problem.adoption_cost = w.adoption_cost_share * need.value + w.adoption_cost_fixed_myuan
    cost = fen(problem.adoption_cost)
    s.ledger[CAPITAL_IN] += cost  # from the adopter's general business
    s.ledger[ADOPTION_OUT] += cost
    share_value(s, index, row)
    add_solution(s, need, w.chains_adoption_weight)
    note(s, step, ADOPTED, index, problem.solver, row, problem.realised)
    for i in range(w.needs_components):
        e = s.expertise[row, need.field[i]]
        s.expertise[row, need.field[i]] = e + w.learning_by_use * (1.0 + problem.scenario) * (
            1.0 - e
        )
    take_stock(s, row)


@rule
def share_value(s, index, row):
    """The adopter keeps the owner's share, less what a private standard claims; the team the rest."""
    w = s.world[0]
    problem = s.problems[index]
    c = s.consortia[problem.solver]
    price = problem.price if row == problem.owner else 0.0
    claim = makers_claim(w, problem.private_standard)
    owner_part = fen(problem.realised * (w.forming_owner_share - price) * (1.0 - claim))
    earn(s, s.organisations[row], owner_part, s.needs[index].strategic)
    team = fen(problem.realised) - owner_part
    team -= pay_back(s, c, team)
    total = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        total += m.value_weight
    left = team
    for position in range(c.size):
        m = s.members[c.first + position]
        part = int(team * (m.value_weight / total))
        part = left if position == c.size - 1 else part
        left -= part
        earn(s, s.organisations[m.row], part, s.needs[index].strategic)


@rule
def earn(s, o, amount, strategic):
    """Value (fen) that an organisation will earn over the coming years."""
    o.income_stock += amount
    o.earned += amount
    if strategic == 1:
        o.emerging_income += amount / 1e8 / s.world[0].adoption_income_quarters
