"""Stylised facts measured again on another seed, against the verdicts that are published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from experiments.published import published
from experiments.stylised.job import facts as measure_facts
from experiments.stylised.results import CONTRARY, EMERGES, NAMES, OPEN, Found
from experiments.stylised.settings import load_facts
from experiments.verification.checks import Row
from experiments.words import Words

SEED = 777_001  # another than that of the published verdicts
QUICK, FULL = 10, 30  # replicates
OTHER = {EMERGES: CONTRARY, CONTRARY: EMERGES}


def facts(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """One row per fact; False where a regime is told the other way round, None where nothing is told.

    Both verdicts are right at once with 95 % confidence, so that a false alarm has a chance of at most 10 %, and
    far less where a verdict is clear.
    """
    texts = [f"seed={SEED}", f"replicates={FULL if full else QUICK}", f"out={folder / 'facts'}"]
    found = measure_facts(load_facts(texts), progress=False).found
    before = published("facts")
    return (row_of(name, before[name], found, words) for name in NAMES)


def row_of(name: str, before: Mapping[str, str], found: Found, words: Words) -> Row:
    """A fact, as it is published and as it is found now."""
    now = {one.regime: one.verdict for one in found.of(name)}
    against = [
        regime for regime, verdict in now.items() if verdict == OTHER.get(before.get(regime, OPEN))
    ]
    told = any(verdict in OTHER for verdict in now.values())
    return Row(
        passed=False if against else True if told else None,
        cells=(
            words(f"facts.title.{name}"), _counts(before), _counts(now),
            words.join(against) or "–",
        ),
    )  # fmt: skip


def _counts(verdicts: Mapping[str, str]) -> str:
    every = list(verdicts.values())
    return " / ".join(str(every.count(one)) for one in (EMERGES, CONTRARY, OPEN))
