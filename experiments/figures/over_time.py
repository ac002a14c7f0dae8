"""Breakthroughs over time: fans of paths, and the wait for the first one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.figures.axes import regime_colour, small_multiples
from experiments.figures.material import Material
from experiments.figures.style import GREY
from experiments.statistics import paired


def draw_fans(material: Material, count: str) -> Figure:
    """One panel per regime: median, 50 and 90 % of replicates, and the reference's median."""
    figure, panels = small_multiples(material, share=True)
    paths = {name: _paths(material.trajectories, name, count) for name in material.main.names}
    reference = paths.get(material.setup.reference.name)
    for k, (name, axes) in enumerate(zip(material.main.names, panels, strict=True)):
        _fan(axes, paths[name], regime_colour(k))
        if reference is not None:
            axes.plot(np.median(reference, axis=0), color=GREY, lw=1, ls="--")
        axes.axvline(material.horizon, color=GREY, lw=0.6, ls=":")
    panels[0].yaxis.set_major_locator(MaxNLocator(5, integer=True))
    figure.supxlabel(material.words("figure.quarter"), fontsize=9)
    figure.supylabel(
        material.words("figure.cumulative", count=material.words("outcome." + count)), fontsize=9
    )
    return figure


def _paths(trajectories: pa.Table, regime: str, count: str) -> np.ndarray:
    """Cumulative count, shape (replicates, quarters); a shorter path keeps its last value."""
    part = trajectories.filter(pc.equal(trajectories["regime"], regime))
    replicate, quarter = part["replicate"].to_numpy(), part["quarter"].to_numpy()
    rows, row = np.unique(replicate, return_inverse=True)
    paths = np.full((len(rows), int(quarter.max(initial=0)) + 1), -np.inf)
    paths[row, quarter] = part[count].to_numpy()
    return np.maximum.accumulate(paths, axis=1)


def _fan(axes: Axes, paths: np.ndarray, colour: str) -> None:
    quarters = np.arange(paths.shape[1])
    for low, high, alpha in ((5, 95, 0.22), (25, 75, 0.42)):
        edges = np.percentile(paths, [low, high], axis=0)
        axes.fill_between(quarters, edges[0], edges[1], color=colour, alpha=alpha, lw=0)
    axes.plot(quarters, np.median(paths, axis=0), color=colour, lw=1.6)


def draw_incidence(material: Material) -> Figure:
    """Share of replicates with a technical breakthrough by each quarter, and those still waiting."""
    curves = {
        name: paired.cumulative_incidence(first, material.horizon)
        for name, first in zip(
            material.main.names, material.main["first_technical_quarter"], strict=True
        )
    }
    figure, panels = small_multiples(material, share=False)
    end = _end_of_waiting(curves.values(), material.horizon)
    reference = curves.get(material.setup.reference.name)
    for k, (curve, axes) in enumerate(zip(curves.values(), panels, strict=True)):
        _incidence_panel(axes, curve, regime_colour(k), end)
        if reference is not None:
            axes.step(
                *_steps(reference, reference.incidence), where="post", color=GREY, lw=1, ls="--"
            )
    figure.supxlabel(material.words("figure.at_risk"), fontsize=9)
    figure.supylabel(material.words("figure.share_of_replicates"), fontsize=9)
    return figure


def _steps(curve: paired.Incidence, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.append(0, curve.times), np.append(0, values)


def _incidence_panel(axes: Axes, curve: paired.Incidence, colour: str, end: int) -> None:
    times, incidence = _steps(curve, curve.incidence)
    if not np.isnan(curve.low).any():
        low, high = (_steps(curve, side)[1] for side in (curve.low, curve.high))
        axes.fill_between(times, low, high, step="post", color=colour, alpha=0.22, lw=0)
    axes.step(times, incidence, where="post", color=colour, lw=1.6)
    waiting = np.append(curve.at_risk, curve.at_risk[-1] - curve.events[-1])
    if waiting[-1]:
        axes.plot(times[-1], incidence[-1], "+", color=colour, ms=8, mew=1.5, clip_on=False)
    ticks = np.unique(np.linspace(0, end, 5).astype(int))
    axes.set_xticks(ticks, [f"{tick}\n{waiting[tick]}" for tick in ticks], fontsize=8)
    axes.set_xlim(0, end)
    axes.set_ylim(0, 1.02)


def _end_of_waiting(curves: Any, horizon: int) -> int:
    """The quarter in which the last replicate stops waiting, with some air; at least 8."""
    found = list(curves)
    if any(curve.at_risk[-1] > curve.events[-1] for curve in found):
        return horizon
    last = max((int(np.flatnonzero(c.events).max(initial=0)) + 1 for c in found), default=horizon)
    return int(min(horizon, max(8, math.ceil(last * 1.05))))
