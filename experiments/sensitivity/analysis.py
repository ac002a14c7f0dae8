"""From the outcomes of a sweep to sensitivity measures, one analysis per outcome and regime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.settings import ConfigError, nearest
from experiments.running.store import ExperimentError
from experiments.statistics.sensitivity import FEWEST_REPLICATES, Sensitivity, morris, sobol
from experiments.sweep.designs import MORRIS, SOBOL, Design
from experiments.sweep.results import SweepResults

FloatArray = NDArray[np.float64]
NONE, ALL = "none", "all"


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Sensitivity of one outcome under one regime.

    ``minus`` names the regime whose outcome was taken off replicate by replicate, or is "".
    """

    outcome: str
    regime: str
    minus: str
    found: Sensitivity


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """An outcome of a regime that has no sensitivity, and why."""

    outcome: str
    regime: str
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is analysed: outcomes, rows of regimes, and the row taken off, or None."""

    outcomes: tuple[str, ...]
    regimes: tuple[int, ...]
    minus: int | None


def question_of(
    sweep: SweepResults, outcomes: Sequence[str], regimes: Sequence[str], minus: str
) -> Question:
    """Check what was asked against what was run.

    Raises
    ------
    ConfigError: another design, or a regime that was not run.
    """
    if sweep.design.kind not in (MORRIS, SOBOL):
        raise ConfigError(
            f"out = {sweep.out} holds a design of the kind '{sweep.design.kind}', from which no "
            f"sensitivity follows. Run the sweep with design=morris (which settings matter at all) "
            f"or design=sobol (how much of the variance each explains), in another folder."
        )
    baseline = None if minus == NONE else _row(sweep, "minus", minus)
    rows = range(len(sweep.regimes))
    if list(regimes) != [ALL]:
        rows = [_row(sweep, "regimes", name) for name in dict.fromkeys(regimes)]  # type: ignore[assignment]
    chosen = tuple(row for row in rows if row != baseline)
    if not chosen or not outcomes:
        raise ConfigError(
            "there is nothing to analyse. Write regimes=all, or a regime that is not the one of "
            "minus, and an outcome such as outcome=technical."
        )
    return Question(tuple(dict.fromkeys(outcomes)), chosen, baseline)


def _row(sweep: SweepResults, setting: str, name: str) -> int:
    if name not in sweep.regimes:
        raise ConfigError(
            f"{setting}: regime '{name}' was not run in {sweep.out}. {nearest(name, sweep.regimes)}"
        )
    return sweep.regimes.index(name)


def complete_replicates(sweep: SweepResults, question: Question) -> NDArray[np.int64]:
    """Replicates that every point has finished under every regime in question.

    Raises
    ------
    ExperimentError: there are too few.
    """
    rows = [*question.regimes, *([] if question.minus is None else [question.minus])]
    done = sweep.done()[:, rows]
    complete = np.flatnonzero(done.all(axis=(0, 1)))
    if len(complete) < min(FEWEST_REPLICATES, sweep.replicates):
        raise ExperimentError(
            f"{int((~done).sum()):,} of {done.size:,} runs are missing in {sweep.out}, and only "
            f"{len(complete)} replicates are there at every point; {FEWEST_REPLICATES} are needed. "
            f"Start the same sweep again: it does what is missing."
        )
    return complete


def analyses(
    sweep: SweepResults, question: Question, replicates: NDArray[np.int64]
) -> Iterator[Analysis | Refusal]:
    """Every outcome under every regime; a refusal where nothing can be said."""
    minus = "" if question.minus is None else sweep.regimes[question.minus]
    values = sweep.outcomes(question.outcomes)
    for outcome, every in zip(question.outcomes, values, strict=True):
        for row in question.regimes:
            one = every[:, row, replicates]
            if question.minus is not None:
                one = one - every[:, question.minus, replicates]
            try:
                found = measure(sweep.design, one)
            except ConfigError as error:
                yield Refusal(outcome, sweep.regimes[row], str(error))
            else:
                yield Analysis(outcome, sweep.regimes[row], minus, found)


def measure(design: Design, values: FloatArray) -> Sensitivity:
    """Measures of one outcome; ``values`` has shape (points, replicates), in the design's order."""
    order = np.lexsort((design.step, design.block))
    blocks = int(design.block.max()) + 1
    outcomes = values[order].reshape(blocks, -1, values.shape[1])
    if design.kind == SOBOL:
        return sobol(outcomes[:, 0], outcomes[:, -1], outcomes[:, 1:-1].transpose(1, 0, 2))
    return morris(_places(design)[order].reshape(blocks, outcomes.shape[1], -1), outcomes)


def _places(design: Design) -> FloatArray:
    """Where the points really are, from 0 to 1 over each factor, shape (points, factors).

    A step of a Morris path ends at the nearest level or whole number, and its effect is taken
    over the way that it really went.
    """
    places = np.empty(design.unit.shape)
    for k, factor in enumerate(design.space.factors):
        if factor.levels:
            places[:, k] = factor.positions(design.unit[:, k], grid=True) / (len(factor.levels) - 1)
        else:
            low, high = factor.bounds
            places[:, k] = (np.array(design.values(k), np.float64) - low) / (high - low)
    return places
