"""One sheet with a panel for each fact: value against reference under every regime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, PNG_DPI, WIDTH, printable, save, style
from experiments.report import file_name
from experiments.stylised.results import CONTRARY, EMERGES, HUB_FACT, NAMES, OPEN, Found
from experiments.words import Words

COLUMNS = 3
LOOK = {EMERGES: (COLOURS[1], "o"), CONTRARY: (COLOURS[6], "X"), OPEN: (GREY, "s")}


def write_figure(found: Found, titles: Mapping[str, str], out: Path, lang: str) -> list[Path]:
    """Write ``figures/facts.svg`` and ``.png``; returns both."""
    folder, words = out / "figures", Words(lang)
    folder.mkdir(exist_ok=True)
    shown = {name: printable(title) for name, title in titles.items()}
    with style(lang, "".join(shown.values())):
        figure = draw(found, shown, words)
        svg, png = (folder / f"{file_name('facts', lang)}.{kind}" for kind in ("svg", "png"))
        save(figure, svg, png, PNG_DPI)
    return [svg, png]


def draw(found: Found, titles: Mapping[str, str], words: Words) -> Figure:
    """Panels in the order of the facts."""
    regimes = list(dict.fromkeys(one.regime for one in found.cells if one.fact != HUB_FACT))
    lines = -(-len(NAMES) // COLUMNS)
    figure = Figure(figsize=(WIDTH, 1.0 + lines * (0.9 + 0.22 * len(regimes))))
    grid = figure.subplots(lines, COLUMNS, squeeze=False)
    for k, (axes, name) in enumerate(zip(grid.flat, NAMES, strict=False)):
        own = [one.regime for one in found.of(HUB_FACT)] if name == HUB_FACT else regimes
        _panel(axes, found, name, own, words)
        labels = [wrapped(titles[regime], 36) for regime in own]
        shown = k % COLUMNS == 0  # the others share the rows of their line
        axes.set_yticks(range(len(own)), labels if shown else [""] * len(own), fontsize=6.5)
        if name == HUB_FACT and labels:
            axes.text(0.02, 0.95, labels[0], transform=axes.transAxes, va="top", fontsize=7.5)
    for axes in grid.flat[len(NAMES) :]:
        axes.set_axis_off()
    figure.suptitle(words("facts.figure_title", n=found.replicates), x=0.01, ha="left", fontsize=11)
    figure.legend(handles=_legend(words), loc="outside lower left", ncols=3, fontsize=8)
    return figure


def _panel(axes: Axes, found: Found, name: str, regimes: list[str], words: Words) -> None:
    axes.axvline(0.0, color="black", lw=0.9)
    for one in found.of(name):
        if one.regime in regimes:
            colour, marker = LOOK[one.verdict]
            row = regimes.index(one.regime)
            axes.plot([one.found.sim_low, one.found.sim_high], [row, row], color=colour, lw=1.2)
            axes.plot(one.found.difference, row, marker, color=colour, ms=5)
    axes.set_ylim(len(regimes) - 0.4, -0.6)
    axes.set_title(wrapped(words(f"facts.title.{name}"), 38), fontsize=8.5, loc="left")
    axes.set_xlabel(words(f"facts.axis.{name}"), fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(axis="x", color="#e6e6e6", lw=0.6)
    axes.set_axisbelow(True)


def _legend(words: Words) -> list[Line2D]:
    return [
        Line2D([], [], color=colour, marker=marker, ms=5, label=words(f"facts.verdict.{verdict}"))
        for verdict, (colour, marker) in LOOK.items()
    ]
