"""Settings given on the command line, sorted into those Hydra composes and those of regimes.

The grammar is Hydra's (``name=value``, lists, quotes). Shortcuts: a world parameter needs no
``world.`` in front of it, a lever stands for all programmes (``funding.public_share=0.5``), a
family for a preset (``funding=prize``), ``regime.NAME.`` for one regime, and
``regime.NAME.PROGRAMME.`` for one of its programmes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError, nearest
from experiments.regimes import Change
from simulation.policies.registry import FAMILIES
from simulation.world import SECTIONS

if TYPE_CHECKING:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Override

GROUPS = ("population", "world", "robustness")
TYPED = ("out", "population.file", "scheduler")  # paths and addresses, taken as they are typed


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line asks for.

    Attributes
    ----------
    options: single settings of the primary configuration, such as ``replicates``.
    composed: overrides in Hydra's grammar, for the groups of the primary configuration.
    changes: changes of levers.
    groups: chosen files by group of the primary configuration.
    keys: full names of the settings in ``composed``.
    """

    options: dict[str, Any]
    composed: list[str]
    changes: list[Change]
    groups: dict[str, str]
    keys: set[str]


def sort_overrides(texts: Sequence[str], options: Sequence[str]) -> Overrides:
    """Read the command line's settings.

    Parameters
    ----------
    options: names of the single settings of the primary configuration, such as ``replicates``.

    Raises
    ------
    ConfigError: a setting that cannot be read, or whose first name is unknown.
    """
    given = Overrides({}, [], [], {}, set())
    for text in map(_quoted, texts):
        override = parse_override(text)
        first, *rest = override.key_or_group.split(".")
        if first in SECTIONS:
            text, first, rest = f"world.{text}", "world", [first, *rest]
        if first in FAMILIES or (first == "regime" and rest):
            given.changes.append(change_of(text, override.key_or_group, _value(text, override)))
        elif first in options and not rest:
            listed = first == "regimes" and override.is_sweep_override()
            given.options[first] = (
                list(override.sweep_string_iterator()) if listed else _value(text, override)
            )
        else:
            if first not in GROUPS:
                known = (*options, *GROUPS, *SECTIONS, *FAMILIES)
                raise _unknown(override.key_or_group, known)
            value = _value(text, override)
            if not rest:
                given.groups[first] = str(value)
            given.composed.append(text)
            given.keys.add(".".join([first, *rest]))
    return given


def as_override(name: str, value: Any) -> list[str]:
    """A Python value as overrides; mappings become one override for each of their entries."""
    if isinstance(value, Mapping):
        return [text for key, one in value.items() for text in as_override(f"{name}.{key}", one)]
    return [f"{name}={_literal(value)}"]


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(_literal(one) for one in value)}]"
    return repr(value) if isinstance(value, (int, float)) else _quote(str(value))


def _quoted(text: str) -> str:
    """Put quotes around what Hydra's grammar takes only in quotes: paths and Chinese words."""
    name, equals, value = text.partition("=")
    bare = value[:1] not in ("'", '"', "[", "{")
    if equals and value and bare and (name in TYPED or not value.isascii()):
        return f"{name}={_quote(value)}"
    return text


def _quote(value: str) -> str:
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(value, Quote.single).with_quotes()


def parse_override(text: str) -> Override:
    """One setting, read by Hydra's grammar; ``+``, ``~`` and packages have no use here.

    Raises
    ------
    ConfigError: it cannot be read, or adds or removes a setting.
    """
    from hydra.core.override_parser.types import OverrideType
    from hydra.errors import HydraException

    text = _quoted(text)
    try:
        override = _parser().parse_override(text)
    except HydraException as error:
        raise ConfigError(
            f"'{text}' cannot be read as a setting. Write name=value, lists as name=[a,b], and "
            f"quotes around values with special characters: name='value'."
        ) from error
    if override.type is not OverrideType.CHANGE or override.package is not None:
        raise ConfigError(
            f"'{text}': settings are neither added nor removed. Write name=value with the name of "
            f"a setting that is there."
        )
    return override


@functools.cache
def _parser() -> OverridesParser:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create()


def _value(text: str, override: Override) -> Any:
    """The plain value of a setting that takes one value."""
    if override.is_sweep_override():
        raise ConfigError(
            f"'{text}' gives several values where one is needed. Write one value, or a list as "
            f"name=[a,b]."
        )
    return override.value()


def change_of(text: str, name: str, value: Any) -> Change:
    """A change of levers by its name: family, regime.NAME.family or regime.NAME.PROGRAMME.family.

    Parameters
    ----------
    text: what was written, for messages.

    Raises
    ------
    ConfigError: the name leads to no lever.
    """
    first, *rest = name.split(".")
    if first in FAMILIES:
        return _lever_change(text, None, None, [first, *rest], value)
    regime, *inside = rest
    if not inside:
        raise ConfigError(
            f"'{text}' does not say what to change. Write regime.{regime}.FAMILY.LEVER=value, "
            f"such as regime.{regime}.funding.public_share=0.5."
        )
    if inside[0] in FAMILIES:
        return _lever_change(text, regime, None, inside, value)
    if len(inside) == 1:
        raise _unknown(inside[0], FAMILIES)
    if inside[1] not in FAMILIES:
        raise ConfigError(
            f"'{text}': neither '{inside[0]}' nor '{inside[1]}' is a lever family. "
            f"{nearest(inside[0] if len(inside) == 2 else inside[1], FAMILIES)}"
        )
    return _lever_change(text, regime, inside[0], inside[1:], value)


def _lever_change(
    text: str, regime: str | None, programme: str | None, path: Sequence[str], value: Any
) -> Change:
    family, *lever = path
    if len(lever) > 1:
        raise ConfigError(f"'{text}' is too deep. A lever is FAMILY.LEVER, such as agenda.mode.")
    if lever:
        levers = [f"{family}.{name}" for name in FAMILIES[family].parameters()]
        if ".".join(path) not in levers:
            raise _unknown(".".join(path), levers)
    return Change(regime, programme, family, lever[0] if lever else None, value)


def _unknown(name: str, known: Iterable[str]) -> ConfigError:
    return ConfigError(f"'{name}' is not a setting. {nearest(name, known)}")
