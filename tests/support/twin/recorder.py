"""Phase 10: the quarter is written down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agents.kinds import PAYER_PROGRAMME, PAYERS
from tests.support.twin import rules
from tests.support.twin.chains import mean_link_security, mean_weakest_link
from tests.support.twin.needs import SOLVED
from tests.support.twin.reporting import emerging_shares

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need

RESOURCES = (
    "research_out", "coordination_out", "scanning_out", "bidding_out", "review_out", "office_out",
    "scenario_out", "capability_out",
)  # fmt: skip


def record(model: TwinModel) -> None:
    """The cumulative counts of the cohort, what is running and spent, and the state of knowledge."""
    last = model.w.time_policy + max(model.w.time_run_out, model.w.time_hand_over)
    if not 0 <= model.quarter < last:
        return
    cohort = model.needs[model.cohort]
    reported, real = emerging_shares(model)
    own = [payer for payer in PAYERS if payer != PAYERS[PAYER_PROGRAMME]]
    model.trajectory.append(
        {
            "solved": len([need for need in cohort if need.status == SOLVED]),
            "technical": len([need for need in cohort if is_technical(model, need)]),
            "industrial": len([need for need in cohort if is_industrial(model, need)]),
            "major": len([need for need in cohort if need.realised > model.cutoffs["major"]]),
            "active_projects": len(model.projects),
            "public_spent": rules.myuan(public_outlay(model)),
            "own_spent": rules.myuan(sum(model.paid[payer] for payer in own)),
            "mean_expertise": mean_expertise(model),
            "emerging_share_reported": reported,
            "emerging_share_real": real,
            "weakest_link": mean_weakest_link(model),
            "link_security": mean_link_security(model),
        }
    )


def is_technical(model: TwinModel, need: Need) -> bool:
    """Solved, and difficult or in a frontier field."""
    hard = need.difficulty >= model.cutoffs["technical"] or need.frontier
    return need.status == SOLVED and hard


def is_industrial(model: TwinModel, need: Need) -> bool:
    """Adopted, by enough firms, and worth more than the multiple of the cost of adopting."""
    w = model.w
    worth = need.realised > w.criteria_industrial_multiple * need.adoption_cost
    return bool(need.adopters >= max(1, w.criteria_adopters) and worth)


def outflow(model: TwinModel) -> int:
    """Fen of resources used up so far, adoption left out."""
    return sum(model.ledger[account] for account in RESOURCES)


def public_outlay(model: TwinModel) -> int:
    """Fen programmes have spent so far."""
    return sum(programme.spent for programme in model.programmes)


def mean_expertise(model: TwinModel) -> float:
    """Mean expertise over active organisations with staff, and fields."""
    total = 0.0
    count = 0
    for one in model.organisations:
        if one.at_work:
            count += 1
            own = 0.0
            for level in one.expertise:
                own += level
            total += own
    return total / (count * model.w.fields_count)


class Welfare:
    """Discounted sums, million yuan, and resources and outlay so far, undiscounted."""

    def __init__(self) -> None:
        self.value = 0.0
        self.cost = 0.0
        self.public = 0.0
        self.resources_so_far = 0.0
        self.public_so_far = 0.0

    def discount(self, model: TwinModel) -> None:
        """Add this quarter's discounted value, resource cost and public outlay."""
        resources = rules.myuan(outflow(model))
        if model.quarter < 0:
            self.resources_so_far = resources
            return
        factor = math.pow(1.0 + model.w.criteria_discount_per_year, -model.quarter / 4.0)
        public = rules.myuan(public_outlay(model))
        value = 0.0
        cost = resources - self.resources_so_far
        for need in model.needs:
            if need.adopted_step == model.now:
                value += need.realised
                cost += need.adoption_cost
        self.value += factor * value
        self.cost += factor * cost
        self.public += factor * (public - self.public_so_far)
        self.resources_so_far = resources
        self.public_so_far = public
