"""Questions: files of ``configs/experiment`` that name regimes, a contrast, and a break-even map.

A question is an ordinary comparison with three more things: *contrasts* (this regime minus that
one), of which the first is the main one; *outcomes*, of which the first is the main one; and a
*map*, in which the main contrast is repeated in worlds that differ by difficulty, dispersion and
budget. The world of the comparison is the middle cell of the map.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.settings import ConfigError, nearest
from experiments.facts import Fact, read_facts
from experiments.library import Library
from experiments.question_map import Axis, Words, check_keys, read_axes
from experiments.regimes import (
    FROM,
    Change,
    RegimeEntry,
    check_words,
    expand_changed,
    expand_programmes,
    load_regime,
    regime_entry,
)
from experiments.tables import COMPARED

GROUP = "experiment"
NONE = "none"
KEYS = ("title", "question", "source", "regimes", "contrasts", "outcomes")
OPTIONAL = ("map", "settings", "facts")
CONTRAST_KEYS = ("of", "minus", "asks")
MAP_KEYS = ("axes", "replicates")
MOST_MAP_REPLICATES = 100_000


@dataclass(frozen=True, slots=True)
class Contrast:
    """One regime minus another, and what the difference is to answer, by language."""

    of: str
    minus: str
    asks: Words


@dataclass(frozen=True, slots=True)
class Question:
    """What an experiment file asks.

    Attributes
    ----------
    regimes: in the order of the file.
    contrasts: the main one first.
    outcomes: names of columns of the table of runs, the main one first.
    axes: in the order of :data:`experiments.question_map.AXES`.
    replicates: paired replicates of a cell of the map, at most those of the comparison.
    facts: published figures that the main contrast's regime is held against.
    settings: what the file sets beside regimes, as on the command line.
    """

    name: str
    title: Words
    question: Words
    source: str
    regimes: tuple[RegimeEntry, ...]
    contrasts: tuple[Contrast, ...]
    outcomes: tuple[str, ...]
    axes: tuple[Axis, ...]
    replicates: int
    facts: tuple[Fact, ...] = ()
    settings: tuple[str, ...] = ()

    def entry(self, name: str) -> RegimeEntry:
        """The regime of this name."""
        return next(entry for entry in self.regimes if entry.name == name)


def chosen_question(
    library: Library, command: str, name: Any, options: Collection[str], changes: Sequence[Change]
) -> Question | None:
    """The question of the experiment file that was chosen; None for :data:`NONE`.

    Parameters
    ----------
    options: names of the settings that were given, of which ``regimes`` cannot go with it.

    Raises
    ------
    ConfigError: there is no such file, see :func:`read_question`, or it cannot be used here.
    """
    if name == NONE:
        return None
    if command != "compare":
        raise ConfigError(
            f"experiment={name} is a comparison. Write: consortia compare experiment={name}"
        )
    if "regimes" in options:
        raise ConfigError(
            f"experiment={name} brings its own regimes. Leave out regimes=, or experiment=."
        )
    if name not in library.names(GROUP):
        known = [*library.names(GROUP), NONE]
        raise ConfigError(f"experiment '{name}' is not known. {nearest(str(name), known)}")
    return read_question(library, str(name), changes)


def read_question(library: Library, name: str, changes: Sequence[Change] = ()) -> Question:
    """Read one experiment file strictly, with the changes of levers that concern its regimes.

    Raises
    ------
    ConfigError: the file, a key, regime, lever, outcome or level is unknown, missing or
        contradictory; the message names the experiment.
    """
    document, where = library.read(GROUP, name), f"experiment '{name}'"
    check_keys(where, document, KEYS, OPTIONAL)
    for key in ("title", "question"):
        check_words(where, key, document[key])
    if not isinstance(document["source"], str) or not document["source"].strip():
        raise ConfigError(f"{where}: source is empty. Write where the question comes from.")
    regimes = _regimes(library, where, document, changes)
    known = [entry.name for entry in regimes]
    axes, replicates = _map(library, where, document.get("map"))
    return Question(
        name=name,
        title=dict(document["title"]),
        question=dict(document["question"]),
        source=document["source"].strip(),
        regimes=regimes,
        contrasts=tuple(_contrasts(where, document["contrasts"], known)),
        outcomes=tuple(_outcomes(where, document["outcomes"])),
        axes=axes,
        replicates=replicates,
        facts=tuple(read_facts(where, document["facts"])) if "facts" in document else (),
        settings=tuple(document.get("settings", ())),
    )


def plain_question(question: Question) -> dict[str, Any]:
    """Name, contrasts, outcomes and map in plain values, without the regimes."""
    axes = {
        axis.name: {
            level.name: {"set": dict(level.set), "times": dict(level.times)}
            for level in axis.levels
        }
        for axis in question.axes
    }
    return {
        "name": question.name,
        "contrasts": [{"of": one.of, "minus": one.minus} for one in question.contrasts],
        "outcomes": list(question.outcomes),
        "map": {"replicates": question.replicates, "axes": axes},
    }


# ---------------------------------------------------------------- regimes


def _regimes(
    library: Library, where: str, document: Mapping[str, Any], changes: Sequence[Change]
) -> tuple[RegimeEntry, ...]:
    given = document["regimes"]
    if not isinstance(given, Mapping) or not given:
        raise ConfigError(
            f"{where}: regimes = {given!r} names no regime. Write them by name, such as "
            f"'more: {{title: {{en: More, zh: 更多}}, from: race, selection: {{teams: 3}}}}'."
        )
    entries = []
    for name, variant in given.items():
        try:
            entries.append(_regime(library, str(name), variant, document, changes))
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from error
    return tuple(entries)


def _regime(
    library: Library,
    name: str,
    variant: Any,
    document: Mapping[str, Any],
    changes: Sequence[Change],
) -> RegimeEntry:
    """A regime by a file's own name, by its origin and changed families, or by its programmes."""
    if not isinstance(variant, Mapping) or (FROM in variant) == ("programmes" in variant):
        raise ConfigError(
            f"regime '{name}' = {variant!r} needs either 'from: REGIME', with changes of lever "
            f"families beside it, or 'programmes:', as in a regime file."
        )
    families = {key: value for key, value in variant.items() if key not in ("title", FROM)}
    if name in library.names("regime"):
        if dict(variant) != {FROM: name}:
            raise ConfigError(
                f"regime '{name}' is the name of a regime file, and stands for that regime "
                f"unchanged. Write '{name}: {{from: {name}}}', or choose another name."
            )
        return load_regime(library, name, changes)
    check_words(f"regime '{name}'", "title", variant.get("title"))
    if FROM in variant:
        programmes = expand_changed(library, name, str(variant[FROM]), families)
    else:
        check_keys(f"regime '{name}'", variant, ("title", "programmes"))
        programmes = expand_programmes(library, name, variant["programmes"])
    words = {key: document[key] for key in ("question", "source")} | {"systems": ()}
    return regime_entry(library, name, words | {"title": variant["title"]}, programmes, changes)


