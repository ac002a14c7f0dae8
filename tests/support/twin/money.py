"""Phase 2: public money comes in, and offices and origin sources are paid from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.twin import rules
from tests.support.twin.sources import build_capability

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.programmes import Programme


def receive_money(model: TwinModel) -> None:
    """Budgets arrive in the purses; offices are paid; origin sources spend."""
    adapt_shares(model)
    w = model.w
    for programme in model.programmes:
        p = programme.levers
        growth = rules.growth_factor(p.budget_growth_per_year, model.quarter, w.time_policy)
        amount = rules.fen(programme.annual_budget / 4.0 * growth)
        if amount == 0:
            continue
        model.ledger["treasury_in"] += amount
        programme.received += amount
        programme.mission_left += int(amount * p.budget_mission_share)
        fill_purses(model, programme, amount)
        programme.spend_everywhere(rules.fen(office_cost(model, programme)), "office_out")
        for_capability = rules.fen(p.capability_budget_share * (amount / 1e8))
        build_capability(model, programme, for_capability)


def office_cost(model: TwinModel, programme: Programme) -> float:
    """What the bodies that must agree cost in a quarter, million yuan, by the programme's share."""
    w = model.w
    whole = w.money_office_myuan * programme.parties
    return float(whole * programme.share * w.needs_scale_organisations / 480.0)


def fill_purses(model: TwinModel, programme: Programme, amount: int) -> None:
    """One purse, or one for each region beside the centre's guidance money; and departments'."""
    p = programme.levers
    left = amount
    departments = p.governance_joining_departments
    for department in range(departments):
        part = int(amount * p.governance_department_share / departments)
        programme.purses[model.centre + 1 + department] += part
        left -= part
    if rules.purse_is_regional(p.governance_mode):
        regional = left - int(left * p.governance_centre_share)
        for region, weight in enumerate(model.region_weight):
            part = int(regional * weight)
            programme.purses[region] += part
            left -= part
    programme.purses[model.centre] += left


def adapt_shares(model: TwinModel) -> None:
    """From time to time a learning government shifts shares towards solutions per yuan."""
    programmes = model.programmes
    rate = 0.0
    for programme in programmes:
        rate += programme.levers.adaptation_rate
    is_time = model.quarter > 0 and model.quarter % model.w.money_adaptation_quarters == 0
    if rate == 0.0 or len(programmes) < 2 or not is_time:
        return
    mean = 0.0
    total = 0.0
    for programme in programmes:
        mean += programme.yield_of() / len(programmes)
        total += programme.share
    if mean <= 0.0 or total <= 0.0:
        return
    weight = 0.0
    for programme in programmes:
        relative = programme.yield_of() / mean - 1.0
        rate = programme.levers.adaptation_rate
        programme.share = rules.adapted_weight(programme.share, rate, relative)
        weight += programme.share
    for programme in programmes:
        programme.share *= total / weight
