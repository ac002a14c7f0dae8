"""Who gains: by size and region, and how equally programme money is spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.axes import (
    intervals,
    regime_axis,
    regime_colour,
    regime_marker,
    small_multiples,
    wrapped,
)
from experiments.figures.material import Material
from experiments.figures.shares import stacked_bars
from experiments.figures.style import GREY
from experiments.populations import region_title
from experiments.statistics import paired
from experiments.tables.who import SIZES

MOST_REGIONS = 5  # regions with a part of their own in a bar; the others are taken together
FLOWS = ("earned_myuan", "granted_myuan")


def draw_gains_by(material: Material) -> Figure:
    """Value earned and programme money received, by size and by region."""
    names = material.main.names
    figure = Figure(figsize=(11, 2 * (1.3 + 0.24 * len(names))))
    grid = figure.subplots(2, 2)
    for row, grouping in enumerate(("size", "region")):
        for axes, measure in zip(grid[row], FLOWS, strict=True):
            stacked_bars(axes, _parts(material, grouping, measure))
            labels = [material.label(name) for name in names]
            regime_axis(axes, labels if measure == FLOWS[0] else [""] * len(names))
            axes.set_xlabel(material.words(f"figure.{measure}"))
        grid[row, 0].legend(
            loc="upper left", bbox_to_anchor=(0, -0.2), ncols=6, fontsize=8, borderaxespad=0,
            handlelength=2.4, handleheight=1.4,
        )  # fmt: skip
    return figure


def _parts(material: Material, grouping: str, measure: str) -> list[tuple[str, np.ndarray]]:
    """Means of each group over regimes; small regions are put together."""
    rows = [r for r in material.tables["who_gains"]
            if r["grouping"] == grouping and r["measure"] == measure]  # fmt: skip
    means = {(row["group"], row["regime"]): row["mean"] for row in rows}
    groups = [name for name, _ in SIZES]
    if grouping == "region":
        staffed = {row["group"]: row["organisations"] for row in rows}
        groups = sorted(staffed, key=lambda name: -staffed[name])
    names = material.main.names
    values = [np.array([means.get((g, name), 0.0) for name in names]) for g in groups]
    shown = [(group_title(material, grouping, g), v) for g, v in zip(groups, values, strict=True)]
    if len(groups) > MOST_REGIONS + 1:
        rest = np.sum(values[MOST_REGIONS:], axis=0)
        shown = [*shown[:MOST_REGIONS], (material.words("figure.other_regions"), rest)]
    return shown


def group_title(material: Material, grouping: str, group: str) -> str:
    """A group in words."""
    if grouping == "region":
        return material.printable(region_title(group, material.words.lang))
    return material.words(f"{grouping}.{group}")


def draw_lorenz(material: Material) -> Figure:
    """Lorenz curve of programme money per regime; its mean Gini coefficient over all replicates."""
    curves: dict[str, list[Any]] = {}
    for row in material.tables["lorenz"]:
        curves.setdefault(row["regime"], []).append(row)
    funded = [name for name in material.main.names if name in curves]
    figure, panels = small_multiples(material, share=True, names=funded)
    for name, axes in zip(funded, panels, strict=True):
        _lorenz_panel(axes, material, name, curves[name])
    figure.supxlabel(material.words("figure.share_of_organisations"), fontsize=9)
    figure.supylabel(material.words("figure.share_of_money"), fontsize=9)
    return figure


def _lorenz_panel(axes: Axes, material: Material, name: str, rows: Sequence[Any]) -> None:
    k = material.main.names.index(name)
    x = [row["share_of_organisations"] for row in rows]
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls="--")
    if rows[0]["low"] is not None:
        low, high = ([row[side] for row in rows] for side in ("low", "high"))
        axes.fill_between(x, low, high, color=regime_colour(k), alpha=0.25, lw=0)
    axes.plot(x, [row["share_of_money"] for row in rows], color=regime_colour(k), lw=1.6)
    gini = material.main["funding_gini"][k]
    mean, _, n = paired.mean_and_se(gini)
    if n:
        text = material.words("figure.gini", gini=f"{mean:.2f}")
        axes.text(0.05, 0.92, text, transform=axes.transAxes, va="top", fontsize=8)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    axes.set_aspect("equal")


def draw_consortia(material: Material) -> Figure:
    """Members by layer, spread of sizes, and repeated and cross-regional work."""
    names = material.main.names
    found = {(row["regime"], row["measure"]): row for row in material.tables["consortia"]}
    figure = Figure(figsize=(11, 1.6 + 0.28 * len(names)))
    grid = figure.subplots(1, 4, width_ratios=(1.3, 1, 1, 1))
    _layers(grid[0], material, found)
    _sizes(grid[1], material, found)
    for axes, measure in zip(grid[2:], ("repeat_tie_share", "cross_region_share"), strict=True):
        bounds = [(found[name, measure]["low"], found[name, measure]["high"], regime_colour(k))
                  for k, name in enumerate(names)]  # fmt: skip
        intervals(axes, bounds, lw=1.4)
        for k, name in enumerate(names):
            mean = found[name, measure]["mean"]
            if mean is not None:
                axes.plot(mean, k, regime_marker(k), color=regime_colour(k), ms=5.5)
        axes.xaxis.set_major_formatter(
            lambda share, _: material.words("percent", number=f"{100 * share:.3g}")
        )
        axes.set_title(wrapped(material.words(f"figure.{measure}"), 18), fontsize=9)
        regime_axis(axes, [""] * len(names))
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=3, fontsize=8)
    return figure


def _layers(axes: Axes, material: Material, found: Any) -> None:
    names = material.main.names
    parts = [
        (material.words(f"story.layer.{layer}"),
         np.array([found.get((name, layer), {"mean": 0.0})["mean"] for name in names]))
        for layer in ("core", "close", "general")
    ]  # fmt: skip
    stacked_bars(axes, parts)
    axes.set_title(wrapped(material.words("figure.members_by_layer"), 24), fontsize=9)
    regime_axis(axes, [material.label(name) for name in names])


def _sizes(axes: Axes, material: Material, found: Any) -> None:
    """Median and middle 90 % of the sizes of projects."""
    for k, name in enumerate(material.main.names):
        if (name, "size_q50") in found:
            low, middle, high = (found[name, f"size_q{q}"]["mean"] for q in ("05", "50", "95"))
            axes.plot([low, high], [k, k], color=regime_colour(k), lw=1.4)
            axes.plot(middle, k, regime_marker(k), color=regime_colour(k), ms=5.5)
    axes.set_xlim(left=0)
    axes.set_title(wrapped(material.words("figure.sizes"), 18), fontsize=9)
    regime_axis(axes, [""] * len(material.main.names))
