"""Replications as files of ``configs/replication``: what is run, and what was published.

A case may name several values for a setting; it then stands for all combinations, and a published
value may be a list in their order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.settings import ConfigError, Settings, nearest
from experiments.library import Library
from experiments.question_map import Words, check_keys
from experiments.regimes import check_words
from experiments.replications.kinds import KINDS, Kind
from experiments.robustness import whole_number
from experiments.words import FOLDED

GROUP = "replication"
ALL = "all"
KEYS = ("title", "setup", "source", "kind", "replicates", "model", "cases", "notes")
OPTIONAL = ("common", "reference", "claims")
REFERENCE_KEYS = ("kind", "error", "tolerance")
REFERENCE_KINDS = ("exact", "published", "recomputed")
CLAIM_KEYS = ("says", "more", "less")
LEAST_REPLICATES, MOST_REPLICATES = 2, 1_000_000
PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Reference:
    """A value to be held against; ``error`` is its own standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Case:
    """One setting of the model, with what is known of it, by measure."""

    settings: Any
    references: Mapping[str, Reference]


@dataclass(frozen=True, slots=True)
class Side:
    """One measure of one case."""

    case: int
    measure: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A published direction: the one is more than the other."""

    says: Words
    more: Side
    less: Side


@dataclass(frozen=True, slots=True)
class Replication:
    """A published model with its cases.

    Attributes
    ----------
    reference_kind: one of :data:`REFERENCE_KINDS`, or "" when nothing is held against.
    tolerance: a difference up to this one is close, even if it is more than chance.
    """

    name: str
    title: Words
    setup: Words
    source: str
    notes: Words
    kind: Kind
    kind_name: str
    replicates: int
    model: Any
    cases: tuple[Case, ...]
    claims: tuple[Claim, ...]
    reference_kind: str
    tolerance: float


def chosen(library: Library, names: Sequence[str]) -> list[Replication]:
    """The replications of these names; all of them for ``all`` or no name.

    Raises
    ------
    ConfigError: a name is not known, or see :func:`read_replication`.
    """
    known = library.names(GROUP)
    for name in names:
        if name not in (*known, ALL):
            raise ConfigError(f"replication '{name}' is not known. {nearest(name, [*known, ALL])}")
    taken = known if not names or ALL in names else list(dict.fromkeys(names))
    return [read_replication(library, name) for name in taken]


def read_replication(library: Library, name: str) -> Replication:
    """Read one file strictly.

    Raises
    ------
    ConfigError: a key or value is unknown, missing or out of range; names the replication.
    """
    document, where = library.read(GROUP, name), f"replication '{name}'"
    check_keys(where, document, KEYS, OPTIONAL)
    for key in ("title", "setup", "notes"):
        check_words(where, key, document[key])
    if document["kind"] not in KINDS:
        raise ConfigError(
            f"{where}: kind '{document['kind']}' is not known. {nearest(str(document['kind']), KINDS)}"
        )
    kind = KINDS[document["kind"]]
    try:
        model = kind.model.from_mapping(document["model"])
        told = _references(document.get("reference"))
        cases = tuple(_cases(kind, model, document, told))
        claims = tuple(_claims(kind, model, cases, document.get("claims", ())))
        replicates = whole_number(
            "replicates", document["replicates"], LEAST_REPLICATES, MOST_REPLICATES
        )
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    return Replication(
        name, dict(document["title"]), _unfolded(document["setup"]), " ".join(str(document["source"]).split()),
        _unfolded(document["notes"]), kind, document["kind"], replicates, model, cases, claims,
        told["kind"], told["tolerance"],
    )  # fmt: skip


def _unfolded(words: Words) -> Words:
    """Without the spaces at which YAML has joined Chinese lines."""
    return {lang: FOLDED.sub("", text) for lang, text in words.items()}


def _references(given: Any) -> dict[str, Any]:
    """What is said of all references together."""
    if given is None:
        return {"kind": "", "error": {}, "tolerance": 0.0}
    check_keys("reference", given, REFERENCE_KEYS)
    if given["kind"] not in REFERENCE_KINDS:
        raise ConfigError(
            f"reference.kind '{given['kind']}' is not known. {nearest(str(given['kind']), REFERENCE_KINDS)}"
        )
    if not isinstance(given["error"], Mapping):
        raise ConfigError(
            f"reference.error = {given['error']!r} is not by measure. Write {{payoff: 0.006}}."
        )
    for name, value in (*given["error"].items(), ("tolerance", given["tolerance"])):
        _number(f"reference.{name}", value)
    return dict(given)


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ConfigError(f"{where} = {value!r} is not a number.")
    return float(value)


# ---------------------------------------------------------------- cases


def _cases(
    kind: Kind, model: Settings, document: Mapping[str, Any], told: Mapping[str, Any]
) -> Iterator[Case]:
    lines = document["cases"]
    if not isinstance(lines, list) or not lines:
        raise ConfigError(f"cases = {lines!r} is not a list. Write lines such as '- {{p: 0.2}}'.")
    for line in lines:
        if not isinstance(line, Mapping):
            raise ConfigError(f"case {line!r} is not a group of settings, such as '{{p: 0.2}}'.")
        given = {**document.get("common", {}), **line}
        published = given.pop(PUBLISHED, {})
        if published and not told["kind"]:
            raise ConfigError("a case has published values. Write 'reference:' with its kind.")
        combinations = list(_combinations(given))
        for place, settings in enumerate(combinations):
            yield Case(
                kind.case.from_mapping(settings),
                dict(_published(kind, model, published, told, place, len(combinations))),
            )


def _combinations(given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    lists = [value if isinstance(value, list) else [value] for value in given.values()]
    for values in itertools.product(*lists):
        yield dict(zip(given, values, strict=True))


def _published(
    kind: Kind, model: Settings, given: Any, told: Mapping[str, Any], place: int, count: int
) -> Iterator[tuple[str, Reference]]:
    if not isinstance(given, Mapping):
        raise ConfigError(f"{PUBLISHED} = {given!r} is not by measure. Write {{payoff_200: 0.5}}.")
    for measure, value in given.items():
        _check_measure(kind, model, measure)
        if isinstance(value, list):
            if len(value) != count:
                raise ConfigError(
                    f"{PUBLISHED} {measure} has {len(value)} values for {count} cases. Write one each."
                )
            value = value[place]
        error = told["error"].get(measure.rpartition("_")[0], told["error"].get(measure, 0.0))
        if isinstance(value, Mapping):
            check_keys(f"{PUBLISHED} {measure}", value, ("value", "error"))
            value, error = value["value"], _number(f"{measure}.error", value["error"])
        yield measure, Reference(_number(f"{PUBLISHED} {measure}", value), float(error))


def _check_measure(kind: Kind, model: Settings, name: str) -> None:
    if name not in kind.measures(model):
        raise ConfigError(
            f"'{name}' is not measured. {nearest(str(name), list(kind.measures(model)))}"
        )


# ---------------------------------------------------------------- claims


def _claims(kind: Kind, model: Settings, cases: Sequence[Case], lines: Any) -> Iterator[Claim]:
    for line in lines:
        check_keys("claim", line, CLAIM_KEYS)
        check_words("claim", "says", line["says"])
        more, less = (_side(kind, model, cases, line[side]) for side in ("more", "less"))
        yield Claim(dict(line["says"]), more, less)


def _side(kind: Kind, model: Settings, cases: Sequence[Case], given: Any) -> Side:
    """The only case that has the given settings, and a measure."""
    if not isinstance(given, Mapping) or "measure" not in given:
        raise ConfigError(f"claim side {given!r} needs a measure and settings of one case.")
    wanted = {key: value for key, value in given.items() if key != "measure"}
    _check_measure(kind, model, given["measure"])
    found = [
        place
        for place, case in enumerate(cases)
        if wanted.items() <= case.settings.as_mapping().items()
    ]
    if len(found) != 1:
        raise ConfigError(f"claim side {wanted} fits {len(found)} cases. Name settings of one.")
    return Side(found[0], given["measure"])
