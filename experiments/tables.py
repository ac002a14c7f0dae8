"""Tables of a comparison: summaries, differences, costs, welfare, rules, robustness.

Each table is written as CSV and Parquet and returned as an Arrow table; what is undefined is null
(an empty cell). The words that explain columns stand in ``docs`` and in the report.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from experiments import stages
from experiments.statistics import paired
from experiments.statistics.multiplicity import false_discovery, student_p
from experiments.statistics.resampling import interval_of_mean
from simulation.outcomes import BINDING_RULES, COUNTS, OUTCOMES
from simulation.policies.eligibility import LEAD_TYPES

if TYPE_CHECKING:
    from experiments.configuration import RegimeEntry, Setup

MAIN = "main"
TAX_CREDIT = "rd_tax_credit"  # second reference, beside the setup's own
PLAUSIBLE_EXTERNAL_VALUE = (0.0, 3.0)  # range of s in the parameter's source

COMPARED = (
    "solved", "technical", "industrial", "major", "value_realised", "welfare",
    "technical_20q", "technical_40q", "solved_20q", "solved_40q", "restricted_mean_time",
    "needs_without_bid", "solved_not_adopted", "effort_unwanted", "additional", "displaced",
    "deadweight", "frontier_solved", "frontier_coverage", "weakest_link", "expertise_growth",
    "hand_over_solved", "solved_private", "private_projects", "project_success", "bid_success", "public_spent",
    "public_unspent", "paid_programme", "paid_block_grant", "paid_soe_funds", "paid_private",
    "all_in_cost", "adoption_cost", "participation_gini", "funding_gini", "cross_region_share",
)  # fmt: skip
RANKED = (*COUNTS, "value_realised", "welfare")

# Whose money: the outcomes that add up to each payer's cost. Programmes pay reviews and offices.
PAYER_COSTS: dict[str, tuple[str, ...]] = {
    "programme": ("public_spent",),
    "block_grant": ("paid_block_grant",),
    "soe_funds": ("paid_soe_funds",),
    "private": ("paid_private",),
    "public": ("public_spent", "paid_block_grant", "paid_soe_funds"),
    "all_in": ("all_in_cost",),
}
COST_EFFECTS = ("technical", "solved")


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Outcomes of one variant as arrays, rows in the setup's order, columns paired replicates.

    Only replicates that every regime has finished are kept, so that all comparisons are paired.
    """

    names: tuple[str, ...]
    replicates: np.ndarray
    outcomes: Mapping[str, np.ndarray]

    def __getitem__(self, outcome: str) -> np.ndarray:
        """Values of one outcome, shape (regimes, replicates)."""
        return self.outcomes[outcome]

    def total(self, outcomes: Sequence[str]) -> np.ndarray:
        """Sum of several outcomes, shape (regimes, replicates)."""
        added: np.ndarray = np.stack([self[name] for name in outcomes]).sum(axis=0)
        return added

    def row(self, name: str) -> int | None:
        """Row of a regime, or None when it was not run."""
        return self.names.index(name) if name in self.names else None

    def restricted(self, replicates: np.ndarray) -> Panel:
        """The same regimes at some of the replicates."""
        kept = np.isin(self.replicates, replicates)
        values = {name: value[:, kept] for name, value in self.outcomes.items()}
        return Panel(self.names, self.replicates[kept], values)


def panel(runs: pa.Table, setup: Setup, variant: str = MAIN) -> Panel:
    """Arrange the table of runs by regime and replicate for one variant of the world."""
    part = runs.filter(pc.equal(runs["variant"], variant))
    regime = np.array(part["regime"].to_pylist(), dtype=object)
    replicate = part["replicate"].to_numpy()
    names = tuple(name for name in regime_entries(setup) if name in set(regime))
    finished = [set(replicate[regime == name].tolist()) for name in names]
    replicates = np.array(sorted(set.intersection(*finished)) if finished else [], dtype=np.int64)
    cells = {key: row for row, key in enumerate(zip(regime, replicate.tolist(), strict=True))}
    order = np.array([[cells[name, r] for r in replicates.tolist()] for name in names], np.int64)
    order = order.reshape(len(names), len(replicates))
    columns = {
        outcome.name: part[outcome.name].to_numpy().astype(np.float64)[order]
        for outcome in OUTCOMES
    }
    return Panel(names, replicates, columns)


