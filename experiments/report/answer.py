"""The answer in three sentences.

Sentences are made from the tables alone and claim no more than the intervals allow: "no difference
can be told" is an answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from experiments.report.facts import PRIMARY, Facts, Tables
from experiments.report.numbers import number
from experiments.statistics.paired import CANNOT_TELL, HIGHER, LOWER
from experiments.words import Words
from simulation.outcomes import COUNTS, HORIZONS

if TYPE_CHECKING:
    from experiments.configuration import Setup

TESTED_REPLICATES = 20  # fewest for which the coverage of the intervals is tested
NAMED = 3  # regimes named in a sentence before "and others"


def answer_sentences(tables: Tables, setup: Setup, lang: str) -> list[str]:
    """The answer in three sentences: what differs, what it costs, what would overturn it.

    Parameters
    ----------
    tables: what :func:`experiments.tables.write_tables` returned.
    lang: ``en`` or ``zh``.
    """
    facts = Facts(tables, setup, Words(lang))
    silent = _silent_case(facts)
    if silent:
        reference = facts.words.title(setup.reference)
        return [
            facts.words(f"answer.{silent}{part}", reference=reference)
            for part in ("", "_cost", "_overturn")
        ]
    return [_what_differs(facts), _what_it_costs(facts), _what_overturns(facts)]


def _silent_case(facts: Facts) -> str:
    """Why nothing can be compared, as the stem of the words; empty when it can."""
    if len(facts.names) < 2:
        return "one_regime"
    if facts.replicates < 2:
        return "one_replicate"
    return "no_reference" if facts.reference not in facts.names else ""


def _primary(facts: Facts, verdict: str | None = None) -> list[dict[str, Any]]:
    """Differences of the primary count from the reference, largest first."""
    rows = facts.rows("differences", outcome=PRIMARY, family=facts.reference)
    kept = [row for row in rows if verdict is None or row["verdict"] == verdict]
    return sorted(kept, key=lambda row: -row["difference"])


def _what_differs(facts: Facts) -> str:
    words, rows = facts.words, _primary(facts)
    reference, total = facts.title(facts.reference), len(rows)
    if all(row["difference"] == 0 and row["se"] == 0 for row in rows):
        return words("answer.all_equal", n=facts.replicates, total=total, reference=reference)
    higher, lower = _primary(facts, HIGHER), _primary(facts, LOWER)[::-1]
    if not higher and not lower:
        largest = max(rows, key=lambda row: abs(row["difference"]))
        return words(
            "answer.none_told", reference=reference, total=total, n=facts.replicates,
            largest=_difference_item(facts, largest),
        )  # fmt: skip
    said = [_reference_alone(facts)]
    for key, found in (("answer.more", higher), ("answer.fewer", lower)):
        if found:
            regimes = _named(facts, [_difference_item(facts, row) for row in found])
            said.append(words(key, count=len(found), total=total, regimes=regimes))
    if untold := total - len(higher) - len(lower):
        said.append(words("answer.other_untold", count=untold))
    return words.paragraph([*said, words("answer.basis", n=facts.replicates)])


def _reference_alone(facts: Facts) -> str:
    """How many breakthroughs there are without any policy, for the size of the differences."""
    row = facts.rows("rankings", regime=facts.reference)[0]
    time: Any = facts.setup.world.sections["time"]
    return facts.words(
        "answer.reference", reference=facts.title(facts.reference), mean=number(row[PRIMARY]),
        years=f"{time.policy / 4:g}",
    )  # fmt: skip


def _difference_item(facts: Facts, row: Mapping[str, Any]) -> str:
    joint = facts.words("answer.no_interval")
    if row["sim_low"] is not None:
        low, high = (number(row[side], signed=True) for side in ("sim_low", "sim_high"))
        joint = facts.words("answer.span", low=low, high=high)
    difference = number(row["difference"], signed=True)
    return facts.words(
        "answer.item", title=facts.title(row["regime"]), difference=difference, interval=joint
    )


def _named(facts: Facts, items: Sequence[str]) -> str:
    """The first few items, and how many more there are."""
    shown = list(items[:NAMED])
    if len(items) > NAMED:
        shown.append(facts.words("list.and_more", count=len(items) - NAMED))
    return facts.words("list.semicolon").join(shown)


def _what_it_costs(facts: Facts) -> str:
    words, better = facts.words, _primary(facts, HIGHER)
    costs = facts.rows("incremental_cost", effect=PRIMARY)
    all_in = {row["regime"]: row for row in costs if row["payer"] == "all_in"}
    if not better:
        extra = _span(facts, [row["extra_cost"] for row in all_in.values()])
        none = words("answer.no_cost", extra=extra, reference=facts.title(facts.reference))
        return words.paragraph([none, _spent(facts)])
    programme = {row["regime"]: row for row in costs if row["payer"] == "programme"}
    items = [_cost_item(facts, all_in[row["regime"]], programme[row["regime"]]) for row in better]
    said = [words("answer.cost", parts=_named(facts, items))]
    if _overlap([all_in[row["regime"]] for row in better]):
        said.append(words("answer.cheapest_untold"))
    return words.paragraph([*said, _spent(facts)])


def _cost_item(facts: Facts, cost: Mapping[str, Any], programme: Mapping[str, Any]) -> str:
    """What an extra breakthrough costs under a regime that adds some."""
    title, unbounded = facts.title(cost["regime"]), facts.words("answer.cost_unbounded")
    if not cost["bounded"]:
        return f"{title} {unbounded}"
    part = number(programme["cost_per_extra"]) if programme["bounded"] else unbounded
    if cost["reading"] == "saves_gains":
        reference = facts.title(facts.reference)
        return facts.words("answer.cost_saves", title=title, reference=reference, programme=part)
    return facts.words(
        "answer.cost_item", title=title, value=number(cost["cost_per_extra"]),
        low=number(cost["low"]), high=number(cost["high"]), programme=part,
    )  # fmt: skip


def _overlap(costs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether another cost may be as low as the lowest, by the intervals."""
    bounded = sorted((row for row in costs if row["bounded"]), key=lambda row: row["high"])
    return len(bounded) > 1 and min(row["low"] for row in bounded[1:]) <= bounded[0]["high"]


