"""The landscape against plain definitions, and against theory where theory is exact."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from simulation import streams
from simulation.bits import count_bits, lowest
from simulation.landscape import (
    contribution,
    least_count,
    partial_gain,
    percentile,
    prepare,
    raw_threshold,
    tabulate,
    values_at,
)
from simulation.setup import first_state
from tests.support import worlds
from tests.support.worlds import plain

LEVEL = 1e-5  # chance that one statistical assertion fails by bad luck


def masks_of(components: int, links: int, key: int) -> np.ndarray:
    """Each component with its ``links`` neighbours, drawn by ranking hashes."""
    masks = np.zeros(16, np.int64)
    for i in range(components):
        order = sorted(
            (j for j in range(components) if j != i),
            key=lambda j: int(streams.mix(np.uint64(key * 4096 + 64 * i + j))),
        )
        masks[i] = (1 << i) | sum(1 << j for j in order[:links])
    return masks


def landscape(components: int, links: int, key: int) -> np.ndarray:
    table = np.zeros(1 << components, np.int32)
    tabulate(np.uint64(key), masks_of(components, links, key), components, table)
    return table


def local_optima(table: np.ndarray) -> int:
    """Designs that no single change improves."""
    n = int(np.log2(len(table)))
    designs = np.arange(len(table))
    best_neighbour = np.max([table[designs ^ (1 << i)] for i in range(n)], axis=0)
    return int((table >= best_neighbour).sum())


def address(key: int, component: int) -> np.uint64:
    return np.uint64(streams.combine(np.uint64(key), component))


def plain_sum(key: int, masks: np.ndarray, components: int, design: int) -> int:
    """The definition, in Python's own integers and with the uncompiled rule."""
    return sum(
        int(plain(contribution)(address(key, i), masks[i], design)) for i in range(components)
    )


@pytest.fixture(autouse=True)
def _quiet_overflow() -> Iterator[None]:
    with np.errstate(over="ignore"):
        yield


@pytest.mark.parametrize(("components", "links"), [(6, 0), (8, 3), (10, 9)])
def test_the_table_is_the_sum_of_contributions(components: int, links: int) -> None:
    key = 77
    masks = masks_of(components, links, key)
    table = landscape(components, links, key)
    for design in range(len(table)):
        assert table[design] == plain_sum(key, masks, components, design)


def test_contributions_depend_on_the_component_and_its_neighbours_only() -> None:
    masks = masks_of(10, 3, 5)
    for i in range(10):
        outside = [j for j in range(10) if not masks[i] & (1 << j)]
        inside = [j for j in range(10) if masks[i] & (1 << j)]
        base = contribution(address(5, i), masks[i], 345)
        assert all(contribution(address(5, i), masks[i], 345 ^ (1 << j)) == base for j in outside)
        assert all(contribution(address(5, i), masks[i], 345 ^ (1 << j)) != base for j in inside)


@pytest.mark.parametrize("flips", [0b1, 0b100000000100, 0b11011])
def test_gains_of_parts_add_up_to_the_gain_of_the_whole(flips: int) -> None:
    masks = masks_of(12, 4, 9)
    table = landscape(12, 4, 9)
    for design in (0, 1, 4095, 2730):
        halves = [partial_gain(np.uint64(9), masks, part, design, flips) for part in (0x555, 0xAAA)]
        assert sum(halves) == table[design ^ flips] - table[design]


def test_contributions_are_uniform() -> None:
    values = np.array([contribution(address(k, 3), 15, 7) for k in range(20_000)])
    counts, _ = np.histogram(values, bins=50, range=(0, 1 << 20))
    assert stats.chisquare(counts).pvalue > LEVEL


@pytest.mark.parametrize("share", [0.0005, 0.00125, 0.005, 0.02, 0.1])
@pytest.mark.parametrize("links", [0, 5])
def test_the_threshold_is_the_worst_of_the_best(links: int, share: float) -> None:
    table = landscape(12, links, 31)
    wanted = max(1, round(share * len(table)))
    assert values_at(table, np.array([len(table) - wanted])) == np.sort(table)[-wanted]


