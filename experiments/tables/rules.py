"""Rules that a regime's levers set and that never bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.tables.files import make_schema
from experiments.tables.panel import Panel, regime_entries
from simulation.outcomes import BINDING_RULES
from simulation.policies.eligibility import LEAD_TYPES

if TYPE_CHECKING:
    from experiments.configuration import Setup

NEVER_BOUND = make_schema(
    regime="text", rule="text", times="count", lever="text", value="text", runs="count"
)


@dataclass(frozen=True, slots=True)
class Lever:
    """The lever behind a binding rule, and whether a programme sets it so that it can bind."""

    name: str
    can_bind: Callable[[Any], bool]


def _regional(p: Any) -> bool:
    return str(p.governance.mode) != "ministry"


RULE_LEVERS: dict[str, Lever] = {
    "screened_out": Lever("screening.share_published", lambda p: p.screening.panel_size > 0 and p.screening.share_published < 1),
    "outside_circle": Lever("openness.circle", lambda p: p.openness.circle != "everybody"),
    "too_few_members": Lever("eligibility.min_members", lambda p: p.eligibility.min_members > 1 or p.eligibility.consortium_required),
    "too_many_members": Lever("eligibility.max_members", lambda p: p.eligibility.max_members < 40),
    "too_few_regions": Lever("eligibility.min_regions", lambda p: p.eligibility.min_regions > 1),
    "type_missing": Lever("eligibility.required_types", lambda p: bool(p.eligibility.required_types)),
    "lead_not_admitted": Lever("eligibility.lead_types", lambda p: len(set(p.eligibility.lead_types)) < len(LEAD_TYPES) or p.eligibility.label_required > 0 or p.eligibility.lead_min_rd_share > 0 or p.eligibility.lead_min_rd_myuan > 0),
    "no_answer": Lever("agenda.mode", lambda p: True),
    "below_bar": Lever("selection.bar", lambda p: p.selection.bar > 0),
    "grant_capped": Lever("funding.cap_myuan", lambda p: p.funding.public_share > 0),
    "grant_declined": Lever("governance.cross_border", lambda p: p.targets.consortia_per_year > 0 or _regional(p) and not p.governance.cross_border),
    "self_funding_binds": Lever("funding.self_funding_ratio", lambda p: p.funding.self_funding_ratio > 0),
    "target_spreads_thin": Lever("targets.consortia_per_year", lambda p: p.targets.consortia_per_year > 0),
    "purse_empty": Lever("budget.share", lambda p: p.budget.share > 0),
    "region_purse_empty": Lever("governance.centre_share", lambda p: _regional(p) and p.governance.centre_share < 1),
    "border_unpaid": Lever("governance.cross_border", lambda p: _regional(p) and not p.governance.cross_border),
    "mission_reserve": Lever("budget.mission_share", lambda p: p.budget.mission_share > 0),
    "waited_for_agreement": Lever("governance.joining_departments", lambda p: p.governance.joining_departments > 0 or p.governance.mode == "joint_office"),
    "gate_stopped": Lever("monitoring.gate_quarter", lambda p: p.monitoring.gate_quarter > 0),
    "milestone_withheld": Lever("funding.milestone", lambda p: p.funding.milestone > 0),
    "prize_withheld": Lever("funding.prize", lambda p: p.funding.prize > 0),
    "penalty_paid": Lever("monitoring.penalty", lambda p: p.monitoring.penalty > 0),
    "race_stopped": Lever("selection.teams", lambda p: p.selection.teams > 1 and not p.selection.distinct_paths),
    "standing_ended": Lever("renewal.renewed_share", lambda p: p.renewal.standing and p.renewal.renewed_share < 1),
    "source_ended": Lever("capability.patience_quarters", lambda p: p.capability.budget_share > 0),
    "scenario_opened": Lever("diffusion.scenarios", lambda p: p.diffusion.scenarios > 0),
    "standard_set": Lever("diffusion.standards", lambda p: p.diffusion.standards > 0 or p.diffusion.private_standard > 0),
    "priority_used": Lever("selection.priority_points", lambda p: p.selection.priority_points > 0),
    "financier_advanced": Lever("funding.financier_share", lambda p: p.funding.financier_share > 0),
    "credit_scaled": Lever("funding.tax_credit", lambda p: p.funding.tax_credit > 0),
    "emerging_target": Lever("targets.emerging_share", lambda p: p.targets.emerging_share > 0),
    "bar_waived": Lever("targets.consortia_per_year", lambda p: p.targets.consortia_per_year > 0 and p.selection.bar > 0),
    "in_name_only": Lever("recognition.label", lambda p: p.targets.consortia_per_year > 0 and p.recognition.label > 0),
    "relabelling_found": Lever("targets.audit", lambda p: p.targets.emerging_share > 0 and 0 < p.targets.audit < 1),
    "out_of_focus": Lever("agenda.focus_fields", lambda p: p.agenda.focus_fields > 0 and p.governance.mode == "regions"),
    "need_put_right": Lever("screening.formulation", lambda p: p.screening.panel_size > 0 and p.screening.formulation > 0),
    "too_few_suppliers": Lever("eligibility.min_suppliers", lambda p: p.eligibility.min_suppliers > 0),
    "not_matched": Lever("governance.department_share", lambda p: p.governance.department_share > 0),
    "financier_refused": Lever("funding.financier_share", lambda p: p.funding.financier_share > 0),
    "fund_empty": Lever("funding.financier_share", lambda p: p.funding.financier_share > 0),
}  # fmt: skip
WITHOUT_CALLS = (
    "credit_scaled",
    "emerging_target",
    "relabelling_found",
    "source_ended",
)  # bind without an agenda


def never_bound(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Rules that a regime's levers set and that never bound in any replicate."""
    entries = regime_entries(setup)
    rows = []
    for k, name in enumerate(main.names):
        programmes = [SimpleNamespace(**p.levers) for p in entries[name].regime.programmes]
        for rule in BINDING_RULES:
            times = int(np.nansum(main[f"bound_{rule}"][k]))
            able = [p for p in programmes if _can_bind(rule, p)]
            if times or not able:
                continue
            family, lever = RULE_LEVERS[rule].name.split(".")
            values = sorted({_plain(getattr(getattr(p, family), lever)) for p in able})
            rows.append({
                "regime": name, "rule": rule, "times": times, "lever": f"{family}.{lever}",
                "value": "; ".join(values), "runs": len(main.replicates),
            })  # fmt: skip
    return rows


def _can_bind(rule: str, programme: Any) -> bool:
    calls = programme.agenda.mode != "nothing" or rule in WITHOUT_CALLS
    return calls and bool(RULE_LEVERS[rule].can_bind(programme))


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
