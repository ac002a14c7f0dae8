"""Groups of searchers on one landscape, through the product's own landscape and search.

A searcher is a team of one that is judged on the whole design without error, so that
:func:`simulation.search.attempt` is the published rule: one random component is flipped, and the
flip is kept if the design is strictly better. Landscapes come from
:func:`simulation.needs.draw_links` and :func:`simulation.landscape.table_of`. Written here is only
what the product has no use for: looking at others, links to any component, rounded contributions.

Compiled rules call nothing compiled outside of this file and ``simulation``: numba would not
notice a change there (see :mod:`agents.compiled`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba.core import cgutils
from numba.extending import intrinsic

from agents.compiled import rule
from simulation import columns, streams
from simulation.landscape import contributions, table_of
from simulation.needs import draw_links
from simulation.search import attempt
from simulation.world import WORLD_COLUMNS

MOST_COMPONENTS = 20
STRATEGIES = ("alone", "best_member", "conformity", "random_copying")
ALONE, BEST_MEMBER, CONFORMITY, RANDOM_COPYING = range(len(STRATEGIES))
# Decisions that luck is drawn for, beyond the model's own.
FIRST_DESIGN, LINK_TO_ANY, NEIGHBOUR = range(1000, 1003)

# The product's needs, with room for more components.
NEED = np.dtype(
    [
        (name, kind.base, (MOST_COMPONENTS,) if kind.shape else ())
        for name, kind in ((name, columns.NEED[name]) for name in columns.NEED.names or ())
    ],
    align=True,
)


class Group(NamedTuple):
    """The columns that landscape and search read, for one need and one searcher per row.

    Shapes: luck, world, needs, tabulated, place_of, free_places and free_count (1,);
    landscapes (1, 2**N); expertise (1, 1), which matters to nobody who errs not; consortia,
    members and held (searchers,), the last the designs that others see in a step.
    """

    luck: np.ndarray
    world: np.ndarray
    needs: np.ndarray
    expertise: np.ndarray
    landscapes: np.ndarray
    tabulated: np.ndarray
    place_of: np.ndarray
    free_places: np.ndarray
    free_count: np.ndarray
    consortia: np.ndarray
    members: np.ndarray
    held: np.ndarray


def new_group(components: int, links: int, searchers: int) -> Group:
    """Room for searchers on landscapes of N ``components``, K ``links`` each."""
    world = np.zeros(1, WORLD_COLUMNS)
    world["needs_components"] = components
    world["needs_links_low"] = world["needs_links_high"] = links
    consortia = np.zeros(searchers, columns.CONSORTIUM)
    consortia["gamma"] = 1.0  # every try is judged on the whole design
    members = np.zeros(searchers, columns.MEMBER)
    members["components"] = (1 << components) - 1
    return Group(
        luck=np.zeros(1, np.uint64),
        world=world,
        needs=np.zeros(1, NEED),
        expertise=np.zeros((1, 1)),
        landscapes=np.zeros((1, 1 << components), np.int32),
        tabulated=np.zeros(1, np.int64),
        place_of=np.zeros(1, np.int64),
        free_places=np.zeros(1, np.int64),
        free_count=np.zeros(1, np.int64),
        consortia=consortia,
        members=members,
        held=np.zeros(searchers, np.int64),
    )


@intrinsic  # type: ignore[untyped-decorator]
def borrowed(context: Any, array: Any) -> Any:
    """The same array, references to which are not counted; who calls the rules keeps it alive."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(array)(context, builder, value=arguments[0])
        for owner in ("meminfo", "parent"):
            setattr(view, owner, cgutils.get_null_value(getattr(view, owner).type))
        return view._getvalue()

    return array(array), generate


@rule
def lent(s: Any) -> Any:
    """The group without counting references, which would take most of the time of a try."""
    return Group(
        borrowed(s.luck), borrowed(s.world), borrowed(s.needs), borrowed(s.expertise),
        borrowed(s.landscapes), borrowed(s.tabulated), borrowed(s.place_of),
        borrowed(s.free_places), borrowed(s.free_count), borrowed(s.consortia),
        borrowed(s.members), borrowed(s.held),
    )  # fmt: skip


# ---------------------------------------------------------------- landscapes


@rule
def build_landscape(s: Any, luck: Any, to_any: bool, levels: int) -> None:
    """Draw the landscape of a replicate.

    ``to_any``: links are drawn from all components, a component's own among them; otherwise from
    the others. ``levels``: contributions are rounded to this many parts of 1; 0 for not at all.
    """
    s.luck[0] = luck
    need = s.needs[0]
    need.key = streams.bits(luck, streams.LANDSCAPE, 0, 0)
    if to_any:
        link_to_any(s, need)
    else:
        draw_links(s, need, 0)
    s.tabulated[0] = -1
    if levels == 0:
        table_of(s, 0)
    else:
        tabulate_rounded(need.key, need.mask, s.world[0].needs_components, levels, s.landscapes[0])
        s.tabulated[0] = 0


@rule
def link_to_any(s: Any, need: Any) -> None:
    """K different components for each, itself possible: then it has one link less in effect."""
    n = s.world[0].needs_components
    for i in range(n):
        drawn = 0
        missing = s.world[0].needs_links_low
        k = 0
        while missing > 0:
            u = streams.uniform(s.luck[0], LINK_TO_ANY, i, k)
            link = 1 << int(u * n)
            if drawn & link == 0:
                drawn |= link
                missing -= 1
            k += 1
        need.mask[i] = drawn | (1 << i)


