"""Figures of a discovery: held-out worlds with a box, and what is gained for what is given up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from experiments.discover.boxes import Box, Way
from experiments.discover.measures import Measured, left_before, trade_off
from experiments.discover.question import Cases, FloatArray, IntArray
from experiments.discover.sentences import event
from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, PNG_DPI, WIDTH, printable, save, style
from experiments.statistics import paired
from experiments.sweep.designs import Design
from experiments.sweep.space import shown
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.discover.job import Discovery

CASE, OTHER, BOX = (COLOURS[6], "X"), (COLOURS[1], "o"), COLOURS[0]
SPREAD = 0.56  # width over which worlds with the same name of a factor are spread


def write_figures(
    design: Design, result: Discovery, titles: Mapping[str, str], lang: str
) -> list[Path]:
    """Write ``figures/boxes.svg`` and ``.png``, in Chinese ``boxes.zh``; returns both."""
    from experiments.report import file_name

    folder, words = result.out / "figures", Words(lang)
    folder.mkdir(exist_ok=True)
    titles = {name: printable(title) for name, title in titles.items()}
    labels = [shown(level) for factor in design.space.factors for level in factor.levels]
    with style(lang, "".join([*titles.values(), *design.space.names, *labels])):
        figure = draw(design, result.cases, result.ways, result.measured, titles, words)
        svg, png = (folder / f"{file_name('boxes', lang)}.{kind}" for kind in ("svg", "png"))
        save(figure, svg, png, PNG_DPI)
    return [svg, png]


def draw(
    design: Design,
    cases: Cases,
    ways: Sequence[Way],
    measured: Sequence[Measured],
    titles: Mapping[str, str],
    words: Words,
) -> Figure:
    """A row per box; without any, the held-out worlds alone."""
    happened = event(cases, titles, words)
    rows = max(1, len(ways))
    figure = Figure(figsize=(WIDTH, 0.9 + 4.1 * rows))
    grid = figure.subplots(rows, 2, squeeze=False, width_ratios=[1.25, 1.0])
    if not ways:
        _worlds(grid[0, 0], design, cases, Box(), cases.held_out)
        grid[0, 0].set_title(
            wrapped(words("discover.figure_no_box", event=happened), 80), loc="left"
        )
        grid[0, 1].set_axis_off()
    found, held = (left_before(design, points, ways) for points in (cases.found_on, cases.held_out))
    for k, (way, one, sought, points) in enumerate(zip(ways, measured, found, held, strict=True)):
        _worlds(grid[k, 0], design, cases, way.box, points)
        title = words("discover.figure_title", number=k + 1, event=happened)
        grid[k, 0].set_title(wrapped(title, 80), loc="left")
        _trade_off(grid[k, 1], trade_off(design, cases, way, sought, points), one, words)
        grid[k, 1].set_title(words("discover.figure_trade", number=k + 1), loc="left")
    figure.legend(handles=_legend(words, bool(ways)), loc="outside lower left", ncols=4, fontsize=8)
    return figure


def _worlds(axes: Axes, design: Design, cases: Cases, box: Box, points: IntArray) -> None:
    """Worlds over the two factors that the box restricts most; only those the other sides let in."""
    across, up = _two_factors(design, cases, box, points)
    places = {k: _places(design, k, points) for k in (across, up)}
    others = Box(tuple(side for side in box.sides if side.factor not in (across, up)))
    near = others.holds(design, points)
    for is_case, (colour, marker) in ((False, OTHER), (True, CASE)):
        for told in (False, True):
            rows = near & (cases.judged[points] == is_case) & (cases.told[points] == told)
            axes.plot(
                places[across][rows], places[up][rows], marker, color=colour, ls="", ms=6,
                mfc=colour if told else "none", mew=1.1, alpha=0.85,
            )  # fmt: skip
    limits = {k: _limits(design, k) for k in (across, up)}
    if box.sides:
        for (left, right), (low, high) in itertools.product(
            *(spans(design, box, k, limits[k]) for k in (across, up))
        ):
            size = right - left, high - low
            axes.add_patch(Rectangle((left, low), *size, fill=False, ec=BOX, lw=1.8, ls="--"))
    for k, set_ticks, set_label, set_limits in (
        (across, axes.set_xticks, axes.set_xlabel, axes.set_xlim),
        (up, axes.set_yticks, axes.set_ylabel, axes.set_ylim),
    ):
        factor = design.space.factors[k]
        if not factor.ordered:
            set_ticks(range(len(factor.levels)), [printable(shown(one)) for one in factor.levels])
        set_label(printable(factor.name))
        set_limits(*limits[k])


def _two_factors(design: Design, cases: Cases, box: Box, points: IntArray) -> tuple[int, int]:
    """The two factors whose sides keep out the largest share of the worlds; if need be any other."""
    kept = {}
    for side in box.sides:
        own = Box(tuple(one for one in box.sides if one.factor == side.factor))
        kept[side.factor] = float(own.holds(design, points).mean())
    order = sorted(kept, key=lambda k: kept[k])
    order += [k for k in range(len(design.space.factors)) if k not in kept]
    return order[0], order[1] if len(order) > 1 else order[0]


def _places(design: Design, k: int, points: IntArray) -> FloatArray:
    """Where worlds stand along a factor; those with the same name are spread evenly beside it."""
    factor, values = design.space.factors[k], design.values(k)
    if factor.ordered:
        return np.array([values[point] for point in points.tolist()], np.float64)
    rows = np.array([factor.levels.index(values[point]) for point in points.tolist()])
    spread = paired.hashed_uniforms(design.points, 1, k)[points, 0]
    places: FloatArray = rows + SPREAD * (spread - 0.5)
    return places


def _limits(design: Design, k: int) -> tuple[float, float]:
    factor = design.space.factors[k]
    if not factor.ordered:
        return -0.5, len(factor.levels) - 0.5
    low, high = factor.bounds
    return low - 0.03 * (high - low), high + 0.03 * (high - low)


def spans(
    design: Design, box: Box, k: int, limits: tuple[float, float]
) -> list[tuple[float, float]]:
    """From where to where a box goes along a factor; apart where it leaves out names between others."""
    low, high = limits
    room = 0.006 * (high - low)  # so that an open side is seen inside the axes
    low, high = low + room, high - room
    for side in box.sides:
        if side.factor == k and side.levels:
            rows = sorted(design.space.factors[k].levels.index(level) for level in side.levels)
            breaks = [n for n in range(1, len(rows)) if rows[n] > rows[n - 1] + 1]
            parts = itertools.pairwise([0, *breaks, len(rows)])
            return [(rows[a] - 0.42, rows[b - 1] + 0.42) for a, b in parts]
        if side.factor == k:
            low = side.low if side.low is not None else low
            high = side.high if side.high is not None else high
    return [(low, high)]


def _trade_off(axes: Axes, steps: FloatArray, one: Measured, words: Words) -> None:
    """The way of PRIM where it was found and held out; the last step is the box itself."""
    way, box = steps[:-1], steps[-1]
    axes.plot(way[:, 0], way[:, 1], "-", color=GREY, marker=".", ms=5, lw=1.0)
    axes.plot(way[:, 2], way[:, 3], "-", color=COLOURS[1], marker="s", ms=4, lw=1.0, mfc="white")
    axes.axhline(one.base.value, color=GREY, ls=":", lw=1.2)
    axes.plot([box[2]] * 2, [one.density.low, one.density.high], color=BOX, lw=1.6)
    axes.plot(box[2], box[3], "D", color=BOX, ms=7, mfc=BOX if one.told else "white")
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(words("discover.coverage"))
    axes.set_ylabel(words("discover.density"))
    axes.grid(color="#e6e6e6", lw=0.6)
    axes.set_axisbelow(True)


def _legend(words: Words, with_box: bool) -> list[Line2D]:
    handles = [
        Line2D([], [], color=CASE[0], marker=CASE[1], ls="", label=words("discover.figure_case")),
        Line2D([], [], color=OTHER[0], marker=OTHER[1], ls="", label=words("discover.figure_other")),
        Line2D([], [], color=OTHER[0], marker=OTHER[1], mfc="none", ls="", label=words("discover.figure_untold")),
    ]  # fmt: skip
    if not with_box:
        return handles
    return [
        *handles,
        Line2D([], [], color=BOX, ls="--", lw=1.8, label=words("discover.figure_edge")),
        Line2D([], [], color=GREY, marker=".", label=words("discover.figure_found")),
        Line2D([], [], color=COLOURS[1], marker="s", mfc="white", label=words("discover.figure_held")),
        Line2D([], [], color=BOX, marker="D", label=words("discover.figure_chosen")),
        Line2D([], [], color=GREY, ls=":", label=words("discover.figure_base")),
    ]  # fmt: skip
