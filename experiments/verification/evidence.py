"""Whether the model still gives what is published of it: replications, and networks beside FP7's.

Both are run on luck of their own, so they are no copies of the published pages. Where fewer runs
tell less, a line may say that it cannot be told; it may not say the opposite of what is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from experiments.library import Library
from experiments.report.numbers import interval, number
from experiments.validation.measures import BEHAVIOUR
from experiments.validation.results import CANNOT_TELL, REPRODUCED, UNMEASURED
from experiments.verification.checks import Row
from experiments.words import Words

SEED = 20261128
QUICK_SHARE = 20  # replicates of a replication over those of the quick check
KNOWN_DIFFERENCES = {"guimera": 2}  # values that are published as not reproduced
QUICK_REPLICATES = 6  # of the validation


def replications(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """Every replication: no more values differ than is published, and every direction holds."""
    from experiments.replications import measure
    from experiments.replications.plan import GROUP, read_replication
    from experiments.replications.results import CLOSE, DIFFERS, HOLDS, REPRODUCED, REVERSED

    library = Library.open()
    for name in library.names(GROUP):
        one = read_replication(library, name)
        count = one.replicates if full else max(20, one.replicates // QUICK_SHARE)
        result = measure(one, count, SEED, 0)
        verdicts = [finding.verdict for finding in result.findings]
        held = verdicts.count(HOLDS)
        good = result.count(DIFFERS) <= KNOWN_DIFFERENCES.get(name, 0)
        good = good and REVERSED not in verdicts and (held == len(verdicts) or not full)
        agreed = result.count(REPRODUCED) + result.count(CLOSE)
        cells = (
            name,
            str(count),
            str(agreed),
            str(result.count(DIFFERS)),
            f"{held}/{len(verdicts)}",
        )
        yield Row(good, cells)


def networks(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """The verdict on every behaviour beside the one that is published (:func:`agrees`)."""
    from experiments.validation.job import validate
    from experiments.validation.settings import load_validate

    settings = [f"seed={SEED}", f"out={folder}"]
    setup = load_validate(settings if full else [*settings, f"replicates={QUICK_REPLICATES}"])
    published = setup.against.verdicts
    for one in validate(setup, progress=False).validation.of(BEHAVIOUR):
        name = one.target.measure.name
        before = published.get(name, CANNOT_TELL)
        yield Row(
            agrees(one.verdict, before),
            (
                words(f"validation.measure.{name}"),
                f"{number(one.distance, signed=True)} {interval(one.low, one.high, signed=True)}",
                words(f"validation.verdict.{one.verdict}"),
                words(f"validation.verdict.{before}"),
            ),
        )


def agrees(now: str, before: str) -> bool | None:
    """Whether two verdicts on one behaviour are the same; None where they differ and are no opposites.

    Opposites are "reproduced" and either of the two that say it is not. Whether a figure that is not
    reproduced lies between null and programme is told apart from the null, on some luck and not on other.
    """
    if now == before:
        return True
    return (
        None
        if {now, before} & {CANNOT_TELL, UNMEASURED} or REPRODUCED not in (now, before)
        else False
    )
