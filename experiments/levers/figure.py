"""One dot plot: a row for each lever, a panel for each outcome, all levels on it."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, PNG_DPI, WIDTH, save, style
from experiments.levers.results import SHOWN, Cell, Found
from experiments.report import file_name
from experiments.words import Words

MIDDLE, END = COLOURS[2], COLOURS[1]
PALE = "#c4c4c4"
ROW = 0.155  # inches


def write_figure(found: Found, out: Path, lang: str) -> list[Path]:
    """Write ``figures/levers.svg`` and ``.png`` (``levers.zh`` in Chinese); returns both."""
    folder, words = out / "figures", Words(lang)
    folder.mkdir(exist_ok=True)
    with style(lang, ""):
        figure = draw(found, words)
        svg, png = (folder / f"{file_name('levers', lang)}.{kind}" for kind in ("svg", "png"))
        save(figure, svg, png, PNG_DPI)
    return [svg, png]


def draw(found: Found, words: Words) -> Figure:
    """Levers in the order of the table, the family's first on top."""
    names = [one.row.lever for one in found.levers]
    figure = Figure(figsize=(WIDTH, 1.5 + ROW * len(names)))
    panels = figure.subplots(1, len(SHOWN), sharey=True)
    for axes, outcome in zip(panels, SHOWN, strict=True):
        _panel(axes, found, outcome)
        axes.set_title(wrapped(words(f"outcome.{outcome}"), 18), fontsize=9)
    panels[0].set_yticks(range(len(names)), names, fontsize=7)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    n = max(cell.found.n for cell in found.cells)
    figure.suptitle(words("levers.figure_title", n=n), x=0.01, ha="left", fontsize=11)
    figure.legend(handles=_legend(words), loc="outside lower left", ncols=3, fontsize=8)
    return figure


def _panel(axes: Axes, found: Found, outcome: str) -> None:
    axes.axvline(0.0, color=GREY, lw=0.8)
    for row, one in enumerate(found.levers):
        if row and one.row.lever.split(".")[0] != found.levers[row - 1].row.lever.split(".")[0]:
            axes.axhline(row - 0.5, color="#dddddd", lw=0.6)
        cells = [cell for cell in one.cells if cell.outcome == outcome]
        for k, cell in enumerate(cells):
            _dot(axes, cell, row + 0.3 * (k + 0.5 - len(cells) / 2), k == len(cells) - 1)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(axis="x", color="#eeeeee", lw=0.6)
    axes.set_axisbelow(True)


def _dot(axes: Axes, cell: Cell, place: float, end: bool) -> None:
    """The effect with its simultaneous interval; what cannot be told is pale and behind."""
    one = cell.found
    colour = (END if end else MIDDLE) if cell.told else PALE
    layer = 3 if cell.told else 2
    axes.plot([one.sim_low, one.sim_high], [place, place], color=colour, lw=0.7, zorder=layer)
    axes.plot(
        one.difference, place, "o" if end else "^", color=colour, ms=3.2, zorder=layer, mew=0.0
    )


def _legend(words: Words) -> list[Line2D]:
    return [
        Line2D([], [], color=MIDDLE, marker="^", ms=4, lw=0.8, label=words("levers.figure_middle")),
        Line2D([], [], color=END, marker="o", ms=4, lw=0.8, label=words("levers.figure_end")),
        Line2D([], [], color=PALE, marker="o", ms=4, lw=0.8, label=words("levers.figure_untold")),
    ]
