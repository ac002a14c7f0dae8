"""Each fact on networks and series made by hand, where the answer is known."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest

from experiments.statistics.paired import CANNOT_TELL, HIGHER, LOWER, Difference
from experiments.stylised import measures
from experiments.stylised.observed import Observed
from experiments.stylised.results import (
    CONTRARY,
    EMERGES,
    EVERYWHERE,
    HUB_FACT,
    NOWHERE,
    OPEN,
    SOMEWHERE,
    UNKNOWN,
    UNTOLD,
    Cell,
    Found,
    verdict_of,
)
from experiments.validation.network import Network


def network(teams: Sequence[Sequence[int]], kind: Sequence[int], region: Sequence[int]) -> Network:
    """Projects in this order; the first member leads."""
    places = [(k, one, j == 0) for k, team in enumerate(teams) for j, one in enumerate(team)]
    project, organisation, lead = (np.array(column) for column in zip(*places, strict=True))
    return Network(
        project, organisation, lead.astype(bool), np.array(kind), np.array(region),
        np.arange(len(teams), dtype=float), np.full(len(teams), np.nan),
    )  # fmt: skip


def observed(teams: Sequence[Sequence[int]], organisations: int = 8, **changes: object) -> Observed:
    """A run with these projects; organisations 0 and 1 are universities."""
    kind = [1, 1] + [0] * (organisations - 2)
    region = [k % 2 for k in range(organisations)]
    made = Observed(
        network=network(teams, kind, region),
        active=np.ones(organisations, bool),
        expertise=np.eye(organisations),
        own_paid=np.zeros(organisations),
        values=np.empty(0),
        solved=np.zeros(8, np.int64),
        bids=np.empty((0, 3), np.int64),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_tails_are_variations() -> None:
    even = observed([[0, 1], [2, 3], [4, 5], [6, 7]])
    assert measures.participation_tail(even) == (0.0, 1.0)
    assert measures.degree_tail(even) == (0.0, 1.0)
    hub = observed([[0, k] for k in range(1, 8)])
    counts = np.array([7, 1, 1, 1, 1, 1, 1, 1])
    expected = counts.std(ddof=1) / counts.mean()
    assert measures.participation_tail(hub)[0] == pytest.approx(expected)
    assert measures.degree_tail(hub)[0] == pytest.approx(expected)


def test_the_core_is_that_of_the_deepest_teams() -> None:
    run = observed([[0, 1, 2, 3], [0, 4], [1, 5], [2, 6]])
    value, reference = measures.core_of_science(run)
    assert value == 0.5 and reference == pytest.approx(2 / 7)
    star = observed([[0, k] for k in range(1, 8)])  # without its university all fall apart
    fall, at_random = measures.science_holds_together(star)
    assert fall == pytest.approx(1.0 - 1 / 6) and fall > at_random


def test_newcomers_are_seen_with_those_they_join() -> None:
    joined = [[0, 1], [0, 2], [1, 3], [0, 4], [2, 5]]
    value, reference = measures.newcomers_join_incumbents(observed(joined))
    assert value == pytest.approx(4 / 6)  # the two of the first project have each other
    assert 0.0 < reference < 1.0


def test_repeated_pairs_stand_out_from_permuted_ones() -> None:
    value, reference = measures.repeat_ties(observed([[0, 1], [2, 3], [4, 5], [6, 7]] * 6))
    assert value == pytest.approx(20 / 24) and reference < 0.6


def test_technology_and_geography_are_told_apart() -> None:
    alike = np.repeat(np.eye(4), 2, axis=0)  # 0 and 1 know the same, 2 and 3, ...
    teams = [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
    ] * 4  # partners know the same and are from other regions
    technology, geography = measures.technology_before_geography(observed(teams, expertise=alike))
    assert technology > 1.0 > 0.0 > geography
    teams = [[0, 2], [4, 6], [1, 3], [5, 7]] * 4  # from the same region, knowing other things
    technology, geography = measures.technology_before_geography(observed(teams, expertise=alike))
    assert technology < 0.0 < geography


def test_value_and_clusters() -> None:
    values = np.array([91.0] + [1.0] * 9)
    share, half = measures.value_is_skewed(observed([[0, 1]], values=values))
    assert share == pytest.approx(0.91) and half == 0.5
    assert math.isnan(measures.value_is_skewed(observed([[0, 1]], values=values[:9]))[0])
    regular = measures.clustered_in_time(observed([[0, 1]], solved=np.full(20, 3)))
    bursts = measures.clustered_in_time(observed([[0, 1]], solved=np.array([0, 0, 9, 0] * 5)))
    trend = measures.clustered_in_time(observed([[0, 1]], solved=np.arange(20)))
    assert regular[0] == 0.0 and bursts[0] > 5.0 and trend[0] < 0.1


def test_experience_is_compared_within_the_year() -> None:
    first = [[0, lead, 1] for lead in range(10)] + [[0, lead, 0] for lead in range(10, 20)]
    later = [[8, lead, 1] for lead in range(10)] + [[8, lead, 0] for lead in range(10, 20)]
    bids = np.array(first + later)
    assert measures.experience_wins_bids(observed([[0, 1]], bids=bids)) == (1.0, 0.0)
    assert math.isnan(measures.experience_wins_bids(observed([[0, 1]], bids=bids[:10]))[0])


def test_the_median_of_own_research_leaves_out_who_is_gone() -> None:
    paid = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100.0])
    here = np.arange(8) < 7
    assert measures.median_own_research(observed([[0, 1]], own_paid=paid, active=here)) == 3.0


def difference(verdict: str, n: int = 9) -> Difference:
    return Difference("a", "b", 1.0, 0.1, 0.5, 1.5, 0.5, 1.5, 1.0, n, verdict)


@pytest.mark.parametrize(
    ("fact", "told", "verdict"),
    [
        ("repeat_ties", HIGHER, EMERGES),
        ("repeat_ties", LOWER, CONTRARY),
        ("repeat_ties", CANNOT_TELL, OPEN),
        (HUB_FACT, LOWER, EMERGES),
        (HUB_FACT, HIGHER, CONTRARY),
    ],
)
def test_the_rule_of_verdicts(fact, told, verdict) -> None:
    assert verdict_of(fact, difference(told)) == verdict
    assert verdict_of(fact, difference(told, n=1)) == UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        ([EMERGES, EMERGES, UNKNOWN], EVERYWHERE),
        ([EMERGES, OPEN], SOMEWHERE),
        ([EMERGES, CONTRARY], SOMEWHERE),
        ([CONTRARY, OPEN], NOWHERE),
        ([OPEN, OPEN], UNTOLD),
        ([UNKNOWN], UNTOLD),
    ],
)
def test_overall_is_told_by_regimes(verdicts, overall) -> None:
    cells = tuple(
        Cell("repeat_ties", str(k), 1.0, 0.0, difference(HIGHER), one)
        for k, one in enumerate(verdicts)
    )
    assert Found(cells, 9).overall("repeat_ties") == overall
