"""What the runs say: contributions, single switches, and the chain of counts, with their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.running.store import ExperimentError
from experiments.statistics import paired
from experiments.statistics.paired import Difference
from experiments.tables import make_schema, make_table
from experiments.why.mixing import Group, Pair, values
from experiments.why.plan import Apart, Values, name_of
from experiments.why.shapley import (
    Contribution,
    FloatArray,
    exact_contributions,
    judge_exact,
    judge_sampled,
    order_contributions,
)

# From bid to use. `adopted` is made of two outcomes, the others are outcomes of a run.
CHAIN = ("bids", "awards", "projects", "coverage", "integration", "project_success", "solved", "adopted")  # fmt: skip
ADOPTED = "adopted"
WHOLE, FROM_FIRST, FROM_SECOND = "whole", "from_first", "from_second"
INTERPLAY = "interplay"


@dataclass(frozen=True, slots=True)
class Switch:
    """What one group changes when it alone is switched.

    Attributes
    ----------
    group: its number; None for all groups, which is the difference between the regimes.
    start: ``from_first`` when it is put into the first regime, ``from_second`` when the second
        regime has it and the first has not; ``whole`` for all groups.
    """

    group: int | None
    start: str
    found: Difference


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A difference taken apart.

    Attributes
    ----------
    total: the difference in the outcome, second regime minus first.
    shares: contributions of the groups, averaged over orders; they add up to ``total``.
    by_replicate: the same in each replicate, shape (groups, replicates).
    switches: single switches in the outcome.
    interplay: the difference minus the sum of single switches from the first regime: what groups
        do only together.
    chain: for each count of :data:`CHAIN` the whole difference and single switches.
    means: for each of them, mean in the first and in the second regime.
    """

    outcome: str
    total: Difference
    shares: tuple[Contribution, ...]
    by_replicate: FloatArray
    switches: tuple[Switch, ...]
    interplay: Difference
    chain: dict[str, tuple[Switch, ...]]
    means: dict[str, tuple[float, float]]

    @property
    def told(self) -> bool:
        """Whether the difference itself can be told."""
        return self.total.verdict != paired.CANNOT_TELL

    def share(self, group: int) -> float | None:
        """Part of the difference, where there is one to be a part of."""
        return self.shares[group].contribution / self.total.difference if self.told else None


def take_apart(apart: Apart, held: Values, outcome: str) -> Found:
    """All statistics of a difference.

    Raises
    ------
    ExperimentError: the outcome has no value in some run.
    """
    own = held.outcomes[outcome]
    if missing := int((~np.isfinite(own)).sum()):
        raise ExperimentError(
            f"outcome = {outcome} has no value in {missing} of {own.size} runs, so that the "
            f"contributions would not add up. Choose another outcome."
        )
    shares, by_replicate = _shares(apart, held, outcome)
    before, after = frozenset[int](), frozenset(range(apart.count))
    rows = [held.row(after), held.row(before)]
    total = paired.paired_differences(own[rows], _names(apart, [after, before]), [(0, 1)])[0]
    counts = {name: chain_values(held, name) for name in CHAIN}
    return Found(
        outcome=outcome,
        total=total,
        shares=tuple(shares),
        by_replicate=by_replicate,
        switches=tuple(_switches(apart, held, own, whole=False)),
        interplay=_interplay(apart, held, own),
        chain={n: tuple(_switches(apart, held, one, whole=True)) for n, one in counts.items()},
        means={
            name: (_mean(one[held.row(before)]), _mean(one[held.row(after)]))
            for name, one in counts.items()
        },
    )


def chain_values(held: Values, name: str) -> FloatArray:
    """A count of the chain, shape (mixes, replicates); NaN where a run has none."""
    if name != ADOPTED:
        return held.outcomes[name]
    solved = held.outcomes["solved"]
    unused = np.where(solved > 0.0, held.outcomes["solved_not_adopted"], 0.0)
    adopted: FloatArray = np.rint(solved * (1.0 - unused))  # a count, made of a count and a share
    return adopted


def _shares(apart: Apart, held: Values, outcome: str) -> tuple[list[Contribution], FloatArray]:
    by_mix = held.by_mix(outcome)
    if not apart.orders:
        exact = exact_contributions(by_mix, apart.count)
        return judge_exact(exact), exact
    found = order_contributions(by_mix, apart.orders)
    return judge_sampled(found), found.mean(axis=0)


def _switches(apart: Apart, held: Values, own: FloatArray, *, whole: bool) -> list[Switch]:
    """Single switches from either regime, one family; with the whole difference if asked."""
    every = frozenset(range(apart.count))
    kinds: list[tuple[int | None, str]] = [(None, WHOLE)] if whole else []
    pairs = [(held.row(every), held.row(frozenset()))] if whole else []
    for group in range(apart.count):
        kinds += [(group, FROM_FIRST), (group, FROM_SECOND)]
        pairs += [
            (held.row(frozenset({group})), held.row(frozenset())),
            (held.row(every), held.row(every - {group})),
        ]
    found = paired.paired_differences(own, _names(apart, held.mixes), pairs)
    return [Switch(*kind, one) for kind, one in zip(kinds, found, strict=True)]


