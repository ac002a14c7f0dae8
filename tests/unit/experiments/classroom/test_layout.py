"""Everybody has a place of its own in its region's field, on a page and on a wall."""

from __future__ import annotations

import pytest

from experiments.classroom.layout import SCREEN, WALL, Sheet, scene
from experiments.words import LANGUAGES


@pytest.mark.parametrize("sheet", [SCREEN, WALL])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_have_room_in_their_fields(sheet: Sheet, lang: str) -> None:
    told = scene(lang, sheet)
    places = [(one["x"], one["y"]) for one in told["organisations"]]
    assert len(set(places)) == len(places) == 40
    for one in told["organisations"]:
        field = told["regions"][one["region"]]
        assert field["x"] < one["x"] < field["x"] + field["width"]
        lowest = one["y"] + sheet.first + 2 * sheet.line  # base line of the third line of a name
        assert field["y"] < one["y"] and lowest < field["y"] + field["height"]
    for k, (x, y) in enumerate(places):
        for left, up in places[:k]:
            assert abs(x - left) >= 90 or abs(y - up) >= 3 * sheet.line  # a name lies between


def test_fields_fill_the_sheet_and_do_not_overlap() -> None:
    for sheet in (SCREEN, WALL):
        fields = scene("en", sheet)["regions"]
        assert sum(one["width"] * one["height"] for one in fields) == sheet.width * sheet.height
        corners = {(one["x"], one["y"]) for one in fields}
        assert len(corners) == 4
        for one in fields:
            right, bottom = one["x"] + one["width"], one["y"] + one["height"]
            assert right == sheet.width or (right, one["y"]) in corners
            assert bottom in (sheet.height // 2, sheet.height)
