"""Why did it change: the difference between the two regimes taken apart, as ``consortia why`` does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from experiments.classroom.case import Case, why_setup
from experiments.report import interval, number
from experiments.statistics import paired
from experiments.why.plan import Apart, Values, lay_out
from experiments.why.results import take_apart
from experiments.why.sentences import sentences, told_label
from experiments.words import Words
from simulation.outcomes import OUTCOMES
from simulation.runner import run_replicate

NAMES = tuple(one.name for one in OUTCOMES)


@lru_cache(maxsize=8)
def apart_of(case: Case) -> Apart:
    """Groups of levers, and every mix that is needed.

    Raises
    ------
    ConfigError: the two regimes have the same levers.
    """
    return lay_out(why_setup(case))


def mixes(case: Case) -> int:
    """How many mixes one replicate takes."""
    return len(apart_of(case).mixes)


def values(case: Case, replicate: int, first: int, last: int) -> list[list[float]]:
    """Outcomes of mixes ``first`` to ``last - 1`` in one replicate, shape (mixes, outcomes)."""
    point = apart_of(case).plan.points[0]
    results = run_replicate(
        case.world, case.population, case.reference.regime, point.regimes[first:last],
        seed=case.choices.seed, replicate=replicate,
    )  # fmt: skip
    return [[result.outcomes[name] for name in NAMES] for result in results]


def answer(case: Case, found: Sequence[Sequence[Sequence[float]]], words: Words) -> dict[str, Any]:
    """Contributions with intervals, and the sentences of ``why``.

    ``found``: shape (replicates, mixes, outcomes).
    """
    import dataclasses

    apart = apart_of(case)
    table = np.array(found, np.float64)
    held = Values(
        apart.mixes, {name: table[:, :, k].T for k, name in enumerate(NAMES)}, len(table), 0
    )
    result = take_apart(apart, held, case.choices.outcome)
    bars = [
        {
            "label": told_label(apart.pair, group, words), "value": share.contribution,
            "low": share.sim_low, "high": share.sim_high,
            "text": f"{number(share.contribution, signed=True)} "
                    f"{interval(share.sim_low, share.sim_high, signed=True)}",
            "told": share.verdict != paired.CANNOT_TELL,
        }
        for group, share in zip(apart.groups, result.shares, strict=True)
    ]  # fmt: skip
    setup = dataclasses.replace(why_setup(case), lang=words.lang)
    return {"bars": bars, "sentences": sentences(apart, result, setup)}