def _interplay(apart: Apart, held: Values, own: FloatArray) -> Difference:
    """The whole difference against the sum of single switches, in each replicate."""
    first = own[held.row(frozenset())]
    whole = own[held.row(frozenset(range(apart.count)))] - first
    alone = sum(own[held.row(frozenset({group}))] - first for group in range(apart.count))
    rows = np.stack([whole, np.asarray(alone)])
    return paired.paired_differences(rows, [WHOLE, FROM_FIRST], [(0, 1)])[0]


def _names(apart: Apart, mixes: Sequence[frozenset[int]]) -> list[str]:
    return [name_of(apart.pair, mix, apart.count) for mix in mixes]


def _mean(own: FloatArray) -> float:
    return paired.mean_and_se(own)[0]


# ---------------------------------------------------------------- tables

CONTRIBUTIONS = make_schema(
    group="count", levers="text", outcome="text", contribution="number", se="number",
    se_luck="number", se_orders="number", low="number", high="number", sim_low="number",
    sim_high="number", share="number", n="count", orders="text", verdict="text",
)  # fmt: skip
SWITCHES = make_schema(
    group="count", levers="text", start="text", outcome="text", regime="text", baseline="text",
    difference="number", se="number", low="number", high="number", sim_low="number",
    sim_high="number", n="count", verdict="text",
)  # fmt: skip
LEVERS = make_schema(
    group="count", programme="text", family="text", lever="text", first="text", second="text"
)


def tables(apart: Apart, found: Found) -> dict[str, pa.Table]:
    """All tables by name; the group numbers begin with 1, and no number stands for all groups."""
    together = Switch(None, INTERPLAY, found.interplay)
    switched = _switch_rows(apart, found.outcome, [*found.switches, together])
    chain = [row for name, rows in found.chain.items() for row in _switch_rows(apart, name, rows)]
    return {
        "contributions": make_table(CONTRIBUTIONS, _contribution_rows(apart, found)),
        "switches": make_table(SWITCHES, switched),
        "chain": make_table(SWITCHES, chain),
        "levers": make_table(LEVERS, lever_rows(apart.pair, apart.groups)),
    }


def _contribution_rows(apart: Apart, found: Found) -> list[dict[str, Any]]:
    kind = str(len(apart.orders)) if apart.orders else "all"
    rows = []
    for group, one in enumerate(found.shares):
        rows.append({
            "group": group + 1, "levers": label(apart.pair, apart.groups[group]),
            "outcome": found.outcome, "contribution": one.contribution, "se": one.se,
            "se_luck": one.se_luck, "se_orders": one.se_orders, "low": one.low, "high": one.high,
            "sim_low": one.sim_low, "sim_high": one.sim_high, "share": found.share(group),
            "n": one.n, "orders": kind, "verdict": one.verdict,
        })  # fmt: skip
    total = found.total
    rows.append({
        "group": None, "levers": WHOLE, "outcome": found.outcome, "contribution": total.difference,
        "se": total.se, "se_luck": total.se, "se_orders": 0.0, "low": total.low,
        "high": total.high, "sim_low": total.sim_low, "sim_high": total.sim_high,
        "share": 1.0 if found.told else None, "n": total.n, "orders": kind,
        "verdict": total.verdict,
    })  # fmt: skip
    return rows


def _switch_rows(apart: Apart, outcome: str, rows: Sequence[Switch]) -> list[dict[str, Any]]:
    return [
        {
            "group": None if row.group is None else row.group + 1,
            "levers": WHOLE if row.group is None else label(apart.pair, apart.groups[row.group]),
            "start": row.start, "outcome": outcome, "regime": row.found.regime,
            "baseline": row.found.baseline, "difference": row.found.difference,
            "se": row.found.se, "low": row.found.low, "high": row.found.high,
            "sim_low": row.found.sim_low, "sim_high": row.found.sim_high, "n": row.found.n,
            "verdict": row.found.verdict,
        }
        for row in rows
    ]  # fmt: skip


def label(pair: Pair, group: Group) -> str:
    """A group by the names of its levers, as they are written in regime files."""
    several = len(pair.slots) > 1
    names = []
    for part in group:
        programme = pair.slots[part.slot].name
        inside = part.family
        if len(part.levers) == 1:
            inside = f"{part.family}.{part.levers[0]}"
        names.append(" ".join(filter(None, [programme if several or not inside else "", inside])))
    return " + ".join(names)


def lever_rows(pair: Pair, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Every lever that differs, with its value in both regimes; a whole programme is one row."""
    rows = []
    for number, group in enumerate(groups, start=1):
        for part in group:
            slot = pair.slots[part.slot]
            row = {"group": number, "programme": slot.name, "family": part.family or None}
            if not part.family:
                there = [one is not None for one in (slot.before, slot.after)]
                rows.append(
                    row
                    | {"lever": None}
                    | dict(zip(("first", "second"), _presence(there), strict=True))
                )
                continue
            old, new = (values(one, part.family) for one in pair.sides(part.slot))
            rows += [
                row | {"lever": lever, "first": plain(old[lever]), "second": plain(new[lever])}
                for lever in part.levers
            ]
    return rows


def _presence(there: Sequence[bool]) -> list[str]:
    return ["present" if one else "absent" for one in there]


def plain(value: Any) -> str:
    """A lever's value as it is written in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(str, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
