"""What each column of a table of results is: unit and meaning, in English and Chinese."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import yaml

from agents.kinds import KINDS
from agents.settings import Parameter, Settings
from experiments.stages import TASKS_IN
from experiments.words import FOLDER, LOADER, Words
from simulation.outcomes import BINDING_RULES, COUNTS, HORIZONS, OUTCOMES, TRAJECTORIES
from simulation.policies.registry import FAMILIES
from simulation.stages import STAGES
from simulation.world import SECTIONS

KEYS = {
    "variant": ("text", "variant of the world: main, else a robustness check or a cell of a map"),
    "regime": ("text", "policy regime"),
    "replicate": ("number", "replicate; all regimes of one face the same luck"),
    "seed": ("number", "random seed"),
    "run_id": ("text", "name of the run in the store"),
    "quarter": ("number", "quarter since the start of policy, from 0"),
    "programme": ("number", "number of the programme within the regime, from 1"),
    "error": ("text", "why the run failed"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; unit and meaning are empty where nothing is known about it."""

    name: str
    unit_en: str = ""
    unit_zh: str = ""
    meaning_en: str = ""
    meaning_zh: str = ""

    def unit(self, lang: str) -> str:
        """Its unit in one language."""
        return self.unit_zh if lang == "zh" else self.unit_en

    def meaning(self, lang: str) -> str:
        """Its meaning in one language."""
        return self.meaning_zh if lang == "zh" else self.meaning_en


def codebook(table: str, names: Sequence[str]) -> list[Column]:
    """The columns of a table, in their order.

    Parameters
    ----------
    table: its name; the same name means another thing in ``runs`` than in ``trajectories``.
    """
    known = _columns("outcome" if table not in ("trajectories", "programmes") else table)
    return [known.get(name) or _setting(name) or _tasks(name) or Column(name) for name in names]


def codebook_table(columns: Sequence[Column], aliases: Mapping[str, str]) -> pa.Table:
    """The codebook as a table; ``aliases``: names in the file where they are others."""
    rows = [
        {
            "name": aliases.get(column.name, column.name), "column": column.name,
            "unit_en": column.unit_en, "meaning_en": column.meaning_en,
            "unit_zh": column.unit_zh, "meaning_zh": column.meaning_zh,
        }
        for column in columns
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


@functools.cache
def _columns(kind: str) -> dict[str, Column]:
    """The keys, and what the tables of one kind hold, by name."""
    chinese = _chinese()
    units = chinese["unit"]
    found = {
        name: Column(name, unit, units[unit], meaning, chinese["key"][name])
        for name, (unit, meaning) in KEYS.items()
    }
    tables: dict[str, tuple[Sequence[Any], Mapping[str, str]]] = {
        "outcome": (OUTCOMES, _outcome_meanings()),
        "trajectories": (TRAJECTORIES, chinese["trajectory"]),
        "programmes": (STAGES, chinese["stage"]),
    }
    declared, meanings = tables[kind]
    for one in declared:
        found[one.name] = Column(
            one.name, one.unit, units[one.unit], one.meaning, meanings[one.name]
        )
    return found


def _outcome_meanings() -> dict[str, str]:
    """Chinese meanings of the outcomes; those that come in families are put together."""
    words, chinese = Words("zh"), _chinese()
    pattern, meanings = chinese["pattern"], dict(chinese["outcome"])
    for quarters in HORIZONS[:-1]:
        for name in COUNTS:
            count = words(f"outcome.{name}")
            meanings[f"{name}_{quarters}q"] = pattern["horizon"].format(
                count=count, quarters=quarters
            )
    for family in ("solved_led_by", "grants_to", "value_to"):
        for kind in KINDS:
            meanings[f"{family}_{kind}"] = pattern[family].format(kind=words(f"kind.{kind}"))
    for rule in BINDING_RULES:
        meanings[f"bound_{rule}"] = pattern["bound"].format(rule=words(f"rule.{rule}"))
    return meanings


def _setting(name: str) -> Column | None:
    """A setting that varies between runs, such as ``search.noise``."""
    kinds: dict[str, type[Settings]] = {**SECTIONS, **FAMILIES}
    *_, section, field = ["", *name.split(".")][-2:] if "." in name else ["", "", ""]
    kind = kinds.get(section)
    declared: Parameter | None = kind.parameters().get(field) if kind else None
    if declared is None:
        return None
    words = Words("zh")
    key = f"parameter.{section}.{field}"
    return Column(
        name, declared.unit, words.get(f"{key}.unit", declared.unit),
        declared.meaning, words.get(f"{key}.meaning", declared.meaning),
    )  # fmt: skip


def _tasks(name: str) -> Column | None:
    """Tasks in one region, in the table of programmes."""
    if not name.startswith(TASKS_IN):
        return None
    region, chinese = name.removeprefix(TASKS_IN), _chinese()
    return Column(
        name, "tasks", chinese["unit"]["tasks"], f"tasks in {region}",
        chinese["pattern"]["tasks_in"].format(region=region),
    )  # fmt: skip


@functools.cache
def _chinese() -> dict[str, Any]:
    with (FOLDER / "columns.zh.yaml").open(encoding="utf-8") as file:
        return dict(yaml.load(file, LOADER))


def labels(columns: Sequence[Column], lang: str) -> Iterator[tuple[str, str]]:
    """Names with a short label: meaning and unit, in one language."""
    for column in columns:
        unit = column.unit(lang)
        plain = unit in ("", "text", "number", "文字", "编号")
        brackets = ("（", "）") if lang == "zh" else (" (", ")")
        yield column.name, column.meaning(lang) + ("" if plain else unit.join(brackets))
