"""Settings of ``search``: goals, runs to spend, worlds to be good in, replicates held out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError
from experiments.sequential.settings import known_outcome

if TYPE_CHECKING:
    from experiments.configuration import Setup

OWN = ("goals", "runs", "worlds", "held_out")
USUAL = {
    "goals": "technical,industrial,-all_in_cost",
    "runs": "2000",
    "worlds": "1",
    "held_out": "100",
}
OF_OTHERS = (
    "outcome", "half_width", "indifference", "confidence", "best", "level", "orders", "regime", "consortium",
)  # fmt: skip
USUAL_REPLICATES = 10
FEWEST_CANDIDATES = 16
FEWEST_HELD_OUT = 20  # replicates, from which simultaneous intervals can be given
MOST = {"runs": 10_000_000, "worlds": 1_000, "held_out": 100_000}


@dataclass(frozen=True, slots=True)
class Goal:
    """An outcome to be raised, or with ``sign`` -1 to be lowered."""

    outcome: str
    sign: int

    @property
    def text(self) -> str:
        """As it is written on the command line."""
        return ("-" if self.sign < 0 else "") + self.outcome


@dataclass(frozen=True, slots=True)
class SearchRule:
    """What is sought, and with how much work.

    Attributes
    ----------
    runs: runs of candidates; in a contest for each regime. Those of the reference come on top.
    worlds: 1 for the world as it is set, else the number of worlds drawn from ``uncertain_world``.
    held_out: replicates, under another seed and in other drawn worlds, on which figures rest.
    """

    goals: tuple[Goal, ...]
    runs: int
    worlds: int
    held_out: int

    @property
    def contest(self) -> bool:
        """Whether each regime is tuned for one goal, in place of a front over mixes."""
        return len(self.goals) == 1


@dataclass(frozen=True, slots=True)
class SearchSetup:
    """A search: the setup of its runs, and its rule.

    Attributes
    ----------
    base: world, population, seed, replicates of each candidate in each world; the reference comes
        first in ``base.regimes``.
    config_dirs: users' folders, as they were given.
    """

    base: Setup
    rule: SearchRule
    config_dirs: tuple[Path, ...]

    @property
    def candidates(self) -> int:
        """How many candidates are tried; in a contest for each regime."""
        return self.rule.runs // (self.rule.worlds * self.base.replicates)


def load_search(texts: Sequence[str], config_dirs: Sequence[Path] = ()) -> SearchSetup:
    """Compose and check everything.

    Raises
    ------
    ConfigError: any setting that cannot be used, or too few runs for a search.
    """
    from experiments.configuration import load_setup

    for text in texts:
        _refuse_money(text)
        _refuse_idle(text)
    own = USUAL | dict(text.split("=", 1) for text in texts if text.partition("=")[0] in OWN)
    rest = [text for text in texts if text.partition("=")[0] not in OWN]
    if not any(text.startswith("replicates=") for text in rest):
        rest.append(f"replicates={USUAL_REPLICATES}")
    rule = SearchRule(_goals(own["goals"]), *(_number(name, own[name]) for name in OWN[1:]))
    setup = SearchSetup(load_setup("search", rest, config_dirs), rule, tuple(config_dirs))
    _refuse_little(setup)
    setup.base.config.update(own)
    return setup


def _refuse_money(text: str) -> None:
    if re.match(r"(regime\.\w+\.)?(\w+\.)?budget\b", text):
        raise ConfigError(
            f"{text}: money is no lever here, since all candidates have the same. Leave it out, or "
            f"change the money of all by money.budget_myuan_per_year=24."
        )


def _refuse_idle(text: str) -> None:
    name = text.partition("=")[0]
    if name in OF_OTHERS:
        raise ConfigError(
            f"{text} does nothing here. A search has goals, such as goals=welfare, and regimes, such "
            f"as regimes=open_challenge,prize."
        )


def _goals(text: str) -> tuple[Goal, ...]:
    names = [name.strip() for name in text.strip("[]").split(",") if name.strip()]
    goals = tuple(
        Goal(known_outcome(name.lstrip("-")), -1 if name.startswith("-") else 1) for name in names
    )
    outcomes = [goal.outcome for goal in goals]
    if not goals or len(set(outcomes)) < len(outcomes):
        raise ConfigError(
            f"goals = {text} does not name goals once each. Write outcomes to be raised, with a minus "
            f"those to be lowered: goals={USUAL['goals']}, or one for a contest: goals=welfare."
        )
    return goals


def _number(name: str, text: str) -> int:
    least = FEWEST_HELD_OUT if name == "held_out" else 1
    if not text.isdigit() or not least <= int(text) <= MOST[name]:
        raise ConfigError(
            f"{name} = {text} is not a whole number from {least} to {MOST[name]:,}. "
            f"Write for example {name}={USUAL[name]}."
        )
    return int(text)


def _refuse_little(setup: SearchSetup) -> None:
    base, rule = setup.base, setup.rule
    if setup.candidates < FEWEST_CANDIDATES:
        each = rule.worlds * base.replicates
        raise ConfigError(
            f"runs = {rule.runs} is enough for {setup.candidates} candidates of {each} runs each "
            f"(worlds x replicates), and {FEWEST_CANDIDATES} are the fewest. Write "
            f"runs={FEWEST_CANDIDATES * each} or more, or fewer replicates."
        )
    if not [entry for entry in base.regimes if entry.programmes]:
        raise ConfigError(
            "no regime with a programme is named, so that there is no lever to search. Write "
            "regimes=all, or names such as regimes=open_challenge,race."
        )


def plain_rule(rule: SearchRule) -> dict[str, Any]:
    """The rule in plain values."""
    return {
        "goals": [goal.text for goal in rule.goals], "runs": rule.runs, "worlds": rule.worlds,
        "held_out": rule.held_out,
    }  # fmt: skip
