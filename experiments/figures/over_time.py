"""Breakthroughs over time: fans of paths, and the wait for the first one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.figures.axes import regime_colour, row_style, small_multiples
from experiments.figures.material import Material
from experiments.figures.style import GREY


def draw_fans(material: Material, count: str) -> Figure:
    """One panel per regime: median, 50 and 90 % of replicates, and the reference's median."""
    paths: dict[str, list[Mapping[str, Any]]] = {}
    for row in material.tables["fans"]:
        if row["count"] == count:
            paths.setdefault(row["regime"], []).append(row)
    names = [name for name in material.main.names if name in paths]
    figure, panels = small_multiples(material, share=True, names=names)
    reference = paths.get(material.setup.reference.name)
    for name, axes in zip(names, panels, strict=True):
        _fan(axes, paths[name], row_style(material, name)[0])
        if reference is not None:
            axes.plot([row["median"] for row in reference], color=GREY, lw=1, ls="--")
        axes.axvline(material.horizon, color=GREY, lw=0.6, ls=":")
    panels[0].yaxis.set_major_locator(MaxNLocator(5, integer=True))
    figure.supxlabel(material.words("figure.quarter"), fontsize=9)
    figure.supylabel(
        material.words("figure.cumulative", count=material.words("outcome." + count)), fontsize=9
    )
    return figure


def _fan(axes: Axes, rows: Sequence[Mapping[str, Any]], colour: str) -> None:
    quarters = np.arange(len(rows))
    for low, high, alpha in (("q05", "q95", 0.22), ("q25", "q75", 0.42)):
        bottom, top = ([row[edge] for row in rows] for edge in (low, high))
        axes.fill_between(quarters, bottom, top, color=colour, alpha=alpha, lw=0)
    axes.plot(quarters, [row["median"] for row in rows], color=colour, lw=1.6)


def draw_incidence(material: Material) -> Figure:
    """Share of replicates with a technical breakthrough by each quarter, and those still waiting."""
    curves: dict[str, list[Mapping[str, Any]]] = {}
    for row in material.tables["incidence"]:
        curves.setdefault(row["regime"], []).append(row)
    figure, panels = small_multiples(material, share=False)
    end = _end_of_waiting(curves.values(), material.horizon)
    reference = curves.get(material.setup.reference.name)
    for k, (name, axes) in enumerate(zip(material.main.names, panels, strict=True)):
        _incidence_panel(axes, curves[name], regime_colour(k), end)
        if reference is not None:
            axes.step(*_steps(reference, "incidence"), where="post", color=GREY, lw=1, ls="--")
    figure.supxlabel(material.words("figure.at_risk"), fontsize=9)
    figure.supylabel(material.words("figure.share_of_replicates"), fontsize=9)
    return figure


def _steps(curve: Sequence[Mapping[str, Any]], column: str) -> tuple[list[int], list[float]]:
    """Quarters and values, from 0 at the start."""
    return [0, *(row["quarter"] for row in curve)], [0.0, *(row[column] for row in curve)]


def _incidence_panel(axes: Axes, curve: Sequence[Mapping[str, Any]], colour: str, end: int) -> None:
    times, incidence = _steps(curve, "incidence")
    if curve[0]["low"] is not None:
        low, high = (_steps(curve, side)[1] for side in ("low", "high"))
        axes.fill_between(times, low, high, step="post", color=colour, alpha=0.22, lw=0)
    axes.step(times, incidence, where="post", color=colour, lw=1.6)
    waiting = [*(row["at_risk"] for row in curve), curve[-1]["at_risk"] - curve[-1]["events"]]
    if waiting[-1]:
        axes.plot(times[-1], incidence[-1], "+", color=colour, ms=8, mew=1.5, clip_on=False)
    ticks = np.unique(np.linspace(0, end, 5).astype(int))
    axes.set_xticks(ticks, [f"{tick}\n{waiting[tick]}" for tick in ticks], fontsize=8)
    axes.set_xlim(0, end)
    axes.set_ylim(0, 1.02)


def _end_of_waiting(curves: Iterable[Sequence[Mapping[str, Any]]], horizon: int) -> int:
    """The quarter in which the last replicate stops waiting, with some air; at least 8."""
    last = 8
    for curve in curves:
        if curve[-1]["at_risk"] > curve[-1]["events"]:
            return horizon
        last = max(last, *(math.ceil(1.05 * row["quarter"]) for row in curve if row["events"]))
    return min(horizon, last)
