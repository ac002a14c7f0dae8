"""Does the ranking depend on an assumption: heat maps of ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from experiments.figures.axes import wrapped
from experiments.figures.material import Material
from experiments.figures.style import printable
from experiments.tables.dependence import JUDGED
from experiments.words import Words

Choice = tuple[str, str]  # group and choice, as in the table of dependence


def draw_dependence(material: Material) -> Figure:
    """Rank of each regime by two counts, in the main world and under every other assumption."""
    names = material.main.names
    rows = material.tables["dependence"]
    choices = list(dict.fromkeys((row["group"], row["choice"]) for row in rows))
    figure = Figure(figsize=(3.2 + 2 * max(0.42 * len(choices), 2.4), 2.3 + 0.3 * len(names)))
    for column, (axes, outcome) in enumerate(zip(figure.subplots(1, 2), JUDGED, strict=True)):
        image = _heat_map(axes, _ranks(rows, names, choices, outcome))
        _separate(axes, choices)
        labels = [material.label(name) for name in names] if column == 0 else [""] * len(names)
        axes.set_yticks(range(len(names)), labels)
        axes.set_xticks(
            range(len(choices)), [choice_title(material.words, *choice) for choice in choices],
            rotation=40, ha="right", rotation_mode="anchor", fontsize=8,
        )  # fmt: skip
        axes.set_title(material.words("outcome." + outcome))
    bar = figure.colorbar(image, ax=figure.axes, label=material.words("figure.rank"), shrink=0.8)
    bar.ax.invert_yaxis()
    return figure


def choice_title(words: Words, group: str, choice: str) -> str:
    """An assumption in words."""
    if group == "horizon":
        return words("choice.horizon", quarters=choice)
    if group == "money":
        return wrapped(words(f"choice.{choice}"), 24)
    return printable(words.variant(choice))


def _ranks(
    rows: Sequence[Any], names: Sequence[str], choices: Sequence[Choice], outcome: str
) -> np.ndarray:
    """Ranks, shape (regimes, choices); NaN where a regime has none."""
    found = np.full((len(names), len(choices)), np.nan)
    for row in rows:
        if row["outcome"] == outcome and row["rank"] is not None:
            column = choices.index((row["group"], row["choice"]))
            found[names.index(row["regime"]), column] = row["rank"]
    return found


def _heat_map(axes: Axes, ranks: np.ndarray) -> AxesImage:
    """Ranks, shape (regimes, choices), written into their cells."""
    last = len(ranks)
    image = axes.imshow(ranks, cmap="cividis_r", aspect="auto", vmin=1, vmax=last)
    for (row, cell), rank in np.ndenumerate(ranks):
        if np.isnan(rank):
            continue
        axes.text(cell, row, f"{rank:g}", ha="center", va="center", fontsize=7,
                  color="white" if rank > 0.55 * last else "black")  # fmt: skip
    axes.tick_params(length=0)
    return image


def _separate(axes: Axes, choices: Sequence[Choice]) -> None:
    """A line between two groups of assumptions."""
    for k in range(1, len(choices)):
        if choices[k][0] != choices[k - 1][0]:
            axes.axvline(k - 0.5, color="white", lw=3)
