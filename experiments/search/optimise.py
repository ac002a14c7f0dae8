"""The optimiser: Optuna is asked for candidates and told what became of them.

It keeps nothing on disk. Its draws are a function of its seed and of what it was told, and what it
is told is a function of the runs, which the store keeps: the same command asks again, finds its
runs there, and comes to the same end, wherever it was stopped.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.settings import ConfigError
from experiments.regimes import RegimeEntry
from experiments.running.files import ExperimentError
from experiments.search.settings import Goal
from experiments.search.space import Candidates, Dimension

FloatArray = NDArray[np.float64]
BATCH = 8  # candidates of a contest asked for together
GENERATIONS = 6  # of a front
MISSES = 200  # candidates in a row that are no valid regime, before we give up

Judge = Callable[[Sequence[RegimeEntry]], FloatArray]  # means, shape (candidates, goals)


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """A candidate with its means on the luck of the search, in units of the outcomes."""

    entry: RegimeEntry
    place: dict[str, Any]
    means: FloatArray


def optimise(
    space: Candidates, goals: Sequence[Goal], count: int, seed: int, judge: Judge, prefix: str
) -> list[Tried]:
    """Try ``count`` candidates, those of ``space.starts`` first.

    One goal: tree-structured Parzen estimator (Bergstra et al. 2011). Several: NSGA-II (Deb et al.
    2002). Places whose levers contradict each other are no candidates and cost no run.

    Raises
    ------
    ConfigError: Optuna is not installed.
    ExperimentError: hardly any place of the space is a valid regime.
    """
    optuna = _library()
    size = BATCH if len(goals) == 1 else max(len(space.starts), count // GENERATIONS)
    study = optuna.create_study(
        directions=["maximize" if goal.sign > 0 else "minimize" for goal in goals],
        sampler=_sampler(optuna, len(goals), size, seed),
    )
    kinds = {one.name: _kind(optuna, one) for one in space.dimensions}
    for place in space.starts:
        study.enqueue_trial(place)
    tried: list[Tried] = []
    while len(tried) < count:
        asked = list(
            _ask(optuna, study, kinds, space, min(size, count - len(tried)), prefix, len(tried))
        )
        means = judge([entry for _, entry in asked])
        for (trial, entry), row in zip(asked, means, strict=True):
            tried.append(Tried(entry, dict(trial.params), row))
            if np.isfinite(row).all():
                study.tell(trial, row.tolist())
            else:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return tried


def _ask(
    optuna: Any, study: Any, kinds: Any, space: Candidates, wanted: int, prefix: str, first: int
) -> Iterator[tuple[Any, RegimeEntry]]:
    """Candidates that are valid regimes."""
    for number in range(first, first + wanted):
        for _ in range(MISSES):
            trial = study.ask(fixed_distributions=kinds)
            try:
                entry = space.entry(f"{prefix}{number:04d}", trial.params)
            except ConfigError:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                continue
            yield trial, entry
            break
        else:
            raise ExperimentError(
                f"{MISSES} places in a row are no valid regime, so that nothing can be sought. Take "
                f"fewer regimes, or others."
            )


def front(means: FloatArray, goals: Sequence[Goal]) -> list[int]:
    """Rows that no other row beats on one goal without losing on another, the first of equals."""
    signed = means * [goal.sign for goal in goals]
    found = []
    for row, own in enumerate(signed):
        if not np.isfinite(own).all():
            continue
        better = (signed >= own).all(axis=1) & (signed > own).any(axis=1)
        equal_before = (signed[:row] == own).all(axis=1)
        if not better.any() and not equal_before.any():
            found.append(row)
    return found


def _library() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import optuna
    except ImportError as error:
        raise ConfigError(
            "search needs Optuna, which is not installed. Write: pip install 'consortia[explore]'."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _sampler(optuna: Any, goals: int, size: int, seed: int) -> Any:
    seed %= 2**32  # NumPy's older generator, which Optuna uses, takes no larger one
    if goals > 1:
        return optuna.samplers.NSGAIISampler(population_size=size, seed=seed)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=2 * BATCH)


def _kind(optuna: Any, one: Dimension) -> Any:
    if one.options:
        return optuna.distributions.CategoricalDistribution(one.options)
    return optuna.distributions.FloatDistribution(one.low, one.high)
