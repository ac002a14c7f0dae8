"""Figures of a comparison, each as SVG and PNG, with caption, number of runs, and alternative text.

Colours are those of Okabe and Ito (2008) with a marker shape of its own per regime, so that every
figure also reads in grey; heat maps use cividis. No colour means good or bad.
"""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
import tempfile
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D

from agents.kinds import KINDS
from experiments import statistics
from experiments.tables import (
    PLAUSIBLE_EXTERNAL_VALUE,
    Panel,
    baselines,
    panel,
    regime_entries,
)
from experiments.words import Words, catalogue
from simulation.outcomes import COUNTS

if TYPE_CHECKING:
    from experiments.configuration import Setup

FONT = Path(__file__).parent / "fonts" / "ConsortiaSansSC-Regular.otf"
UNKNOWN_CHARACTER = "〓"  # what Chinese printers set for a character they have no type for

# Okabe and Ito without yellow, which is too pale for lines on white.
COLOURS = ("#000000", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*", "d")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++")
STACK_COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#CC79A7", "#BBBBBB", "#009E73")
GREY = "#6b6b6b"
PLANE_PAYERS = ("programme", "public", "private", "all_in")
PROJECT_PAYERS = ("paid_programme", "paid_block_grant", "paid_soe_funds", "paid_private")
TRANSACTIONS = ("scanning_cost", "bidding_cost")
WIDTH = 11.5  # inches, of a full figure
PNG_DPI = 110
FLIP_WINDOW = (-1.5, 8.0)  # values of s that are drawn
HELPER = "from experiments.figures import draw_ordered as d; d()"
DRAWN_TABLES = ("differences", "incremental_cost", "welfare_flips", "robustness")
SKINS = ("needs_without_bid", "solved_not_adopted", "effort_unwanted")


