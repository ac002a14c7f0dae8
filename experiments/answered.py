"""The folder and the closing words of a command that answers one question from the runs of a plan."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from experiments.compare import runs_table
from experiments.running.executor import Execution
from experiments.running.files import write_text
from experiments.running.plan import Plan
from experiments.running.progress import duration
from experiments.running.store import ExperimentError, Store, describe, write_parquet
from experiments.words import Words


@contextmanager
def writing(store: Store, out: Path) -> Iterator[None]:
    """What cannot be written ends in words that say that no run is lost.

    Raises
    ------
    ExperimentError: the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the answer was written to {out}. All runs are safe in "
            f"{store.folder}; the same command writes the rest."
        ) from error


def write_answer(
    plan: Plan,
    store: Store,
    out: Path,
    tables: Mapping[str, pa.Table],
    origin: Mapping[str, Any],
    sentences: Sequence[str],
    lang: str,
) -> None:
    """Write runs, failures, tables, provenance and the answer in words.

    Raises
    ------
    OSError: the folder cannot be written.
    """
    from experiments.tables import write_table

    write_parquet(out / "runs.parquet", runs_table(plan, store))
    write_parquet(out / "failures.parquet", store.failures(plan))
    for name, table in tables.items():
        write_table(table, out, name)
    write_text(out / "provenance.json", json.dumps(origin, indent=2, ensure_ascii=False))
    write_sentences(out, sentences, lang)


def write_sentences(out: Path, sentences: Sequence[str], lang: str, stem: str = "answer") -> Path:
    """Write the answer in words: ``answer.txt``, in Chinese ``answer.zh.txt``; returns the file.

    Raises
    ------
    OSError: the folder cannot be written.
    """
    from experiments.report import file_name

    path = out / f"{file_name(stem, lang)}.txt"
    write_text(path, "\n".join(sentences) + "\n")
    return path


def tell_answer(
    execution: Execution,
    sentences: Sequence[str],
    out: Path,
    words: Words,
    failed: str,
    report: Path | None = None,
) -> None:
    """Print what was run, the answer, and where it is; ``failed`` goes to standard error."""
    time = duration(execution.seconds)
    print(words("sweep.done", done=execution.done, time=time, cached=execution.cached))
    for sentence in sentences:
        print(f"  {sentence}")
    if report is not None:
        print(f"{words('sweep.report')} {report}")
    print(f"{words('sweep.results')} {out}")
    if failed:
        print(failed, file=sys.stderr)
