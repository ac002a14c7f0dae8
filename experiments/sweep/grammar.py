"""What was asked for: a file of ``configs/sweep``, then the command line, in Hydra's sweep grammar.

``name=a,b,c`` and ``name=range(a,b,step)`` are levels, ``name=interval(a,b)`` is a range; a setting
with one value is fixed. The command line wins over the file, setting by setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError, nearest
from experiments.library import Library
from experiments.overrides import as_override, parse_override
from experiments.regimes import DEFAULT, check_words

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

GROUP = "sweep"
OPTIONS = ("design", "points", "design_seed", "trajectories", "confirm")
KEYS = ("title", "question", *OPTIONS, "factors", "settings")
LISTED = "regimes"  # a,b are names of one list here, not levels


@dataclass(frozen=True, slots=True)
class Request:
    """A sweep as it was asked for.

    Attributes
    ----------
    title: by language.
    options: values of :data:`OPTIONS`.
    varied: settings with several values, by name.
    fixed: the other settings, as ``name=value``.
    """

    title: dict[str, str]
    options: dict[str, Any]
    varied: dict[str, Override]
    fixed: list[str]


def read_request(library: Library, texts: Sequence[str]) -> Request:
    """Put the file and the command line together.

    Raises
    ------
    ConfigError: something cannot be read, or a setting is varied and given a second time.
    """
    typed = [(text, parse_override(text)) for text in texts]
    given = {_full_name(override): override for _, override in typed}
    _refuse_twice([override for _, override in typed])
    name = _single(given[GROUP]) if GROUP in given else DEFAULT
    document = _document(library, str(name))
    brought = [(text, parse_override(text)) for text in _brought(str(name), document)]
    _refuse_twice([override for _, override in brought])
    kept = [pair for pair in brought if _full_name(pair[1]) not in given]
    options = {key: document[key] for key in OPTIONS}
    varied: dict[str, Override] = {}
    fixed: list[str] = []
    for text, override in (*kept, *typed):
        setting = _full_name(override)
        if setting in OPTIONS:
            options[setting] = _single(override)
        elif setting == GROUP:
            continue
        elif override.is_sweep_override() and setting != LISTED:
            varied[setting] = override
        else:
            fixed.append(text)
    return Request(dict(document["title"]), options, varied, fixed)


def _document(library: Library, name: str) -> dict[str, Any]:
    """The file's content; what it leaves out comes from ``default``."""
    document = library.read(GROUP, DEFAULT)
    own = library.read(GROUP, name)
    for key in own:
        if key not in KEYS:
            raise ConfigError(f"sweep '{name}': '{key}' is not known. {nearest(str(key), KEYS)}")
    if name != DEFAULT:
        document |= {"settings": _added(document["settings"], own.get("settings", []))}
        document |= {key: value for key, value in own.items() if key != "settings"}
    for key in ("title", "question"):
        check_words(f"sweep '{name}'", key, document[key])
    return document


def _added(settings: Any, own: Any) -> Any:
    """The default's settings but for those that the file gives itself."""
    if not isinstance(own, list):
        return own
    names = {str(text).partition("=")[0] for text in own}
    return [text for text in settings if text.partition("=")[0] not in names] + own


def _brought(name: str, document: Mapping[str, Any]) -> list[str]:
    """Factors and settings of the file, as they would be typed."""
    settings, factors = document["settings"], document["factors"]
    if not isinstance(settings, list) or not all(
        isinstance(text, str) and "=" in text for text in settings
    ):
        raise ConfigError(
            f"sweep '{name}': settings = {settings!r} is not a list of name=value. Write them as on "
            f"the command line, such as '- population=national'."
        )
    if not isinstance(factors, Mapping):
        raise ConfigError(
            f"sweep '{name}': factors = {factors!r} are not settings by name. Write lines such as "
            f"'search.noise: interval(0, 0.1)' or 'funding.public_share: [0.2, 0.5]'."
        )
    return [_typed(str(setting), values) for setting, values in factors.items()] + settings


def _typed(setting: str, values: Any) -> str:
    """A factor of a file as it would be typed; a list of YAML is a list of levels."""
    if isinstance(values, str):
        return f"{setting}={values}"
    if not isinstance(values, list):
        values = [values]
    levels = [as_override("", value)[0].removeprefix("=") for value in values]
    return f"{setting}=choice({','.join(levels)})"


def _full_name(override: Override) -> str:
    return str(override.key_or_group).removeprefix("world.")


def _single(override: Override) -> Any:
    if override.is_sweep_override():
        raise ConfigError(
            f"{override.key_or_group} takes one value. Write one, such as design=lhs or points=100."
        )
    return override.value()


def _refuse_twice(overrides: Sequence[Override]) -> None:
    """A factor that is given twice is a mistake, whichever was meant."""
    names = [_full_name(override) for override in overrides]
    for name, override in zip(names, overrides, strict=True):
        if names.count(name) > 1 and override.is_sweep_override() and name != LISTED:
            raise ConfigError(
                f"'{name}' is varied and given {names.count(name)} times. Name each factor once, "
                f"with all its levels or its range."
            )
