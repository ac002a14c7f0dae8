"""Why two regimes differ: the share of each lever in the difference."""

from __future__ import annotations

import re

from matplotlib.figure import Figure

from experiments.figures.axes import intervals, regime_axis
from experiments.figures.material import Material
from experiments.figures.style import COLOURS, GREY, printable
from experiments.words import Words
from simulation.policies.registry import FAMILIES

FAMILY = re.compile(rf"\b({'|'.join(FAMILIES)})(\.\w+)?\b")


def levers_in_words(group: str, words: Words) -> str:
    """A group of levers as it is stored, such as ``funding + agenda.mode``."""
    return FAMILY.sub(
        lambda found: words(f"why.family.{found[1]}") + (f" ({found[0]})" if found[2] else ""),
        group,
    )


def draw_why(material: Material) -> Figure:
    """One row per lever: order-averaged (Shapley) share, and the effect of switching it alone."""
    rows = material.tables["why"]
    figure = Figure(figsize=(9, 1.4 + 0.3 * len(rows)))
    axes = figure.subplots()
    axes.axvline(0, color=GREY, lw=0.8)
    intervals(axes, [(row["low"], row["high"], COLOURS[1]) for row in rows], lw=1.4)
    places = range(len(rows))
    axes.plot([row["share"] for row in rows], places, "s", color=COLOURS[1], ms=5.5,
              label=material.words("figure.why_share"))  # fmt: skip
    axes.plot([row["alone"] for row in rows], places, "o", color=COLOURS[6], mfc="white", ms=5.5,
              label=material.words("figure.why_alone"))  # fmt: skip
    regime_axis(axes, [printable(levers_in_words(row["lever"], material.words)) for row in rows])
    axes.set_xlabel(material.words("figure.why_axis"))
    figure.legend(loc="outside lower right", ncols=2, fontsize=8)
    return figure
