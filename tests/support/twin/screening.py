"""Phase 2: panels read the needs that programmes have collected, and publish the best part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulation import streams
from simulation.policies.screening import CRITERIA, LOCAL
from tests.support.twin import rules
from tests.support.twin.chains import supply_gap
from tests.support.twin.luck import combine
from tests.support.twin.needs import OPEN

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.programmes import Programme


def await_sitting(need: Need, programme: Programme, step: int) -> None:
    """A collected need waits for the first sitting of the panel from a step on."""
    need.published = False
    quarter = step - programme.model.w.time_burn_in
    need.due = step + rules.quarters_until(quarter, programme.levers.screening_sitting_quarters)


def await_guide(need: Need, programme: Programme, step: int) -> None:
    """A need is published; answers are called for with the next guide, which may be now."""
    need.published = True
    quarter = step - programme.model.w.time_burn_in
    need.due = step + rules.quarters_until(quarter, programme.levers.openness_guide_quarters)


def screen(model: TwinModel) -> None:
    """Panels read the needs that are due and publish the best part of them."""
    for programme in model.programmes:
        if not programme.has_panel:
            continue
        due = [
            need
            for need in model.seen
            if need.status == OPEN
            and need.programme is programme
            and not need.published
            and need.due == model.now
        ]
        parts = {}
        for need in due:
            need.points, parts[need] = panel_points(model, need, programme)
            region = need.owner.region if need.owner else model.centre
            programme.pay_readers(programme.levers.screening_panel_size, region)
        programme.stages["assessed"] += len(due)
        publish_best(model, programme, due, parts)


def panel_points(model: TwinModel, need: Need, programme: Programme) -> tuple[float, list[float]]:
    """A panel's points for a need, and what each criterion, and last its error, adds to them."""
    w, p = model.w, programme.levers
    noise = w.money_appraisal_noise
    if p.screening_pool == LOCAL:
        noise *= w.money_local_noise_factor
    parts = [0.0] * len(CRITERIA)
    points = rules.appraisal(
        math.log(need.value / w.needs_value_median_myuan), int(need.strategic),
        1.0 - need.difficulty, need.cross_border, supply_gap(model, need),
        p.screening_value_weight, p.screening_strategy_weight, p.screening_duration_weight,
        p.screening_cross_border_weight, p.screening_chain_weight, noise, p.screening_panel_size,
        model.luck.normal(streams.APPRAISAL, model.now, need.index), parts,
    )  # fmt: skip
    return points, parts


def publish_best(
    model: TwinModel, programme: Programme, due: list[Need], parts: dict[Need, list[float]]
) -> None:
    """Publish the best share; what is not published returns to its owner."""
    ranked = sorted(due, key=lambda need: -need.points)
    kept = int(programme.levers.screening_share_published * len(due) + 0.999999)
    mean = [0.0] * len(CRITERIA)  # of the published needs' parts
    for k in range(len(CRITERIA)):
        for need in ranked[:kept]:
            mean[k] += parts[need][k] / kept
    for need in ranked[:kept]:
        formulate(model, need, programme)
        await_guide(need, programme, model.now)
        programme.stages["published"] += 1
    for need in ranked[kept:]:
        model.bound["screened_out"] += 1
        programme.stages["screened_out"] += 1
        programme.stages[f"out_{furthest_behind(parts[need], mean)}"] += 1
        need.declined.add(programme)
        need.programme = None


def furthest_behind(parts: list[float], published: list[float]) -> str:
    """The criterion in which a need falls furthest behind the published ones."""
    reason = CRITERIA[-1]
    most = 0.0
    for criterion, own, others in zip(CRITERIA, parts, published, strict=True):
        if others - own > most:
            most = others - own
            reason = criterion
    return reason


def formulate(model: TwinModel, need: Need, programme: Programme) -> None:
    """Experts put a part of the misposed components right before a need is published.

    Reading for that takes the same part of a further reading by the whole panel.
    """
    part = programme.levers.screening_formulation
    if part == 0.0:
        return
    for i in sorted(need.misposed - need.put_right):
        address = combine(need.index, i)
        if model.luck.uniform(streams.EXPERTS_PUT_RIGHT, 0, address) < part:
            need.put_right.add(i)
            model.bound["need_put_right"] += 1
    region = need.owner.region if need.owner else model.centre
    programme.pay_readers(part * programme.levers.screening_panel_size, region)
