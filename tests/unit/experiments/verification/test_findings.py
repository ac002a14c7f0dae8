"""How new runs are held against what is published."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace
from typing import Any

import pytest

from experiments.levers.settings import rows
from experiments.published import PUBLISHED, published, published_files
from experiments.rankings.results import FLIPS, HOLDS, NOT_TOLD, OPEN
from experiments.validation.results import (
    BETWEEN,
    CANNOT_TELL,
    NOT_REPRODUCED,
    REPRODUCED,
    UNMEASURED,
)
from experiments.verification import findings
from experiments.verification.evidence import agrees
from experiments.verification.findings import family_row, outcome_row
from experiments.why.job import why
from experiments.why.settings import load_why
from experiments.words import Words

WORDS = Words("en")
THRESHOLD = 3.0


def test_the_package_holds_what_the_published_tables_say() -> None:
    files = dict(published_files())
    assert {path.name for path in PUBLISHED.iterdir()} == {path.name for path in files}
    assert all(path.read_text(encoding="utf-8") == text for path, text in files.items())
    assert list(published("levers")) == [row.lever for row in rows()]


def cell(difference: float, se: float, value: object = 3, outcome: str = "solved"):
    """An effect of a lever of the family ``selection``."""
    move = SimpleNamespace(row=SimpleNamespace(lever="selection.teams"), value=value)
    found = SimpleNamespace(difference=difference, se=se)
    return SimpleNamespace(move=move, outcome=outcome, found=found, told=True)


@pytest.mark.parametrize(
    ("one", "passed"),
    [
        (cell(2.0, 0.3), True),
        (cell(2.0 + 2.9 * 0.5, 0.3), True),  # spread of both: .5
        (cell(2.0 + 3.1 * 0.5, 0.3), False),
        (cell(-2.0, 0.3), False),
        (cell(2.0, 0.3, value=4), False),  # nothing of it is published
    ],
)
def test_an_effect_differs_when_luck_does_not_explain_it(one, passed) -> None:
    before = {"selection.teams": {"3 solved": "2 0.4"}}
    lever: Any = SimpleNamespace(cells=(one,))
    row = family_row("selection", [lever], before, THRESHOLD, WORDS)
    assert row.passed is passed
    assert row.cells[:4] == ("selection", "1", "1", "1")
    assert ("selection.teams" in row.cells[4]) is not passed


def test_effects_without_spread_are_compared_too() -> None:
    before = {"selection.teams": {"3 solved": "0 0"}}
    for difference, passed in ((0.0, True), (0.1, False)):
        lever: Any = SimpleNamespace(cells=(cell(difference, 0.0),))
        assert family_row("selection", [lever], before, THRESHOLD, WORDS).passed is passed


def pair(better: str, worse: str, verdict: str):
    return SimpleNamespace(better=better, worse=worse, verdict=verdict)


@pytest.mark.parametrize(
    ("found", "passed"),
    [
        (pair("race", "prize", HOLDS), True),
        (pair("race", "prize", OPEN), True),
        (pair("race", "prize", FLIPS), False),  # published: holds
        (pair("prize", "race", OPEN), False),  # told the other way round
        (pair("prize", "race", NOT_TOLD), None),
        (pair("race", "prize", NOT_TOLD), None),
    ],
)
def test_a_ranking_may_not_be_told_the_other_way_round(found, passed) -> None:
    row = outcome_row("solved", [found], {"race > prize": HOLDS}, WORDS)
    assert row.passed is passed
    assert row.cells[1] == "1" and row.cells[2] == str(
        int(passed is not None and found.better == "race")
    )


@pytest.mark.parametrize(
    ("now", "before", "agreed"),
    [
        (REPRODUCED, REPRODUCED, True),
        (REPRODUCED, NOT_REPRODUCED, False),
        (BETWEEN, REPRODUCED, False),
        (BETWEEN, NOT_REPRODUCED, None),
        (CANNOT_TELL, REPRODUCED, None),
        (UNMEASURED, BETWEEN, None),
        (CANNOT_TELL, CANNOT_TELL, True),
    ],
)
def test_verdicts_that_agree(now, before, agreed) -> None:
    assert agrees(now, before) is agreed and agrees(before, now) is agreed


def test_a_difference_taken_apart_is_checked_with_the_model(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        findings, "load_why",
        lambda pair, texts: load_why(pair, [*texts, "population=classroom", "jobs=1", "level=family"]),
    )  # fmt: skip
    monkeypatch.setattr(findings, "APART", findings.APART[1:])
    (row,) = findings.apart(tmp_path, False, WORDS)
    assert row.passed and float(row.cells[4]) <= findings.ROUNDING

    def wrong(setup, progress):
        answer = why(setup, progress=progress)
        shares = answer.found.by_replicate * 1.01
        return SimpleNamespace(found=dataclasses.replace(answer.found, by_replicate=shares))

    monkeypatch.setattr(findings, "why", wrong)
    (row,) = findings.apart(tmp_path, False, WORDS)
    assert row.passed is False and not math.isclose(float(row.cells[4]), 0.0)
