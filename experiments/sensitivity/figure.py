"""Figures of a sensitivity analysis: size of effects beside replication noise, and their spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, MARKERS, PNG_DPI, WIDTH, printable, save, style
from experiments.sensitivity.analysis import Analysis
from experiments.sensitivity.sentences import heading
from experiments.sweep.designs import SOBOL, Design
from experiments.words import Words

FIRST, TOTAL = COLOURS[4], COLOURS[1]


def write_figures(
    done: Sequence[Analysis], design: Design, titles: Mapping[str, str], out: Path, lang: str
) -> list[Path]:
    """One figure per outcome, a row of panels per regime, as SVG and PNG; returns the PNGs."""
    from experiments.report import file_name

    folder, words = out / "figures", Words(lang)
    folder.mkdir(exist_ok=True)
    factors = [printable(name) for name in design.space.names]
    titles = {name: printable(title) for name, title in titles.items()}
    written = []
    with style(lang, "".join([*factors, *titles.values()])):
        for outcome in dict.fromkeys(one.outcome for one in done):
            rows = [one for one in done if one.outcome == outcome]
            figure = draw(rows, factors, titles, words, design.kind)
            stem = file_name(f"sensitivity_{outcome}", lang)
            svg, png = (folder / f"{stem}.{kind}" for kind in ("svg", "png"))
            save(figure, svg, png, PNG_DPI)
            written.append(png)
    return written


def draw(
    rows: Sequence[Analysis],
    factors: Sequence[str],
    titles: Mapping[str, str],
    words: Words,
    kind: str,
) -> Figure:
    """The figure of one outcome."""
    height = len(rows) * (1.1 + 0.26 * len(factors) + 0.6 * (kind != SOBOL)) + 0.7
    figure = Figure(figsize=(WIDTH if kind != SOBOL else 0.7 * WIDTH, height))
    grid = figure.subplots(len(rows), 1 if kind == SOBOL else 2, squeeze=False)
    for axes, one in zip(grid, rows, strict=True):
        title = heading(one, titles, words)
        note = words("sensitivity.noise_note", mean=words.percent(one.found.noise_share_of_mean))
        axes[0].set_title(wrapped(f"{title} ({note})", 80), loc="left")
        if kind == SOBOL:
            _bars(axes[0], one, factors, {"first": (FIRST, -0.18), "total": (TOTAL, 0.18)})
            axes[0].set_xlabel(words("sensitivity.axis_index"))
        else:
            _bars(axes[0], one, factors, {"mu_star": (TOTAL, 0.0)})
            axes[0].set_xlabel(words("sensitivity.axis_mu_star"))
            _scatter(axes[1], one, factors, words)
    figure.legend(handles=_legend(words, kind), loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _order(one: Analysis) -> np.ndarray:
    """Rows of the factors, the largest first."""
    main = one.found.measures["total" if "total" in one.found.measures else "mu_star"]
    return np.argsort(-np.nan_to_num(main.value, nan=-np.inf), kind="stable")


def _bars(
    axes: Axes,
    one: Analysis,
    factors: Sequence[str],
    shown: Mapping[str, tuple[str, float]],
) -> None:
    """Values with intervals, plain values as crosses, and the floor that noise gives these."""
    order, found = _order(one), one.found
    axes.axvline(0.0, color=GREY, lw=0.8)
    for name, (colour, shift) in shown.items():
        measure = found.measures[name]
        for row, k in enumerate(order):
            place = row + shift
            axes.plot([measure.low[k], measure.high[k]], [place, place], color=colour, lw=1.4)
            axes.plot(measure.plain[k], place, "x", color=GREY, ms=4)
            axes.plot(
                measure.value[k], place, "o" if name != "first" else "s", color=colour, ms=5.5,
                mfc="white" if found.noise_dominates[k] else colour,
            )  # fmt: skip
            if name != "first":
                axes.plot([found.floor[k]] * 2, [place - 0.3, place + 0.3], color=GREY, ls=":")
    axes.set_yticks(range(len(order)), [wrapped(factors[k], 34) for k in order])
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.grid(axis="x", color="#e4e4e4", lw=0.6)
    axes.set_axisbelow(True)


def _scatter(axes: Axes, one: Analysis, factors: Sequence[str], words: Words) -> None:
    """mu* against sigma: near the axis effects are linear, near the diagonal they change sign."""
    found = one.found
    size, spread = found.measures["mu_star"].value, found.measures["sigma"].value
    top = max(float(np.nanmax(size)), float(np.nanmax(spread)), 1e-12) * 1.15
    axes.plot([0.0, top], [0.0, top], color=GREY, lw=0.8, ls="--")
    axes.axvline(float(np.median(found.floor)), color=GREY, ls=":")
    for row, k in enumerate(_order(one)):
        colour = COLOURS[row % len(COLOURS)]
        axes.plot(
            size[k], spread[k], MARKERS[row % len(MARKERS)], color=colour, ms=6, ls="",
            mfc="white" if found.noise_dominates[k] else colour, label=factors[k],
        )  # fmt: skip
    axes.set_xlim(min(0.0, float(np.nanmin(size)) * 1.15), top)
    axes.set_ylim(-0.03 * top, top)
    axes.set_xlabel(words("sensitivity.axis_mu_star"))
    axes.set_ylabel(words("sensitivity.axis_sigma"))
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _legend(words: Words, kind: str) -> list[Line2D]:
    names = ("total", "first") if kind == SOBOL else ()
    colours = {"total": (TOTAL, "o"), "first": (FIRST, "s")}
    handles = [
        Line2D([], [], color=colours[name][0], marker=colours[name][1], label=words(f"sensitivity.{name}"))
        for name in names
    ]  # fmt: skip
    return [
        *handles,
        Line2D([], [], color=TOTAL if not names else "black", marker="o", label=words("sensitivity.figure_value")),
        Line2D([], [], color=GREY, marker="x", ls="", label=words("sensitivity.figure_plain")),
        Line2D([], [], color=GREY, ls=":", label=words("sensitivity.figure_floor")),
        Line2D([], [], color=TOTAL, marker="o", mfc="white", ls="", label=words("sensitivity.figure_untold")),
    ]  # fmt: skip
