"""Looking for partners: how many candidates a lead pays to look at, and which."""

from __future__ import annotations

import numpy as np

from agents.compiled import rule
from agents.decisions import scan_breadth
from simulation import streams
from simulation.accounts import fen, pay, spend_from_programme
from simulation.bits import count_bits
from simulation.columns import MAX_LOOKS, SCANNING_OUT
from simulation.fields import ring_position
from simulation.membership import unmet
from simulation.needs import distinct_fields, field_seen
from simulation.outcomes import OUTSIDE_CIRCLE
from simulation.policies.formation import contact_weight
from simulation.policies.openness import within_circle
from simulation.supply import linked
from simulation.worth import (
    lead_keeps,
    makers_claim,
    power_of_coverage,
    share_of,
    start_chance,
)


@rule
def wanted_looks(s, need, c, owns):
    """How many candidates the lead pays to look at."""
    w = s.world[0]
    p = s.programmes[c.programme]
    coverage = share_of(c.touched, w.needs_components)
    claim = makers_claim(w, p.diffusion_private_standard)
    kept = lead_keeps(w, w.forming_looking_partners, owns, s.problems[c.problem].price, claim)
    stake = w.forming_prior_success * need.value * kept
    stake *= start_chance(s, c.programme, c.body)
    stake *= 1.0 - power_of_coverage(s, coverage)
    cost = w.forming_scan_cost_myuan * (1.0 - p.formation_subsidised_scanning)
    return scan_breadth(stake, w.forming_hit_rate, cost, MAX_LOOKS)


@rule
def find_candidates(s, c, owns):
    """Candidates that the lead has looked at (and paid for), to ``s.found``; returns how many."""
    w = s.world[0]
    need = s.needs[c.problem]
    p = s.programmes[c.programme]
    n_found = add_body(s, c)
    rules_open = n_found == 0 and unmet(s, p, c)
    looks = wanted_looks(s, need, c, owns)
    if rules_open:
        looks = max(looks, 4 * max(p.eligibility_min_members, p.eligibility_min_regions + 1))
    fields = fields_sought(s, need, c, rules_open)
    sought = count_bits(fields)
    each = (looks + sought - 1) // max(sought, 1)
    if p.layers_general_members > 0 or p.eligibility_min_suppliers > 0:
        n_found = add_suppliers(s, c, n_found)
    known = n_found
    for i in range(w.needs_components if each > 0 else 0):
        if fields & (1 << i):
            n_found = look_on_ring(s, c, field_seen(need, c.misposed, i), each, n_found)
    pay_for_looking(s, c, n_found - known)
    return n_found


@rule
def fields_sought(s, need, c, rules_open):
    """Fields to look in, as bits of components: those that nobody covers.

    All, if there is none and formal rules ask for members nevertheless.
    """
    fields = distinct_fields(s, need, c.misposed)
    uncovered = fields & ~c.touched
    return fields if uncovered == 0 and rules_open else uncovered


@rule
def add_once(s, n_found, row):
    """Append to those found who is not there yet, as far as there is room."""
    if s.looked_at[row] == 0 and n_found < MAX_LOOKS:
        s.looked_at[row] = 1
        s.found[n_found] = row
        n_found += 1
    return n_found


@rule
def add_body(s, c):
    """Members of the standing consortium that works on it, who need not be looked for."""
    n_found = 0
    if c.body >= 0:
        body = s.bodies[c.body]
        for k in range(body.size):
            row = body.member[k]
            if s.active[row] == 1 and row != c.lead:
                n_found = add_once(s, n_found, row)
    return n_found


@rule
def add_suppliers(s, c, n_found):
    """The lead's suppliers and buyers, known to it, next on the ring of firms."""
    w = s.world[0]
    ring = w.fields_count
    start = s.ring_start[ring]
    count = s.ring_start[ring + 1] - start
    target = streams.bits(s.luck[0], streams.SUPPLY_LINK, 1, c.luck)
    first = ring_position(s, ring, target) - start
    asked = 0
    for k in range(count):
        if asked >= w.supply_asked:
            break
        row = s.ring[start + (first + k) % count].row
        if s.active[row] == 0 or row == c.lead:
            continue
        if linked(s, c.lead, row):
            n_found = add_once(s, n_found, row)
            asked += 1
    return n_found


@rule
def look_on_ring(s, c, field, looks, n_found):
    """Look at ``looks`` of the candidates in a field's window; returns how many are found now.

    Exponential clocks, weighted by acquaintance, home and fit, choose among the candidates.
    """
    address = streams.combine(c.luck, field)
    seen = open_window(s, c, field, address)
    stream = streams.stream(s.luck[0], streams.SCAN_CLOCK, 0)
    streams.uniforms_in_pairs(stream, address, s.window_name, seen, s.window_luck)
    kept = 0
    for k in range(seen):
        limit = np.inf if kept < looks else s.clocks[kept - 1]
        ring = streams.clock_by(limit, s.window_luck[k], s.window_weight[k])
        if kept < looks or ring < limit:
            kept = min(kept + 1, looks)
            streams.keep_soonest(s.clocks, s.soonest, kept, s.window[k], ring)
    for k in range(kept):
        n_found = add_once(s, n_found, s.soonest[k])
    return n_found


@rule
def open_window(s, c, field, address):
    """The candidates next on a field's ring after a hashed position that lie in the open circle.

    Writes their rows to ``s.window``, with their names and weights; returns how many there are.
    """
    w = s.world[0]
    p = s.programmes[c.programme]
    lead = c.lead
    region = s.organisations[lead].region
    place = ring_position(s, field, streams.bits(s.luck[0], streams.SCAN_POSITION, 0, address))
    seen = 0
    for _ in range(s.ring_start[field + 1] - s.ring_start[field]):
        if seen >= w.forming_window:
            break
        one = s.ring[place]
        row = one.row
        place += 1
        if place == s.ring_start[field + 1]:
            place = s.ring_start[field]
        if s.active[row] == 0 or row == lead:
            continue
        near = one.region == region
        if not within_circle(p.openness_circle, s.known[row] > 0, near):
            s.bound[OUTSIDE_CIRCLE] += 1
            continue
        s.window[seen] = row
        s.window_name[seen] = one.entity
        s.window_weight[seen] = contact_weight(
            p.formation_mode, s.known[row], 1.0 if near else 0.0, s.expertise[row, field],
            w.forming_tie_bias, w.forming_home_bias, w.forming_tie_saturation,
            w.forming_broker_least_fit,
        )  # fmt: skip
        seen += 1
    return seen


@rule
def pay_for_looking(s, c, looks):
    """The lead and the programme pay for the candidates looked at."""
    w = s.world[0]
    p = s.programmes[c.programme]
    lead = s.organisations[c.lead]
    c.scanned += looks
    cost = looks * w.forming_scan_cost_myuan
    subsidy = p.formation_subsidised_scanning
    pay(s, c.lead, fen(cost * (1.0 - subsidy)), SCANNING_OUT)
    if subsidy > 0.0:
        spend_from_programme(s, c.programme, fen(cost * subsidy), SCANNING_OUT, lead.region)
