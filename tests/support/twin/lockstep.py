"""Engine and twin side by side: the first quarter, phase and column in which they differ."""

from __future__ import annotations

from simulation.phases import PHASES as ENGINE_PHASES
from simulation.phases import addresses, advance, anything_open, run_out, withdraw_policy
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.runner import _fill_trajectory, check_sound
from simulation.setup import first_state, install
from simulation.state import State
from simulation.world import World
from tests.support.twin.columns import Difference, columns_of, differences
from tests.support.twin.model import PHASES, POLICY, RUN_OUT, TwinModel


def parting(
    world: World, population: Population, regime: Regime, *, seed: int, replicate: int = 0
) -> str | None:
    """Where engine and twin part on one run, in words; None if they end with the same columns.

    The whole run is compared at its end; only if that differs are both gone through phase by phase.
    """
    twin = TwinModel(world, population, regime, seed=seed, replicate=replicate)
    twin.run_model()
    engine = engine_run(world, population, regime, seed=seed, replicate=replicate)
    found = differences(engine, columns_of(twin))
    if not found:
        return None
    together = Lockstep(world, population, regime, seed=seed, replicate=replicate)
    return together.first_difference() or _told("after the run only", found)


def engine_run(
    world: World, population: Population, regime: Regime, *, seed: int, replicate: int
) -> State:
    """The engine's columns after the run-out; the hand-over test would build more landscapes."""
    state = first_state(world, population, seed=seed, replicate=replicate)
    w = state.world[0]
    burn_in, policy_ends = int(w["time_burn_in"]), int(w["time_burn_in"] + w["time_policy"])
    advance(state, addresses(), 0, burn_in, False, True)
    state = install(state, regime)
    advance(state, addresses(), burn_in, policy_ends, True, True)
    withdraw_policy(state)
    reached = run_out(state, addresses(), policy_ends, policy_ends + int(w["time_run_out"]))
    _fill_trajectory(state, reached)
    check_sound(state)
    return state


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
