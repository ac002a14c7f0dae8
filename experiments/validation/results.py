"""Model, programme and null side by side: distance, interval and verdict for each target.

The unit is a part of ``projects`` projects: the first of each replicate of the model, all
parts of the programme that do not overlap, and each of these with its organisations put elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from agents.settings import ConfigError
from experiments.validation.against import Against, Target
from experiments.validation.measures import BEHAVIOUR
from experiments.validation.network import FloatArray, Network

REPRODUCED, BETWEEN, NOT_REPRODUCED = "reproduced", "between", "not_reproduced"
CANNOT_TELL, UNMEASURED = "cannot_tell", "unmeasured"
VERDICTS = (REPRODUCED, BETWEEN, NOT_REPRODUCED, CANNOT_TELL, UNMEASURED)
LEVEL = 0.05  # chance that any interval of a behaviour misses, all behaviours together
MOST_WINDOWS = 40  # parts of the programme that are measured, evenly over its time
FEWEST_WINDOWS = 6  # parts that the programme must have, from which a spread can be told
NULL_KEY = 1_000_000  # of the first null; the parts' keys are 1000 apart


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Values of one measure in one of the three columns; NaN left out."""

    values: FloatArray

    @property
    def n(self) -> int:
        """Values there are."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """Their mean; NaN when there are none."""
        return float(self.values.mean()) if self.n else math.nan

    @property
    def sd(self) -> float:
        """Their standard deviation; NaN with fewer than two."""
        return float(self.values.std(ddof=1)) if self.n > 1 else math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found for one target.

    Attributes
    ----------
    model, real, null: the three columns.
    low, high: interval of the distance, model minus real; NaN where there is none.
    verdict: one of VERDICTS.
    null_too: whether the null's mean lies within the tolerance as well, so that reproducing the
        figure is no feat.
    """

    target: Target
    model: Column
    real: Column
    null: Column
    low: float
    high: float
    verdict: str
    null_too: bool

    @property
    def distance(self) -> float:
        """Model minus real."""
        return self.model.mean - self.real.mean


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """All findings, and what they rest on.

    Attributes
    ----------
    projects: in each part of the model and the programme.
    sample_projects: in each part of the sample; 0 without one.
    """

    found: tuple[Found, ...]
    projects: int
    sample_projects: int

    def of(self, group: str) -> list[Found]:
        """Findings of a group of measures, in their order."""
        return [one for one in self.found if one.target.measure.group == group]

    def count(self, verdict: str) -> int:
        """Behaviours with this verdict."""
        return sum(one.verdict == verdict for one in self.of(BEHAVIOUR))


def comparable_projects(
    model: Sequence[Network], real: Network, wanted: int | None, name: str
) -> int:
    """How many projects the parts are to have.

    Parameters
    ----------
    model, real: with small projects left out.
    wanted: by the user, or None for as many as every run of the model has and the programme has six
        times.

    Raises
    ------
    ConfigError: there are fewer than wanted, or too few for a network.
    """
    here, there = min(network.projects for network in model), real.projects // FEWEST_WINDOWS
    most = min(here, there)
    if most < 4 or (wanted or 0) > most:
        told = (
            f"projects = {wanted} cannot be compared"
            if wanted
            else "There is too little to compare"
        )
        raise ConfigError(
            f"{told}: the run of the model with fewest has {here} projects, and {name} has "
            f"{real.projects}, which is {there} in each of {FEWEST_WINDOWS} parts. Write a smaller number "
            f"of projects, a larger population.size or budget, or data with more projects."
        )
    return wanted or most


