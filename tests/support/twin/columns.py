"""A twin's objects written into the columns of the engine, to be compared to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from agents.kinds import PAYERS
from simulation import columns
from simulation.columns import (
    ACCOUNTS,
    COMPONENT_PLACES,
    N_LIVE,
)
from simulation.outcomes import BINDING_RULES, TRAJECTORIES
from simulation.setup import _allocate, install
from simulation.stages import FIRST_REGION, STAGES
from simulation.state import COLUMNS, GROWING, State
from tests.support.twin import consortium, needs
from tests.support.twin.consortium import Consortium, Member
from tests.support.twin.model import TwinModel
from tests.support.twin.needs import Need
from tests.support.twin.programmes import Programme
from tests.support.twin.stream import relatedness

NEED_STATUS = (needs.LATENT, needs.OPEN, needs.RUNNING, needs.SOLVED, needs.CLOSED)
CONSORTIUM_STATE = (
    consortium.BIDDING, consortium.ACTIVE, consortium.SOLVED, consortium.FAILED,
    consortium.STOPPED, consortium.OVERTAKEN, consortium.REFUSED,
)  # fmt: skip
NOT_COMPARED = {
    "events": "the log of a run's story; the twin keeps none",
    "live": "which needs the engine still goes through; the twin goes through all that have come",
    "tabulated": "where a landscape stands; the twin keeps one with each need",
    "place_of": "the same",
    "free_places": "the same",
    "free_count": "the same",
    "length": "scratch: squared lengths of a team's profiles while its members learn",
    "passing": "scratch: what a team's pairs pass on while its members learn",
    "taught": "scratch: in which fields a team's members learn from each other",
    "level": "scratch: what they know in these",
    "try_member": "scratch: who makes a team's tries of a quarter",
    "try_name": "scratch: the names of these tries",
    "try_component": "scratch: their draws",
    "try_integrated": "the same",
    "try_noise": "the same",
    "try_angle": "the same",
    "try_flips": "scratch: what these tries change",
    "try_concerned": "scratch: whose contributions that may change",
    "try_error": "scratch: how they err",
    "round_ends": "scratch: how many tries each round ends after",
    "window": "scratch: who is next on one ring",
    "window_name": "scratch: the names of these",
    "window_weight": "scratch: their weights",
    "window_luck": "scratch: their draws",
    "found": "scratch: whom a lead has looked at while it forms a team",
    "soonest": "scratch: whom a lead looks at on one ring",
    "clocks": "scratch: the clocks of those on one ring",
    "pool": "scratch: candidates while a lead forms a team",
    "levels": "scratch: the best expertise of a team while it is formed",
    "worth": "scratch: utilities that a lead has worked out while it forms a team",
    "powers": "powers of coverages that are kept; the twin works out each when it is asked",
    "consortia.asking": "scratch: the layer the lead asks members for while it forms a team",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A column in which two states differ, and the first entity for which they do."""

    column: str
    entity: tuple[int, ...]
    engine: Any
    twin: Any

    def __str__(self) -> str:
        place = ", ".join(str(number) for number in self.entity)
        return f"{self.column}[{place}]: engine {self.engine!r}, twin {self.twin!r}"


# ---------------------------------------------------------------- writing


def columns_of(model: TwinModel) -> State:
    """Everything the twin knows, in the engine's columns."""
    fields = range(model.w.fields_count)
    related = [[relatedness(model, field, other) for other in fields] for field in fields]
    state = _allocate(model.world, model.population, 0).replace(
        distance=np.array(model.distance), reach=np.array(model.reach), related=np.array(related)
    )
    if model.programmes:
        state = install(state, model.regime)
    for name in GROWING:  # the engine clears a row when it is used
        column = getattr(state, name)
        column[:] = state.no_problem if name == "problems" else np.zeros(1, column.dtype)
    _write_constants(state, model)
    _write_people(state, model)
    _write_needs(state, model)
    _write_consortia(state, model)
    _write_programmes(state, model)
    _write_accounts(state, model)
    return state


def _bits(places: Iterable[int]) -> int:
    return sum(1 << place for place in places)


def _rows(objects: Iterable[Any]) -> dict[Any, int]:
    """The row of each object; nobody's is -1."""
    return {None: -1} | {one: row for row, one in enumerate(objects)}


def _fill(record: Any, one: Any, otherwise: Mapping[str, Any]) -> None:
    """Write an object's attributes into a record; ``otherwise``: those with another form."""
    for name in record.dtype.names:
        if f"consortia.{name}" in NOT_COMPARED:
            continue
        value = otherwise[name] if name in otherwise else getattr(one, name)
        if isinstance(value, list):
            record[name][: len(value)] = value
        else:
            record[name] = value


def _write_constants(state: State, model: TwinModel) -> None:
    state.luck[0] = model.luck.key
    _fill(state.world[0], model.w, {})
    for record, programme in zip(state.programmes, _all_programmes(model), strict=True):
        _fill(record, programme.levers, {})
    state.region_weight[:] = model.region_weight
    state.hub[0] = model.hub
    state.cohort[:] = (model.cohort.start, model.cohort.stop)
    state.cutoffs[:] = (model.cutoffs["technical"], model.cutoffs["major"])
    for row, chain in zip(state.supply_risk, model.chains, strict=True):
        for field, risk in chain.risks.items():
            row[field] = risk