def regime_entries(setup: Setup) -> dict[str, RegimeEntry]:
    """Regimes by name in the order of the report, the reference first."""
    entries = {setup.reference.name: setup.reference}
    entries.update({entry.name: entry for entry in setup.regimes})
    return entries


def baselines(setup: Setup) -> tuple[str, ...]:
    """Names of the references, whether they were run or not."""
    return (setup.reference.name, TAX_CREDIT)


def write_tables(
    runs: pa.Table, setup: Setup, out: Path, programmes: pa.Table | None = None
) -> dict[str, pa.Table]:
    """Compute all tables and write each as CSV and Parquet into ``out``.

    Parameters
    ----------
    runs: the table of runs; columns variant, regime, replicate, seed, run_id and every outcome.
    setup: what was run; its order of regimes is kept.
    out: folder, created when missing.
    programmes: counts of the stages, one row per run and programme; without it there are none.

    Returns
    -------
    The tables by name: summary, differences, rankings, incremental_cost, welfare_flips,
    never_bound, robustness, incidence, stages.
    """
    main = panel(runs, setup)
    tables = {
        "summary": make_table(SUMMARY, _summary(main, setup)),
        "differences": make_table(DIFFERENCES, _differences(main, setup)),
        "rankings": make_table(_rankings_schema(), _rankings(main)),
        "incremental_cost": make_table(INCREMENTAL_COST, _incremental_cost(main, setup)),
        "welfare_flips": make_table(WELFARE_FLIPS, _welfare_flips(main, setup)),
        "never_bound": make_table(NEVER_BOUND, never_bound(main, setup)),
        "robustness": make_table(ROBUSTNESS, _robustness(runs, main, setup)),
        "incidence": make_table(INCIDENCE, _incidence(main, setup)),
        "stages": make_table(STAGES, _stages(main, setup, programmes)),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(table, out, name)
    return tables


def make_schema(**columns: str) -> pa.Schema:
    """A schema from names and kinds: text, number, count or truth."""
    kinds = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(), "truth": pa.bool_()}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


SUMMARY = make_schema(
    regime="text", outcome="text", unit="text", n="count", mean="number", se="number",
    low="number", high="number", interval="text", median="number", q05="number", q95="number", share_above_zero="number",
    share_above_reference_q95="number",
)  # fmt: skip
DIFFERENCES = make_schema(
    regime="text", baseline="text", outcome="text", difference="number", se="number",
    low="number", high="number", sim_low="number", sim_high="number", share_won="number",
    n="count", verdict="text", family="text", p="number", q="number",
)  # fmt: skip
INCREMENTAL_COST = make_schema(
    regime="text", baseline="text", payer="text", effect="text", extra_cost="number",
    extra_cost_low="number", extra_cost_high="number", extra_effect="number",
    extra_effect_low="number", extra_effect_high="number", cost_per_extra="number", low="number",
    high="number", bounded="truth", reading="text", n="count",
)  # fmt: skip
WELFARE_FLIPS = make_schema(
    regime="text", baseline="text", difference="number", low="number", high="number",
    external_value="number", cost_of_public_money="number", discount_per_year="number",
    extra_value="number", extra_cost="number", extra_public="number", flip="number",
    flip_low="number", flip_high="number", bounded="truth", better="text",
    inside_plausible_range="truth", n="count",
)  # fmt: skip
NEVER_BOUND = make_schema(
    regime="text", rule="text", times="count", lever="text", value="text", runs="count"
)
ROBUSTNESS = make_schema(
    variant="text", outcome="text", regime="text", n="count", mean="number", rank="number",
    rank_main="number", pairs_kept="number", told_pairs="count", told_kept="number",
)  # fmt: skip
INCIDENCE = make_schema(
    regime="text", quarter="count", at_risk="count", events="count", incidence="number",
    low="number", high="number",
)  # fmt: skip

