"""The list of checks, and how they are run and told."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
    run: Callable[[Path, bool, Words], Iterator[Row]]


def _ways(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.kills import ways

    return ways(folder, full, words)


def _kills(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.kills import kills

    return kills(folder, full, words)


def _namespaces(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.namespaces import namespaces

    return namespaces(folder, full, words)


def _facts(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.facts import facts

    return facts(folder, full, words)


def _replications(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.evidence import replications

    return replications(folder, full, words)


def _networks(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.evidence import networks

    return networks(folder, full, words)


def _levers(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.findings import levers

    return levers(folder, full, words)


def _rankings(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.findings import rankings

    return rankings(folder, full, words)


def _apart(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.findings import apart

    return apart(folder, full, words)


def _calibration(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    from experiments.verification.findings import calibration

    return calibration(folder, full, words)


KILLED = ("victim", "moment", "kept", "starts", "lost", "doubled", "values")
CHECKS = (
    Check("ways", ("way", "batches", "runs", "lost", "doubled", "values"), _ways),
    Check("kills", KILLED, _kills),
    Check("namespaces", KILLED, _namespaces),
    Check("facts", ("fact", "published", "now", "against"), _facts),
    Check("replications", ("name", "replicates", "agree", "differ", "directions"), _replications),
    Check("networks", ("measure", "distance", "found", "published"), _networks),
    Check("calibration", ("what", "found", "published"), _calibration),
    Check("levers", ("family", "levers", "effects", "told", "apart"), _levers),
    Check("rankings", ("outcome", "published", "told", "against"), _rankings),
    Check("why", ("regimes", "groups", "difference", "sum", "gap"), _apart),
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
