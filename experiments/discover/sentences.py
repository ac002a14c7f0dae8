"""The answer in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from experiments.discover.boxes import Box, Side, Way
from experiments.discover.measures import Measured
from experiments.discover.question import FAILS, Cases
from experiments.report import interval, number
from experiments.sweep.designs import Design
from experiments.sweep.space import shown
from experiments.words import Words

SECURE = 20  # replicates below which more are advised


def sentences(
    design: Design,
    cases: Cases,
    ways: Sequence[Way],
    measured: Sequence[Measured],
    titles: Mapping[str, str],
    words: Words,
) -> list[str]:
    """How often, where, and how far it is to be trusted."""
    count, replicates = cases.differences.shape
    places = {
        "event": event(cases, titles, words), "cases": int(cases.case.sum()), "points": count,
        "share": words.percent(float(cases.case.mean())),
    }  # fmt: skip
    told = [number for number, one in enumerate(measured) if one.told]
    lines = [
        words("discover.cases", **places),
        words(
            "discover.untold", untold=int((~cases.told).sum()), points=count, replicates=replicates
        ),
    ]
    for place, (way, one) in enumerate(zip(ways, measured, strict=True)):
        lines += _of_box(design, way.box, one, place, words)
    if not ways:
        lines.append(words("discover.no_box"))
    elif not told:
        lines.append(words("discover.nothing_told"))
    lines.append(words("discover.rule", worlds=len(cases.held_out)))
    if replicates < SECURE:
        lines.append(words("discover.few", replicates=replicates, secure=SECURE))
    return lines


def event(cases: Cases, titles: Mapping[str, str], words: Words) -> str:
    """What makes a world a case, as the end of a sentence."""
    question = cases.question
    regime, against = titles[question.regime], titles[question.against]
    outcome = words.get(f"outcome.{question.outcome}", question.outcome)
    key = question.kind
    if question.kind == FAILS and question.below != 0.0:
        key = "fails_by"
    return words(
        f"discover.{key}", regime=regime, against=against, outcome=outcome,
        below=number(question.below, signed=True),
    )  # fmt: skip


def _of_box(design: Design, box: Box, one: Measured, place: int, words: Words) -> Iterator[str]:
    places = {
        "number": place + 1, "where": where(design, box, words),
        "density": words.percent(one.density.value), "hits": one.density.hits,
        "count": one.density.count, "base": words.percent(one.base.value), "of": one.base.count,
        "low": words.percent(one.density.low), "high": words.percent(one.density.high),
        "coverage": words.percent(one.coverage.value), "found": words.percent(one.found_density),
        "gap": number(one.gap, signed=True), "interval": interval(one.gap_low, one.gap_high, signed=True),
    }  # fmt: skip
    if not one.density.count:
        yield words("discover.empty", **places)
        return
    yield words("discover.box_told" if one.told else "discover.box_untold", **places)
    yield words("discover.gap", **places)


def where(design: Design, box: Box, words: Words) -> str:
    """The sides of a box; both ends of one factor are said together."""
    by_factor: dict[int, list[Side]] = {}
    for side in box.sides:
        by_factor.setdefault(side.factor, []).append(side)
    parts = [_part(design, sides, words) for sides in by_factor.values()]
    return words("list.and").join(parts)


def _part(design: Design, sides: Sequence[Side], words: Words) -> str:
    factor = design.space.factors[sides[0].factor]
    if sides[0].levels:
        listed = words("list.or").join(map(shown, sides[0].levels))
        return words("discover.levels", factor=factor.name, levels=listed)
    low = next((side.low for side in sides if side.low is not None), None)
    high = next((side.high for side in sides if side.high is not None), None)
    if low is not None and high is not None:
        key = "equal" if low == high else "between"
        return words(f"discover.{key}", factor=factor.name, low=number(low), high=number(high))
    if low is not None:
        return words("discover.from", factor=factor.name, low=number(low))
    return words("discover.up_to", factor=factor.name, high=number(high))
