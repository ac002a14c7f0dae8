"""The kept powers of coverage are the powers themselves, whatever was asked for before."""

from __future__ import annotations

import math

import numpy as np

from agents.decisions import believed_success
from experiments.replications.blank import blank_state
from simulation.worth import belief, power_of_coverage

COMPONENTS = 12
EXPONENT = 3.3


def _state(exponent: float = EXPONENT):
    state = blank_state({})
    state.world["needs_components"] = COMPONENTS
    state.world["forming_coverage_exponent"] = exponent
    state.powers[:] = np.nan
    return state


def test_every_answer_is_the_power_also_where_another_coverage_is_near() -> None:
    state = _state()
    whole = [covered / COMPONENTS for covered in range(COMPONENTS + 1)]
    between = np.random.default_rng(5).uniform(0.0, 1.0, 200).tolist()
    for coverage in [*whole, *between, *whole, *whole]:
        assert power_of_coverage(state, coverage) == math.pow(coverage, EXPONENT)


def test_exponent_0_gives_1_without_coverage_too() -> None:
    assert power_of_coverage(_state(exponent=0.0), 0.0) == 1.0


def test_belief_is_the_published_rule() -> None:
    state = _state()
    w, o = state.world[0], state.organisations[0]
    w["forming_prior_success"], w["forming_prior_weight"] = 0.35, 10.0
    o["successes"], o["trials"] = 3.0, 9.0
    rule = believed_success(3.0, 9.0, 0.35, 10.0, 7 / COMPONENTS, EXPONENT)
    assert belief(state, o, 7 / COMPONENTS) == rule
