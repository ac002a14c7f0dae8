"""What the facts are measured on: all projects of a run, private ones too, and what was bid and solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.kinds import FEN_PER_MYUAN, KINDS
from experiments.replayed import Replay
from experiments.validation.network import TYPES, FloatArray, IntArray, Network
from simulation.columns import (
    BIDDING,
    N_CONSORTIA,
    N_ORGANISATIONS,
    N_SOLVED,
    PRIVATE_PRACTICE,
    REFUSED,
)

TYPE_OF = {"lead_firm": "firm", "sme": "firm", "university": "university", "institute": "institute"}


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One run as the facts see it; the policy quarters only.

    Attributes
    ----------
    network: every project that started, in order of its founding; see
        :class:`experiments.validation.network.Network`.
    active: whether an organisation exists and has staff at the end, shape (organisations,).
    expertise: at the start of policy, shape (organisations, fields).
    own_paid: paid by each organisation itself for its part in projects, million yuan.
    values: realised value of the cohort's adopted solutions, million yuan.
    solved: needs solved in each policy quarter, shape (quarters,).
    bids: bids to programmes in order of time, shape (bids, 3): quarter, lead, 1 if funded.
    """

    network: Network
    active: NDArray[np.bool_]
    expertise: FloatArray
    own_paid: FloatArray
    values: FloatArray
    solved: IntArray
    bids: IntArray


def observe(run: Replay) -> Observed:
    """Read a finished run."""
    end = run.end
    count = int(end.counters[N_ORGANISATIONS])
    people = end.organisations[:count]
    projects = sorted(run.projects(), key=lambda one: (int(one[0]["founded"]), int(one[0]["row"])))
    paid = np.zeros(count)
    for _, members in projects:
        np.add.at(paid, members["row"], members["own_paid"] / FEN_PER_MYUAN)
    return Observed(
        network=_network(projects, people),
        active=(end.active[:count] > 0) & (people["staff"] > 0.0),
        expertise=run.start.expertise[:count],
        own_paid=paid,
        values=_values(run),
        solved=_solved(run),
        bids=_bids(run),
    )


def _network(projects: list[tuple[np.void, np.ndarray]], people: np.ndarray) -> Network:
    kinds = np.array([TYPES.index(TYPE_OF[name]) for name in KINDS], np.int64)
    sizes = [len(members) for _, members in projects]
    rows = [members["row"] for _, members in projects]
    leads = [members["row"] == row["lead"] for row, members in projects]
    founded = np.array([int(row["founded"]) for row, _ in projects], np.float64)
    empty = np.empty(0, np.int64)
    return Network(
        project=np.repeat(np.arange(len(projects)), sizes),
        organisation=np.concatenate(rows) if rows else empty,
        lead=(np.concatenate(leads) if leads else empty).astype(np.bool_),
        kind=kinds[people["kind"]],
        region=people["region"].astype(np.int64),
        start=founded,
        months=np.full(len(projects), np.nan),
    )


def _values(run: Replay) -> FloatArray:
    first, last = (int(place) for place in run.end.cohort)
    problems = run.end.problems[first:last]
    realised: FloatArray = problems["realised"][problems["adopters"] > 0].astype(np.float64)
    return realised


def _solved(run: Replay) -> IntArray:
    world = run.end.world[0]
    begin, quarters = int(world["time_burn_in"]), int(world["time_policy"])
    problems = run.end.problems[run.end.solved[: run.end.counters[N_SOLVED]]]
    step = problems["solved_step"] - begin
    inside = step[(step >= 0) & (step < quarters)]
    counts: IntArray = np.bincount(inside, minlength=quarters)
    return counts


def _bids(run: Replay) -> IntArray:
    first, last = (int(one.counters[N_CONSORTIA]) for one in (run.start, run.end))
    rows = run.end.consortia[first:last]
    decided = (
        (rows["programme"] != PRIVATE_PRACTICE) & (rows["state"] != BIDDING) & (rows["body"] < 0)
    )
    bids = rows[decided]
    table: IntArray = np.column_stack(
        [bids["founded"], bids["lead"], (bids["state"] != REFUSED).astype(np.int64)]
    )
    return table[np.argsort(table[:, 0], kind="stable")]
