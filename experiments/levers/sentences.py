"""The census in words: which levers bite, which only under a condition, and what could be told."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.levers.results import (
    ONLY_IF,
    POWER,
    SHOWN,
    VERDICTS,
    Cell,
    Found,
    Judged,
    told,
)
from experiments.report import interval, number
from experiments.why.results import plain
from experiments.words import Words
from simulation.outcomes import COUNTS

LARGEST = 3  # effects named for each count


def sentences(found: Found, lang: str) -> list[str]:
    """The answer, a sentence or two in each line."""
    words = Words(lang)
    cells = found.cells
    return [
        words(
            "levers.head", levers=len(found.levers), levels=len(cells) // len(SHOWN),
            n=max(cell.found.n for cell in cells), told=sum(cell.told for cell in cells),
            cells=len(cells),
        ),
        *_verdicts(found, words),
        *(text for outcome in COUNTS for text in _largest(found, outcome, words)),
        *_same(found, words),
        _power(found, words),
        *([words("levers.missing", count=found.missing)] if found.missing else []),
        words("levers.rule"),
    ]  # fmt: skip


def _verdicts(found: Found, words: Words) -> Iterator[str]:
    for verdict in VERDICTS:
        listed = [
            words("levers.condition", lever=one.row.lever, condition=condition(one, words))
            if verdict == ONLY_IF
            else one.row.lever
            for one in found.levers
            if one.verdict == verdict
        ]
        if listed:
            between = words("list.semicolon") if verdict == ONLY_IF else words("list.comma")
            yield words(
                f"levers.{verdict}", count=len(listed), all=len(found.levers),
                list=between.join(listed),
            )  # fmt: skip


def condition(one: Judged, words: Words) -> str:
    """The world in which, or the outcome on which, the fixed test shows the lever."""
    outcome = words("levers.on_outcome", outcome=one.row.outcome)
    if not one.row.world:
        return outcome
    return words.join([words("levers.in_world", world=told(one.row.world)), outcome])


def _largest(found: Found, outcome: str, words: Words) -> Iterator[str]:
    """The levels that move a count most, one for each lever."""
    by_lever: dict[str, Cell] = {}
    for cell in sorted(found.cells, key=lambda cell: -abs(cell.found.difference)):
        if cell.outcome == outcome and cell.told:
            by_lever.setdefault(cell.move.row.lever, cell)
    if not by_lever:
        return
    listed = [_effect(cell, words) for cell in list(by_lever.values())[:LARGEST]]
    yield words(
        "levers.largest", outcome=words(f"outcome.{outcome}"),
        list=words("list.semicolon").join(listed),
    )  # fmt: skip


def _effect(cell: Cell, words: Words) -> str:
    row, one = cell.move.row, cell.found
    return words(
        "levers.effect", lever=row.lever, level=plain(cell.move.value), regime=row.regime,
        first=plain(row.low[row.lever]), difference=number(one.difference, signed=True),
        interval=interval(one.sim_low, one.sim_high, signed=True),
    )  # fmt: skip


def _same(found: Found, words: Words) -> Iterator[str]:
    """Levels under which not one pair of runs differs."""
    names = []
    for one in found.levers:
        for start in range(0, len(one.cells), len(SHOWN)):
            level = one.cells[start : start + len(SHOWN)]
            if all(cell.same for cell in level):
                names.append(f"{one.row.lever} = {plain(level[0].move.value)}")
    if names:
        yield words("levers.same", count=len(names), list=words.join(names))


def _power(found: Found, words: Words) -> str:
    listed = [
        f"{words(f'outcome.{outcome}')} {number(found.detectable(outcome))}" for outcome in SHOWN
    ]
    return words("levers.power", power=words.percent(POWER), list=words.join(listed))
