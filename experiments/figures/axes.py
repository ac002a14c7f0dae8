"""Axes that several figures share: a row or a small panel per regime, intervals, wrapped labels."""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from experiments.figures.material import Material
from experiments.figures.style import COLOURS, MARKERS, WIDTH


def wrapped(label: str, width: int) -> str:
    """The label in lines of at most ``width`` columns, a Chinese character taking two."""
    return textwrap.fill(label, width if columns(label) == len(label) else width // 2)


def columns(label: str) -> int:
    """Width of a label in columns of Latin type, a Chinese character taking two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in label)


def small_multiples(
    material: Material, *, share: bool, names: Sequence[str] | None = None
) -> tuple[Figure, list[Axes]]:
    """One panel per regime (of all, or of those named), in reading order; more columns than rows."""
    names = material.main.names if names is None else names
    columns = min(len(names), math.ceil(math.sqrt(1.6 * len(names))))
    lines = math.ceil(len(names) / columns)
    size = (max(0.2 * WIDTH * columns, 0.45 * WIDTH), 0.6 + 2.05 * lines)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.1))
    grid = figure.subplots(lines, columns, squeeze=False, sharex=share, sharey=True)
    for k, axes in enumerate(grid.flat):
        if k < len(names):
            axes.set_title(wrapped(material.label(names[k]), 27), fontsize=9)
            axes.tick_params(labelbottom=not share or k + columns >= len(names))
        else:
            axes.set_axis_off()
    return figure, list(grid.flat)[: len(names)]


def intervals(axes: Axes, bounds: Sequence[tuple[Any, Any, str]], **style: Any) -> None:
    """Horizontal intervals (low, high, colour), one per row; a row without one stays empty."""
    rows = [k for k, (low, _, _) in enumerate(bounds) if not math.isnan(or_nan(low))]
    if rows:
        low, high, colours = zip(*(bounds[k] for k in rows), strict=True)
        axes.hlines(rows, low, high, colors=colours, **style)


def regime_colour(row: int) -> str:
    """Colour of the regime of this row."""
    return COLOURS[row % len(COLOURS)]


def regime_marker(row: int) -> str:
    """Marker shape of the regime of this row."""
    return MARKERS[row % len(MARKERS)]


def or_nan(value: float | None) -> float:
    """NaN, which is not drawn, in place of None."""
    return math.nan if value is None else value


def regime_axis(axes: Axes, labels: Sequence[str]) -> None:
    """One row per regime, the first on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


def row_style(material: Material, name: str) -> tuple[str, str]:
    """Colour and marker shape of a regime."""
    k = material.main.names.index(name)
    return regime_colour(k), regime_marker(k)
