"""The first moment of a replicate: columns are allocated, people and needs are drawn."""

from __future__ import annotations

import functools
import math

import numpy as np

from agents.compiled import rule
from agents.settings import ConfigError
from simulation import streams
from simulation.adoption import realised_factor
from simulation.branching import branch_for
from simulation.chains import draw_chains
from simulation.columns import (
    MAX_COMPONENTS,
    MAX_DEPARTMENTS,
    N_ORGANISATIONS,
    PRIVATE_PRACTICE,
)
from simulation.fields import draw_organisation, field_distance, is_frontier, rebuild_rings
from simulation.landscape import PLACES
from simulation.needs import draw_needs, needs_by, relatedness
from simulation.policies.registry import PROGRAMME_COLUMNS, Regime
from simulation.population import Population
from simulation.stages import FIRST_REGION
from simulation.state import State, copy_bytes, room
from simulation.ties import draw_first_ties
from simulation.world import World


def first_state(
    world: World, population: Population, *, seed: int, replicate: int, events: int = 0
) -> State:
    """The state before the first step, without any programme.

    ``events`` is the room for the log that tells a run's story; 0 for none.
    """
    state = _allocate(world, population, events)
    state.luck[0] = streams.replicate_key(np.uint64(seed), np.uint64(replicate))
    _enter_population(state, population)
    _populate(state)
    _open_directory(state, population.size)
    rebuild_rings(state)
    draw_first_ties(state)
    draw_needs(state)
    draw_chains(state)
    _fix_cutoffs(state)
    return state


def install(state: State, regime: Regime, spare: list[State] | None = None) -> State:
    """A branch of a state without programmes that has the regime's beside private practice.

    Rows of programmes start at 1; purses are empty until the first policy quarter. ``spare``: see
    :func:`simulation.branching.branch_for`.
    """
    programmes = regime.columns
    new = branch_for(state, len(programmes) + 1, spare)
    copy_bytes(state.programmes[:1], new.programmes[:1])
    copy_bytes(programmes, new.programmes[1:])
    for column in (new.programme_state, new.stages, new.purses, new.focus):
        column.view(np.uint8).fill(0)
    new.programme_state["share"][1:] = programmes["budget_share"]
    new.programme_state["cap"][1:] = programmes["funding_cap_myuan"]
    return new


def total_steps(world: World) -> int:
    """Most steps a run can take, the hand-over test included."""
    time = world.sections["time"].encode()
    after = max(time["run_out"], time["hand_over"])
    return int(time["burn_in"] + time["policy"] + after)


def _allocate(world: World, population: Population, events: int) -> State:
    table = world.columns()
    w = table[0]
    if w["needs_scale_organisations"] == 0:
        w["needs_scale_organisations"] = population.size
    if w["needs_components"] > MAX_COMPONENTS:
        raise ConfigError(f"needs.components = {w['needs_components']}: at most {MAX_COMPONENTS}.")
    sizes = _sizes(w, population, total_steps(world), events)
    needs, tables = sizes["m"], sizes["t"]
    given = {
        "world": table,
        "programmes": _private_practice(w),
        "distance": _distances(sizes["F"]),
        "reach": _reach(sizes["F"], float(w["learning_spillover_reach"])),
        "related": _related(w),
        "region_weight": _region_weights(population),
        "hub": np.array([population.hub]),
        "tabulated": np.full(tables, -1, np.int64),
        "thresholds": np.full(needs, -1, np.int64),
        "powers": np.full((MAX_COMPONENTS + 1, 2), np.nan),
        "cohort": _cohort(w, int(w["needs_scale_organisations"])),
    }
    state = State(**given, **room(sizes, given))
    for name in ("owner", "programme", "solved_step", "solver", "adopted_step", "adopter"):
        state.no_problem[name] = -1
    state.problems[:] = state.no_problem
    return state