def _write_people(state: State, model: TwinModel) -> None:
    row_of = _rows(model.organisations)
    for row, one in enumerate(model.organisations):
        _fill(state.organisations[row], one, {"ties": len(one.ties)})
        state.active[row] = one.active
        state.knows[row] = _bits(one.knows)
        state.expertise[row] = one.expertise
        state.floor[row] = one.floor
        for partner, tie in one.ties.items():
            state.ties[row, tie.place] = (row_of[partner], tie.last, tie.times)
    directory = model.directory
    for place, one in enumerate(directory.everybody):
        _fill(state.directory[place], one, {"row": row_of[one]})
    position = 0
    for number, ring in enumerate([*directory.rings, directory.firms]):
        state.ring_start[number] = position
        for one in ring:
            _fill(state.ring[position], one, {"row": row_of[one]})
            position += 1
    state.ring_start[-1] = position


def _write_needs(state: State, model: TwinModel) -> None:
    row_of, project_of = _rows(model.organisations), _rows(model.consortia)
    for row, need in enumerate(model.needs):
        _fill(
            state.needs[row],
            need,
            {
                "owner": row_of[need.raised_by],
                "field": need.fields,
                "first": _bits(need.fields.index(field) for field in set(need.fields)),
                "misposed": _bits(need.misposed),
                "owner_knows": _bits(need.owner_knows),
                "mask": need.masks,
                "seen_by": _seen_by(need.masks),
                "prerequisite": need.prerequisite.index if need.prerequisite else -1,
                "waiting": -1,
                "waiting_too": -1,
            },
        )
        if need.prerequisite:  # the last of those that wait for the same is found first
            first = state.needs[need.prerequisite.index]
            state.needs[row]["waiting_too"] = first["waiting"]
            first["waiting"] = row
        _fill(
            state.problems[row],
            need,
            {
                "status": NEED_STATUS.index(need.status),
                "owner": row_of[need.owner],
                "programme": need.programme.number if need.programme else -1,
                "declined": _bits(programme.number for programme in need.declined),
                "solver": project_of[need.solver],
                "adopter": row_of[need.adopter],
                "put_right": _bits(need.put_right),
            },
        )
        _write_landscape(state, row, need, model.w)
    solved = [need.index for need in model.needs if need.status == needs.SOLVED]
    state.solved[: len(solved)] = solved


def _seen_by(masks: list[int]) -> list[int]:
    components = range(len(masks))
    return [_bits(i for i in components if masks[i] & (1 << j)) for j in components]


def _write_landscape(state: State, row: int, need: Need, w: SimpleNamespace) -> None:
    if need.landscape:
        if _has_room_for_all(state):
            state.landscapes[row] = need.landscape.table
        state.thresholds[row] = need.landscape.threshold
        ordered = need.landscape.ordered
        percentiles = np.searchsorted(ordered, ordered) / len(ordered)
        too_low = ordered[percentiles < w.search_start_low]
        state.start_above[row] = too_low[-1] if len(too_low) else -1
        state.start_up_to[row] = ordered[percentiles <= w.search_start_high][-1]


def _write_consortia(state: State, model: TwinModel) -> None:
    row_of, body_of = _rows(model.organisations), _rows(model.bodies)
    consortium_of = _rows(model.consortia)
    first = 0
    for row, c in enumerate(model.consortia):
        _fill(
            state.consortia[row],
            c,
            {
                "row": row,
                "state": CONSORTIUM_STATE.index(c.state),
                "problem": c.need.index,
                "programme": c.programme.number,
                "body": body_of[c.body],
                "lead": row_of[c.lead],
                "size": len(c.members),
                "first": first,
                "touched": _bits(c.touched),
                "misposed": _bits(c.misposed),
                "responsible": [_position(c, member) for member in c.responsible],
                "regions": len(c.regions),
            },
        )
        state.escrow[row] = c.escrow
        for member in c.members:
            in_turn = sorted(member.components)
            part = {
                "row": row_of[member.organisation],
                "components": _bits(in_turn),
                "in_turn": in_turn + [0] * (COMPONENT_PLACES - len(in_turn)),
            }
            _fill(state.members[first], member, part)
            first += 1
    state.running[: len(model.projects)] = [consortium_of[c] for c in model.projects]
    for row, body in enumerate(model.bodies):
        others = {
            "programme": body.programme.number,
            "lead": row_of[body.lead],
            "size": len(body.members),
            "member": [row_of[one] for one in body.members],
        }
        _fill(state.bodies[row], body, others)


def _position(c: Consortium, member: Member | None) -> int:
    """Place of a member in the order of joining; nobody's is -1."""
    return c.members.index(member) if member else -1


def _all_programmes(model: TwinModel) -> list[Programme]:
    return [model.private_practice, *model.programmes]


