"""What the command line says about regimes, populations and parameters, in both languages."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agents.settings import ConfigError, Parameter, Settings, nearest
from experiments.configuration import list_regimes
from experiments.library import Library
from experiments.populations import describe_population, list_populations, read_preset
from experiments.regimes import DEFAULT, RegimeEntry, preset
from simulation.policies.registry import FAMILIES
from simulation.world import SECTIONS

WIDTH = 99

WORDS = {
    "en": {
        "question": "Question", "source": "Source", "systems": "Systems", "programme": "Programme",
        "default": "default", "none": "No programme: no public money.", "allowed": "allowed",
        "more": "One regime: consortia regimes NAME. Your own: consortia regimes new NAME from=X.",
        "new": "{path} is there, with the levers of {origin}. Change it, then write:\n"
               "consortia compare regimes={origin},{name} --config-dir {out} out=results/{name}",
        "new_reference": "{path} is there, with the levers of {origin}. Change it, then write:\n"
               "consortia compare regimes={name} --config-dir {out} out=results/{name}",
        "one": "One population: consortia populations NAME.",
    },
    "zh": {
        "question": "问题", "source": "来源", "systems": "对应体系", "programme": "计划",
        "default": "默认", "none": "无计划：没有公共资金。", "allowed": "允许",
        "more": "查看一种制度：consortia regimes NAME；新建：consortia regimes new NAME from=X。",
        "new": "已写入 {path}，杠杆取自 {origin}。修改后运行：\n"
               "consortia compare regimes={origin},{name} --config-dir {out} out=results/{name}",
        "new_reference": "已写入 {path}，杠杆取自 {origin}。修改后运行：\n"
               "consortia compare regimes={name} --config-dir {out} out=results/{name}",
        "one": "查看一个主体群：consortia populations NAME。",
    },
}  # fmt: skip


def regime_list(config_dirs: Sequence[Path], lang: str) -> str:
    """One line for each regime: name, title, question."""
    entries = list_regimes(config_dirs)
    titles = {entry.name: entry.title[lang] for entry in entries}
    width = max(map(len, titles)) + 2
    lines = []
    for entry in entries:
        lines.append(f"{entry.name:{width}}{entry.title[lang]}")
        lines.append(f"{'':{width}}{entry.question[lang]}")
    return "\n".join([*lines, "", WORDS[lang]["more"]])


def regime(entry: RegimeEntry, library: Library, lang: str) -> str:
    """Title, question, source, and the levers that are not at their default."""
    words = WORDS[lang]
    lines = [
        f"{entry.name}: {entry.title[lang]}",
        *_wrapped(f"{words['question']}: {entry.question[lang]}"),
        *_wrapped(f"{words['source']}: {entry.source}"),
        f"{words['systems']}: {', '.join(map(str, entry.systems)) or '-'}",
    ]
    for name, programme in zip(entry.programmes, entry.regime.programmes, strict=True):
        lines += ["", f"{words['programme']} {name}"]
        for family, setting in programme.levers.items():
            neutral = FAMILIES[family].from_mapping(preset(library, family, DEFAULT))
            lines += _differences(family, setting, neutral, words["default"])
    return "\n".join(lines if entry.programmes else [*lines, "", words["none"]])


def new_regime(name: str, origin: str, path: Path, out: Path, lang: str) -> str:
    """What to do with a file just written."""
    key = "new_reference" if origin == "laissez_faire" else "new"
    return WORDS[lang][key].format(name=name, origin=origin, path=path, out=out)


def population_list(config_dirs: Sequence[Path], lang: str) -> str:
    """One line for each population."""
    entries = list_populations(config_dirs)
    width = max(len(entry.name) for entry in entries) + 2
    lines = [f"{entry.name:{width}}{entry.title[lang]}" for entry in entries]
    return "\n".join([*lines, "", WORDS[lang]["one"]])


def population(library: Library, name: str, lang: str) -> str:
    """Counts and source of a population; only the heading if it waits for a user's file."""
    path = library.path("population", name)
    values = read_preset(path)
    if values.get("file") == "":
        return f"{values['name']}: {values['title'][lang]}\n\n" + _head_comment(path)
    return describe_population(values, lang, where=path.parent)


def parameters(library: Library, names: Sequence[str], lang: str) -> str:
    """World parameters and levers with value, unit, range, meaning and source.

    Parameters
    ----------
    names: sections or families to show; all if empty.
    """
    world = library.read("world", DEFAULT)
    sections: dict[str, type[Settings]] = {**SECTIONS, **FAMILIES}
    for name in names:
        if name not in sections:
            raise ConfigError(f"'{name}' is not a section. {nearest(name, sections)}")
    lines: list[str] = []
    for name in names or sections:
        values = world[name] if name in SECTIONS else preset(library, name, DEFAULT)
        for key, declared in sections[name].parameters().items():
            lines += _parameter_lines(f"{name}.{key}", values[key], declared, WORDS[lang])
        lines.append("")
    return "\n".join(lines).rstrip()


def _parameter_lines(
    name: str, value: Any, declared: Parameter, words: dict[str, str]
) -> Iterator[str]:
    yield f"{name} = {_shown(value)}  ({declared.unit}; {words['allowed']}: {declared.allowed()})"
    yield from _wrapped(f"    {declared.meaning}", "    ")
    yield from _wrapped(f"    {words['source']}: {declared.source}", "    ")


def _differences(family: str, setting: Settings, neutral: Settings, default: str) -> Iterator[str]:
    values, usual = setting.as_mapping(), neutral.as_mapping()
    for lever, declared in setting.parameters().items():
        if values[lever] != usual[lever]:
            shown = f"{_shown(values[lever])} ({default} {_shown(usual[lever])}; {declared.unit})"
            yield f"  {family}.{lever} = {shown}"
            yield from _wrapped(f"      {declared.meaning}", "      ")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(str, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _wrapped(text: str, indent: str = "") -> list[str]:
    """Lines of at most :data:`WIDTH` columns; Chinese text is left on one line."""
    if any(unicodedata.east_asian_width(character) in "WF" for character in text):
        return [text]
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent + "  ")


def _head_comment(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line.lstrip("# ") for line in lines if line.startswith("#"))
