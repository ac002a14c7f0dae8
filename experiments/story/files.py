"""The files of a run: the page, the outcomes, the paths and the log of events."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.settings import ConfigError
from experiments.running.store import atomic_write, describe
from experiments.story.figure import draw
from experiments.story.run import Story
from experiments.story.teller import Teller
from simulation import events as log
from simulation.outcomes import TRAJECTORIES

FILES = ("story.txt", "run.json", "trajectories.csv", "events.csv", "run.svg", "run.png")


def check_folder(out: Path) -> None:
    """Refuse a folder that holds something other than a former run.

    Raises
    ------
    ConfigError: it does, or it cannot be written to.
    """
    advice = "Write another folder, such as out=results/my_run."
    try:
        out.mkdir(parents=True, exist_ok=True)
        foreign = sorted(path.name for path in out.iterdir() if path.name not in FILES)
    except OSError as error:
        raise ConfigError(f"out = {out} cannot be used. {describe(error)}. {advice}") from error
    if foreign:
        raise ConfigError(
            f"out = {out} holds other things than a run ({foreign[0]}); nothing was written. {advice}"
        )


def write_files(story: Story, text: str) -> None:
    """Write the page, the outcomes, the paths, the log and the figure."""
    out = story.out
    _write(out / "story.txt", text)
    _write(out / "run.json", json.dumps(_record(story), indent=2, ensure_ascii=False))
    names = [one.name for one in TRAJECTORIES]
    rows = enumerate(story.model.state.trajectory.tolist(), start=1)
    _write(out / "trajectories.csv", _csv(["quarter", *names], ([q, *row] for q, row in rows)))
    _write(out / "events.csv", _csv(EVENT_HEAD, _event_rows(story)))
    draw(story)


def _write(path: Path, text: str) -> None:
    atomic_write(path, lambda file: file.write(text.encode("utf-8")))


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return page.getvalue()


def _record(story: Story) -> dict[str, Any]:
    """What was run, by which versions, and what it came to; NaN becomes null."""
    from experiments.running.provenance import provenance

    known = {name: value if np.isfinite(value) else None for name, value in story.outcomes.items()}
    name = story.setup.regimes[0].name
    origin = provenance(seed=story.setup.seed, replicates={name: 1}, runs={"done": 1}, seconds=0.0)
    return {
        "regime": name,
        "seed": story.setup.seed,
        "replicate": 0,
        "steps": story.model.step_count,
        "consortium": story.consortium,
        "outcomes": known,
        "config": story.setup.config,
        "provenance": {key: origin[key] for key in ("versions", "source_hash", "git", "command")},
    }


EVENT_HEAD = ("quarter", "event", "need", "consortium", "organisation", "name", "value")


def _event_rows(story: Story) -> Iterable[tuple[Any, ...]]:
    """The log; quarter 1 is the first under policy, -1 stands for nobody."""
    burn_in = int(story.model.state.world[0]["time_burn_in"])
    teller = Teller(story)
    for event in story.model.events.tolist():
        step, kind, problem, consortium, organisation, value = event
        name = teller.name(organisation) if organisation >= 0 else ""
        quarter = step - burn_in + 1
        yield quarter, log.EVENTS[kind], problem, consortium, organisation, name, value
