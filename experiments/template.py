"""``consortia regimes new``: a commented regime file to start from, with every lever of every family.

The comments are generated from the levers' own declarations, so they cannot go stale.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.settings import ConfigError, Parameter
from experiments.library import Library
from experiments.regimes import RegimeEntry, load_regime, preset
from simulation.policies.registry import FAMILIES, Programme

WIDTH = 99
EXAMPLE = "programme"


def new_regime(library: Library, name: str, origin: str, out: Path) -> Path:
    """Write ``out/regime/NAME.yaml`` with the levers of another regime.

    Returns
    -------
    The file, in a folder that ``--config-dir`` takes.

    Raises
    ------
    ConfigError: the name cannot be used, the origin is unknown, or the file is there already.
    """
    if not name.isidentifier():
        raise ConfigError(
            f"'{name}' cannot name a regime. Write letters, digits and underscores, such as "
            f"my_regime."
        )
    text = regime_text(name, load_regime(library, origin))
    path = out / "regime" / f"{name}.yaml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigError(
            f"{path} is there already and is not overwritten. Write another name or another out=."
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}. Write out= a folder that you may write to."
        ) from error
    return path


def regime_text(name: str, origin: RegimeEntry) -> str:
    """The YAML text of a regime with the levers of ``origin``, every line explained."""
    lines = [
        f"# Regime {name}, with the levers of {origin.name}. A lever that is left out, or a family,",
        "# takes its default. Put this file into regime/ of a folder of your own and write",
        "# consortia compare --config-dir FOLDER",
        *_words("title", {lang: f"{name} ({words})" for lang, words in origin.title.items()}),
        *_words("question", origin.question),
        f"source: {_scalar(f'from {origin.name}: {origin.source}')}",
        f"systems: {list(origin.systems)}",
        "",
    ]
    programmes = zip(origin.programmes, origin.regime.programmes, strict=True)
    if origin.programmes:
        lines.append("programmes:")
        for programme, levers in programmes:
            lines += _programme_lines(programme, levers)
    else:
        lines += ["programmes: {}", "", "# With a programme, in place of the line above:"]
        lines += [f"# {line}".rstrip() for line in _example()]
    return "\n".join(lines) + "\n"


def _example() -> list[str]:
    library = Library.open()
    levers = {family: preset(library, family, "default") for family in FAMILIES}
    return ["programmes:", *_programme_lines(EXAMPLE, Programme.from_mapping(levers))]


def _words(key: str, words: dict[str, str]) -> list[str]:
    return [f"{key}:", *(f"  {lang}: {_scalar(text)}" for lang, text in words.items())]


def _programme_lines(name: str, programme: Programme) -> Iterator[str]:
    yield f"  {_scalar(name)}:"
    for family, setting in programme.levers.items():
        yield ""
        yield from _comment((type(setting).__doc__ or "").strip().splitlines()[0], 4)
        yield f"    {family}:"
        values = setting.as_mapping()
        for lever, declared in setting.parameters().items():
            yield from _comment(_explanation(declared), 6)
            yield f"      {lever}: {_scalar(values[lever])}"


def _explanation(declared: Parameter) -> str:
    allowed = "" if declared.unit == "yes or no" else f", {declared.allowed()}"
    return f"{declared.meaning} [{declared.unit}{allowed}]. Source: {declared.source}"


def _comment(text: str, indent: int) -> list[str]:
    prefix = " " * indent + "# "
    return textwrap.wrap(text, WIDTH, initial_indent=prefix, subsequent_indent=prefix)


def _scalar(value: Any) -> str:
    """A value on one line of YAML."""
    import yaml

    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("\n...\n").strip()
