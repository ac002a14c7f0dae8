"""Part ``store``: what keeping a run costs, and how soon a finished plan is seen to be finished."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import most_memory
from benchmarks.options import Options, say
from benchmarks.processes import run_python
from benchmarks.timing import in_turns, plain, spread
from experiments.markdown import table
from experiments.running.executor import execute
from experiments.running.plan import Plan, Point
from experiments.running.progress import Lines
from experiments.running.store import Store
from simulation.outcomes import OUTCOMES, TRAJECTORIES, RunResult
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World

TITLE = "Store"
ROUNDS = 3
REGIMES, REPLICATES = 5, 200
QUARTERS = 104
CASES = {
    "100,000 runs": (100_000, 2, False),
    "100,000 runs, in one process": (100_000, 1, False),
    "100,000 runs with trajectories": (100_000, 2, True),
    "1,000,000 runs": (1_000_000, 2, False),
}
QUICK_CASES = {
    "10,000 runs": (10_000, 2, False),
    "10,000 runs with trajectories": (10_000, 1, True),
}


@dataclass(frozen=True)
class NoTime:
    """An engine that takes next to no time: numbers of the size and spread of outcomes."""

    def __call__(
        self, world: World, population: Population, reference: Regime, regimes: Sequence[Regime],
        *, seed: int, replicate: int,
    ) -> list[RunResult]:  # fmt: skip
        """Half the outcomes are counts and half have all their digits, as those of the model."""
        found = []
        for regime in regimes:
            key = hashlib.sha256(f"{regime.name} {seed} {replicate}".encode()).digest()
            luck = int.from_bytes(key[:6], "big") / 2**48
            shares = (luck * GOLDEN[: len(OUTCOMES)]) % 1.0
            shares[::2] = np.floor(50.0 * shares[::2])
            outcomes = dict(zip(OUTCOME_NAMES, shares.tolist(), strict=True))
            found.append(RunResult(regime.name, replicate, outcomes, _series(luck)))
        return found


GOLDEN = np.arange(1, 1 + max(len(OUTCOMES), QUARTERS)) * 997.0 / 1.618033988749895
OUTCOME_NAMES = [outcome.name for outcome in OUTCOMES]


def _series(luck: float) -> dict[str, np.ndarray]:
    path = np.cumsum((luck * GOLDEN[:QUARTERS]) % 1.0).astype(np.float32)
    return {outcome.name: path for outcome in TRAJECTORIES}


def plan(runs: int, trajectories: bool) -> Plan:
    """A sweep of so many runs: points of 5 regimes with 200 replicates each."""
    from tests.support import fake_engine as fake

    world, population = fake.world(), fake.population()
    regimes = [
        Regime(f"regime {teams}", (fake.programme(teams),)) for teams in range(1, 1 + REGIMES)
    ]
    points = (
        Point(
            f"point {number}", world, population, fake.LAISSEZ_FAIRE, tuple(regimes),
            number, REPLICATES, trajectories,
        )
        for number in range(runs // (REGIMES * REPLICATES))
    )  # fmt: skip
    return Plan(tuple(points))


def inside(folder: str, runs: int, jobs: int, trajectories: bool) -> None:
    """Do a plan, or find it done: times and memory as JSON on standard output."""
    import pyarrow.parquet  # noqa: F401  loaded before memory is looked at

    wanted = plan(runs, trajectories)
    before = most_memory()
    began, used = time.perf_counter(), time.process_time()
    with Store(Path(folder), {"benchmark": runs}) as store:
        opened = time.process_time() - used
        with Lines() as progress:
            done = execute(wanted, store, jobs, progress, run=NoTime())
        assert len(store.run_ids) == runs and not done.failures
    files = list(Path(folder).rglob("*.parquet"))
    print(json.dumps({
        "seconds": time.perf_counter() - began, "cpu": time.process_time() - used,
        "opened": opened, "done": done.done,
        "memory": most_memory() - before, "files": len(files),
        "bytes": sum(path.stat().st_size for path in files),
    }))  # fmt: skip


def once(name: str, runs: int, jobs: int, trajectories: bool) -> dict[str, Any]:
    """Do all runs in a fresh process; find them done in two others, the last without register."""
    with tempfile.TemporaryDirectory() as folder:
        code = f"from benchmarks.store import inside; inside({folder!r}, {runs}, {jobs}, {trajectories})"
        found = {}
        for what in (FRESH, AGAIN, UNREGISTERED):
            say(f"store: {name}, {what}")
            if what == UNREGISTERED:
                shutil.rmtree(Path(folder) / "store" / "checked")
            found[what] = json.loads(run_python(["-c", GUARD.format(code=code)]).output)
    return found


FRESH, AGAIN, UNREGISTERED = "fresh", "again", "every file read"
GUARD = "if __name__ == '__main__':\n    {code}"  # worker processes read it again


def measure(options: Options) -> dict[str, Any]:
    """Every case some times: doing the runs, and finding them done."""
    cases = QUICK_CASES if options.quick else CASES
    subjects = {name: functools.partial(once, name, *case) for name, case in cases.items()}
    return {"cases": in_turns(subjects, options.times(ROUNDS))}


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    rows = []
    for name, rounds in figures["cases"].items():

        def median(what: str, key: str, rounds: Sequence[Any] = rounds) -> float:
            return spread([one[what][key] for one in rounds]).median

        runs = median(FRESH, "done")
        rows.append((
            name, plain(1e3 * median(FRESH, "seconds") / runs),
            plain(1e3 * median(FRESH, "cpu") / runs),
            *(plain(median(what, "seconds")) for what in (AGAIN, UNREGISTERED)),
            *(plain(median(what, "memory") / 2**20) for what in (FRESH, AGAIN)),
            plain(median(FRESH, "files")), plain(median(FRESH, "bytes") / runs), len(rounds),
        ))  # fmt: skip
    head = (
        "what", "all in, ms per run", "CPU of the driver, ms per run", "finding them done, s",
        "the same without register, s", "growth of the driver, MiB", "when finding them done, MiB",
        "files", "bytes per run", "times",
    )  # fmt: skip
    return f"""\
An engine that takes next to no time, {len(OUTCOMES)} outcomes a run of which half have all their digits,
{QUARTERS} quarters where there are trajectories; two worker processes unless told otherwise. *All in* is
plan, names, batches, the way to the worker and back, writing, flushing to the disk, progress and
merging, by wall time. *Finding them done* is what a command that has nothing left to do takes before it
writes its tables; *without register* every file is read and hashed first. Memory is the growth of the
driver's most memory over that with the plan made; files and bytes are those after merging, the register
included. Medians.{_growth(figures["cases"])}

{table(head, rows)}"""


SMALLER, LARGER = "100,000 runs", "1,000,000 runs"


def _growth(cases: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """What a run more takes of the driver's memory, where both sizes were measured."""
    if not {SMALLER, LARGER} <= cases.keys():
        return ""

    def median(name: str, what: str, key: str) -> float:
        return spread([one[what][key] for one in cases[name]]).median

    def more(what: str, key: str) -> float:
        return median(LARGER, what, key) - median(SMALLER, what, key)

    runs = more(FRESH, "done")
    doing, finding = (plain(more(what, "memory") / runs) for what in (FRESH, AGAIN))
    return (
        f" From {SMALLER} to {LARGER} the driver grows by {doing} bytes a run while it does them\n"
        f"and by {finding} when it finds them done: the names of runs, 32 bytes each, stand on the disk."
    )