def test_values_at_ranks_are_those_of_the_sorted_table() -> None:
    table = landscape(11, 3, 8)
    ranks = np.array([0, 1, 700, 1024, 2046, 2047])
    assert (values_at(table, ranks) == np.sort(table)[ranks]).all()


def test_values_at_ranks_count_ties() -> None:
    table = np.array([5, 9, 9, 9, 1, 2, 3, 4], np.int32)
    assert values_at(table, np.arange(8)).tolist() == [1, 2, 3, 4, 5, 9, 9, 9]


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.4, 1639), (0.5, 2048), (1.0, 4096)])
def test_the_least_count_is_the_first_that_reaches_the_share(share: float, count: int) -> None:
    assert least_count(share, 4096) == count


@pytest.mark.parametrize("bounds", [(0.4, 0.6), (0.0, 0.1), (0.0, 1.0), (0.99, 1.0), (0.5, 0.5)])
def test_teams_start_between_the_percentiles(bounds: tuple[float, float]) -> None:
    """The bounds in fitness say what the percentile of each design says."""
    low, high = bounds
    world = worlds.changed_world({"search.start_low": low, "search.start_high": high})
    state = first_state(world, worlds.default_population(), seed=1, replicate=0)
    prepare(state, 3)
    table = state.landscapes[3]
    places = np.array([percentile(table, value) for value in table])
    allowed = (table > state.start_above[3]) & (table <= state.start_up_to[3])
    assert (allowed == ((places >= low) & (places <= high))).all()


def test_the_raw_threshold_lies_between_mean_and_best() -> None:
    table = landscape(10, 4, 3)
    middle = table.mean() + 0.9 * (table.max() - table.mean())
    assert raw_threshold(table, 0.005) == int(middle)


def test_the_percentile_is_the_share_strictly_below() -> None:
    table = np.array([1, 2, 2, 3], np.int32)
    assert [percentile(table, value) for value in (1, 2, 3, 9)] == [0.0, 0.25, 0.75, 1.0]
    table = landscape(9, 4, 12)
    for value in table[::37]:
        assert percentile(table, value) == (table < value).mean()


@pytest.mark.parametrize("key", range(20))
def test_without_links_there_is_one_local_optimum(key: int) -> None:
    assert local_optima(landscape(10, 0, key)) == 1


def test_with_all_links_local_optima_are_as_many_as_theory_says() -> None:
    """K = N - 1: a design is best of its N + 1 neighbours, so 2^N / (N + 1) on average.

    Two-sided at LEVEL over 500 landscapes; a mean off by 5 % would be seen with power > .99.
    """
    n, landscapes = 8, 500
    counts = np.array([local_optima(landscape(n, n - 1, key)) for key in range(landscapes)])
    expected = 2**n / (n + 1)
    error = counts.std(ddof=1) / np.sqrt(landscapes)
    critical = stats.norm.isf(LEVEL / 2)
    assert abs(counts.mean() - expected) < critical * error
    assert stats.norm.cdf(0.05 * expected / error - critical) > 0.99


def test_more_links_mean_more_local_optima() -> None:
    means = [
        np.mean([local_optima(landscape(10, k, key)) for key in range(30)]) for k in (0, 2, 5, 9)
    ]
    assert means == sorted(means)
    assert means[-1] > 5 * means[1]


@pytest.mark.parametrize(("part", "count"), [(0, 0), (1, 1), (0b1011, 3), ((1 << 16) - 1, 16)])
def test_bits_are_counted(part: int, count: int) -> None:
    assert count_bits(part) == count


@pytest.mark.parametrize(("part", "first"), [(1, 0), (0b1010, 1), (1 << 15, 15), (0b11100, 2)])
def test_the_lowest_element_is_found(part: int, first: int) -> None:
    assert lowest(part) == first
