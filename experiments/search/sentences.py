"""The answer of a search in words."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.report import interval, number
from experiments.search.results import CANNOT_TELL, DOMINATED, MIX, ON_FRONT, TUNED, Final
from experiments.search.settings import SearchSetup
from experiments.search.trials import held_out_seed
from experiments.statistics import paired
from experiments.words import Words


def sentences(final: Final, setup: SearchSetup, failed: int, words: Words) -> list[str]:
    """What was found, and what it rests on."""
    base, rule = setup.base, setup.rule
    lines = list(_contest(final, words) if rule.contest else _front(final, words))
    if failed:
        lines.append(words("search.failed", count=failed))
    key = "rule_contest" if rule.contest else "rule_front"
    lines.append(
        words(
            f"search.{key}", candidates=setup.candidates, held=rule.held_out, seed=held_out_seed(base.seed),
            worlds=rule.worlds, runs=setup.candidates * rule.worlds * base.replicates,
        )
    )  # fmt: skip
    return lines


def _contest(final: Final, words: Words) -> Iterator[str]:
    goal = final.goals[0]
    outcome = outcome_name(goal.outcome, words)
    titles = {one.name: words.title(one.entry) for one in final.finalists}
    tuned = [one for one in final.finalists if one.kind == TUNED]
    rows = {
        one.name: against for one, against in zip(final.finalists, final.against[0], strict=True)
    }
    own = final.pairs[0][: len(tuned)]
    for one, gain in zip(tuned, own, strict=True):
        assert one.sought is not None
        key = "untold" if gain.verdict == paired.CANNOT_TELL else "told"
        if gain.difference == 0.0 and gain.se == 0.0:
            key = "same"
        yield words(
            f"search.tuned_{key}", regime=titles[one.origin], outcome=outcome,
            mean=number(rows[one.name].difference, signed=True),
            gain=number(gain.difference, signed=True), sought=number(float(one.sought[0]), signed=True),
            interval=interval(gain.sim_low, gain.sim_high, signed=True),
        )  # fmt: skip
    if len(tuned) > 1:
        yield from _winner(final, titles, outcome, words)


def _winner(final: Final, titles: dict[str, str], outcome: str, words: Words) -> Iterator[str]:
    """Which tuned regimes no other is told to beat."""
    goal = final.goals[0]
    tuned = [one.name for one in final.finalists if one.kind == TUNED]
    origin = {one.name: titles[one.origin] for one in final.finalists if one.kind == TUNED}
    wins = paired.HIGHER if goal.sign > 0 else paired.LOWER
    beaten, told = set(), []
    for one in final.pairs[0][len(tuned) :]:
        if one.verdict == paired.CANNOT_TELL:
            continue
        better, worse = (
            (one.regime, one.baseline) if one.verdict == wins else (one.baseline, one.regime)
        )
        beaten.add(worse)
        told.append(
            words("search.pair", better=origin[better], worse=origin[worse],
                  difference=number(abs(one.difference)),
                  interval=interval(*sorted((abs(one.sim_low), abs(one.sim_high)))))
        )  # fmt: skip
    left = [name for name in tuned if name not in beaten]
    if told:
        yield words("search.pairs", outcome=outcome, list=words("list.semicolon").join(told))
    key = "winner" if len(left) == 1 else "no_winner"
    yield words(f"search.{key}", outcome=outcome, names=words.join(origin[name] for name in left))


def _front(final: Final, words: Words) -> Iterator[str]:
    goals = words.join(
        words(f"search.{'raise' if goal.sign > 0 else 'lower'}",
              outcome=outcome_name(goal.outcome, words))
        for goal in final.goals
    )  # fmt: skip
    by_status = {
        status: [
            words.title(one.entry)
            for one, own in zip(final.finalists, final.status, strict=True)
            if own == status
        ]
        for status in (ON_FRONT, CANNOT_TELL, DOMINATED)
    }
    mixes = sum(one.kind == MIX for one in final.finalists)
    yield words("search.front", goals=goals, mixes=mixes, presets=len(final.finalists) - mixes)
    for status, names in by_status.items():
        if names:
            yield words(f"search.{status}", names=words.join(names))
    for k, goal in enumerate(final.goals):
        best = max(
            range(len(final.finalists)),
            key=lambda row: goal.sign * final.against[k][row].difference,
        )
        one = final.against[k][best]
        yield words(
            "search.best", outcome=outcome_name(goal.outcome, words),
            regime=words.title(final.finalists[best].entry),
            mean=number(one.difference, signed=True),
            interval=interval(one.sim_low, one.sim_high, signed=True),
        )  # fmt: skip


def outcome_name(outcome: str, words: Words) -> str:
    """Name of an outcome in words, where the catalogue has one."""
    return words.get(f"outcome.{outcome}", words.get(f"measure.{outcome}", outcome))
