"""Where everybody stands: one fixed place for each organisation, so that pictures can be compared."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

from agents.kinds import KINDS, OWNERSHIPS
from experiments.classroom.case import base
from experiments.populations import DATA, label_in, region_title

WIDTH, HEIGHT = 1000, 640  # units of the picture
COLUMNS = 5  # of organisations in a region's field
FIELD = (WIDTH // 2, HEIGHT // 2)
MARGIN_TOP, ROW_HEIGHT = 52, 78
STAGGER = 26  # every second column stands lower, so that no line runs through neighbours
ENTRANT_ROW = HEIGHT // 2 - 14
MOST_ENTRANTS = 24  # places for start-ups in a field; later ones share the last


@cache
def scene(lang: str) -> dict[str, Any]:
    """Organisations and regions with names and places; the same for every run.

    Regions stand in two rows as on the map; in each, lead firms come first, then the other kinds.
    """
    population = base().population
    tiles = _tiles(population.regions)
    corners = _corners(tiles)
    taken = [0] * len(population.regions)
    organisations: list[dict[str, Any]] = []
    for row in range(population.size):
        region = int(population.region[row])
        x, y = _place(corners[region], taken[region])
        taken[region] += 1
        organisations.append({
            "name": label_in(population.labels[row], lang), "region": region, "x": x, "y": y,
            "kind": KINDS[population.kind[row]], "ownership": OWNERSHIPS[population.ownership[row]],
            "staff": float(population.staff[row]),
        })  # fmt: skip
    regions = [
        {"name": region_title(name, lang), "x": corners[k][0], "y": corners[k][1],
         "column": tiles[k][0], "row": tiles[k][1]}
        for k, name in enumerate(population.regions)
    ]  # fmt: skip
    return {"width": WIDTH, "height": HEIGHT, "field": FIELD, "entrant_row": ENTRANT_ROW,
            "most_entrants": MOST_ENTRANTS, "organisations": organisations, "regions": regions}  # fmt: skip


def _tiles(regions: tuple[str, ...]) -> list[tuple[int, int]]:
    """Column and row of each region on the map of tiles, from 0."""
    with (DATA / "tiles.csv").open(encoding="utf-8") as file:
        known = {
            one["region"]: (int(one["column"]), int(one["row"])) for one in csv.DictReader(file)
        }
    left = min(known[name][0] for name in regions)
    top = min(known[name][1] for name in regions)
    return [(known[name][0] - left, known[name][1] - top) for name in regions]


def _corners(tiles: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Upper left corner of each region's field: two to the north, two to the south-east."""
    order = sorted(range(len(tiles)), key=lambda k: tiles[k])  # from west to east
    places = {region: (k % 2 * FIELD[0], k // 2 * FIELD[1]) for k, region in enumerate(order)}
    return [places[k] for k in range(len(tiles))]


def _place(corner: tuple[int, int], number: int) -> tuple[int, int]:
    column, row = number % COLUMNS, number // COLUMNS
    width = FIELD[0] // COLUMNS
    lower = STAGGER * (column % 2)
    return corner[0] + width // 2 + column * width, corner[
        1
    ] + MARGIN_TOP + lower + row * ROW_HEIGHT
