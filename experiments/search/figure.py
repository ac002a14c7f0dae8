"""Figures of a search: goals against each other, or each regime as it is and at its best."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, PNG_DPI, WIDTH, printable, save, style
from experiments.search.results import CANNOT_TELL, DOMINATED, ON_FRONT, PRESET, TUNED, Final
from experiments.search.sentences import outcome_name
from experiments.search.settings import Goal
from experiments.words import Words

MIXED, OWN = (COLOURS[1], "D"), (COLOURS[2], "o")


def write_figure(final: Final, out: Path, lang: str) -> Path:
    """Write ``figures/search.svg`` and ``.png``, in Chinese ``search.zh``; returns the PNG."""
    from experiments.report import file_name

    folder, words = out / "figures", Words(lang)
    folder.mkdir(exist_ok=True)
    titles = [printable(words.title(one.entry)) for one in final.finalists]
    with style(lang, "".join(titles)):
        draw = _contest if len(final.goals) == 1 else _front
        figure = draw(final, titles, words)
        svg, png = (folder / f"{file_name('search', lang)}.{kind}" for kind in ("svg", "png"))
        save(figure, svg, png, PNG_DPI)
    return png


def _axis(goal: Goal, words: Words) -> str:
    return words(
        f"search.axis_{'raise' if goal.sign > 0 else 'lower'}",
        outcome=outcome_name(goal.outcome, words),
    )


def _contest(final: Final, titles: list[str], words: Words) -> Figure:
    """A row per regime: as it is (circle) and tuned (diamond), with simultaneous intervals."""
    presets = [row for row, one in enumerate(final.finalists) if one.kind == PRESET]
    rows = {final.finalists[row].name: place for place, row in enumerate(presets)}
    figure = Figure(figsize=(0.75 * WIDTH, 1.5 + 0.5 * len(rows)))
    axes = figure.subplots()
    axes.axvline(0.0, color=GREY, lw=0.8)
    for one, against in zip(final.finalists, final.against[0], strict=True):
        tuned = one.kind == TUNED
        colour, marker = MIXED if tuned else OWN
        place = rows[one.origin if tuned else one.name] + (0.14 if tuned else -0.14)
        axes.plot([against.sim_low, against.sim_high], [place, place], color=colour, lw=1.5)
        axes.plot(against.difference, place, marker, color=colour, ms=6.5)
    axes.set_yticks(range(len(rows)), [wrapped(titles[row], 34) for row in presets])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e4e4e4", lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(_axis(final.goals[0], words))
    handles = [
        _mark(*OWN, words("search.figure_preset")),
        _mark(*MIXED, words("search.figure_tuned")),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, fontsize=8)
    return figure


def _front(final: Final, titles: list[str], words: Words) -> Figure:
    """The first goal against each of the others; filled where told to be on the front."""
    others = range(1, len(final.goals))
    width = WIDTH if len(others) > 1 else 0.75 * WIDTH
    figure = Figure(figsize=(width, 5.4))
    grid = figure.subplots(1, len(others), squeeze=False, sharey=True)[0]
    for axes, k in zip(grid, others, strict=True):
        _panel(axes, final, k)
        axes.set_xlabel(_axis(final.goals[k], words))
    grid[0].set_ylabel(_axis(final.goals[0], words))
    presets = [
        f"{row + 1} {titles[row]}" for row, one in enumerate(final.finalists) if one.kind == PRESET
    ]
    key = words("list.semicolon").join(presets)
    figure.suptitle(wrapped(key, 165 if width == WIDTH else 120), fontsize=7.5, x=0.01, ha="left")
    handles = [
        _mark(*MIXED, words("search.figure_mix")), _mark(*OWN, words("search.figure_preset")),
        _mark("black", "s", words("search.figure_on_front")),
        _mark("black", "s", words("search.figure_cannot_tell"), fill="white"),
        _mark(GREY, "x", words("search.figure_dominated")),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower left", ncols=3, fontsize=8)
    return figure


def _panel(axes: Axes, final: Final, k: int) -> None:
    axes.axhline(0.0, color=GREY, lw=0.6)
    axes.axvline(0.0, color=GREY, lw=0.6)
    for row, (one, status) in enumerate(zip(final.finalists, final.status, strict=True)):
        up, across = final.against[0][row], final.against[k][row]
        colour, marker = OWN if one.kind == PRESET else MIXED
        shown = {ON_FRONT: colour, CANNOT_TELL: "white", DOMINATED: "none"}[status]
        faint = 0.35 if status == DOMINATED else 0.9
        axes.plot(
            [across.sim_low, across.sim_high],
            [up.difference] * 2,
            color=colour,
            lw=0.8,
            alpha=faint,
        )
        axes.plot(
            [across.difference] * 2, [up.sim_low, up.sim_high], color=colour, lw=0.8, alpha=faint
        )
        axes.plot(
            across.difference, up.difference, marker, color=colour, mfc=shown, ms=8, alpha=faint
        )
        if status == DOMINATED:
            axes.plot(across.difference, up.difference, "x", color=GREY, ms=6)
        axes.annotate(
            str(row + 1), (across.difference, up.difference), xytext=(5, 5),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip


def _mark(colour: str, marker: str, label: str, fill: str | None = None) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, mfc=fill or colour, ls="", label=label)
