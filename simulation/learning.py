"""Learning by use, from partners and from others' solutions; forgetting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.settings import Settings, parameter
from simulation.bits import count_bits, lowest
from simulation.columns import N_ORGANISATIONS
from simulation.fields import distance_of, inner_product, inner_products


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "learning"

    by_use: float = parameter(
        unit="share per quarter",
        low=0,
        high=0.1,
        meaning="eta_u, learning in fields one works in",
        source="assumption: .006",
    )
    from_partners: float = parameter(
        unit="share per quarter",
        low=0,
        high=0.3,
        meaning="eta_p, learning from a partner at the best cognitive distance",
        source="Nooteboom et al. 2007: inverted U; .025 by assumption",
    )
    decay: float = parameter(
        unit="share per quarter",
        low=0,
        high=0.05,
        meaning="forgetting of fields that are not used, towards the part that is retained",
        source="assumption: .003",
    )
    retained_share: float = parameter(
        unit="share of expertise",
        low=0,
        high=1,
        meaning="part of initial or built-up expertise that is never forgotten",
        source="assumption",
    )
    spillover: float = parameter(
        unit="expertise",
        low=0,
        high=0.3,
        meaning="phi, gain from a fully open solution in its own field",
        source="assumption: .03",
    )
    spillover_reach: float = parameter(
        unit="field distance",
        low=0.01,
        high=1,
        meaning="tau, how far a spillover reaches",
        source="assumption: .1",
    )
    base_openness: float = parameter(
        unit="share",
        low=0,
        high=1,
        meaning="part of a solution's knowledge that leaks without any sharing",
        source="assumption: .1",
    )
    capability_scale_myuan: float = parameter(
        unit="million yuan per quarter",
        low=0.1,
        high=100,
        meaning="spending at which building capability gains 63 % of what is missing in a quarter",
        source="assumption",
    )


@rule
def partner_gain(gap, distance, gamma, rate):
    r"""Expertise gained from one partner in one field in one quarter.

    .. math:: \Delta e = \eta_p\, \gamma\, 4d(1-d)\, (e_j - e_i)^+

    Inverted U in cognitive distance: Wuyts et al. 2005, Nooteboom et al. 2007; the quadratic form
    is an assumption.
    """
    return rate * gamma * 4.0 * distance * (1.0 - distance) * gap


@rule
def learn_in_team(s, row):
    """Members learn by using what they work on and from each other."""
    w = s.world[0]
    c = s.consortia[row]
    need = s.needs[c.problem]
    n = w.needs_components
    for i in range(n):
        position = c.responsible[i]
        if position >= 0:
            row = s.members[c.first + position].row
            s.expertise[row, need.field[i]] += w.learning_by_use * (
                1.0 - s.expertise[row, need.field[i]]
            )
    if c.size == 1:
        return
    measure_pairs(s, c)
    learn_from_each_other(s, c, need, need.first)


@rule
def measure_pairs(s, c):
    """What each pair that meets passes on, by its cognitive distance as the quarter begins."""
    rate = s.world[0].learning_from_partners / (c.size - 1)
    lead = s.members[c.first].row
    s.length[0] = inner_product(s, lead, lead)
    pair = 0
    for a in range(1, c.size):
        one = s.members[c.first + a].row
        s.length[a], product = inner_products(s, one, lead)
        for b in range(min(a, s.world[0].forming_meeting_members)):
            if b > 0:
                product = inner_product(s, one, s.members[c.first + b].row)
            distance = distance_of(product, s.length[a], s.length[b])
            s.passing[pair] = partner_gain(1.0, distance, c.gamma, rate)
            pair += 1


@rule
def learn_from_each_other(s, c, need, part):
    """Of two members who meet, the one learns who knows less, in the fields of some components (bits)."""
    fields = count_bits(part)
    for k in range(fields):
        s.taught[k] = need.field[lowest(part)]
        part &= part - 1
    for a in range(c.size):
        row = s.members[c.first + a].row
        for k in range(fields):
            s.level[a, k] = s.expertise[row, s.taught[k]]
    meeting = s.world[0].forming_meeting_members
    pair = 0
    for a in range(1, c.size):
        for b in range(min(a, meeting)):
            meet(s.level[a], s.level[b], fields, s.passing[pair])
            pair += 1
    for a in range(c.size):
        row = s.members[c.first + a].row
        for k in range(fields):
            s.expertise[row, s.taught[k]] = s.level[a, k]


@rule
def meet(one, other, fields, passing):
    """Two members, who know so much in each of so many fields, pass on what one has more.

    Who knows more gains 0: adding that is faster than asking who it is.
    """
    for k in range(fields):
        gap = other[k] - one[k]
        one[k] += passing * max(0.0, gap)
        other[k] += passing * max(0.0, -gap)


@rule
def publish_knowledge(s, need, openness):
    """The knowledge of a solution becomes public, as far as it is open, around its fields."""
    w = s.world[0]
    for i in range(w.needs_components):
        f = need.field[i]
        if need.first & (1 << i) == 0:
            continue
        for g in range(w.fields_count):
            s.inflow[g] += openness * w.learning_spillover * s.reach[f, g]


@rule
def absorb_and_forget(s):
    """Phase 6, second half: everybody absorbs what became public, forgets a little, and takes stock."""
    w = s.world[0]
    useful = w.search_least_expertise
    for row in range(s.counters[N_ORGANISATIONS]):
        if s.active[row] == 1 and s.organisations[row].staff > 0.0:
            known, least = s.expertise[row], s.floor[row]
            s.knows[row] = pass_quarter(known, least, s.inflow, w.learning_decay, useful)
    s.inflow[:] = 0.0


@rule
def pass_quarter(known, least, public, decay, useful):
    """Change what one organisation knows, shape (F,), by a quarter; returns its useful fields as bits.

    Where nothing is known, 0 is absorbed and 0 forgotten; adding that is faster than asking.
    """
    knows = np.uint64(0)
    for f in range(len(known)):
        e = known[f]
        e += public[f] * (1.0 - e) * e
        e -= decay * max(0.0, e - least[f])
        e = min(e, 1.0)
        known[f] = e
        knows |= np.uint64(e >= useful) << np.uint64(f)
    return knows
