"""Published figures that a question's regimes are held against, and the settings it brings.

Some figures are put into a scenario and come out again; those are marked ``given``. The others are
what the model makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError, nearest
from experiments.library import Library
from experiments.question_map import Words, check_keys
from experiments.regimes import check_words
from experiments.statistics.paired import mean_interval
from simulation.outcomes import OUTCOMES

if TYPE_CHECKING:
    from experiments.tables import Panel

FACT_KEYS = ("outcome", "what", "published", "given", "source")
OUTCOME_NAMES = tuple(outcome.name for outcome in OUTCOMES)
EXPERIMENT = "experiment"
DEFINITIONS = "robustness=definitions"


@dataclass(frozen=True, slots=True)
class Fact:
    """A published figure.

    Attributes
    ----------
    outcome: the column of the table of runs it is held against.
    what: what is counted, by language.
    published: the figure, in the outcome's unit.
    given: whether the scenario puts it in.
    """

    outcome: str
    what: Words
    published: float
    given: bool
    source: str


def read_facts(where: str, lines: Any) -> Iterator[Fact]:
    """The facts of an experiment file, read strictly; ``where`` names it.

    Raises
    ------
    ConfigError: a key, an outcome or a number is unknown, missing or wrong.
    """
    if not isinstance(lines, list) or not lines:
        raise ConfigError(f"{where}: facts = {lines!r} is not a list of published figures.")
    for line in lines:
        check_keys(f"{where}, fact", line, FACT_KEYS)
        name, number = line["outcome"], line["published"]
        if name not in OUTCOME_NAMES:
            raise ConfigError(
                f"{where}, fact: '{name}' is not an outcome. {nearest(str(name), OUTCOME_NAMES)}"
            )
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ConfigError(f"{where}, fact '{name}': published = {number!r} is not a number.")
        if not isinstance(line["given"], bool):
            raise ConfigError(
                f"{where}, fact '{name}': given = {line['given']!r}. Write true or false."
            )
        check_words(f"{where}, fact '{name}'", "what", line["what"])
        yield Fact(name, dict(line["what"]), float(number), line["given"], str(line["source"]))


def brought_settings(library: Library, overrides: Sequence[str]) -> list[str]:
    """Settings that the chosen experiment brings, but for those given on the command line.

    Raises
    ------
    ConfigError: the file's settings are not a list of ``name=value``.
    """
    given = dict(text.partition("=")[::2] for text in overrides)
    name = given.get(EXPERIMENT)
    if name is None or name not in library.names(EXPERIMENT):
        return []
    settings = library.read(EXPERIMENT, name).get("settings", [])
    if not isinstance(settings, list) or not all(
        isinstance(text, str) and "=" in text for text in settings
    ):
        raise ConfigError(
            f"experiment '{name}': settings = {settings!r} is not a list of name=value. Write "
            f"them as on the command line, such as '- population=national'."
        )
    # a question has the budget on its map and repeats the definitions only
    return [t for t in (DEFINITIONS, *settings) if t.partition("=")[0] not in given]


def compared(facts: Sequence[Fact], found: Panel, regime: str) -> Iterator[Mapping[str, Any]]:
    """Each fact beside the mean of the model with a 95 % interval, as rows of a table."""
    if (row := found.row(regime)) is None:
        return
    for fact in facts:
        values = found[fact.outcome][row]
        low, high = mean_interval(values)
        yield {
            "outcome": fact.outcome, "regime": regime, "given": fact.given,
            "published": fact.published, "mean": float(values.mean()), "low": low, "high": high,
            "n": len(values),
        }  # fmt: skip
