"""Which regimes differ: summaries, paired differences, and the four counts side by side."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.statistics import paired
from experiments.statistics.multiplicity import false_discovery, student_p
from experiments.statistics.resampling import interval_of_mean
from experiments.tables.files import make_schema
from experiments.tables.panel import Panel, baselines
from simulation.outcomes import COUNTS, OUTCOMES

if TYPE_CHECKING:
    from experiments.configuration import Setup

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

SUMMARY = make_schema(
    regime="text", outcome="text", unit="text", n="count", mean="number", se="number",
    low="number", high="number", interval="text", median="number", q05="number", q95="number",
    share_above_zero="number", share_above_reference_q95="number",
)  # fmt: skip
DIFFERENCES = make_schema(
    regime="text", baseline="text", outcome="text", difference="number", se="number",
    low="number", high="number", sim_low="number", sim_high="number", share_won="number",
    n="count", verdict="text", family="text", p="number", q="number",
)  # fmt: skip

RANKINGS = make_schema(
    regime="text", n="count",
    **{name: "number" for outcome in RANKED for name in (outcome, f"rank_{outcome}")},
)  # fmt: skip


def summary(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Mean, spread and quantiles of every outcome by regime."""
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


def differences(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Paired differences of the compared outcomes against each reference and between all pairs.

    ``q`` is over all outcomes and regimes of a family.
    """
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


def ranks(means: np.ndarray) -> np.ndarray:
    """Rank 1 for the largest mean; equal means share the mean of their ranks."""
    above = (means[None, :] > means[:, None]).sum(axis=1)
    equal = (means[None, :] == means[:, None]).sum(axis=1)
    ranks: np.ndarray = above + (equal + 1) / 2
    return ranks


def rankings(main: Panel) -> list[dict[str, Any]]:
    """Means and ranks of the counts, value and welfare, one row per regime."""
    rows: list[dict[str, Any]] = [
        {"regime": name, "n": len(main.replicates)} for name in main.names
    ]
    for outcome in RANKED:
        means = np.array([paired.mean_and_se(values)[0] for values in main[outcome]])
        for row, mean, rank in zip(rows, means, ranks(means), strict=True):
            row |= {outcome: mean, f"rank_{outcome}": rank}
    return rows
