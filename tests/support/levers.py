"""Does a lever bite? Paired runs of one regime with the lever low and high, on the same luck.

``tests/levers.yaml`` says for every lever, before the test is run, in which regime and world it
is moved from where to where, which outcome must move in which direction, and by how much at least.
The page ``docs/model/levers-bite.md`` is the same table with what was measured; renew it with
``python -m tests.support.levers``.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import batched
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy import stats

from simulation.policies.registry import Regime
from simulation.world import World
from tests.support import worlds

TABLE = Path(__file__).resolve().parent.parent / "levers.yaml"
PAGE = TABLE.parent.parent / "docs" / "model" / "levers-bite.md"
TEST_SEED = 20_261_123  # fixed before the first test; the settings were explored on another seed
FALSE_POSITIVE_BUDGET = 1e-2  # chance that any row of the table passes or fails by bad luck
LEAST_POWER = 0.8
AGAINST_REFERENCE = ("deadweight", "additional", "displaced")
ROWS_TOGETHER = 3  # rows that share burn-ins and landscapes; more would leave a worker waiting


@dataclass(frozen=True, slots=True)
class Row:
    """One lever, moved once.

    Attributes
    ----------
    lever: ``family.lever``.
    regime: the preset in which it is moved.
    low, high: settings of the two arms, ``family.lever`` to value.
    world: settings of the world of both arms; empty for the default world.
    outcome, sign, smallest: what must move, which way, and by how much at least; ``sign`` 0
        for a lever that is published as inert.
    replicates: pairs of runs.
    """

    lever: str
    regime: str
    low: Mapping[str, Any]
    high: Mapping[str, Any]
    world: Mapping[str, Any]
    outcome: str
    sign: int
    smallest: float
    replicates: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What the pairs showed: mean difference high - low, and its standard error."""

    mean: float
    error: float
    pairs: int
    low_mean: float


def rows() -> list[Row]:
    """The table, in its order."""
    entries = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return [Row(**{"world": {}, **entry}) for entry in entries]


def biting() -> Iterator[Row]:
    """The rows that claim an effect."""
    return (row for row in rows() if row.sign)


def critical_value() -> float:
    """One-sided normal critical value; the budget is divided by the rows that claim an effect."""
    return float(stats.norm.isf(FALSE_POSITIVE_BUDGET / len(list(biting()))))


def power(row: Row, error: float) -> float:
    """Chance to see the smallest effect with this standard error."""
    return float(stats.norm.cdf(row.smallest / error - critical_value())) if error else 1.0


def groups(table: Iterable[Row]) -> list[list[Row]]:
    """Rows that run together: of one regime in one world, at most :data:`ROWS_TOGETHER` of them."""
    together: dict[tuple[str, str], list[Row]] = {}
    for row in table:
        together.setdefault((row.regime, str(sorted(row.world.items()))), []).append(row)
    return [list(part) for group in together.values() for part in batched(group, ROWS_TOGETHER)]


def measure(group: Sequence[Row], seed: int = TEST_SEED) -> list[Measured]:
    """Run the pairs of rows that share a regime and a world, on one burn-in per replicate.

    Arms that rows have in common are run once. Pairs in which the outcome is undefined are left out.
    """
    from simulation.runner import run_replicate

    arms = [_arms(row) for row in group]
    needs_reference = any(row.outcome in AGAINST_REFERENCE for row in group)
    differences: list[list[tuple[float, float]]] = [[] for _ in group]
    for replicate in range(max(row.replicates for row in group)):
        wanted = [k for k, row in enumerate(group) if replicate < row.replicates]
        regimes = {one.name: one for k in wanted for one in arms[k]}
        # Only some outcomes are counted against the reference; without them its run is saved.
        reference = worlds.reference() if needs_reference else next(iter(regimes.values()))
        done = run_replicate(
            _world(group), worlds.default_population(), reference, list(regimes.values()),
            seed=seed, replicate=replicate,
        )  # fmt: skip
        found = {run.regime: run.outcomes for run in done}
        for k in wanted:
            low, high = (found[arm.name][group[k].outcome] for arm in arms[k])
            differences[k].append((low, high))
    return [_measured(np.array(pairs)) for pairs in differences]


def _measured(pairs: np.ndarray) -> Measured:
    """Mean difference of the pairs, shape (pairs, 2), low first."""
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    differences = pairs[:, 1] - pairs[:, 0]
    error = float(differences.std(ddof=1)) / math.sqrt(len(differences))
    return Measured(float(differences.mean()), error, len(differences), float(pairs[:, 0].mean()))


def _arms(row: Row) -> tuple[Regime, Regime]:
    """Low and high arm, named by their levers, so that equal arms are one."""
    made = []
    for levers in (row.low, row.high):
        regime = worlds.changed_regime(worlds.regimes()[row.regime], levers)
        made.append(worlds.renamed(regime, hashlib.sha256(regime.columns.tobytes()).hexdigest()))
    return made[0], made[1]


def _world(group: Sequence[Row]) -> World:
    """The world of a group; the hand-over test is left out where nobody reads it."""
    changes = dict(group[0].world)
    if all(row.outcome != "hand_over_solved" for row in group):
        changes["time.hand_over"] = 0
    return worlds.changed_world(changes)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(str, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def page(table: list[tuple[Row, Measured]]) -> str:
    """The measured table as Markdown."""
    lines = [
        "# Which levers bite",
        "",
        "Every lever moved once, alone, in paired runs on the same luck: high minus low, with a",
        "95 % interval. Setting, outcome, sign and smallest effect stand in `tests/levers.yaml`",
        "and were fixed before the test; the test runs in CI. Renew this page with",
        "`python -m tests.support.levers`.",
        "",
        "| lever | regime | from | to | world | outcome | at low | difference (95 %) | pairs | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row, found in table:
        half = 1.96 * found.error
        lines.append(
            f"| `{row.lever}` | {row.regime} | {_told(row.low)} | {_told(row.high)} | "
            f"{_told(row.world) or 'default'} | {row.outcome} | {found.low_mean:.3g} | "
            f"{found.mean:+.3g} [{found.mean - half:+.3g}, {found.mean + half:+.3g}] | "
            f"{found.pairs} | {_verdict(row, found)} |"
        )
    return "\n".join(lines) + "\n"


def _told(settings: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} = {_written(value)}" for name, value in settings.items())


def _verdict(row: Row, found: Measured) -> str:
    if row.sign == 0:
        return "not shown to bite"
    if row.sign * found.mean < critical_value() * found.error:
        return "fails its test"
    return "bites" if not row.world else "bites only if"


def main() -> int:
    """Measure every row and write the page."""
    from simulation.warmup import warm_up

    warm_up(lambda text: print(text, file=sys.stderr))
    together = groups(rows())
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as workers:
        measured = list(workers.map(measure, together))
    found = {
        (row.lever, row.regime): one
        for group, several in zip(together, measured, strict=True)
        for row, one in zip(group, several, strict=True)
    }
    table = [(row, found[row.lever, row.regime]) for row in rows()]
    PAGE.write_text(page(table), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
