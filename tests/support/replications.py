"""Small replications for tests: files as ``configs/replication`` has them, of another size."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from experiments.library import CONFIGS, Library
from experiments.replications.plan import Replication, read_replication

WORDS = {"en": "A little one", "zh": "一个小例"}
TEAMS: dict[str, Any] = {
    "title": WORDS,
    "setup": WORDS,
    "source": "a test",
    "notes": WORDS,
    "kind": "team_assembly",
    "replicates": 5,
    "model": {"team_size": 3, "idle_steps": 5, "steps": 20},
    "reference": {"kind": "exact", "error": {}, "tolerance": 0.1},
    "cases": [
        {"p": 0, "q": [0.1, 0.9], "published": {"giant_share": [1 / 6, 0.25]}},
        {"p": [0.5, 1.0], "q": 0.5},
    ],
    "claims": [
        {
            "says": WORDS,
            "more": {"p": 1.0, "measure": "giant_share"},
            "less": {"p": 0.5, "measure": "giant_share"},
        }
    ],
}


def changed(name: str, **changes: Any) -> dict[str, Any]:
    """One of our files with other values, as plain YAML."""
    document: dict[str, Any] = Library.open().read("replication", name)
    return {**document, **changes}


def written(folder: Path, documents: Mapping[str, Mapping[str, Any]]) -> Path:
    """A folder for ``--config-dir`` that holds these replications."""
    (folder / "replication").mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        text = yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False)
        (folder / "replication" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, document: Mapping[str, Any]) -> Replication:
    """Read a document as if it were a user's file."""
    written(folder, {"mine": document})
    return read_replication(Library.open([folder]), "mine")


def ours(name: str, **wanted: Any) -> Replication:
    """One of our replications with only those cases that have one of the wanted values throughout.

    Claims are left out: they name cases by their place.
    """
    whole = read_replication(Library((CONFIGS,)), name)
    cases = tuple(
        case
        for case in whole.cases
        if all(case.settings.as_mapping()[key] in values for key, values in wanted.items())
    )
    return dataclasses.replace(whole, cases=cases, claims=())
