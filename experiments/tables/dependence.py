"""On which assumptions the ranking of the regimes depends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from experiments.statistics import paired
from experiments.tables.effects import RANKED, ranks
from experiments.tables.files import make_schema
from experiments.tables.panel import MAIN, Panel, panel
from simulation.outcomes import HORIZONS

if TYPE_CHECKING:
    from experiments.configuration import Setup

ROBUSTNESS = make_schema(
    variant="text", outcome="text", regime="text", n="count", mean="number", rank="number",
    rank_main="number", pairs_kept="number", told_pairs="count", told_kept="number",
)  # fmt: skip
DEPENDENCE = make_schema(
    regime="text", group="text", choice="text", outcome="text", value="number", rank="number",
    n="count",
)  # fmt: skip
JUDGED = ("technical", "solved")  # counts whose ranking is shown
SHORTER = tuple(str(horizon) for horizon in HORIZONS[:-1])  # quarters
PER_MONEY = {"per_public": "public_spent", "per_all_in": "all_in_cost"}


def dependence(runs: pa.Table, main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Ranks by a count in the main world, in each variant, at shorter horizons, and by money.

    ``per_public`` and ``per_all_in``: breakthroughs per 100 million yuan of programme money, and
    of all resources whoever pays; a regime without such money has no value and no rank.
    """
    rows = []
    for outcome in JUDGED:
        rows += _choice_rows(main, "main", MAIN, outcome, np.nanmean(main[outcome], axis=1))
        for variant in (one.name for one in setup.variants):
            varied = panel(runs, setup, variant)
            if varied.names == main.names and len(varied.replicates):
                label = variant.partition("=")[0]
                means = np.nanmean(varied[outcome], axis=1)
                rows += _choice_rows(varied, label, variant, outcome, means)
        for quarters in SHORTER:
            means = np.nanmean(main[f"{outcome}_{quarters}q"], axis=1)
            rows += _choice_rows(main, "horizon", quarters, outcome, means)
        for choice, cost in PER_MONEY.items():
            money = np.nanmean(main[cost], axis=1)
            share = np.full(len(money), math.nan)
            np.divide(np.nanmean(main[outcome], axis=1), money / 100, out=share, where=money > 0)
            rows += _choice_rows(main, "money", choice, outcome, share)
    return rows


def _choice_rows(
    found: Panel, group: str, choice: str, outcome: str, values: np.ndarray
) -> list[dict[str, Any]]:
    known = ~np.isnan(values)
    order = np.full(len(values), math.nan)
    order[known] = ranks(values[known])
    return [
        {
            "regime": name, "group": group, "choice": choice, "outcome": outcome,
            "value": values[k], "rank": order[k], "n": len(found.replicates),
        }
        for k, name in enumerate(found.names)
    ]  # fmt: skip


def robustness(runs: pa.Table, main: Panel, setup: Setup) -> list[dict[str, Any]]:
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
                    "mean": means[k], "rank": ranks(means)[k],
                    "rank_main": ranks(reference)[k], "pairs_kept": kept,
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
