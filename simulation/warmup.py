"""The first start: compile the phases in two processes at once, into the shared cache.

Compiling is the work of one core per process; the cache is where the processes meet. Later starts
find everything there.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from numba import typeof, types

from agents.compiled import cache_folder, is_compiled, mark_compiled
from simulation.accounts import imbalance
from simulation.branching import copy_rows
from simulation.measures import measure, no_measures
from simulation.setup import DRAWING
from simulation.state import STATE

# -P: from the same place as here, and not from a folder of this name in the current directory
PYTHON = (sys.executable, "-P", "-c")
FIRST_HALF = (2, 6, 7)  # forming, which takes longest to compile, monitoring and results


def warm_up(announce: Callable[[str], None] = lambda text: None) -> None:
    """Fill the cache of compiled code unless an earlier start has.

    Raises
    ------
    RuntimeError: the model could not be compiled; the message has the compiler's last words.
    """
    if is_compiled():
        return
    announce(
        "First start: compiling the model, which takes about half a minute; later starts do not."
    )
    cache_folder().mkdir(parents=True, exist_ok=True)
    parts = [
        subprocess.Popen(
            [*PYTHON, f"from simulation.warmup import compile_part as c; c({part})"],
            stderr=subprocess.PIPE,
            env=_environment(),
            text=True,
        )
        for part in range(2)
    ]
    for part in parts:
        _, errors = part.communicate()
        if part.returncode:
            raise RuntimeError(f"the model could not be compiled: {errors[-2000:]}")
    mark_compiled()


def compile_part(part: int) -> None:
    """Compile one half: forming to results and what a run calls from Python, or the other phases.

    For a process of its own. Most of what the compiler makes stays in use; to look for garbage
    in it again and again takes 5 % of the time.
    """
    gc.disable()
    from simulation.phases import PHASES, advance, run_out, withdraw_policy

    # Programmes come last: by then the other half has compiled most of the rules they share.
    others = [place for place in reversed(range(len(PHASES))) if place not in FIRST_HALF]
    for place in others if part else FIRST_HALF:
        PHASES[place].compiled  # noqa: B018 - compiled when first looked at
    if part == 1:
        return
    signatures: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (advance, (STATE, types.int64[::1], *[types.int64] * 2, *[types.boolean] * 2)),
        (run_out, (STATE, types.int64[::1], *[types.int64] * 2)),
        (
            copy_rows,
            (types.int64[:, ::1], types.int64[:, ::1], types.int64[::1], types.int64[:, ::1]),
        ),
        (measure, (*[STATE] * 3, *map(typeof, no_measures()))),
        *((function, (STATE,)) for function in (withdraw_policy, imbalance, *DRAWING)),
    )
    for function, kinds in signatures:
        function.compile(kinds)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
