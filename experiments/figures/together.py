"""Who works with whom, and where: networks on one layout, and a tile map of the regions."""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from agents.kinds import KINDS
from experiments.figures.axes import small_multiples
from experiments.figures.material import Material
from experiments.figures.style import GREY, PACKAGE, STACK_COLOURS, printable

KIND_MARKERS = ("s", "^", "o", "D")
LAYOUT_STEPS = 60
DARK = 0.4  # lightness below which letters are white
LIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue
TILE = 0.92


class Tile(NamedTuple):
    """Where a region stands on the map, rows counted from the top, and its short name."""

    column: int
    row: int
    short: str


# ---------------------------------------------------------------- network


def draw_network(material: Material) -> Figure:
    """The projects of replicate 0 as ties between organisations; every one keeps its place."""
    ties: dict[str, list[Any]] = {name: [] for name in material.main.names}
    for row in material.tables["network"]:
        ties.get(row["regime"], []).append(row)
    people = {
        row["organisation"]: row
        for row in material.tables["organisations"] if row["replicate"] == 0
    }  # fmt: skip
    places = shared_layout(people, material.tables["network"])
    figure, panels = small_multiples(material, share=False)
    for rows, axes in zip(ties.values(), panels, strict=True):
        _network_panel(axes, rows, people, places)
    handles = [
        Line2D([], [], ls="", marker=KIND_MARKERS[k], color=STACK_COLOURS[k],
               label=material.words(f"kind.{kind}"))
        for k, kind in enumerate(KINDS)
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower right", ncols=4, fontsize=8)
    return figure


def shared_layout(
    people: Mapping[int, Any], ties: Sequence[Mapping[str, Any]]
) -> dict[int, np.ndarray]:
    """Places in [-1, 1] x [-1, 1] by the ties of all regimes together.

    The springs start from a circle on which organisations stand by region and row, so that no
    luck is needed and the same ties give the same picture.
    """
    import networkx

    graph = networkx.Graph()
    tied = {tie[end] for tie in ties for end in ("first", "second")}
    order = sorted(people, key=lambda row: (people[row]["region"], row))
    graph.add_nodes_from(row for row in order if row in tied)
    for tie in ties:
        pair = tie["first"], tie["second"]
        before = graph.get_edge_data(*pair, {"weight": 0.0})["weight"]
        graph.add_edge(*pair, weight=before + tie["projects"])
    alone = [row for row in order if row not in tied]
    if not tied:
        return _circle(alone, 1.0)
    most = max(tie["weight"] for *_, tie in graph.edges(data=True))
    for *_, tie in graph.edges(data=True):
        tie["weight"] = math.log1p(tie["weight"]) / math.log1p(most)
    found = networkx.spring_layout(
        graph, pos=_circle(list(graph), 1.0), k=3.0 / math.sqrt(len(graph)),
        iterations=LAYOUT_STEPS, method="force",
    )  # fmt: skip
    return _spread_out(found) | _circle(alone, 1.0)


def _circle(rows: Sequence[int], radius: float) -> dict[int, np.ndarray]:
    angles = np.linspace(0.0, 2.0 * math.pi, len(rows), endpoint=False)
    return {row: radius * np.array([math.cos(a), math.sin(a)])
            for row, a in zip(rows, angles, strict=True)}  # fmt: skip


def _spread_out(places: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """The same directions from the middle, with distances by their rank: a disc filled evenly."""
    at = np.array(list(places.values()))
    at = at - np.median(at, axis=0)
    distance = np.hypot(*at.T)
    rank = (np.argsort(np.argsort(distance, kind="stable"), kind="stable") + 0.5) / len(at)
    at *= (0.92 * np.sqrt(rank) / np.maximum(distance, 1e-12))[:, None]
    return dict(zip(places, at, strict=True))


def _network_panel(
    axes: Axes, ties: Sequence[Mapping[str, Any]], people: Mapping[int, Any], places: Any
) -> None:
    """Ties by number of joint projects; organisations without any are small and pale."""
    lines = [(places[tie["first"]], places[tie["second"]]) for tie in ties]
    widths = [0.25 + 0.35 * math.log1p(tie["projects"]) for tie in ties]
    # thousands of lines: as a picture inside the SVG, or it would take megabytes
    axes.add_collection(
        LineCollection(lines, linewidths=widths, colors=GREY, alpha=0.35, rasterized=True)
    )
    partners = np.zeros(max(people, default=0) + 1, np.int64)
    for tie in ties:
        partners[[tie["first"], tie["second"]]] += 1
    for k, kind in enumerate(KINDS):
        rows = [row for row, one in people.items() if one["kind"] == kind]
        if rows:
            x, y = np.array([places[row] for row in rows]).T
            size = 4 + 4 * np.sqrt(partners[rows])
            axes.scatter(x, y, size, color=STACK_COLOURS[k], marker=KIND_MARKERS[k],
                         alpha=np.where(partners[rows] > 0, 1.0, 0.3), lw=0)  # type: ignore[arg-type]  # fmt: skip
    axes.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08), xticks=[], yticks=[])
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)


