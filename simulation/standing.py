"""Standing consortia: founded in batches, each with a direction, and renewed on performance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.settings import Settings, parameter
from simulation import streams
from simulation.columns import MAX_MEMBERS, N_BODIES, N_ORGANISATIONS, OVERFLOW
from simulation.events import BODY_ENDED, BODY_FOUNDED, note
from simulation.fields import ring_position
from simulation.membership import admitted_lead
from simulation.needs import misposed_for
from simulation.outcomes import STANDING_ENDED
from simulation.policies.renewal import performance, slots_after
from simulation.worth import share_of, touched_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "standing"

    size_weight: float = parameter(
        unit="points per log of staff",
        low=0,
        high=2,
        meaning="weight of size, beside reputation, in the choice of leads of standing consortia",
        source="assumption",
    )
    load: float = parameter(
        unit="share of components per running project",
        low=0,
        high=1,
        meaning="how much a running project of a standing consortium counts against it when a need is given out",
        source="assumption",
    )
    own_need: float = parameter(
        unit="share of components",
        low=0,
        high=1,
        meaning="how much it counts for a standing consortium that the need is its lead's own",
        source="assumption",
    )
    task_load: float = parameter(
        unit="closeness",
        low=0,
        high=2,
        meaning="how much each task of origin source that an organisation has already counts against it when another is given out",
        source="assumption: .1",
    )


@rule
def batch(s, step, quarter):
    """At each batch: end the weakest standing consortia, found new ones up to the slots."""
    for programme in range(1, len(s.programmes)):
        p = s.programmes[programme]
        if p.renewal_standing == 0 or quarter % p.renewal_batch_quarters != 0:
            continue
        if s.programme_state[programme].received <= 0:
            continue
        if quarter > 0:
            evaluate_bodies(s, programme, step)
        slots = slots_after(
            p.renewal_slots, p.renewal_slots_growth, quarter // p.renewal_batch_quarters
        )
        while active_bodies(s, programme) < slots:
            lead = next_body_lead(s, programme, step)
            if lead < 0 or not found_body(s, programme, lead, step):
                break


@rule
def active_bodies(s, programme):
    """Standing consortia a programme has now."""
    count = 0
    for b in range(s.counters[N_BODIES]):
        if s.bodies[b].active == 1 and s.bodies[b].programme == programme:
            count += 1
    return count


@rule
def evaluate_bodies(s, programme, step):
    """Of those whose term is over the best share is renewed; the others lose their slot."""
    p = s.programmes[programme]
    prior = s.world[0].forming_prior_success
    due = 0
    for b in range(s.counters[N_BODIES]):
        due += term_is_over(p, s.bodies[b], programme, step)
    keep = int(p.renewal_renewed_share * due + 0.5)
    for b in range(s.counters[N_BODIES]):
        body = s.bodies[b]
        if not term_is_over(p, body, programme, step):
            continue
        own = performance(body.successes, body.trials, prior)
        better = 0
        for a in range(s.counters[N_BODIES]):
            other = s.bodies[a]
            if a == b or not term_is_over(p, other, programme, step):
                continue
            theirs = performance(other.successes, other.trials, prior)
            if theirs > own or (theirs == own and a < b):
                better += 1
        body.renewals = body.renewals + 1 if better < keep else -1 - body.renewals
    for b in range(s.counters[N_BODIES]):
        body = s.bodies[b]
        if body.programme == programme and body.active == 1 and body.renewals < 0:
            body.renewals = -1 - body.renewals
            body.active = 0
            body.ended = step
            s.bound[STANDING_ENDED] += 1
            note(s, step, BODY_ENDED, -1, b, body.lead, body.successes)
        elif term_is_over(p, body, programme, step):
            body.reviewed = step


@rule
def term_is_over(p, body, programme, step):
    """Whether a running standing consortium of a programme is up for renewal in this batch."""
    if body.active == 0 or body.programme != programme:
        return False
    return step - body.reviewed >= p.renewal_term_batches * p.renewal_batch_quarters


@rule
def next_body_lead(s, programme, step):
    """The admitted organisation with most standing and staff for one more standing consortium.

    Its staff is divided by those it leads already. Ability to lead is not seen beforehand: that is
    what renewal on performance can find out.
    """
    p = s.programmes[programme]
    size_weight = s.world[0].standing_size_weight
    best = -1
    most = -1.0
    for row in range(s.counters[N_ORGANISATIONS]):
        led = bodies_led(s, row, step)
        if not admitted_lead(s, p, row) or led >= p.renewal_most_per_lead:
            continue
        o = s.organisations[row]
        points = o.reputation + size_weight * math.log(1.0 + o.staff / (1.0 + led))
        if best < 0 or points > most:
            most = points
            best = row
    return best


@rule
def bodies_led(s, row, step):
    """Standing consortia an organisation leads, with those it has lost in this batch."""
    led = 0
    for b in range(s.counters[N_BODIES]):
        body = s.bodies[b]
        led += body.lead == row and (body.active == 1 or body.ended == step)
    return led


@rule
def next_direction(s, lead, step):
    """The lead's home field; for a further standing consortium its next strongest field."""
    if bodies_led(s, lead, step) == 0:
        return s.organisations[lead].home_field
    best = s.organisations[lead].home_field
    most = -1.0
    for f in range(s.world[0].fields_count):
        taken = False
        for b in range(s.counters[N_BODIES]):
            body = s.bodies[b]
            taken = taken or (body.lead == lead and body.active == 1 and body.field == f)
        if not taken and s.expertise[lead, f] > most:
            most = s.expertise[lead, f]
            best = f
    return best


