"""The list of checks, and how they are run and told."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from agents.settings import ConfigError, nearest
from experiments.markdown import table
from experiments.running.progress import duration
from experiments.words import Words


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a check's table.

    Attributes
    ----------
    passed: whether what was promised was found; None when it could not be looked at.
    cells: the line, one text for each column of the check.
    """

    passed: bool | None
    cells: tuple[str, ...]


Doing = Callable[[Path, bool, Words], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is tried.

    Attributes
    ----------
    name: on the command line, and of its words in the catalogue: ``verify.NAME.title``,
        and ``verify.NAME.columns.COLUMN`` for each column.
    run: does it in an empty folder, thoroughly or not, and yields the table as it goes.
    """

    name: str
    columns: tuple[str, ...]
    run: Doing


def _later(module: str, name: str) -> Doing:
    """A function of this folder, imported when it is called: each brings in a large part of the program."""

    def run(folder: Path, full: bool, words: Words) -> Iterator[Row]:
        found: Doing = getattr(import_module(f"experiments.verification.{module}"), name)
        return found(folder, full, words)

    return run


KILLED = ("victim", "moment", "kept", "starts", "lost", "doubled", "values")
CHECKS = (
    Check("ways", ("way", "batches", "runs", "lost", "doubled", "values"), _later("kills", "ways")),
    Check("kills", KILLED, _later("kills", "kills")),
    Check("namespaces", KILLED, _later("namespaces", "namespaces")),
    Check("facts", ("fact", "published", "now", "against"), _later("facts", "facts")),
    Check(
        "replications",
        ("name", "replicates", "agree", "differ", "directions"),
        _later("evidence", "replications"),
    ),
    Check(
        "networks", ("measure", "distance", "found", "published"), _later("evidence", "networks")
    ),
    Check("calibration", ("what", "found", "published"), _later("findings", "calibration")),
    Check("levers", ("family", "levers", "effects", "told", "apart"), _later("findings", "levers")),
    Check("rankings", ("outcome", "published", "told", "against"), _later("findings", "rankings")),
    Check("why", ("regimes", "groups", "difference", "sum", "gap"), _later("findings", "apart")),
)


def verify(names: Sequence[str], full: bool, lang: str) -> bool:
    """Run the checks named, or all, and print their tables.

    Parameters
    ----------
    full: thoroughly, which takes minutes, and not quickly.

    Returns
    -------
    Whether nothing failed.
    """
    by_name = {check.name: check for check in CHECKS}
    for name in names:
        if name not in by_name:
            raise ConfigError(f"'{name}' is not a check. {nearest(name, by_name)}")
    words = Words(lang)
    passed = [_verify(by_name[name], full, words) for name in names or by_name]
    print(words("verify.passed" if all(passed) else "verify.failed"))
    return all(passed)


def _verify(check: Check, full: bool, words: Words) -> bool:
    started = time.monotonic()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="consortia-", ignore_cleanup_errors=True) as folder:
        for row in check.run(Path(folder), full, words):
            rows.append(row)
            print(_line(row, words), file=sys.stderr, flush=True)
    print(f"\n{words(f'verify.{check.name}.title')}\n")
    heads = [words(f"verify.{check.name}.columns.{name}") for name in check.columns]
    lines = [(str(k + 1), *row.cells, _verdict(row, words)) for k, row in enumerate(rows)]
    print(table(("", *heads, words("verify.verdict")), lines))
    spent = duration(time.monotonic() - started, words.lang)
    bad = sum(row.passed is False for row in rows)
    print(f"\n{words('verify.sum', rows=len(rows), bad=bad, time=spent)}\n", flush=True)
    return bad == 0 and bool(rows)


def _line(row: Row, words: Words) -> str:
    """A row while one waits for the table."""
    return " · ".join((*row.cells, _verdict(row, words)))


def _verdict(row: Row, words: Words) -> str:
    return words(f"verify.verdicts.{ {True: 'good', False: 'bad', None: 'unknown'}[row.passed] }")
