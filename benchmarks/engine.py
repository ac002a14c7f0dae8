"""Part ``engine``: the compiled engine against the plain model, run by run, regime by regime."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.options import Options, say
from benchmarks.timing import Clock, Stopwatch, in_turns, plain, spread
from benchmarks.world import SEED, prepare_all, regimes
from experiments.markdown import table
from simulation import runner
from simulation.measures import outcomes
from simulation.phases import addresses, advance
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.setup import first_state, install
from simulation.world import World
from tests.support import worlds
from tests.support.twin import projects
from tests.support.twin.landscape import Landscape
from tests.support.twin.model import TwinModel

TITLE = "Engine and twin"
PAIRS = 3
IN_A_ROW = 40  # replicates
PROFILED = "open_challenge"
PROFILE_LINES = 15
ROOT = Path(__file__).resolve().parent.parent

INTRODUCTION = """\
The *engine* is what the product runs; the *twin* (`tests/support/twin`) is the same model in plain
Python on Mesa, and gives the same runs bit for bit, which the tests in `tests/twin` check. A run is
one regime in one replicate: burn-in, policy, run-out, and the quarters of the hand-over test. Time
is CPU time of one process (Python's `process_time`), and the two are measured in turns: of each pair,
engine and twin have the same regime and replicate and run one directly after the other.

- *Twin*: the hand-over test continues from the end of policy. The twin cannot branch and gets there
  a second time; this repetition is left out of its time. So is turning its objects into columns to
  count outcomes, which the engine's time contains.
- *Engine, all regimes together*: `run_replicate`, as the product does it: one burn-in and one set of
  needs and landscapes for all regimes of a replicate. The time is divided by the number of regimes.
- *Engine, each run alone*: its own first state, burn-in and landscapes for every run, as the twin
  has them. Nothing is shared between regimes.
- *Without landscapes*: the engine finds all landscapes built before the clock starts; of the twin's
  time, that of building landscapes, measured inside the same run, is subtracted.
"""


# ---------------------------------------------------------------- one run, timed


def engine_together(
    chosen: Sequence[Regime], replicate: int, *, prepared: bool, clock: Clock = time.process_time
) -> float:
    """Seconds of one replicate of some regimes; ``prepared``: landscapes are built off the clock."""
    watch = Stopwatch(clock)

    def first(*arguments: Any, **settings: Any) -> Any:
        state = first_state(*arguments, **settings)
        if prepared:
            with watch.paused():
                prepare_all(state)
        return state

    with mock.patch.object(runner, "first_state", first), watch.running():
        runner.run_replicate(
            worlds.default_world(), worlds.default_population(), worlds.reference(), chosen,
            seed=SEED, replicate=replicate,
        )  # fmt: skip
    return watch.seconds


def engine_alone(
    regime: Regime, replicate: int, *, prepared: bool, clock: Clock = time.process_time
) -> float:
    """Seconds of one run that shares nothing with other regimes."""
    watch = Stopwatch(clock)
    with watch.running():
        start = first_state(
            worlds.default_world(), worlds.default_population(), seed=SEED, replicate=replicate
        )
    if prepared:
        prepare_all(start)
    with watch.running():
        advance(start, addresses(), 0, int(start.world[0]["time_burn_in"]), False, True)
        state, after = runner.finish(install(start, regime))
        outcomes(state, start, state, after)
    return watch.seconds


def twin_seconds(
    world: World,
    population: Population,
    regime: Regime,
    replicate: int,
    clock: Clock = time.process_time,
) -> tuple[float, float]:
    """Seconds of one run of the twin, and those of them that went into building landscapes.

    The way to the end of policy, which the twin goes a second time for the hand-over test, counts
    once.
    """

    def new() -> TwinModel:
        return TwinModel(world, population, regime, seed=SEED, replicate=replicate)

    watch, building = Stopwatch(clock), Stopwatch(clock)
    with landscapes_timed(building), watch.running():
        model = new()
        model.run_model()
    hand_over = model.w.time_hand_over
    del model
    if hand_over:
        again = new()
        while again.now < again.policy_ends:
            again.step()
        with landscapes_timed(building), watch.running():
            for _ in range(hand_over):
                again.pass_quarter(policy=False, fresh=True)
    return watch.seconds, building.seconds


@contextmanager
def landscapes_timed(watch: Stopwatch) -> Iterator[None]:
    """Count the time in which the twin builds landscapes."""

    def build(*arguments: Any) -> Landscape:
        with watch.running():
            return Landscape(*arguments)

    with mock.patch.object(projects, "Landscape", build):
        yield


# ---------------------------------------------------------------- the part


def measure(options: Options) -> dict[str, Any]:
    """Pairs of runs of every regime; raw figures in seconds of CPU time."""
    chosen = regimes(options.quick)
    everybody = list(chosen.values())
    for prepared in (False, True):  # the first calls look up compiled code
        engine_together(everybody, 0, prepared=prepared)
        engine_alone(everybody[0], 0, prepared=prepared)
    say(f"engine: {IN_A_ROW} replicates in a row")
    row = [engine_together(everybody, replicate, prepared=False) for replicate in range(IN_A_ROW)]
    figures: dict[str, Any] = {
        "regimes": list(chosen), "in_a_row": row, "together": [], "runs": []
    }  # fmt: skip
    for pair in range(options.times(PAIRS)):
        for name, regime in chosen.items():
            say(f"engine: pair {pair + 1}, {name}")
            found = in_turns(_subjects(everybody, regime, pair), 1)
            first = {key: values[0] for key, values in found.items()}
            figures["runs"].append({"pair": pair, "regime": name} | first["engine"] | first["twin"])
            figures["together"].append({"pair": pair} | first["together"])
    figures["profile"] = profile(chosen[PROFILED])
    return figures


def _subjects(everybody: Sequence[Regime], regime: Regime, replicate: int) -> dict[str, Any]:
    def alone() -> dict[str, float]:
        return {
            "engine": engine_alone(regime, replicate, prepared=False),
            "engine_prepared": engine_alone(regime, replicate, prepared=True),
        }

    def twin() -> dict[str, float]:
        seconds, building = twin_seconds(
            worlds.default_world(), worlds.default_population(), regime, replicate
        )
        return {"twin": seconds, "twin_landscapes": building}

    def together() -> dict[str, float]:
        return {
            "built": engine_together(everybody, replicate, prepared=False),
            "prepared": engine_together(everybody, replicate, prepared=True),
        }

    return {"engine": alone, "twin": twin, "together": together}


def profile(regime: Regime) -> dict[str, Any]:
    """Where the twin's time goes in one run: the functions with most time of their own."""
    profiler = cProfile.Profile()
    model = TwinModel(
        worlds.default_world(), worlds.default_population(), regime, seed=SEED, replicate=0
    )
    profiler.runcall(model.run_model)
    stats = pstats.Stats(profiler)
    entries: Mapping[Any, Any] = vars(stats)["stats"]
    total = sum(entry[2] for entry in entries.values())
    longest = sorted(entries.items(), key=lambda item: -item[1][2])[:PROFILE_LINES]
    lines = [
        {"function": _called(*place), "calls": entry[1], "seconds": entry[2]}
        for place, entry in longest
    ]
    return {"regime": regime.name, "seconds": total, "lines": lines}


def _called(file: str, line: int, name: str) -> str:
    """``tests/support/twin/x.py:name``; of other people's files only the last part."""
    if line == 0:
        return name
    path = Path(file)
    inside = path.is_relative_to(ROOT)
    return f"{path.relative_to(ROOT).as_posix() if inside else path.name}:{name}"


# ---------------------------------------------------------------- the page


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    runs, names = figures["runs"], figures["regimes"]
    pairs = len({run["pair"] for run in runs})
    head = ("", "engine, runs per CPU second", "twin, runs per CPU second", "ratio")
    means = table(head, mean_rows(figures))
    by_regime = table(
        (
            "regime", "engine, ms", "twin, ms", "ratio",
            "engine without landscapes, ms", "twin without landscapes, ms", "ratio",
        ),
        (_regime_row(name, [run for run in runs if run["regime"] == name]) for name in names),
    )  # fmt: skip
    return (
        f"{INTRODUCTION}\nMean over {len(names)} regimes; median over {pairs} pairs, with quartiles "
        f"over the pairs:\n\n{means}\n\n{_in_a_row(figures)}Regime by regime, each run alone on both sides:\n\n"
        f"{by_regime}\n\n{_profile(figures['profile'])}"
    )


def _in_a_row(figures: Mapping[str, Any]) -> str:
    """The pace of a worker, whose memory no other program fills between its replicates."""
    done = figures["in_a_row"]
    each = [1e3 * seconds / len(figures["regimes"]) for seconds in done]
    return (
        f"All regimes together, {len(done)} replicates one after the other as a worker makes them, "
        f"before the twin ran in the process: {spread(each).told()} ms a run, "
        f"{plain(_mean(each))} in the mean.\n\n"
    )


def mean_rows(figures: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Ways of counting, each with runs per CPU second of both and the ratio."""
    return [
        _mean_row(label, *pair_means(figures, together=together, built=built))
        for label, together, built in (
            ("all regimes together, as the product runs", True, True),
            ("the same without landscapes", True, False),
            ("each run alone, burn-in counted per run for both", False, True),
            ("the same without landscapes", False, False),
        )
    ]


def pair_means(
    figures: Mapping[str, Any], *, together: bool, built: bool
) -> tuple[list[float], list[float]]:
    """Mean seconds of a run by pair, of the engine and of the twin."""
    regimes = len(figures["regimes"])
    engine, twin = [], []
    for pair in sorted({run["pair"] for run in figures["runs"]}):
        runs = [run for run in figures["runs"] if run["pair"] == pair]
        twin.append(_mean([run["twin"] - (0 if built else run["twin_landscapes"]) for run in runs]))
        if together:
            key = "built" if built else "prepared"
            whole = [one[key] for one in figures["together"] if one["pair"] == pair]
            engine.append(_mean(whole) / regimes)
        else:
            engine.append(_mean([run["engine" if built else "engine_prepared"] for run in runs]))
    return engine, twin


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _mean_row(
    label: str, engine: Sequence[float], twin: Sequence[float]
) -> tuple[str, str, str, str]:
    ratios = [slow / fast for fast, slow in zip(engine, twin, strict=True)]
    return (
        label,
        spread([1 / seconds for seconds in engine]).told(),
        spread([1 / seconds for seconds in twin]).told(),
        spread(ratios).told(),
    )


def _regime_row(name: str, runs: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    cells = []
    for engine, taken in (("engine", 0.0), ("engine_prepared", 1.0)):
        fast = [run[engine] for run in runs]
        slow = [run["twin"] - taken * run["twin_landscapes"] for run in runs]
        cells += [
            plain(1e3 * spread(fast).median),
            plain(1e3 * spread(slow).median),
            spread([b / a for a, b in zip(fast, slow, strict=True)]).told(),
        ]
    return (f"`{name}`", *cells)


def _profile(figures: Mapping[str, Any]) -> str:
    rows = (
        (
            f"`{line['function']}`",
            f"{line['calls']:,}",
            plain(line["seconds"]),
            f"{100 * line['seconds'] / figures['seconds']:.1f} %",
        )
        for line in figures["lines"]
    )
    return (
        f"Where the twin's time goes: burn-in, policy and run-out of `{figures['regime']}` under "
        f"cProfile, which slows it down; the {len(figures['lines'])} functions with most time of "
        f"their own, of {plain(figures['seconds'])} s.\n\n"
        + table(("function", "calls", "own seconds", "share"), rows)
    )
