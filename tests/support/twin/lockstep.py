"""Engine and twin side by side: the first quarter, phase and column in which they differ."""

from __future__ import annotations

from simulation.phases import PHASES as ENGINE_PHASES
from simulation.phases import anything_open, withdraw_policy
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.setup import first_state, install
from simulation.state import State
from simulation.world import World
from tests.support.twin.columns import Difference, columns_of, differences
from tests.support.twin.model import PHASES, POLICY, RUN_OUT, TwinModel


class Lockstep:
    """Both models of one run, phase by phase."""

    def __init__(
        self, world: World, population: Population, regime: Regime, *, seed: int, replicate: int
    ) -> None:
        self.twin = TwinModel(world, population, regime, seed=seed, replicate=replicate)
        self.engine: State = first_state(world, population, seed=seed, replicate=replicate)

    def differences(self) -> list[Difference]:
        """Every column in which they differ now."""
        return differences(self.engine, columns_of(self.twin))

    def first_difference(self, *, every_phase: bool = True) -> str | None:
        """Where they part, in words; None if they never do.

        Without ``every_phase`` they are compared at the ends of quarters only, which is faster.
        """
        if found := self.differences():
            return _told("before the first step", found)
        twin = self.twin
        last = twin.policy_ends + twin.w.time_run_out
        while twin.now < twin.policy_ends or (
            twin.now < last and anything_open(self.engine, twin.now)
        ):
            if twin.quarter == 0:
                twin.introduce_policy()
                self.engine = install(self.engine, twin.regime)
            policy, fresh = twin.period == POLICY, twin.period != RUN_OUT
            for phase in ENGINE_PHASES:
                phase.run(self.engine, twin.now, policy=policy, fresh=fresh)
                PHASES[phase.name](twin, policy, fresh)
                is_last = phase is ENGINE_PHASES[-1]
                if (every_phase or is_last) and (found := self.differences()):
                    return _told(f"step {twin.now} ({twin.period}), phase '{phase.name}'", found)
            twin.now += 1
            if twin.now == twin.policy_ends:
                withdraw_policy(self.engine)
                twin.withdraw_policy()
        return None


def _told(when: str, found: list[Difference]) -> str:
    return "\n  ".join([f"{when}:", *(str(one) for one in found)])