# ---------------------------------------------------------------- contrasts and outcomes


def _contrasts(where: str, given: Any, known: Sequence[str]) -> Iterator[Contrast]:
    if not isinstance(given, list) or not given:
        raise ConfigError(
            f"{where}: contrasts = {given!r} is not a list. Write lines such as "
            f"'- {{of: {known[-1]}, minus: {known[0]}, asks: {{en: \"Does it help?\", zh: 是否有效？}}}}'."
        )
    pairs = []
    for line in given:
        check_keys(f"{where}, contrast", line, CONTRAST_KEYS)
        for side in ("of", "minus"):
            if line[side] not in known:
                raise ConfigError(
                    f"{where}: contrast {side} '{line[side]}' is none of its regimes. "
                    f"{nearest(str(line[side]), known)}"
                )
        check_words(f"{where}, contrast", "asks", line["asks"])
        pair = {line["of"], line["minus"]}
        if len(pair) == 1 or pair in pairs:
            raise ConfigError(
                f"{where}: contrast of '{line['of']}' minus '{line['minus']}' compares a regime "
                f"with itself or stands there twice. Name two regimes, each pair once."
            )
        pairs.append(pair)
        yield Contrast(line["of"], line["minus"], dict(line["asks"]))


def _outcomes(where: str, given: Any) -> list[str]:
    if not isinstance(given, list) or not given or len(set(map(str, given))) < len(given):
        raise ConfigError(
            f"{where}: outcomes = {given!r} is not a list of different outcomes. Write them as "
            f"[technical, solved, welfare], the main one first."
        )
    for name in given:
        if name not in COMPARED:
            raise ConfigError(
                f"{where}: '{name}' is not an outcome that is compared. "
                f"{nearest(str(name), COMPARED)}"
            )
    return [str(name) for name in given]


# ---------------------------------------------------------------- the map


def _map(library: Library, where: str, given: Any) -> tuple[tuple[Axis, ...], int]:
    """Axes and replicates; no axes for a question without a map."""
    if given is None:
        return (), 0
    check_keys(f"{where}, map", given, MAP_KEYS)
    return tuple(read_axes(library, where, given["axes"])), _replicates(where, given["replicates"])


def _replicates(where: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 2:
        raise ConfigError(
            f"{where}: map.replicates = {given!r} is not a whole number of 2 or more. Write 24."
        )
    return min(given, MOST_MAP_REPLICATES)
