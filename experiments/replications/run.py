"""Runs replications and writes their pages, tables and figures."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.settings import ConfigError
from experiments.configuration import MOST_JOBS, MOST_SEED
from experiments.library import Library
from experiments.regimes import LANGUAGES
from experiments.replications.plan import (
    ALL,
    GROUP,
    LEAST_REPLICATES,
    MOST_REPLICATES,
    Replication,
    chosen,
)
from experiments.replications.results import Result, judge
from experiments.robustness import whole_number
from experiments.running.progress import Progress, make_progress
from simulation import streams

SEED = 20240521
OPTIONS = ("replicates", "seed", "jobs", "out", "lang")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run, how often, and where the results go."""

    replications: tuple[Replication, ...]
    everything: bool  # all replications there are
    replicates: int | None
    seed: int
    jobs: int
    out: Path
    lang: str


def load_order(
    names: Sequence[str], options: Mapping[str, str], config_dirs: Sequence[Path] = ()
) -> Order:
    """Check and read all that a command says.

    Parameters
    ----------
    names: of replications; none, or ``all``, for all.
    options: settings of :data:`OPTIONS` as text.

    Raises
    ------
    ConfigError: a name or a value is not allowed, or a file of a replication is wrong.
    """
    given: dict[str, Any] = {key: _number(text) for key, text in options.items()}
    replicates = given.get("replicates")
    if replicates is not None:
        replicates = whole_number("replicates", replicates, LEAST_REPLICATES, MOST_REPLICATES)
    lang = str(given.get("lang", LANGUAGES[0]))
    if lang not in LANGUAGES:
        raise ConfigError(f"lang = {lang!r} is not known. Write lang=en or lang=zh.")
    return Order(
        replications=tuple(chosen(Library.open(config_dirs), names)),
        everything=not names or ALL in names,
        replicates=replicates,
        seed=whole_number("seed", given.get("seed", SEED), 0, MOST_SEED),
        jobs=whole_number("jobs", given.get("jobs", 0), 0, MOST_JOBS),
        out=Path(str(options.get("out") or Path("results") / GROUP)),
        lang=lang,
    )


def _number(text: str) -> float | str:
    """A number where the text is one; what is no number is refused where it is used."""
    try:
        return float(text) if not text.strip().isdigit() else int(text)
    except ValueError:
        return text


def replicate(order: Order, *, progress: bool = True) -> list[Result]:
    """Run what is ordered and write pages in both languages, tables and figures.

    Raises
    ------
    ConfigError: the folder cannot be used, before anything is run.
    """
    from experiments.replications.page import prepare_folder, write_results

    folder = prepare_folder(order)
    started = time.monotonic()
    with make_progress(progress) as shown:
        shown.start(sum(_count(order, one) for one in order.replications), 0)
        results = [
            measure(one, _count(order, one), order.seed, order.jobs, shown)
            for one in order.replications
        ]
    write_results(order, results, folder, time.monotonic() - started)
    return results


def _count(order: Order, replication: Replication) -> int:
    return order.replicates or replication.replicates


def measure(
    replication: Replication, replicates: int, seed: int, jobs: int = 1, progress: Progress | None = None
) -> Result:  # fmt: skip
    """Run all cases of a replication on the same luck and judge them.

    The number of ``jobs`` (threads; 0 for all cores) changes nothing: a replicate's luck belongs
    to its number.
    """
    shown = progress or Progress()
    threads = min(jobs or os.cpu_count() or 1, replicates)
    keys = np.array([streams.replicate_key(seed, k) for k in range(replicates)], np.uint64)
    cases = [case.settings for case in replication.cases]

    def work(part: int) -> list[Mapping[str, np.ndarray]]:
        return replication.kind.run(
            replication.model, cases, seed, keys[part::threads], lambda: shown.advance(done=1)
        )

    if threads == 1:
        parts = [work(0)]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(work, range(threads)))
    return judge(replication, seed, [_joined(parts, case) for case in range(len(cases))])


def _joined(parts: Sequence[Sequence[Mapping[str, Any]]], case: int) -> dict[str, np.ndarray]:
    """The values of one case in the order of the replicates."""
    values = {}
    for name in parts[0][case]:
        total = sum(len(part[case][name]) for part in parts)
        values[name] = np.empty(total)
        for place, part in enumerate(parts):
            values[name][place :: len(parts)] = part[case][name]
    return values
