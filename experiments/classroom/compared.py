"""Thirty pairs on the same luck: what may be said when they are all there, and nothing before.

Looking at the interval while pairs come in, and stopping when it looks good, would find differences
where there are none. Until the last pair only their number is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.classroom.case import Case
from experiments.classroom.menu import menu
from experiments.report import interval, number
from experiments.statistics import paired
from experiments.words import Words
from simulation.runner import run_replicate

Pairs = dict[str, list[list[float]]]  # by outcome: [value of the regime, value of the other] a pair


def pairs(case: Case, replicates: Sequence[int]) -> Pairs:
    """Outcomes of both regimes in these replicates; the runs are those of ``compare``."""
    found: Pairs = {name: [] for name in menu().outcomes}
    regimes = (case.entry.regime, case.against.regime)
    for replicate in replicates:
        results = run_replicate(
            case.world, case.population, case.reference.regime, regimes,
            seed=case.choices.seed, replicate=replicate,
        )  # fmt: skip
        for name, values in found.items():
            values.append([result.outcomes[name] for result in results])
    return found


def verdict(case: Case, found: Pairs, words: Words) -> dict[str, Any]:
    """The answer to a comparison, in numbers and in words.

    The chosen outcome has its own 95 % interval, as ``compare`` gives it. The table of all
    outcomes looks several times, so its intervals hold for all of them together (Bonferroni).
    """
    chosen = case.choices.outcome
    values = np.array(found[chosen], np.float64).T
    one = _difference(values)
    together = 1.0 - (1.0 - paired.LEVEL) / len(found)
    table = [
        _row(name, np.array(rows, np.float64).T, together, words) for name, rows in found.items()
    ]
    return {
        "outcome": chosen, "n": one.n, "difference": one.difference, "low": one.low,
        "high": one.high, "share_won": one.share_won, "verdict": one.verdict,
        "pairs": found[chosen], "sentences": _sentences(case, one, values, words), "table": table,
    }  # fmt: skip


def difference(found: Pairs, outcome: str) -> paired.Difference:
    """The difference in an outcome with its own 95 % interval."""
    return _difference(np.array(found[outcome], np.float64).T)


def _difference(values: np.ndarray, level: float = paired.LEVEL) -> paired.Difference:
    return paired.paired_differences(values, ("regime", "against"), [(0, 1)], level=level)[0]


def _sentences(case: Case, one: paired.Difference, values: np.ndarray, words: Words) -> list[str]:
    places = {"regime": title(case, words), "against": title_against(case, words), "outcome": words(f"measure.{case.choices.outcome}"),
              "difference": number(one.difference, signed=True), "n": one.n,
              "interval": interval(one.low, one.high, signed=True)}  # fmt: skip
    wins, losses = int((values[0] > values[1]).sum()), int((values[0] < values[1]).sum())
    return [
        words(f"classroom.verdict.{one.verdict}", **places),
        words("classroom.verdict.wins", **places, wins=wins, losses=losses,
              ties=one.n - wins - losses),
    ]  # fmt: skip


def _row(name: str, values: np.ndarray, level: float, words: Words) -> dict[str, Any]:
    one = _difference(values, level)
    return {
        "name": name, "title": words(f"measure.{name}"),
        "regime": number(float(values[0].mean())), "against": number(float(values[1].mean())),
        "difference": number(one.difference, signed=True),
        "interval": interval(one.low, one.high, signed=True),
        "verdict": words(f"classroom.table.{one.verdict}"),
    }  # fmt: skip


def title(case: Case, words: Words) -> str:
    """The regime in words, with a remark when its levers were moved."""
    own = words.title(case.entry)
    moved = any(menu().sliders[name].lever for name, _ in case.choices.settings)
    return words("classroom.moved", regime=own) if moved else own


def title_against(case: Case, words: Words) -> str:
    """What is compared with, in words."""
    own = words.title(case.against)
    return words("classroom.unmoved", regime=own) if case.against.name == "unchanged" else own
