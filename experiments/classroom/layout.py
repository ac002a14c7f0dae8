"""Where everybody stands: one fixed place for each organisation, so that pictures can be compared."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Any

from agents.kinds import KINDS, OWNERSHIPS
from experiments.classroom.case import base
from experiments.populations import DATA, label_in, region_title

MOST_ENTRANTS = 24  # places for start-ups in a field; later ones share the last


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a picture is laid out, in its own units.

    Attributes
    ----------
    columns: of organisations, in the four fields: upper left and right, lower left and right.
    top: of the first row of organisations below the edge of their field; row: from row to row.
    stagger: by how much every second column stands lower, so that no line runs through neighbours.
    first, line: first line of a name below its shape; from line to line.
    letters: in a line of a name, English and Chinese.
    scale: of shapes.
    bend: of lines between organisations, as part of their length.
    """

    width: int
    height: int
    columns: tuple[int, int, int, int]
    top: int
    row: int
    stagger: int
    first: int
    line: int
    letters: tuple[int, int]
    scale: float
    bend: float


SCREEN = Sheet(
    width=1000, height=640, columns=(5, 5, 5, 5), top=52, row=78, stagger=26,
    first=25, line=13, letters=(16, 7), scale=1.0, bend=0.0,
)  # fmt: skip
WALL = Sheet(  # projected: names of one fortieth of the height of a screen of 1920 by 1080
    width=1920, height=850, columns=(3, 5, 4, 4), top=62, row=123, stagger=0,
    first=44, line=28, letters=(14, 8), scale=1.2, bend=0.1,
)  # fmt: skip


@cache
def scene(lang: str, sheet: Sheet = SCREEN) -> dict[str, Any]:
    """Organisations and regions with names and places; the same for every run.

    Regions stand in two rows as on the map; in each, lead firms come first, then the other kinds.
    """
    population = base().population
    tiles = _tiles(population.regions)
    slots = _slots(tiles)
    fields = _fields(sheet)
    taken = [0] * len(population.regions)
    organisations: list[dict[str, Any]] = []
    for row in range(population.size):
        region = int(population.region[row])
        x, y = _place(sheet, slots[region], taken[region])
        taken[region] += 1
        organisations.append({
            "name": label_in(population.labels[row], lang), "region": region, "x": x, "y": y,
            "kind": KINDS[population.kind[row]], "ownership": OWNERSHIPS[population.ownership[row]],
            "staff": float(population.staff[row]),
        })  # fmt: skip
    regions = [
        {"name": region_title(name, lang), **fields[slots[k]], "column": tiles[k][0], "row": tiles[k][1]}
        for k, name in enumerate(population.regions)
    ]  # fmt: skip
    return {"width": sheet.width, "height": sheet.height, "most_entrants": MOST_ENTRANTS,
            "first": sheet.first, "line": sheet.line, "letters": sheet.letters[lang == "zh"], "scale": sheet.scale,
            "bend": sheet.bend, "organisations": organisations, "regions": regions}  # fmt: skip


def _tiles(regions: tuple[str, ...]) -> list[tuple[int, int]]:
    """Column and row of each region on the map of tiles, from 0."""
    with (DATA / "tiles.csv").open(encoding="utf-8") as file:
        known = {
            one["region"]: (int(one["column"]), int(one["row"])) for one in csv.DictReader(file)
        }
    left = min(known[name][0] for name in regions)
    top = min(known[name][1] for name in regions)
    return [(known[name][0] - left, known[name][1] - top) for name in regions]


def _slots(tiles: list[tuple[int, int]]) -> list[int]:
    """The field of each region, as :attr:`Sheet.columns` counts them, from west to east."""
    order = sorted(range(len(tiles)), key=lambda k: tiles[k])
    return [order.index(k) for k in range(len(tiles))]


def _fields(sheet: Sheet) -> list[dict[str, int]]:
    """Upper left corner, width and height of the four fields."""
    height = sheet.height // 2
    found = []
    for slot, columns in enumerate(sheet.columns):
        left = slot % 2 and _pitch(sheet, slot) * sheet.columns[slot - 1]
        width = _pitch(sheet, slot) * columns
        found.append({"x": left, "y": slot // 2 * height, "width": width, "height": height})
    return found


def _pitch(sheet: Sheet, slot: int) -> int:
    """From column to column in the row of fields that this one is in."""
    first = slot - slot % 2
    return sheet.width // sum(sheet.columns[first : first + 2])


def _place(sheet: Sheet, slot: int, number: int) -> tuple[int, int]:
    """Centre of the organisation with this number in its field."""
    row, column = divmod(number, sheet.columns[slot])
    field, pitch = _fields(sheet)[slot], _pitch(sheet, slot)
    lower = sheet.stagger * (column % 2)
    return (
        field["x"] + pitch // 2 + column * pitch,
        field["y"] + sheet.top + lower + row * sheet.row,
    )
