"""The answer in words: which levers carry the difference, through which counts, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from experiments.report import interval, number
from experiments.statistics import paired
from experiments.why.mixing import Group, Pair
from experiments.why.plan import Apart
from experiments.why.results import FROM_FIRST, WHOLE, Found, Switch
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import WhySetup


def sentences(apart: Apart, found: Found, setup: WhySetup) -> list[str]:
    """The answer, a sentence or two in each line."""
    words = Words(setup.lang)
    places = names(apart, words) | {"outcome": words.get(f"outcome.{found.outcome}", found.outcome)}
    groups = [told_label(apart.pair, group, words) for group in apart.groups]
    missing = setup.replicates - found.total.n
    return [
        total(found, places, words),
        *_single(groups, words),
        *_contributions(found, groups, words),
        *_together(found, places, words),
        *_chain(found, places, words),
        *_largest(found, groups, places, words),
        *(words("why.joined", group=groups[k]) for k in apart.joined),
        *([words("why.scaled")] if apart.scaled else []),
        *([words("why.missing", count=missing)] if missing else []),
        _rule(apart, places, words),
    ]


def names(apart: Apart, words: Words) -> dict[str, str]:
    """Titles of the two regimes."""
    return {"before": words.title(apart.pair.before), "after": words.title(apart.pair.after)}


def told_label(pair: Pair, group: Group, words: Words) -> str:
    """A group in words; single levers as they are written in regime files."""
    several = len(pair.slots) > 1
    parts = []
    for part in group:
        slot, programme = pair.slots[part.slot], pair.slots[part.slot].name
        if not part.family:
            key = "why.programme_in" if slot.before is None else "why.programme_out"
            parts.append(words(key, name=programme))
            continue
        inside = words(f"why.family.{part.family}")
        if len(part.levers) == 1:
            inside = f"{inside} ({part.family}.{part.levers[0]})"
        parts.append(f"{programme}: {inside}" if several else inside)
    return " + ".join(parts)


def total(found: Found, places: dict[str, str], words: Words) -> str:
    """The difference itself, or that it cannot be told."""
    one = found.total
    return words(
        "why.total_told" if found.told else "why.total_untold", **places,
        difference=number(one.difference, signed=True), n=one.n,
        interval=interval(one.sim_low, one.sim_high, signed=True),
    )  # fmt: skip


def _single(groups: Sequence[str], words: Words) -> Iterator[str]:
    if len(groups) == 1:
        yield words("why.single", group=groups[0])


def _contributions(found: Found, groups: Sequence[str], words: Words) -> Iterator[str]:
    """Groups told from 0, the largest first; then those that are not, and those that do nothing."""
    order = sorted(range(len(groups)), key=lambda k: -abs(found.shares[k].contribution))
    told = [k for k in order if found.shares[k].verdict != paired.CANNOT_TELL]
    inert = [k for k in order if not found.by_replicate[k].any()]
    if told:
        yield words(
            "why.told",
            list=words("list.semicolon").join(_one(found, k, groups[k], words) for k in told),
        )
    else:
        yield words("why.none")
    rest = [groups[k] for k in order if k not in told and k not in inert]
    if told and rest:
        yield words("why.untold", list=words.join(rest))
    if inert:
        yield words("why.nothing", list=words.join(groups[k] for k in inert))


def _one(found: Found, group: int, label: str, words: Words) -> str:
    one, share = found.shares[group], found.share(group)
    return words(
        "why.one" if share is None else "why.one_share", group=label,
        contribution=number(one.contribution, signed=True),
        interval=interval(one.sim_low, one.sim_high, signed=True),
        share=words.percent(share or 0.0),
    )  # fmt: skip


def _together(found: Found, places: dict[str, str], words: Words) -> Iterator[str]:
    if len(found.shares) == 1:
        return
    rest = found.interplay
    untold = rest.verdict == paired.CANNOT_TELL
    yield words(
        "why.alone", **places, sum=number(found.total.difference - rest.difference, signed=True),
        rest=number(rest.difference, signed=True),
        interval=interval(rest.sim_low, rest.sim_high, signed=True),
        verdict=words("why.alone_untold") if untold else "",
    )  # fmt: skip


def _chain(found: Found, places: dict[str, str], words: Words) -> Iterator[str]:
    """Counts of the chain in both regimes, where they can be told apart."""
    steps: list[str] = []
    untold: list[str] = []
    for name, rows in found.chain.items():
        count = words(f"why.count.{name}")
        whole = next(row for row in rows if row.start == WHOLE).found
        if whole.verdict == paired.CANNOT_TELL:
            untold.append(count)
            continue
        first, second = map(number, found.means[name])
        steps.append(words("why.step", count=count, first=first, second=second))
    if not steps:
        yield words("why.chain_none", **places)
        return
    yield words("why.chain", **places, list=words("list.semicolon").join(steps))
    if untold:
        yield words("why.chain_untold", list=words.join(untold))


def _largest(
    found: Found, groups: Sequence[str], places: dict[str, str], words: Words
) -> Iterator[str]:
    """The chain of the group with the largest contribution that can be told."""
    told = [k for k, one in enumerate(found.shares) if one.verdict != paired.CANNOT_TELL]
    if not told or len(groups) == 1:
        return
    group = max(told, key=lambda k: abs(found.shares[k].contribution))
    moved = [
        words("why.moved", count=words(f"why.count.{name}"), difference=number(one.difference, signed=True))
        for name, rows in found.chain.items()
        if (one := alone(rows, group).found).verdict != paired.CANNOT_TELL
    ]  # fmt: skip
    key = "why.chain_group" if moved else "why.chain_group_none"
    yield words(key, group=groups[group], **places, list=words("list.semicolon").join(moved))


def alone(rows: Sequence[Switch], group: int) -> Switch:
    """The switch of a group put alone into the first regime."""
    return next(row for row in rows if row.group == group and row.start == FROM_FIRST)


def _rule(apart: Apart, places: dict[str, str], words: Words) -> str:
    if apart.orders:
        return words("why.rule_drawn", **places, orders=len(apart.orders))
    return words("why.rule_all", **places)
