"""What breakthroughs cost and to whom, and the assumption at which welfare flips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.statistics import paired
from experiments.tables.files import make_schema
from experiments.tables.panel import Panel

if TYPE_CHECKING:
    from experiments.configuration import Setup

PLAUSIBLE_EXTERNAL_VALUE = (0.0, 3.0)  # range of s in the parameter's source

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


def incremental_cost(main: Panel, setup: Setup) -> list[dict[str, Any]]:
    """Extra cost per extra breakthrough against the reference, by payer."""
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


def welfare_flips(main: Panel, setup: Setup) -> list[dict[str, Any]]:
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
