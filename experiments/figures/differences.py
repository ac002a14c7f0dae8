"""Which regimes differ: the forest of paired differences."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import statistics
from experiments.figures.axes import intervals, regime_axis, row_style, wrapped
from experiments.figures.material import Material
from experiments.figures.style import GREY
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
    colours = [row_style(material, name)[0] for name in names]
    axes.axvline(0, color=GREY, linewidth=0.8)
    for kind, style in (("sim_", {"lw": 1.1}), ("", {"lw": 3, "alpha": 0.55})):
        bounds = [
            (found[name][f"{kind}low"], found[name][f"{kind}high"], colour)
            for name, colour in zip(names, colours, strict=True)
        ]
        intervals(axes, bounds, **style)
    for k, name in enumerate(names):
        row, (colour, marker) = found[name], row_style(material, name)
        told = row["verdict"] != statistics.CANNOT_TELL
        axes.plot(row["difference"], k, marker, color=colour, ms=5.5,
                  mfc=colour if told else "white")  # fmt: skip
        axes.text(1.01, k, f"{100 * row['share_won']:.0f} %", transform=axes.get_yaxis_transform(),
                  va="center", fontsize=7, color=GREY)  # fmt: skip
    regime_axis(axes, [material.label(name) for name in names])
    axes.annotate(material.words("figure.won"), (1.01, 1), (0, 2), xycoords="axes fraction",
                  textcoords="offset points", fontsize=7, color=GREY)  # fmt: skip
    axes.set_title(material.words("outcome." + count), fontsize=9)
    axes.set_xlabel(material.words("figure.difference"))
