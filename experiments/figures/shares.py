"""Two skins, who pays, who gains, who leads: shares and stacked bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agents.kinds import KINDS
from experiments.figures.axes import intervals, regime_axis, regime_colour, regime_marker
from experiments.figures.material import Material
from experiments.figures.style import HATCHES, STACK_COLOURS
from experiments.statistics import paired

PROJECT_PAYERS = ("paid_programme", "paid_block_grant", "paid_soe_funds", "paid_private")
TRANSACTIONS = ("scanning_cost", "bidding_cost")
SKINS = ("needs_without_bid", "solved_not_adopted", "effort_unwanted")


def draw_two_skins(material: Material) -> Figure:
    """The three shares of the two skins, mean with interval."""
    names = material.main.names
    figure = Figure(figsize=(11, 1.2 + 0.28 * len(names)))
    for column, (axes, outcome) in enumerate(zip(figure.subplots(1, 3), SKINS, strict=True)):
        found = material.main[outcome]
        bounds = [
            (*paired.mean_interval(values), regime_colour(k)) for k, values in enumerate(found)
        ]
        intervals(axes, bounds, lw=1.4)
        for k, values in enumerate(found):
            axes.plot(
                paired.mean_and_se(values)[0],
                k,
                regime_marker(k),
                color=regime_colour(k),
                ms=5.5,
            )
        labels = [material.label(name) for name in names] if column == 0 else [""] * len(names)
        regime_axis(axes, labels)
        axes.set_title(material.words("outcome." + outcome))
        axes.set_xlabel(material.words("figure.share." + outcome))
        axes.xaxis.set_major_formatter(
            lambda share, _: material.words("percent", number=f"{100 * share:.3g}")
        )
    return figure


def draw_payers(material: Material) -> Figure:
    """Who pays: mean cost by payer, and what is not project cost."""
    wanted = (*PROJECT_PAYERS, "all_in_cost")
    means = {name: material.main[name].mean(axis=1) for name in wanted}
    parts = [(material.words("outcome." + name), means[name]) for name in PROJECT_PAYERS]
    transactions = material.main.total(TRANSACTIONS).mean(axis=1)
    rest = means["all_in_cost"] - material.main.total(PROJECT_PAYERS).mean(axis=1) - transactions
    parts.append((material.words("figure.transactions"), transactions))
    parts.append((material.words("figure.programme_offices"), np.maximum(rest, 0.0)))
    return _stack_figure(material, [(material.words("figure.who_pays"), parts)])


def draw_gains(material: Material) -> Figure:
    """Who gains: realised value and programme money by kind of organisation."""
    return _stack_figure(
        material,
        [
            (material.words(f"figure.{stem}"), _by_kind(material, stem))
            for stem in ("value_to", "grants_to")
        ],
    )


def draw_leads(material: Material) -> Figure:
    """Solved needs by the kind of organisation that led the project."""
    title = material.words("figure.solved_led_by")
    return _stack_figure(material, [(title, _by_kind(material, "solved_led_by"))])


def _by_kind(material: Material, stem: str) -> list[tuple[str, np.ndarray]]:
    return [
        (material.words("kind." + kind), material.main[f"{stem}_{kind}"].mean(axis=1))
        for kind in KINDS
    ]


def _stack_figure(
    material: Material, panels: Sequence[tuple[str, Sequence[tuple[str, np.ndarray]]]]
) -> Figure:
    """Stacked bars, one row per regime; the parts of all panels have the same names."""
    names = material.main.names
    figure = Figure(figsize=(11, 1.4 + 0.25 * len(names)))
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    for column, (axes, (title, parts)) in enumerate(zip(grid, panels, strict=True)):
        stacked_bars(axes, parts)
        labels = [material.label(name) for name in names] if column == 0 else [""] * len(names)
        regime_axis(axes, labels)
        axes.set_xlabel(title)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower right", ncols=3 if len(labels) > 5 else 5, fontsize=8,
        handlelength=2.4, handleheight=1.4,
    )  # fmt: skip
    return figure


def stacked_bars(axes: Axes, parts: Sequence[tuple[str, np.ndarray]]) -> None:
    """Named parts side by side in one bar per row; hatches tell them apart in grey."""
    left = np.zeros(len(parts[0][1]))
    for k, (label, values) in enumerate(parts):
        axes.barh(range(len(values)), values, left=left, height=0.68, label=label,
                  color=STACK_COLOURS[k], hatch=HATCHES[k], edgecolor="white", lw=0.5)  # fmt: skip
        left += values
