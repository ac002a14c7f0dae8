"""Needs: the latent stream of problems that exists whatever the regime."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.settings import ConfigError, Settings, parameter
from simulation import streams
from simulation.bits import lowest
from simulation.columns import CLOSED, LATENT, N_LIVE, N_NEEDS_SEEN, OPEN, SOLVED
from simulation.fields import field_distance, is_strategic, ring_position

STRANGER = -1  # a lead that is not the need's owner, whoever it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "needs"

    per_quarter: float = parameter(
        unit="needs per quarter and 120 organisations",
        low=0.5,
        high=60,
        meaning="arrival rate",
        source="assumption: 8, range 4-16",
    )
    scale_organisations: int = parameter(
        unit="organisations",
        low=0,
        high=10000000,
        meaning="number of organisations that needs and budget are scaled by; 0 takes the population's size",
        source="design",
    )
    firm_share: float = parameter(
        unit="share of needs",
        low=0,
        high=1,
        meaning="needs raised by a firm; the others are raised by science and have no owner",
        source="assumption: .6",
    )
    components: int = parameter(
        unit="components",
        low=6,
        high=16,
        meaning="N of the landscape",
        source="Kauffman 1993; 12 by assumption, 10 and 15 for robustness",
    )
    fields_per_need: int = parameter(
        unit="fields",
        low=1,
        high=12,
        meaning="different fields over which the components spread",
        source="assumption: 6",
    )
    own_field_share: float = parameter(
        unit="share of components",
        low=0,
        high=1,
        meaning="components in the raiser's own field",
        source="assumption: .3",
    )
    relatedness: float = parameter(
        unit="per unit of field distance",
        low=0,
        high=30,
        meaning="how fast the chance that a field is needed too falls with its distance from the main field",
        source="assumption",
    )
    remote_field_weight: float = parameter(
        unit="weight",
        low=0,
        high=1,
        meaning="weight of a field however far it lies, against 1 for the nearest",
        source="assumption: some needs join fields that have nothing in common",
    )
    links_low: int = parameter(
        unit="links",
        low=0,
        high=15,
        meaning="fewest links K of a component",
        source="assumption: 2",
    )
    links_high: int = parameter(
        unit="links",
        low=0,
        high=15,
        meaning="most links K of a component",
        source="assumption: 8",
    )
    open_quarters: int = parameter(
        unit="quarters",
        low=1,
        high=40,
        meaning="how long a need stays open from its arrival (or its prerequisite's solution)",
        source="assumption: 8",
    )
    deadline_low: int = parameter(
        unit="quarters",
        low=2,
        high=40,
        meaning="shortest project",
        source="assumption: 8; seed document: 2-3 years",
    )
    deadline_high: int = parameter(
        unit="quarters",
        low=2,
        high=40,
        meaning="longest project",
        source="assumption: 12; seed document: 2-3 years",
    )
    prerequisite_share: float = parameter(
        unit="share of needs",
        low=0,
        high=0.9,
        meaning="needs that open only when an earlier need is solved",
        source="assumption: .3",
    )
    prerequisite_lag: int = parameter(
        unit="quarters",
        low=1,
        high=20,
        meaning="fewest quarters by which a prerequisite arrived before the need",
        source="assumption",
    )
    prerequisite_reach: int = parameter(
        unit="quarters",
        low=2,
        high=100,
        meaning="most quarters by which a prerequisite arrived before the need",
        source="assumption",
    )
    prerequisite_candidates: int = parameter(
        unit="needs",
        low=1,
        high=64,
        meaning="earlier needs drawn, of which the nearest in field becomes the prerequisite",
        source="assumption",
    )
    frontier_share: float = parameter(
        unit="share of needs",
        low=0,
        high=1,
        meaning="needs with components in a frontier field",
        source="assumption: .15",
    )
    strategic_share: float = parameter(
        unit="share of components",
        low=0,
        high=1,
        meaning="a need is strategic when this part of its components or more lies in strategic fields",
        source="assumption",
    )
    value_median_myuan: float = parameter(
        unit="million yuan",
        low=1,
        high=1000,
        meaning="median value of a solution",
        source="assumption: 30",
    )
    value_log_sd: float = parameter(
        unit="log units",
        low=0,
        high=2,
        meaning="spread of the lognormal body of values",
        source="assumption: 1",
    )
    value_tail_index: float = parameter(
        unit="exponent",
        low=1.05,
        high=5,
        meaning="Pareto exponent above the 95th percentile",
        source="Silverberg and Verspagen 2007: .7 (returns) to 3-5 (citations); 1.5 by assumption",
    )
    value_cap_medians: float = parameter(
        unit="medians",
        low=5,
        high=1000,
        meaning="largest value; without it nominal 95 % intervals covered 77 % in a trial",
        source="assumption: 50",
    )
    difficulty_correlation: float = parameter(
        unit="correlation",
        low=0,
        high=0.9,
        meaning="correlation of value with the number of links",
        source="assumption: .3, range 0-.6",
    )
    misposed_share: float = parameter(
        unit="share of components",
        low=0,
        high=0.5,
        meaning="components that a need's raiser poses in a wrong field",
        source="seed document: needs must be condensed and refined; size assumed, 0 leaves such errors out",
    )
    owner_knowledge: float = parameter(
        unit="share of misposed components",
        low=0,
        high=1,
        meaning="what the owner of a need puts right by itself when it leads the project",
        source="assumption: .5; users know their need better than its description says",
    )

    def check(self) -> None:
        """Bounds must not cross, and links must fit the components."""
        for low, high in (
            ("links_low", "links_high"), ("deadline_low", "deadline_high"),
            ("prerequisite_lag", "prerequisite_reach"),
        ):  # fmt: skip
            if getattr(self, low) > getattr(self, high):
                raise ConfigError(
                    f"needs.{low} = {getattr(self, low)} is above needs.{high} = "
                    f"{getattr(self, high)}. Write needs.{high} = {getattr(self, low)} or more."
                )
        if self.links_high >= self.components:
            raise ConfigError(
                f"needs.links_high = {self.links_high} must be below needs.components = "
                f"{self.components}: a component cannot depend on more than all others. Write "
                f"needs.links_high = {self.components - 1} or less."
            )


@rule
def needs_by(w, scale, steps):
    """Needs that have arrived by the end of a number of steps."""
    return int(w.needs_per_quarter * scale / 120.0 * steps + 1e-9)


@rule
def draw_owner(s, need, entity):
    """A firm that raises the need: larger firms more often (square root of staff, assumption)."""
    w = s.world[0]
    luck = s.luck[0]
    firms = w.fields_count
    start = s.ring_start[firms]
    count = s.ring_start[firms + 1] - start
    if count == 0 or streams.uniform(luck, streams.NEED_RAISED, 0, entity) >= w.needs_firm_share:
        return -1
    first = ring_position(s, firms, streams.bits(luck, streams.NEED_OWNER, 0, entity))
    best = -1
    soonest = np.inf
    for k in range(min(16, count)):
        row = s.ring[start + (first - start + k) % count].row
        o = s.organisations[row]
        address = streams.combine(entity, o.entity)
        weight = math.sqrt(o.staff)
        ring = streams.clock_before(soonest, luck, streams.NEED_OWNER, 1, address, weight)
        if ring < soonest:
            soonest = ring
            best = row
    return best


@rule
def relatedness(distance, frontier, rate, remote_weight):
    """Weight with which a field is drawn beside another: nearer ones more often, no frontier."""
    return 0.0 if frontier else remote_weight + math.exp(-rate * distance)


@rule
def draw_fields(s, need, entity):
    """Components: some in the main field, the rest over other fields, nearer ones likelier."""
    w = s.world[0]
    luck = s.luck[0]
    n = w.needs_components
    kinds = min(w.needs_fields_per_need, n, w.fields_count)
    chosen = np.zeros(kinds, np.int64)
    chosen[0] = need.main_field
    others = chosen[1:]
    clocks = np.full(kinds - 1, np.inf)
    for f in range(w.fields_count if kinds > 1 else 0):
        weight = 0.0 if f == need.main_field else s.related[f, need.main_field]
        address = streams.combine(entity, f)
        latest = clocks[-1]
        ring = streams.clock_before(latest, luck, streams.NEED_FIELD, 0, address, weight)
        if ring < latest:
            streams.keep_soonest(clocks, others, kinds - 1, f, ring)
    frontier = w.fields_frontier > 0 and (
        streams.uniform(luck, streams.NEED_FRONTIER, 0, entity) < w.needs_frontier_share
    )
    if frontier and kinds > 1:
        chosen[1] = nearest_frontier(need.main_field, w.fields_count, w.fields_frontier)
        need.frontier = 1
    own = max(1, int(w.needs_own_field_share * n + 0.5)) if kinds > 1 else n
    for i in range(n):
        need.field[i] = chosen[0] if i < own else chosen[1 + (i - own) % max(kinds - 1, 1)]
    need.first = first_in_field(need, 0, n)


@rule
def draw_posing(s, need, entity):
    """Which components are posed in a wrong field, in which, and which of them the owner knows."""
    w = s.world[0]
    luck = s.luck[0]
    for i in range(w.needs_components):
        address = streams.combine(entity, i)
        need.posed[i] = need.field[i]
        if streams.uniform(luck, streams.NEED_MISPOSED, 0, address) < w.needs_misposed_share:
            need.posed[i] = draw_wrong_field(s, need.field[i], address)
            need.misposed |= 1 << i
        if streams.uniform(luck, streams.OWNER_PUTS_RIGHT, 0, address) < w.needs_owner_knowledge:
            need.owner_knows |= 1 << i


@rule
def draw_wrong_field(s, field, address):
    """Another field that a component is taken to lie in; nearer ones likelier, no frontier."""
    best = -1
    soonest = np.inf
    for f in range(s.world[0].fields_count):
        weight = 0.0 if f == field else s.related[f, field]
        entity = streams.combine(address, f)
        ring = streams.clock_before(soonest, s.luck[0], streams.NEED_POSED_FIELD, 0, entity, weight)
        if best < 0 or ring < soonest:
            soonest = ring
            best = f
    return best


@rule
def field_seen(need, misposed, component):
    """The field a component is taken to lie in by somebody who takes some as they are posed."""
    return need.posed[component] if misposed & (1 << component) else need.field[component]


@rule
def fields_seen(s, need, misposed):
    """The fields that a need's components are taken to lie in, as bits."""
    fields = np.uint64(0)
    for i in range(s.world[0].needs_components):
        fields |= np.uint64(1) << np.uint64(field_seen(need, misposed, i))
    return fields