def _spent(facts: Facts) -> str:
    """What programmes were offered and spent: regimes are equal in the one, not in the other."""
    means = {(row["regime"], row["outcome"]): row["mean"] for row in facts.rows("summary")}
    funded = [name for name in facts.names if means[name, "public_offered"]]
    if not funded:
        return facts.words("answer.nothing_offered")
    return facts.words(
        "answer.spent", offered=_span(facts, [means[name, "public_offered"] for name in funded]),
        spent=_span(facts, [means[name, "public_spent"] for name in funded]),
    )  # fmt: skip


def _span(facts: Facts, values: Sequence[float]) -> str:
    """The lowest and highest value; one when they read the same."""
    low, high = number(min(values)), number(max(values))
    return low if low == high else facts.words("answer.span", low=low, high=high)


def _what_overturns(facts: Facts) -> str:
    parts = [
        *_welfare_says(facts),
        *_disagreements(facts),
        _order_kept(facts),
        *_horizon_says(facts),
    ]
    if all(row["verdict"] == CANNOT_TELL and row["se"] for row in _primary(facts)):
        parts.insert(0, _half_width(facts))
    if facts.replicates < TESTED_REPLICATES:
        few = facts.words("answer.few", n=facts.replicates, tested=TESTED_REPLICATES)
        parts.insert(0, few)
    return facts.words("answer.overturn", parts=facts.words.paragraph(parts))


def _welfare_says(facts: Facts) -> list[str]:
    """What welfare says at the default s, and at which other s the ranking flips."""
    words, reference = facts.words, facts.title(facts.reference)
    rows = facts.rows("differences", outcome="welfare", family=facts.reference)
    verdicts = [row["verdict"] for row in rows]
    criteria: Any = facts.setup.world.sections["criteria"]
    welfare = words(
        "answer.welfare", reference=reference, s=f"{criteria.external_value:g}",
        total=len(rows), above=verdicts.count(HIGHER), below=verdicts.count(LOWER),
    )  # fmt: skip
    inside = [row for row in facts.rows("welfare_flips") if row["inside_plausible_range"]]
    if not inside:
        return [welfare, words("answer.flip_none", reference=reference)]
    items = [
        words(
            "answer.flip_item", title=facts.title(row["regime"]), flip=number(row["flip"]),
            low=number(row["flip_low"]), high=number(row["flip_high"]),
        )
        for row in sorted(inside, key=lambda row: row["flip"])
    ]  # fmt: skip
    return [welfare, words("answer.flip_inside", reference=reference, items=_named(facts, items))]


def _order_kept(facts: Facts) -> str:
    rows = [row for row in facts.rows("robustness", outcome=PRIMARY) if row["variant"] != "main"]
    if not rows:
        return facts.words("answer.order_unknown")
    if not rows[0]["told_pairs"]:
        return facts.words("answer.no_pairs")
    lowest = min(rows, key=lambda row: row["told_kept"])
    if lowest["told_kept"] == 1.0:
        return facts.words("answer.order_all_kept", pairs=lowest["told_pairs"])
    return facts.words(
        "answer.order_kept", lowest=math.floor(100 * lowest["told_kept"]),
        pairs=lowest["told_pairs"], variant=facts.words.variant(lowest["variant"]),
    )  # fmt: skip


def _horizon_says(facts: Facts) -> list[str]:
    """How many of the differences told at the end are told at the shortest horizon."""
    at_end = {row["regime"]: row["verdict"] for row in _primary(facts)}
    told = {name: verdict for name, verdict in at_end.items() if verdict != CANNOT_TELL}
    early = facts.rows("differences", outcome=f"{PRIMARY}_{HORIZONS[0]}q", family=facts.reference)
    by_then = [row for row in early if row["regime"] in told and row["verdict"] != CANNOT_TELL]
    if not told:
        return []
    kept = sum(row["verdict"] == told[row["regime"]] for row in by_then)
    return [
        facts.words(
            "answer.horizon", quarters=HORIZONS[0], total=len(told), kept=kept,
            turned=len(by_then) - kept,
        )
    ]  # fmt: skip


def _disagreements(facts: Facts) -> list[str]:
    """Regimes told to be higher by one count and lower by another."""
    verdicts: dict[str, set[str]] = {}
    for count in COUNTS:
        for row in facts.rows("differences", outcome=count, family=facts.reference):
            verdicts.setdefault(row["regime"], set()).add(row["verdict"])
    torn = [facts.title(name) for name, found in verdicts.items() if {HIGHER, LOWER} <= found]
    return [facts.words("answer.counts_disagree", regimes=facts.words.join(torn))] if torn else []


def _half_width(facts: Facts) -> str:
    halves = [(row["sim_high"] or 0.0) - row["difference"] for row in _primary(facts)]
    return facts.words("answer.half_width", half=number(max(halves)))
