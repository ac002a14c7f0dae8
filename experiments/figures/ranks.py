"""Does the ranking depend on the definition of success: heat maps of ranks."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from experiments.figures.material import Material
from experiments.figures.style import printable


def draw_rank_stability(material: Material) -> Figure:
    """Rank of each regime in each variant of the world, for two counts."""
    shown = ("solved", "technical")
    names = material.main.names
    variants = list(dict.fromkeys(row["variant"] for row in material.tables["robustness"]))
    width = 3.2 + 2 * max(0.62 * len(variants), 2.4)
    figure = Figure(figsize=(width, 1.9 + 0.3 * len(names)))
    for column, (axes, outcome) in enumerate(zip(figure.subplots(1, 2), shown, strict=True)):
        ranks = np.array([
            [material.rows("robustness", variant=v, outcome=outcome)[name]["rank"] for v in variants]
            for name in names
        ])  # fmt: skip
        image = _heat_map(axes, ranks)
        labels = [material.label(name) for name in names] if column == 0 else [""] * len(names)
        axes.set_yticks(range(len(names)), labels)
        axes.set_xticks(
            range(len(variants)), [printable(material.words.variant(v)) for v in variants],
            rotation=40, ha="right", rotation_mode="anchor",
        )  # fmt: skip
        axes.set_title(material.words("outcome." + outcome))
    bar = figure.colorbar(image, ax=figure.axes, label=material.words("figure.rank"), shrink=0.8)
    bar.ax.invert_yaxis()
    return figure


def _heat_map(axes: Axes, ranks: np.ndarray) -> AxesImage:
    """Ranks, shape (regimes, variants), written into their cells; a line sets off the first."""
    last = len(ranks)
    image = axes.imshow(ranks, cmap="cividis_r", aspect="auto", vmin=1, vmax=last)
    for (row, cell), rank in np.ndenumerate(ranks):
        axes.text(cell, row, f"{rank:g}", ha="center", va="center", fontsize=8,
                  color="white" if rank > 0.55 * last else "black")  # fmt: skip
    axes.axvline(0.5, color="white", lw=3)
    axes.tick_params(length=0)
    return image