def _sizes(w: np.void, population: Population, steps: int, events: int) -> dict[str, int]:
    """Lengths of columns, by the names that :class:`State` has for them."""
    scale = int(w["needs_scale_organisations"])
    entrants = int(w["finance_entry_per_quarter"] * scale / 120.0 * steps + 2)
    n = population.size + entrants
    fields = int(w["fields_count"])
    regions = len(population.regions)
    with_needs = int(w["time_burn_in"] + w["time_policy"] + w["time_hand_over"])
    needs = max(1, needs_by(w, scale, with_needs))
    consortia = 6 * needs + 256
    return {
        "n": n,
        "F": fields,
        "bounds": fields + 2,
        "entries": n * min(fields + 1, 24),
        "R": regions,
        "P": 1,
        "PR": regions,
        "purses": regions + 1 + MAX_DEPARTMENTS,
        "stages": FIRST_REGION + regions,
        "chains": int(w["chains_count"]),
        "m": needs,
        "t": min(needs, max(PLACES, needs // 8)),  # an eighth is twice as many as have teams
        "designs": 1 << int(w["needs_components"]),
        "c": consortia,
        "seats": 4 * consortia,
        "quarters": steps - int(w["time_burn_in"]),
        "events": events,
    }


def _private_practice(w: np.void) -> np.ndarray:
    """How organisations work together without a programme: ties, three in the core, no grant."""
    table = np.zeros(1, PROGRAMME_COLUMNS)
    p = table[PRIVATE_PRACTICE]
    p["openness_circle"] = 2
    p["eligibility_min_members"] = 1
    p["eligibility_min_regions"] = 1
    p["eligibility_max_members"] = w["forming_private_members"]
    p["layers_core_members"] = 3
    p["layers_close_members"] = w["forming_private_members"]
    p["layers_close_value_share"] = 1.0
    p["layers_general_effort_share"] = 0.4
    p["selection_teams"] = 1
    p["selection_panel_size"] = 1
    p["funding_project_staff_fte"] = w["forming_project_staff_fte"]
    return table


@functools.cache
def _distances(fields: int) -> np.ndarray:
    rows = [[field_distance(a, b, fields) for b in range(fields)] for a in range(fields)]
    return _read_only(np.array(rows))


@functools.cache
def _reach(fields: int, tau: float) -> np.ndarray:
    rows = [[math.exp(-d / tau) for d in row] for row in _distances(fields).tolist()]
    return _read_only(np.array(rows))


def _related(w: np.void) -> np.ndarray:
    fields, hubs = int(w["fields_count"]), int(w["fields_frontier"])
    return _relatedness(
        fields, hubs, float(w["needs_relatedness"]), float(w["needs_remote_field_weight"])
    )


@functools.cache
def _relatedness(fields: int, frontier: int, rate: float, remote_weight: float) -> np.ndarray:
    rows = [
        [relatedness(d, is_frontier(f, fields, frontier), rate, remote_weight) for d in row]
        for f, row in enumerate(_distances(fields).tolist())
    ]
    return _read_only(np.array(rows))


def _read_only(shared: np.ndarray) -> np.ndarray:
    shared.flags.writeable = False
    return shared


def _region_weights(population: Population) -> np.ndarray:
    staff = np.bincount(population.region, population.staff, minlength=len(population.regions))
    return staff / staff.sum()


def _cohort(w: np.void, scale: int) -> np.ndarray:
    burn_in = int(w["time_burn_in"])
    policy = int(w["time_policy"])
    return np.array([needs_by(w, scale, burn_in), needs_by(w, scale, burn_in + policy)])


def _enter_population(state: State, population: Population) -> None:
    rows = state.organisations[: population.size]
    rows["entity"] = np.arange(population.size, dtype=np.uint64)
    for name in ("kind", "ownership", "region", "staff", "home_field"):
        rows[name] = getattr(population, name)
    state.active[: population.size] = 1
    state.counters[N_ORGANISATIONS] = population.size


def _open_directory(state: State, size: int) -> None:
    people = state.organisations[:size]
    order = np.argsort(people["hash"], kind="stable")
    places = state.directory[:size]
    places["row"] = order
    for name in ("hash", "entity", "region", "kind"):
        places[name] = people[name][order]


@rule
def _populate(s):
    for row in range(s.counters[N_ORGANISATIONS]):
        draw_organisation(s, row)


DRAWING = (
    _populate,
    rebuild_rings,
    draw_first_ties,
    draw_needs,
    draw_chains,
)  # compiled steps of the above


def _fix_cutoffs(state: State) -> None:
    """Cut-offs come from the needs of the burn-in, before any regime has acted.

    A major breakthrough's cut-off is a quantile of what those needs would be worth if realised in
    full, so that it is the same under all regimes.
    """
    w = state.world[0]
    needs = state.needs[: max(1, int(state.cohort[0]))]
    spread = float(w["adoption_value_surprise"])
    drawn = zip(needs["value"].tolist(), needs["surprise"].tolist(), strict=True)
    value = [value * realised_factor(surprise, spread) for value, surprise in drawn]
    state.cutoffs[0] = np.quantile(needs["difficulty"], w["criteria_technical_quantile"])
    state.cutoffs[1] = np.quantile(value, w["criteria_major_quantile"])
