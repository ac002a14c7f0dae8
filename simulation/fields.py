"""Fields of knowledge, their distances, and what organisations know at the start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.kinds import INSTITUTE, LOCAL_SOE, SME, UNIVERSITY
from agents.settings import Settings, parameter
from simulation import streams
from simulation.accounts import fen
from simulation.bits import lowest
from simulation.columns import CAPITAL_IN, N_LISTED, N_ORGANISATIONS, OVERFLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "fields"

    count: int = parameter(
        unit="fields",
        low=6,
        high=64,
        meaning="fields F on a ring; the distance of two is their separation over F/2, in [0, 1]",
        source="36 origin-source fields (Xinhua 2024); the ring is an assumption",
    )
    frontier: int = parameter(
        unit="fields",
        low=0,
        high=64,
        meaning="frontier fields, in which nobody reaches the least useful expertise at the start",
        source="assumption: 4",
    )
    strategic: int = parameter(
        unit="fields",
        low=0,
        high=64,
        meaning="fields of national strategy, frontier fields included",
        source="seed document: IC, AI, biomedicine and others; 12 by assumption",
    )
    specialisation: float = parameter(
        unit="log weight",
        low=0,
        high=20,
        meaning="how strongly organisations of a region gather around its fields; 0: not at all",
        source="assumption",
    )
    relatedness: float = parameter(
        unit="per unit of field distance",
        low=0,
        high=30,
        meaning="how fast the chance that an organisation holds a field falls with its distance from the home field",
        source="assumption",
    )
    expertise_low: float = parameter(
        unit="expertise",
        low=0,
        high=1,
        meaning="lowest initial expertise in a held field",
        source="assumption",
    )
    expertise_high: float = parameter(
        unit="expertise",
        low=0,
        high=1,
        meaning="highest initial expertise in a held field",
        source="assumption",
    )
    frontier_ceiling: float = parameter(
        unit="expertise",
        low=0,
        high=1,
        meaning="highest initial expertise in a frontier field",
        source="assumption: below the least useful expertise",
    )
    breadth_lead_firm: int = parameter(
        unit="fields",
        low=1,
        high=36,
        meaning="fields a lead firm holds",
        source="assumption: 5",
    )
    breadth_soe: int = parameter(
        unit="fields",
        low=1,
        high=36,
        meaning="fields a state-owned lead firm holds",
        source="assumption: 7",
    )
    breadth_sme: int = parameter(
        unit="fields",
        low=1,
        high=36,
        meaning="fields an SME holds",
        source="assumption: 2",
    )
    breadth_university: int = parameter(
        unit="fields",
        low=1,
        high=36,
        meaning="fields a university holds",
        source="assumption: 8",
    )
    breadth_institute: int = parameter(
        unit="fields",
        low=1,
        high=36,
        meaning="fields an institute holds",
        source="assumption: 5",
    )
    initial_ties: int = parameter(
        unit="ties",
        low=0,
        high=16,
        meaning="partners each organisation knows at the start",
        source="assumption",
    )
    initial_home_share: float = parameter(
        unit="share of ties",
        low=0,
        high=1,
        meaning="initial partners from the same region",
        source="Hoekman et al. 2010: border bias; size assumed",
    )
    ability_spread: float = parameter(
        unit="standard deviation",
        low=0,
        high=0.3,
        meaning="spread of lead ability around .5",
        source="assumption: .3",
    )


@rule
def field_distance(a, b, fields):
    """Distance of two fields on the ring, in [0, 1]."""
    apart = abs(a - b)
    return 2.0 * min(apart, fields - apart) / fields


@rule
def is_frontier(field, fields, frontier):
    """Frontier fields lie evenly on the ring."""
    for i in range(frontier):
        if field == int((i + 0.5) * fields / frontier):
            return True
    return False


@rule
def is_strategic(field, fields, frontier, strategic):
    """Strategic fields are the frontier fields and those next to them, as many as asked for."""
    hubs = max(frontier, 1)
    for i in range(strategic):
        step = i // hubs
        offset = (step + 1) // 2 if step % 2 == 1 else -(step // 2)
        if field == (int((i % hubs + 0.5) * fields / hubs) + offset) % fields:
            return True
    return False


@rule
def region_centre(region, regions, fields):
    """Position on the ring around which a region specialises."""
    return int((region + 0.5) / regions * fields)


@rule
def breadth(w, kind, ownership):
    """Fields an organisation holds at the start."""
    if kind == UNIVERSITY:
        return w.fields_breadth_university
    if kind == INSTITUTE:
        return w.fields_breadth_institute
    if kind == SME:
        return w.fields_breadth_sme
    return w.fields_breadth_soe if ownership <= LOCAL_SOE else w.fields_breadth_lead_firm


@rule
def draw_home_field(s, organisation):
    """A home field near the region's specialisation; a hub region is at home in all fields alike."""
    w = s.world[0]
    luck = s.luck[0]
    regions = len(s.region_weight)
    centre = region_centre(organisation.region, regions, w.fields_count)
    best = -1
    soonest = np.inf
    for f in range(w.fields_count):
        weight = 1.0
        if organisation.region != s.hub[0]:
            weight = math.exp(-w.fields_specialisation * s.distance[f, centre])
        ring = streams.clock(luck, streams.HOME_FIELD, f, organisation.entity, weight)
        if ring < soonest:
            soonest = ring
            best = f
    return best