@rule
def first_in_field(need, misposed, components):
    """Components that seem to lie in a field that no earlier one seems to lie in, as bits."""
    part = 0
    for i in range(components):
        field = field_seen(need, misposed, i)
        first = 1 << i
        for j in range(i):
            if field_seen(need, misposed, j) == field:
                first = 0
        part |= first
    return part


@rule
def distinct_fields(s, need, misposed):
    """One component for each field that a need seems to lie in, the first, as bits."""
    if misposed == 0:
        return need.first
    return first_in_field(need, misposed, s.world[0].needs_components)


@rule
def misposed_for(s, index, lead):
    """Components that this lead would take for what they are posed as, as bits.

    Experts and earlier teams have put some right for everybody; the owner knows some itself.
    """
    need = s.needs[index]
    problem = s.problems[index]
    wrong = need.misposed & ~problem.put_right
    owns = lead != STRANGER and lead == problem.owner
    return wrong & ~need.owner_knows if owns else wrong


@rule
def nearest_frontier(field, fields, frontier):
    """The frontier field closest to a field."""
    best = 0
    shortest = 2.0
    for i in range(frontier):
        f = int((i + 0.5) * fields / frontier)
        if field_distance(field, f, fields) < shortest:
            shortest = field_distance(field, f, fields)
            best = f
    return best


