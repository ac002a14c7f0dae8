"""Phase 6: learning by use, from partners and from others' solutions; forgetting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.support.twin import rules
from tests.support.twin.needs import distinct

if TYPE_CHECKING:
    from tests.support.twin.consortium import Consortium
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation


def learn_in_team(c: Consortium) -> None:
    """Members learn by using what they work on and from each other."""
    use_knowledge(c)
    fields = distinct(c.need.fields)
    meeting = c.w.forming_meeting_members
    for a, learner in enumerate(c.organisations):
        for b, partner in enumerate(c.organisations):
            if a != b and (a < meeting or b < meeting):
                learn_from(c, fields, learner, partner)


def use_knowledge(c: Consortium) -> None:
    """Who is responsible for a component learns in its field."""
    responsible = {i: member for member in c.members for i in member.components}
    for component in sorted(responsible):
        known = responsible[component].organisation.expertise
        field = c.need.fields[component]
        known[field] += c.w.learning_by_use * (1.0 - known[field])


def learn_from(
    c: Consortium, fields: list[int], learner: Organisation, partner: Organisation
) -> None:
    """What one member learns from another over these fields."""
    distance = learner.distance_to(partner)
    rate = c.w.learning_from_partners / (len(c.members) - 1)
    for field in fields:
        gap = max(0.0, partner.expertise[field] - learner.expertise[field])
        learner.expertise[field] += rules.partner_gain(gap, distance, c.gamma, rate)


def publish_knowledge(model: TwinModel, need: Need, openness: float) -> None:
    """The knowledge of a solution becomes public, as far as it is open, around its fields."""
    w = model.w
    for field in distinct(need.fields):
        for other in range(w.fields_count):
            reach = math.exp(-model.distance[field][other] / w.learning_spillover_reach)
            model.inflow[other] += openness * w.learning_spillover * reach


def absorb_and_forget(model: TwinModel) -> None:
    """Everybody absorbs what became public, and forgets a little."""
    decay = model.w.learning_decay
    for one in model.organisations:
        if not one.at_work:
            continue
        for field, public in enumerate(model.inflow):
            e = one.expertise[field]
            e += public * (1.0 - e) * e
            e -= decay * max(0.0, e - one.floor[field])
            one.expertise[field] = min(e, 1.0)
    model.inflow = [0.0] * len(model.inflow)
