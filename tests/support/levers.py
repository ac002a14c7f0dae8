"""Does a lever bite? Paired runs of one regime with the lever low and high, on the same luck.

``configs/levers/default.yaml`` says for every lever, before the test is run, in which regime and world it
is moved from where to where, which outcome must move in which direction, and by how much at least.
The census (``consortia levers``) measures the same rows, and all levels between, with more pairs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

import numpy as np
from scipy import stats

from experiments.levers.settings import Row, rows
from simulation.policies.registry import Regime
from simulation.world import World
from tests.support import worlds

TEST_SEED = 20_261_123  # fixed before the first test; the settings were explored on another seed
FALSE_POSITIVE_BUDGET = 1e-2  # chance that any row of the table passes or fails by bad luck
LEAST_POWER = 0.8
AGAINST_REFERENCE = ("deadweight", "additional", "displaced")
ROWS_TOGETHER = 3  # rows that share burn-ins and landscapes; more would leave a worker waiting


@dataclass(frozen=True, slots=True)
class Measured:
    """What the pairs showed: mean difference high - low, and its standard error."""

    mean: float
    error: float
    pairs: int
    low_mean: float


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
