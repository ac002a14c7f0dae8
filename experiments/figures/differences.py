"""Which regimes differ: the forest of paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.axes import intervals, regime_axis, row_style, wrapped
from experiments.figures.material import Material
from experiments.figures.style import GREY
from experiments.statistics import paired
from experiments.tables import baselines
from simulation.outcomes import COUNTS


def draw_forest(material: Material) -> Figure:
    """Differences of the four counts against each reference that was run."""
    references = [name for name in baselines(material.setup) if name in material.main.names]
    regimes = len(material.main.names) - 1
    figure = Figure(figsize=(11.5, len(references) * (1.0 + 0.27 * regimes)))
    grid = figure.subplots(len(references), len(COUNTS), squeeze=False)
    for row, reference in enumerate(references):
        against = material.words("figure.against", reference=material.label(reference))
        for column, count in enumerate(COUNTS):
            _forest_panel(grid[row, column], material, reference, count)
            if column:
                grid[row, column].set_yticklabels([])
        grid[row, 0].annotate(
            wrapped(against, 40), (0, 1), (-6, 6), xycoords="axes fraction",
            textcoords="offset points", ha="right", va="bottom", fontsize=10,
        )  # fmt: skip
    return figure


def _forest_panel(axes: Axes, material: Material, reference: str, count: str) -> None:
    found = material.rows("differences", outcome=count, family=reference)
    names = [name for name in material.main.names if name in found]
    pointwise = [
        (found[name]["low"], found[name]["high"], row_style(material, name)[0]) for name in names
    ]
    intervals(axes, pointwise, lw=3, alpha=0.55)
    draw_differences(axes, material, [found[name] for name in names])
    for k, name in enumerate(names):
        axes.text(1.01, k, material.words.percent(found[name]["share_won"]), va="center",
                  fontsize=7, color=GREY, transform=axes.get_yaxis_transform())  # fmt: skip
    axes.annotate(wrapped(material.words("figure.won"), 10), (1.01, 1), (0, 2), xycoords="axes fraction",
                  textcoords="offset points", fontsize=7, color=GREY)  # fmt: skip
    axes.set_title(wrapped(material.words("outcome." + count), 16), fontsize=9)
    axes.set_xlabel(material.words("figure.difference"))


def draw_differences(axes: Axes, material: Material, rows: Sequence[Mapping[str, Any]]) -> None:
    """Differences with simultaneous intervals, one row per regime; hollow where none is told."""
    axes.axvline(0, color=GREY, linewidth=0.8)
    styles = [row_style(material, row["regime"]) for row in rows]
    bounds = [
        (row["sim_low"], row["sim_high"], colour)
        for row, (colour, _) in zip(rows, styles, strict=True)
    ]
    intervals(axes, bounds, lw=1.1)
    for k, (row, (colour, marker)) in enumerate(zip(rows, styles, strict=True)):
        told = row["verdict"] != paired.CANNOT_TELL
        axes.plot(row["difference"], k, marker, color=colour, ms=5.5,
                  mfc=colour if told else "white")  # fmt: skip
    regime_axis(axes, [material.label(row["regime"]) for row in rows])
