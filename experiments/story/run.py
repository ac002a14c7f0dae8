"""One run of one regime: stepped as a Mesa model, with the path of every project."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.consortium import STATES
from agents.kinds import FEN_PER_MYUAN
from agents.settings import ConfigError
from simulation import events as log

if TYPE_CHECKING:
    from experiments.configuration import Setup
    from simulation.model import ConsortiaModel

EVENTS_ROOM = 200_000


@dataclass(frozen=True, slots=True)
class Progress:
    """A project at the end of a quarter; its design's percentile, and sums so far."""

    step: int
    percentile: float
    tries: int
    improvements: int
    spent: float  # million yuan


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """A run, what it came to, and where it was written.

    Attributes
    ----------
    model: the finished model; all its agents and columns can be read.
    outcomes: value of every outcome by name.
    consortium: row of the consortium whose story is told, or None when there is none.
    paths: for each consortium that worked, its quarters.
    text: what was printed.
    """

    setup: Setup
    model: ConsortiaModel
    outcomes: dict[str, float]
    consortium: int | None
    paths: dict[int, list[Progress]]
    out: Path
    text: str = field(default="", repr=False)


def run_model(setup: Setup) -> tuple[ConsortiaModel, dict[int, list[Progress]]]:
    """Step the model to its end; returns it with the path of every project."""
    from simulation.model import ConsortiaModel

    model = ConsortiaModel(
        setup.world,
        setup.population,
        setup.regimes[0].regime,
        seed=setup.seed,
        replicate=0,
        events=EVENTS_ROOM,
    )
    paths: dict[int, list[Progress]] = {}
    told = 0
    running: list[int] = []
    while model.running:
        model.step()
        new = model.events[told:]
        told += len(new)
        started = new["consortium"][new["kind"] == log.STARTED].tolist()
        for row in (*running, *started):
            paths.setdefault(row, []).append(_progress(model, row))
        running = [one.row for one in model.consortia_under_way() if one.state == "active"]
    return model, paths


def _progress(model: ConsortiaModel, row: int) -> Progress:
    c = model.state.consortia[row]
    return Progress(
        model.step_count - 1, float(c["percentile"]), int(c["tries"]), int(c["improvements"]),
        float(c["spent"] / FEN_PER_MYUAN),
    )  # fmt: skip


def check_number(wanted: Any) -> None:
    """Refuse what is neither ``auto`` nor a number, before anything runs."""
    if wanted != "auto" and (isinstance(wanted, bool) or not isinstance(wanted, int)):
        raise ConfigError(
            f"consortium = {wanted!r} is neither auto nor a number. Write consortium=auto, or "
            f"consortium=0 for the first that formed."
        )


def choose_consortium(model: ConsortiaModel, wanted: Any) -> int | None:
    """Row of the consortium to tell about.

    ``auto``: the most valuable funded one that solved its need, else the largest that worked under
    the policy, else the largest; ties go to the first. None when none formed.

    Raises
    ------
    ConfigError: the number is not that of a consortium.
    """
    count = model.consortium_count
    if wanted != "auto":
        if not 0 <= wanted < count:
            allowed = f"0 to {count - 1}" if count else "none, since no consortium formed"
            raise ConfigError(
                f"consortium = {wanted} is not in this run; allowed: {allowed}. Write "
                f"consortium=auto to have one chosen."
            )
        return int(wanted)
    if count == 0:
        return None
    formed = model.state.consortia[:count]
    solved = (formed["state"] == STATES.index("solved")) & (formed["grant"] > 0)
    if solved.any():
        value = model.state.needs["value"][formed["problem"]]
        return int(np.argmax(np.where(solved, value, -1.0)))
    worked = (formed["tries"] > 0) & (formed["founded"] >= model.state.world[0]["time_burn_in"])
    size = formed["size"]
    return int(np.argmax(np.where(worked, size, -1) if worked.any() else size))