@rule
def tabulate_rounded(key: Any, masks: Any, components: int, levels: int, table: Any) -> None:
    """Fitness of every design from the product's contributions, each rounded first."""
    looks = np.empty(len(table), np.int32)
    table[:] = 0
    for i in range(components):
        contributions(key, i, masks[i], 0, looks)
        for design in range(len(table)):
            table[design] += np.int32((np.int64(looks[design]) * levels + 524288) >> 20)


@rule
def count_peaks(table: Any, components: int) -> Any:
    """Designs that no flip of one component makes better."""
    peaks = 0
    for design in range(len(table)):
        peaks += is_peak(table, components, design)
    return peaks


@rule
def is_peak(table: Any, components: int, design: int) -> Any:
    """Whether no flip of one component makes a design better."""
    for i in range(components):
        if table[design ^ (1 << i)] > table[design]:
            return False
    return True


# ---------------------------------------------------------------- searchers


@rule
def search(
    owned: Any, neighbours: Any, strategy: int, sample: int, tries_alone: bool, exponent: float,
    times: Any, payoffs: Any,
) -> None:  # fmt: skip
    """Let all searchers start anew and search; all move at once in every step.

    Parameters
    ----------
    neighbours: who is seen by whom, shape (searchers, degree).
    sample: how many neighbours are looked at in a step; 0 for all.
    tries_alone: whether who copies nothing makes a try of its own.
    exponent: of fitness as a share of the highest, which makes the payoff.
    times: steps after which payoffs are recorded, increasing, from 0, shape (times,).
    payoffs: filled with the mean over searchers, shape (times,).
    """
    s = lent(owned)
    table = table_of(s, 0)
    top = table.max()
    for row in range(len(s.consortia)):
        u = streams.uniform(s.luck[0], FIRST_DESIGN, 0, row)
        s.consortia[row].design = int(u * len(table))
        s.held[row] = s.consortia[row].design
    seen = np.empty(neighbours.shape[1], np.int64)
    mark = 0
    at_rest = False
    for step in range(times[-1] + 1):
        if step == times[mark]:
            payoffs[mark] = mean_payoff(s, table, top, exponent)
            mark += 1
        if step < times[-1] and not at_rest:
            move_all(s, table, neighbours, strategy, sample, tries_alone, step, seen)
            at_rest = all_on_one_peak(s, table)


@rule
def mean_payoff(s: Any, table: Any, top: Any, exponent: float) -> Any:
    """Mean over searchers of the payoff (f / max f) ** exponent."""
    total = 0.0
    for row in range(len(s.consortia)):
        total += math.pow(table[s.consortia[row].design] / top, exponent)
    return total / len(s.consortia)


@rule
def move_all(
    s: Any, table: Any, neighbours: Any, strategy: int, sample: int, tries_alone: bool, step: int,
    seen: Any,
) -> None:  # fmt: skip
    """One step: each copies what its strategy offers if that is better, else tries by itself."""
    for row in range(len(s.consortia)):
        c = s.consortia[row]
        option = -1
        if strategy != ALONE:
            option = offered(
                s.luck[0], table, s.held, neighbours[row], strategy, sample, step, row, seen
            )
        if option >= 0 and table[option] > table[c.design]:
            c.design = option
        elif tries_alone:
            c.design = attempt(s, c, s.members[row], c.design, step, np.uint64(row))
    for row in range(len(s.consortia)):
        s.held[row] = s.consortia[row].design


@rule
def all_on_one_peak(s: Any, table: Any) -> Any:
    """Whether all hold the same design and no flip makes it better: then nobody moves any more."""
    for row in range(len(s.held)):
        if s.held[row] != s.held[0]:
            return False
    return is_peak(table, s.world[0].needs_components, s.held[0])


@rule
def offered(
    luck: Any, table: Any, held: Any, around: Any, strategy: int, sample: int, step: int, row: int,
    seen: Any,
) -> Any:  # fmt: skip
    """The design that the neighbours looked at offer; -1 if they offer none."""
    count = look_around(luck, around, sample, step, row, seen)
    best = -1
    most = 1  # so that conformity takes only what two or more hold
    for k in range(count):
        design = held[seen[k]]
        if strategy == CONFORMITY:
            holders = 0
            for other in range(count):
                holders += held[seen[other]] == design
            if holders > most:
                most = holders
                best = design
        elif best < 0 or table[design] > table[best]:
            best = design
    return best


@rule
def look_around(luck: Any, around: Any, sample: int, step: int, row: int, seen: Any) -> Any:
    """Fill ``seen`` with different neighbours and say how many.

    They come in random order, so that the first of equals is random; all, in the order of their
    rows, where there are no more than the sample.
    """
    if sample == 0 or sample >= len(around):
        seen[: len(around)] = around
        return len(around)
    found = 0
    k = 0
    while found < sample:
        u = streams.uniform(luck, NEIGHBOUR, step, streams.combine(row, k))
        seen[found] = around[int(u * len(around))]
        k += 1
        new = True
        for earlier in range(found):
            if seen[earlier] == seen[found]:
                new = False
        if new:
            found += 1
    return found


@rule
def holds_best(s: Any) -> Any:
    """Whether any searcher holds a design of the highest fitness."""
    table = table_of(s, 0)
    top = table.max()
    for row in range(len(s.consortia)):
        if table[s.consortia[row].design] == top:
            return True
    return False


@rule
def share_on_peaks(s: Any) -> Any:
    """Share of searchers on a design that no flip makes better."""
    table = table_of(s, 0)
    count = 0
    for row in range(len(s.consortia)):
        count += is_peak(table, s.world[0].needs_components, s.consortia[row].design)
    return count / len(s.consortia)
