"""The facts in words: where each emerges, by how much, and where not."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.report import number
from experiments.stylised.results import (
    CONTRARY,
    EMERGES,
    EVERYWHERE,
    HUB_FACT,
    NAMES,
    OPEN,
    SOMEWHERE,
    Found,
)
from experiments.words import Words


def sentences(found: Found, lang: str) -> list[str]:
    """A line for each fact, then the rule."""
    words = Words(lang)
    emerging = [name for name in NAMES if found.overall(name) in (EVERYWHERE, SOMEWHERE)]
    head = words(
        "facts.head", count=len(emerging), all=len(NAMES), replicates=found.replicates,
        regimes=len({one.regime for one in found.cells if one.fact != HUB_FACT}),
    )  # fmt: skip
    return [head, *(_of_one(found, name, words) for name in NAMES), words("facts.rule")]


def _of_one(found: Found, name: str, words: Words) -> str:
    cells, title = found.of(name), words(f"facts.title.{name}")
    if not cells:
        return words("facts.unknown", fact=title)
    counts = {
        key: sum(one.verdict == verdict for one in cells)
        for key, verdict in (("emerges", EMERGES), ("contrary", CONTRARY), ("open", OPEN))
    }
    return words(
        "facts.one", fact=title, overall=words(f"facts.overall.{found.overall(name)}"),
        value=_range([one.value for one in cells]), of=len(cells),
        reference=_range([one.reference for one in cells]), **counts,
    )  # fmt: skip


def _range(values: Sequence[float]) -> str:
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low}–{high}"
