"""Part ``memory``: bytes per organisation, in the state and in the process."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.options import Options, say
from benchmarks.processes import run_python
from benchmarks.scale import BURN_IN, POLICY, short_world
from benchmarks.timing import plain
from benchmarks.world import SEED, repeated
from experiments.markdown import table
from simulation.setup import first_state
from simulation.state import COLUMNS, State
from tests.support import worlds

TITLE = "Memory"
PROCESS = Path("/proc/self/status")
SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (1_000, 10_000)
GROUPS = {
    "organisations, expertise and directories": (
        "organisations", "active", "knows", "expertise", "floor", "directory", "ring", "known",
        "looked_at",
    ),
    "ties": ("ties",),
    "landscapes": ("landscapes",),
    "consortia and their members": ("consortia", "members", "escrow", "running"),
}  # fmt: skip
OTHERS = "needs and all other columns"


def state_bytes(state: State) -> dict[str, int]:
    """Bytes of a state's arrays by group; memory reserved, not all of which is touched."""
    sizes = {name: int(getattr(state, name).nbytes) for name in COLUMNS}
    groups = {group: sum(sizes.pop(name) for name in names) for group, names in GROUPS.items()}
    return groups | {OTHERS: sum(sizes.values())}


def most_memory() -> int:
    """Most memory this process has held at once, in bytes.

    On Linux ``getrusage`` begins with what the parent held when it started this process, so the
    kernel's own mark for the process is read instead.
    """
    if PROCESS.is_file():
        line = next(one for one in PROCESS.read_text().splitlines() if one.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def inside(size: int) -> None:
    """Run in a process of its own: its most memory before and after, as JSON on standard output."""
    from benchmarks.scale import seconds

    seconds(100)  # loads the compiled code
    before = most_memory()
    seconds(size)
    print(json.dumps({"before": before, "after": most_memory()}))


def measure(options: Options) -> dict[str, Any]:
    """State and process for each size; bytes."""
    found = {}
    for size in QUICK_SIZES if options.quick else SIZES:
        say(f"memory: {size}")
        population = repeated(worlds.default_population(), size)
        state = first_state(short_world(), population, seed=SEED, replicate=0)
        rows = len(state.organisations)
        groups = state_bytes(state)
        del state
        code = f"from benchmarks.memory import inside; inside({size})"
        process = json.loads(run_python(["-c", code]).output)
        found[str(size)] = {"rows": rows, "state": groups, "process": process}
    return {"sizes": found}


def tell(figures: Mapping[str, Any]) -> str:
    """The part as Markdown."""
    groups = (*GROUPS, OTHERS)
    rows = []
    for size, one in figures["sizes"].items():
        n, process = int(size), one["process"]
        each = [one["state"][group] / n for group in groups]
        grown = (process["after"] - process["before"]) / n
        rows.append(
            (f"{n:,}", plain(sum(each)), *map(plain, each), plain(grown),
             plain(process["after"] / 2**20))
        )  # fmt: skip
    head = (
        "organisations", "state, bytes per organisation", *groups,
        "growth of the process, bytes per organisation", "most memory of the process, MiB",
    )  # fmt: skip
    return f"""\
Bytes of the arrays of one state, per organisation at the start (rows kept free for entrants
included), in the world of part `scale`: {BURN_IN} quarters without policy and {POLICY} with it. The columns after
the first figure are its parts; those for needs and consortia grow with the number of quarters. What
is reserved is not all used: landscapes and consortia take memory when they are touched. The process
is a fresh one that runs those quarters, counted by the most memory it held at once (`VmHWM` of
Linux, elsewhere `getrusage`);
its growth is against the moment at which the compiled code was loaded.

{table(head, rows)}"""
