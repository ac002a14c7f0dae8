"""The published decompositions: ``docs/model/why.md`` from the tables kept beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyarrow import csv

from experiments.figures.why import levers_in_words
from experiments.markdown import table
from experiments.report import file_name, interval, number
from experiments.statistics import paired
from experiments.words import Words

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "model" / "why"


def why_pairs() -> str:
    """Every published pair, in English."""
    return "\n\n".join(_pair(folder, Words("en")) for folder in _folders())


def why_pairs_zh() -> str:
    """Every published pair, in Chinese."""
    return "\n\n".join(_pair(folder, Words("zh")) for folder in _folders())


def _folders() -> Iterator[Path]:
    return (path.parent for path in sorted(FOLDER.glob("*/contributions.csv")))


def _pair(folder: Path, words: Words) -> str:
    """One difference: the answer, the figure, every contribution, and the command."""
    origin = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    answer = (folder / f"{file_name('answer', words.lang)}.txt").read_text(encoding="utf-8")
    first, second = folder.name.split("-")
    rows = csv.read_csv(folder / "contributions.csv").to_pylist()
    facts = words(
        "rankings.page.facts", seed=origin["seed"], hash=origin["source_hash"],
        date=origin["date_utc"][:10],
    )  # fmt: skip
    command = f"consortia why {first} {second} seed={origin['seed']} replicates={rows[0]['n']}"
    picture = f"![{words('why.alt')}](why/{folder.name}/{file_name('why', words.lang)}.svg)"
    return "\n\n".join([
        f"## `{first}` → `{second}`",
        "\n".join(f"- {line}" for line in answer.splitlines()),
        picture,
        _contributions(rows, words),
        f"```sh\n{command}\n```",
        facts,
    ])  # fmt: skip


def _contributions(rows: list[dict[str, Any]], words: Words) -> str:
    heads = ("why.group", "why.contribution", "head.interval", "head.verdict")
    lines = (
        (
            words("why.whole") if row["group"] is None else levers_in_words(str(row["levers"]), words),
            number(row["contribution"], signed=True),
            interval(row["sim_low"], row["sim_high"], signed=True),
            words(f"verdict.{row['verdict'] or paired.CANNOT_TELL}"),
        )
        for row in rows
    )  # fmt: skip
    return table([words(head) for head in heads], lines)
