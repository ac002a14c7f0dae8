"""What breakthroughs cost, and welfare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments import statistics
from experiments.figures.axes import (
    columns,
    intervals,
    or_nan,
    regime_axis,
    regime_colour,
    regime_marker,
    row_style,
)
from experiments.figures.material import Material
from experiments.figures.style import GREY, WIDTH
from experiments.tables import PLAUSIBLE_EXTERNAL_VALUE

PLANE_PAYERS = ("programme", "public", "private", "all_in")
FLIP_WINDOW = (-1.5, 8.0)  # values of s that are drawn


def draw_cost_plane(material: Material) -> Figure:
    """Extra cost against extra technical breakthroughs, one panel per payer."""
    figure = Figure(figsize=(11.5, 7.6))
    grid = figure.subplots(2, 2)
    for axes, payer in zip(grid.flat, PLANE_PAYERS, strict=True):
        found = material.rows("incremental_cost", payer=payer, effect="technical")
        axes.axhline(0, color=GREY, lw=0.8)
        axes.axvline(0, color=GREY, lw=0.8)
        for name, row in found.items():
            k = material.main.names.index(name)
            x, y = row["extra_effect"], row["extra_cost"]
            axes.plot([or_nan(row["extra_effect_low"]), or_nan(row["extra_effect_high"])], [y, y],
                      color=regime_colour(k), lw=1)  # fmt: skip
            axes.plot([x, x], [or_nan(row["extra_cost_low"]), or_nan(row["extra_cost_high"])],
                      color=regime_colour(k), lw=1)  # fmt: skip
            axes.plot(x, y, regime_marker(k), color=regime_colour(k), ms=7,
                      mfc=regime_colour(k) if row["bounded"] else "white")  # fmt: skip
        axes.set_title(material.words("payer." + payer))
        axes.set_xlabel(material.words("figure.extra_technical"))
        axes.set_ylabel(material.words("figure.extra_cost"))
    _regime_legend(figure, material, skip=material.setup.reference.name)
    return figure


def _regime_legend(figure: Figure, material: Material, skip: str) -> None:
    handles = [
        Line2D(
            [],
            [],
            color=regime_colour(k),
            marker=regime_marker(k),
            ls="",
            label=material.label(name),
        )
        for k, name in enumerate(material.main.names)
        if name != skip
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=_legend_columns(handles), fontsize=8
    )


def _legend_columns(handles: Sequence[Line2D]) -> int:
    """How many entries fit side by side under a full figure, in 8 point type."""
    widest = max((columns(str(handle.get_label())) for handle in handles), default=0)
    return max(1, int(WIDTH / (0.5 + 0.068 * widest)))


def draw_welfare(material: Material) -> Figure:
    """Difference in welfare at the default s, and the s at which the ranking flips."""
    found = material.rows("welfare_flips")
    simultaneous = material.rows(
        "differences", outcome="welfare", family=material.setup.reference.name
    )
    names = list(found)
    figure = Figure(figsize=(11, 1.2 + 0.3 * len(names)))
    left, right = figure.subplots(1, 2)
    left.axvline(0, color=GREY, lw=0.8)
    bounds = [
        (
            simultaneous[name]["sim_low"],
            simultaneous[name]["sim_high"],
            row_style(material, name)[0],
        )
        for name in names
    ]
    intervals(left, bounds, lw=1.1)
    for k, name in enumerate(names):
        colour, marker = row_style(material, name)
        row = simultaneous[name]
        left.plot(row["difference"], k, marker, color=colour, ms=5.5,
                  mfc="white" if row["verdict"] == statistics.CANNOT_TELL else colour)  # fmt: skip
        _flip_row(right, material, found[name], k)
    regime_axis(left, [material.label(name) for name in names])
    regime_axis(right, [""] * len(names))
    left.set_xlabel(material.words("figure.welfare_difference"))
    right.axvspan(*PLAUSIBLE_EXTERNAL_VALUE, color="#f0f0f0", zorder=0)
    criteria: Any = material.setup.world.sections["criteria"]
    right.axvline(criteria.external_value, color=GREY, ls="--", lw=1)
    right.set_xlim(FLIP_WINDOW)
    right.set_xlabel(material.words("figure.flip"))
    return figure


def _flip_row(axes: Axes, material: Material, row: Mapping[str, Any], k: int) -> None:
    """Flip point with its interval; outside the window it is written at the edge."""
    colour, marker = row_style(material, row["regime"])
    if not row["bounded"]:
        axes.text(3.25, k, material.words("figure.no_flip"), va="center", fontsize=8, color=GREY)
        return
    lowest, highest = FLIP_WINDOW
    if not lowest <= row["flip"] <= highest:
        below = row["flip"] < lowest
        axes.text(lowest + 0.1 if below else highest - 0.1, k,
                  f"< {row['flip']:.1f}" if below else f"{row['flip']:.1f} >", va="center",
                  ha="left" if below else "right", fontsize=8, color=colour)  # fmt: skip
        return
    axes.plot([row["flip_low"], row["flip_high"]], [k, k], color=colour, lw=1.1)
    axes.plot(row["flip"], k, marker, color=colour, ms=5.5)
