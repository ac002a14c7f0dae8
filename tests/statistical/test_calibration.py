"""Recovery of known values by the sequential search, on a law whose exact posterior is known.

With a flat prior and normal noise the posterior is normal around the observation with the noise's
spread. ABC adds its threshold to that, so intervals may be too wide and not too narrow.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.calibration.fit import search
from experiments.calibration.simulate import distance
from tests.support.fits import NOISE, PARAMETERS, Law, setup
from tests.support.statistical import assert_rate_at_least

pytest.importorskip("pyabc", reason="calibrate is an extra")
REPETITIONS = 30
FIT = setup("particles=40", "generations=4")


def test_intervals_of_known_values(tmp_path) -> None:
    """Coverage of 90 % intervals, told from .5; narrowing to half of the prior, told from .5."""
    rng = np.random.default_rng(6)
    covered = narrow = 0
    for repetition in range(REPETITIONS):
        truth = rng.uniform(2, 8, len(PARAMETERS))
        wanted = Law(1000 + repetition)(dict(zip(PARAMETERS, truth.tolist(), strict=True)))
        folder = tmp_path / str(repetition)
        folder.mkdir()
        found = search(
            FIT, folder, Law(repetition), wanted, lambda a, b: distance(a, b, FIT.targets)
        )
        for column, value in enumerate(truth.tolist()):
            low, high = found.quantile(column, 0.05), found.quantile(column, 0.95)
            covered += low <= value <= high
            narrow += high - low < 5.0  # the exact posterior has 3.3; the prior 9
    trials = REPETITIONS * len(PARAMETERS)
    assert NOISE == 1.0
    assert_rate_at_least(covered, trials, nominal=0.9, biased=0.5, name="calibration covers")
    assert_rate_at_least(narrow, trials, nominal=0.9, biased=0.5, name="calibration narrows")
