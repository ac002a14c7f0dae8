"""Regime files: read strictly, expanded to every lever of every family, and validated.

A regime file holds words (title, question, source), the numbers of the systems of innovation
policy it realises, and programmes. A programme names, for each lever family that is not left at
its default, a preset of that family, lever values, or both; it may start from another regime's
programme instead of the defaults (``from``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.settings import ConfigError, nearest
from experiments.library import Library
from simulation.policies.registry import FAMILIES, Programme, Regime

LANGUAGES = ("en", "zh")
REFERENCES = ("laissez_faire", "rd_tax_credit")
SYSTEMS = range(1, 13)
KEYS = ("title", "question", "source", "systems", "programmes")
FROM, PRESET, DEFAULT = "from", "preset", "default"

Levers = dict[str, dict[str, Any]]  # family -> lever -> plain value


@dataclass(frozen=True, slots=True)
class RegimeEntry:
    """A regime with what people read about it.

    Attributes
    ----------
    title, question: by language (en, zh).
    systems: numbers, 1 to 12, of the systems of innovation policy it realises.
    programmes: names of ``regime.programmes``, in their order.
    """

    name: str
    title: dict[str, str]
    question: dict[str, str]
    source: str
    systems: tuple[int, ...]
    regime: Regime
    programmes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A change of levers from the command line.

    Attributes
    ----------
    regime, programme: which ones are changed; None for all.
    lever: None when ``value`` is the name of a preset of the family.
    """

    regime: str | None
    programme: str | None
    family: str
    lever: str | None
    value: Any

    def concerns(self, regime: str, programme: str) -> bool:
        """Whether the change applies to this programme."""
        return self.regime in (None, regime) and self.programme in (None, programme)

    def rank(self) -> tuple[bool, bool, bool]:
        """Order of application: general before special, presets before values."""
        return (self.regime is not None, self.programme is not None, self.lever is not None)


def load_regime(library: Library, name: str, changes: Iterable[Change] = ()) -> RegimeEntry:
    """Read one regime file and apply the changes that concern it.

    Raises
    ------
    ConfigError: the file, a preset or a lever is unknown, incomplete or contradictory; the
        message names the regime and the programme.
    """
    document = _document(library, name)
    return regime_entry(library, name, document, expand(library, name), changes)


def regime_entry(
    library: Library,
    name: str,
    words: Mapping[str, Any],
    programmes: Mapping[str, Levers],
    changes: Iterable[Change] = (),
) -> RegimeEntry:
    """Build a regime from expanded programmes and the changes that concern it.

    Parameters
    ----------
    words: title and question by language, source, and numbers of systems.
    programmes: every lever by programme, as :func:`expand` gives them.

    Raises
    ------
    ConfigError: a lever or preset is unknown, or a change names no programme of the regime.
    """
    for one in changes:
        refuse_missing_programme(one, name, programmes)
    built = []
    for programme, levers in programmes.items():
        with _named(name, programme):
            built.append(
                Programme.from_mapping(_changed(library, name, programme, levers, changes))
            )
    return RegimeEntry(
        name=name,
        title=dict(words["title"]),
        question=dict(words["question"]),
        source=words["source"].strip(),
        systems=tuple(words["systems"]),
        regime=Regime(name, tuple(built)),
        programmes=tuple(programmes),
    )


def expand(library: Library, name: str, seen: tuple[str, ...] = ()) -> dict[str, Levers]:
    """Programmes of a regime with every lever they give or inherit; not yet validated."""
    if name in seen:
        raise ConfigError(
            f"regimes take programmes from each other in a circle: {', '.join(seen)}."
        )
    return expand_programmes(library, name, _document(library, name)["programmes"], (*seen, name))


def expand_programmes(
    library: Library, regime: str, programmes: Any, seen: tuple[str, ...] = ()
) -> dict[str, Levers]:
    """Programmes written as in a regime file, with every lever; ``regime`` names them in messages.

    Raises
    ------
    ConfigError: what stands there is no list of programmes, a family or preset is unknown, or
        regimes take programmes from each other in a circle.
    """
    if not isinstance(programmes, Mapping):
        raise ConfigError(
            f"regime '{regime}': programmes = {programmes!r} is not a list of programmes by name. "
            f"Write 'programmes: {{}}' for none."
        )
    expanded = {}
    for programme, families in programmes.items():
        with _named(regime, programme):
            expanded[programme] = _expand_programme(library, programme, families, seen)
    return expanded


def expand_changed(
    library: Library, regime: str, origin: str, families: Mapping[str, Any]
) -> dict[str, Levers]:
    """Programmes of the regime ``origin``, each with the same families changed.

    Raises
    ------
    ConfigError: the origin, a family or a preset is unknown, or there is no programme to change.
    """
    programmes = expand(library, origin)
    if families and not programmes:
        raise ConfigError(
            f"regime '{regime}': {', '.join(families)} cannot be changed, because {origin} has no "
            f"programme. Take another regime, or write programmes."
        )
    for programme, levers in programmes.items():
        with _named(regime, programme):
            _refuse_other_families(families)
            for family, choice in families.items():
                levers[family] = _family(library, family, levers[family], choice)
    return programmes


def preset(library: Library, family: str, name: str) -> dict[str, Any]:
    """Levers of a preset; what it leaves out comes from the family's default."""
    values = library.read(family, DEFAULT)
    return values if name == DEFAULT else values | library.read(family, name)


