"""Ties: who has worked with whom, and the trust that comes of it."""

from __future__ import annotations

import math

from agents.compiled import rule
from simulation import streams
from simulation.columns import N_ORGANISATIONS
from simulation.fields import first_from


@rule
def tie_strength(s, a, b):
    """Times two organisations have worked together."""
    for k in range(s.organisations[a].ties):
        if s.ties[a, k].partner == b:
            return s.ties[a, k].times
    return 0


@rule
def recall(s, lead, wanted):
    """Lay a lead's list of partners out over all organisations, or clear it away again."""
    for k in range(s.organisations[lead].ties):
        tie = s.ties[lead, k]
        s.known[tie.partner] = tie.times if wanted else 0


@rule
def add_tie(s, a, b, times, step):
    """Remember a collaboration; a full list forgets its oldest tie (ties to the lowest row)."""
    o = s.organisations[a]
    place = o.ties
    for k in range(o.ties):
        if s.ties[a, k].partner == b:
            s.ties[a, k].times += times
            s.ties[a, k].last = step
            return
    if place == s.ties.shape[1]:
        place = 0
        for k in range(1, o.ties):
            if s.ties[a, k].last < s.ties[a, place].last:
                place = k
    else:
        o.ties += 1
    s.ties[a, place].partner = b
    s.ties[a, place].times = times
    s.ties[a, place].last = step


@rule
def trust_of(times, rate):
    """Trust between two organisations after working together some times: 1 - exp(-rate times)."""
    if times == 0:
        return 0.0
    return 1.0 - math.exp(-rate * times)


@rule
def remember_team(s, c, step):
    """Members who start a project together know each other from now on."""
    meet = min(c.size, s.world[0].forming_meeting_members)
    for a in range(meet):
        for b in range(meet):
            if a != b:
                add_tie(s, s.members[c.first + a].row, s.members[c.first + b].row, 1, step)


@rule
def draw_first_ties(s):
    """Partners known at the start: mostly from the same region (home bias)."""
    w = s.world[0]
    luck = s.luck[0]
    count = s.counters[N_ORGANISATIONS]
    for row in range(count):
        o = s.organisations[row]
        if o.staff <= 0.0:
            continue
        for k in range(w.fields_initial_ties):
            address = streams.combine(o.entity, k)
            home = streams.uniform(luck, streams.FIRST_TIE_HOME, 0, address)
            target = streams.bits(luck, streams.FIRST_TIE, 0, address)
            partner = next_by_hash(s, target, row, home < w.fields_initial_home_share)
            if partner >= 0:
                add_tie(s, row, partner, 1, -1)
                add_tie(s, partner, row, 1, -1)


@rule
def next_by_hash(s, target, seeker, home):
    """The next organisation with staff after a hashed position; from the seeker's region if asked."""
    count = s.counters[N_ORGANISATIONS]
    first = first_from(s.directory, 0, count, target)
    for k in range(count):
        one = s.directory[(first + k) % count]
        if one.row == seeker or s.organisations[one.row].staff <= 0.0:
            continue
        if not home or one.region == s.organisations[seeker].region:
            return one.row
    return -1


@rule
def measure_team(s, c):
    """Trust and repeated pairs among the members who really meet."""
    w = s.world[0]
    trust = 0.0
    pairs = 0
    old = 0
    for a in range(min(c.size, w.forming_meeting_members)):
        for b in range(a):
            times = tie_strength(s, s.members[c.first + a].row, s.members[c.first + b].row)
            trust += trust_of(times, w.forming_trust_rate)
            pairs += 1
            if times > 0:
                old += 1
    c.pairs = pairs
    c.old_pairs = old
    c.trust = trust / pairs if pairs > 0 else 0.0
