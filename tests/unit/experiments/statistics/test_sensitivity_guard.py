"""What has no sensitivity is refused in words; SALib alone would make zeros of it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from SALib.analyze import sobol as salib

from agents.settings import ConfigError
from experiments.statistics.sensitivity import (
    elementary_effects,
    morris,
    no_effect_p,
    plain_sobol,
    refuse_unusable,
    sobol,
)
from tests.support import known_functions as known


@pytest.fixture
def design() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return known.saltelli(np.random.default_rng(61), 32, 4)


def values(design, replicates: int = 4) -> list[np.ndarray]:
    luck = known.Luck(1.0, 0.0, 1.0)
    return luck.outcomes(known.ishigami, np.random.default_rng(62), replicates, *design)


def test_one_nan_makes_salib_silent_and_the_guard_speak(design) -> None:
    base, other, mixed = (known.ishigami(x) for x in design)
    base[3] = np.nan
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}
    flat = np.stack([base, *mixed, other], axis=1).ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        silent = salib.analyze(problem, flat, calc_second_order=False, num_resamples=2, seed=1)
    assert (silent["S1"] == 0.0).all() and (silent["ST"] == 0.0).all()
    with pytest.raises(ConfigError, match="1 of 192 outcomes have no value.*choose another"):
        plain_sobol(base, other, mixed)


def test_the_guard_stands_before_every_analysis(design) -> None:
    base, other, mixed = values(design)
    mixed[2, 5, 1] = np.inf
    with pytest.raises(ConfigError, match="1 of 768 outcomes are infinite"):
        sobol(base, other, mixed)
    units = known.paths(np.random.default_rng(63), 10, 4)
    constant = np.full((10, 5, 6), 0.1 + 0.2)
    with pytest.raises(ConfigError, match="the outcome is 0.3 in all 300 runs"):
        morris(units, constant)
    with pytest.raises(ConfigError, match="replicates = 2 cannot tell.*replicates=10"):
        sobol(*values(design, 2))
    with pytest.raises(ConfigError, match="3 trajectories or base rows cannot give an interval"):
        morris(units[:3], np.random.default_rng(1).normal(size=(3, 5, 6)))


def test_rounding_is_no_variation() -> None:
    with pytest.raises(ConfigError, match="nothing varies"):
        refuse_unusable(np.array([[0.1 + 0.2, 0.3, 0.3]]))


def test_without_noise_the_total_indices_are_salib_s(design) -> None:
    base, other, mixed = (np.repeat(known.ishigami(x)[..., None], 5, axis=-1) for x in design)
    found = sobol(base, other, mixed)
    first, total = plain_sobol(base[:, 0], other[:, 0], mixed[:, :, 0])
    assert found.measures["total"].value == pytest.approx(total)
    assert found.measures["total"].plain == pytest.approx(total)
    assert found.measures["first"].plain == pytest.approx(first)
    assert found.measures["first"].value == pytest.approx(first, abs=0.15)  # centred differently
    assert found.noise_share_of_run < 1e-30
    assert found.noise_dominates.tolist() == [False, False, False, True]


def test_without_noise_morris_is_the_plain_one() -> None:
    units = known.paths(np.random.default_rng(64), 12, 4)
    outcomes = np.repeat(known.ishigami(units)[..., None], 5, axis=-1)
    for measure in morris(units, outcomes).measures.values():
        assert measure.value == pytest.approx(measure.plain)


def test_effects_belong_to_the_factor_that_moved() -> None:
    units = known.paths(np.random.default_rng(65), 30, 3)
    effects = elementary_effects(units, (units @ np.array([1.0, -2.0, 5.0]))[..., None])
    assert effects[:, :, 0] == pytest.approx(np.repeat([[1.0], [-2.0], [5.0]], 30, axis=1))
    with pytest.raises(ValueError, match="one factor"):
        elementary_effects(np.random.default_rng(1).random((5, 4, 3)), np.zeros((5, 4, 2)))


def test_a_common_level_and_a_common_shift_change_nothing(design) -> None:
    base, other, mixed = values(design)
    shift = np.array([1000.0, -20.0, 3.0, 400.0])
    one, two = sobol(base, other, mixed), sobol(base + shift, other + shift, mixed + shift)
    for name in ("first", "total"):
        assert two.measures[name].value == pytest.approx(one.measures[name].value, abs=1e-6)


def test_p_values_at_the_ends() -> None:
    assert no_effect_p(np.zeros((4, 5))) == 1.0
    assert no_effect_p(np.full((4, 5), 2.0)) < 1e-12
    certain = np.random.default_rng(2).normal(size=(20, 12)) + 9.0
    assert no_effect_p(certain) == pytest.approx(2.0**-11)
