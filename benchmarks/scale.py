"""Part ``scale``: time of a step as the population grows."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.options import Options, say
from benchmarks.processes import run_python
from benchmarks.timing import Clock, Spread, Stopwatch, exponent, in_turns, plain, spread
from benchmarks.world import SEED, repeated
from experiments.markdown import table
from simulation.columns import OVERFLOW
from simulation.phases import addresses, advance
from simulation.setup import first_state, install
from simulation.world import World
from tests.support import worlds

TITLE = "Larger populations"
ROUNDS = 9
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
QUICK_SIZES = (100, 1_000, 10_000)
FULL_SIZES = (*SIZES, 1_000_000)
FITTED = (1_000, 100_000)  # sizes of the fit, ends included
REGIME = "open_challenge"
BURN_IN, POLICY = 8, 4


def short_world() -> World:
    """The default world with few quarters; needs and money in proportion to the population."""
    return worlds.changed_world(
        {
            "time.burn_in": BURN_IN,
            "time.policy": POLICY,
            "time.run_out": 0,
            "time.hand_over": 0,
            "needs.scale_organisations": 0,
        }
    )


def seconds(size: int, clock: Clock = time.process_time) -> dict[str, float]:
    """Seconds of CPU time: of the first state, and of all steps; whether columns overflowed."""
    population = repeated(worlds.default_population(), size)
    first, steps = Stopwatch(clock), Stopwatch(clock)
    with first.running():
        state = first_state(short_world(), population, seed=SEED, replicate=0)
    with steps.running():
        advance(state, addresses(), 0, BURN_IN, False, True)
    state = install(state, worlds.regimes()[REGIME])
    with steps.running():
        advance(state, addresses(), BURN_IN, BURN_IN + POLICY, True, True)
    overflow = float(state.counters[OVERFLOW])
    return {"first": first.seconds, "steps": steps.seconds, "overflow": overflow}


def inside(sizes: Sequence[int]) -> None:
    """Run in a process of its own: :func:`seconds` of each size, as JSON on standard output.

    All sizes of the fit are run once before, which loads the compiled code and gets the memory.
    """
    for size in sizes:
        if size <= FITTED[1]:
            seconds(size)
    done = in_turns({str(size): partial(seconds, size) for size in sizes}, 1)
    print(json.dumps({size: one for size, (one,) in done.items()}))


def measure(options: Options) -> dict[str, Any]:
    """Every size in turns, each round in a new process.

    One process differs from another with the same code by some hundredths, more with small sizes.
    """
    sizes = QUICK_SIZES if options.quick else FULL_SIZES if options.full else SIZES
    done: dict[str, list[dict[str, float]]] = {str(size): [] for size in sizes}
    for number in range(options.times(ROUNDS)):
        say(f"scale: round {number + 1}")
        code = f"from benchmarks.scale import inside; inside({sizes})"
        for size, one in json.loads(run_python(["-c", code]).output).items():
            done[size].append(one)
    return {"steps": BURN_IN + POLICY, "sizes": done}


def fitted_exponent(figures: Mapping[str, Any]) -> tuple[float, Spread, int]:
    """Exponent of a step's time between the :data:`FITTED` sizes: of medians, and of each round.

    Third, how many sizes there were.
    """
    fitted = {
        int(size): [one["steps"] for one in done]
        for size, done in figures["sizes"].items()
        if FITTED[0] <= int(size) <= FITTED[1]
    }
    medians = [spread(done).median for done in fitted.values()]
    rounds = [exponent(list(fitted), one) for one in zip(*fitted.values(), strict=True)]
    return exponent(list(fitted), medians), spread(rounds), len(fitted)


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    steps = figures["steps"]
    rows = []
    for size, done in figures["sizes"].items():
        each = [1e6 * one["steps"] / steps / int(size) for one in done]
        per_step = plain(1e3 * spread([one["steps"] for one in done]).median / steps)
        first = plain(spread([one["first"] for one in done]).median)
        room = "no" if not any(one["overflow"] for one in done) else "yes"
        rows.append((f"{int(size):,}", spread(each).told(), per_step, first, room))
    slope, of_rounds, count = fitted_exponent(figures)
    missing = "" if "1000000" in figures["sizes"] else " 1,000,000 is measured with `--full`."
    head = (
        "organisations", "per organisation and step, µs", "per step, ms", "first state, s",
        "columns overflowed",
    )  # fmt: skip
    return f"""\
CPU time of {steps} quarters, {BURN_IN} without policy and {POLICY} under `{REGIME}`, without run-out and
hand-over test; the first state is apart. The population is the default one, its rows repeated (or
evenly taken, for 100); needs, entrants and money grow in proportion. Landscapes are built as they
are needed, within the time. All sizes in turns, each round in a new process that has run all sizes but
the million once before; medians, with quartiles.{missing}

{table(head, rows)}

Time per step grows like organisations to the power {slope:.2f} (least squares on logarithms, {count} sizes
from {FITTED[0]:,} to {FITTED[1]:,}, medians of rounds, of which there were {of_rounds.count}); fitted to each round {of_rounds.told()}."""