@rule
def draw_links(s, need, entity):
    """K neighbours of every component, drawn without replacement (Kauffman 1993)."""
    w = s.world[0]
    luck = s.luck[0]
    n = w.needs_components
    span = w.needs_links_high - w.needs_links_low + 1
    u = streams.uniform(luck, streams.NEED_LINKS, 0, entity)
    need.links = min(w.needs_links_low + int(u * span), n - 1)
    for i in range(n):
        mask = 1 << i
        missing = need.links
        k = 0
        while missing > 0:
            address = streams.combine(entity, i * 4096 + k)
            j = int(streams.uniform(luck, streams.NEED_NEIGHBOUR, 0, address) * n)
            if mask & (1 << j) == 0:
                mask |= 1 << j
                missing -= 1
            k += 1
        need.mask[i] = mask


@rule
def find_seeing(s, need):
    """By which components each is seen: what :func:`draw_links` has drawn, the other way round."""
    n = s.world[0].needs_components
    for i in range(n):
        seen = need.mask[i]
        while seen:
            need.seen_by[lowest(seen)] |= 1 << i
            seen &= seen - 1


@rule
def seeing(need, part):
    """Components whose contribution depends on any of those in a bit set, as bits."""
    all_seeing = 0
    while part:
        all_seeing |= need.seen_by[lowest(part)]
        part &= part - 1
    return all_seeing


