"""The stream of needs, drawn from the initial population before the first step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulation import streams
from tests.support.twin import rules
from tests.support.twin.fields import starting_at
from tests.support.twin.luck import combine, first_to_ring
from tests.support.twin.needs import Need, arrived_by

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.organisation import Organisation

TAIL_BEGINS = 1.6448536269514722  # 95th percentile of the standard normal


def draw_needs(model: TwinModel) -> list[Need]:
    """Every need of the run, in the order of arrival."""
    w, luck = model.w, model.luck
    with_needs = w.time_burn_in + w.time_policy + w.time_hand_over
    needs: list[Need] = []
    step = 0
    for index in range(max(1, arrived_by(model, with_needs))):
        while arrived_by(model, step + 1) <= index:
            step += 1
        need = Need(index)
        need.arrival = step
        need.raised_by = draw_owner(model, need)
        if need.raised_by:
            need.main_field = need.raised_by.home_field
        else:
            need.main_field = int(luck.uniform(streams.NEED_FIELD, 1, index) * w.fields_count)
        draw_fields(model, need)
        draw_posing(model, need)
        draw_links(model, need)
        draw_value(model, need)
        need.key = luck.bits(streams.LANDSCAPE, 0, index)
        need.surprise = luck.normal(streams.NEED_SURPRISE, 0, index)
        span = w.needs_deadline_high - w.needs_deadline_low + 1
        u = luck.uniform(streams.NEED_DEADLINE, 0, index)
        need.deadline = w.needs_deadline_low + int(u * span)
        assess(model, need)
        need.prerequisite = draw_prerequisite(model, need, needs)
        needs.append(need)
    return needs


def draw_owner(model: TwinModel, need: Need) -> Organisation | None:
    """A firm that raises the need: larger firms more often (square root of staff)."""
    luck, firms = model.luck, model.directory.firms
    u = luck.uniform(streams.NEED_RAISED, 0, need.index)
    if not firms or u >= model.w.needs_firm_share:
        return None
    position = luck.bits(streams.NEED_OWNER, 0, need.index)
    asked = starting_at(firms, position)[:16]
    clocks = []
    for firm in asked:
        address = combine(need.index, firm.entity)
        clocks.append(luck.clock(streams.NEED_OWNER, 1, address, math.sqrt(firm.staff)))
    return asked[first_to_ring(clocks)]


def relatedness(model: TwinModel, field: int, other: int) -> float:
    """Weight of drawing a field beside another: nearer ones likelier, no frontier."""
    w = model.w
    if rules.is_frontier(field, w.fields_count, w.fields_frontier):
        return 0.0
    near = math.exp(-w.needs_relatedness * model.distance[field][other])
    return float(w.needs_remote_field_weight + near)


def draw_fields(model: TwinModel, need: Need) -> None:
    """Components: some in the main field, the rest over other fields, nearer ones likelier."""
    w, luck = model.w, model.luck
    n = w.needs_components
    kinds = min(w.needs_fields_per_need, n, w.fields_count)
    clocks = []
    for field in range(w.fields_count):
        weight = relatedness(model, field, need.main_field)
        clocks.append(luck.clock(streams.NEED_FIELD, 0, combine(need.index, field), weight))
    clocks[need.main_field] = math.inf
    chosen = [need.main_field]
    for _ in range(1, kinds):
        field = first_to_ring(clocks)
        clocks[field] = math.inf
        chosen.append(field)
    frontier = (
        w.fields_frontier > 0
        and luck.uniform(streams.NEED_FRONTIER, 0, need.index) < w.needs_frontier_share
    )
    if frontier and kinds > 1:
        chosen[1] = rules.nearest_frontier(need.main_field, w.fields_count, w.fields_frontier)
        need.frontier = True
    own = max(1, int(w.needs_own_field_share * n + 0.5)) if kinds > 1 else n
    others = chosen[1:]
    need.fields = [
        need.main_field if i < own else others[(i - own) % len(others)] for i in range(n)
    ]


def draw_posing(model: TwinModel, need: Need) -> None:
    """Which components are posed in a wrong field, in which, and which the owner knows of."""
    w, luck = model.w, model.luck
    need.posed = list(need.fields)
    for i, field in enumerate(need.fields):
        address = combine(need.index, i)
        if luck.uniform(streams.NEED_MISPOSED, 0, address) < w.needs_misposed_share:
            need.posed[i] = draw_wrong_field(model, field, address)
            need.misposed.add(i)
        if luck.uniform(streams.OWNER_PUTS_RIGHT, 0, address) < w.needs_owner_knowledge:
            need.owner_knows.add(i)


def draw_wrong_field(model: TwinModel, right: int, address: int) -> int:
    """Another field that a component is taken to lie in; nearer ones likelier, no frontier."""
    clocks = []
    for field in range(model.w.fields_count):
        weight = 0.0 if field == right else relatedness(model, field, right)
        entity = combine(address, field)
        clocks.append(model.luck.clock(streams.NEED_POSED_FIELD, 0, entity, weight))
    return first_to_ring(clocks)


def draw_links(model: TwinModel, need: Need) -> None:
    """K neighbours of every component, drawn without replacement (Kauffman 1993)."""
    w, luck = model.w, model.luck
    n = w.needs_components
    span = w.needs_links_high - w.needs_links_low + 1
    u = luck.uniform(streams.NEED_LINKS, 0, need.index)
    need.links = min(w.needs_links_low + int(u * span), n - 1)
    for i in range(n):
        mask = 1 << i
        k = 0
        while mask.bit_count() < 1 + need.links:
            address = combine(need.index, i * 4096 + k)
            neighbour = int(luck.uniform(streams.NEED_NEIGHBOUR, 0, address) * n)
            mask |= 1 << neighbour
            k += 1
        need.masks.append(mask)


def draw_value(model: TwinModel, need: Need) -> None:
    """Lognormal value with a Pareto tail, capped; harder needs are worth more."""
    w, luck = model.w, model.luck
    middle = 0.5 * (w.needs_links_low + w.needs_links_high)
    half = max(0.5 * (w.needs_links_high - w.needs_links_low), 0.5)
    rho = w.needs_difficulty_correlation
    hard = (need.links - middle) / (half * 0.65)
    z = rho * hard + math.sqrt(1.0 - rho * rho) * luck.normal(streams.NEED_VALUE, 0, need.index)
    if z > TAIL_BEGINS:
        u = luck.uniform(streams.NEED_TAIL, 0, need.index)
        value = math.exp(w.needs_value_log_sd * TAIL_BEGINS)
        value *= math.pow(u, -1.0 / w.needs_value_tail_index)
    else:
        value = math.exp(w.needs_value_log_sd * z)
    need.value = w.needs_value_median_myuan * min(value, w.needs_value_cap_medians)


def assess(model: TwinModel, need: Need) -> None:
    """Whether it is strategic, how difficult it looks, and whether one region can do it alone."""
    w = model.w
    n = w.needs_components
    strategic = 0
    for field in need.fields:
        if rules.is_strategic(field, w.fields_count, w.fields_frontier, w.fields_strategic):
            strategic += 1
    need.strategic = strategic >= w.needs_strategic_share * n

    spread = 0.0
    scarcity = 0.0
    for i, field in enumerate(need.fields):
        for earlier in need.fields[:i]:
            spread += model.distance[field][earlier]
        scarcity += 1.0 / (1.0 + len(model.directory.rings[field]))
    need.spread = spread / (0.5 * n * (n - 1))
    need.scarcity = scarcity / n
    span = max(w.needs_links_high - w.needs_links_low, 1)
    links = (need.links - w.needs_links_low) / span
    need.difficulty = (links + need.spread + need.scarcity) / 3.0
    need.cross_border = 1.0 - best_single_region(model, need)


def best_single_region(model: TwinModel, need: Need) -> float:
    """Largest share of components for which one region alone has useful expertise."""
    at_home = [{one.region for one in model.directory.rings[field]} for field in need.fields]
    best = 0.0
    for region in range(model.regions):
        covered = 0
        for regions in at_home:
            if region in regions:
                covered += 1
        best = max(best, covered / len(need.fields))
    return best


def draw_prerequisite(model: TwinModel, need: Need, earlier: list[Need]) -> Need | None:
    """An earlier need that must be solved first: of those drawn, the nearest in field."""
    w, luck = model.w, model.luck
    oldest = need.arrival - w.needs_prerequisite_reach
    newest = need.arrival - w.needs_prerequisite_lag
    possible = [one for one in earlier if oldest <= one.arrival <= newest]
    u = luck.uniform(streams.NEED_PREREQUISITE, 0, need.index)
    if u >= w.needs_prerequisite_share or not possible:
        return None
    best = None
    shortest = 2.0
    for k in range(w.needs_prerequisite_candidates):
        pick = luck.uniform(streams.NEED_PREREQUISITE_PICK, 0, combine(need.index, k))
        candidate = possible[int(pick * len(possible))]
        distance = model.distance[candidate.main_field][need.main_field]
        if distance < shortest:
            shortest = distance
            best = candidate
    return best
