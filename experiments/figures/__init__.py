"""Figures of a comparison, each as SVG and PNG, with caption, number of runs, and alternative text."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
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
from experiments.figures.ranks import draw_rank_stability
from experiments.figures.shares import draw_gains, draw_leads, draw_payers, draw_two_skins
from experiments.figures.style import GREY, PNG_DPI, save, style
from experiments.tables import baselines, panel
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import Setup

__all__ = ["PLOTS", "FigureInfo", "Plot", "save", "write_figures"]

HELPER = "from experiments.figures import draw_ordered as d; d()"
DRAWN_TABLES = ("differences", "incremental_cost", "welfare_flips", "robustness")


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


def _write(plot: Plot, material: Material, folder: Path) -> FigureInfo:
    words = material.words
    figure = plot.draw(material)
    svg, png = folder / f"{plot.name}.svg", folder / f"{plot.name}.png"
    n = len(material.main.replicates)
    figure.text(0.004, 0.004, words("report.n", n=n), fontsize=7, color=GREY)
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
