"""What is uncertain: ranges of the world's parameters, and other structures.

``configs/uncertainty/default.yaml`` names them; a user's folder may shadow it.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError, nearest
from experiments.library import Library
from experiments.question_map import Words, check_keys
from experiments.regimes import check_words
from experiments.robustness import MOST_REPLICATES, whole_number
from experiments.sweep.space import Factor
from simulation.policies.registry import FAMILIES
from simulation.world import SECTIONS

if TYPE_CHECKING:
    from experiments.configuration import Setup

GROUP, FILE = "uncertainty", "default"
KEYS = ("factor", "ranges", "held", "replicates", "structures")
STRUCTURE_KEYS, STRUCTURE_OPTIONAL = ("name", "kind", "title"), ("world", "levers")
STRUCTURE_KINDS = ("definition", "size", "money", "equal", "mechanism")
FEWEST_DRAWS, MOST_DRAWS = 10, 100_000
FEWEST_PER_DRAW = 3  # from which a spread can be estimated


@dataclass(frozen=True, slots=True)
class Structure:
    """Another structure of the model, given by parameters and by levers of all programmes.

    Attributes
    ----------
    kind: one of :data:`STRUCTURE_KINDS`.
    world, levers: ``section.parameter`` and ``family.lever`` to value.
    """

    name: str
    kind: str
    title: Words
    world: Mapping[str, Any]
    levers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What is drawn and what is switched.

    Attributes
    ----------
    factors: ranges of parameters, by their names.
    structures: other structures, each run with ``replicates``.
    """

    factors: tuple[Factor, ...]
    structures: tuple[Structure, ...]
    replicates: int


@dataclass(frozen=True, slots=True)
class Rankings:
    """Setup of the command.

    Attributes
    ----------
    draws: number of worlds that are drawn.
    per_draw: replicates in each of them.
    """

    setup: Setup
    uncertainty: Uncertainty
    draws: int
    per_draw: int


def load_rankings(texts: Sequence[str], config_dirs: Sequence[Path] = ()) -> Rankings:
    """Compose and check everything for ``rankings``.

    Raises
    ------
    ConfigError: any setting that cannot be used, or an entry of the file of uncertainty.
    """
    from experiments.configuration import load_setup

    own: dict[str, str] = {}
    others = []
    for text in texts:
        name, _, value = text.partition("=")
        if name in ("draws", "per_draw"):
            own[name] = value
        else:
            others.append(text)
    setup = load_setup("rankings", others, config_dirs)
    if len(setup.regimes) < 2:
        raise ConfigError(
            "rankings are between regimes, and only one is there. Write regimes=all, or two names."
        )
    draws = whole_number("draws", _number(own.get("draws", "200")), FEWEST_DRAWS, MOST_DRAWS)
    per_draw = whole_number(
        "per_draw", _number(own.get("per_draw", "10")), FEWEST_PER_DRAW, MOST_REPLICATES
    )
    uncertainty = read_uncertainty(Library.open(config_dirs), setup.world.as_mapping())
    setup.config.update({"draws": draws, "per_draw": per_draw})
    return Rankings(setup, uncertainty, draws, per_draw)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def read_uncertainty(library: Library, world: Mapping[str, Mapping[str, Any]]) -> Uncertainty:
    """The file of uncertainty, around the values of a world.

    Raises
    ------
    ConfigError: a key, parameter, lever or range is unknown or not allowed.
    """
    document, where = library.read(GROUP, FILE), f"{GROUP} '{FILE}'"
    check_keys(where, document, KEYS)
    factor = document["factor"]
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not factor > 1:
        raise ConfigError(f"{where}: factor = {factor!r} is not a number above 1. Write 2.")
    for name in (*document["ranges"], *document["held"]):
        _refuse_unknown(where, str(name), world)
    structures = tuple(_structure(where, line, world) for line in document["structures"])
    replicates = whole_number(
        f"{where}: replicates", document["replicates"], FEWEST_PER_DRAW, MOST_REPLICATES
    )
    return Uncertainty(tuple(_factors(document, world)), structures, replicates)


def _refuse_unknown(where: str, name: str, world: Mapping[str, Mapping[str, Any]]) -> None:
    known = [f"{section}.{one}" for section, values in world.items() for one in values]
    if name not in (*known, *world):
        raise ConfigError(f"{where}: '{name}' is not a parameter. {nearest(name, known)}")


def _factors(
    document: Mapping[str, Any], world: Mapping[str, Mapping[str, Any]]
) -> Iterator[Factor]:
    """A range for every number of the world that is not held and does not stand at 0."""
    held = set(document["held"])
    for section, kind in SECTIONS.items():
        types = typing.get_type_hints(kind)
        for name, spec in kind.parameters().items():
            full, value = f"{section}.{name}", world[section][name]
            if section in held or full in held or types[name] not in (int, float):
                continue
            assert spec.low is not None and spec.high is not None
            low, high = document["ranges"].get(full) or (
                max(spec.low, value / document["factor"]),
                min(spec.high, value * document["factor"]),
            )
            if not spec.low <= low <= high <= spec.high:
                raise ConfigError(
                    f"{GROUP} '{FILE}': {full} = [{low:g}, {high:g}] is no range {spec.allowed()}. "
                    f"Write it as [low, high]."
                )
            if types[name] is int:
                low, high = round(low), round(high)
            if low < high:
                yield Factor(full, (), float(low), float(high), types[name] is int)


def _structure(where: str, line: Any, world: Mapping[str, Mapping[str, Any]]) -> Structure:
    check_keys(f"{where}, structure", line, STRUCTURE_KEYS, STRUCTURE_OPTIONAL)
    name = str(line["name"])
    check_words(f"{where}, structure '{name}'", "title", line["title"])
    if line["kind"] not in STRUCTURE_KINDS:
        raise ConfigError(
            f"{where}, structure '{name}': kind '{line['kind']}' is not known. "
            f"{nearest(str(line['kind']), STRUCTURE_KINDS)}"
        )
    for parameter in line.get("world", {}):
        _refuse_unknown(f"{where}, structure '{name}'", parameter, world)
    levers = [f"{family}.{one}" for family, kind in FAMILIES.items() for one in kind.parameters()]
    for lever in line.get("levers", {}):
        if lever not in levers:
            raise ConfigError(
                f"{where}, structure '{name}': '{lever}' is not a lever. {nearest(lever, levers)}"
            )
    return Structure(
        name, line["kind"], dict(line["title"]), dict(line.get("world", {})),
        dict(line.get("levers", {})),
    )  # fmt: skip
