"""Does a lever bite? Paired runs of one regime with the lever low and high, on the same luck.

``tests/levers.yaml`` says for every lever, before the test is run, in which regime and world it
is moved from where to where, which outcome must move in which direction, and by how much at least.
The page ``docs/model/levers-bite.md`` is the same table with what was measured; renew it with
``python -m tests.support.levers``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy import stats

TABLE = Path(__file__).resolve().parent.parent / "levers.yaml"
PAGE = TABLE.parent.parent / "docs" / "model" / "levers-bite.md"
TEST_SEED = 20_261_123  # fixed before the first test; the settings were explored on another seed
FALSE_POSITIVE_BUDGET = 1e-2  # chance that any row of the table passes or fails by bad luck
LEAST_POWER = 0.8
AGAINST_REFERENCE = ("deadweight", "additional", "displaced")


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


def measure(row: Row, seed: int = TEST_SEED) -> Measured:
    """Run the pairs of a row; pairs in which the outcome is undefined are left out."""
    from simulation.runner import run_replicate

    low, high = (_setup(row, arm) for arm in (row.low, row.high))
    arms_compared = [low.regimes[-1].regime, high.regimes[-1].regime]
    # Only some outcomes are counted against the reference; without them its run is saved.
    reference = low.reference.regime if row.outcome in AGAINST_REFERENCE else arms_compared[0]
    values = []
    for replicate in range(row.replicates):
        arms = run_replicate(
            low.world,
            low.population,
            reference,
            arms_compared,
            seed=seed,
            replicate=replicate,
        )
        values.append([arm.outcomes[row.outcome] for arm in arms])
    pairs = np.array(values)
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    differences = pairs[:, 1] - pairs[:, 0]
    error = float(differences.std(ddof=1)) / math.sqrt(len(differences))
    return Measured(float(differences.mean()), error, len(differences), float(pairs[:, 0].mean()))


def _setup(row: Row, arm: Mapping[str, Any]) -> Any:
    from experiments.configuration import load_setup

    values = {**row.world, **arm}
    if (
        row.outcome != "hand_over_solved"
    ):  # the hand-over test runs on a branch that only this reads
        values["time.hand_over"] = 0
    settings = [f"{name}={_written(value)}" for name, value in values.items()]
    return load_setup("compare", [f"regimes=[{row.regime}]", "robustness=none", *settings])


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
    table = rows()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as workers:
        measured = list(workers.map(measure, table))
    PAGE.write_text(page(list(zip(table, measured, strict=True))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