@rule
def draw_expertise(s, row):
    """What an organisation knows when it enters: its home field and fields close to it."""
    w = s.world[0]
    o = s.organisations[row]
    luck = s.luck[0]
    span = w.fields_expertise_high - w.fields_expertise_low
    clocks = np.empty(w.fields_count)
    for f in range(w.fields_count):
        weight = math.exp(-w.fields_relatedness * s.distance[f, o.home_field])
        clocks[f] = streams.clock(luck, streams.HELD_FIELD, f, o.entity, weight)
    clocks[o.home_field] = -1.0
    for _ in range(min(breadth(w, o.kind, o.ownership), w.fields_count)):
        f = int(np.argmin(clocks))
        clocks[f] = np.inf
        u = streams.uniform(luck, streams.EXPERTISE, f, o.entity)
        level = w.fields_expertise_low + span * (0.5 + 0.5 * u if f == o.home_field else u)
        if is_frontier(f, w.fields_count, w.fields_frontier):
            level = min(level, w.fields_frontier_ceiling)
        s.expertise[row, f] = level
        s.floor[row, f] = w.learning_retained_share * level
    take_stock(s, row)


@rule
def draw_organisation(s, row):
    """Everything about an organisation that is not given: knowledge, ability, economy."""
    w = s.world[0]
    o = s.organisations[row]
    luck = s.luck[0]
    o.hash = streams.bits(luck, streams.HASH_ORGANISATION, 0, o.entity)
    u = streams.uniform(luck, streams.ORIENTATION, 0, o.entity)
    o.orientation = 0.6 + 0.4 * u if o.kind == UNIVERSITY else 0.4 * u
    if o.kind == INSTITUTE:
        o.orientation = 0.3 + 0.4 * u
    draw = streams.normal(luck, streams.ABILITY, 0, o.entity)
    o.lead_ability = min(1.0, max(0.0, 0.5 + w.fields_ability_spread * draw))
    if o.home_field < 0:
        o.home_field = draw_home_field(s, o)
    if o.staff <= 0.0:
        return  # a bystander: present, but without staff, knowledge or money
    draw_expertise(s, row)
    draw_economy(s, o)


@rule
def draw_economy(s, o):
    """Revenue and money at the start; public bodies live on a block grant."""
    w = s.world[0]
    if o.kind <= SME:
        u = streams.uniform(s.luck[0], streams.RD_SHARE, 0, o.entity)
        o.rd_share = w.finance_rd_share_low + u * (w.finance_rd_share_high - w.finance_rd_share_low)
        o.revenue = o.staff * w.finance_revenue_per_fte_myuan
    quarters = w.finance_reserve_quarters
    if o.kind == SME:
        quarters = w.finance_reserve_quarters_sme
    o.cash = fen(quarters * o.staff * w.forming_free_share * w.money_wage_myuan)
    s.ledger[CAPITAL_IN] += o.cash


@rule
def put_in_directory(s, place, row):
    """Write an organisation into the directory, with what is asked of it there."""
    o = s.organisations[row]
    one = s.directory[place]
    one.hash = o.hash
    one.entity = o.entity
    one.row = row
    one.region = o.region
    one.kind = o.kind


@rule
def take_stock(s, row):
    """Note in which fields an organisation has the least useful expertise, when that has changed."""
    level = s.world[0].search_least_expertise
    knows = np.uint64(0)
    for f in range(s.expertise.shape[1]):
        knows |= np.uint64(s.expertise[row, f] >= level) << np.uint64(f)
    s.knows[row] = knows