@dataclass(frozen=True, slots=True)
class FigureInfo:
    """A figure that was written, and the words that go with it."""

    name: str
    title: str
    caption: str
    alt: str
    n: int
    table: str  # file that holds its numbers, relative to the output folder
    svg: Path
    png: Path


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What every figure is drawn from."""

    main: Panel
    trajectories: pa.Table
    tables: Mapping[str, Sequence[Mapping[str, Any]]]  # rows of those that are drawn
    setup: Setup
    words: Words

    def rows(self, table: str, **wanted: str) -> dict[str, Mapping[str, Any]]:
        """Rows of a table by regime, those whose columns have the wanted values."""
        return {
            row["regime"]: row
            for row in self.tables[table]
            if all(row[column] == value for column, value in wanted.items())
        }

    def label(self, regime: str) -> str:
        """Title of a regime, in characters the font has."""
        return printable(self.words.title(regime_entries(self.setup)[regime]))

    @property
    def horizon(self) -> int:
        """Policy quarters."""
        time: Any = self.setup.world.sections["time"]
        return int(time.policy)


@dataclass(frozen=True, slots=True)
class Plot:
    """A kind of figure: how it is drawn, which file holds its numbers, when it can be drawn."""

    name: str
    draw: Callable[[Material], Figure]
    table: str
    possible: Callable[[Material], bool]


def write_figures(
    runs: pa.Table,
    trajectories: pa.Table,
    tables: Mapping[str, pa.Table],
    setup: Setup,
    out: Path,
    lang: str | None = None,
) -> list[FigureInfo]:
    """Draw every figure the runs allow into ``out / "figures"``.

    Parameters
    ----------
    runs, trajectories: the tables of runs and of their paths over time.
    tables: what :func:`experiments.tables.write_tables` returned.
    out: folder of the comparison.
    lang: language of the words in the figures; the setup's when None.

    Notes
    -----
    Half of the figures are drawn in a second process, unless ``setup.jobs`` is 1.
    """
    rows = {name: tables[name].to_pylist() for name in DRAWN_TABLES}
    material = Material(panel(runs, setup), trajectories, rows, setup, Words(lang or setup.lang))
    folder = out / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    names = [plot.name for plot in PLOTS if plot.possible(material)]
    if setup.jobs == 1:
        return _draw(material, folder, names)
    found = {figure.name: figure for figure in _draw_in_two(material, folder, names)}
    return [found[name] for name in names]


def _draw(material: Material, folder: Path, names: Sequence[str]) -> list[FigureInfo]:
    titles = "".join(material.label(name) for name in material.main.names)
    with style(material.words.lang, titles):
        return [_write(plot, material, folder) for plot in PLOTS if plot.name in names]


def _draw_in_two(material: Material, folder: Path, names: Sequence[str]) -> list[FigureInfo]:
    """Every second figure in another process; here after all when that process fails."""
    with tempfile.TemporaryFile() as order:
        pickle.dump((material, folder, names[1::2]), order)
        order.seek(0)
        helper = subprocess.Popen(
            [sys.executable, "-c", HELPER],
            stdin=order, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )  # fmt: skip
        try:
            own = _draw(material, folder, names[::2])
            answer, _ = helper.communicate()
        finally:
            helper.kill()
    if helper.returncode:
        return own + _draw(material, folder, names[1::2])
    others: list[FigureInfo] = pickle.loads(answer)
    return own + others


def draw_ordered() -> None:
    """The second process: draw what standard input orders, and answer on standard output."""
    material, folder, names = pickle.load(sys.stdin.buffer)
    pickle.dump(_draw(material, folder, names), sys.stdout.buffer)


@contextmanager
def style(lang: str, titles: str | None = None) -> Iterator[None]:
    """Settings of all figures; the caller's own are restored.

    The second font is looked up for every text, so it is left out where the language's own font
    has every character of the words and of ``titles``.
    """
    font_manager.fontManager.addfont(str(FONT))
    chinese = font_manager.FontProperties(fname=str(FONT)).get_name()
    fonts = [chinese, "DejaVu Sans"] if lang == "zh" else ["DejaVu Sans", chinese]
    if titles is not None and _characters_of(fonts[0]).issuperset(
        ord(c) for c in titles + "".join(catalogue(lang).values())
    ):
        fonts = fonts[:1]
    settings: Any = {
        "font.family": fonts, "font.size": 9, "axes.unicode_minus": False,
        "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10,
        "axes.labelsize": 9, "svg.hashsalt": "consortia", "svg.fonttype": "path",
        "hatch.linewidth": 0.6, "legend.frameon": False, "figure.constrained_layout.use": True,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        yield


def printable(text: str) -> str:
    """The text with characters that no shipped font has replaced by a visible stand-in."""
    known = _known_characters()
    return "".join(c if ord(c) in known else UNKNOWN_CHARACTER for c in text)


@cache
def _known_characters() -> frozenset[int]:
    dejavu = FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap()
    return frozenset((*FT2Font(str(FONT)).get_charmap(), *dejavu))


@cache
def _characters_of(family: str) -> frozenset[int]:
    return frozenset(FT2Font(font_manager.findfont(family)).get_charmap())


def _write(plot: Plot, material: Material, folder: Path) -> FigureInfo:
    words = material.words
    figure = plot.draw(material)
    svg, png = folder / f"{plot.name}.svg", folder / f"{plot.name}.png"
    _arrange(figure)
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    FigureCanvasAgg(figure).print_figure(
        png, dpi=PNG_DPI, format="png", metadata={"Software": None},
        pil_kwargs={"compress_level": 3},
    )  # fmt: skip
    n = len(material.main.replicates)
    places = {"n": n, "quarters": material.horizon, **_places(plot, material)}
    return FigureInfo(
        plot.name, words(f"figure.{plot.name}.title"), words(f"figure.{plot.name}.caption", **places),
        words(f"figure.{plot.name}.alt", **places), n, plot.table, svg, png,
    )  # fmt: skip


def _arrange(figure: Figure) -> None:
    """Compute the layout once; it stands for both formats."""
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
    figure.set_layout_engine("none")


def _places(plot: Plot, material: Material) -> dict[str, Any]:
    """Numbers that captions and alternative texts may name."""
    means = material.main["technical"].mean(axis=1) if material.main.names else np.zeros(0)
    order = np.argsort(-means, kind="stable")
    described = [f"{material.label(material.main.names[k])} {means[k]:.1f}" for k in order]
    return {"technical_means": material.words.join(described), "regimes": len(means)}


def _wrapped(label: str, width: int) -> str:
    """The label in lines of at most ``width`` columns, a Chinese character taking two."""
    return textwrap.fill(label, width if _columns(label) == len(label) else width // 2)


def _columns(label: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in label)


def _small_multiples(material: Material, *, share: bool) -> tuple[Figure, list[Axes]]:
    """One panel per regime, in reading order, titled; more columns than rows."""
    names = material.main.names
    columns = min(len(names), math.ceil(math.sqrt(1.6 * len(names))))
    lines = math.ceil(len(names) / columns)
    figure = Figure(figsize=(max(0.2 * WIDTH * columns, 0.45 * WIDTH), 0.6 + 2.2 * lines))
    grid = figure.subplots(lines, columns, squeeze=False, sharex=share, sharey=True)
    for k, axes in enumerate(grid.flat):
        if k < len(names):
            axes.set_title(_wrapped(material.label(names[k]), 27), fontsize=9)
            axes.tick_params(labelbottom=not share or k + columns >= len(names))
        else:
            axes.set_axis_off()
    return figure, list(grid.flat)[: len(names)]


def _intervals(axes: Axes, bounds: Sequence[tuple[Any, Any, str]], **style: Any) -> None:
    """Horizontal intervals (low, high, colour), one per row; a row without one stays empty."""
    rows = [k for k, (low, _, _) in enumerate(bounds) if not math.isnan(_number(low))]
    if rows:
        low, high, colours = zip(*(bounds[k] for k in rows), strict=True)
        axes.hlines(rows, low, high, colors=colours, **style)


def _colour(row: int) -> str:
    return COLOURS[row % len(COLOURS)]


def _marker(row: int) -> str:
    return MARKERS[row % len(MARKERS)]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _regime_axis(axes: Axes, labels: Sequence[str]) -> None:
    """One row per regime, the first on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


