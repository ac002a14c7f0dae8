"""The page of the benchmarks: raw figures in JSON, and Markdown made from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.parts import PARTS, Part

DOCS = Path(__file__).resolve().parent.parent / "docs"
NAME = "benchmarks"
NOT_YET = "Not measured yet."

HEAD = """\
# How fast it is

This page is written by `python -m benchmarks`, from the raw figures in
[benchmarks.json](benchmarks.json); do not edit it. Parts can be measured apart
(`python -m benchmarks engine start`), and each says when, where and by which command it was. Figures
are of one machine on one day: a shared machine is noisy, and ratios measured in turns travel better
than seconds. Medians stand first, quartiles in brackets.
"""


def read(folder: Path) -> dict[str, Any]:
    """Figures of the parts measured so far, by part; none where there is no file."""
    path = folder / f"{NAME}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def write(folder: Path, results: Mapping[str, Any]) -> None:
    """Write raw figures and page; parts not in ``results`` are said to be missing."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    for suffix, text in (("json", raw), ("md", page(results))):
        (folder / f"{NAME}.{suffix}").write_text(text, encoding="utf-8", newline="\n")


def page(results: Mapping[str, Any]) -> str:
    """The whole page as Markdown, every part in its order."""
    return "\n".join([HEAD, *(_section(part, results.get(part.name)) for part in PARTS.values())])


def _section(part: Part, result: Mapping[str, Any] | None) -> str:
    head = f"## {part.title} (`{part.name}`)\n\n"
    if result is None:
        return f"{head}{NOT_YET} Measure it with `python -m benchmarks {part.name}`.\n"
    return f"{head}{part.tell(result['figures'])}\n\n{_circumstances(result)}\n"


def _circumstances(result: Mapping[str, Any]) -> str:
    at = result["circumstances"]
    memory = f"{at['memory_gib']} GiB" if at["memory_gib"] else "memory unknown"
    versions = ", ".join(f"{name} {number}" for name, number in at["versions"].items())
    loads = [f"{one:g}" for one in (at.get("load"), result.get("load_after")) if one is not None]
    busy = f"; load average {' before and '.join(loads)} after it" if len(loads) == 2 else ""
    return (
        f"Measured on {at['date_utc']} by `{at['command']}`: {at['processor']}, {at['cores']} cores, "
        f"{memory}, {at['system']}{busy}; {versions}; commit {at['commit'] or 'unknown'}."
    )
