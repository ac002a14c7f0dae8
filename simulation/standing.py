"""Standing consortia (batches, renewal) and origin sources (capability in frontier fields)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.settings import Settings, parameter
from simulation import streams
from simulation.accounts import fen, spend_from_programme
from simulation.columns import CAPABILITY_OUT, MAX_MEMBERS, N_BODIES, N_ORGANISATIONS, OVERFLOW
from simulation.events import BODY_ENDED, BODY_FOUNDED, note
from simulation.fields import field_distance, is_frontier, ring_position
from simulation.membership import admitted_lead
from simulation.needs import field_seen, misposed_for
from simulation.outcomes import SOURCE_ENDED, STANDING_ENDED
from simulation.policies.capability import capability_gain
from simulation.policies.renewal import performance


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
        while active_bodies(s, programme) < p.renewal_slots:
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
    """Renew the best share on performance; the others lose their slot."""
    p = s.programmes[programme]
    prior = s.world[0].forming_prior_success
    keep = int(p.renewal_renewed_share * active_bodies(s, programme) + 0.5)
    for b in range(s.counters[N_BODIES]):
        body = s.bodies[b]
        if body.active == 0 or body.programme != programme:
            continue
        own = performance(body.successes, body.trials, prior)
        better = 0
        for a in range(s.counters[N_BODIES]):
            other = s.bodies[a]
            if other.active == 0 or other.programme != programme or a == b:
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


@rule
def next_body_lead(s, programme, step):
    """The admitted organisation without a running body that has most standing and staff.

    Ability to lead is not seen beforehand: that is what renewal on performance can find out.
    """
    p = s.programmes[programme]
    size_weight = s.world[0].standing_size_weight
    best = -1
    most = -1.0
    for row in range(s.counters[N_ORGANISATIONS]):
        if not admitted_lead(s, p, row) or leads_body(s, row, step):
            continue
        o = s.organisations[row]
        points = o.reputation + size_weight * math.log(1.0 + o.staff)
        if best < 0 or points > most:
            most = points
            best = row
    return best


@rule
def leads_body(s, row, step):
    """Whether an organisation leads a standing consortium, or has lost one in this batch."""
    for b in range(s.counters[N_BODIES]):
        body = s.bodies[b]
        if body.lead == row and (body.active == 1 or body.ended == step):
            return True
    return False


@rule
def found_body(s, programme, lead, step):
    """Found a standing consortium; members cover the fields around the lead's own."""
    b = s.counters[N_BODIES]
    if b >= len(s.bodies):
        s.counters[OVERFLOW] += 1
        return False
    p = s.programmes[programme]
    body = s.bodies[b]
    body.programme = programme
    body.lead = lead
    body.active = 1
    body.founded = step
    body.size = 0
    s.counters[N_BODIES] += 1
    layers = p.layers_core_members + p.layers_close_members + p.layers_general_members
    wanted = min(min(layers, p.eligibility_max_members), MAX_MEMBERS) - 1
    recruit(s, b, wanted)
    note(s, step, BODY_FOUNDED, -1, b, lead, body.size)
    return True


@rule
def recruit(s, b, wanted):
    """Members from the rings of the fields nearest to the lead's home, one field at a time."""
    w = s.world[0]
    body = s.bodies[b]
    lead = s.organisations[body.lead]
    clocks = np.empty(w.fields_count)
    for f in range(w.fields_count):
        clocks[f] = s.distance[f, lead.home_field]
    for _ in range(w.fields_count):
        if body.size >= wanted:
            return
        f = int(np.argmin(clocks))
        clocks[f] = np.inf
        each = 1 + wanted // 10
        start = s.ring_start[f]
        count = s.ring_start[f + 1] - start
        target = streams.bits(s.luck[0], streams.BODY_POSITION, 0, streams.combine(lead.entity, f))
        first = ring_position(s, f, target) - start
        for k in range(count):
            row = s.ring[start + (first + k) % count]
            if each == 0 or body.size >= wanted:
                break
            if row != body.lead and not in_body(body, row) and s.organisations[row].active:
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
        covered = 0
        misposed = misposed_for(s, index, body.lead)
        for i in range(w.needs_components):
            f = field_seen(need, misposed, i)
            touch = s.expertise[body.lead, f] >= w.search_least_expertise
            for k in range(body.size):
                if touch:
                    break
                touch = s.expertise[body.member[k], f] >= w.search_least_expertise
            covered += touch
        level = covered / w.needs_components - w.standing_load * body.running
        if s.problems[index].owner == body.lead:
            level += w.standing_own_need
        if level > most:
            most = level
            best = b
    return best


@rule
def build_capability(s, step, quarter, programme, money_fen):
    """Origin sources spend this quarter's capability money on their frontier field."""
    w = s.world[0]
    p = s.programmes[programme]
    if p.capability_sources == 0 or money_fen <= 0 or w.fields_frontier == 0:
        return
    appoint_sources(s, step, programme)
    each = money_fen // p.capability_sources
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if o.source_field < 0 or o.source_programme != programme:
            continue
        paid = spend_from_programme(s, programme, each, CAPABILITY_OUT, o.region)
        e = s.expertise[row, o.source_field]
        gain = capability_gain(e, paid / 1e8, w.learning_capability_scale_myuan)
        s.expertise[row, o.source_field] = e + gain
        s.floor[row, o.source_field] = max(
            s.floor[row, o.source_field], w.learning_retained_share * (e + gain)
        )
        if step - o.source_since >= p.capability_patience_quarters and (
            s.expertise[row, o.source_field] < w.search_least_expertise
        ):
            o.source_field = -1
            o.source_programme = -programme  # not asked again by the programme it failed
            s.bound[SOURCE_ENDED] += 1


@rule
def appoint_sources(s, step, programme):
    """Fill vacant tasks: the admitted organisation closest to a frontier field that lacks one."""
    w = s.world[0]
    p = s.programmes[programme]
    holders = 0
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if o.source_field >= 0 and o.source_programme == programme:
            holders += 1
    while holders < p.capability_sources:
        field = rarest_frontier(s, w.fields_count, w.fields_frontier)
        best = -1
        most = -1.0
        for row in range(s.counters[N_ORGANISATIONS]):
            o = s.organisations[row]
            if o.source_field >= 0 or o.source_programme == -programme:
                continue
            if not admitted_lead(s, p, row):
                continue
            near = (
                s.expertise[row, field] + 1.0 - field_distance(o.home_field, field, w.fields_count)
            )
            if near > most:
                most = near
                best = row
        if best < 0:
            return
        s.organisations[best].source_field = field
        s.organisations[best].source_programme = programme
        s.organisations[best].source_since = step
        holders += 1


@rule
def rarest_frontier(s, fields, frontier):
    """The frontier field with fewest origin sources."""
    best = -1
    fewest = 1 << 30
    for f in range(fields):
        if not is_frontier(f, fields, frontier):
            continue
        count = 0
        for row in range(s.counters[N_ORGANISATIONS]):
            if s.organisations[row].source_field == f:
                count += 1
        if count < fewest:
            fewest = count
            best = f
    return best


@rule
def capability_money(p, inflow_fen):
    """Fen of a quarter's inflow that is spent on capability."""
    return fen(p.capability_budget_share * (inflow_fen / 1e8))
