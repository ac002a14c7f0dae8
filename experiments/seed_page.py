"""The generated part of ``docs/model/seed.md``: phrases of the seed document, and where each one is.

The rows stand in ``docs/model/seed.yaml``. A row names a phrase, its translation and kind, and either
where the model has it and which tests show that it bites, or why the model does not have it. Links
and values are made here, from the declarations the model runs on.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from agents.settings import ConfigError, nearest
from experiments.configuration import list_regimes
from experiments.explain import _shown as shown
from experiments.levers.settings import TABLE
from experiments.library import Library, read_yaml
from experiments.markdown import table
from experiments.regimes import DEFAULT, RegimeEntry
from simulation.outcomes import OUTCOMES
from simulation.policies.registry import FAMILIES
from simulation.world import SECTIONS

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "docs" / "model" / "seed.yaml"
KINDS = ("actor", "instrument", "stage", "number", "goal")
MISSING, BACKGROUND = "not in the model", "background"
STANDINGS = ("in the model", MISSING, BACKGROUND)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A phrase of the seed document.

    Attributes
    ----------
    where: names in the model, by what they are (the keys of :data:`LINKS`).
    tests: rows of ``configs/levers/default.yaml`` by lever, or ``path::name``.
    untested: why no test shows that it bites, where none does.
    note: what the model has of it, and what it leaves out.
    absent: :data:`MISSING` or :data:`BACKGROUND` when the model does not have it, with a reason.
    repaired: a character that the source garbles is restored.
    """

    phrase: str
    english: str
    kind: str
    where: Mapping[str, list[str]] = field(default_factory=dict)
    tests: list[str] = field(default_factory=list)
    untested: str = ""
    note: str = ""
    absent: str = ""
    reason: str = ""
    repaired: bool = False

    @property
    def standing(self) -> str:
        """One of :data:`STANDINGS`."""
        return self.absent or STANDINGS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of the seed document with its phrases."""

    title: str
    rows: list[Row]


def read_seed(path: Path = SEED) -> list[Paragraph]:
    """The paragraphs of the file, in order.

    Raises
    ------
    ConfigError: the file is no YAML, or a row has an unknown key or lacks one.
    """
    return [
        Paragraph(title=part["paragraph"], rows=[_row(values) for values in part["rows"]])
        for part in read_yaml(path)
    ]


def _row(values: Mapping[str, Any]) -> Row:
    try:
        return Row(**values)
    except TypeError as error:
        raise ConfigError(f"seed.yaml, '{values.get('phrase')}': {error}") from None


# ---------------------------------------------------------------- names in the model


def _regime(name: str) -> str:
    _entry(name)
    return f"[{name}](regimes.md#{name})"


def _lever(name: str) -> str:
    """``family.lever``, or ``family.lever@regime`` with the value it has there."""
    lever, _, regime = name.partition("@")
    family = _setting(lever, FAMILIES)
    link = f"[{lever}](levers.md#{family})"
    if not regime:
        return link
    values = [
        shown(programme.levers[family].as_mapping()[lever.partition(".")[2]])
        for programme in _entry(regime).regime.programmes
    ]
    return f"{link} = {' / '.join(dict.fromkeys(values))} in {_regime(regime)}"


def _parameter(name: str) -> str:
    section = _setting(name, SECTIONS)
    value = _world()[section][name.partition(".")[2]]
    return f"[{name}](parameters.md#{section}) = {shown(value)}"


def _preset(name: str) -> str:
    family, _, preset = name.partition("/")
    _known(family, FAMILIES)
    _known(preset, Library.open().names(family))
    return f"[{name}](../../configs/{name}.yaml)"


def _population(name: str) -> str:
    _known(name, Library.open().names("population"))
    return f"[{name}](../../configs/population/{name}.yaml)"


def _outcome(name: str) -> str:
    _known(name, [outcome.name for outcome in OUTCOMES])
    return f"[{name}](../how-to/read-the-results.md#runsparquet)"


def _stage(name: str) -> str:
    """A count of what passes a stage of a programme."""
    try:
        stages = importlib.import_module("simulation.stages").STAGES
    except ModuleNotFoundError:
        raise ConfigError("Stages are not counted.") from None
    _known(name, [stage.name for stage in stages])
    return f"[{name}](../../simulation/stages.py)"


def _code(name: str) -> str:
    """``package.module``, ``package.module.function`` or ``package.module.Class``."""
    path = ROOT / name.replace(".", "/")
    if not path.with_suffix(".py").is_file():
        if not path.parent.with_suffix(".py").is_file():
            raise ConfigError(f"'{name}' is no module, and in no module.")
        _known(path.name, _defined(path.parent.with_suffix(".py")))
        path = path.parent
    return f"[{name}](../../{path.with_suffix('.py').relative_to(ROOT).as_posix()})"


def _experiment(name: str) -> str:
    _known(name, Library.open().names("experiment"))
    return f"[{name}](../../configs/experiment/{name}.yaml)"


LINKS: dict[str, Callable[[str], str]] = {
    "regime": _regime,
    "lever": _lever,
    "parameter": _parameter,
    "preset": _preset,
    "population": _population,
    "outcome": _outcome,
    "stage": _stage,
    "code": _code,
    "experiment": _experiment,
}


def link(kind: str, name: str) -> str:
    """Markdown that leads to something in the model.

    Raises
    ------
    ConfigError: there is nothing of this kind or name.
    """
    _known(kind, LINKS)
    return LINKS[kind](name)


def proof_link(name: str) -> str:
    """Markdown that leads to a test: a row of the table of lever tests, or ``path::name``.

    Raises
    ------
    ConfigError: there is no such test.
    """
    path, separator, test = name.partition("::")
    if separator:
        _known(test, _defined(ROOT / path))
        return f"[{test}](../../{path})"
    signs = {row["lever"]: row["sign"] for row in read_yaml(TABLE)}
    _known(name, signs)
    inert = "" if signs[name] else " (inert where tried)"
    return f"[{name}](levers.md#which-levers-bite){inert}"


def _known(name: str, names: Iterable[str]) -> None:
    names = list(names)
    if name not in names:
        raise ConfigError(f"'{name}' is not there. {nearest(name, names)}")


def _setting(name: str, declared: Mapping[str, Any]) -> str:
    section, _, own = name.partition(".")
    _known(section, declared)
    _known(own, declared[section].parameters())
    return section


def _defined(path: Path) -> set[str]:
    """Functions and classes of a file."""
    if not path.is_file():
        raise ConfigError(f"{path.relative_to(ROOT).as_posix()} is not there.")
    kinds = (ast.FunctionDef, ast.ClassDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def _entry(name: str) -> RegimeEntry:
    _known(name, _entries())
    return _entries()[name]


@cache
def _entries() -> dict[str, RegimeEntry]:
    return {entry.name: entry for entry in list_regimes()}


@cache
def _world() -> dict[str, Any]:
    return Library.open().read("world", DEFAULT)


# ---------------------------------------------------------------- checks


def faults(paragraphs: Iterable[Paragraph]) -> Iterator[str]:
    """What is wrong with the rows, one sentence each."""
    for paragraph in paragraphs:
        counts = Counter(row.phrase for row in paragraph.rows)
        for row in paragraph.rows:
            own = list(_faults(row))
            own += ["stands twice in its paragraph"] if counts[row.phrase] > 1 else []
            yield from (f"{paragraph.title}, '{row.phrase}': {fault}" for fault in own)


def _faults(row: Row) -> Iterator[str]:
    if not CHINESE.search(row.phrase):
        yield "is no Chinese"
    if not row.english.strip():
        yield "has no translation"
    if row.kind not in KINDS:
        yield f"'{row.kind}' is no kind. {nearest(row.kind, KINDS)}"
    if row.where:
        if row.absent or row.reason:
            yield "has both a place in the model and a reason why not"
        if bool(row.tests) == bool(row.untested.strip()):
            yield "names neither a test nor why there is none, or both"
    elif row.absent not in (MISSING, BACKGROUND) or not row.reason.strip():
        yield f"has neither a place in the model nor a reason ('{MISSING}' or '{BACKGROUND}')"
    yield from _missing(row)


def _missing(row: Row) -> Iterator[str]:
    """Names that lead nowhere."""
    for name in re.findall("`([^`]+)`", row.note + row.reason):
        if not _is_named(name):
            yield f"'{name}' in its words is nothing in the model"
    for kind, names in row.where.items():
        for name in names:
            try:
                link(kind, name)
            except ConfigError as error:
                yield f"{kind} {name}: {error}"
    for name in row.tests:
        try:
            proof_link(name)
        except ConfigError as error:
            yield f"test {name}: {error}"


def _is_named(words: str) -> bool:
    """Whether words in backquotes are a name of any kind, or a setting ``family=preset``."""
    setting, equals, preset = words.partition("=")
    name = f"{setting.rpartition('.')[2]}/{preset}" if equals else words
    for kind in LINKS:
        with contextlib.suppress(ConfigError):
            return bool(link(kind, name))
    return False


# ---------------------------------------------------------------- page


def seed_document() -> str:
    """The phrases of the seed document, by paragraph, and how many have which standing."""
    return page(read_seed())


def page(paragraphs: list[Paragraph]) -> str:
    """The generated part of the page.

    Raises
    ------
    ConfigError: a name that leads nowhere, in a row that waits for nothing.
    """
    parts = [_counts(row for paragraph in paragraphs for row in paragraph.rows)]
    head = ("phrase", "in English", "kind", "where in the model", "test that it bites")
    for paragraph in paragraphs:
        rows = (
            (_phrase(row), row.english, row.kind, _place(row), _tests(row))
            for row in paragraph.rows
        )
        parts.append(f"## {paragraph.title}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _counts(rows: Iterable[Row]) -> str:
    counts = Counter((row.kind, row.standing) for row in rows)

    def line(name: str, kinds: Iterable[str]) -> tuple[object, ...]:
        numbers = [sum(counts[kind, standing] for kind in kinds) for standing in STANDINGS]
        return (name, *numbers, sum(numbers))

    rows_of_kinds = [line(kind, [kind]) for kind in KINDS]
    return table(("kind", *STANDINGS, "all"), [*rows_of_kinds, line("all", KINDS)])


def _phrase(row: Row) -> str:
    return f"{row.phrase} (repaired)" if row.repaired else row.phrase


def _place(row: Row) -> str:
    if row.absent:
        return f"**{row.absent}**: {row.reason}"
    parts = [
        f"{kind} {', '.join(_checked(link, row, kind, name) for name in names)}"
        for kind, names in row.where.items()
    ]
    return ". ".join(["; ".join(parts), row.note] if row.note else ["; ".join(parts)])


def _tests(row: Row) -> str:
    if row.untested:
        return f"**none**: {row.untested}"
    return ", ".join(_checked(proof_link, row, name) for name in row.tests)


def _checked(linked: Callable[..., str], row: Row, *name: str) -> str:
    """The link; an error names the phrase."""
    try:
        return linked(*name)
    except ConfigError as error:
        raise ConfigError(f"seed.yaml, '{row.phrase}': {error}") from None
