"""Cases, measures and verdicts in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.replications.results import (
    CLOSE,
    DIFFERS,
    HOLDS,
    NO_REFERENCE,
    REPRODUCED,
    Result,
)
from experiments.words import Words


def case_label(kind: str, case: Mapping[str, Any], words: Words) -> str:
    """A case in words, e.g. ``everybody sees everybody; best of 3``."""
    if kind != "social_search":
        return words(f"replications.case.{kind}", **case)
    network = words(f"replications.network.{case['network']}", path=f"{case['mean_path']:.2f}")
    if case["strategy"] == "alone":
        return network
    strategy = case["strategy"] if case["sample"] else "best_of_all"
    parts = [network, words(f"replications.strategy.{strategy}", sample=case["sample"])]
    if not case["tries_alone"]:
        parts.append(words("replications.no_tries"))
    return words("list.semicolon").join(parts)


def measure_label(measure: str, words: Words) -> str:
    """A measure in words; those at a time end in a number."""
    stem, _, time = measure.rpartition("_")
    if time.isdigit():
        return words(f"replications.measure.{stem}", time=time)
    return words(f"replications.measure.{measure}")


def sentence(result: Result, words: Words) -> str:
    """What came of a replication, in one or two sentences."""
    parts = []
    held = len(result.estimates) - result.count(NO_REFERENCE)
    if held:
        parts.append(
            words(
                "replications.held", count=held, reproduced=result.count(REPRODUCED),
                close=result.count(CLOSE), differs=result.count(DIFFERS),
                kind=words(f"replications.reference.{result.replication.reference_kind}"),
            )
        )  # fmt: skip
    else:
        parts.append(words("replications.not_held"))
    if result.findings:
        holding = sum(one.verdict == HOLDS for one in result.findings)
        parts.append(words("replications.claims_held", count=len(result.findings), holding=holding))
    return words.paragraph(parts)