# ---------------------------------------------------------------- regions


def draw_regions(material: Material) -> Figure:
    """One tile per region: participations in projects per organisation."""
    values: dict[str, dict[str, float]] = {}
    for row in material.tables["who_gains"]:
        if row["grouping"] == "region" and row["measure"] == "participations":
            per_head = row["mean"] / row["organisations"] if row["organisations"] else math.nan
            values.setdefault(row["regime"], {})[row["group"]] = per_head
    regions = list(dict.fromkeys(region for found in values.values() for region in found))
    tiles = tile_places(regions, material.words.lang)
    known = [v for found in values.values() for v in found.values() if v == v] or [0.0]
    scale = ScalarMappable(Normalize(min(known), max(known)), colormaps["cividis"])
    shown = [name for name in material.main.names if name in values]
    figure, panels = small_multiples(material, share=False, names=shown)
    for name, axes in zip(shown, panels, strict=True):
        _tiles(axes, tiles, values[name], scale)
    figure.colorbar(scale, ax=figure.axes, shrink=0.7, pad=0.02,
                    label=material.words("figure.participations_each"))  # fmt: skip
    return figure


@functools.cache
def _known_tiles() -> dict[str, dict[str, str]]:
    with (PACKAGE / "data" / "tiles.csv").open(encoding="utf-8", newline="") as file:
        return {row["region"]: row for row in csv.DictReader(file)}


def tile_places(regions: Sequence[str], lang: str) -> dict[str, Tile]:
    """The tile of each region; in rows of equal length where the map is unknown."""
    known = _known_tiles()
    if all(region in known for region in regions):
        return {
            region: Tile(int(row["column"]), int(row["row"]), row[f"short_{lang}"])
            for region in regions
            for row in (known[region],)
        }
    columns = math.ceil(math.sqrt(len(regions)))
    return {
        region: Tile(k % columns, k // columns, printable(region[:6]))
        for k, region in enumerate(regions)
    }


def _tiles(
    axes: Axes, tiles: Mapping[str, Tile], values: Mapping[str, float], scale: ScalarMappable
) -> None:
    few = len(tiles) <= 9
    for region, tile in tiles.items():
        value = values.get(region, math.nan)
        colour: Any = scale.to_rgba(np.array([value]))[0]
        missing = math.isnan(value)
        corner = (tile.column - TILE / 2, tile.row - TILE / 2)
        face = "#eeeeee" if missing else colour
        axes.add_patch(Rectangle(corner, TILE, TILE, lw=0, facecolor=face))
        text = f"{tile.short}\n{value:.2g}" if few and not missing else tile.short
        dark = not missing and float(np.dot(colour[:3], LIGHTNESS)) < DARK
        axes.text(tile.column, tile.row, text, ha="center", va="center",
                  fontsize=8 if few else 5.5, color="white" if dark else "black")  # fmt: skip
    columns, rows = [tile.column for tile in tiles.values()], [tile.row for tile in tiles.values()]
    axes.set(xlim=(min(columns) - 0.6, max(columns) + 0.6), xticks=[], yticks=[])
    axes.set_ylim(max(rows) + 0.6, min(rows) - 0.6)
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)
