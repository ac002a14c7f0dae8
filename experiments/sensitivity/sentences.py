"""The findings of a sensitivity analysis in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from experiments.report import interval, number
from experiments.sensitivity.analysis import Analysis, Refusal
from experiments.words import Words

LISTED = 5  # factors named before "and others"
PRECISE = 10  # replicates below which only large effects can be told from noise
LUCK_DOMINATES = 0.5  # share of the variance of means above which more replicates are advised


def sensitivity_sentences(
    done: Sequence[Analysis],
    refusals: Sequence[Refusal],
    factors: Sequence[str],
    titles: Mapping[str, str],
    left_out: int,
    lang: str,
) -> list[str]:
    """What matters, what cannot be told from noise, and how much of the variance is luck."""
    words = Words(lang)
    sentences = [text for one in done for text in _of_one(one, factors, titles, words)]
    for refusal in refusals:
        sentences.append(
            words(
                "sensitivity.refused", regime=titles[refusal.regime], reason=refusal.reason,
                outcome=words.get(f"outcome.{refusal.outcome}", refusal.outcome),
            )
        )  # fmt: skip
    if left_out:
        sentences.append(words("sensitivity.left_out", count=left_out))
    if done[0].found.replicates < PRECISE:
        sentences.append(
            words("sensitivity.few", replicates=done[0].found.replicates, precise=PRECISE)
        )
    sentences.append(words("sensitivity.rule"))
    return sentences


def _of_one(
    one: Analysis, factors: Sequence[str], titles: Mapping[str, str], words: Words
) -> Iterator[str]:
    found = one.found
    main = "total" if "total" in found.measures else "mu_star"
    measure = found.measures[main]
    order = np.argsort(-np.nan_to_num(measure.value, nan=-np.inf), kind="stable")
    told = [k for k in order if not found.noise_dominates[k]]
    inert = [factors[k] for k in order if measure.plain[k] == 0.0]
    untold = [factors[k] for k in order if found.noise_dominates[k] and measure.plain[k] != 0.0]
    places = {
        "head": heading(one, titles, words), "measure": words(f"sensitivity.{main}"),
        "replicates": found.replicates,
        "run": words.percent(found.noise_share_of_run),
        "mean": words.percent(found.noise_share_of_mean),
    }  # fmt: skip
    listed = [
        f"{factors[k]} {number(measure.value[k])} {interval(measure.low[k], measure.high[k])}"
        for k in told[:LISTED]
    ]
    if len(told) > LISTED:
        listed.append(words("list.and_more", count=len(told) - LISTED))
    key = "matters" if told else "nothing"
    yield words(f"sensitivity.{key}", names=words.join(listed), **places)
    if told and untold:
        yield words("sensitivity.noise", names=words.join(untold), **places)
    if inert:
        yield words("sensitivity.inert", names=words.join(inert), **places)
    if np.isfinite(found.noise_share_of_run):
        heavy = found.noise_share_of_mean > LUCK_DOMINATES
        yield words("sensitivity.luck_dominates" if heavy else "sensitivity.luck", **places)


def heading(one: Analysis, titles: Mapping[str, str], words: Words) -> str:
    """Regime, or the difference of two, and outcome."""
    outcome = words.get(f"outcome.{one.outcome}", one.outcome)
    regime = titles[one.regime]
    if one.minus:
        regime = words("sensitivity.difference", regime=regime, minus=titles[one.minus])
    return words("sensitivity.head", regime=regime, outcome=outcome)
