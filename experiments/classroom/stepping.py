"""One run, a quarter at a time, without agents: a page looks at columns, and thirty wait for it.

The phases and their order are those of :class:`simulation.model.ConsortiaModel`, which keeps an agent
for everybody and takes four times as long; tests compare the two.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from experiments.classroom.case import Case
from simulation.columns import N_EVENTS
from simulation.phases import addresses, advance, anything_open, withdraw_policy
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.runner import check_sound
from simulation.setup import first_state, install
from simulation.state import State
from simulation.world import World

EVENTS_ROOM = 50_000
KEPT_STARTS = 4  # burn-ins by world and seed, a few megabytes each


class Stepper:
    """A regime in replicate 0, from the first policy quarter on.

    Attributes
    ----------
    state: the columns.
    quarter: quarters of policy that have passed.
    policy: how many there are.
    """

    def __init__(self, case: Case, *, against: bool = False) -> None:
        start = _start(_World(case.world), case.population, case.choices.seed)
        regime: Regime = (case.against if against else case.entry).regime
        self.state: State = install(start, regime)
        time = self.state.world[0]
        self.burn_in, self.policy = int(time["time_burn_in"]), int(time["time_policy"])
        self._run_out = int(time["time_run_out"])
        self.quarter = 0
        self.running = True

    def step(self) -> None:
        """One quarter; after the last one nothing is open any more."""
        now = self.burn_in + self.quarter
        within = self.quarter < self.policy
        advance(self.state, addresses(), now, now + 1, within, within)
        self.finish_quarter()

    def finish_quarter(self) -> None:
        """The quarter has passed: policy may end, or the run."""
        self.quarter += 1
        if self.quarter == self.policy:
            withdraw_policy(self.state)
        if self.quarter >= self.policy:
            over = self.quarter >= self.policy + self._run_out
            now = self.burn_in + self.quarter
            self.running = not over and bool(anything_open(self.state, now))
        if not self.running:
            check_sound(self.state)

    def run(self) -> None:
        """All quarters that are left."""
        while self.running:
            self.step()

    @property
    def events(self) -> np.ndarray:
        """The log so far, :data:`simulation.columns.EVENT`."""
        return self.state.events[: self.state.counters[N_EVENTS]]


class _World:
    """A world that is equal to another with the same parameters."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._key = world.columns().tobytes()

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _World) and self._key == other._key


@lru_cache(maxsize=KEPT_STARTS)
def _start(world: _World, population: Population, seed: int) -> State:
    """The columns when policy starts; branches are made of it, and nobody writes into it."""
    start = first_state(world.world, population, seed=seed, replicate=0, events=EVENTS_ROOM)
    advance(start, addresses(), 0, int(start.world[0]["time_burn_in"]), False, True)
    return start