def in_order(entries: Iterable[RegimeEntry]) -> tuple[RegimeEntry, ...]:
    """References first, then by the first system they realise, mixtures of programmes later."""

    def key(entry: RegimeEntry) -> tuple[int, int, int, str]:
        place = (*REFERENCES, entry.name).index(entry.name)
        first_system = entry.systems[0] if entry.systems else len(SYSTEMS) + 1
        mixture = len(entry.programmes) > 1
        return (place, len(SYSTEMS) if mixture else first_system, len(entry.programmes), entry.name)

    return tuple(sorted(entries, key=key))


def _expand_programme(
    library: Library, programme: str, families: Any, seen: tuple[str, ...]
) -> Levers:
    if programme in FAMILIES:
        raise ConfigError(f"'{programme}' is a lever family. Give the programme another name.")
    if not isinstance(families, Mapping):
        raise ConfigError(
            f"{families!r} is not a programme. Write lever families with a preset or levers, "
            f"such as 'agenda: firm_demand' and 'funding: {{public_share: 0.3}}'."
        )
    _refuse_other_families(family for family in families if family != FROM)
    levers = _start(library, families.get(FROM), seen)
    for family, choice in families.items():
        if family != FROM:
            levers[family] = _family(library, family, levers[family], choice)
    return levers


def _refuse_other_families(names: Iterable[Any]) -> None:
    for name in names:
        if name not in FAMILIES:
            raise ConfigError(f"'{name}' is not a lever family. {nearest(str(name), FAMILIES)}")


def _start(library: Library, origin: str | None, seen: tuple[str, ...]) -> Levers:
    """The defaults, or the only programme of another regime."""
    if origin is None:
        return {family: library.read(family, DEFAULT) for family in FAMILIES}
    programmes = expand(library, origin, seen)
    if len(programmes) != 1:
        raise ConfigError(
            f"from: {origin} has {len(programmes)} programmes. Take one from a regime that has one."
        )
    return next(iter(programmes.values()))


def _family(library: Library, family: str, base: dict[str, Any], choice: Any) -> dict[str, Any]:
    """A preset's name, lever values, or {preset: name, lever: value}."""
    if isinstance(choice, str):
        return preset(library, family, choice)
    if not isinstance(choice, Mapping):
        raise ConfigError(
            f"{family} = {choice!r} is neither a preset nor lever values. Presets: "
            f"{', '.join(library.names(family))}."
        )
    if PRESET in choice:
        base = preset(library, family, str(choice[PRESET]))
    return base | {lever: value for lever, value in choice.items() if lever != PRESET}


def _changed(
    library: Library, regime: str, programme: str, levers: Levers, changes: Iterable[Change]
) -> Levers:
    changed = dict(levers)
    for one in sorted(changes, key=Change.rank):
        if one.concerns(regime, programme):
            choice = one.value if one.lever is None else {one.lever: one.value}
            changed[one.family] = _family(library, one.family, changed[one.family], choice)
    return changed


def _document(library: Library, name: str) -> dict[str, Any]:
    """The file's content, with every key there and of its form."""
    document = library.read("regime", name)
    for key in document:
        if key not in KEYS:
            raise ConfigError(f"regime '{name}': '{key}' is not known. {nearest(str(key), KEYS)}")
    for key in KEYS:
        if key not in document:
            raise ConfigError(
                f"regime '{name}': {key} is missing. A regime file has {', '.join(KEYS)}; "
                f"'consortia regimes new NAME from=race' writes a complete one."
            )
    for key in ("title", "question"):
        check_words(f"regime '{name}'", key, document[key])
    if not isinstance(document["source"], str) or not document["source"].strip():
        raise ConfigError(f"regime '{name}': source is empty. Write where its rules come from.")
    _check_systems(name, document["systems"])
    return document


def check_words(where: str, key: str, words: Any) -> None:
    """Refuse words that are not there in both languages; ``where`` names their place."""
    complete = isinstance(words, Mapping) and set(words) == set(LANGUAGES)
    if not complete or not all(isinstance(word, str) and word.strip() for word in words.values()):
        raise ConfigError(
            f"{where}: {key} = {words!r} needs both languages. Write "
            f"{key}: {{en: English words, zh: 中文}}."
        )


def _check_systems(name: str, systems: Any) -> None:
    if not isinstance(systems, list) or any(
        isinstance(number, bool) or number not in SYSTEMS for number in systems
    ):
        raise ConfigError(
            f"regime '{name}': systems = {systems!r} is not a list of numbers from 1 to 12. "
            f"Write [] when it realises none of the twelve."
        )


def refuse_missing_programme(change: Change, name: str, programmes: Collection[str]) -> None:
    """A change of a programme that the regime ``name`` does not have."""
    if change.regime != name or change.programme is None or change.programme in programmes:
        return
    known = [*programmes, *FAMILIES]
    raise ConfigError(
        f"regime.{name}.{change.programme} is neither a programme nor a lever family of it. "
        f"{nearest(change.programme, known)}"
    )


@contextlib.contextmanager
def _named(regime: str, programme: str) -> Iterator[None]:
    """Put regime and programme in front of a message that has none."""
    try:
        yield
    except ConfigError as error:
        if str(error).startswith("regime '"):
            raise
        raise ConfigError(f"regime '{regime}', programme '{programme}': {error}") from error
