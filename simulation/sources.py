"""Origin sources: organisations with the task to build capability in a frontier field."""

from __future__ import annotations

from agents.compiled import rule
from simulation.accounts import fen, spend_from_programme
from simulation.columns import CAPABILITY_OUT, N_ORGANISATIONS, N_SOURCES, OVERFLOW
from simulation.fields import field_distance, is_frontier, take_stock
from simulation.membership import admitted_lead
from simulation.outcomes import SOURCE_ENDED
from simulation.policies.capability import capability_gain


@rule
def build_capability(s, step, quarter, programme, money_fen):
    """Origin sources spend this quarter's capability money on their frontier field."""
    w = s.world[0]
    p = s.programmes[programme]
    if p.capability_sources == 0 or money_fen <= 0 or w.fields_frontier == 0:
        return
    appoint_sources(s, step, programme)
    each = money_fen // p.capability_sources
    for k in range(s.counters[N_SOURCES]):
        source = s.sources[k]
        if source.active == 0 or source.programme != programme:
            continue
        row, field = source.holder, source.field
        paid = spend_from_programme(s, programme, each, CAPABILITY_OUT, s.organisations[row].region)
        e = s.expertise[row, field]
        gain = capability_gain(e, paid / 1e8, w.learning_capability_scale_myuan)
        s.expertise[row, field] = e + gain
        s.floor[row, field] = max(s.floor[row, field], w.learning_retained_share * (e + gain))
        take_stock(s, row)
        patient = step - source.since < p.capability_patience_quarters
        if not patient and s.expertise[row, field] < w.search_least_expertise:
            source.active = 0
            s.bound[SOURCE_ENDED] += 1


@rule
def appoint_sources(s, step, programme):
    """Fill vacant tasks: the admitted organisation closest to a frontier field that lacks one."""
    w = s.world[0]
    p = s.programmes[programme]
    tasks = 0
    for k in range(s.counters[N_SOURCES]):
        tasks += s.sources[k].active == 1 and s.sources[k].programme == programme
    while tasks < p.capability_sources:
        field = rarest_frontier(s, w.fields_count, w.fields_frontier)
        holder = closest_holder(s, programme, field)
        if holder < 0:
            return
        n = s.counters[N_SOURCES]
        if n >= len(s.sources):
            s.counters[OVERFLOW] += 1
            return
        source = s.sources[n]
        source.programme = programme
        source.holder = holder
        source.field = field
        source.active = 1
        source.since = step
        s.counters[N_SOURCES] += 1
        tasks += 1


@rule
def closest_holder(s, programme, field):
    """The admitted organisation closest to a field, each task it has already standing against it."""
    w = s.world[0]
    p = s.programmes[programme]
    best = -1
    most = 0.0
    for row in range(s.counters[N_ORGANISATIONS]):
        if not admitted_lead(s, p, row):
            continue
        held = tasks_held(s, programme, row, field)
        if held < 0 or held >= p.capability_most_per_holder:
            continue
        home = s.organisations[row].home_field
        near = s.expertise[row, field] + 1.0 - field_distance(home, field, w.fields_count)
        near -= w.standing_task_load * held
        if best < 0 or near > most:
            most = near
            best = row
    return best


@rule
def tasks_held(s, programme, row, field):
    """Tasks an organisation has; -1 if it has this one, or has failed this programme before."""
    held = 0
    for k in range(s.counters[N_SOURCES]):
        source = s.sources[k]
        if source.holder != row:
            continue
        failed = source.active == 0 and source.programme == programme
        if failed or (source.active == 1 and source.field == field):
            return -1
        held += source.active
    return held


@rule
def rarest_frontier(s, fields, frontier):
    """The frontier field with fewest origin sources."""
    best = -1
    fewest = 1 << 30
    for f in range(fields):
        if not is_frontier(f, fields, frontier):
            continue
        count = 0
        for k in range(s.counters[N_SOURCES]):
            count += s.sources[k].active == 1 and s.sources[k].field == f
        if count < fewest:
            fewest = count
            best = f
    return best


@rule
def capability_money(p, inflow_fen):
    """Fen of a quarter's inflow that is spent on capability."""
    return fen(p.capability_budget_share * (inflow_fen / 1e8))
