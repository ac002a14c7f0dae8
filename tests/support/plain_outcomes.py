"""Outcomes of a run with NumPy on whole columns: another way to the same numbers, ten times slower.

:mod:`simulation.measures` must say the same; its test compares both.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from agents.kinds import FEN_PER_MYUAN, KINDS, PAYERS
from simulation import columns
from simulation.columns import (
    ADOPTION_OUT,
    BIDDING_OUT,
    CAPABILITY_OUT,
    COORDINATION_OUT,
    N_BODIES,
    N_CONSORTIA,
    N_ENTRANTS,
    N_EXITS,
    N_ORGANISATIONS,
    N_SOURCES,
    OFFICE_OUT,
    RESEARCH_OUT,
    REVIEW_OUT,
    SCANNING_OUT,
    SCENARIO_OUT,
    SOLVED,
)
from simulation.fields import is_frontier
from simulation.outcomes import BINDING_RULES, HORIZONS, OUTCOMES, TRAJECTORIES
from simulation.state import State
from simulation.supply import linked

OUTFLOWS = (
    RESEARCH_OUT, COORDINATION_OUT, SCANNING_OUT, BIDDING_OUT, REVIEW_OUT, OFFICE_OUT,
    SCENARIO_OUT, CAPABILITY_OUT,
)  # fmt: skip


def plain_outcomes(
    state: State, start: State, reference: State, hand_over_solved: float
) -> dict[str, float]:
    """What :func:`simulation.measures.outcomes` gives."""
    cohort = slice(int(state.cohort[0]), int(state.cohort[1]))
    values: dict[str, float] = {"needs": float(state.cohort[1] - state.cohort[0])}
    flags = _flags(state, cohort)
    values |= _counts(state, cohort, flags)
    values |= _times_and_values(state, cohort, flags)
    values |= _two_skins(state, cohort)
    values |= _projects(state, start)
    values |= _standing(state)
    values |= _financiers(state)
    values |= _money(state, start)
    values |= _additionality(state, reference, cohort)
    values |= _people(state, start)
    values |= _reports(state)
    values["hand_over_solved"] = hand_over_solved
    values |= {
        f"bound_{name}": float(n)
        for name, n in zip(BINDING_RULES, state.bound - start.bound, strict=True)
    }
    return {outcome.name: float(values[outcome.name]) for outcome in OUTCOMES}


def _flags(state: State, cohort: slice) -> dict[str, np.ndarray]:
    """For each count, which needs of the cohort it counts."""
    problems = state.problems[cohort]
    needs = state.needs[cohort]
    w = state.world[0]
    solved = problems["status"] == SOLVED
    hard = (needs["difficulty"] >= state.cutoffs[0]) | (needs["frontier"] == 1)
    adopted = problems["adopters"] >= max(1, w["criteria_adopters"])
    worth = problems["realised"] > w["criteria_industrial_multiple"] * problems["adoption_cost"]
    return {
        "solved": solved,
        "technical": solved & hard,
        "industrial": adopted & worth,
        "major": problems["realised"] > state.cutoffs[1],
    }


def _counts(state: State, cohort: slice, flags: dict[str, np.ndarray]) -> dict[str, float]:
    quarter = state.needs[cohort]["arrival"] - state.world[0]["time_burn_in"]
    values: dict[str, float] = {}
    for name, flag in flags.items():
        quarters = quarter[flag]
        values[name] = len(quarters)
        for horizon in HORIZONS[:-1]:
            values[f"{name}_{horizon}q"] = float((quarters < horizon).sum())
    values["solved_per_year"] = values["solved"] * 4.0 / state.world[0]["time_policy"]
    return values


def _times_and_values(
    state: State, cohort: slice, flags: dict[str, np.ndarray]
) -> dict[str, float]:
    problems = state.problems[cohort]
    needs = state.needs[cohort]
    solved = flags["solved"]
    longest = int(state.world[0]["criteria_longest_time"])
    took = np.where(solved, problems["solved_step"] - needs["arrival"], longest)
    technical = problems["solved_step"][flags["technical"]]
    burn_in = state.world[0]["time_burn_in"]
    solver = state.consortia[problems["solver"][solved]]
    lead_kind = state.organisations["kind"][solver["lead"]]
    values = {
        "first_technical_quarter": technical.min() - burn_in if len(technical) else math.nan,
        "restricted_mean_time": np.minimum(took, longest).mean() if len(took) else math.nan,
        "value_realised": problems["realised"].sum(),
        "value_solved_median": np.median(needs["value"][solved]) if solved.any() else math.nan,
        "solved_private": (solver["programme"] == columns.PRIVATE_PRACTICE).sum(),
        "frontier_solved": (solved & (needs["frontier"] == 1)).sum(),
        "strategic_solved": (solved & (needs["strategic"] == 1)).sum(),
        "cross_border_solved": (solved & (needs["cross_border"] > 0.0)).sum(),
    }
    led = np.bincount(lead_kind, minlength=len(KINDS))
    return values | {f"solved_led_by_{kind}": led[code] for code, kind in enumerate(KINDS)}


def _two_skins(state: State, cohort: slice) -> dict[str, float]:
    problems = state.problems[cohort]
    solved = problems["status"] == SOLVED
    adopted = problems["adopters"] > 0
    effort = problems["effort"]
    return {
        "needs_without_bid": (problems["projects"] == 0).mean(),
        "solved_not_adopted": _share(solved & ~adopted, solved),
        "effort_unwanted": effort[~adopted].sum() / effort.sum() if effort.sum() > 0 else math.nan,
    }


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else math.nan


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _projects(state: State, start: State) -> dict[str, float]:
    first, last = int(start.counters[N_CONSORTIA]), int(state.counters[N_CONSORTIA])
    formed = state.consortia[first:last]
    projects = formed[(formed["state"] >= columns.ACTIVE) & (formed["state"] != columns.REFUSED)]
    public = projects["programme"] != columns.PRIVATE_PRACTICE
    bids = float((formed["programme"] != columns.PRIVATE_PRACTICE).sum())
    awards = float(public.sum())
    pairs = projects["pairs"].sum()
    return {
        "bids": bids,
        "awards": awards,
        "bid_success": awards / bids if bids else math.nan,
        "projects": len(projects),
        "private_projects": (~public).sum(),
        "project_success": _mean(projects["state"] == columns.ENDED_SOLVED),
        "in_name_only": (projects["effort_share"] < 1.0).sum(),
        "consortium_size": _mean(projects["size"]),
        "cross_region_share": _mean(projects["regions"] > 1),
        "repeat_tie_share": projects["old_pairs"].sum() / pairs if pairs else math.nan,
        "coverage": _mean(projects["coverage"]),
        "misposed_share": _mean(projects["found_misposed"] / state.world[0]["needs_components"]),
        "integration": _mean(projects["gamma"]),
        "believed_success": _mean(projects["believed"]),
        "supply_link_share": _supply_link_share(state, projects[public]),
    }


def _supply_link_share(state: State, projects: np.ndarray) -> float:
    """Members beside the lead that are its suppliers or buyers, of all members beside leads."""
    pairs = [
        (int(c["lead"]), int(m["row"]))
        for c in projects
        for m in state.members[c["first"] + 1 : c["first"] + c["size"]]
    ]
    return _mean(np.array([linked(state, lead, member) for lead, member in pairs]))


def _standing(state: State) -> dict[str, float]:
    """Standing consortia and origin sources, as they are when the policy ends."""
    bodies = state.bodies[: state.counters[N_BODIES]]
    running = bodies[bodies["active"] == 1]
    sources = state.sources[: state.counters[N_SOURCES]]
    tasks = sources[sources["active"] == 1]
    return {
        "standing_bodies": len(bodies),
        "standing_renewed": bodies["renewals"].sum(),
        "standing_running": len(running),
        "standing_leads": len(np.unique(running["lead"])),
        "standing_members": _mean(running["size"]),
        "standing_projects": _mean(bodies["trials"] + bodies["running"]),
        "origin_sources": len(tasks),
        "origin_fields": len(np.unique(tasks["field"])),
        "origin_holders": len(np.unique(tasks["holder"])),
    }


def _financiers(state: State) -> dict[str, float]:
    funds = state.funds
    asked = int(funds["asked"].sum())
    return {
        "financiers_advanced": funds["advanced"].sum() / FEN_PER_MYUAN,
        "financiers_returned": funds["returned"].sum() / FEN_PER_MYUAN,
        "financiers_backed": funds["backed"].sum() / asked if asked else math.nan,
    }


def _money(state: State, start: State) -> dict[str, float]:
    spent = (state.ledger - start.ledger) / FEN_PER_MYUAN
    received = state.programme_state["received"].sum() / FEN_PER_MYUAN
    outlay = state.programme_state["spent"].sum() / FEN_PER_MYUAN
    w = state.world[0]
    value, cost, public = (float(x) for x in state.discounted[:3])
    values = {
        "public_offered": received,
        "public_spent": outlay,
        "public_unspent": received - outlay,
        "all_in_cost": sum(spent[account] for account in OUTFLOWS),
        "adoption_cost": spent[ADOPTION_OUT],
        "scanning_cost": spent[SCANNING_OUT],
        "coordination_cost": spent[COORDINATION_OUT],
        "bidding_cost": spent[BIDDING_OUT],
        "review_cost": spent[REVIEW_OUT],
        "office_cost": spent[OFFICE_OUT] + spent[SCENARIO_OUT],
        "welfare_value": value,
        "welfare_cost": cost,
        "welfare_public": public,
        "welfare": (1.0 + w["criteria_external_value"]) * value
        - cost
        - w["criteria_cost_of_public_money"] * public,
    }
    for payer, fen_paid in zip(PAYERS, state.paid - start.paid, strict=True):
        values[f"paid_{payer}"] = fen_paid / FEN_PER_MYUAN
    return values


def _additionality(state: State, reference: State, cohort: slice) -> dict[str, float]:
    """Would it have happened anyway? Need by need, against the reference on the same luck."""
    here = state.problems[cohort]
    there = reference.problems[cohort]
    solved = here["status"] == SOLVED
    anyway = there["status"] == SOLVED
    paid_for = solved & anyway & (here["funded"] > 0)
    return {
        "deadweight": paid_for.sum(),
        "additional": (solved & ~anyway).sum(),
        "displaced": (anyway & ~solved).sum(),
        "deadweight_value": here["realised"][paid_for].sum(),
        "additional_value": here["realised"][solved & ~anyway].sum(),
        "displaced_value": there["realised"][anyway & ~solved].sum(),
    }


def _people(state: State, start: State) -> dict[str, float]:
    n = int(state.counters[N_ORGANISATIONS])
    people = state.organisations[:n]
    before = start.organisations[:n]  # zeros where somebody has entered since
    with_staff = people["staff"] > 0
    granted = people["granted"] - before["granted"]  # fen: sums of integers know no order
    earned = people["earned"] - before["earned"]
    took_part = people["participations"] - before["participations"]
    values: dict[str, Any] = {
        "participation_gini": _gini(took_part[with_staff]),
        "funding_gini": _gini(granted[with_staff]),
        "entries": state.counters[N_ENTRANTS] - start.counters[N_ENTRANTS],
        "exits": state.counters[N_EXITS] - start.counters[N_EXITS],
        "frontier_coverage": _frontier_coverage(state, n),
        "expertise_growth": _expertise_growth(state),
        "weakest_link": float(_policy_path(state, "weakest_link")[-1]),
        "link_security": float(_policy_path(state, "link_security")[-1]),
    }
    for code, kind in enumerate(KINDS):
        values[f"grants_to_{kind}"] = granted[people["kind"] == code].sum() / FEN_PER_MYUAN
        values[f"value_to_{kind}"] = earned[people["kind"] == code].sum() / FEN_PER_MYUAN
    return values


def _gini(values: np.ndarray) -> float:
    total = float(values.sum())
    if total <= 0:
        return math.nan
    ordered = np.sort(values).astype(float)
    ranks = np.arange(1, len(values) + 1)
    return float(
        2.0 * (ranks * ordered).sum() / (len(values) * total) - (len(values) + 1) / len(values)
    )


def _frontier_coverage(state: State, n: int) -> float:
    w = state.world[0]
    count, frontier = int(w["fields_count"]), int(w["fields_frontier"])
    fields = [f for f in range(count) if is_frontier(f, count, frontier)]
    if not fields:
        return math.nan
    active = state.active[:n] == 1
    best = state.expertise[:n][active][:, fields].max(axis=0)
    return float((best >= w["search_least_expertise"]).mean())


def _expertise_growth(state: State) -> float:
    path = _policy_path(state, "mean_expertise")
    return float(path[-1] / path[0] - 1.0)


def _policy_path(state: State, name: str) -> np.ndarray:
    """A trajectory in the policy quarters, shape (quarters,)."""
    column = [outcome.name for outcome in TRAJECTORIES].index(name)
    path: np.ndarray = state.trajectory[: int(state.world[0]["time_policy"]), column]
    return path


def _reports(state: State) -> dict[str, float]:
    """What officials are shown at the end of policy, and what stands behind it."""
    shares = ("emerging_share_reported", "emerging_share_real")
    values = {name: float(_policy_path(state, name)[-1]) for name in shares}
    return values | {"field_overlap": _field_overlap(state)}


def _field_overlap(state: State) -> float:
    regions = len(state.region_weight)
    focus = state.focus.reshape(-1, regions, state.focus.shape[1])
    focus = focus[focus.any(axis=(1, 2))]
    if not len(focus) or regions < 2:
        return math.nan
    common = focus @ focus.transpose(0, 2, 1)
    own = np.trace(common, axis1=1, axis2=2)  # focus fields of all regions of a programme
    shared = common.sum(axis=(1, 2)) - own
    return _mean(shared / (own * (regions - 1)))
