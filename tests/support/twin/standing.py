"""Standing consortia: founded in batches, each with a direction, and renewed on performance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa  # type: ignore[import-untyped]

from simulation import streams
from tests.support.twin import rules
from tests.support.twin.fields import starting_at
from tests.support.twin.luck import combine, first_to_ring
from tests.support.twin.needs import touched

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme


class StandingConsortium(mesa.Agent):  # type: ignore[misc]
    """A consortium without an end date that takes one need after another."""

    def __init__(
        self, model: TwinModel, programme: Programme, lead: Organisation, direction: int
    ) -> None:
        super().__init__(model)
        self.programme = programme
        self.lead = lead
        self.field = direction
        self.members: list[Organisation] = []  # beside the lead
        self.active = True
        self.founded = model.now
        self.reviewed = model.now  # founded or last renewed
        self.ended = 0
        self.renewals = 0
        self.running = 0
        self.trials = 0.0
        self.successes = 0.0

    @property
    def term_is_over(self) -> bool:
        """Whether it is up for renewal in this batch."""
        p = self.programme.levers
        term = p.renewal_term_batches * p.renewal_batch_quarters
        return bool(self.active and self.model.now - self.reviewed >= term)

    def performance(self) -> float:
        """Smoothed success on which renewal is decided, in [0, 1]."""
        prior = self.model.w.forming_prior_success
        return float(rules.performance(self.successes, self.trials, prior))

    def renew(self) -> None:
        """It keeps its slot."""
        self.renewals += 1
        self.reviewed = self.model.now

    def end(self) -> None:
        """It loses its slot."""
        self.active = False
        self.ended = self.model.now
        self.model.bound["standing_ended"] += 1
        self.remove()

    def recruit(self, wanted: int) -> None:
        """Members from the rings of the fields nearest to its direction, one field at a time."""
        w, model = self.model.w, self.model
        nearness = [model.distance[field][self.field] for field in range(w.fields_count)]
        for _ in range(w.fields_count):
            if len(self.members) >= wanted:
                return
            field = first_to_ring(nearness)
            nearness[field] = math.inf
            place = field
            if self.field != self.lead.home_field:
                place += w.fields_count * (1 + self.field)
            address = combine(self.lead.entity, place)
            position = model.luck.bits(streams.BODY_POSITION, 0, address)
            each = 1 + wanted // 10
            for one in starting_at(model.directory.rings[field], position):
                if each == 0 or len(self.members) >= wanted:
                    break
                if one is not self.lead and one not in self.members and one.active:
                    self.members.append(one)
                    each -= 1


def batch(model: TwinModel) -> None:
    """At each batch: end the weakest standing consortia, found new ones up to the slots."""
    for programme in model.programmes:
        p = programme.levers
        if p.renewal_standing == 0 or model.quarter % p.renewal_batch_quarters != 0:
            continue
        if programme.received <= 0:
            continue
        if model.quarter > 0:
            evaluate(model, programme)
        slots = rules.slots_after(
            p.renewal_slots, p.renewal_slots_growth, model.quarter // p.renewal_batch_quarters
        )
        for _ in range(slots - len(active_bodies(model, programme))):
            lead = next_lead(model, programme)
            if lead is None:
                break
            found(model, programme, lead)


def active_bodies(model: TwinModel, programme: Programme) -> list[StandingConsortium]:
    """Standing consortia a programme has now, oldest first."""
    return [body for body in model.bodies if body.active and body.programme is programme]


def evaluate(model: TwinModel, programme: Programme) -> None:
    """Of those whose term is over the best share is renewed; the others lose their slot."""
    due = [body for body in active_bodies(model, programme) if body.term_is_over]
    keep = int(programme.levers.renewal_renewed_share * len(due) + 0.5)
    ranked = sorted(due, key=lambda body: -body.performance())
    for body in ranked[:keep]:
        body.renew()
    for body in ranked[keep:]:
        body.end()


def led_by(model: TwinModel, one: Organisation) -> list[StandingConsortium]:
    """Standing consortia an organisation leads, with those it has lost in this batch."""
    return [
        body
        for body in model.bodies
        if body.lead is one and (body.active or body.ended == model.now)
    ]


def next_lead(model: TwinModel, programme: Programme) -> Organisation | None:
    """The admitted organisation with most standing and staff for one more standing consortium.

    Its staff is divided by those it leads already. Ability to lead is not seen beforehand: that is
    what renewal on performance can find out.
    """
    best = None
    most = -1.0
    for one in model.organisations:
        led = len(led_by(model, one))
        if not programme.admits_lead(one) or led >= programme.levers.renewal_most_per_lead:
            continue
        size = math.log(1.0 + one.staff / (1.0 + led))
        points = one.reputation + model.w.standing_size_weight * size
        if best is None or points > most:
            most = points
            best = one
    return best


def next_direction(model: TwinModel, lead: Organisation) -> int:
    """The lead's home field; for a further standing consortium its next strongest field."""
    led = led_by(model, lead)
    if not led:
        return lead.home_field
    taken = {body.field for body in led if body.active}
    best = lead.home_field
    most = -1.0
    for field, level in enumerate(lead.expertise):
        if field not in taken and level > most:
            most = level
            best = field
    return best


def found(model: TwinModel, programme: Programme, lead: Organisation) -> None:
    """Found a standing consortium; members cover the fields around its direction."""
    body = StandingConsortium(model, programme, lead, next_direction(model, lead))
    body.recruit(programme.most_members - 1)
    model.bodies.append(body)


def best_body(model: TwinModel, need: Need, programme: Programme) -> StandingConsortium | None:
    """The standing consortium with room in its queue whose members cover a need best."""
    w = model.w
    best = None
    most = 0.0
    for body in active_bodies(model, programme):
        if body.running >= programme.levers.renewal_parallel_projects:
            continue
        knows = body.lead.knows.union(*(one.knows for one in body.members))
        part = touched(need.fields_seen_by(body.lead), knows)
        level = len(part) / len(need.fields) - w.standing_load * body.running
        if need.owner is body.lead:
            level += w.standing_own_need
        if level > most:
            most = level
            best = body
    return best