@rule
def draw_value(s, need, entity):
    """Lognormal value with a Pareto tail above the 95th percentile, capped; harder is worth more."""
    w = s.world[0]
    luck = s.luck[0]
    middle = 0.5 * (w.needs_links_low + w.needs_links_high)
    half = max(0.5 * (w.needs_links_high - w.needs_links_low), 0.5)
    rho = w.needs_difficulty_correlation
    hard = (need.links - middle) / (half * 0.65)
    z = rho * hard + math.sqrt(1.0 - rho * rho) * streams.normal(
        luck, streams.NEED_VALUE, 0, entity
    )
    if z > 1.6448536269514722:
        u = streams.uniform(luck, streams.NEED_TAIL, 0, entity)
        value = math.exp(w.needs_value_log_sd * 1.6448536269514722)
        value *= math.pow(u, -1.0 / w.needs_value_tail_index)
    else:
        value = math.exp(w.needs_value_log_sd * z)
    need.value = w.needs_value_median_myuan * min(value, w.needs_value_cap_medians)


@rule
def assess_difficulty(s, need, present):
    """Ex-ante difficulty in [0, 1]: links, spread of fields and scarcity of expertise alike.

    ``present``: see :func:`who_is_where`.
    """
    w = s.world[0]
    n = w.needs_components
    spread = 0.0
    scarcity = 0.0
    for i in range(n):
        f = need.field[i]
        for j in range(i):
            spread += s.distance[f, need.field[j]]
        scarcity += 1.0 / (1.0 + (s.ring_start[f + 1] - s.ring_start[f]))
    need.spread = spread / (0.5 * n * (n - 1))
    need.scarcity = scarcity / n
    span = max(w.needs_links_high - w.needs_links_low, 1)
    links = (need.links - w.needs_links_low) / span
    need.difficulty = (links + need.spread + need.scarcity) / 3.0
    need.cross_border = 1.0 - best_single_region(need, n, present)


@rule
def best_single_region(need, components, present):
    """Largest share of components for which one region alone has useful expertise."""
    best = 0.0
    for region in range(present.shape[1]):
        covered = 0
        for i in range(components):
            covered += present[need.field[i], region]
        best = max(best, covered / components)
    return best


@rule
def who_is_where(s):
    """Whether somebody in a region has useful expertise in a field: 1 or 0, shape (F, R)."""
    present = np.zeros((s.world[0].fields_count, len(s.region_weight)), np.int64)
    for f in range(len(present)):
        for k in range(s.ring_start[f], s.ring_start[f + 1]):
            present[f, s.ring[k].region] = 1
    return present


@rule
def draw_prerequisite(s, index, entity):
    """An earlier need that must be solved first: of those drawn, the nearest in field."""
    w = s.world[0]
    luck = s.luck[0]
    u = streams.uniform(luck, streams.NEED_PREREQUISITE, 0, entity)
    scale = w.needs_scale_organisations
    oldest = max(0, s.needs[index].arrival - w.needs_prerequisite_reach)
    newest = max(-1, s.needs[index].arrival - w.needs_prerequisite_lag)
    earliest = needs_by(w, scale, oldest)
    latest = needs_by(w, scale, newest + 1)
    if u >= w.needs_prerequisite_share or latest <= earliest:
        return -1
    best = -1
    shortest = 2.0
    for k in range(w.needs_prerequisite_candidates):
        address = streams.combine(entity, k)
        pick = streams.uniform(luck, streams.NEED_PREREQUISITE_PICK, 0, address)
        j = earliest + int(pick * (latest - earliest))
        d = s.distance[s.needs[j].main_field, s.needs[index].main_field]
        if d < shortest:
            shortest = d
            best = j
    return best


