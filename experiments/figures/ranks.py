"""Does the ranking depend on the definition of success: heat maps of ranks."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

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
        image = axes.imshow(ranks, cmap="cividis_r", aspect="auto", vmin=1, vmax=len(names))
        for (row, cell), rank in np.ndenumerate(ranks):
            dark = rank > 0.55 * len(names)
            axes.text(cell, row, f"{rank:g}", ha="center", va="center", fontsize=8,
                      color="white" if dark else "black")  # fmt: skip
        labels = [material.label(name) for name in names] if column == 0 else [""] * len(names)
        axes.set_yticks(range(len(names)), labels)
        axes.set_xticks(range(len(variants)), [printable(_variant(material, v)) for v in variants],
                        rotation=40, ha="right", rotation_mode="anchor")  # fmt: skip
        axes.tick_params(length=0)
        axes.set_title(material.words("outcome." + outcome))
    figure.colorbar(image, ax=figure.axes, label=material.words("figure.rank"), shrink=0.8)
    return figure


def _variant(material: Material, name: str) -> str:
    return material.words("figure.main_variant") if name == "main" else name
