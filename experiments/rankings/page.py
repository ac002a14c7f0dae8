"""The published shares: parts of ``docs/model/rankings.md`` and of the page of assumptions."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyarrow import csv

from experiments.markdown import table
from experiments.rankings.results import FLIPS, NOT_TOLD, RANKED
from experiments.rankings.sentences import structure_title
from experiments.report import file_name, interval, number
from experiments.statistics import paired
from experiments.words import Words

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "model" / "rankings"
ASSUMED_BY = "solved"  # the outcome with most pairs told; the others are in the tables
Rows = Sequence[Mapping[str, Any]]


@functools.cache
def stored(name: str, folder: Path = FOLDER) -> Rows:
    """Rows of a published table."""
    rows: Rows = csv.read_csv(folder / f"{name}.csv").to_pylist()
    return rows


def page_part(lang: str) -> str:
    """The generated part of the page in this language."""
    words = Words(lang)
    answer = (FOLDER / f"{file_name('answer', lang)}.txt").read_text(encoding="utf-8")
    pictures = [
        f"![{words(f'outcome.{outcome}')}](rankings/{file_name(f'rankings_{outcome}', lang)}.svg)"
        for outcome in RANKED
    ]
    parts = {
        "summary": "\n".join(f"- {line}" for line in answer.splitlines()),
        "figures": "\n\n".join(pictures),
        "structures": f"{words('rankings.page.structures_note')}\n\n{structure_table(words)}",
        "pairs": f"{words('rankings.page.pairs_note')}\n\n{_pairs(words)}",
        "how": _how(words),
    }
    return "\n\n".join(
        f"## {words(f'rankings.page.{name}')}\n\n{text}" for name, text in parts.items()
    )


def structure_table(words: Words) -> str:
    """One row per structure, one column per outcome, and the pairs that are reversed."""
    by_name: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in stored("structures"):
        by_name.setdefault(row["structure"], {})[row["outcome"]] = row
    head = [words(f"rankings.page.{name}") for name in ("structure", "kind")]
    head += [words(f"outcome.{outcome}") for outcome in RANKED]
    head.append(words("rankings.page.reversed_pairs"))
    lines = []
    for name, by_outcome in by_name.items():
        first = next(iter(by_outcome.values()))
        titles = {name: {lang: first[f"title_{lang}"] for lang in ("en", "zh")}}
        counts = [_counts(by_outcome.get(outcome)) for outcome in RANKED]
        reversed_ = [
            f"{words(f'outcome.{outcome}')}: {row['reversed_pairs']}"
            for outcome, row in by_outcome.items()
            if row["reversed_pairs"]
        ]
        kind = words(f"rankings.kinds.{first['kind']}")
        lines.append(
            (structure_title(name, titles, words), kind, *counts, "; ".join(reversed_) or "–")
        )
    return table(head, lines)


def _counts(row: Mapping[str, Any] | None) -> str:
    return "–" if row is None else f"{row['same']} / {row['untold']} / {row['reversed']}"


def _pairs(words: Words) -> str:
    names = (
        "outcome", "better", "worse", "difference", "same", "reversed", "expected", "verdict", "luck",
        "parameters", "spread", "reversed_by",
    )  # fmt: skip
    lines = [
        (
            words(f"outcome.{row['outcome']}"), row["better"], row["worse"],
            f"{number(row['difference'], signed=True)} "
            f"{interval(row['sim_low'], row['sim_high'], signed=True)}",
            _share(row, "same"), _share(row, "reversed"),
            f"{100 * row['expected']:.0f} %", words(f"rankings.verdict.{row['verdict']}"), number(row["variance_luck"]),
            f"{number(row['variance_parameters'])} "
            f"{interval(row['variance_parameters_low'], row['variance_parameters_high'])}",
            number(row["variance_structures"]), row["reversed_by"] or "–",
        )
        for row in stored("pairs")
        if row["verdict"] != NOT_TOLD
    ]  # fmt: skip
    return table([words(f"rankings.page.{name}") for name in names], lines)


def _share(row: Mapping[str, Any], name: str) -> str:
    low, high = (100 * row[f"{name}_{end}"] for end in ("low", "high"))
    return f"{100 * row[name]:.0f} % [{low:.0f}, {high:.0f}]"


def _how(words: Words) -> str:
    origin = json.loads((FOLDER / "provenance.json").read_text(encoding="utf-8"))
    facts = words(
        "rankings.page.facts", seed=origin["seed"], hash=origin["source_hash"],
        date=origin["date_utc"][:10],
    )  # fmt: skip
    command = (
        f"consortia rankings seed={origin['seed']} replicates={origin['replicates']['main']} "
        f"draws={origin['draws']} per_draw={origin['replicates']['every draw']}"
    )
    return f"```sh\n{command}\n```\n\n{facts}"


# ---------------------------------------------------------------- for the page of assumptions


def parameter_cells(name: str) -> tuple[str, str]:
    """How rankings depend on a parameter: shares told so and reversed, and the difference that follows it."""
    rows = [row for row in stored("parameters") if row["parameter"] == name]
    if not rows:
        return "not drawn", ""
    own = next(row for row in rows if row["outcome"] == ASSUMED_BY)
    shares = " / ".join(
        f"{100 * own[f'same_{half}']:.0f} ({100 * own[f'reversed_{half}']:.0f})"
        for half in ("lower", "upper")
    )
    told = [row for row in rows if row["q"] <= 1.0 - paired.LEVEL]
    follows = [
        f"{row['better']} − {row['worse']} in {row['outcome']}: "
        f"{number(row['mean_lower'], signed=True)} → {number(row['mean_upper'], signed=True)}"
        + (", changes sign" if row["mean_lower"] * row["mean_upper"] < 0.0 else "")
        for row in told
    ]
    return shares, "; ".join(follows) or "none told"


def assumed_rankings() -> str:
    """What the rankings as a whole owe to numbers, and what to each structure that can be switched."""
    lines = []
    for outcome in RANKED:
        told = [
            row for row in stored("pairs")
            if row["outcome"] == outcome and row["verdict"] != NOT_TOLD
        ]  # fmt: skip
        flips = [f"{row['better']} > {row['worse']}" for row in told if row["verdict"] == FLIPS]
        verdicts = [row["verdict"] for row in told]
        lines.append(
            (
                f"`{outcome}`", len(told), *(verdicts.count(v) for v in ("holds", "open", "flips")),
                "; ".join(flips) or "none",
            )
        )  # fmt: skip
    head = ("outcome", "pairs told here", "hold", "open", "flip", "which pairs flip")
    return f"{table(head, lines)}\n\n{structure_table(Words('en'))}"


def ranking_page() -> str:
    """Shares of worlds, in English."""
    return page_part("en")


def ranking_page_zh() -> str:
    """Shares of worlds, in Chinese."""
    return page_part("zh")