@rule
def rebuild_rings(s):
    """The yearly directory: who has useful expertise in which field, in the order of hashes.

    The last ring holds all firms. Entries are counted first; then each ring is filled from its end,
    which moves ``ring_start[f + 1]`` from the end of ring f to its start.
    """
    fields = s.world[0].fields_count
    start = s.ring_start
    start[:] = 0
    for row in range(s.counters[N_ORGANISATIONS]):
        rest = rings_of(s, row)
        while rest:
            start[lowest(rest) + 1] += 1
            rest &= rest - 1
        start[fields + 1] += is_listed_firm(s, row)
    for f in range(fields + 1):
        start[f + 1] += start[f]
    total = start[fields + 1]
    if total > len(s.ring):
        s.counters[OVERFLOW] += 1
        return
    for k in range(s.counters[N_ORGANISATIONS] - 1, -1, -1):
        one = s.directory[k]
        rest = rings_of(s, one.row)
        while rest:
            place = lowest(rest) + 1
            start[place] -= 1
            s.ring[start[place]] = one
            rest &= rest - 1
        if is_listed_firm(s, one.row):
            start[fields + 1] -= 1
            s.ring[start[fields + 1]] = one
    for f in range(fields + 1):
        start[f] = start[f + 1]
    start[fields + 1] = total
    s.counters[N_LISTED] = total


@rule
def rings_of(s, row):
    """Fields on whose rings an organisation belongs, as bits."""
    listed = s.active[row] == 1 and s.organisations[row].staff > 0.0
    return np.int64(s.knows[row]) if listed else 0


@rule
def is_listed_firm(s, row):
    """Whether an organisation belongs on the ring of all firms."""
    o = s.organisations[row]
    return s.active[row] == 1 and o.staff > 0.0 and o.kind <= SME


@rule
def ring_position(s, field, luck_bits):
    """Index on a field's ring of the first organisation at or after a hashed position."""
    start = s.ring_start[field]
    end = s.ring_start[field + 1]
    place = first_from(s.ring, start, end, luck_bits)
    return start if place == end else place


@rule
def first_from(places, low, high, target):
    """Index of the first of the places from ``low`` on whose hash is not below a target, or ``high``.

    Hashes are spread evenly: interpolation search (Perl, Itai and Avni 1978) looks at few places
    that lie far apart in memory.
    """
    below = np.uint64(0)
    above = np.uint64(0xFFFFFFFFFFFFFFFF)
    while low < high:
        part = np.float64(target - below) / (np.float64(above - below) + 1.0)
        middle = min(high - 1, low + int(part * (high - low)))
        found = places[middle].hash
        if found < target:
            low = middle + 1
            below = found
        else:
            high = middle
            above = found
    return low


@rule
def inner_product(s, a, b):
    """Inner product of what two organisations know, added up in two halves that need not wait."""
    fields = s.expertise.shape[1]
    half = fields // 2
    first = 0.0
    second = 0.0
    for f in range(half):
        first += s.expertise[a, f] * s.expertise[b, f]
        second += s.expertise[a, half + f] * s.expertise[b, half + f]
    if fields % 2 == 1:
        second += s.expertise[a, fields - 1] * s.expertise[b, fields - 1]
    return first + second


@rule
def inner_products(s, a, b):
    """Inner products of what an organisation knows with itself and with what another knows.

    The same numbers as of :func:`inner_product`, in the time of one.
    """
    fields = s.expertise.shape[1]
    half = fields // 2
    own_first = own_second = first = second = 0.0
    for f in range(half):
        own_first += s.expertise[a, f] * s.expertise[a, f]
        own_second += s.expertise[a, half + f] * s.expertise[a, half + f]
        first += s.expertise[a, f] * s.expertise[b, f]
        second += s.expertise[a, half + f] * s.expertise[b, half + f]
    if fields % 2 == 1:
        own_second += s.expertise[a, fields - 1] * s.expertise[a, fields - 1]
        second += s.expertise[a, fields - 1] * s.expertise[b, fields - 1]
    return own_first + own_second, first + second


@rule
def distance_of(product, own, other):
    """Cognitive distance: 1 - cosine of two profiles, by their inner products, in [0, 1]."""
    if own == 0.0 or other == 0.0:
        return 1.0
    return 1.0 - product / math.sqrt(own * other)


@rule
def profile_distance(s, a, b):
    """Cognitive distance of two organisations: 1 - cosine of their expertise, in [0, 1]."""
    return distance_of(inner_product(s, a, b), inner_product(s, a, a), inner_product(s, b, b))
