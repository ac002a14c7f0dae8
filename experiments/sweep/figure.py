"""How an outcome follows each factor, regime by regime."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from experiments.figures.axes import columns, regime_colour, regime_marker, wrapped
from experiments.figures.material import FigureInfo
from experiments.figures.style import GREY, PNG_DPI, WIDTH, printable, save, style
from experiments.statistics import paired
from experiments.sweep.designs import Design
from experiments.sweep.results import SweepResults
from experiments.sweep.space import FloatArray, shown
from experiments.words import Words

DRAWN = ("technical", "welfare")
MOST_BINS = 8
LEAST_IN_BIN = 8  # points, on average


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Points put together by the value of one factor.

    Attributes
    ----------
    places: where each group is drawn, shape (groups,).
    member: group of every point, shape (points,).
    labels: names of the places, if they are no numbers.
    """

    places: FloatArray
    member: np.ndarray
    labels: tuple[str, ...] = ()


def write_figures(
    sweep: SweepResults, titles: Mapping[str, Mapping[str, str]], lang: str
) -> list[FigureInfo]:
    """For each outcome of :data:`DRAWN` a figure of its means, and one of the paired differences.

    Returns
    -------
    The figures, each written as SVG and PNG.
    """
    folder = sweep.out / "figures"
    folder.mkdir(exist_ok=True)
    words = Words(lang)
    names = [printable(titles[name].get(lang) or name) for name in sweep.regimes]
    written = []
    with style(lang, "".join([*names, *sweep.design.space.names, *_labels(sweep)])):
        for outcome, values in zip(DRAWN, sweep.outcomes(DRAWN), strict=True):
            label = f"{words('outcome.' + outcome)} ({words('sweep.unit.' + outcome)})"
            against = f"{label}\n{words('figure.against', reference=names[0])}"
            curves = {
                f"factors_{outcome}": (label, dict(enumerate(names)), values),
                f"differences_{outcome}": (
                    against,
                    dict(enumerate(names[1:], 1)),
                    values - values[:, :1],
                ),
            }
            for name, (axis, shown_regimes, numbers) in curves.items():
                if shown_regimes:
                    figure = draw(sweep, numbers, shown_regimes, axis, words)
                    svg, png = folder / f"{name}.svg", folder / f"{name}.png"
                    save(figure, svg, png, PNG_DPI)
                    written.append(_info(name, outcome, sweep, (svg, png), words))
    return written


def _info(
    name: str, outcome: str, sweep: SweepResults, files: tuple[Path, Path], words: Words
) -> FigureInfo:
    kind = name.removesuffix(f"_{outcome}")
    table = {"factors": "summary", "differences": "differences"}[kind]
    places = {"outcome": words(f"outcome.{outcome}"), "regimes": len(sweep.regimes)}
    note = words("sweep.figure_note", n=sweep.replicates, points=sweep.design.points)
    return FigureInfo(
        name, words(f"sweep.figure.{kind}", **places), note, words("sweep.figure.alt", **places),
        sweep.replicates, table, *files,
    )  # fmt: skip


def draw(
    sweep: SweepResults, values: FloatArray, names: Mapping[int, str], label: str, words: Words
) -> Figure:
    """One panel per factor, one curve per regime.

    Parameters
    ----------
    values: shape (points, regimes, replicates).
    names: titles of the regimes to draw, by their position.
    label: of the vertical axis.
    """
    factors = sweep.design.space.factors
    across = min(4, len(factors))
    lines = math.ceil(len(factors) / across)
    size = (max(WIDTH * across / 4, 0.6 * WIDTH), 1.4 + 2.5 * lines + 0.22 * len(names) / 3)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    grid = figure.subplots(lines, across, squeeze=False, sharey=True)
    for k, axes in enumerate(grid.flat):
        if k < len(factors):
            _panel(axes, sweep.design, k, values, list(names))
        else:
            axes.set_axis_off()
    widest = max(map(columns, names.values()))
    figure.legend(
        grid.flat[0].lines[: len(names)], list(names.values()), loc="outside lower center",
        ncols=max(1, min(4, int(150 / (widest + 8)))),
    )  # fmt: skip
    figure.supylabel(label, fontsize=9, multialignment="center")
    note = words("sweep.figure_note", n=sweep.replicates, points=sweep.design.points)
    figure.suptitle(wrapped(note, int(13 * size[0])), fontsize=8, color=GREY, x=0.01, ha="left")
    return figure


