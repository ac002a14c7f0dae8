"""What the candidates are worth on luck, and in worlds, that the search has not seen."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.regimes import RegimeEntry
from experiments.search.optimise import FloatArray, Tried
from experiments.search.settings import Goal
from experiments.statistics import paired
from experiments.statistics.paired import Difference
from experiments.tables import make_schema, make_table

PRESET, TUNED, MIX = "preset", "tuned", "mix"
ON_FRONT, DOMINATED, CANNOT_TELL = "on_front", "dominated", "cannot_tell"

CANDIDATES = make_schema(
    regime="text", kind="text", origin="text", goal="text", search_mean="number", mean="number",
    se="number", sim_low="number", sim_high="number", n="count", verdict="text", status="text",
)  # fmt: skip
PAIRS = make_schema(
    regime="text", baseline="text", goal="text", difference="number", se="number", sim_low="number",
    sim_high="number", share_won="number", n="count", verdict="text",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Finalist:
    """A regime whose final figures are made.

    Attributes
    ----------
    kind: preset, tuned, or mix.
    origin: the regime it was tuned from, or "".
    sought: means on the luck of the search, shape (goals,); None where it took no part.
    """

    entry: RegimeEntry
    kind: str
    origin: str = ""
    sought: FloatArray | None = None

    @property
    def name(self) -> str:
        """Its name in every table."""
        return self.entry.name


@dataclass(frozen=True, slots=True, eq=False)
class Final:
    """Figures of all finalists, less the reference, on held-out luck.

    Attributes
    ----------
    against: by goal, one difference to the reference for each finalist.
    pairs: by goal, the differences between finalists that were asked for.
    status: of each finalist on the front; "" in a contest.
    """

    finalists: tuple[Finalist, ...]
    goals: tuple[Goal, ...]
    values: FloatArray
    against: tuple[tuple[Difference, ...], ...]
    pairs: tuple[tuple[Difference, ...], ...]
    status: tuple[str, ...]


def judge_contest(
    finalists: Sequence[Finalist], goals: Sequence[Goal], values: FloatArray
) -> Final:
    """Every tuned regime against its preset, and against every other tuned one: one family.

    Parameters
    ----------
    values: outcomes less those of the reference, shape (finalists, 1, replicates).
    """
    rows = {finalist.name: row for row, finalist in enumerate(finalists)}
    tuned = [row for row, finalist in enumerate(finalists) if finalist.kind == TUNED]
    pairs = [(row, rows[finalists[row].origin]) for row in tuned]
    pairs += [(b, a) for a, b in itertools.combinations(tuned, 2)]
    names = list(rows)
    judged = paired.paired_differences(values[:, 0], names, pairs)
    return Final(
        tuple(finalists), tuple(goals), values, _against(values, names, paired.LEVEL),
        (tuple(judged),), ("",) * len(finalists),
    )  # fmt: skip


def judge_front(finalists: Sequence[Finalist], goals: Sequence[Goal], values: FloatArray) -> Final:
    """All pairs on all goals: one family (Bonferroni, since it is large).

    Parameters
    ----------
    values: outcomes less those of the reference, shape (finalists, goals, replicates).
    """
    level = 1.0 - (1.0 - paired.LEVEL) / len(goals)
    names = [finalist.name for finalist in finalists]
    pairs = list(itertools.permutations(range(len(names)), 2))
    half = [pair for pair in pairs if pair[0] > pair[1]]
    judged = tuple(
        tuple(paired.paired_differences(values[:, goal], names, half, level=level, bonferroni=True))
        for goal in range(len(goals))
    )
    better = np.zeros((len(names), len(names), len(goals)), bool)
    for k, (goal, rows) in enumerate(zip(goals, judged, strict=True)):
        for (a, b), one in zip(half, rows, strict=True):
            wins = paired.HIGHER if goal.sign > 0 else paired.LOWER
            better[a, b, k] = one.verdict == wins
            better[b, a, k] = one.verdict not in (wins, paired.CANNOT_TELL)
    means = values.mean(axis=2) * [goal.sign for goal in goals]
    return Final(
        tuple(finalists), tuple(goals), values, _against(values, names, level), judged,
        tuple(_status(row, better, means) for row in range(len(names))),
    )  # fmt: skip


def _status(row: int, better: np.ndarray, means: FloatArray) -> str:
    """On the front: told better than every other on some goal. Dominated: another one is no worse on
    any goal, and told better on one.
    """
    others = [other for other in range(len(means)) if other != row]
    if any((means[o] >= means[row]).all() and better[o, row].any() for o in others):
        return DOMINATED
    return ON_FRONT if all(better[row, o].any() for o in others) else CANNOT_TELL


def _against(
    values: FloatArray, names: Sequence[str], level: float
) -> tuple[tuple[Difference, ...], ...]:
    """Each finalist against the reference, whose differences from itself are 0."""
    count = len(names)
    found = []
    for goal in range(values.shape[1]):
        rows = np.vstack([values[:, goal], np.zeros(values.shape[2])])
        pairs = [(row, count) for row in range(count)]
        found.append(tuple(paired.paired_differences(rows, [*names, ""], pairs, level=level)))
    return tuple(found)


def final_tables(final: Final) -> dict[str, pa.Table]:
    """``finalists``: a row for each and goal; ``pairs``: differences between them."""
    rows: list[dict[str, Any]] = []
    for k, goal in enumerate(final.goals):
        for finalist, one, status in zip(
            final.finalists, final.against[k], final.status, strict=True
        ):
            rows.append({
                "regime": finalist.name, "kind": finalist.kind, "origin": finalist.origin,
                "goal": goal.text, "mean": one.difference, "se": one.se, "sim_low": one.sim_low,
                "sim_high": one.sim_high, "n": one.n, "verdict": one.verdict, "status": status,
                "search_mean": None if finalist.sought is None else float(finalist.sought[k]),
            })  # fmt: skip
    pairs = [
        {name: getattr(one, name) for name in PAIRS.names if name != "goal"} | {"goal": goal.text}
        for goal, judged in zip(final.goals, final.pairs, strict=True)
        for one in judged
    ]
    return {"finalists": make_table(CANDIDATES, rows), "pairs": make_table(PAIRS, pairs)}


def tried_table(tried: Sequence[Tried], goals: Sequence[Goal], front: Sequence[int]) -> pa.Table:
    """Every candidate in the order in which it was tried: its place, its means, whether on the front."""
    names = list(dict.fromkeys(name for one in tried for name in one.place))
    columns: dict[str, Any] = {"candidate": [one.entry.name for one in tried]}
    for name in names:
        columns[name] = [one.place.get(name) for one in tried]
    for k, goal in enumerate(goals):
        columns[f"search {goal.text}"] = pa.array(
            [float(one.means[k]) for one in tried], from_pandas=True
        )
    columns["front"] = [row in set(front) for row in range(len(tried))]
    return pa.table(columns)
