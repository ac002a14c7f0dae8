"""Groups of searchers: the product's landscape and search under the published rules."""

from __future__ import annotations

import numpy as np
import pytest
from numba import typeof

from experiments.replications import groups
from simulation import streams
from simulation.columns import COMPONENT_PLACES
from simulation.landscape import contribution, table_of
from simulation.search import pick_component
from simulation.state import STATE

KEY = np.uint64(streams.replicate_key(7, 3))
PARTS = 10  # a contribution is rounded to one decimal


def built(
    components: int = 8, links: int = 3, searchers: int = 6, to_any: bool = False, levels: int = 0
) -> groups.Group:
    group = groups.new_group(components, links, searchers)
    groups.build_landscape(group, KEY, to_any, levels)
    return group


def everybody(searchers: int) -> np.ndarray:
    rows = np.arange(searchers)
    return np.stack([np.delete(rows, row) for row in rows])


def flipped_by(row: int, step: int, design: int, components: int) -> int:
    """What the product's search tries, by its address of luck."""
    u = streams.uniform(KEY, streams.TRY_COMPONENT, step, np.uint64(row))
    return int(design ^ (1 << pick_component((1 << components) - 1, u)))


def test_unrounded_sum_is_the_products_table() -> None:
    """Rounding to 2^20 parts rounds nothing: then both ways to tabulate agree bit for bit."""
    exact = built().state.landscapes[0].copy()
    assert np.array_equal(built(levels=1 << 20).state.landscapes[0], exact)
    assert len(np.unique(exact)) > 200


def test_search_finds_the_table_where_the_model_looks_for_it() -> None:
    """No need to tabulate again: with more components than a need has room for, it could not."""
    group = built(components=20, links=5)
    before = group.state.landscapes.copy()
    table_of(group.state, 0)
    assert np.array_equal(group.state.landscapes, before)


def test_a_need_has_places_for_every_component() -> None:
    assert groups.MOST_COMPONENTS <= COMPONENT_PLACES


def test_contributions_are_rounded_one_by_one() -> None:
    group = built(to_any=True, levels=PARTS)
    key, masks = group.state.needs["key"][0], group.state.needs["mask"][0]
    for design in (0, 5, 77, 255):
        parts = [
            contribution(np.uint64(streams.combine(key, i)), masks[i], design) / 2**20
            for i in range(8)
        ]
        assert group.state.landscapes[0][design] == sum(round(PARTS * part) for part in parts)


def test_links_to_any_component_may_be_to_itself() -> None:
    group = groups.new_group(15, 7, 1)
    sizes = set()
    for k in range(40):
        groups.build_landscape(group, np.uint64(streams.replicate_key(1, k)), True, PARTS)
        masks = group.state.needs["mask"][0][:15]
        assert all(mask & (1 << i) for i, mask in enumerate(masks))
        sizes |= {int(mask).bit_count() for mask in masks}
    assert sizes == {7, 8}  # seven links, one of which may be the component itself


def test_links_to_others_are_the_products() -> None:
    masks = built(components=20, links=5).state.needs["mask"][0, :20]
    assert {int(mask).bit_count() for mask in masks} == {6}


def test_peaks_by_looking_at_every_neighbour() -> None:
    table = built().state.landscapes[0]
    expected = sum(
        all(table[design] >= table[design ^ (1 << i)] for i in range(8)) for design in range(256)
    )
    assert groups.count_peaks(table, 8) == expected > 1


@pytest.mark.parametrize("strategy", [groups.ALONE, groups.BEST_MEMBER])
def test_search_is_the_published_rule_step_by_step(strategy: int) -> None:
    """A plain version, searcher by searcher, comes to the same payoffs to the last bit."""
    searchers, components, steps = 6, 8, 30
    group = built(searchers=searchers)
    around = everybody(searchers)
    payoffs = groups.search(group, around, strategy, 0, True, 8.0, np.arange(steps + 1))

    table = group.state.landscapes[0]
    designs = [
        int(streams.uniform(KEY, groups.FIRST_DESIGN, 0, row) * len(table))
        for row in range(searchers)
    ]
    for step in range(steps + 1):
        plain = sum((table[design] / table.max()) ** 8.0 for design in designs) / searchers
        assert payoffs[step] == pytest.approx(plain, rel=1e-13)
        following = []
        for row, design in enumerate(designs):
            best = max((designs[other] for other in around[row]), key=lambda one: table[one])
            tried = flipped_by(row, step, design, components)
            if strategy == groups.BEST_MEMBER and table[best] > table[design]:
                following.append(best)
            else:
                following.append(tried if table[tried] > table[design] else design)
        designs = following
    assert payoffs[-1] > payoffs[0]


def offered(designs: list[int], strategy: int, sample: int) -> int:
    """What somebody is offered by neighbours who hold these designs."""
    table = built().state.landscapes[0]
    around, seen = np.arange(len(designs)), np.empty(len(designs), np.int64)
    held = np.array(designs, np.int64)
    return int(groups.offered(KEY, table, held, around, strategy, sample, 0, 99, seen))


def test_conformity_takes_the_most_frequent_design() -> None:
    assert offered([9, 4, 4, 200], groups.CONFORMITY, 0) == 4
    assert offered([9, 4, 4, 9, 9], groups.CONFORMITY, 5) == 9
    assert offered([1, 2, 3], groups.CONFORMITY, 3) == -1  # all differ: nothing is offered
    assert offered([], groups.CONFORMITY, 3) == -1


def test_best_member_takes_the_highest_payoff() -> None:
    table = built().state.landscapes[0]
    designs = [3, 77, 130, 251]
    assert offered(designs, groups.BEST_MEMBER, 0) == max(designs, key=lambda one: table[one])


def test_a_sample_holds_different_neighbours_and_all_are_sampled() -> None:
    around, seen = np.arange(1, 12), np.empty(11, np.int64)
    met: set[int] = set()
    for step in range(60):
        assert groups.look_around(KEY, around, 3, step, 0, seen) == 3
        assert len(set(seen[:3])) == 3
        met |= {int(row) for row in seen[:3]}
    assert met == set(range(1, 12))


def test_without_tries_of_their_own_nobody_finds_anything_new() -> None:
    group = built(searchers=6)
    groups.search(group, everybody(6), groups.RANDOM_COPYING, 1, False, 8.0, np.array([0, 1]))
    first = {int(streams.uniform(KEY, groups.FIRST_DESIGN, 0, row) * 256) for row in range(6)}
    assert set(group.held.tolist()) <= first


def test_climbers_end_on_peaks_and_hold_the_best_where_there_is_one_peak() -> None:
    group = built(links=0)
    groups.search(group, np.zeros((6, 0), np.int64), groups.ALONE, 0, True, 1.0, np.array([400]))
    assert groups.share_on_peaks(group) == 1.0
    assert groups.holds_best(group)
    group.held[:] ^= 1
    assert groups.share_on_peaks(group) == 0.0
    assert not groups.holds_best(group)


def test_the_rule_runs_on_the_models_own_state() -> None:
    """A version of a rule for another type would stand in the cache that the model starts from."""
    assert typeof(built().state) is STATE