@rule
def draw_needs(s):
    """The whole latent stream, drawn from the initial population before the first step."""
    w = s.world[0]
    luck = s.luck[0]
    scale = w.needs_scale_organisations
    present = who_is_where(s)
    step = 0
    for index in range(len(s.needs)):
        while needs_by(w, scale, step + 1) <= index:
            step += 1
        need = s.needs[index]
        entity = np.uint64(index)
        need.arrival = step
        need.owner = draw_owner(s, need, entity)
        if need.owner >= 0:
            need.main_field = s.organisations[need.owner].home_field
        else:
            u = streams.uniform(luck, streams.NEED_FIELD, 1, entity)
            need.main_field = int(u * w.fields_count)
        draw_fields(s, need, entity)
        draw_posing(s, need, entity)
        draw_links(s, need, entity)
        find_seeing(s, need)
        draw_value(s, need, entity)
        need.key = streams.bits(luck, streams.LANDSCAPE, 0, entity)
        need.surprise = streams.normal(luck, streams.NEED_SURPRISE, 0, entity)
        u = streams.uniform(luck, streams.NEED_DEADLINE, 0, entity)
        span = w.needs_deadline_high - w.needs_deadline_low + 1
        need.deadline = w.needs_deadline_low + int(u * span)
        need.strategic = 0
        for i in range(w.needs_components):
            if is_strategic(need.field[i], w.fields_count, w.fields_frontier, w.fields_strategic):
                need.strategic += 1
        least = w.needs_strategic_share * w.needs_components
        need.strategic = 1 if need.strategic >= least else 0
        assess_difficulty(s, need, present)
        need.waiting = -1
        need.waiting_too = -1
        need.prerequisite = draw_prerequisite(s, index, entity)
        if need.prerequisite >= 0:
            need.waiting_too = s.needs[need.prerequisite].waiting
            s.needs[need.prerequisite].waiting = index


@rule
def needs_arise(s, step, stream_open):
    """Phase 1: needs of this quarter open, and those whose prerequisite has been solved."""
    while s.counters[N_NEEDS_SEEN] < len(s.needs) and stream_open:
        index = s.counters[N_NEEDS_SEEN]
        need = s.needs[index]
        if need.arrival > step:
            break
        s.counters[N_NEEDS_SEEN] += 1
        s.live[s.counters[N_LIVE]] = index
        s.counters[N_LIVE] += 1
        s.problems[index] = s.no_problem[0]
        problem = s.problems[index]
        problem.owner = need.owner
        if need.owner >= 0 and s.active[need.owner] == 0:
            problem.owner = -1
        first = need.prerequisite
        if first < 0 or s.problems[first].status == SOLVED:
            open_problem(s, index, step)


@rule
def open_problem(s, index, step):
    """A need becomes takeable."""
    problem = s.problems[index]
    problem.status = OPEN
    problem.closes = step + s.world[0].needs_open_quarters - 1


@rule
def open_successors(s, index, step):
    """Needs that waited for this one open when it is solved."""
    later = s.needs[index].waiting
    while later >= 0:
        if later < s.counters[N_NEEDS_SEEN] and s.problems[later].status == LATENT:
            open_problem(s, later, step)
        later = s.needs[later].waiting_too


@rule
def close_needs(s, step):
    """Open needs whose time has passed close, unless a programme is still deciding on them.

    Needs with which nothing can happen any more leave the list of live ones.
    """
    n = 0
    for k in range(s.counters[N_LIVE]):
        index = s.live[k]
        problem = s.problems[index]
        if problem.status == OPEN and step > problem.closes and problem.programme < 0:
            problem.status = CLOSED
        first = s.needs[index].prerequisite
        if problem.status == CLOSED or (problem.status == SOLVED and not adoptable(s, index, step)):
            continue
        if problem.status == LATENT and s.problems[first].status == CLOSED:
            continue
        s.live[n] = index
        n += 1
    s.counters[N_LIVE] = n


@rule
def adoptable(s, index, step):
    """Whether a solution is still tried by more firms."""
    w = s.world[0]
    problem = s.problems[index]
    return step <= problem.solved_step + w.adoption_window and (
        problem.adopters < w.criteria_adopters
    )
