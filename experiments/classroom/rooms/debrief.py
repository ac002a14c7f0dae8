"""After a room: what each seat refused, and what came of it, beside the run that the model played alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.kinds import FEN_PER_MYUAN
from experiments.classroom.case import Case
from experiments.classroom.picture import COLUMNS, SERIES
from experiments.classroom.rooms.turn import MINISTRY, Refusals, RoomRun, play_rounds, province
from simulation.columns import ENDED_SOLVED, N_CONSORTIA, N_ORGANISATIONS


def standing(case: Case, rounds: Sequence[Refusals], quarters: int) -> dict[str, Any]:
    """Where a room stands after these rounds, beside the model alone on the same luck.

    Returns
    -------
    ``quarter``, ``policy``, ``series`` (names), ``room`` and ``model``: their values by quarter,
    ``table``: what lies before each seat now.
    """
    run = play_rounds(case, rounds, quarters)
    alone = RoomRun(case)
    while alone.quarter < run.quarter:
        alone.step()
    return {
        "quarter": run.quarter, "policy": run.policy, "series": list(SERIES),
        "room": _lines(run), "model": _lines(alone), "table": run.table(),
    }  # fmt: skip


def debrief(case: Case, rounds: Sequence[Refusals], quarters: int) -> dict[str, Any]:
    """The whole run, its last rounds played by the model, and the model's own run.

    Returns
    -------
    ``series``, ``room``, ``model`` as in :func:`standing`; ``seats``: by seat, for room and
    model: ``led``, ``solved`` (projects led and solved), ``money`` (million yuan of grants to it,
    its region, or from the programmes).
    """
    run, alone = play_rounds(case, rounds, quarters), RoomRun(case)
    played = run.quarter
    run.run()
    alone.run()
    there, here = _came_of_it(alone), _came_of_it(run)
    seats = {seat: {"room": here[seat], "model": there[seat]} for seat in here if seat in there}
    return {"quarter": played, "policy": run.policy, "series": list(SERIES),
            "room": _lines(run), "model": _lines(alone), "seats": seats}  # fmt: skip


def _lines(run: RoomRun) -> list[list[float]]:
    rows = run.state.trajectory[: run.quarter, COLUMNS]
    return [[round(float(value), 2) for value in row] for row in rows]


def _came_of_it(run: RoomRun) -> dict[str, dict[str, float]]:
    """Projects of programmes by seat: of all, of a region's leads; a lead's own, too."""
    s = run.state
    c = s.consortia[: s.counters[N_CONSORTIA]]
    o = s.organisations[: s.counters[N_ORGANISATIONS]]
    funded = (c["programme"] > 0) & (c["grant"] > 0)
    region = s.organisations["region"][c["lead"]]
    found = {MINISTRY: _sums(c, funded)}
    for k in range(len(s.region_weight)):
        found[province(k)] = _sums(c, funded & (region == k))
    for row in range(len(o)):
        sums = _sums(c, (c["lead"] == row) & (c["founded"] >= run.burn_in))
        sums["money"] = round(float(o["granted"][row]) / FEN_PER_MYUAN, 2)
        found[f"organisation-{row}"] = sums
    return found


def _sums(c: np.ndarray, which: np.ndarray) -> dict[str, float]:
    solved = which & (c["state"] == ENDED_SOLVED)
    money = float(c["grant"][which].sum()) / FEN_PER_MYUAN
    return {"led": int(which.sum()), "solved": int(solved.sum()), "money": round(money, 2)}
