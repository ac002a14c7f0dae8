"""The state of a run: one object in Python, one pointer in compiled code.

Handing thirty arrays from rule to rule is slow (each call counts references to all of them) and
takes minutes to compile. Compiled rules therefore get a pointer to a small table of addresses and
shapes, and ``s.organisations`` is read from it where it is used. The arrays belong to the
:class:`State` object, which outlives every call.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir
from numba import cfunc, types
from numba.core import cgutils
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import (
    NativeValue,
    intrinsic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype

from agents.indices import RuleCompiler
from agents.kinds import PAYERS
from simulation import columns
from simulation.columns import (
    ACTIVE_PROJECTS,
    LINE,
    N_BODIES,
    N_CONSORTIA,
    N_EVENTS,
    N_LISTED,
    N_LIVE,
    N_MEMBERS,
    N_NEEDS_SEEN,
    N_SOLVED,
    N_SOURCES,
)
from simulation.memory import memory_for
from simulation.outcomes import BINDING_RULES, TRAJECTORIES
from simulation.policies.registry import PROGRAMME_COLUMNS
from simulation.world import WORLD_COLUMNS

Shape = tuple[str | int, ...]  # lengths, or names of lengths that differ between runs


def _column(dtype: Any, shape: Shape, meaning: str) -> Any:
    return field(metadata={"dtype": np.dtype(dtype), "shape": shape, "meaning": meaning})


@dataclass(frozen=True, eq=False, kw_only=True)
class State:
    """Everything the compiled phases read and write.

    n organisations (rows reserved for entrants included), F fields, P programmes (private practice
    included), R regions, PR of both, m needs, t landscapes, c rows for consortia; the other names
    say what they count. ``block`` is the memory of the columns in :data:`PACKED`.
    """

    luck: np.ndarray = _column(np.uint64, (1,), "key of all draws")
    world: np.ndarray = _column(WORLD_COLUMNS, (1,), "WORLD_COLUMNS")
    programmes: np.ndarray = _column(
        PROGRAMME_COLUMNS, ("P",), "PROGRAMME_COLUMNS; row 0 is private practice"
    )
    programme_state: np.ndarray = _column(columns.PROGRAMME_STATE, ("P",), "PROGRAMME_STATE")
    stages: np.ndarray = _column(
        np.int64, ("P", "stages"), "counts of simulation.stages, then tasks in each region"
    )
    purses: np.ndarray = _column(
        np.int64, ("P", "purses"), "fen: the regions', the centre's, then the departments'"
    )
    focus: np.ndarray = _column(
        np.int64, ("PR", "F"), "1: a focus field of a region's programme, regions innermost"
    )
    escrow: np.ndarray = _column(
        np.int64, ("c", "purses"), "fen of a grant still held, by the purse it came from"
    )
    organisations: np.ndarray = _column(columns.ORGANISATION, ("n",), "ORGANISATION")
    active: np.ndarray = _column(np.int8, ("n",), "1: the organisation exists")
    knows: np.ndarray = _column(
        np.uint64, ("n",), "fields in which it has the least useful expertise, as bits"
    )
    expertise: np.ndarray = _column(np.float64, ("n", "F"), "")
    floor: np.ndarray = _column(np.float64, ("n", "F"), "level that forgetting stops at")
    ties: np.ndarray = _column(columns.TIE, ("n", columns.MAX_TIES), "TIE")
    directory: np.ndarray = _column(columns.PLACE, ("n",), "PLACE, all in the order of hashes")
    ring_start: np.ndarray = _column(
        np.int64, ("bounds",), "first index of each field's ring; ring F holds all firms"
    )
    distance: np.ndarray = _column(np.float64, ("F", "F"), "field distance in [0, 1]")
    reach: np.ndarray = _column(
        np.float64, ("F", "F"), "share of a solution's knowledge that reaches another field"
    )
    related: np.ndarray = _column(
        np.float64, ("F", "F"), "weight with which a need of the second field has the first"
    )
    region_weight: np.ndarray = _column(np.float64, ("R",), "share of a programme's regional money")
    hub: np.ndarray = _column(np.int64, (1,), "region without a specialisation, or -1")
    needs: np.ndarray = _column(columns.NEED, ("m",), "NEED, shared by all regimes of a replicate")
    landscapes: np.ndarray = _column(
        np.int32, ("t", "designs"), "integer fitness of all designs of a need, in t places"
    )
    tabulated: np.ndarray = _column(np.int64, ("t",), "need whose table stands there, or -1")
    place_of: np.ndarray = _column(np.int64, ("m",), "where a need's table stands or stood")
    free_places: np.ndarray = _column(
        np.int64, ("t",), "places without a table, the first ``free_count``"
    )
    free_count: np.ndarray = _column(np.int64, (1,), "")
    thresholds: np.ndarray = _column(
        np.int64, ("m",), "fitness that solves; -1 until the landscape is built"
    )
    start_above: np.ndarray = _column(np.int64, ("m",), "fitness above which teams start")
    start_up_to: np.ndarray = _column(np.int64, ("m",), "fitness up to which teams start")
    problems: np.ndarray = _column(columns.PROBLEM, ("m",), "PROBLEM")
    no_problem: np.ndarray = _column(
        columns.PROBLEM, (1,), "what a row of problems holds before its need arises"
    )
    live: np.ndarray = _column(
        np.int64, ("m",), "needs that may still be solved or adopted, the first N_LIVE, in order"
    )
    solved: np.ndarray = _column(np.int64, ("m",), "solved needs, the first N_SOLVED")
    consortia: np.ndarray = _column(columns.CONSORTIUM, ("c",), "CONSORTIUM")
    no_consortium: np.ndarray = _column(
        columns.CONSORTIUM, (1,), "what a row of consortia holds before it is used: zeros"
    )
    members: np.ndarray = _column(
        columns.MEMBER, ("seats",), "MEMBER, those of a consortium after each other"
    )
    running: np.ndarray = _column(
        np.int64, ("c",), "rows of running projects, the first ACTIVE_PROJECTS are valid"
    )
    inflow: np.ndarray = _column(
        np.float64, ("F",), "knowledge of solutions that becomes public this quarter"
    )
    supply_risk: np.ndarray = _column(
        np.float64, ("chains", "F"), "foreign-supply risk of each link; 0 where a field is none"
    )
    domestic_stock: np.ndarray = _column(
        np.float64, ("F",), "solved needs, by their components' fields, faded"
    )
    ledger: np.ndarray = _column(np.int64, (len(columns.ACCOUNTS),), "fen")
    paid: np.ndarray = _column(np.int64, (len(PAYERS),), "fen paid for projects, bids and looking")
    bound: np.ndarray = _column(np.int64, (len(BINDING_RULES),), "how often each rule bound")
    counters: np.ndarray = _column(np.int64, (columns.COUNTERS,), "")
    events: np.ndarray = _column(columns.EVENT, ("events",), "EVENT; empty when nobody listens")
    discounted: np.ndarray = _column(
        np.float64,
        (5,),
        "million yuan, discounted: value, resource cost, public outlay; then resources and outlay so far, undiscounted",
    )
    cutoffs: np.ndarray = _column(
        np.float64, (2,), "difficulty of a technical, value of a major breakthrough"
    )
    cohort: np.ndarray = _column(
        np.int64, (2,), "first need that counts, and first that counts no more"
    )
    trajectory: np.ndarray = _column(np.float64, ("quarters", len(TRAJECTORIES)), "")
    ring: np.ndarray = _column(
        columns.PLACE, ("entries",), "PLACE, on each ring in the order of hashes"
    )
    bodies: np.ndarray = _column(columns.BODY, (columns.MAX_BODIES,), "BODY")
    sources: np.ndarray = _column(columns.SOURCE, (columns.MAX_SOURCES,), "SOURCE")
    funds: np.ndarray = _column(columns.FUND, ("R",), "FUND")

    # Room to work in for a team that meets, or forms; means nothing at other times.
    length: np.ndarray = _column(
        np.float64, (columns.MAX_MEMBERS,), "squared lengths of its members' profiles"
    )
    passing: np.ndarray = _column(
        np.float64,
        (columns.MAX_MEMBERS**2,),
        "what pairs pass on per unit of expertise that one has more, in the order they meet",
    )
    taught: np.ndarray = _column(
        np.int64, (columns.MAX_COMPONENTS,), "the fields in which its members learn from each other"
    )
    level: np.ndarray = _column(
        np.float64,
        (columns.MAX_MEMBERS, columns.MAX_COMPONENTS),
        "what its members know in these fields",
    )
    # Room to work in for a team that searches; means nothing at other times.
    try_member: np.ndarray = _column(
        np.int64, (columns.MOST_TRIES,), "row of the member who makes a try"
    )
    try_name: np.ndarray = _column(np.uint64, (columns.MOST_TRIES,), "name of a try in all draws")
    try_component: np.ndarray = _column(
        np.float64, (columns.MOST_TRIES,), "draw of the component that a try changes"
    )
    try_flips: np.ndarray = _column(
        np.int64, (columns.MOST_TRIES,), "components that a try changes, as bits"
    )
    try_concerned: np.ndarray = _column(
        np.int64,
        (columns.MOST_TRIES,),
        "the member's components whose contributions that may change",
    )
    try_error: np.ndarray = _column(
        np.float64, (columns.MOST_TRIES,), "standard deviation of the error of judging it"
    )
    try_integrated: np.ndarray = _column(
        np.float64, (columns.MOST_TRIES,), "draw of whether a try is judged on the whole design"
    )
    try_noise: np.ndarray = _column(
        np.float64, (columns.MOST_TRIES,), "draw of the length of the error of judging a try"
    )
    try_angle: np.ndarray = _column(np.float64, (columns.MOST_TRIES,), "draw of its angle")
    round_ends: np.ndarray = _column(np.int64, (columns.MOST_ROUNDS,), "tries up to a round's end")
    # Room to work in for the lead that now looks for partners; means nothing at other times.
    known: np.ndarray = _column(np.int16, ("n",), "times each has worked with it; else 0")
    looked_at: np.ndarray = _column(np.int8, ("n",), "1: it has looked at this one; else 0")
    found: np.ndarray = _column(np.int64, (columns.MAX_LOOKS,), "rows of those it has looked at")
    window: np.ndarray = _column(
        np.int64, (columns.MOST_SEEN,), "rows next on a ring, seen at once"
    )
    window_name: np.ndarray = _column(
        np.uint64, (columns.MOST_SEEN,), "names of these in all draws"
    )
    window_weight: np.ndarray = _column(np.float64, (columns.MOST_SEEN,), "weights of these")
    window_luck: np.ndarray = _column(np.float64, (columns.MOST_SEEN,), "draws of their clocks")
    soonest: np.ndarray = _column(np.int64, (columns.MAX_LOOKS,), "rows on a ring, by their clocks")
    clocks: np.ndarray = _column(np.float64, (columns.MAX_LOOKS,), "the clocks of these")
    pool: np.ndarray = _column(columns.CANDIDATE, (columns.MAX_LOOKS,), "CANDIDATE")
    levels: np.ndarray = _column(
        np.float64, (columns.MAX_COMPONENTS,), "the team's best expertise for each component"
    )
    worth: np.ndarray = _column(
        np.float64, (columns.MAX_COMPONENTS + 1,), "utility by the number of components covered"
    )
    # Answers that all regimes of a replicate share.
    powers: np.ndarray = _column(
        np.float64,
        (columns.MAX_COMPONENTS + 1, 2),
        "a coverage near so many components, NaN before, and its power",
    )

    block: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8), repr=False)
    table: np.ndarray = field(init=False, repr=False)
    handle: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", np.zeros((len(COLUMNS), 3), np.int64))
        self._point_to({name: getattr(self, name) for name in COLUMNS})

    def replace(self, **changes: np.ndarray) -> State:
        """The same state with other arrays in some places.

        Columns of :data:`PACKED` come together with their block, or a branch would lose them.
        """
        if "block" not in changes and (loose := changes.keys() & set(PACKED)):
            raise ValueError(f"write into {', '.join(sorted(loose))} of the state instead")
        other = object.__new__(State)
        other.__dict__.update(self.__dict__)  # what copy.copy does, in a tenth of its time
        object.__setattr__(other, "table", self.table.copy())
        for name, array in changes.items():
            object.__setattr__(other, name, array)
        other._point_to({name: array for name, array in changes.items() if name != "block"})
        return other

    def _point_to(self, arrays: dict[str, np.ndarray]) -> None:
        """Write the addresses and shapes of some columns into the table."""
        for name, array in arrays.items():
            row, column = PLACES[name], COLUMNS[name]
            # comparing records field by field takes as long as copying them
            same = array.dtype is column["dtype"] or array.dtype == column["dtype"]
            if not same or array.ndim != len(column["shape"]):
                raise TypeError(f"state.{name} is {array.dtype}, {array.ndim}-dimensional")
            if not array.flags.c_contiguous:
                raise TypeError(f"state.{name} is not contiguous")
            self.table[row, 0] = array.ctypes.data
            self.table[row, 1 : 1 + array.ndim] = array.shape
        object.__setattr__(self, "handle", self.table.ctypes.data)


COLUMNS: dict[str, Any] = {
    item.name: item.metadata for item in dataclasses.fields(State) if item.metadata
}
PLACES = {name: row for row, name in enumerate(COLUMNS)}  # rows of the table

# What one regime may change; the rest is shared by all regimes of a replicate.
PACKED = (
    "funds", "organisations", "active", "knows", "expertise", "floor", "ties", "directory", "ring_start", "inflow",
    "domestic_stock", "ledger", "paid", "bound", "counters", "discounted", "trajectory",
)  # fmt: skip
# What has as many rows as the regime has programmes.
OF_REGIME = ("programmes", "programme_state", "stages", "purses", "focus")
CHANGING = (*PACKED, *OF_REGIME)
# Columns that start empty, and the counter of their rows in use; branches copy only these rows.
GROWING = {
    "consortia": N_CONSORTIA,
    "members": N_MEMBERS,
    "escrow": N_CONSORTIA,
    "running": ACTIVE_PROJECTS,
    "problems": N_NEEDS_SEEN,
    "live": N_LIVE,
    "solved": N_SOLVED,
    "ring": N_LISTED,
    "bodies": N_BODIES,
    "sources": N_SOURCES,
    "events": N_EVENTS,
}


# Rows of these are written when they are used; memory that is never written to costs nothing.
CLEARED_LATER = ("landscapes", "consortia", "members", "escrow", "running")


def room(sizes: Mapping[str, int], given: Collection[str]) -> dict[str, np.ndarray]:
    """Zeros for every column that is not among those given; a block for :data:`PACKED`.

    ``sizes``: the lengths that :data:`COLUMNS` have names for.
    """
    shapes = {
        name: tuple(
            length if isinstance(length, int) else sizes[length] for length in column["shape"]
        )
        for name, column in COLUMNS.items()
        if name not in given
    }
    columns = {
        name: memory_for(shape, COLUMNS[name]["dtype"], cleared=name not in CLEARED_LATER)
        for name, shape in shapes.items()
        if name not in PACKED
    }
    return columns | packed({name: shapes[name] for name in PACKED if name in shapes})


def packed(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Zeros for columns in one block of memory, and the block, so that all are copied at once."""
    kinds = [COLUMNS[name]["dtype"] for name in shapes]
    bytes_ = [
        math.prod(shape) * kind.itemsize for shape, kind in zip(shapes.values(), kinds, strict=True)
    ]
    places = np.cumsum([0, *(-(-size // LINE) * LINE for size in bytes_)]).tolist()
    views = {"block": memory_for((places[-1],), np.dtype(np.uint8), cleared=True)}
    for (name, shape), kind, start in zip(shapes.items(), kinds, places[:-1], strict=True):
        views[name] = np.ndarray(shape, kind, views["block"], start)
    return views


def copy_bytes(column: np.ndarray, into: np.ndarray) -> None:
    """Copy bytes: NumPy would copy records field by field."""
    if column.size:
        into.view(np.uint8)[...] = column.view(np.uint8)


class _StateType(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="State")


STATE = _StateType()


@typeof_impl.register(State)  # type: ignore[untyped-decorator]
def _typeof_state(value: State, context: Any) -> _StateType:
    return STATE


@register_model(_StateType)
class _StateModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, frontend: Any) -> None:
        super().__init__(manager, frontend, ir.IntType(64))


@unbox(_StateType)  # type: ignore[untyped-decorator]
def _unbox_state(kind: Any, value: Any, c: Any) -> NativeValue:
    number = c.pyapi.object_getattr_string(value, "handle")
    handle = c.pyapi.long_as_longlong(number)
    c.pyapi.decref(number)
    return NativeValue(handle, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _StateAttributes(AttributeTemplate):  # type: ignore[misc]
    key = _StateType

    def generic_resolve(self, state: Any, name: str) -> types.Array | None:
        if name not in COLUMNS:
            return None
        column = COLUMNS[name]
        return types.Array(from_dtype(column["dtype"]), len(column["shape"]), "C")


@lower_getattr_generic(_StateType)  # type: ignore[untyped-decorator]
def _read_column(context: Any, builder: Any, state: Any, handle: Any, name: str) -> Any:
    """An array over the column's memory; the table it is read from never changes meanwhile."""
    column = COLUMNS[name]
    first = 3 * PLACES[name]
    table = builder.inttoptr(handle, ir.IntType(64).as_pointer())

    def slot(place: int) -> Any:
        value = builder.load(builder.gep(table, [ir.IntType(64)(first + place)]))
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
        return value

    kind = types.Array(from_dtype(column["dtype"]), len(column["shape"]), "C")
    array = context.make_array(kind)(context, builder)
    size = ir.IntType(64)(column["dtype"].itemsize)
    shape = [slot(1 + axis) for axis in range(len(column["shape"]))]
    strides = [size] if len(shape) == 1 else [builder.mul(shape[1], size), size]
    data = builder.inttoptr(slot(0), context.get_data_type(kind.dtype).as_pointer())
    populate_array(array, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
    return array._getvalue()


@intrinsic  # type: ignore[untyped-decorator]
def state_at(context: Any, handle: Any) -> Any:
    """The state behind a handle, in compiled code."""
    return STATE(types.int64), lambda context, builder, signature, arguments: arguments[0]


@intrinsic  # type: ignore[untyped-decorator]
def copy_memory(context: Any, into: Any, start: Any, size: Any) -> Any:
    """Copy so many bytes from one address to another, in compiled code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places = [builder.inttoptr(one, ir.IntType(8).as_pointer()) for one in arguments[:2]]
        cgutils.raw_memcpy(builder, *places, arguments[2], 1)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def call_phase(context: Any, address: Any, state: Any, step: Any, policy: Any, fresh: Any) -> Any:
    """Call a phase by its address, in compiled code."""
    word = ir.IntType(64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flags = [builder.zext(flag, word) for flag in arguments[3:]]
        kind = ir.FunctionType(ir.VoidType(), [word] * 4).as_pointer()
        builder.call(builder.inttoptr(arguments[0], kind), [*arguments[1:3], *flags])
        return context.get_dummy_value()

    return types.none(types.int64, STATE, types.int64, types.boolean, types.boolean), generate


def compile_phase(function: Any) -> Any:
    """Compile ``function(handle, step, policy, fresh)``, all 64-bit integers, behind an address.

    Phases are called by address and not linked into those that step through them: each of these
    would optimise all of them again, which lengthens the first start.
    """
    words = types.void(types.int64, types.int64, types.int64, types.int64)
    options = {"cache": True, "error_model": "numpy", "pipeline_class": RuleCompiler}
    return cfunc(words, **options)(function)
