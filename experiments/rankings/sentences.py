"""Which rankings hold, which flip and where, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from experiments.rankings.results import (
    FLIPS,
    HOLDS,
    HORIZON,
    OPEN,
    RANKED,
    Found,
    PairFound,
    ParameterFound,
    Share,
)
from experiments.report import number
from experiments.statistics import paired
from experiments.words import Words

LISTED = 5  # pairs, structures or parameters named before "and others"
Titles = Mapping[str, str]  # of the regimes


def sentences(found: Found, titles: Titles, lang: str) -> list[str]:
    """The answer, a sentence or two in each line."""
    words = Words(lang)
    return [
        *(text for outcome in RANKED for text in _of_one(found, outcome, titles, words)),
        *([words("rankings.missing", count=found.missing)] if found.missing else []),
        words("rankings.rule", per_draw=found.per_draw),
    ]


def _of_one(found: Found, outcome: str, titles: Titles, words: Words) -> Iterator[str]:
    head, told = words(f"outcome.{outcome}"), found.told(outcome)
    if not told:
        yield words("rankings.head_none", outcome=head)
        return
    counts = {
        verdict: sum(one.verdict == verdict for one in told) for verdict in (HOLDS, FLIPS, OPEN)
    }
    yield words(
        "rankings.head", outcome=head, told=len(told), pairs=len(found.pairs[outcome]),
        draws=found.draws, **counts,
    )  # fmt: skip
    holding = [one for one in told if one.verdict == HOLDS]
    flipping = [one for one in told if one.verdict == FLIPS]
    for key, pairs in (
        ("firmest", sorted(holding, key=lambda one: -one.same.share)),
        ("flips_list", sorted(flipping, key=lambda one: -one.reversed_.share)),
    ):
        if pairs:
            listed = _listed([_pair(one, titles, words) for one in pairs], words)
            yield words(f"rankings.{key}", outcome=head, list=listed)
    yield _variances(told, head, words)
    yield _structures(found, told, outcome, head, words)
    yield _parameters(found.parameters[outcome], head, titles, words)


def _listed(parts: list[str], words: Words) -> str:
    shown = parts[:LISTED]
    if len(parts) > LISTED:
        shown.append(words("list.and_more", count=len(parts) - LISTED))
    return words("list.semicolon").join(shown)


def _pair(one: PairFound, titles: Titles, words: Words) -> str:
    return words(
        "rankings.pair", better=titles[one.better], worse=titles[one.worse],
        same=words.percent(one.same.share), same_interval=bounds(one.same),
        reversed=words.percent(one.reversed_.share), reversed_interval=bounds(one.reversed_),
    )  # fmt: skip


def bounds(share: Share) -> str:
    """Interval of a share in percent."""
    return f"[{100 * share.low:.0f}, {100 * share.high:.0f}]"


def _variances(told: list[PairFound], head: str, words: Words) -> str:
    """Shares of the sources, median over pairs."""
    parts = np.array(
        [[getattr(one.variances, name) for name in ("luck", "parameters", "structures")] for one in told]
    )  # fmt: skip
    whole = parts.sum(axis=1, keepdims=True)
    luck, parameters, structures = np.median(parts / np.where(whole > 0.0, whole, 1.0), axis=0)
    return words(
        "rankings.variances", outcome=head, luck=words.percent(luck),
        parameters=words.percent(parameters), structures=words.percent(structures),
    )  # fmt: skip


def _structures(found: Found, told: list[PairFound], outcome: str, head: str, words: Words) -> str:
    """Structures that turn a pair round, those that turn most first."""
    there = found.pairs[outcome][0].structures
    turned = {name: [one for one in told if one.structures[name] < 0] for name in there}
    names = sorted((name for name in there if turned[name]), key=lambda name: -len(turned[name]))
    if not names:
        return words("rankings.structures_none", outcome=head, count=len(there))
    listed = [
        words(
            "rankings.structure", title=structure_title(name, found.titles, words),
            pairs=len(turned[name]),
        )
        for name in names
    ]  # fmt: skip
    return words("rankings.structures", outcome=head, list=_listed(listed, words))


def structure_title(name: str, titles: Mapping[str, Mapping[str, str]], words: Words) -> str:
    """A structure or horizon in words."""
    if name.startswith(HORIZON):
        quarters = name.removeprefix(f"{HORIZON}_").removesuffix("q")
        return words("rankings.horizon", quarters=quarters)
    return titles[name][words.lang]


def _parameters(
    parameters: tuple[ParameterFound, ...], head: str, titles: Titles, words: Words
) -> str:
    told = sorted(
        (one for one in parameters if one.q <= 1.0 - paired.LEVEL), key=lambda one: -abs(one.rho)
    )
    if not told:
        return words("rankings.follows_none", outcome=head)
    listed = [
        words(
            "rankings.parameter", name=one.factor.name, better=titles[one.pair[0]],
            worse=titles[one.pair[1]], lower=number(one.mean_lower, signed=True),
            upper=number(one.mean_upper, signed=True),
        )
        for one in told
    ]  # fmt: skip
    return words("rankings.follows", outcome=head, list=_listed(listed, words))
