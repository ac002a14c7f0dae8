"""The figure of a replication: what was found, with intervals, beside what was published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.figures.style import COLOURS, GREY, MARKERS
from experiments.replications.labels import case_label
from experiments.replications.results import Estimate, Result
from experiments.words import Words

SIZE = (11.5, 6.2)  # inches
LONG = 40  # characters of a label that takes a line of its own
CROWDED = 1.2  # times closer than this share one label
CONFIDENCE = 1.96  # standard errors on each side of a 95 % interval


def draw(result: Result, words: Words) -> Figure:
    """Points or lines with 95 % intervals; crosses are references."""
    figure = Figure(figsize=SIZE)
    DRAWERS[result.replication.kind_name](figure, result, words)
    figure.suptitle(result.replication.title[words.lang], x=0.01, ha="left")
    note = words("replications.figure.note", n=result.replicates)
    figure.text(0.996, 0.985, note, fontsize=8, color=GREY, ha="right", va="top")
    return figure


def _line(
    axes: Any, x: Sequence[float], found: Sequence[Estimate], place: int, label: str
) -> None:  # fmt: skip
    """Estimates in one colour and shape, and their references as crosses."""
    colour = COLOURS[place % len(COLOURS)]
    axes.errorbar(
        x, [one.mean for one in found], [CONFIDENCE * one.standard_error for one in found],
        color=colour, marker=MARKERS[place % len(MARKERS)], ms=4, lw=1, capsize=2, label=label,
        ls=("-", "--", ":")[place // len(COLOURS) % 3],
    )  # fmt: skip
    told = [(at, one.reference.value) for at, one in zip(x, found, strict=True) if one.reference]
    if told:
        axes.plot(*np.transpose(told), "x", color=colour, ms=9, mew=1.4, zorder=5)


def _key_to_crosses(axes: Any, words: Words) -> None:
    axes.plot([], [], "x", color=GREY, ms=9, mew=1.4, label=words("replications.figure.reference"))
    _legend_below(axes)


def _legend_below(axes: Any) -> None:
    longest = max(map(len, axes.get_legend_handles_labels()[1]))
    columns = 1 if longest > LONG else 2
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0.0, -0.1), ncols=columns)


def _select(result: Result, measure: str, **settings: Any) -> list[Estimate]:
    wanted = settings.items()
    return [
        one for one in result.estimates if one.measure == measure and wanted <= one.case.items()
    ]


def _draw_landscapes(figure: Figure, result: Result, words: Words) -> None:
    by_links, by_size = figure.subplots(1, 2)
    found = _select(result, "peaks", components=10)
    _line(
        by_links, [one.case["links"] for one in found], found, 1, words("replications.figure.found")
    )
    by_links.set_xlabel(words("replications.figure.links"))
    full = [one for one in result.estimates if one.measure == "peaks"]
    full = [one for one in full if one.case["links"] == one.case["components"] - 1]
    full.sort(key=lambda one: one.case["components"])
    _line(
        by_size,
        [one.case["components"] for one in full],
        full,
        2,
        words("replications.figure.found"),
    )
    by_size.set_xlabel(words("replications.figure.components"))
    for axes in (by_links, by_size):
        axes.set_yscale("log")
        axes.set_title(words("replications.measure.peaks"))
        _key_to_crosses(axes, words)


def _draw_social_search(figure: Figure, result: Result, words: Words) -> None:
    over_time, right = figure.subplots(1, 2)
    times = result.replication.model.times
    cases = {tuple(one.case.items()): one.case for one in result.estimates}
    shown = [case for case in cases.values() if case["network"] != "caves"]
    for place, case in enumerate(shown):
        found = [_select(result, f"payoff_{time}", **case)[0] for time in times]
        _line(over_time, times, found, place, case_label(result.replication.kind_name, case, words))
    over_time.set_xscale("symlog", linthresh=5)
    named = [a for a, b in zip(times, [*times[1:], np.inf], strict=True) if b > CROWDED * a]
    over_time.set_xticks(named, [str(time) for time in named])
    over_time.minorticks_off()
    over_time.set_xlabel(words("replications.figure.steps"))
    over_time.set_title(words("replications.figure.payoff"))
    if any(one.reference for one in result.estimates):
        _key_to_crosses(over_time, words)
    else:
        _legend_below(over_time)
    if len(shown) < len(cases):
        _draw_paths(right, result, times[-1], words)
    else:
        _draw_holders(right, result, shown, words)


def _draw_paths(axes: Any, result: Result, time: int, words: Words) -> None:
    """The last payoff by the mean path of the network, a line per strategy and sample."""
    groups = {(e.case["strategy"], e.case["sample"]): e.case for e in result.estimates if e.case["network"] == "caves"}  # fmt: skip
    for place, (strategy, sample) in enumerate(groups):
        found = _select(result, f"payoff_{time}", strategy=strategy, sample=sample)
        found.sort(key=lambda one: one.case["mean_path"])
        label = words(f"replications.strategy.{strategy}", sample=sample)
        _line(axes, [one.case["mean_path"] for one in found], found, place, label)
    axes.set_xlabel(words("replications.figure.path"))
    axes.set_title(words("replications.figure.last_payoff", time=time))
    _legend_below(axes)


def _draw_holders(axes: Any, result: Result, cases: Iterable[Any], words: Words) -> None:
    """In which share of runs somebody holds the best design."""
    labels = []
    for place, case in enumerate(cases):
        _line(axes, [place], _select(result, "holds_best", **case), place, "_nolegend_")
        labels.append(words(f"replications.network.{case['network']}", path=""))
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_ylim(0, 1)
    axes.set_title(words("replications.measure.holds_best"))
    _key_to_crosses(axes, words)


def _draw_by(
    result: Result, words: Words, axes: Any, measure: str, across: str, apart: str
) -> None:
    """A measure over one setting, a line for each value of another."""
    levels = dict.fromkeys(one.case[apart] for one in result.estimates)
    for place, level in enumerate(levels):
        found = _select(result, measure, **{apart: level})
        label = f"{apart} = {level:g}" if isinstance(level, float) else str(level)
        _line(axes, [one.case[across] for one in found], found, place + 1, label)
    axes.set_xlabel(words(f"replications.figure.{across}"))
    axes.set_title(words(f"replications.measure.{measure}"))
    _key_to_crosses(axes, words)


def _draw_team_assembly(figure: Figure, result: Result, words: Words) -> None:
    _draw_by(result, words, figure.subplots(), "giant_share", "p", "q")


def _draw_mutual_learning(figure: Figure, result: Result, words: Words) -> None:
    _draw_by(result, words, figure.subplots(), "knowledge", "p1", "p2")


DRAWERS: dict[str, Callable[[Figure, Result, Words], None]] = {
    "landscapes": _draw_landscapes,
    "social_search": _draw_social_search,
    "team_assembly": _draw_team_assembly,
    "mutual_learning": _draw_mutual_learning,
}