def compare(
    against: Against,
    model: Sequence[Network],
    real: Network,
    sample: Network | None,
    wanted: int | None,
) -> Validation:
    """Measure the three columns and judge every target.

    Parameters
    ----------
    model: of each replicate.
    real, sample: of the programme, as read.
    wanted: see :func:`comparable_projects`.

    Raises
    ------
    ConfigError: too few projects on either side.
    """
    ours = [network.of_size(against.least_members) for network in model]
    whole = compared_part(against, real)
    projects = comparable_projects(ours, whole, wanted, against.data)
    parts = parts_of(against, real, sample, projects)
    told = sum(target.measure.group == BEHAVIOUR for target in against.targets)
    few = parts[True].projects if sample is not None else 0
    found = []
    for target in against.targets:
        here = parts[target.sampled]
        values = measured(target, [network.part(0, here.projects) for network in ours])
        found.append(judge(target, values, *here.measured(target), told))
    return Validation(tuple(found), projects, few)


def compared_part(against: Against, real: Network) -> Network:
    """The programme without what is left out: the last projects, and small ones."""
    last = math.ceil(real.projects * (1 - against.left_out_last))
    return real.part(0, last).of_size(against.least_members)


def parts_of(
    against: Against, real: Network, sample: Network | None, projects: int
) -> dict[bool, Parts]:
    """Parts of the programme, and under True of its sample, which may have to be smaller."""
    parts = {False: Parts(compared_part(against, real), projects)}
    if sample is not None:
        part = sample.of_size(against.least_members)
        parts[True] = Parts(part, min(projects, part.projects // FEWEST_WINDOWS))
    return parts


class Parts:
    """Parts of a real network of equal numbers of projects, and their nulls."""

    def __init__(self, real: Network, projects: int) -> None:
        self.projects = projects
        self._real = list(real.windows(projects, MOST_WINDOWS))
        keys = [NULL_KEY + 1000 * place for place in range(len(self._real))]
        pairs = list(zip(self._real, keys, strict=True))
        self._permuted = [network.permuted(key) for network, key in pairs]
        self._even = [network.evenly_filled(key) for network, key in pairs]

    def measured(self, target: Target) -> tuple[Column, Column]:
        """Real, and the null of this target."""
        null = self._even if target.measure.even else self._permuted
        return measured(target, self._real), measured(target, null)


def measured(target: Target, networks: Sequence[Network]) -> Column:
    """A measure of several networks."""
    values = np.array([target.measure.of(network) for network in networks], np.float64)
    return Column(values[~np.isnan(values)])


def judge(target: Target, model: Column, real: Column, null: Column, told: int) -> Found:
    """The verdict on one target.

    ``reproduced``: the interval of model minus real lies within the tolerance. ``between`` and
    ``not_reproduced``: it lies outside; between, if the model is also told apart from the null,
    on the programme's side of it. ``cannot_tell``: neither. Intervals are Welch's, for all
    ``told`` behaviours at once (Bonferroni).
    """
    if not model.n or not real.n:
        return Found(target, model, real, null, math.nan, math.nan, UNMEASURED, False)
    low, high = difference_interval(model, real, told)
    away = null.mean - real.mean
    null_too = abs(away) <= target.within
    verdict = CANNOT_TELL
    if -target.within <= low and high <= target.within:
        verdict = REPRODUCED
    elif low > target.within or high < -target.within:
        verdict = BETWEEN if _between(model, real, null, told) else NOT_REPRODUCED
    return Found(target, model, real, null, low, high, verdict, null_too)


def _between(model: Column, real: Column, null: Column, told: int) -> bool:
    """Whether the model lies between programme and null, told apart from the null."""
    away, distance = null.mean - real.mean, model.mean - real.mean
    low, high = difference_interval(model, null, told)
    return high < 0 < distance if away > 0 else distance < 0 < low


def difference_interval(one: Column, other: Column, told: int) -> tuple[float, float]:
    """Welch's interval for the difference of two means; infinite with fewer than two values."""
    if one.n < 2 or other.n < 2:
        return -math.inf, math.inf
    parts = one.sd**2 / one.n, other.sd**2 / other.n
    error = math.sqrt(sum(parts))
    difference = one.mean - other.mean
    if error == 0.0:
        return difference, difference
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (one.n - 1) + parts[1] ** 2 / (other.n - 1))
    reach = error * float(stats.t.ppf(1 - LEVEL / (2 * max(told, 1)), freedom))
    return difference - reach, difference + reach