@rule
def found_body(s, programme, lead, step):
    """Found a standing consortium; members cover the fields around its direction."""
    b = s.counters[N_BODIES]
    if b >= len(s.bodies):
        s.counters[OVERFLOW] += 1
        return False
    p = s.programmes[programme]
    body = s.bodies[b]
    body.field = next_direction(s, lead, step)
    body.programme = programme
    body.lead = lead
    body.active = 1
    body.founded = step
    body.reviewed = step
    body.ended = 0
    body.renewals = 0
    body.running = 0
    body.trials = 0.0
    body.successes = 0.0
    body.size = 0
    body.member[:] = 0
    s.counters[N_BODIES] += 1
    layers = p.layers_core_members + p.layers_close_members + p.layers_general_members
    wanted = min(min(layers, p.eligibility_max_members), MAX_MEMBERS) - 1
    recruit(s, b, wanted)
    note(s, step, BODY_FOUNDED, -1, b, lead, body.size)
    return True


@rule
def recruit(s, b, wanted):
    """Members from the rings of the fields nearest to its direction, one field at a time."""
    w = s.world[0]
    body = s.bodies[b]
    lead = s.organisations[body.lead]
    clocks = np.empty(w.fields_count)
    for f in range(w.fields_count):
        clocks[f] = s.distance[f, body.field]
    for _ in range(w.fields_count):
        if body.size >= wanted:
            return
        f = int(np.argmin(clocks))
        clocks[f] = np.inf
        each = 1 + wanted // 10
        start = s.ring_start[f]
        count = s.ring_start[f + 1] - start
        place = f + w.fields_count * (body.field != lead.home_field) * (1 + body.field)
        target = streams.bits(
            s.luck[0], streams.BODY_POSITION, 0, streams.combine(lead.entity, place)
        )
        first = ring_position(s, f, target) - start
        for k in range(count):
            row = s.ring[start + (first + k) % count].row
            if each == 0 or body.size >= wanted:
                break
            if row != body.lead and not in_body(body, row) and s.active[row]:
                body.member[body.size] = row
                body.size += 1
                each -= 1


@rule
def in_body(body, row):
    """Whether an organisation belongs to a standing consortium."""
    for k in range(body.size):
        if body.member[k] == row:
            return True
    return False


@rule
def best_body(s, programme, index):
    """The standing consortium with room in its queue whose members cover a need best; or -1."""
    w = s.world[0]
    need = s.needs[index]
    best = -1
    most = 0.0
    for b in range(s.counters[N_BODIES]):
        body = s.bodies[b]
        if body.active == 0 or body.programme != programme:
            continue
        if body.running >= s.programmes[programme].renewal_parallel_projects:
            continue
        knows = s.knows[body.lead]
        for k in range(body.size):
            knows |= s.knows[body.member[k]]
        part = touched_by(s, need, misposed_for(s, index, body.lead), knows)
        level = share_of(part, w.needs_components) - w.standing_load * body.running
        if s.problems[index].owner == body.lead:
            level += w.standing_own_need
        if level > most:
            most = level
            best = b
    return best
