"""The break-even map of a question: where its main contrast is positive, negative, or untold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from experiments.figures.axes import wrapped
from experiments.figures.style import GREY, PNG_DPI, printable, save, style
from experiments.question_tables import grid
from experiments.statistics.paired import CANNOT_TELL
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.questions import Question

COLOURS = "PuOr_r"  # diverging, told apart with any colour vision; no colour means good or bad
DARK = 0.72  # part of the scale beyond which numbers are set in white
UNTOLD_HATCH = "////"

Edge = tuple[tuple[float, float], tuple[float, float]]  # ends (x, y), cell centres at integers


def break_even_edges(differences: np.ndarray, told: np.ndarray) -> list[tuple[Edge, bool]]:
    """Edges between neighbouring cells on which the sign of the difference changes.

    Parameters
    ----------
    differences: shape (rows, columns); row r and column c have their centre at (c, r). A difference
        of 0 or NaN has no sign, and no edge is drawn beside it.
    told: same shape; whether the cell's interval leaves out 0.

    Returns
    -------
    Each edge with whether both of its cells are told.
    """
    signs = np.sign(differences)
    edges: list[tuple[Edge, bool]] = []
    rows, columns = differences.shape
    for r in range(rows):
        for c in range(columns):
            here = signs[r, c]
            if c + 1 < columns and here * signs[r, c + 1] == -1:
                ends = ((c + 0.5, r - 0.5), (c + 0.5, r + 0.5))
                edges.append((ends, bool(told[r, c] and told[r, c + 1])))
            if r + 1 < rows and here * signs[r + 1, c] == -1:
                ends = ((c - 0.5, r + 0.5), (c + 0.5, r + 0.5))
                edges.append((ends, bool(told[r, c] and told[r + 1, c])))
    return edges


def scale_limit(differences: np.ndarray, half_widths: np.ndarray) -> float:
    """The difference at which colour is full, on either side of 0.

    At least the median half-width of the intervals, so that a map of chance stays pale.
    """
    found = [float(np.nanmax(np.abs(differences), initial=0.0))]
    if not np.isnan(half_widths).all():
        found.append(float(np.nanmedian(half_widths)))
    return max(found) or 1.0


def write_break_even(table: pa.Table, question: Question, out: Path, lang: str) -> Path:
    """Draw the map of the main outcome as SVG and PNG; returns the SVG's path.

    Parameters
    ----------
    table: the table ``break_even``.
    out: folder of the figures; the Chinese files are named ``break_even.zh``.
    """
    words = Words(lang)
    cells = grid(table.to_pylist(), question, question.outcomes[0])
    stem = "break_even" if lang == "en" else f"break_even.{lang}"
    out.mkdir(parents=True, exist_ok=True)
    svg, png = out / f"{stem}.svg", out / f"{stem}.png"
    texts = [axis.title[lang] for axis in question.axes]
    texts += [level.title[lang] for axis in question.axes for level in axis.levels]
    texts += [entry.title[lang] for entry in question.regimes]
    with style(lang, "".join(map(printable, texts))):
        save(_draw(cells, question, words), svg, png, PNG_DPI)
    return svg


def _draw(cells: np.ndarray, question: Question, words: Words) -> Figure:
    differences = np.vectorize(_number, otypes=[float])(cells)
    limit = scale_limit(differences, np.vectorize(_half_width, otypes=[float])(cells))
    scale = ScalarMappable(Normalize(-limit, limit), colormaps[COLOURS])
    figure = Figure(figsize=(10.5, 4.4))
    panels = list(figure.subplots(1, cells.shape[2], sharey=True, squeeze=False)[0])
    for k, axes in enumerate(panels):
        _panel(axes, cells[:, :, k], differences[:, :, k], scale, limit)
        _name_axes(axes, question, words, k)
    main = question.contrasts[0]
    titles = [words.title(question.entry(name)) for name in (main.of, main.minus)]
    label = words("break_even.scale", of=titles[0], minus=titles[1],
                  outcome=words(f"measure.{question.outcomes[0]}"))  # fmt: skip
    bar = figure.colorbar(scale, ax=panels, fraction=0.03, pad=0.02)
    bar.set_label(wrapped(printable(label), 60), fontsize=8)
    figure.legend(handles=_legend(words), loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _legend(words: Words) -> list[Artist]:
    untold = words("break_even.untold")
    return [
        Patch(facecolor="white", edgecolor=GREY, hatch=UNTOLD_HATCH, label=untold),
        _line(True, words("break_even.edge")),
        _line(False, words("break_even.edge_untold")),
    ]


def _line(told: bool, label: str) -> Line2D:
    return Line2D([], [], color="black", lw=2.6, ls="-" if told else (0, (2, 1.5)), label=label)


def _panel(
    axes: Axes, cells: np.ndarray, differences: np.ndarray, scale: ScalarMappable, limit: float
) -> None:
    """One budget: difficulty upwards, dispersion to the right."""
    told = np.vectorize(lambda row: row["verdict"] != CANNOT_TELL, otypes=[bool])(cells)
    for (r, c), row in np.ndenumerate(cells):
        value = differences[r, c]
        colour = "white" if np.isnan(value) else scale.to_rgba(value)
        axes.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor=colour, edgecolor="white"))
        if not told[r, c]:
            axes.add_patch(
                Rectangle((c - 0.5, r - 0.5), 1, 1, fill=False, hatch=UNTOLD_HATCH,
                          edgecolor=GREY, lw=0.0)
            )  # fmt: skip
        _write_cell(axes, (c, r), row, dark=bool(abs(value) > DARK * limit))
    for ((x0, y0), (x1, y1)), both in break_even_edges(differences, told):
        line = _line(both, "")
        line.set_data([x0, x1], [y0, y1])
        axes.add_line(line)
    axes.set(xlim=(-0.5, cells.shape[1] - 0.5), ylim=(-0.5, cells.shape[0] - 0.5), aspect="equal")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _write_cell(axes: Axes, at: tuple[int, int], row: Any, *, dark: bool) -> None:
    """The difference and below it its interval; larger, and without a box, where it is told."""
    from experiments.report import interval, number

    told = row["verdict"] != CANNOT_TELL
    look: dict[str, Any] = {
        "ha": "center", "va": "center", "color": "white" if dark and told else "black",
        "bbox": None if told else {"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    }  # fmt: skip
    text = number(row["difference"], signed=True)
    axes.text(at[0], at[1] + 0.1, text, fontsize=13 if told else 10, **look)
    span = interval(row["sim_low"], row["sim_high"], signed=True)
    axes.text(at[0], at[1] - 0.25, span, fontsize=6.5, **look)


def _name_axes(axes: Axes, question: Question, words: Words, panel: int) -> None:
    """Names of levels and axes, the middle level marked as the world of the comparison."""
    difficulty, dispersion, budget = question.axes
    lang = words.lang
    ticks = [printable(level.title[lang]) for level in dispersion.levels]
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_xlabel(printable(dispersion.title[lang]))
    names = [printable(level.title[lang]) for level in difficulty.levels]
    axes.set_yticks(range(len(names)), names)
    if panel == 0:
        axes.set_ylabel(printable(difficulty.title[lang]))
    title = words(
        "break_even.panel", axis=budget.title[lang], level=budget.levels[panel].title[lang]
    )
    axes.set_title(printable(title))


def _number(row: Any) -> float:
    return float("nan") if row["difference"] is None else row["difference"]


def _half_width(row: Any) -> float:
    return float("nan") if row["sim_high"] is None else row["sim_high"] - row["difference"]
