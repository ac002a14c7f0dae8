"""Where a room stands, and after it what each seat decided and what came of it, beside the model alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.consortium import STATES
from agents.kinds import FEN_PER_MYUAN
from experiments.classroom.case import Case
from experiments.classroom.picture import COLUMNS, SERIES
from experiments.classroom.rooms.seats import MINISTRY, Changes, Said, organisation, province
from experiments.classroom.rooms.turn import RoomRun, play
from simulation.columns import (
    ACTIVE,
    BIDDING,
    ENDED_SOLVED,
    N_CONSORTIA,
    N_ORGANISATIONS,
    SOLVED,
)

SHOWN = (BIDDING, ACTIVE)  # consortia in the picture of the network


def standing(case: Case, turns: Sequence[Changes], quarters: int) -> dict[str, Any]:
    """Where a room stands after these windows, beside the model alone on the same luck.

    Returns
    -------
    ``quarter``, ``policy``, ``round``, ``window``; ``series`` (names), ``room`` and ``model``: their
    values by quarter; ``table``: what lies before each seat now; ``teams``: consortia at work or bidding,
    as lead, members, whether a programme pays, whether at work.
    """
    run = play(case, turns, quarters)
    alone = RoomRun(case)
    while alone.quarter < run.quarter:
        alone.step()
    return {
        "quarter": run.quarter, "policy": run.policy, "round": run.round, "window": run.window,
        "series": list(SERIES), "room": _lines(run), "model": _lines(alone), "table": run.table(),
        "teams": _teams(run),
    }  # fmt: skip


def debrief(case: Case, turns: Sequence[Changes], quarters: int) -> dict[str, Any]:
    """The whole run, its last rounds played by the model, and the model's own run.

    Returns
    -------
    ``series``, ``room``, ``model`` as in :func:`standing`; ``windows``: round, window and quarter of each;
    ``seats``: by seat, for room and model: ``led``, ``solved`` (projects led and solved), ``money``
    (million yuan of grants to it, its region, or from the programmes); ``needs``: by need that was
    decided about, for room and model: who solved it, or -1; ``bids``: by need and lead, how its bid ended.
    """
    windows = _windows(case, turns, quarters)
    run, alone = play(case, turns, quarters), RoomRun(case)
    played = run.quarter
    run.run()
    alone.run()
    there, here = _came_of_it(alone), _came_of_it(run)
    seats = {seat: {"room": here[seat], "model": there[seat]} for seat in here if seat in there}
    about = {need for changed in turns for need, *_ in Said(changed).of()}
    return {
        "quarter": played, "policy": run.policy, "series": list(SERIES), "room": _lines(run),
        "model": _lines(alone), "windows": windows, "seats": seats, "bids": _bids(run, about),
        "needs": {need: {"room": _solver(run, need), "model": _solver(alone, need)} for need in about},
    }  # fmt: skip


def _windows(case: Case, turns: Sequence[Changes], quarters: int) -> list[list[Any]]:
    """Round, window and quarter of every window that was open."""
    run = RoomRun(case, quarters)
    found = []
    for changed in turns:
        run.pass_idle()
        if run.open:
            found.append([run.round, run.window, run.quarter])
            run.decide(changed)
    return found


def _lines(run: RoomRun) -> list[list[float]]:
    rows = run.state.trajectory[: run.quarter, COLUMNS]
    return [[round(float(value), 2) for value in row] for row in rows]


def _teams(run: RoomRun) -> list[list[Any]]:
    s = run.state
    found = []
    for c in s.consortia[: s.counters[N_CONSORTIA]]:
        if c["state"] in SHOWN and c["size"] > 1:
            members = s.members["row"][c["first"] + 1 : c["first"] + c["size"]].tolist()
            found.append(
                [int(c["lead"]), members, int(c["programme"] > 0), int(c["state"] == ACTIVE)]
            )
    return found


def _solver(run: RoomRun, need: int) -> int:
    """Lead of the team that solved a need, or -1."""
    problem = run.state.problems[need]
    if problem["status"] != SOLVED:
        return -1
    return int(run.state.consortia[problem["solver"]]["lead"])


def _bids(run: RoomRun, needs: set[int]) -> dict[str, str]:
    """How the last bid of each lead for each of these needs ended, by ``need:lead``."""
    s = run.state
    return {
        f"{c['problem']}:{c['lead']}": STATES[c["state"]]
        for c in s.consortia[: s.counters[N_CONSORTIA]]
        if c["programme"] > 0 and int(c["problem"]) in needs
    }


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
        found[organisation(row)] = sums
    return found


def _sums(c: np.ndarray, which: np.ndarray) -> dict[str, float]:
    solved = which & (c["state"] == ENDED_SOLVED)
    money = float(c["grant"][which].sum()) / FEN_PER_MYUAN
    return {"led": int(which.sum()), "solved": int(solved.sum()), "money": round(money, 2)}
