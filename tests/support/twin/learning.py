"""Phase 6: learning by use, from partners and from others' solutions; forgetting."""

from __future__ import annotations

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
    pairs = pairs_who_meet(c)
    distances = [one.distance_to(other) for one, other in pairs]  # before they learn
    for (one, other), distance in zip(pairs, distances, strict=True):
        learn_from_each_other(c, one, other, distance)


def use_knowledge(c: Consortium) -> None:
    """Who is responsible for a component learns in its field."""
    for field, member in zip(c.need.fields, c.responsible, strict=True):
        if member:
            known = member.organisation.expertise
            known[field] += c.w.learning_by_use * (1.0 - known[field])


def pairs_who_meet(c: Consortium) -> list[tuple[Organisation, Organisation]]:
    """Every member with each of the first members, those who joined before it."""
    first = c.w.forming_meeting_members
    team = c.organisations
    return [(one, other) for a, one in enumerate(team) for other in team[: min(a, first)]]


def learn_from_each_other(
    c: Consortium, one: Organisation, other: Organisation, distance: float
) -> None:
    """Of two members who meet, in each field of the need the one learns who knows less."""
    rate = c.w.learning_from_partners / (len(c.members) - 1)
    for field in distinct(c.need.fields):
        gap = other.expertise[field] - one.expertise[field]
        learner = one if gap > 0.0 else other
        learner.expertise[field] += rules.partner_gain(abs(gap), distance, c.gamma, rate)


def publish_knowledge(model: TwinModel, need: Need, openness: float) -> None:
    """The knowledge of a solution becomes public, as far as it is open, around its fields."""
    w = model.w
    for field in distinct(need.fields):
        for other, reach in enumerate(model.reach[field]):
            model.inflow[other] += openness * w.learning_spillover * reach


def absorb_and_forget(model: TwinModel) -> None:
    """Everybody absorbs what became public, forgets a little, and takes stock."""
    decay = model.w.learning_decay
    for one in model.organisations:
        if not one.at_work:
            continue
        for field, public in enumerate(model.inflow):
            e = one.expertise[field]
            e += public * (1.0 - e) * e
            e -= decay * max(0.0, e - one.floor[field])
            one.expertise[field] = min(e, 1.0)
        one.take_stock()
    model.inflow = [0.0] * len(model.inflow)
