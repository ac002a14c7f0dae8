"""A fit to a law that is known: two parameters, two targets that are normal around them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.calibration.settings import CalibrateSetup, load_calibrate

PARAMETERS = ("forming.home_bias", "forming.tie_bias")  # both from 0 to 10
TARGETS = ("same_region_ratio", "repeat_excess")
NOISE = 1.0
WORDS = (
    f"parameters={','.join(PARAMETERS)}", f"targets={','.join(TARGETS)}", "population=classroom",
)  # fmt: skip


def setup(*more: str) -> CalibrateSetup:
    """Settings of the fit; the model itself is not run."""
    return load_calibrate([*WORDS, *more])


class Law:
    """Each target is normal around its parameter, with standard deviation NOISE."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.calls = 0

    def __call__(
        self, values: Mapping[str, float], replicate: int | None = None
    ) -> dict[str, float]:
        self.calls += 1
        return {
            target: values.get(name, 1.0) + NOISE * float(self._rng.normal())
            for name, target in zip(PARAMETERS, TARGETS, strict=True)
        }
