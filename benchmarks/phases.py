"""Part ``phases``: which phases of a quarter the time goes into."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.options import Options, say
from benchmarks.timing import Clock, plain, spread
from benchmarks.world import QUICK_REGIMES, SEED
from experiments.markdown import table
from simulation.phases import PHASES, Phase
from simulation.policies.registry import Regime
from simulation.setup import first_state, install
from simulation.state import State
from tests.support import worlds

TITLE = "Phases of a quarter"
REPLICATES = 10
REGIMES = (*QUICK_REGIMES[:2], "combined")
EMPTY_CALLS = 2_000


def nothing(handle: int, step: int, policy: int, fresh: int) -> None:
    """A phase in which nothing happens, to measure what a call costs."""


def call_seconds(state: State, clock: Clock = time.perf_counter) -> float:
    """Seconds that calling one phase from Python takes: the median of an empty one."""
    empty = Phase("nothing", nothing)
    return spread([_timed(empty, state, 0, False, clock) for _ in range(EMPTY_CALLS)]).median


def _timed(phase: Phase, state: State, step: int, policy: bool, clock: Clock) -> float:
    began = clock()
    phase.run(state, step, policy=policy, fresh=True)
    return clock() - began


def phase_seconds(
    regime: Regime,
    replicate: int,
    phases: Sequence[Phase] = PHASES,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Seconds by phase of the policy quarters of one run, and how many calls of each that were."""
    world = worlds.default_world()
    start = first_state(world, worlds.default_population(), seed=SEED, replicate=replicate)
    w = start.world[0]
    first, last = int(w["time_burn_in"]), int(w["time_burn_in"] + w["time_policy"])
    for step in range(first):
        for phase in phases:
            phase.run(start, step, policy=False, fresh=True)
    state = install(start, regime)
    seconds = np.zeros(len(phases))
    for step in range(first, last):
        for place, phase in enumerate(phases):
            seconds[place] += _timed(phase, state, step, True, clock)
    return {"seconds": seconds.tolist(), "calls": last - first, "call": call_seconds(state, clock)}


def measure(options: Options) -> dict[str, Any]:
    """The regimes in turns, replicate by replicate; seconds of wall time."""
    found: dict[str, list[Any]] = {name: [] for name in REGIMES}
    for name in REGIMES:
        phase_seconds(worlds.regimes()[name], 0)  # the first calls look up compiled code
    for replicate in range(options.rounds or (2 if options.quick else REPLICATES)):
        say(f"phases: replicate {replicate}")
        for name in REGIMES:
            found[name].append(phase_seconds(worlds.regimes()[name], replicate))
    return {"phases": [phase.name for phase in PHASES], "regimes": found}


def net_seconds(done: Mapping[str, Any]) -> list[float]:
    """Seconds by phase without the calls from Python; never below 0."""
    return [max(0.0, seconds - done["calls"] * done["call"]) for seconds in done["seconds"]]


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    shares: dict[str, list[list[float]]] = {}
    totals, calls = [], []
    for name, runs in figures["regimes"].items():
        net = [net_seconds(done) for done in runs]
        shares[name] = [[100 * part / sum(one) for part in one] for one in net]
        totals.append(plain(1e3 * spread([sum(one) for one in net]).median))
        calls += [1e6 * done["call"] for done in runs]
    rows: list[tuple[str, ...]] = [
        (phase, *(spread([one[k] for one in shares[name]]).told() for name in shares))
        for k, phase in enumerate(figures["phases"])
    ]
    rows.append(("**all, ms per run**", *totals))
    count = len(next(iter(figures["regimes"].values())))
    return f"""\
Share of the time of the policy quarters, in percent, each phase called from Python by itself
(`simulation.phases`); median over {count} replicates, with quartiles. A call of an empty compiled phase takes
{spread(calls).told()} µs, which is subtracted for every call. Building landscapes belongs to the phase in
which a team starts.

{table(("phase", *(f"`{name}`" for name in shares)), rows)}"""
