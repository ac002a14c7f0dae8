"""What is asked of a sweep, and its worlds as cases or not, with halves that never meet.

A *case* is a world (a point of the design) in which the mean paired difference lies below a bound.
Boxes are found on half the worlds with every second replicate, and measured on the other worlds
with the other replicates: what fits only these worlds or only this luck is then seen not to hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.settings import ConfigError, nearest
from experiments.running.store import OUTCOME_NAMES, ExperimentError
from experiments.statistics import paired
from experiments.sweep.designs import LHS, SOBOL, Design
from experiments.sweep.results import SweepResults

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
TruthArray = NDArray[np.bool_]

FAILS, FLIPS = "fails", "flips"
SETTINGS = (FAILS, FLIPS, "outcome", "against", "below", "lang")
FEWEST_POINTS = 60  # 30 to find boxes, from which PRIM can peel a few layers
FEWEST_REPLICATES = 6  # three on either side, from which a spread over luck can be estimated
FEWEST_OF_A_KIND = 10  # cases, and others, among the worlds in which boxes are sought
SPLIT_KEY = 20_261_128  # keeps this draw apart from others


@dataclass(frozen=True, slots=True)
class Question:
    """Where is ``regime`` less than ``below`` above ``against``?

    ``kind`` is :data:`FAILS`, or :data:`FLIPS` where the two regimes are asked about as equals.
    """

    kind: str
    regime: str
    against: str
    outcome: str
    below: float

    @property
    def name(self) -> str:
        """Name of the folder of its answer."""
        bound = f"-below{self.below:g}" if self.below else ""
        return f"{self.kind}-{self.regime}-{self.against}-{self.outcome}{bound}"


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The worlds of a sweep as cases or not.

    Attributes
    ----------
    differences: paired, shape (points, replicates); only replicates that every point has.
    case: whether the mean over all replicates lies below the bound, shape (points,).
    told: whether the interval of that mean leaves out the bound, each point by itself.
    found_on, held_out: numbers of the points in which boxes are sought and measured.
    sought, judged: whether each point is a case by the even and by the odd replicates.
    """

    question: Question
    differences: FloatArray
    case: TruthArray
    told: TruthArray
    found_on: IntArray
    held_out: IntArray
    sought: TruthArray
    judged: TruthArray

    @property
    def fresh(self) -> FloatArray:
        """Differences on held-out luck, shape (points, odd replicates)."""
        return self.differences[:, 1::2]


def read_question(options: Mapping[str, str]) -> Question:
    """The question as it was typed.

    Raises
    ------
    ConfigError: none, or two, or an unknown outcome, or a bound that is no number.
    """
    if (FAILS in options) == (FLIPS in options):
        raise ConfigError(
            "discover asks one question. Write fails=REGIME for the worlds in which a regime does "
            "worse than another (against=laissez_faire), or flips=A,B for those in which B is above A."
        )
    outcome = options.get("outcome", "welfare")
    if outcome not in OUTCOME_NAMES:
        raise ConfigError(f"outcome = {outcome!r} is not known. {nearest(outcome, OUTCOME_NAMES)}")
    if FLIPS in options:
        names = [name.strip() for name in options[FLIPS].strip("[]").split(",")]
        if len(names) != 2:
            raise ConfigError(
                f"flips = {options[FLIPS]} does not name two regimes. Write flips=A,B for the "
                f"worlds in which B is above A, such as flips=open_challenge,race."
            )
        for name in ("against", "below"):
            if name in options:
                raise ConfigError(
                    f"{name} does nothing with flips. Leave it out, or write fails=REGIME."
                )
        return _of_two(FLIPS, names[0], names[1], outcome, 0.0)
    against = options.get("against", "laissez_faire")
    return _of_two(FAILS, options[FAILS], against, outcome, _bound(options.get("below", "0")))


def _of_two(kind: str, regime: str, against: str, outcome: str, below: float) -> Question:
    if regime == against:
        raise ConfigError(
            f"{kind}: '{regime}' does not differ from itself. Name two regimes of the sweep."
        )
    return Question(kind, regime, against, outcome, below)


