"""``consortia facts``: measures every fact in every run, keeps what was measured, and says what emerges."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.answered import write_sentences
from experiments.compare import experiment_of
from experiments.replayed import Replay, replays
from experiments.running.files import write_text
from experiments.running.plan import MAIN, Point
from experiments.running.progress import make_progress
from experiments.running.provenance import provenance
from experiments.running.store import ExperimentError, Store, describe, write_parquet
from experiments.stored_population import write_beginnings
from experiments.stylised.measures import FACTS, median_own_research
from experiments.stylised.observed import observe
from experiments.stylised.results import HUB_MEASURE, Found, Values, judge, table
from experiments.stylised.settings import HUB, SPREAD, FactsSetup
from experiments.tables.files import make_schema
from experiments.words import Words

FOLDER = "measured"
VERSION = 1  # raise it when the meaning of a measure changes
MEASURED = make_schema(
    fact="text", regime="text", replicate="count", value="number", reference="number"
)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """The answer as it stands in its folder."""

    found: Found
    table: pa.Table
    sentences: list[str]
    out: Path


def facts(asked: FactsSetup, *, progress: bool = True) -> Facts:
    """Measure what is missing, write the folder, and return what stands in it.

    Raises
    ------
    ConfigError: the folder cannot be used (exit code 2).
    ExperimentError: the disk is full (1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on.
    """
    setup, started = asked.setup, time.monotonic()
    with Store(setup.out, {**experiment_of(setup), "command": "facts", "variants": []}):
        write_beginnings(setup.out, setup.population, setup.config)
        measured, done = measure(asked, progress)
        found = judge(measured, asked.reported, asked.hub_regime, setup.replicates)
        answer = _write(asked, found, done, time.monotonic() - started)
    if progress:
        words = Words(setup.lang)
        for sentence in answer.sentences:
            print(f"  {sentence}")
        print(f"{words('sweep.results')} {answer.out}")
    return answer


def measure(asked: FactsSetup, progress: bool) -> tuple[Values, int]:
    """Values by fact and regime, kept per replicate; and how many replicates were measured now."""
    import sys

    from simulation.warmup import warm_up

    setup = asked.setup
    files = [setup.out / FOLDER / f"{name}.parquet" for name in _names(asked)]
    missing = [k for k, file in enumerate(files) if not file.is_file()]
    files[0].parent.mkdir(parents=True, exist_ok=True)
    if missing:
        warm_up(lambda text: print(text, file=sys.stderr))
    try:
        with make_progress(progress, setup.lang) as shown:
            shown.start(total=len(files), cached=len(files) - len(missing))
            for replicate in missing:
                rows = [row for run in replays(setup, [replicate]) for row in _rows(run, asked)]
                write_parquet(files[replicate], pa.Table.from_pylist(rows, MEASURED))
                shown.advance(done=1)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while measures were written to {setup.out}. What is there is kept; "
            f"the same command goes on."
        ) from error
    return _gathered(pa.concat_tables([pq.read_table(file) for file in files])), len(missing)


def _names(asked: FactsSetup) -> Iterator[str]:
    """A name for each replicate: equal exactly when nothing that was run and measured differs."""
    setup = asked.setup
    point = Point(
        MAIN, setup.world, setup.population, setup.reference.regime,
        tuple(entry.regime for entry in setup.regimes), setup.seed, setup.replicates,
    )  # fmt: skip
    for replicate in range(setup.replicates):
        runs = " ".join(point.run_id(row, replicate) for row in range(len(setup.regimes)))
        yield hashlib.sha256(f"facts {VERSION} {runs}".encode()).hexdigest()[:32]


def _rows(run: Replay, asked: FactsSetup) -> Iterator[dict[str, Any]]:
    observed = observe(run)
    key = {"regime": run.regime, "replicate": run.replicate}
    if run.regime in (HUB, SPREAD):
        value = median_own_research(observed)
        yield {"fact": HUB_MEASURE, "value": value, "reference": None, **key}
        return
    for fact in FACTS:
        value, reference = fact.of(observed)
        yield {"fact": fact.name, "value": value, "reference": reference, **key}


def _gathered(rows: pa.Table) -> Values:
    """By fact and regime in the order of replicates, shape (replicates, 2)."""
    found: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for row in rows.to_pylist():
        pair = [np.nan if row[name] is None else row[name] for name in ("value", "reference")]
        found.setdefault((row["fact"], row["regime"]), []).append((row["replicate"], *pair))
    return {key: np.array(sorted(values), np.float64)[:, 1:] for key, values in found.items()}


def _write(asked: FactsSetup, found: Found, done: int, seconds: float) -> Facts:
    from experiments.stylised.figure import write_figure
    from experiments.stylised.sentences import sentences
    from experiments.tables import write_table

    setup, out = asked.setup, asked.setup.out
    titles = {entry.name: Words(setup.lang).title(entry) for entry in setup.regimes}
    titles[asked.hub_regime] = titles[HUB]
    made, told = table(found), sentences(found, setup.lang)
    runs = len(setup.regimes)
    origin = provenance(
        seed=setup.seed,
        replicates={"every regime": setup.replicates},
        runs={"done": done * runs, "cached": (setup.replicates - done) * runs, "failed": 0},
        seconds=seconds,
    )
    try:
        write_table(made, out, "facts")
        write_text(out / "provenance.json", json.dumps(origin, indent=2, ensure_ascii=False))
        write_sentences(out, told, setup.lang)
        write_figure(found, titles, out, setup.lang)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the answer was written to {out}. All measures are safe; the "
            f"same command writes the rest."
        ) from error
    return Facts(found, made, told, out)