# --- forest -------------------------------------------------------------------------------------


def draw_forest(material: Material) -> Figure:
    """Differences of the four counts against each reference that was run."""
    references = [name for name in baselines(material.setup) if name in material.main.names]
    regimes = len(material.main.names) - 1
    figure = Figure(figsize=(11.5, len(references) * (1.0 + 0.27 * regimes)))
    grid = figure.subplots(len(references), len(COUNTS), squeeze=False)
    for row, reference in enumerate(references):
        against = material.words("figure.against", reference=material.label(reference))
        for column, count in enumerate(COUNTS):
            _forest_panel(grid[row, column], material, reference, count)
            if column:
                grid[row, column].set_yticklabels([])
        grid[row, 0].annotate(
            _wrapped(against, 40), (0, 1), (-6, 6), xycoords="axes fraction",
            textcoords="offset points", ha="right", va="bottom", fontsize=10,
        )  # fmt: skip
    return figure


def _forest_panel(axes: Axes, material: Material, reference: str, count: str) -> None:
    found = material.rows("differences", outcome=count, family=reference)
    names = [name for name in material.main.names if name in found]
    colours = [_row_style(material, name)[0] for name in names]
    axes.axvline(0, color=GREY, linewidth=0.8)
    for kind, style in (("sim_", {"lw": 1.1}), ("", {"lw": 3, "alpha": 0.55})):
        bounds = [
            (found[name][f"{kind}low"], found[name][f"{kind}high"], colour)
            for name, colour in zip(names, colours, strict=True)
        ]
        _intervals(axes, bounds, **style)
    for k, name in enumerate(names):
        row, (colour, marker) = found[name], _row_style(material, name)
        told = row["verdict"] != statistics.CANNOT_TELL
        axes.plot(row["difference"], k, marker, color=colour, ms=5.5,
                  mfc=colour if told else "white")  # fmt: skip
        axes.text(1.01, k, f"{100 * row['share_won']:.0f} %", transform=axes.get_yaxis_transform(),
                  va="center", fontsize=7, color=GREY)  # fmt: skip
    _regime_axis(axes, [material.label(name) for name in names])
    axes.annotate(material.words("figure.won"), (1.01, 1), (0, 2), xycoords="axes fraction",
                  textcoords="offset points", fontsize=7, color=GREY)  # fmt: skip
    axes.set_title(material.words("outcome." + count), fontsize=9)
    axes.set_xlabel(material.words("figure.difference"))