def _bound(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(
            f"below = {text} is not a number. Write the difference below which a regime fails, in "
            f"units of the outcome, such as below=0 or below=-5."
        )
    return value


def cases_of(sweep: SweepResults, question: Question) -> Cases:
    """Every world of the sweep as a case or not.

    Raises
    ------
    ConfigError: another design, a regime that was not run, too few worlds, replicates or cases,
        or a difference without a value.
    ExperimentError: runs are missing.
    """
    _refuse_design(sweep)
    rows = [_row(sweep, question, name) for name in (question.regime, question.against)]
    complete = np.flatnonzero(sweep.done()[:, rows].all(axis=(0, 1)))
    _refuse_few_replicates(sweep, len(complete))
    values = sweep.outcome(question.outcome)
    differences = (values[:, rows[0]] - values[:, rows[1]])[:, complete]
    _refuse_nan(differences, question)
    case = differences.mean(axis=1) < question.below
    _refuse_one_kind(case, question)
    found_on, held_out = halves(sweep.design)
    sought = differences[:, ::2].mean(axis=1) < question.below
    _refuse_few_cases(sought[found_on], question)
    return Cases(
        question, differences, case, _told(differences, question.below), found_on, held_out, sought,
        differences[:, 1::2].mean(axis=1) < question.below,
    )  # fmt: skip


def halves(design: Design) -> tuple[IntArray, IntArray]:
    """Points in which boxes are sought, and points in which they are measured.

    Points of a Sobol design's row share coordinates, so that a row stays on one side, and only its
    two independent points (of A and of B) are measured.
    """
    unit = np.arange(design.points) if design.kind != SOBOL else design.block
    count = int(unit.max()) + 1
    order = np.argsort(paired.hashed_uniforms(count, 1, SPLIT_KEY)[:, 0], kind="stable")
    first = np.isin(unit, order[: count // 2])
    held = ~first
    if design.kind == SOBOL:
        held &= (design.step == 0) | (design.step == design.step.max())
    return np.flatnonzero(first), np.flatnonzero(held)


def _told(differences: FloatArray, below: float) -> TruthArray:
    """Whether Student's interval of each point's mean leaves out the bound."""
    count = differences.shape[1]
    half = paired.student_quantile(count - 1, paired.LEVEL) * (
        differences.std(axis=1, ddof=1) / math.sqrt(count)
    )
    told: TruthArray = np.abs(differences.mean(axis=1) - below) > half
    return told


def _row(sweep: SweepResults, question: Question, name: str) -> int:
    if name in sweep.regimes:
        return sweep.regimes.index(name)
    setting = question.kind
    if question.kind == FAILS and name == question.against:
        setting = "against"
    raise ConfigError(
        f"{setting}: regime '{name}' was not run in {sweep.out}. {nearest(name, sweep.regimes)}"
    )


def _refuse_design(sweep: SweepResults) -> None:
    kind, points = sweep.design.kind, sweep.design.points
    if kind not in (LHS, SOBOL):
        raise ConfigError(
            f"{sweep.out} holds a design of the kind '{kind}', whose points do not fill the space. "
            f"Run the sweep with design=lhs or design=sobol, in another folder."
        )
    measured = min(map(len, halves(sweep.design)))
    if points < FEWEST_POINTS or measured < FEWEST_POINTS // 2:
        raise ConfigError(
            f"{sweep.out} has {points} points, of which {measured} could be held out to measure "
            f"what is found; {FEWEST_POINTS // 2} are needed. Run the sweep with more points, such "
            f"as design=lhs points={max(FEWEST_POINTS, 200)}."
        )


def _refuse_few_replicates(sweep: SweepResults, complete: int) -> None:
    if sweep.replicates < FEWEST_REPLICATES:
        raise ConfigError(
            f"{sweep.out} has {sweep.replicates} replicates at each point, and half of them must be "
            f"held out; {FEWEST_REPLICATES} are needed, 20 advised. Start the same sweep again with "
            f"replicates=20: it adds them."
        )
    if complete < FEWEST_REPLICATES:
        raise ExperimentError(
            f"Runs are missing in {sweep.out}: only {complete} replicates are there at every point, "
            f"and {FEWEST_REPLICATES} are needed. Start the same sweep again: it does what is missing."
        )


def _refuse_nan(differences: FloatArray, question: Question) -> None:
    bad = ~np.isfinite(differences)
    if bad.any():
        raise ConfigError(
            f"outcome = {question.outcome}: {int(bad.sum()):,} of {bad.size:,} differences have no "
            f"value, so that their worlds are neither cases nor others. Take an outcome that every "
            f"run has, such as outcome=welfare."
        )


def _refuse_one_kind(case: TruthArray, question: Question) -> None:
    if 0 < case.sum() < len(case):
        return
    every = "no world is" if not case.any() else "every world is"
    raise ConfigError(
        f"{question.kind}: {every} a case: the mean of {question.outcome} of '{question.regime}' less "
        f"that of '{question.against}' is {'at least' if not case.any() else 'below'} "
        f"{question.below:g} at all {len(case)} points. That is the answer; there is nothing to tell "
        f"apart. Ask another question with fails=, against= or below=, or vary more in the sweep."
    )


def _refuse_few_cases(sought: TruthArray, question: Question) -> None:
    cases, others = int(sought.sum()), int((~sought).sum())
    if min(cases, others) < FEWEST_OF_A_KIND:
        raise ConfigError(
            f"{question.kind}: of the {len(sought)} worlds in which boxes are sought, {cases} are "
            f"cases and {others} are not; {FEWEST_OF_A_KIND} of each are needed. Run the sweep with "
            f"more points, or ask with another below=."
        )
