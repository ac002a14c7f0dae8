"""Phase 2: regions that run a programme choose its focus fields, and may copy each other."""

from __future__ import annotations

import numpy as np

from agents.compiled import rule
from simulation.columns import N_ORGANISATIONS
from simulation.policies.agenda import has_focus
from simulation.policies.targets import focus_score


@rule
def choose_focus(s, quarter):
    """Once a year every region chooses the focus fields of each programme that regions run."""
    if quarter % 4 != 0:
        return
    regions = len(s.region_weight)
    for programme in range(1, len(s.programmes)):
        p = s.programmes[programme]
        if not has_focus(p.governance_mode, p.agenda_focus_fields):
            continue
        strength = relative_strength(s)
        first = programme * regions
        focused = s.focus[first : first + regions].copy()
        for region in range(regions):
            score = np.empty(s.focus.shape[1])
            for f in range(len(score)):
                others = focused[:, f].sum() - focused[region, f]
                score[f] = focus_score(strength[region, f], p.targets_imitation, others)
            mark_best(s.focus[first + region], score, p.agenda_focus_fields)


@rule
def mark_best(focus, score, fields):
    """Mark so many fields with the highest scores, shape (F,); of equal ones, the first."""
    focus[:] = 0
    for _ in range(min(fields, len(score))):
        best = int(np.argmax(score))
        focus[best] = 1
        score[best] = -np.inf


@rule
def relative_strength(s):
    """Mean expertise of a region's organisations over that of all, shape (R, F); 0 without any."""
    regions = len(s.region_weight)
    fields = s.expertise.shape[1]
    total = np.zeros((regions + 1, fields))
    count = np.zeros(regions + 1)
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if s.active[row] == 0 or o.staff <= 0.0:
            continue
        for place in (np.int64(o.region), regions):
            count[place] += 1.0
            total[place] += s.expertise[row]
    strength = np.zeros((regions, fields))
    for region in range(regions):
        for f in range(fields):
            if total[regions, f] > 0.0 and count[region] > 0.0:
                mean = total[regions, f] / count[regions]
                strength[region, f] = total[region, f] / count[region] / mean
    return strength


@rule
def in_focus(s, programme, index):
    """Whether a need's main field is a focus of its owner's region, or, ownerless, of any."""
    p = s.programmes[programme]
    if not has_focus(p.governance_mode, p.agenda_focus_fields):
        return True
    field = s.needs[index].main_field
    first = programme * len(s.region_weight)
    owner = s.problems[index].owner
    if owner >= 0:
        return s.focus[first + s.organisations[owner].region, field] == 1
    return s.focus[first : first + len(s.region_weight), field].sum() > 0
