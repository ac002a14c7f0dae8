"""The search: runs over the prior, then generations of ABC-SMC by pyabc, all kept on disk.

A killed fit goes on: the runs over the prior from the last that was written, the search from its
last whole generation, which pyabc keeps in an SQLite file.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agents.settings import ConfigError
from experiments.calibration.settings import CalibrateSetup
from experiments.running.files import write_parquet
from experiments.statistics.paired import FloatArray, hashed_uniforms
from experiments.validation.against import Target

Simulate = Callable[[Mapping[str, float]], dict[str, float]]
Distance = Callable[[Mapping[str, float], Mapping[str, float]], float]
PRIOR_FILE, DATABASE = "prior_runs.parquet", "fit.db"
PRIOR_KEY = 31_415  # of the places in the prior
WRITE_EVERY = 25  # runs over the prior
NEEDED = "calibrate needs pyabc. Install it with: pip install 'consortia[calibrate]'"


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Runs at places of the prior.

    Attributes
    ----------
    places: values of the parameters, shape (runs, parameters).
    found: measured, one mapping per run.
    """

    places: FloatArray
    found: list[dict[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Weighted particles of the last generation.

    Attributes
    ----------
    values: shape (particles, parameters), in the order of the priors.
    weights: sum 1, shape (particles,).
    thresholds: largest distance allowed in each generation.
    simulations: runs of the model in all.
    """

    values: FloatArray
    weights: FloatArray
    thresholds: tuple[float, ...]
    simulations: int

    def quantile(self, column: int, share: float) -> float:
        """A weighted quantile of one parameter."""
        order = np.argsort(self.values[:, column])
        reached = np.cumsum(self.weights[order])
        place = min(int(np.searchsorted(reached, share)), len(order) - 1)
        return float(self.values[order[place], column])

    def mean(self, column: int) -> float:
        """The weighted mean of one parameter."""
        return float(self.weights @ self.values[:, column])

    def drawn(self, count: int) -> FloatArray:
        """Particles by systematic sampling, shape (count, parameters)."""
        points = (np.arange(count) + 0.5) / count
        rows = np.searchsorted(np.cumsum(self.weights), points)
        chosen: FloatArray = self.values[np.minimum(rows, len(self.values) - 1)]
        return chosen


def prior_bank(
    setup: CalibrateSetup, folder: Path, simulate: Simulate, done: Callable[[], None]
) -> Bank:
    """Runs at ``prior_runs`` places of the prior; those that are kept are not run again."""
    low, high = (np.array([getattr(one, end) for one in setup.priors]) for end in ("low", "high"))
    unit = hashed_uniforms(
        setup.prior_runs, len(setup.priors), PRIOR_KEY + setup.model.seed % 2**32
    )
    places = low + unit * (high - low)
    file = folder / PRIOR_FILE
    names = [one.name for one in setup.priors]
    found: list[dict[str, float]] = []
    if file.is_file():
        found = pq.read_table(file).drop_columns(names).to_pylist()[: setup.prior_runs]
    for place in places[len(found) :]:
        found.append(simulate(dict(zip(names, place.tolist(), strict=True))))
        done()
        if len(found) % WRITE_EVERY == 0 or len(found) == len(places):
            kept = pa.Table.from_pylist(found)
            for column, name in enumerate(names):
                kept = kept.append_column(name, pa.array(places[: len(found), column]))
            write_parquet(file, kept)
    return Bank(places, found)


def search(
    setup: CalibrateSetup, folder: Path, simulate: Simulate, wanted: Mapping[str, float],
    distance: Distance, done: Callable[[], None] = lambda: None,
) -> Posterior:  # fmt: skip
    """Generations of ABC-SMC (Toni et al. 2009) with the median of distances as the next threshold.

    Raises
    ------
    ConfigError: pyabc is not installed.
    """
    try:
        import pyabc
    except ImportError as error:
        raise ConfigError(NEEDED) from error
    logging.getLogger("ABC").setLevel(logging.WARNING)
    names = [one.name for one in setup.priors]

    def model(values: Mapping[str, float]) -> dict[str, float]:
        done()
        return simulate({name: float(values[name]) for name in names})

    ranges = {one.name: pyabc.RV("uniform", one.low, one.high - one.low) for one in setup.priors}
    smc = pyabc.ABCSMC(
        models=model,
        parameter_priors=pyabc.Distribution(**ranges),
        distance_function=distance,
        population_size=setup.particles,
        sampler=pyabc.sampler.SingleCoreSampler(),
    )
    file = folder / DATABASE
    address = f"sqlite:///{file}"
    reached = 0
    if file.is_file() and (kept := pyabc.History(address)).n_populations:
        smc.load(address, kept.id)
        reached = kept.n_populations
    else:
        file.unlink(missing_ok=True)
        smc.new(address, dict(wanted))
    np.random.seed((setup.model.seed + reached) % 2**32)  # pyabc draws from this generator
    if reached < setup.generations:
        smc.run(max_nr_populations=setup.generations - reached)
    return _posterior(smc.history, names)


def _posterior(history: Any, names: list[str]) -> Posterior:
    values, weights = history.get_distribution(m=0, t=history.max_t)
    told = history.get_all_populations()
    return Posterior(
        values[names].to_numpy(np.float64),
        np.asarray(weights, np.float64) / float(np.sum(weights)),
        tuple(float(one) for one in told["epsilon"] if np.isfinite(one)),
        int(history.total_nr_simulations),
    )


def scaled(found: Mapping[str, float], targets: tuple[Target, ...]) -> FloatArray:
    """Summaries in tolerances, in the order of the targets; NaN where undefined."""
    return np.array(
        [np.nan if found[one.measure.name] is None else found[one.measure.name] / one.within for one in targets]
    )  # fmt: skip