# --- fans and incidence -------------------------------------------------------------------------


def draw_fans(material: Material, count: str) -> Figure:
    """One panel per regime: median, 50 and 90 % of replicates, and the reference's median."""
    figure, panels = _small_multiples(material, share=True)
    paths = {name: _paths(material.trajectories, name, count) for name in material.main.names}
    reference = paths.get(material.setup.reference.name)
    for k, (name, axes) in enumerate(zip(material.main.names, panels, strict=True)):
        _fan(axes, paths[name], _colour(k))
        if reference is not None:
            axes.plot(np.median(reference, axis=0), color=GREY, lw=1, ls="--")
        axes.axvline(material.horizon, color=GREY, lw=0.6, ls=":")
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
        name: statistics.cumulative_incidence(first, material.horizon)
        for name, first in zip(
            material.main.names, material.main["first_technical_quarter"], strict=True
        )
    }
    figure, panels = _small_multiples(material, share=False)
    end = _end_of_waiting(curves.values(), material.horizon)
    reference = curves.get(material.setup.reference.name)
    for k, (curve, axes) in enumerate(zip(curves.values(), panels, strict=True)):
        _incidence_panel(axes, curve, _colour(k), end)
        if reference is not None:
            axes.step(
                *_steps(reference, reference.incidence), where="post", color=GREY, lw=1, ls="--"
            )
    figure.supxlabel(material.words("figure.at_risk"), fontsize=9)
    figure.supylabel(material.words("figure.share_of_replicates"), fontsize=9)
    return figure


