"""One figure: contributions of the groups, and beside each what it changes along the chain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, PNG_DPI, WIDTH, printable, save, style
from experiments.report import interval, number
from experiments.statistics import paired
from experiments.statistics.paired import Difference
from experiments.why.plan import Apart
from experiments.why.results import CHAIN, FROM_FIRST, WHOLE, Found, Switch
from experiments.why.sentences import alone, names, told_label
from experiments.why.shapley import Contribution
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import WhySetup

SHARE, FIRST, LAST = COLOURS[1], COLOURS[6], COLOURS[3]
TOLD_FILL = "#e3e3e3"
ROW = 0.42  # inches


def write_figure(apart: Apart, found: Found, setup: WhySetup) -> tuple[Path, Path]:
    """Write ``figures/why.svg`` and ``.png``; returns both."""
    folder, words = setup.out / "figures", Words(setup.lang)
    folder.mkdir(exist_ok=True)
    labels = [printable(told_label(apart.pair, group, words)) for group in apart.groups]
    titles = {key: printable(title) for key, title in names(apart, words).items()}
    with style(setup.lang, "".join([*labels, *titles.values()])):
        figure = draw(found, labels, titles, words)
        svg, png = folder / "why.svg", folder / "why.png"
        save(figure, svg, png, PNG_DPI)
    return svg, png


def draw(found: Found, labels: Sequence[str], titles: dict[str, str], words: Words) -> Figure:
    """Rows are groups, the largest contribution on top, below the whole difference."""
    order = sorted(range(len(labels)), key=lambda k: -abs(found.shares[k].contribution))
    shown = [wrapped(labels[k], 34) for k in order]
    lines = sum(max(1.0, 0.55 * (1 + label.count("\n"))) for label in shown)
    figure = Figure(figsize=(WIDTH, 1.9 + ROW * (1 + lines)))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.0, 1.25])
    outcome = words.get(f"outcome.{found.outcome}", found.outcome)
    _contributions(left, found, order)
    left.set_yticks(range(-1, len(order)), [words("why.whole"), *shown])
    left.set_ylim(len(order) - 0.4, -1.6)
    left.tick_params(axis="y", length=0)
    left.set_xlabel(words("why.figure_axis", outcome=outcome))
    _chain(right, found, order, words)
    right.set_title(
        wrapped(words("why.figure_chain", **titles), 84), loc="left", fontsize=8.5, pad=24
    )
    one = found.total
    head = words(
        "why.figure_title", outcome=outcome, **titles, difference=number(one.difference, signed=True),
        interval=interval(one.sim_low, one.sim_high, signed=True),
    )  # fmt: skip
    figure.suptitle(wrapped(head, 130), x=0.01, ha="left", fontsize=11)
    figure.legend(handles=_legend(titles, words), loc="outside lower left", ncols=2, fontsize=8)
    return figure


def _contributions(axes: Axes, found: Found, order: Sequence[int]) -> None:
    """Contributions with simultaneous intervals, hollow where untold; single switches beside them."""
    axes.axvline(0.0, color=GREY, lw=0.8)
    axes.axhline(-0.5, color=GREY, lw=0.6)
    rows: list[tuple[int, Difference | Contribution]] = [(-1, found.total)]
    rows += [(row, found.shares[k]) for row, k in enumerate(order)]
    for row, one in rows:
        value = one.contribution if isinstance(one, Contribution) else one.difference
        told = one.verdict != paired.CANNOT_TELL
        colour = "black" if row < 0 else SHARE
        axes.plot([one.sim_low, one.sim_high], [row, row], color=colour, lw=1.6)
        axes.plot(value, row, "o", color=colour, ms=6.5, mfc=colour if told else "white")
    for row, k in enumerate(order):
        for switch in found.switches:
            if switch.group == k:
                first = switch.start == FROM_FIRST
                axes.plot(
                    switch.found.difference, row + (-0.26 if first else 0.26), "^" if first else "v",
                    color=FIRST if first else LAST, ms=5,
                    mfc=(FIRST if first else LAST) if _told(switch) else "white",
                )  # fmt: skip
    axes.grid(axis="x", color="#e4e4e4", lw=0.6)
    axes.set_axisbelow(True)


def _chain(axes: Axes, found: Found, order: Sequence[int], words: Words) -> None:
    """A number for each count and row."""
    for column, name in enumerate(CHAIN):
        rows = found.chain[name]
        whole = next(row for row in rows if row.start == WHOLE)
        for row, switch in enumerate([whole, *(alone(rows, k) for k in order)], start=-1):
            if _told(switch):
                axes.fill_between(
                    [column - 0.48, column + 0.48], row - 0.4, row + 0.4, color=TOLD_FILL, lw=0
                )
            axes.text(
                column, row, number(switch.found.difference, signed=True), ha="center",
                va="center", fontsize=8,
                color="black" if _told(switch) else GREY,
            )  # fmt: skip
    axes.axhline(-0.5, color=GREY, lw=0.6)
    axes.set_xlim(-0.6, len(CHAIN) - 0.4)
    axes.xaxis.tick_top()
    axes.set_xticks(
        np.arange(len(CHAIN)), [wrapped(words(f"why.count.{name}"), 12) for name in CHAIN], fontsize=8
    )  # fmt: skip
    axes.tick_params(length=0, labelleft=False)
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)


def _told(switch: Switch) -> bool:
    return switch.found.verdict != paired.CANNOT_TELL


def _legend(titles: dict[str, str], words: Words) -> list[Line2D]:
    return [
        Line2D([], [], color=SHARE, marker="o", ms=6.5, label=words("why.figure_share")),
        Line2D([], [], color=FIRST, marker="^", ms=5, ls="", label=words("why.figure_alone", **titles)),
        Line2D([], [], color=LAST, marker="v", ms=5, ls="", label=words("why.figure_last", **titles)),
        Line2D([], [], color=GREY, marker="o", mfc="white", ls="", label=words("why.figure_untold")),
    ]  # fmt: skip
