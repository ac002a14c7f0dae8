"""Whether the model still says what is published of it: levers, rankings, differences taken apart, and the fit.

Each is run on luck of its own, so it is no copy of the published page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import numpy as np
from scipy import special, stats

from experiments.calibration.job import calibrate
from experiments.calibration.recovery import LEVEL
from experiments.calibration.settings import load_calibrate
from experiments.levers.job import levers as census_of
from experiments.levers.results import Cell, Judged
from experiments.levers.settings import load_census
from experiments.published import published
from experiments.rankings.job import rank
from experiments.rankings.results import FLIPS, HOLDS, NOT_TOLD, RANKED, PairFound
from experiments.rankings.settings import load_rankings
from experiments.report.numbers import interval, number
from experiments.validation.measures import BEHAVIOUR
from experiments.verification.checks import Row
from experiments.verification.evidence import agrees
from experiments.why.job import why
from experiments.why.results import plain
from experiments.why.settings import load_why
from experiments.words import Words

SEED = 20261129  # another than those of the published runs
FALSE_ALARM = 1e-3  # of one check, over all that it compares
QUICK_PAIRS, FULL_PAIRS = 20, 300  # of each effect of a lever
QUICK_WORLDS = ("draws=10", "per_draw=3", "replicates=30")
FULL_WORLDS = ("draws=100", "per_draw=10", "replicates=300")
APART = (("lead_firm_consortium", "open_challenge"), ("open_challenge", "race"))
QUICK_APART, FULL_APART = 4, 100  # replicates of each mix
ROUNDING = 1e-9  # of sums of contributions, in units of the outcome
FIT = (
    "parameters=forming.home_bias,forming.tie_bias,forming.reputation_weight,forming.trust_worth",
    "targets=same_region_ratio,repeat_excess,university_leads,attachment_exponent",
    "population.size=1000", "eligibility.min_members=8",
)  # fmt: skip  # as published
QUICK_FIT = ("particles=20", "generations=1", "prior_runs=50", "checked_runs=5")
FULL_FIT = ("particles=80", "generations=3", "prior_runs=300")


# ---------------------------------------------------------------- levers


def levers(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """Every effect of every lever, by family: is it the published one within the luck of both?

    All 1,050 effects together are found to differ by luck alone with a probability of at most
    :data:`FALSE_ALARM`, by Student's distribution of the new pairs. In full, an effect that has changed by 13
    published standard errors is seen with a probability of 99 %.
    """
    texts = [f"seed={SEED}", f"replicates={FULL_PAIRS if full else QUICK_PAIRS}"]
    found = census_of(load_census([], [*texts, f"out={folder / 'levers'}"]), progress=False).found
    before = published("levers")
    freedom = min(cell.found.n for cell in found.cells) - 1
    threshold = -float(special.stdtrit(freedom, FALSE_ALARM / len(found.cells) / 2.0))
    for family, inside in groupby(found.levers, lambda one: one.row.lever.partition(".")[0]):
        yield family_row(family, list(inside), before, threshold, words)


def family_row(
    family: str, inside: Sequence[Judged], before: Mapping[str, Mapping[str, str]], threshold: float,
    words: Words,
) -> Row:  # fmt: skip
    """The levers of one family, beside their published effects."""
    cells = [cell for one in inside for cell in one.cells]
    apart = [cell for cell in cells if _apart(cell, before) > threshold]
    named = (f"{one.move.row.lever} = {one.move.value}, {one.outcome}" for one in apart)
    return Row(
        not apart,
        (
            family, str(len(inside)), str(len(cells)), str(sum(cell.told for cell in cells)),
            words.join(sorted(named)) or "–",
        ),
    )  # fmt: skip


def _apart(cell: Cell, before: Mapping[str, Mapping[str, str]]) -> float:
    """How many standard errors an effect is from the published one; infinite if there is none."""
    effects = before.get(cell.move.row.lever, {})
    key = f"{plain(cell.move.value)} {cell.outcome}"
    if key not in effects:
        return math.inf
    difference, se = map(float, effects[key].split())
    spread = math.hypot(se, cell.found.se)
    gap = abs(cell.found.difference - difference)
    if not spread:
        return math.inf if gap else 0.0
    return gap / spread


# ---------------------------------------------------------------- rankings


def rankings(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """The ranking of every pair of regimes that is published as told.

    None may be told the other way round in the world as it stands, and none that holds over drawn
    worlds may flip, or flip that holds. Both statements are right for all pairs at once with 95 %
    confidence each time, so that a false alarm needs two errors at once for the same pair: for
    an outcome, a probability of at most .05 x .05.
    """
    texts = [f"seed={SEED}", *(FULL_WORLDS if full else QUICK_WORLDS)]
    found = rank(load_rankings([*texts, f"out={folder / 'rankings'}"]), progress=False).found
    before = published("rankings")
    for outcome in RANKED:
        yield outcome_row(outcome, found.pairs[outcome], before[outcome], words)


def outcome_row(
    outcome: str, pairs: Sequence[PairFound], before: Mapping[str, str], words: Words
) -> Row:
    """The pairs of one outcome, beside what is published of them."""
    told = {f"{one.better} > {one.worse}": one for one in pairs if one.verdict != NOT_TOLD}
    reversed_ = [key for key in before if " > ".join(reversed(key.split(" > "))) in told]
    crossed = [
        key for key in before.keys() & told.keys()
        if {before[key], told[key].verdict} == {HOLDS, FLIPS}
    ]  # fmt: skip
    same = sum(key in told for key in before)
    bad = reversed_ + crossed
    return Row(
        False if bad else True if same else None,
        (words(f"outcome.{outcome}"), str(len(before)), str(same), words.join(sorted(bad)) or "–"),
    )


# ---------------------------------------------------------------- differences taken apart


def apart(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """Contributions add up to the difference of two regimes, and some are not 0."""
    for pair in APART:
        texts = [f"seed={SEED}", f"replicates={FULL_APART if full else QUICK_APART}"]
        setup = load_why(pair, [*texts, f"out={folder / pair[0]}"])
        found = why(setup, progress=False).found
        total = found.total
        added = float(found.by_replicate.sum(axis=0).mean())
        gap = abs(added - total.difference)
        yield Row(
            gap <= ROUNDING and bool(np.any(found.by_replicate)),
            (
                words.join(words.title(entry) for entry in setup.regimes),
                str(len(found.shares)),
                f"{number(total.difference, signed=True)} {interval(total.low, total.high, signed=True)}",
                number(added, signed=True), f"{gap:.0e}",
            ),
        )  # fmt: skip


# ---------------------------------------------------------------- the fit


def calibration(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """The published fit again: do intervals cover, and is every behaviour judged as it is published?

    Behaviours: as for :func:`experiments.verification.evidence.networks`. Coverage of the intervals is counted over
    runs whose values are known: a promised level that is true is left out by the exact test with a probability of at
    most :data:`FALSE_ALARM` for all parameters.
    """
    if find_spec("pyabc") is None:
        yield Row(None, (words("verify.no_pyabc"), "–", "–"))
        return
    texts = [*FIT, *(FULL_FIT if full else QUICK_FIT), f"seed={SEED}", f"out={folder / 'fit'}"]
    fit, _ = calibrate(load_calibrate(texts), progress=False)
    before = published("calibration")["behaviours"]
    for prior, one in zip(fit.setup.priors, fit.recovered or (), strict=False):
        p = float(stats.binomtest(one.covered, one.runs, LEVEL).pvalue)
        yield Row(
            p > FALSE_ALARM / len(fit.setup.priors),
            (prior.name, f"{one.covered}/{one.runs}", words.percent(LEVEL)),
        )
    for behaviour in fit.after:
        name = behaviour.target.measure.name
        if behaviour.target.measure.group == BEHAVIOUR:
            yield Row(
                agrees(behaviour.verdict, before[name]),
                (
                    words(f"validation.measure.{name}"),
                    words(f"validation.verdict.{behaviour.verdict}"),
                    words(f"validation.verdict.{before[name]}"),
                ),
            )