def _steps(curve: statistics.Incidence, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.append(0, curve.times), np.append(0, values)


def _incidence_panel(axes: Axes, curve: statistics.Incidence, colour: str, end: int) -> None:
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


# --- money --------------------------------------------------------------------------------------


def draw_cost_plane(material: Material) -> Figure:
    """Extra cost against extra technical breakthroughs, one panel per payer."""
    figure = Figure(figsize=(11.5, 7.6))
    grid = figure.subplots(2, 2)
    for axes, payer in zip(grid.flat, PLANE_PAYERS, strict=True):
        found = material.rows("incremental_cost", payer=payer, effect="technical")
        axes.axhline(0, color=GREY, lw=0.8)
        axes.axvline(0, color=GREY, lw=0.8)
        for name, row in found.items():
            k = material.main.names.index(name)
            x, y = row["extra_effect"], row["extra_cost"]
            axes.plot([_number(row["extra_effect_low"]), _number(row["extra_effect_high"])], [y, y],
                      color=_colour(k), lw=1)  # fmt: skip
            axes.plot([x, x], [_number(row["extra_cost_low"]), _number(row["extra_cost_high"])],
                      color=_colour(k), lw=1)  # fmt: skip
            axes.plot(x, y, _marker(k), color=_colour(k), ms=7,
                      mfc=_colour(k) if row["bounded"] else "white")  # fmt: skip
        axes.set_title(material.words("payer." + payer))
        axes.set_xlabel(material.words("figure.extra_technical"))
        axes.set_ylabel(material.words("figure.extra_cost"))
    _regime_legend(figure, material, skip=material.setup.reference.name)
    return figure


def _regime_legend(figure: Figure, material: Material, skip: str) -> None:
    handles = [
        Line2D([], [], color=_colour(k), marker=_marker(k), ls="", label=material.label(name))
        for k, name in enumerate(material.main.names)
        if name != skip
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=_legend_columns(handles), fontsize=8
    )


def _legend_columns(handles: Sequence[Line2D]) -> int:
    """How many entries fit side by side under a full figure, in 8 point type."""
    widest = max((_columns(str(handle.get_label())) for handle in handles), default=0)
    return max(1, int(WIDTH / (0.5 + 0.068 * widest)))


def draw_welfare(material: Material) -> Figure:
    """Difference in welfare at the default s, and the s at which the ranking flips."""
    found = material.rows("welfare_flips")
    simultaneous = material.rows(
        "differences", outcome="welfare", family=material.setup.reference.name
    )
    names = list(found)
    figure = Figure(figsize=(11, 1.2 + 0.3 * len(names)))
    left, right = figure.subplots(1, 2)
    left.axvline(0, color=GREY, lw=0.8)
    bounds = [
        (
            simultaneous[name]["sim_low"],
            simultaneous[name]["sim_high"],
            _row_style(material, name)[0],
        )
        for name in names
    ]
    _intervals(left, bounds, lw=1.1)
    for k, name in enumerate(names):
        colour, marker = _row_style(material, name)
        row = simultaneous[name]
        left.plot(row["difference"], k, marker, color=colour, ms=5.5,
                  mfc="white" if row["verdict"] == statistics.CANNOT_TELL else colour)  # fmt: skip
        _flip_row(right, material, found[name], k)
    _regime_axis(left, [material.label(name) for name in names])
    _regime_axis(right, [""] * len(names))
    left.set_xlabel(material.words("figure.welfare_difference"))
    right.axvspan(*PLAUSIBLE_EXTERNAL_VALUE, color="#f0f0f0", zorder=0)
    criteria: Any = material.setup.world.sections["criteria"]
    right.axvline(criteria.external_value, color=GREY, ls="--", lw=1)
    right.set_xlim(FLIP_WINDOW)
    right.set_xlabel(material.words("figure.flip"))
    return figure


def _row_style(material: Material, name: str) -> tuple[str, str]:
    k = material.main.names.index(name)
    return _colour(k), _marker(k)


def _flip_row(axes: Axes, material: Material, row: Mapping[str, Any], k: int) -> None:
    """Flip point with its interval; outside the window it is written at the edge."""
    colour, marker = _row_style(material, row["regime"])
    if not row["bounded"]:
        axes.text(3.25, k, material.words("figure.no_flip"), va="center", fontsize=8, color=GREY)
        return
    lowest, highest = FLIP_WINDOW
    if not lowest <= row["flip"] <= highest:
        below = row["flip"] < lowest
        axes.text(lowest + 0.1 if below else highest - 0.1, k,
                  f"< {row['flip']:.1f}" if below else f"{row['flip']:.1f} >", va="center",
                  ha="left" if below else "right", fontsize=8, color=colour)  # fmt: skip
        return
    axes.plot([row["flip_low"], row["flip_high"]], [k, k], color=colour, lw=1.1)
    axes.plot(row["flip"], k, marker, color=colour, ms=5.5)


# --- shares and stacks --------------------------------------------------------------------------


def draw_two_skins(material: Material) -> Figure:
    """The three shares of the two skins, mean with interval."""
    names = material.main.names
    figure = Figure(figsize=(11, 1.2 + 0.28 * len(names)))
    for column, (axes, outcome) in enumerate(zip(figure.subplots(1, 3), SKINS, strict=True)):
        found = material.main[outcome]
        bounds = [(*statistics.mean_interval(values), _colour(k)) for k, values in enumerate(found)]
        _intervals(axes, bounds, lw=1.4)
        for k, values in enumerate(found):
            axes.plot(statistics.mean_and_se(values)[0], k, _marker(k), color=_colour(k), ms=5.5)
        labels = [material.label(name) for name in names] if column == 0 else [""] * len(names)
        _regime_axis(axes, labels)
        axes.set_title(material.words("outcome." + outcome))
        axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
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
    """Stacked bars, one row per regime; hatches tell the parts apart in grey."""
    names = material.main.names
    figure = Figure(figsize=(11 if len(panels) > 1 else 9, 1.6 + 0.3 * len(names)))
    for column, (title, parts) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), column + 1)
        left = np.zeros(len(names))
        for k, (label, values) in enumerate(parts):
            axes.barh(range(len(names)), values, left=left, height=0.68, label=label,
                      color=STACK_COLOURS[k], hatch=HATCHES[k], edgecolor="white", lw=0.5)  # fmt: skip
            left += values
        _regime_axis(
            axes, [material.label(name) for name in names] if column == 0 else [""] * len(names)
        )
        axes.set_xlabel(title)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3 if len(parts) > 5 else 5, fontsize=8,
                  handlelength=2.4, handleheight=1.4)  # fmt: skip
    return figure


