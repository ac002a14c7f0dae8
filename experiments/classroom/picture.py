"""One run as a page shows it: the start, and for every quarter what is new. No whole histories.

The page puts the increments together again; going back is starting anew from the first.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from agents.consortium import STATES, UNDER_WAY
from agents.kinds import FEN_PER_MYUAN, KINDS
from experiments.classroom.case import Case
from experiments.classroom.stepping import Stepper
from simulation import events as log
from simulation.columns import N_CONSORTIA, N_ORGANISATIONS
from simulation.outcomes import TRAJECTORIES

SERIES = (
    "solved",
    "technical",
    "industrial",
    "major",
    "active_projects",
    "public_spent",
    "own_spent",
)
COLUMNS = [[one.name for one in TRAJECTORIES].index(name) for name in SERIES]
TOLD = {
    log.NEED_OPENED: "opened", log.PUBLISHED: "published", log.BID: "bids", log.AWARDED: "awarded",
    log.TURNED_DOWN: "turned_down", log.STARTED: "started", log.SOLVED_EVENT: "solved",
    log.FAILED: "failed", log.STOPPED: "stopped", log.ADOPTED: "adopted",
}  # fmt: skip


def picture(case: Case) -> dict[str, Any]:
    """The run of a case's regime, replicate 0, as the command ``run`` makes it.

    Returns
    -------
    ``start``: consortia under way when policy starts. ``steps``: for every quarter the
    increments of :class:`_Watch`. ``policy``: number of policy quarters. ``sliders``: where they
    stand. ``counts``: :data:`SERIES` at the end.
    """
    run = Stepper(case)
    watch = _Watch(run, case)
    start = watch.first()
    steps = []
    while run.running:
        run.step()
        steps.append(watch.look())
    return {
        "series": SERIES,
        "start": start,
        "steps": steps,
        "policy": run.policy,
        "programmes": list(case.entry.programmes),
        "sliders": case.sliders,
        "counts": dict(zip(SERIES, steps[-1]["n"], strict=True)),
    }


def line(case: Case) -> list[list[float]]:
    """:data:`SERIES` of the regime compared with, by quarter, on the same luck."""
    run = Stepper(case, against=True)
    run.run()
    return [_rounded(row) for row in run.state.trajectory[: run.quarter, COLUMNS]]


class _Watch:
    """Sees what a quarter has brought.

    Keys of an increment, each left out when empty: ``c`` new consortia (row, programme, need,
    lead, members, state), ``s`` new states (row, state), ``e`` entered organisations (row, kind,
    region), ``x`` closed ones, ``k`` counts of events; always there: ``n`` values of
    :data:`SERIES`, ``m`` programme money received so far by region, million yuan.
    """

    def __init__(self, run: Stepper, case: Case) -> None:
        self.run, self.population = run, case.population
        self.states: dict[int, int] = {}
        self.active: set[int] = set()
        self.told = len(run.events)
        self.organisations = 0

    def first(self) -> dict[str, Any]:
        """What is there before the first quarter that is shown."""
        seen = self._look()
        under_way = [one for one in seen["c"] if STATES[one[-1]] in UNDER_WAY]
        given = self.population.size
        return {
            "c": under_way,
            "e": [one for one in seen["e"] if one[0] >= given],
            "x": sorted(set(range(given)) - self.active),
        }

    def look(self) -> dict[str, Any]:
        """The quarter that has passed, without what is empty."""
        seen = self._look()
        events = self.run.events[self.told :]
        self.told += len(events)
        counts = Counter(TOLD[kind] for kind in events["kind"].tolist() if kind in TOLD)
        row = self.run.quarter - 1
        kept: dict[str, Any] = {key: value for key, value in seen.items() if value}
        if counts:
            kept["k"] = dict(counts)
        kept["n"] = _rounded(self.run.state.trajectory[row, COLUMNS])
        kept["m"] = self._money()
        return kept

    def _look(self) -> dict[str, list[Any]]:
        s = self.run.state
        known, count = len(self.states), int(s.counters[N_CONSORTIA])
        states = s.consortia["state"][:count].tolist()
        changed = [[row, states[row]] for row in self.states if self.states[row] != states[row]]
        new = [self._consortium(row) for row in range(known, count)]
        self.states = dict(enumerate(states))
        there = set(np.flatnonzero(s.active[: s.counters[N_ORGANISATIONS]]).tolist())
        entered = [self._entrant(row) for row in sorted(there - self.active)]
        closed = sorted(self.active - there)
        self.active = there
        return {"c": new, "s": changed, "e": entered, "x": closed}

    def _consortium(self, row: int) -> list[Any]:
        c = self.run.state.consortia[row]
        first, size = int(c["first"]), int(c["size"])
        members = self.run.state.members["row"][first : first + size].tolist()
        return [
            row,
            int(c["programme"]),
            int(c["problem"]),
            int(c["lead"]),
            members,
            int(c["state"]),
        ]

    def _entrant(self, row: int) -> list[Any]:
        o = self.run.state.organisations[row]
        return [row, KINDS[o["kind"]], int(o["region"])]

    def _money(self) -> list[float]:
        o = self.run.state.organisations
        regions = len(self.population.regions)
        given = np.bincount(o["region"], weights=o["granted"], minlength=regions) / FEN_PER_MYUAN
        return _rounded(given)


def _rounded(values: np.ndarray) -> list[float]:
    """Two decimals are enough to look at; whole numbers stay exact."""
    return [round(float(value), 2) for value in values]
