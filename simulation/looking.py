"""Looking for partners: how many candidates a lead pays to look at, and which."""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import rule
from agents.decisions import scan_breadth
from simulation import streams
from simulation.accounts import fen, pay, spend_from_programme
from simulation.columns import SCANNING_OUT
from simulation.fields import ring_position
from simulation.learning import repeated
from simulation.membership import unmet
from simulation.needs import field_seen
from simulation.outcomes import OUTSIDE_CIRCLE
from simulation.policies.formation import contact_weight
from simulation.policies.openness import within_circle
from simulation.search import best_member
from simulation.supply import linked
from simulation.worth import lead_keeps, makers_claim, share_of, team_touches

MAX_LOOKS = 128  # candidates one lead can look at for one consortium
MAX_WINDOW = 64


@rule
def is_member(c, row):
    """Whether an organisation is already in the consortium."""
    for position in range(c.size):
        if c.member[position] == row:
            return True
    return False


@rule
def wanted_looks(s, need, c, programme, owns):
    """How many candidates the lead pays to look at."""
    w = s.world[0]
    p = s.programmes[programme]
    coverage = share_of(team_touches(s, need, c), w.needs_components)
    claim = makers_claim(w, p.diffusion_private_standard)
    kept = lead_keeps(w, w.forming_looking_partners, owns, s.problems[c.problem].price, claim)
    stake = w.forming_prior_success * need.value * kept
    stake *= 1.0 - math.pow(coverage, w.forming_coverage_exponent)
    cost = w.forming_scan_cost_myuan * (1.0 - p.formation_subsidised_scanning)
    return scan_breadth(stake, w.forming_hit_rate, cost, MAX_LOOKS)


@rule
def look_on_ring(s, step, c, programme, field, looks, found, n_found):
    """Look at ``looks`` candidates next on a field's ring; returns the number found so far.

    The candidates are those next after a hashed position that lie in the open circle; exponential
    clocks, weighted by acquaintance, home and fit, choose among them who is looked at.
    """
    w = s.world[0]
    p = s.programmes[programme]
    luck = s.luck[0]
    lead = c.member[0]
    start = s.ring_start[field]
    count = s.ring_start[field + 1] - start
    if count == 0:
        return n_found
    address = streams.combine(c.luck, field)
    first = ring_position(s, field, streams.bits(luck, streams.SCAN_POSITION, 0, address)) - start
    rows = np.empty(MAX_WINDOW, np.int64)
    clocks = np.empty(MAX_WINDOW)
    n = 0
    for k in range(count):
        if n >= w.forming_window:
            break
        row = s.ring[start + (first + k) % count]
        o = s.organisations[row]
        if o.active == 0 or is_member(c, row):
            continue
        times = s.known[row]
        near = o.region == s.organisations[lead].region
        if not within_circle(p.openness_circle, times > 0.0, near):
            s.bound[OUTSIDE_CIRCLE] += 1
            continue
        weight = contact_weight(
            p.formation_mode, times, 1.0 if near else 0.0, s.expertise[row, field],
            w.forming_tie_bias, w.forming_home_bias, w.forming_tie_saturation,
            w.forming_broker_least_fit,
        )  # fmt: skip
        rows[n] = row
        address = streams.combine(streams.combine(c.luck, field), o.entity)
        clocks[n] = streams.clock(luck, streams.SCAN_CLOCK, 0, address, weight)
        n += 1
    for _ in range(min(looks, n)):
        k = int(np.argmin(clocks[:n]))
        clocks[k] = np.inf
        n_found = add_once(found, n_found, rows[k])
    return n_found


@rule
def add_once(found, n_found, row):
    """Append a row to a list that holds each row once and at most its length."""
    for k in range(n_found):
        if found[k] == row:
            return n_found
    if n_found < len(found):
        found[n_found] = row
        n_found += 1
    return n_found


@rule
def seeks(s, c, need, component, anywhere):
    """Whether the lead looks in this component's field: nobody covers it, or rules want members."""
    if repeated(need, c.misposed, component):
        return False
    return anywhere or best_member(s, c, field_seen(need, c.misposed, component)) < 0


@rule
def find_candidates(s, step, row, owns, found):
    """Candidates the lead has looked at (and paid for), written to ``found``; returns how many."""
    w = s.world[0]
    c = s.consortia[row]
    need = s.needs[c.problem]
    n_found = 0
    if c.body >= 0:
        body = s.bodies[c.body]
        for k in range(body.size):
            if s.organisations[body.member[k]].active == 1 and not is_member(c, body.member[k]):
                n_found = add_once(found, n_found, body.member[k])
    sought = 0
    for i in range(w.needs_components):
        sought += seeks(s, c, need, i, False)
    looks = wanted_looks(s, need, c, c.programme, owns)
    p = s.programmes[c.programme]
    rules_open = n_found == 0 and unmet(s, p, c)
    if rules_open:
        looks = max(looks, 4 * max(p.eligibility_min_members, p.eligibility_min_regions + 1))
    anywhere = sought == 0 and rules_open
    for i in range(w.needs_components):
        sought += anywhere and seeks(s, c, need, i, True)
    each = (looks + sought - 1) // max(sought, 1)
    if p.layers_general_members > 0 or p.eligibility_min_suppliers > 0:
        n_found = add_suppliers(s, c, found, n_found)
    known = n_found
    for i in range(w.needs_components):
        if seeks(s, c, need, i, anywhere):
            field = field_seen(need, c.misposed, i)
            n_found = look_on_ring(s, step, c, c.programme, field, each, found, n_found)
    pay_for_looking(s, c, n_found - known)
    return n_found


@rule
def add_suppliers(s, c, found, n_found):
    """The lead's suppliers and buyers, known to it, next on the ring of firms; returns how many."""
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
        row = s.ring[start + (first + k) % count]
        if s.organisations[row].active == 0 or is_member(c, row):
            continue
        if linked(s, c.member[0], row):
            n_found = add_once(found, n_found, row)
            asked += 1
    return n_found


@rule
def pay_for_looking(s, c, looks):
    """The lead and the programme pay for the candidates looked at."""
    w = s.world[0]
    p = s.programmes[c.programme]
    lead = s.organisations[c.member[0]]
    c.scanned += looks
    cost = looks * w.forming_scan_cost_myuan
    subsidy = p.formation_subsidised_scanning
    pay(s, c.member[0], fen(cost * (1.0 - subsidy)), SCANNING_OUT)
    if subsidy > 0.0:
        spend_from_programme(s, c.programme, fen(cost * subsidy), SCANNING_OUT, lead.region)
