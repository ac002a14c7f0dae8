"""Figures of a comparison, each as SVG and PNG, with caption, number of runs, and alternative text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from matplotlib.figure import Figure

from experiments.figures.differences import draw_forest
from experiments.figures.material import FigureInfo, Material
from experiments.figures.money import draw_cost_plane, draw_welfare
from experiments.figures.over_time import draw_fans, draw_incidence
from experiments.figures.ranks import draw_dependence
from experiments.figures.shares import draw_gains, draw_leads, draw_payers, draw_two_skins
from experiments.figures.style import GREY, PNG_DPI, save, style
from experiments.figures.together import draw_network, draw_regions
from experiments.figures.who import draw_consortia, draw_gains_by, draw_lorenz
from experiments.figures.why import draw_why
from experiments.populations import region_title
from experiments.second_process import SecondProcess
from experiments.tables import baselines, panel
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import Setup

__all__ = ["PLOTS", "FigureInfo", "Plot", "save", "write_figures"]

DRAWN_TABLES = (
    "differences", "fans", "incidence", "incremental_cost", "welfare_flips", "who_gains", "lorenz", "consortia",
    "network", "organisations", "dependence", "why",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plot:
    """A kind of figure: how it is drawn, which table holds its numbers, when it can be drawn.

    ``replicates``: how many are behind it, if not all.
    """

    name: str
    draw: Callable[[Material], Figure]
    table: str
    possible: Callable[[Material], bool]
    replicates: Callable[[Material], int] = lambda material: len(material.main.replicates)


def write_figures(
    runs: pa.Table,
    tables: Mapping[str, pa.Table],
    setup: Setup,
    out: Path,
    lang: str | None = None,
    helper: SecondProcess | None = None,
) -> list[FigureInfo]:
    """Draw every figure the runs allow into ``out / "figures"``.

    Parameters
    ----------
    runs: the table of runs.
    tables: what :func:`experiments.tables.write_tables` returned; ``organisations`` of the replays
        and ``why`` where they are there.
    out: folder of the comparison.
    lang: language of the words in the figures; the setup's when None.
    helper: a second process, which draws half of the figures.
    """
    rows = {name: tables[name].to_pylist() if name in tables else [] for name in DRAWN_TABLES}
    material = Material(panel(runs, setup), rows, setup, Words(lang or setup.lang))
    folder = out / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    names = [plot.name for plot in PLOTS if plot.possible(material)]
    if helper is None:
        return _draw(material, folder, names)
    others = helper.call(_draw, material, folder, names[1::2])
    drawn = {figure.name: figure for figure in (*_draw(material, folder, names[::2]), *others())}
    return [drawn[name] for name in names]


def _draw(material: Material, folder: Path, names: Sequence[str]) -> list[FigureInfo]:
    titles = "".join([
        *(material.label(name) for name in material.main.names),
        *(material.printable(region_title(row["group"], material.words.lang))
          for row in material.tables["who_gains"] if row["grouping"] == "region"),
        *(str(row["lever"]) for row in material.tables["why"]),
    ])  # fmt: skip
    with style(material.words.lang, titles):
        return [_write(plot, material, folder) for plot in PLOTS if plot.name in names]


def _write(plot: Plot, material: Material, folder: Path) -> FigureInfo:
    words = material.words
    figure = plot.draw(material)
    svg, png = folder / f"{plot.name}.svg", folder / f"{plot.name}.png"
    n = plot.replicates(material)
    edge = 0.03 / figure.get_figheight()  # inches, whatever the height
    figure.text(0.004, edge, words("report.n", n=n), va="bottom", fontsize=7, color=GREY)
    save(figure, svg, png, PNG_DPI)
    places = {"n": n, "quarters": material.horizon, **_places(plot, material)}
    return FigureInfo(
        plot.name, words(f"figure.{plot.name}.title"), words(f"figure.{plot.name}.caption", **places),
        words(f"figure.{plot.name}.alt", **places), n, plot.table, svg, png,
    )  # fmt: skip


def _places(plot: Plot, material: Material) -> dict[str, Any]:
    """Numbers that captions and alternative texts may name."""
    means = material.main["technical"].mean(axis=1) if material.main.names else np.zeros(0)
    order = np.argsort(-means, kind="stable")
    described = [f"{material.label(material.main.names[k])} {means[k]:.1f}" for k in order]
    return {"technical_means": material.words.join(described), "regimes": len(means)}


def _any(material: Material) -> bool:
    return len(material.main.names) > 0 and len(material.main.replicates) > 0


def _with(table: str) -> Callable[[Material], bool]:
    """Whether a table has rows."""
    return lambda material: bool(material.tables[table])


def _with_reference(material: Material) -> bool:
    return material.setup.reference.name in material.main.names and len(material.main.names) > 1


def _with_any_reference(material: Material) -> bool:
    return len(material.main.names) > 1 and any(
        b in material.main.names for b in baselines(material.setup)
    )


def _several(material: Material) -> bool:
    return len(material.main.names) > 1 and _any(material)


def _behind(table: str) -> Callable[[Material], int]:
    """Replicates behind the rows of a table."""
    return lambda material: max((row["n"] for row in material.tables[table]), default=0)


def _fans(count: str) -> Callable[[Material], Figure]:
    return lambda material: draw_fans(material, count)


PLOTS = (
    Plot("forest", draw_forest, "differences", _with_any_reference),
    Plot("fans_technical", _fans("technical"), "fans", _with("fans")),
    Plot("fans_solved", _fans("solved"), "fans", _with("fans")),
    Plot("incidence", draw_incidence, "incidence", _any),
    Plot("cost_plane", draw_cost_plane, "incremental_cost", _with_reference),
    Plot("welfare", draw_welfare, "welfare_flips", _with_reference),
    Plot("payers", draw_payers, "summary", _any),
    Plot("why", draw_why, "why", _with("why"), _behind("why")),
    Plot("gains", draw_gains, "summary", _any),
    Plot("gains_by", draw_gains_by, "who_gains", _with("who_gains"), _behind("who_gains")),
    Plot("leads", draw_leads, "summary", _any),
    Plot("lorenz", draw_lorenz, "lorenz", _with("lorenz"), _behind("lorenz")),
    Plot("two_skins", draw_two_skins, "summary", _any),
    Plot("consortia", draw_consortia, "consortia", _any),
    Plot("network", draw_network, "network", _with("network"), lambda _: 1),
    Plot("regions", draw_regions, "who_gains", _with("who_gains"), _behind("who_gains")),
    Plot("dependence", draw_dependence, "dependence", _several),
)