STAGES = make_schema(
    regime="text", programme="text", stage="text", unit="text", n="count", mean="number",
    low="number", high="number",
)  # fmt: skip


def _rankings_schema() -> pa.Schema:
    columns = {"regime": "text", "n": "count"}
    for outcome in RANKED:
        columns |= {outcome: "number", f"rank_{outcome}": "number"}
    return make_schema(**columns)


def make_table(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Arrow table; NaN becomes null, which every reader of CSV takes for missing."""

    def known(value: Any) -> Any:
        if isinstance(value, (float, np.floating)):
            return float(value) if math.isfinite(value) else None
        return value

    return pa.table({name: [known(row[name]) for row in rows] for name in schema.names}, schema)


def write_table(table: pa.Table, out: Path, name: str) -> None:
    """Write beside and rename, so that a reader never meets half a file."""
    part = out / f"{name}.csv.part"
    csv.write_csv(table, part, csv.WriteOptions(quoting_style="needed"))
    part.replace(out / f"{name}.csv")
    part = out / f"{name}.parquet.part"
    parquet.write_table(table, part)
    part.replace(out / f"{name}.parquet")


def _summary(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    reference = main.row(setup.reference.name)
    rows = []
    for outcome in OUTCOMES:
        values = main[outcome.name]
        bar = _quantile(values[reference], 0.95) if reference is not None else math.nan
        for name, row in zip(main.names, values, strict=True):
            mean, se, n = paired.mean_and_se(row)
            compared = outcome.name in COMPARED
            low, high, kind = interval_of_mean(row) if compared else (math.nan, math.nan, None)
            rows.append({
                "regime": name, "outcome": outcome.name, "unit": outcome.unit, "n": n,
                "mean": mean, "se": se, "low": low, "high": high, "interval": kind,
                "median": _quantile(row, 0.5),
                "q05": _quantile(row, 0.05), "q95": _quantile(row, 0.95),
                "share_above_zero": _share_above(row, 0.0),
                "share_above_reference_q95": _share_above(row, bar),
            })  # fmt: skip
    return rows


def _quantile(values: np.ndarray, share: float) -> float:
    valid = values[~np.isnan(values)]
    return float(np.quantile(valid, share)) if len(valid) else math.nan


def _share_above(values: np.ndarray, bar: float) -> float:
    valid = values[~np.isnan(values)]
    return float(np.mean(valid > bar)) if len(valid) and not math.isnan(bar) else math.nan


def _differences(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Differences of every family; ``q`` is over all outcomes and regimes of a family."""
    rows: list[dict[str, Any]] = []
    columns = [column.name for column in fields(paired.Difference)]
    for family, pairs in paired.families(main.names, baselines(setup)).items():
        start = len(rows)
        for outcome in COMPARED:
            for found in paired.paired_differences(main[outcome], main.names, pairs):
                row = {column: getattr(found, column) for column in columns}
                rows.append(row | {"outcome": outcome, "family": family})
        numbers = [(row["difference"], row["se"], row["n"]) for row in rows[start:]]
        p = student_p(*np.array(numbers, np.float64).reshape(-1, 3).T)
        for row, one, joint in zip(rows[start:], p, false_discovery(p), strict=True):
            row |= {"p": one, "q": joint}
    return rows


def _ranks(means: np.ndarray) -> np.ndarray:
    """Rank 1 for the largest mean; equal means share the mean of their ranks."""
    above = (means[None, :] > means[:, None]).sum(axis=1)
    equal = (means[None, :] == means[:, None]).sum(axis=1)
    ranks: np.ndarray = above + (equal + 1) / 2
    return ranks


def _rankings(main: Panel) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"regime": name, "n": len(main.replicates)} for name in main.names
    ]
    for outcome in RANKED:
        means = np.array([paired.mean_and_se(values)[0] for values in main[outcome]])
        for row, mean, rank in zip(rows, means, _ranks(means), strict=True):
            row |= {outcome: mean, f"rank_{outcome}": rank}
    return rows


