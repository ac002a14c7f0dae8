"""The published facts: parts of ``docs/model/stylised-facts.md`` from the table kept beside it."""

from __future__ import annotations

import json
from pathlib import Path

from pyarrow import csv

from experiments.markdown import table
from experiments.report import file_name, interval, number
from experiments.stylised import measures
from experiments.stylised.results import HUB_FACT, NAMES, UNKNOWN
from experiments.words import Words

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "model" / "stylised-facts"


def page_part(lang: str) -> str:
    """The generated part of the page in this language."""
    words = Words(lang)
    answer = (FOLDER / f"{file_name('answer', lang)}.txt").read_text(encoding="utf-8")
    origin = json.loads((FOLDER / "provenance.json").read_text(encoding="utf-8"))
    picture = f"![{words('facts.page.figure')}](stylised-facts/{file_name('facts', lang)}.svg)"
    facts = words(
        "rankings.page.facts", seed=origin["seed"], hash=origin["source_hash"],
        date=origin["date_utc"][:10],
    )  # fmt: skip
    command = (
        f"consortia facts seed={origin['seed']} replicates={origin['replicates']['every regime']}"
    )
    parts = {
        "summary": "\n".join(f"- {line}" for line in answer.splitlines()),
        "figure": picture,
        "table": _table(words),
        "how": f"```sh\n{command}\n```\n\n{facts}",
    }
    return "\n\n".join(
        f"## {words(f'facts.page.{name}')}\n\n{text}" for name, text in parts.items()
    )


def _table(words: Words) -> str:
    rows = [
        row for row in csv.read_csv(FOLDER / "facts.csv").to_pylist() if row["verdict"] != UNKNOWN
    ]
    names = ("fact", "regime", "value", "reference", "difference", "n", "verdict", "source")
    lines = [
        (
            words(f"facts.title.{row['fact']}") + (words("facts.page.given") if row["given"] else ""),
            row["regime"], number(row["value"]), number(row["reference"]),
            f"{number(row['difference'], signed=True)} "
            f"{interval(row['sim_low'], row['sim_high'], signed=True)}",
            row["n"], words(f"facts.verdict.{row['verdict']}"), row["source"],
        )
        for row in rows
    ]  # fmt: skip
    return table([words(f"facts.page.{name}") for name in names], lines)


def fact_definitions() -> str:
    """What each fact is measured by, from the code."""
    lines = []
    for name in NAMES:
        measure = getattr(measures, "median_own_research" if name == HUB_FACT else name)
        lines.append((f"`{name}`", Words("en")(f"facts.title.{name}"), measure.__doc__))
    return table(("fact", "in words", "measure and reference"), lines)


def stylised_facts() -> str:
    """The facts, in English."""
    return page_part("en")


def stylised_facts_zh() -> str:
    """The facts, in Chinese."""
    return page_part("zh")
