"""NK landscapes with integer contributions, so that the order of adding cannot matter.

The fitness of a design is the sum over its components of a hashed integer in [0, 2^20) that
depends on the component's state and those of its K neighbours (Kauffman 1993). All 2^N designs are
tabulated when a team first starts.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import rule
from simulation import streams
from simulation.bits import count_bits, lowest

MEAN_CONTRIBUTION = 524288.0  # 2^19, the mean of a contribution
PLACES = 1 << 14  # for tables, at least, if there are as many needs
CHUNK_BITS = 14
CHUNKS = 1 << 10  # of fitness, which is below 2^24 for 16 components or fewer


@rule
def contribution(address, mask, design):
    """Contribution of a component, hashed to ``address``, to a design: an integer in [0, 2^20).

    ``mask`` holds the component and its neighbours as bits.
    """
    return np.int64(streams.mix(address ^ np.uint64(design & mask)) >> np.uint64(44))


@rule
def partial_gain(key, masks, part, design, flips):
    """What flipping some components adds to the fitness of the components in the bit set ``part``.

    Those that neither are flipped nor have such neighbours contribute 0 and are passed over.
    """
    gain = 0
    while part:
        i = lowest(part)
        part &= part - 1
        if masks[i] & flips == 0:
            continue
        address = streams.combine(key, i)
        gain += contribution(address, masks[i], design ^ flips) - contribution(
            address, masks[i], design
        )
    return gain


@rule
def tabulate(key, masks, components, table):
    """Fill ``table``, shape (2**components,), with the fitness of every design.

    A row holds the designs with the same upper half of components. To a component most rows look
    alike, for it sees itself and its neighbours only; each look is hashed once.
    """
    lower = components // 2
    rows = table.reshape(1 << (components - lower), 1 << lower)
    looks = np.empty_like(rows)
    rows[:] = 0
    for i in range(components):
        for upper in range(len(rows)):
            look = upper & (masks[i] >> lower)
            if look == upper:
                contributions(key, i, masks[i], upper << lower, looks[upper])
            add_to(rows[upper], looks[look])


@rule
def contributions(key, component, mask, first, out):
    """Fill ``out`` with the contributions of one component to the designs from ``first`` on."""
    address = streams.combine(key, component)
    for k in range(len(out)):
        out[k] = np.int32(contribution(address, mask, first + k))


@rule
def add_to(row, more):
    """Add in 32 bits, so that the compiler adds eight designs at once."""
    for k in range(len(row)):
        row[k] = np.int32(row[k] + more[k])


@rule
def values_at(table, ranks):
    """Fitness at some ranks of the sorted table, from 0, shape (ranks,).

    The table is sorted only where it must be: designs are counted by chunks of equal width in
    fitness, and the chunks in which the ranks fall are sorted.
    """
    counts = np.zeros(CHUNKS, np.int64)
    for value in table:
        counts[value >> CHUNK_BITS] += 1
    wanted = np.zeros(CHUNKS, np.bool_)
    places = np.empty(len(ranks), np.int64)  # of the ranks in the chunks that are sorted
    size = 0
    below = 0
    for chunk in range(CHUNKS):
        for k in range(len(ranks)):
            if below <= ranks[k] < below + counts[chunk]:
                wanted[chunk] = True
                places[k] = size + ranks[k] - below
        below += counts[chunk]
        if wanted[chunk]:
            size += counts[chunk]
    inside = values_in(table, wanted, size)
    for k in range(len(ranks)):
        places[k] = inside[places[k]]
    return places


@rule
def values_in(table, wanted, size):
    """Fitness of the ``size`` designs in the wanted chunks, sorted."""
    inside = np.empty(size, np.int64)
    n = 0
    for value in table:
        if not wanted[value >> CHUNK_BITS]:
            continue
        place = n
        while place > 0 and inside[place - 1] > value:
            inside[place] = inside[place - 1]
            place -= 1
        inside[place] = value
        n += 1
    return inside


@rule
def raw_threshold(table, top_share):
    """Least fitness that solves without looking at ranks: 1 - 20 q of the way from mean to best."""
    return int(table.mean() + (1.0 - 20.0 * top_share) * (table.max() - table.mean()))


@rule
def percentile(table, fitness):
    """Share of all designs strictly below this fitness.

    Counted in 32 bits and by index, for then the compiler compares eight designs at once.
    """
    below = np.int32(0)
    for design in range(len(table)):
        below = np.int32(below + (table[design] < fitness))
    return below / len(table)


@rule
def table_of(s, index):
    """The landscape of a need: the fitness of every design, shape (2**N,).

    All regimes of a replicate share the tables. Where there are fewer places than needs, a table
    that has lost its place is tabulated again when somebody asks for it.
    """
    place = s.place_of[index]
    if s.tabulated[place] != index:
        place = take_place(s, index)
        need = s.needs[index]
        tabulate(need.key, need.mask, s.world[0].needs_components, s.landscapes[place])
        s.tabulated[place] = index
        s.place_of[index] = place
    return s.landscapes[place]


@rule
def take_place(s, index):
    """A free place for a table; when all are taken, all are taken back, and those in use rebuilt."""
    places = len(s.landscapes)
    if places == len(s.needs):
        return index
    if s.free_count[0] == 0:
        for place in range(places):
            s.free_places[place] = place
            s.tabulated[place] = -1
        s.free_count[0] = places
    s.free_count[0] -= 1
    return s.free_places[s.free_count[0]]


@rule
def give_place_back(s, index):
    """Free the place of a need's table when its last team has ended, where places are scarce."""
    place = s.place_of[index]
    if len(s.landscapes) == len(s.needs) or s.tabulated[place] != index:
        return
    s.tabulated[place] = -1
    s.free_places[s.free_count[0]] = place
    s.free_count[0] += 1


@rule
def prepare(s, index):
    """Find out which designs solve a need and where its teams start, unless somebody has.

    A design solves it that is among the best round(q 2^N), ties included. Teams start where the
    share of designs strictly below lies between the starting percentiles.
    """
    if s.thresholds[index] >= 0:
        return
    w = s.world[0]
    table = table_of(s, index)
    size = len(table)
    ranks = np.empty(3, np.int64)
    ranks[0] = max(least_count(w.search_start_low, size) - 1, 0)
    ranks[1] = min(least_count(np.nextafter(w.search_start_high, 2.0), size) - 1, size - 1)
    ranks[2] = size - max(1, int(w.criteria_top_share * size + 0.5))
    values = values_at(table, ranks)
    s.start_above[index] = values[0] if w.search_start_low > 0.0 else -1
    s.start_up_to[index] = values[1]
    s.thresholds[index] = values[2]
    if w.criteria_raw_fitness == 1:
        s.thresholds[index] = raw_threshold(table, w.criteria_top_share)


@rule
def least_count(share, size):
    """The smallest number of designs that is at least this share of them."""
    count = int(share * size)
    while count / size < share:
        count += 1
    return count


@rule
def start_design(s, index, luck, earlier, distinct):
    """A design in the starting percentiles; with ``distinct``, far from the ``earlier`` starts."""
    table = table_of(s, index)
    best = 0
    farthest = -1
    for k in range(64):
        u = streams.uniform(s.luck[0], streams.START_DESIGN, k, luck)
        design = int(u * len(table))
        if table[design] <= s.start_above[index] or table[design] > s.start_up_to[index]:
            continue
        if not distinct or len(earlier) == 0:
            return design
        nearest = 99
        for other in earlier:
            nearest = min(nearest, count_bits(design ^ other))
        if nearest > farthest:
            farthest = nearest
            best = design
    return best