def _incremental_cost(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    reference = main.row(setup.reference.name)
    if reference is None:
        return []
    rows = []
    for k, name in enumerate(main.names):
        for payer, outcomes in PAYER_COSTS.items():
            total = main.total(outcomes)
            for effect in COST_EFFECTS:
                if k == reference:
                    continue
                extra = main[effect][k] - main[effect][reference]
                cost = total[k] - total[reference]
                row = {"regime": name, "baseline": setup.reference.name, "payer": payer}
                rows.append(row | {"effect": effect} | _cost_row(cost, extra))
    return rows


def _cost_row(cost: np.ndarray, extra: np.ndarray) -> dict[str, Any]:
    cost_mean, _, n = paired.mean_and_se(cost)
    extra_mean, _, _ = paired.mean_and_se(extra)
    cost_low, cost_high = paired.mean_interval(cost)
    extra_low, extra_high = paired.mean_interval(extra)
    ratio = paired.fieller_ratio(cost, extra)
    return {
        "extra_cost": cost_mean, "extra_cost_low": cost_low, "extra_cost_high": cost_high,
        "extra_effect": extra_mean, "extra_effect_low": extra_low,
        "extra_effect_high": extra_high, "cost_per_extra": ratio.value, "low": ratio.low,
        "high": ratio.high, "bounded": ratio.bounded, "n": n,
        "reading": _reading(cost_low, cost_high, extra_mean, ratio.bounded),
    }  # fmt: skip


def _reading(cost_low: float, cost_high: float, extra: float, bounded: bool) -> str:
    """What the quadrant means; a ratio without its quadrant misleads."""
    if not bounded:
        return "unbounded"
    cost = "costs" if cost_low > 0 else "saves" if cost_high < 0 else "cost_unclear"
    return f"{cost}_{'gains' if extra > 0 else 'loses'}"


def _welfare_flips(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """The s at which (1+s) value - cost - m public money is equal under regime and reference."""
    reference = main.row(setup.reference.name)
    if reference is None:
        return []
    criteria: Any = setup.world.sections["criteria"]
    m = criteria.cost_of_public_money
    rows = []
    for k, name in enumerate(main.names):
        if k == reference:
            continue
        value, cost, public, welfare = (
            main[outcome][k] - main[outcome][reference]
            for outcome in ("welfare_value", "welfare_cost", "welfare_public", "welfare")
        )
        low, high = paired.mean_interval(welfare)
        means = [paired.mean_and_se(part)[0] for part in (welfare, value, cost, public)]
        rows.append({
            "regime": name, "baseline": setup.reference.name, "difference": means[0],
            "low": low, "high": high, "external_value": criteria.external_value,
            "cost_of_public_money": m, "discount_per_year": criteria.discount_per_year,
            "extra_value": means[1], "extra_cost": means[2], "extra_public": means[3],
            "n": len(welfare),
        } | _flip(cost + m * public, value))  # fmt: skip
    return rows


def _flip(burden: np.ndarray, value: np.ndarray) -> dict[str, Any]:
    ratio = paired.fieller_ratio(burden, value)
    flip = ratio.value - 1.0
    lowest, highest = PLAUSIBLE_EXTERNAL_VALUE
    better = "cannot_tell"
    if ratio.bounded:
        better = "above_flip" if value.mean() > 0 else "below_flip"
    if ratio.bounded and ratio.high < 1.0:  # the flip is below every s of 0 or more
        better = "always" if value.mean() > 0 else "never"
    return {
        "flip": flip, "flip_low": ratio.low - 1.0, "flip_high": ratio.high - 1.0,
        "bounded": ratio.bounded, "better": better,
        "inside_plausible_range": (lowest <= flip <= highest) if ratio.bounded else None,
    }  # fmt: skip


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


def _robustness(runs: pa.Table, main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Ranks of the regimes in each variant of the world, against main on the same replicates."""
    rows = []
    told = _told_signs(main)
    for variant in [MAIN, *(v.name for v in setup.variants)]:
        varied = panel(runs, setup, variant) if variant != MAIN else main
        shared = np.intersect1d(varied.replicates, main.replicates)
        if varied.names != main.names or not len(shared):
            continue
        varied, same = varied.restricted(shared), main.restricted(shared)
        for outcome in RANKED:
            means = np.nanmean(varied[outcome], axis=1)
            reference = np.nanmean(same[outcome], axis=1)
            kept = _pairs_kept(means, reference)
            for k, name in enumerate(main.names):
                rows.append({
                    "variant": variant, "outcome": outcome, "regime": name, "n": len(shared),
                    "mean": means[k], "rank": _ranks(means)[k],
                    "rank_main": _ranks(reference)[k], "pairs_kept": kept,
                    "told_pairs": len(told[outcome]),
                    "told_kept": _told_kept(means, told[outcome]),
                })  # fmt: skip
    return rows


def _pairs_kept(means: np.ndarray, reference: np.ndarray) -> float:
    """Share of pairs of regimes in the same order; a pair that is equal in one only counts half."""
    upper = np.triu_indices(len(means), 1)
    new = np.sign(means[:, None] - means[None, :])[upper]
    old = np.sign(reference[:, None] - reference[None, :])[upper]
    return float(np.mean(1.0 - np.abs(new - old) / 2.0)) if len(new) else math.nan


def _told_signs(main: Panel) -> dict[str, list[tuple[int, int, int]]]:
    """Pairs that the simultaneous intervals over all pairs tell apart: (row, row, sign)."""
    pairs = paired.families(main.names, ())["all_pairs"]
    signs = {paired.HIGHER: 1, paired.LOWER: -1}
    told = {}
    for outcome in RANKED:
        found = paired.paired_differences(main[outcome], main.names, pairs)
        told[outcome] = [
            (*pair, signs[difference.verdict])
            for pair, difference in zip(pairs, found, strict=True)
            if difference.verdict in signs
        ]
    return told


def _told_kept(means: np.ndarray, told: Sequence[tuple[int, int, int]]) -> float:
    """Share of the pairs told apart in the main world that keep their order; NaN without any."""
    if not told:
        return math.nan
    return float(np.mean([np.sign(means[a] - means[b]) == sign for a, b, sign in told]))


def _incidence(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    time: Any = setup.world.sections["time"]
    rows = []
    for name, first in zip(main.names, main["first_technical_quarter"], strict=True):
        curve = paired.cumulative_incidence(first, time.policy)
        for k, quarter in enumerate(curve.times):
            rows.append({
                "regime": name, "quarter": int(quarter), "at_risk": int(curve.at_risk[k]),
                "events": int(curve.events[k]), "incidence": curve.incidence[k],
                "low": curve.low[k], "high": curve.high[k],
            })  # fmt: skip
    return rows


def _stages(main: Panel, setup: Setup, programmes: pa.Table | None) -> list[dict[str, Any]]:
    """Mean counts of every programme's stages over the paired replicates."""
    if programmes is None:
        return []
    rows = []
    entries = regime_entries(setup)
    for name in main.names:
        of_regime = programmes.filter(pc.equal(programmes["regime"], name))
        for k, programme in enumerate(getattr(entries[name], "programmes", ()), start=1):
            part = of_regime.filter(pc.equal(of_regime["programme"], k))
            kept = part.filter(pc.is_in(part["replicate"], pa.array(main.replicates, pa.int32())))
            for stage, unit, values in stages.with_wait(kept.sort_by("replicate")):
                mean, _, n = paired.mean_and_se(values)
                low, high = paired.mean_interval(values)
                rows.append({
                    "regime": name, "programme": programme, "stage": stage, "unit": unit, "n": n,
                    "mean": mean, "low": low, "high": high,
                })  # fmt: skip
    return rows
