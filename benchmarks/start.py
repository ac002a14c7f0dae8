"""Part ``start``: how long one waits before the first result, in fresh processes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.options import Options, say
from benchmarks.processes import run_python
from benchmarks.timing import in_turns, spread
from experiments.markdown import table

TITLE = "Start"
ROUNDS = 7
COLD_ROUNDS = 2
FIRST_RUN = """\
from experiments.configuration import load_setup
from simulation.runner import run_replicate
s = load_setup("run", ["regime=open_challenge"])
run_replicate(
    s.world, s.population, s.reference.regime, [s.regimes[0].regime], seed=s.seed, replicate=0
)
"""
WARM = {
    "Python alone": ["-c", "pass"],
    "`consortia --help`": ["-m", "experiments.cli", "--help"],
    "import of the model (`simulation.runner`)": ["-c", "import simulation.runner"],
    "import of what a comparison needs (`experiments.compare`)": [
        "-c",
        "import experiments.compare",
    ],
    "settings read, compiled code loaded, first run of `open_challenge` and its reference": [
        "-c",
        FIRST_RUN,
    ],
}
COLD = "everything compiled, from an empty cache"
COMPILE = "from simulation.warmup import warm_up; warm_up()"


def timed(arguments: Sequence[str], cache: Path | None = None) -> dict[str, float]:
    """Seconds of wall and of CPU time of ``python arguments``."""
    finished = run_python(arguments, cache)
    return {"wall": finished.seconds, "cpu": finished.cpu}


def cold_compile() -> dict[str, float]:
    """Seconds to compile the model into an empty cache."""
    say("start: cold compile")
    with tempfile.TemporaryDirectory() as folder:
        return timed(["-c", COMPILE], Path(folder))


def measure(options: Options) -> dict[str, Any]:
    """Wall and CPU time in seconds of fresh processes, in turns; the cold compile apart."""

    def case(name: str, arguments: list[str]) -> Callable[[], dict[str, float]]:
        def one() -> dict[str, float]:
            say(f"start: {name}")
            return timed(arguments)

        return one

    subjects = {name: case(name, arguments) for name, arguments in WARM.items()}
    in_turns(subjects, 1)  # the first look at a file is the disk's time
    found = in_turns(subjects, options.times(ROUNDS))
    cold = [cold_compile() for _ in range(options.times(COLD_ROUNDS))]
    return {"seconds": found | {COLD: cold}}


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    rows = (
        (name, *(spread([one[key] for one in done]).told() for key in ("wall", "cpu")), len(done))
        for name, done in figures["seconds"].items()
    )
    return (
        "Fresh processes from start to end, in turns, with compiled code in the cache "
        "except in the last line; medians, with quartiles. Each contains the start of Python.\n\n"
        + table(("what", "wall, s", "CPU, s", "times"), rows)
    )
