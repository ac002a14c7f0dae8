"""Whatever the world, the levers and the population, engine and twin come to the same run."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World
from tests.support.strategies import populations, regimes, small_worlds
from tests.support.twin.lockstep import parting


# Where both part says more than a smaller example would, which takes minutes to find.
@settings(
    max_examples=30,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(small_worlds(), populations, regimes, st.integers(0, 2**63 - 1))
def test_any_run_is_the_same(
    world: World, population: Population, regime: Regime, seed: int
) -> None:
    assert parting(world, population, regime, seed=seed) is None