# --- robustness ---------------------------------------------------------------------------------


def draw_rank_stability(material: Material) -> Figure:
    """Rank of each regime in each variant of the world, for two counts."""
    shown = ("solved", "technical")
    names = material.main.names
    variants = list(dict.fromkeys(row["variant"] for row in material.tables["robustness"]))
    width = 3.2 + 2 * max(0.62 * len(variants), 2.4)
    figure = Figure(figsize=(width, 1.9 + 0.3 * len(names)))
    for column, (axes, outcome) in enumerate(zip(figure.subplots(1, 2), shown, strict=True)):
        ranks = np.array([
            [material.rows("robustness", variant=v, outcome=outcome)[name]["rank"] for v in variants]
            for name in names
        ])  # fmt: skip
        image = axes.imshow(ranks, cmap="cividis_r", aspect="auto", vmin=1, vmax=len(names))
        for (row, cell), rank in np.ndenumerate(ranks):
            dark = rank > 0.55 * len(names)
            axes.text(cell, row, f"{rank:g}", ha="center", va="center", fontsize=8,
                      color="white" if dark else "black")  # fmt: skip
        labels = [material.label(name) for name in names] if column == 0 else [""] * len(names)
        axes.set_yticks(range(len(names)), labels)
        axes.set_xticks(range(len(variants)), [printable(_variant(material, v)) for v in variants],
                        rotation=40, ha="right", rotation_mode="anchor")  # fmt: skip
        axes.tick_params(length=0)
        axes.set_title(material.words("outcome." + outcome))
    figure.colorbar(image, ax=figure.axes, label=material.words("figure.rank"), shrink=0.8)
    return figure


def _variant(material: Material, name: str) -> str:
    return material.words("figure.main_variant") if name == "main" else name


def _any(material: Material) -> bool:
    return len(material.main.names) > 0 and len(material.main.replicates) > 0


def _with_paths(material: Material) -> bool:
    return _any(material) and material.trajectories.num_rows > 0


def _with_reference(material: Material) -> bool:
    return material.setup.reference.name in material.main.names and len(material.main.names) > 1


def _with_any_reference(material: Material) -> bool:
    return len(material.main.names) > 1 and any(
        b in material.main.names for b in baselines(material.setup)
    )


def _with_variants(material: Material) -> bool:
    return len({row["variant"] for row in material.tables["robustness"]}) > 1


PLOTS = (
    Plot("forest", draw_forest, "differences.csv", _with_any_reference),
    Plot(
        "fans_technical",
        lambda material: draw_fans(material, "technical"),
        "trajectories.parquet",
        _with_paths,
    ),
    Plot(
        "fans_solved",
        lambda material: draw_fans(material, "solved"),
        "trajectories.parquet",
        _with_paths,
    ),
    Plot("incidence", draw_incidence, "incidence.csv", _any),
    Plot("cost_plane", draw_cost_plane, "incremental_cost.csv", _with_reference),
    Plot("welfare", draw_welfare, "welfare_flips.csv", _with_reference),
    Plot("two_skins", draw_two_skins, "summary.csv", _any),
    Plot("payers", draw_payers, "summary.csv", _any),
    Plot("gains", draw_gains, "summary.csv", _any),
    Plot("leads", draw_leads, "summary.csv", _any),
    Plot("rank_stability", draw_rank_stability, "robustness.csv", _with_variants),
)
