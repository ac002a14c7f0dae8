"""Phase 2: regions that run a programme choose its focus fields, and may copy each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.support.twin import rules

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.organisation import Organisation


def choose_focus(model: TwinModel) -> None:
    """Once a year every region chooses the focus fields of each programme that regions run."""
    if model.quarter % 4 != 0:
        return
    for programme in model.programmes:
        if not programme.has_focus:
            continue
        p = programme.levers
        strengths = relative_strengths(model)
        before = programme.focus
        programme.focus = []
        for region, strength in enumerate(strengths):
            scores = []
            for field in range(model.w.fields_count):
                others = 0
                for other, fields in enumerate(before):
                    others += other != region and field in fields
                scores.append(rules.focus_score(strength[field], p.targets_imitation, others))
            programme.focus.append(best_fields(scores, p.agenda_focus_fields))


def best_fields(scores: list[float], wanted: int) -> set[int]:
    """So many fields with the highest scores; of equal ones, the first."""
    ranked = sorted(range(len(scores)), key=lambda field: -scores[field])
    return set(ranked[:wanted])


def relative_strengths(model: TwinModel) -> list[list[float]]:
    """For each region and field, its mean expertise over that of all; 0 without any."""
    there = [one for one in model.organisations if one.at_work]
    overall = means(there, model.w.fields_count)
    strengths = []
    for region in range(model.regions):
        own = means([one for one in there if one.region == region], model.w.fields_count)
        strengths.append(
            [
                mean / all_mean if all_mean > 0.0 and not math.isnan(mean) else 0.0
                for mean, all_mean in zip(own, overall, strict=True)
            ]
        )
    return strengths


def means(organisations: list[Organisation], fields: int) -> list[float]:
    """Mean expertise of some organisations in every field; NaN without any."""
    result = []
    for field in range(fields):
        total = 0.0
        for one in organisations:
            total += one.expertise[field]
        result.append(total / len(organisations) if organisations else math.nan)
    return result
