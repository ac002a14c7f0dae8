"""Groups of searchers on one landscape, through the product's own landscape and search.

A searcher is a team of one that is judged on the whole design without error, so that
:func:`simulation.search.attempt` is the published rule: one random component is flipped, and the
flip is kept if the design is strictly better. Landscapes come from
:func:`simulation.needs.draw_links` and :func:`simulation.landscape.tabulate`. Written here is only
what the product has no use for: looking at others, links to any component, rounded contributions.

Compiled rules call nothing compiled outside of this file and ``simulation``: numba would not
notice a change there (see :mod:`agents.compiled`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.compiled import rule
from experiments.replications.blank import blank_state
from simulation import streams
from simulation.landscape import contributions, tabulate
from simulation.needs import draw_links
from simulation.search import attempt, draw_tries, prepare_tries
from simulation.state import State

MOST_COMPONENTS = 20
STRATEGIES = ("alone", "best_member", "conformity", "random_copying")
ALONE, BEST_MEMBER, CONFORMITY, RANDOM_COPYING = range(len(STRATEGIES))

# Decisions that luck is drawn for, beyond the model's own.
FIRST_DESIGN, LINK_TO_ANY, NEIGHBOUR = range(1000, 1003)


@dataclass(frozen=True, slots=True)
class Group:
    """Searchers on one landscape.

    Attributes
    ----------
    state: the model's own state, blank but for one need, its landscape, and a team of one per
        searcher. Nobody errs, and every try is judged on the whole design.
    held: the designs that others see in a step, shape (searchers,).
    """

    state: State
    held: np.ndarray


def new_group(components: int, links: int, searchers: int) -> Group:
    """Room for searchers on landscapes of N ``components``, K ``links`` each."""
    state = blank_state({"c": searchers, "seats": searchers, "designs": 1 << components})
    state.world["needs_components"] = components
    state.world["needs_links_low"] = state.world["needs_links_high"] = links
    state.consortia["gamma"] = 1.0  # every try is judged on the whole design
    state.members["components"] = (1 << components) - 1
    state.members["in_turn"][:, :components] = np.arange(components)
    return Group(state, np.zeros(searchers, np.int64))


# ---------------------------------------------------------------- landscapes


def build_landscape(group: Group, key: Any, to_any: bool, levels: int) -> None:
    """Draw the landscape of a replicate.

    Parameters
    ----------
    key: of all draws of the replicate.
    to_any: links are drawn from all components, a component's own among them; otherwise from
        the others.
    levels: contributions are rounded to this many parts of 1; 0 for not at all.
    """
    draw_landscape(group.state, np.uint64(key), to_any, levels)


@rule
def draw_landscape(s: Any, key: Any, to_any: bool, levels: int) -> None:
    """The same, compiled. The table takes the need's place, where the search finds it."""
    s.luck[0] = key
    need = s.needs[0]
    need.key = streams.bits(key, streams.LANDSCAPE, 0, 0)
    if to_any:
        link_to_any(s, need)
    else:
        draw_links(s, need, 0)
    n = s.world[0].needs_components
    if levels == 0:
        tabulate(need.key, need.mask, n, s.landscapes[0])
    else:
        tabulate_rounded(need.key, need.mask, n, levels, s.landscapes[0])


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


def search(
    group: Group, neighbours: np.ndarray, strategy: int, sample: int, tries_alone: bool,
    exponent: float, times: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Let all searchers start anew and search; all move at once in every step.

    Parameters
    ----------
    neighbours: who is seen by whom, shape (searchers, degree).
    sample: how many neighbours are looked at in a step; 0 for all.
    tries_alone: whether who copies nothing makes a try of its own.
    exponent: of fitness as a share of the highest, which makes the payoff.
    times: steps after which payoffs are recorded, increasing, from 0, shape (times,).

    Returns
    -------
    Mean payoffs over searchers, shape (times,).
    """
    payoffs = np.zeros(len(times))
    how = (strategy, sample, tries_alone)
    search_all(group.state, group.held, neighbours, how, exponent, times, payoffs)
    return payoffs


@rule
def search_all(
    s: Any, held: Any, neighbours: Any, how: Any, exponent: float, times: Any, payoffs: Any
) -> None:
    """The same, compiled; ``how`` holds strategy, sample and tries_alone."""
    table = s.landscapes[0]
    top = table.max()
    for row in range(len(held)):
        u = streams.uniform(s.luck[0], FIRST_DESIGN, 0, row)
        held[row] = int(u * len(table))
        s.consortia[row].design = held[row]
    seen = np.empty(neighbours.shape[1], np.int64)
    mark = 0
    at_rest = False
    for step in range(times[-1] + 1):
        if step == times[mark]:
            payoffs[mark] = mean_payoff(table, held, top, exponent)
            mark += 1
        if step < times[-1] and not at_rest:
            move_all(s, table, held, neighbours, how, step, seen)
            at_rest = all_on_one_peak(table, held, s.world[0].needs_components)


@rule
def mean_payoff(table: Any, held: Any, top: Any, exponent: float) -> Any:
    """Mean over searchers of the payoff (f / max f) ** exponent."""
    total = 0.0
    for design in held:
        total += math.pow(table[design] / top, exponent)
    return total / len(held)


@rule
def move_all(
    s: Any, table: Any, held: Any, neighbours: Any, how: Any, step: int, seen: Any
) -> None:
    """One step: each copies what its strategy offers if that is better, else tries by itself."""
    strategy, sample, tries_alone = how
    for row in range(len(held)):
        s.try_member[row] = row
        s.try_name[row] = row
    draw_tries(s, step, len(held))
    prepare_tries(s, s.consortia[0], step, len(held))
    for row in range(len(held)):
        c = s.consortia[row]
        option = -1
        if strategy != ALONE:
            option = offered(
                s.luck[0], table, held, neighbours[row], strategy, sample, step, row, seen
            )
        if option >= 0 and table[option] > table[c.design]:
            c.design = option
        elif tries_alone:
            c.design = attempt(s, c, s.members[row], c.design, row)
    for row in range(len(held)):
        held[row] = s.consortia[row].design


@rule
def all_on_one_peak(table: Any, held: Any, components: int) -> Any:
    """Whether all hold the same design and no flip makes it better: then nobody moves any more."""
    for design in held:
        if design != held[0]:
            return False
    return is_peak(table, components, held[0])


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


def holds_best(group: Group) -> bool:
    """Whether any searcher holds a design of the highest fitness."""
    table = group.state.landscapes[0]
    return bool(table[group.held].max() == table.max())


def share_on_peaks(group: Group) -> float:
    """Share of searchers on a design that no flip makes better."""
    table = group.state.landscapes[0]
    components = int(group.state.world[0]["needs_components"])
    return sum(bool(is_peak(table, components, design)) for design in group.held) / len(group.held)