def _panel(axes: Axes, design: Design, k: int, values: FloatArray, regimes: Sequence[int]) -> None:
    """All curves over one factor; regimes stand a little apart, so that intervals can be told."""
    factor, groups = design.space.factors[k], _groups(design, k)
    low, high = (-0.5, len(groups.places) - 0.5) if groups.labels else factor.bounds
    apart = 0.012 * (high - low) if not groups.labels else 0.35 / len(regimes)
    for position, regime in enumerate(regimes):
        shift = apart * (position - (len(regimes) - 1) / 2)
        _curve(axes, groups, values[:, regime], regime, shift)
    axes.set_title(wrapped(printable(factor.name), 32), fontsize=9)
    if groups.labels:
        axes.set_xticks(groups.places, [wrapped(label, 14) for label in groups.labels])
    room = 0.0 if groups.labels else 0.05 * (high - low)
    axes.set_xlim(low - room, high + room)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    if axes.get_ylim()[0] < 0.0 < axes.get_ylim()[1]:
        axes.axhline(0.0, color=GREY, lw=0.6, zorder=0)


def _curve(axes: Axes, groups: Groups, values: FloatArray, regime: int, shift: float) -> None:
    """Means over the points of each group with 95 % intervals over the replicates."""
    colour = regime_colour(regime)
    mean, low, high = (np.array(row) for row in zip(*_estimates(groups, values), strict=True))
    places = groups.places + shift
    axes.plot(
        places, mean, color=colour, marker=regime_marker(regime), ms=4, lw=1.2,
        ls="none" if groups.labels else "-",
    )  # fmt: skip
    axes.vlines(places, low, high, color=colour, lw=1.0)


def _estimates(groups: Groups, values: FloatArray) -> Iterator[tuple[float, float, float]]:
    """Mean and interval of each group; a replicate's mean over the points is one observation."""
    for group in range(len(groups.places)):
        part = values[groups.member == group]
        known = ~np.isnan(part)
        with np.errstate(invalid="ignore"):
            means = np.where(known, part, 0.0).sum(axis=0) / known.sum(axis=0)
        yield paired.mean_and_se(means)[0], *paired.mean_interval(means)


def _groups(design: Design, k: int) -> Groups:
    """Points by level, or by slices of a range that hold equally many points."""
    factor = design.space.factors[k]
    values = design.values(k)
    if not factor.ordered:
        order = {level: position for position, level in enumerate(factor.levels)}
        member = np.array([order[value] for value in values])
        labels = tuple(printable(shown(level)) for level in factor.levels)
        return Groups(np.arange(len(labels), dtype=np.float64), member, labels)
    numbers = np.array(values, np.float64)
    distinct, member = np.unique(numbers, return_inverse=True)
    if len(distinct) <= MOST_BINS:
        return Groups(distinct, member)
    bins = max(2, min(MOST_BINS, len(numbers) // LEAST_IN_BIN))
    edges = np.quantile(numbers, np.linspace(0.0, 1.0, bins + 1)[1:-1])
    member = np.searchsorted(edges, numbers, side="right")
    places = np.array([numbers[member == one].mean() for one in range(bins)])
    return Groups(places, member)


def _labels(sweep: SweepResults) -> Iterator[str]:
    for factor in sweep.design.space.factors:
        yield from map(shown, factor.levels)
