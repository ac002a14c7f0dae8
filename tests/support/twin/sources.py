"""Origin sources: organisations with the task to build capability in a frontier field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.twin import rules

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme


@dataclass(slots=True, eq=False)
class Source:
    """A task of origin source: who has it, in which frontier field, since which step."""

    programme: Programme
    holder: Organisation
    field: int
    since: int
    active: bool = True


def build_capability(model: TwinModel, programme: Programme, money: int) -> None:
    """Origin sources spend this quarter's capability money (fen) on their frontier field."""
    w, p = model.w, programme.levers
    if p.capability_sources == 0 or money <= 0 or w.fields_frontier == 0:
        return
    appoint_sources(model, programme)
    each = money // p.capability_sources
    for source in active_sources(model, programme):
        holder, field = source.holder, source.field
        paid = programme.spend(each, "capability_out", holder.region)
        e = holder.expertise[field]
        level = e + rules.capability_gain(e, paid / 1e8, w.learning_capability_scale_myuan)
        holder.expertise[field] = level
        holder.floor[field] = max(holder.floor[field], w.learning_retained_share * level)
        holder.take_stock()
        patient = model.now - source.since < p.capability_patience_quarters
        if not patient and level < w.search_least_expertise:
            source.active = False
            model.bound["source_ended"] += 1


def active_sources(model: TwinModel, programme: Programme) -> list[Source]:
    """Tasks that a programme has given and not taken back."""
    return [one for one in model.sources if one.active and one.programme is programme]


def appoint_sources(model: TwinModel, programme: Programme) -> None:
    """Fill vacant tasks: the admitted organisation closest to a frontier field that lacks one."""
    vacant = programme.levers.capability_sources - len(active_sources(model, programme))
    for _ in range(vacant):
        field = rarest_frontier(model)
        holder = closest_holder(model, programme, field)
        if holder is None:
            return
        model.sources.append(Source(programme, holder, field, model.now))


def closest_holder(model: TwinModel, programme: Programme, field: int) -> Organisation | None:
    """The admitted organisation closest to a field, each task it has already standing against it."""
    w = model.w
    best = None
    most = 0.0
    for one in model.organisations:
        if not programme.admits_lead(one) or may_not_have(model, programme, one, field):
            continue
        held = len([source for source in model.sources if source.holder is one and source.active])
        if held >= programme.levers.capability_most_per_holder:
            continue
        near = one.expertise[field] + 1.0
        near -= rules.field_distance(one.home_field, field, w.fields_count)
        near -= w.standing_task_load * held
        if best is None or near > most:
            most = near
            best = one
    return best


def may_not_have(model: TwinModel, programme: Programme, one: Organisation, field: int) -> bool:
    """Whether an organisation has this task, or has failed this programme before."""
    for source in model.sources:
        failed = not source.active and source.programme is programme
        same = source.active and source.field == field
        if source.holder is one and (failed or same):
            return True
    return False


def rarest_frontier(model: TwinModel) -> int:
    """The frontier field with fewest origin sources."""
    w = model.w
    taken = [source.field for source in model.sources if source.active]
    frontier = [
        field
        for field in range(w.fields_count)
        if rules.is_frontier(field, w.fields_count, w.fields_frontier)
    ]
    return min(frontier, key=taken.count)
