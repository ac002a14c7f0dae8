"""The published census: parts of ``docs/model/levers-bite.md`` from the tables kept beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyarrow import csv

from experiments.levers.results import SHOWN
from experiments.markdown import table
from experiments.report import file_name, interval, number
from experiments.statistics import paired
from experiments.words import Words

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "model" / "levers-bite"
CellRow = Mapping[str, Any]


def page_part(lang: str, folder: Path = FOLDER) -> str:
    """The generated part of the page in this language."""
    words = Words(lang)
    cells = csv.read_csv(folder / "census.csv").to_pylist()
    levers = csv.read_csv(folder / "levers.csv").to_pylist()
    origin = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    answer = (folder / f"{file_name('answer', lang)}.txt").read_text(encoding="utf-8")
    picture = f"![{words('levers.page.figure')}](levers-bite/{file_name('levers', lang)}.svg)"
    parts = [
        (words("levers.page.summary"), "\n".join(f"- {line}" for line in answer.splitlines())),
        (words("levers.page.figure"), picture),
        (
            words("levers.page.effects"),
            f"{words('levers.page.effects_note')}\n\n{_effects(cells, levers, words)}",
        ),
        (
            words("levers.page.tests"),
            f"{words('levers.page.tests_note')}\n\n{_tests(levers, words)}",
        ),
        (words("levers.page.how"), _how(origin, cells, words)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)


def _effects(cells: Sequence[CellRow], levers: Sequence[CellRow], words: Words) -> str:
    verdicts = {row["lever"]: words(f"levers.verdict.{row['verdict']}") for row in levers}
    head = [words(f"levers.page.{name}") for name in ("lever", "regime", "level")]
    head += [words(f"outcome.{name}") for name in SHOWN] + [words("levers.page.verdict")]
    lines = []
    for start in range(0, len(cells), len(SHOWN)):
        level = cells[start : start + len(SHOWN)]
        first = level[0]
        lines.append(
            (
                f"`{first['lever']}`", first["regime"], f"{first['first']} → {first['level']}",
                *map(_effect, level), verdicts[first["lever"]],
            )
        )  # fmt: skip
    return table(head, lines)


def _effect(cell: CellRow) -> str:
    if cell["same"]:
        return "="
    bounds = interval(cell["sim_low"], cell["sim_high"], signed=True)
    text = f"{number(cell['difference'], signed=True)} {bounds}"
    return text if cell["verdict"] == paired.CANNOT_TELL else f"**{text}**"


def _tests(levers: Sequence[CellRow], words: Words) -> str:
    names = ("lever", "regime", "level", "world", "outcome", "at_first", "difference", "verdict")
    return table([words(f"levers.page.{name}") for name in names], _test_lines(levers, words))


def _test_lines(levers: Sequence[CellRow], words: Words) -> Iterator[tuple[str, ...]]:
    for row in levers:
        bounds = interval(row["test_sim_low"], row["test_sim_high"], signed=True)
        yield (
            f"`{row['lever']}`", row["regime"], f"{row['test_from']} → {row['test_to']}",
            row["test_world"] or words("levers.page.default"), f"`{row['test_outcome']}`",
            number(row["test_at_first"]),
            f"{number(row['test_difference'], signed=True)} {bounds}",
            words("levers.page.shown" if row["test_told"] else "levers.page.not_shown"),
        )  # fmt: skip


def _how(origin: Mapping[str, Any], cells: Sequence[CellRow], words: Words) -> str:
    facts = words(
        "levers.page.facts", seed=origin["seed"], n=max(cell["n"] for cell in cells),
        done=f"{origin['runs']['done'] + origin['runs']['cached']:,}",
        hash=origin["source_hash"][:12], date=origin["date_utc"][:10],
    )  # fmt: skip
    command = (
        f"consortia levers seed={origin['seed']} replicates={origin['replicates']['every arm']}"
    )
    return f"{words('levers.page.command')}\n\n```sh\n{command}\n```\n\n{facts}"


def lever_census() -> str:
    """The census of levers, in English."""
    return page_part("en")


def lever_census_zh() -> str:
    """The census of levers, in Chinese."""
    return page_part("zh")