def _write_programmes(state: State, model: TwinModel) -> None:
    row_of = _rows(model.organisations)
    names = [stage.name for stage in STAGES]
    for programme in _all_programmes(model):
        row = programme.number
        _fill(state.programme_state[row], programme, {})
        state.purses[row] = programme.purses
        state.stages[row, :FIRST_REGION] = _in_order(programme.stages, names)
        state.stages[row, FIRST_REGION:] = programme.tasks_in_region
        for region, fields in enumerate(programme.focus):
            state.focus[row * model.regions + region, sorted(fields)] = 1
    for row, source in enumerate(model.sources):
        others = {"programme": source.programme.number, "holder": row_of[source.holder]}
        _fill(state.sources[row], source, others)
    for row, fund in enumerate(model.funds):
        _fill(state.funds[row], fund, {})


def _in_order(counts: Mapping[str, int], names: Iterable[str]) -> list[int]:
    """Counts by name as a list; a name that the engine does not know is refused."""
    names = list(names)
    unknown = set(counts) - set(names)
    if unknown:
        raise KeyError(f"the engine does not count {sorted(unknown)}")
    return [counts[name] for name in names]


def _write_accounts(state: State, model: TwinModel) -> None:
    state.ledger[:] = _in_order(model.ledger, ACCOUNTS)
    state.paid[:] = _in_order(model.paid, PAYERS)
    state.bound[:] = _in_order(model.bound, BINDING_RULES)
    state.inflow[:] = model.inflow
    state.domestic_stock[:] = model.domestic_stock
    counters = {
        columns.N_CONSORTIA: len(model.consortia),
        columns.N_BODIES: len(model.bodies),
        columns.N_ORGANISATIONS: len(model.organisations),
        columns.N_ENTRANTS: model.entrants,
        columns.N_EXITS: model.exits,
        columns.ACTIVE_PROJECTS: len(model.projects),
        columns.N_NEEDS_SEEN: len(model.seen),
        columns.N_SOURCES: len(model.sources),
        columns.N_SOLVED: len([need for need in model.needs if need.status == needs.SOLVED]),
        columns.N_MEMBERS: sum(len(c.members) for c in model.consortia),
        columns.N_LISTED: sum(map(len, (*model.directory.rings, model.directory.firms))),
    }
    for place, count in counters.items():
        state.counters[place] = count
    welfare = model.welfare
    state.discounted[:] = (
        welfare.value, welfare.cost, welfare.public, welfare.resources_so_far,
        welfare.public_so_far,
    )  # fmt: skip
    for row, quarter in enumerate(model.trajectory):
        state.trajectory[row] = [quarter[outcome.name] for outcome in TRAJECTORIES]
    if not model.running:  # nothing changes any more: the last row holds to the end
        state.trajectory[len(model.trajectory) :] = state.trajectory[len(model.trajectory) - 1]


# ---------------------------------------------------------------- comparing


def differences(engine: State, twin: State) -> list[Difference]:
    """Every column in which the states differ, with the first entity for which they do."""
    theirs = dict(_comparable(twin))
    return [
        found
        for name, array in _comparable(engine)
        if (found := _difference(name, array, theirs[name]))
    ]


def _difference(name: str, engine: np.ndarray, twin: np.ndarray) -> Difference | None:
    if engine.shape != twin.shape:
        return Difference(f"{name} (shape)", (), engine.shape, twin.shape)
    size = f"u{engine.dtype.itemsize}"  # bits: -0.0 is not 0.0, and NaN is itself
    unequal = np.ascontiguousarray(engine).view(size) != np.ascontiguousarray(twin).view(size)
    if not unequal.any():
        return None
    first = tuple(int(number) for number in np.argwhere(unequal)[0])
    return Difference(name, first, engine[first].item(), twin[first].item())


def _comparable(state: State) -> Iterator[tuple[str, np.ndarray]]:
    """Every column by name, records by their fields, without what carries no meaning."""
    for name in COLUMNS:
        if name in NOT_COMPARED:
            continue
        array = _in_use(state, name)
        for field in array.dtype.names or ():
            full_name = f"{name}.{field}"
            if full_name not in NOT_COMPARED:
                yield full_name, array[field]
        if array.dtype.names is None:
            yield name, array


def _in_use(state: State, name: str) -> np.ndarray:
    """The rows of a column that mean something."""
    column: np.ndarray = getattr(state, name)
    if name in GROWING:  # behind them lies what was tried and did not form, or nothing
        column = column[: state.counters[GROWING[name]]]
    if name == "solved":  # listed by the engine in the order in which they were solved
        return np.sort(column)
    if name == "counters":  # without the length of a list that is not compared
        return np.where(np.arange(len(column)) == N_LIVE, 0, column)
    if name == "landscapes":  # where places are scarce, tables come and go
        return column[state.thresholds >= 0] if _has_room_for_all(state) else column[:0]
    return column


def _has_room_for_all(state: State) -> bool:
    """Whether every need has a place of its own for its landscape."""
    return len(state.landscapes) == len(state.needs)
