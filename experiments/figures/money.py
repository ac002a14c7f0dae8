"""What breakthroughs cost, and welfare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.axes import (
    columns,
    or_nan,
    regime_axis,
    row_style,
)
from experiments.figures.differences import draw_differences
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
        axes.axhline(0, color=GREY, lw=0.8)
        axes.axvline(0, color=GREY, lw=0.8)
        for row in material.rows("incremental_cost", payer=payer, effect="technical").values():
            _cost_point(axes, material, row)
        axes.set_title(material.words("payer." + payer))
        axes.set_xlabel(material.words("figure.extra_technical"))
        axes.set_ylabel(material.words("figure.extra_cost"))
    _regime_legend(figure, material, skip=material.setup.reference.name)
    return figure


def _cost_point(axes: Axes, material: Material, row: Mapping[str, Any]) -> None:
    """A cross of two intervals; hollow where the cost per breakthrough is unbounded."""
    colour, marker = row_style(material, row["regime"])
    x, y = row["extra_effect"], row["extra_cost"]
    across = [or_nan(row[f"extra_effect_{side}"]) for side in ("low", "high")]
    upward = [or_nan(row[f"extra_cost_{side}"]) for side in ("low", "high")]
    axes.plot(across, [y, y], color=colour, lw=1)
    axes.plot([x, x], upward, color=colour, lw=1)
    axes.plot(x, y, marker, color=colour, ms=7, mfc=colour if row["bounded"] else "white")


def _regime_legend(figure: Figure, material: Material, skip: str) -> None:
    handles = []
    for name in material.main.names:
        if name != skip:
            colour, marker = row_style(material, name)
            label = material.label(name)
            handles.append(Line2D([], [], color=colour, marker=marker, ls="", label=label))
    figure.legend(
        handles=handles, loc="outside lower right", ncols=_legend_columns(handles), fontsize=8
    )


def _legend_columns(handles: Sequence[Line2D]) -> int:
    """How many entries fit side by side under a full figure, in 8 point type."""
    widest = max((columns(str(handle.get_label())) for handle in handles), default=0)
    return max(1, int(WIDTH / (0.5 + 0.068 * widest)))


def draw_welfare(material: Material) -> Figure:
    """Difference in welfare at the default s, and the s at which the ranking flips."""
    flips = material.rows("welfare_flips")
    family = material.setup.reference.name
    differences = material.rows("differences", outcome="welfare", family=family)
    figure = Figure(figsize=(11, 1.2 + 0.3 * len(flips)))
    left, right = figure.subplots(1, 2)
    draw_differences(left, material, [differences[name] for name in flips])
    left.set_xlabel(material.words("figure.welfare_difference"))
    for k, row in enumerate(flips.values()):
        _flip_row(right, material, row, k)
    regime_axis(right, [""] * len(flips))
    right.axvspan(*PLAUSIBLE_EXTERNAL_VALUE, color="#f0f0f0", zorder=0)
    criteria: Any = material.setup.world.sections["criteria"]
    right.axvline(criteria.external_value, color=GREY, ls="--", lw=1)
    right.set_xlim(FLIP_WINDOW)
    right.set_xlabel(material.words("figure.flip"))
    return figure


def _flip_row(axes: Axes, material: Material, row: Mapping[str, Any], k: int) -> None:
    """Flip point with its interval; outside the window it is written at the edge."""
    lowest, highest = FLIP_WINDOW
    if not row["bounded"]:
        _note(axes, material.words("figure.no_flip"), 3.25, k)
    elif lowest <= row["flip"] <= highest:
        colour, marker = row_style(material, row["regime"])
        axes.plot([row["flip_low"], row["flip_high"]], [k, k], color=colour, lw=1.1)
        axes.plot(row["flip"], k, marker, color=colour, ms=5.5)
    else:
        text = material.words("figure.off_scale", flip=f"{row['flip']:.1f}")
        if row["flip"] < lowest:
            _note(axes, text, lowest + 0.1, k)
        else:
            _note(axes, text, highest - 0.1, k, ha="right")


def _note(axes: Axes, text: str, x: float, row: int, ha: str = "left") -> None:
    """Words in place of a flip point, on white so that no line runs through them."""
    axes.text(x, row, text, va="center", ha=ha, fontsize=8, color=GREY,
              bbox={"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none"})  # fmt: skip
