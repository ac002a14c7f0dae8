"""The answer in words: what is reproduced, what is not, and what none of it proves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from experiments.report.numbers import interval, number
from experiments.validation.measures import BEHAVIOUR, INPUT
from experiments.validation.results import (
    BETWEEN,
    CANNOT_TELL,
    LEVEL,
    NOT_REPRODUCED,
    REPRODUCED,
    UNMEASURED,
    Found,
    Validation,
)
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.validation.settings import ValidateSetup


def sentences(
    validation: Validation, setup: ValidateSetup, counts: Mapping[str, int], words: Words
) -> list[str]:
    """The answer, a sentence or two in each line.

    Parameters
    ----------
    counts: of :attr:`experiments.validation.reader.Programme.counts`.
    """
    behaviours = validation.of(BEHAVIOUR)
    measured = [one for one in behaviours if one.verdict != UNMEASURED]
    missed = [one for one in validation.of(INPUT) if one.verdict == NOT_REPRODUCED]
    trivial = [one for one in measured if one.verdict == REPRODUCED and one.null_too]
    lines = [
        words(
            "validation.units", projects=f"{validation.projects:,}", model=setup.model.replicates,
            real=max((one.real.n for one in measured if not one.target.sampled), default=0),
            title=title(setup, words),
        ),
        words(
            "validation.sum", count=validation.count(REPRODUCED), all=len(measured), trivial=len(trivial)
        ),
    ]  # fmt: skip
    for verdict in (REPRODUCED, BETWEEN, NOT_REPRODUCED, CANNOT_TELL):
        chosen = [one for one in measured if one.verdict == verdict]
        if chosen:
            lines.append(words(f"validation.list.{verdict}", list=_listed(chosen, words)))
    unmeasured = [one for one in validation.found if one.verdict == UNMEASURED]
    if unmeasured:
        lines.append(words("validation.list.unmeasured", list=_names(unmeasured, words)))
    if missed:
        lines.append(words("validation.inputs_missed", list=_listed(missed, words)))
    if counts["dropped_organisations"]:
        lines.append(
            words(
                "validation.dropped", organisations=f"{counts['dropped_organisations']:,}",
                all=f"{counts['organisations']:,}",
            )
        )  # fmt: skip
    lines.append(words("validation.certifies"))
    lines.append(words("validation.rule", percent=words.percent(1 - LEVEL)))
    return lines


def title(setup: ValidateSetup, words: Words) -> str:
    """Title of the programme."""
    return setup.against.title[words.lang]


def label(found: Found, words: Words) -> str:
    """Name of a measure in words."""
    return words(f"validation.measure.{found.target.measure.name}")


def _names(found: Iterable[Found], words: Words) -> str:
    return words.join(label(one, words) for one in found)


def _listed(found: Iterable[Found], words: Words) -> str:
    """Each with its three columns and its distance."""
    return words.join(
        words(
            "validation.one", measure=label(one, words), model=number(one.model.mean),
            real=number(one.real.mean), null=number(one.null.mean),
            distance=number(one.distance, signed=True),
            interval=interval(one.low, one.high, signed=True),
        )
        for one in found
    )  # fmt: skip
