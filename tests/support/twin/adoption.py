"""Phase 8, second half: what happens after a solution (two skins)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agents.kinds import GENERAL
from simulation import streams
from tests.support.twin import rules
from tests.support.twin.chains import add_solution
from tests.support.twin.fields import starting_at
from tests.support.twin.luck import combine
from tests.support.twin.needs import SOLVED
from tests.support.twin.projects import shared_by_value

if TYPE_CHECKING:
    from tests.support.twin.consortium import Consortium
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation


def adopt(model: TwinModel) -> None:
    """Solutions are tried by their owner, or by firms that may use them."""
    for need in model.seen:
        if not may_be_adopted(model, need):
            continue
        adopter = need.owner
        if adopter is None or need.adopters > 0:
            adopter = interested_firm(model, need)
        if adopter is None or not wants_it(model, need, adopter):
            continue
        need.adopters += 1
        if need.adopters == 1:
            realise(model, need, adopter)


def may_be_adopted(model: TwinModel, need: Need) -> bool:
    """Whether a solution waits for adopters."""
    if need.status != SOLVED or model.now > need.solved_step + model.w.adoption_window:
        return False
    return bool(need.adopters < model.w.criteria_adopters)


def engagement_of(c: Consortium, one: Organisation, general: float) -> float:
    """How far an adopter took part in the project: 1 core or close, ``general``, or 0 not at all."""
    for member in c.members:
        if member.organisation is one:
            return general if member.layer == GENERAL else 1.0
    return 0.0


def friction(need: Need, adopter: Organisation) -> float:
    """Share of value lost between the solving team's lead and this adopter."""
    w, c = adopter.w, need.solver
    assert c is not None
    aims = abs(adopter.orientation - c.lead.orientation)
    return float(
        rules.friction_between(
            0.5 * (adopter.distance_to(c.lead) + aims),
            engagement_of(c, adopter, w.adoption_general_engagement), need.scenario,
            need.standard, w.adoption_friction_base, w.adoption_friction_distance,
            w.adoption_friction_engagement, w.adoption_friction_scenarios,
            w.adoption_friction_standards,
        )
    )  # fmt: skip


def usable_share(need: Need, adopter: Organisation) -> float:
    """Share of value that an adopter can absorb (Cohen and Levinthal 1990) and may use.

    A private standard excludes those who did not take part in making it.
    """
    w = adopter.w
    known = adopter.expertise[need.main_field]
    absorption = w.adoption_absorption_base + w.adoption_absorption_expertise * known
    access = 1.0
    assert need.solver is not None
    if engagement_of(need.solver, adopter, 1.0) == 0.0:
        access = 1.0 - w.adoption_standard_exclusion * need.private_standard
    return float(absorption * access)


def adoption_cost(model: TwinModel, need: Need) -> float:
    """What adopting a solution costs, million yuan."""
    w = model.w
    return float(w.adoption_cost_share * need.value + w.adoption_cost_fixed_myuan)


def wants_it(model: TwinModel, need: Need, adopter: Organisation) -> bool:
    """Whether a firm adopts the solution this quarter; it foresees a part of the surprise."""
    w = model.w
    known = w.adoption_privately_known
    address = combine(need.index, adopter.entity)
    news = model.luck.normal(streams.ADOPTION_NOISE, model.now, address)
    seen = known * need.surprise + math.sqrt(1.0 - known * known) * news
    value = need.value * rules.realised_factor(seen, w.adoption_value_surprise)
    cost = adoption_cost(model, need)
    return bool(rules.adopts(value, friction(need, adopter), usable_share(need, adopter), cost))


def interested_firm(model: TwinModel, need: Need) -> Organisation | None:
    """The firm, of those next on the ring of the main field, that would lose least."""
    position = model.luck.bits(streams.ADOPTER_POSITION, model.now, need.index)
    best = None
    most = 0.0
    seen = 0
    for one in starting_at(model.directory.rings[need.main_field], position):
        if seen >= model.w.adoption_candidates:
            break
        if not one.active or not one.is_firm or one is need.adopter:
            continue
        seen += 1
        kept = (1.0 - friction(need, one)) * usable_share(need, one)
        if kept > most:
            most = kept
            best = one
    return best


def realise(model: TwinModel, need: Need, adopter: Organisation) -> None:
    """The first adopter pays for adoption; value starts to be earned, and capability grows."""
    w = model.w
    kept = (1.0 - friction(need, adopter)) * usable_share(need, adopter)
    factor = rules.realised_factor(need.surprise, w.adoption_value_surprise)
    need.adopter = adopter
    need.adopted_step = model.now
    need.realised = need.value * kept * factor
    need.adoption_cost = adoption_cost(model, need)
    cost = rules.fen(need.adoption_cost)
    model.ledger["capital_in"] += cost  # from the adopter's general business
    model.ledger["adoption_out"] += cost
    share_value(model, need, adopter)
    add_solution(model, need, w.chains_adoption_weight)
    for field in need.fields:
        e = adopter.expertise[field]
        adopter.expertise[field] = e + w.learning_by_use * (1.0 + need.scenario) * (1.0 - e)
    adopter.take_stock()


def share_value(model: TwinModel, need: Need, adopter: Organisation) -> None:
    """The adopter keeps the owner's share, less what a private standard claims; the team the rest."""
    w, c = model.w, need.solver
    assert c is not None
    price = need.price if adopter is need.owner else 0.0
    claim = rules.makers_claim(w, need.private_standard)
    own = rules.fen(need.realised * (w.forming_owner_share - price) * (1.0 - claim))
    adopter.earn(own, need.strategic)
    team = rules.fen(need.realised) - own
    team -= model.funds[c.lead.region].take_back(c, team)
    for member, part in shared_by_value(c, team):
        member.organisation.earn(part, need.strategic)
