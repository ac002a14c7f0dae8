"""``consortia sensitivity``: which settings of a finished sweep matter, by Morris or Sobol measures."""

from __future__ import annotations

from experiments.sensitivity.job import SensitivityResult, sensitivity

__all__ = ["SensitivityResult", "sensitivity"]
