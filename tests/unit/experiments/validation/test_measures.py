"""Measures on networks small enough for the head, and against networkx."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from experiments.validation import measures
from experiments.validation.measures import FIRM, INSTITUTE, MEASURES, UNIVERSITY
from experiments.validation.network import UNKNOWN
from experiments.words import LANGUAGES, Words
from tests.support.programmes import drawn, network

# Four projects of organisations 0-4; 0 leads two of them, 0 and 1 are together three times.
KINDS = [UNIVERSITY, FIRM, FIRM, INSTITUTE, UNKNOWN]
REGIONS = [0, 0, 1, 1, UNKNOWN]
SMALL = network([[0, 1, 2], [3, 0, 1], [0, 1], [4, 2]], KINDS, REGIONS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organisations_per_project", 5 / 4),
        ("size_mean", 10 / 4),
        ("size_median", 2.5),
        ("participation_gini", 6 / 25),  # counts 1 1 2 3 3: 2 (1+2+6+12+15) / (5 x 10) - 6/5
        ("top_tenth", 3 / 10),
        ("single_share", 2 / 5),
        ("incumbent_share", 3 / 4),  # second half: 0, 1, 4, 2, of which only 4 is new
        ("persistence", 3 / 4),  # first half: 0, 1, 2, 3; not seen again: 3
        ("repeat_share", 2 / 8),  # pairs 3 + 3 + 1 + 1; 0-1 comes again twice
        ("university_share", 3 / 9),
        ("firm_share", 5 / 9),
        ("university_leads", 2 / 3),  # leads 0, 3, 0, and 4 of unknown type
        ("institute_leads", 1 / 3),
        ("firm_leads", 0.0),
        # known pairs 7: 0-1 three times in region 0; places 6 of region 0, 3 of region 1
        ("same_region_ratio", (3 / 7) / ((6 / 9) ** 2 + (3 / 9) ** 2)),
        ("firm_firm_mixing", (1 / 7) / (5 / 9) ** 2),
        ("university_firm_mixing", (4 / 7) / (2 * (3 / 9) * (5 / 9))),
        ("giant_share", 1.0),
    ],
)
def test_by_hand(name: str, value: float) -> None:
    assert MEASURES[name].of(SMALL) == pytest.approx(value)


def test_attachment_of_counts_in_proportion() -> None:
    """Who was in k projects is in k later ones, or in k squared: exponents 1 and 2."""
    past = [[0, 10], [1, 11], [1, 12], [2, 13], [2, 14], [2, 15], [2, 16]]
    linear = [[0], [1], [1], [2], [2], [2], [2]]
    assert len(past) == len(linear)
    square = [[0], *[[1]] * 4, *[[2]] * 16]
    for new, exponent in ((linear, 1.0), (square, 2.0)):
        x = np.log(np.array([1.0, 2.0, 4.0]))
        y = np.array([sum(who in team for team in new) for who in (0, 1, 2)], np.float64)
        assert measures._poisson_slope(x, y) == pytest.approx(exponent, abs=1e-6)
    only = network([*past, *linear], None, None)
    assert measures.attachment_exponent(only) == pytest.approx(
        measures._poisson_slope(np.log([1.0, 2.0, 4.0, *[1.0] * 7]), np.array([1.0, 2, 4, *[0.0] * 7]))
    )  # fmt: skip


def test_undefined_is_nan() -> None:
    alone = network([[0], [1]])
    for name in ("attachment_exponent", "repeat_share", "same_region_ratio", "firm_leads",
                 "firm_firm_mixing", "duration_months", "path_length"):  # fmt: skip
        assert math.isnan(MEASURES[name].of(alone)), name


@pytest.mark.parametrize("seed", range(3))
def test_against_networkx(seed: int) -> None:
    one = drawn(np.random.default_rng(seed), 60, organisations=150)
    graph = nx.Graph()
    for project in range(one.projects):
        graph.add_edges_from(combinations(one.organisation[one.project == project].tolist(), 2))
    giant = graph.subgraph(max(nx.connected_components(graph), key=len))
    assert measures.clustering(one) == pytest.approx(nx.average_clustering(graph))
    assert measures.path_length(one) == pytest.approx(nx.average_shortest_path_length(giant))
    assert measures.giant_share(one) == pytest.approx(len(giant) / len(graph))


@pytest.mark.parametrize("seed", range(3))
def test_pairs_against_a_plain_count(seed: int) -> None:
    one = drawn(np.random.default_rng(seed), 40, old_friends=0.5)
    seen: set[tuple[int, int]] = set()
    again = total = same = 0
    for project in range(one.projects):
        members = sorted(one.organisation[one.project == project].tolist())
        pairs = list(combinations(members, 2))
        again += sum(pair in seen for pair in pairs)
        same += sum(one.region[a] == one.region[b] for a, b in pairs)
        total += len(pairs)
        seen |= set(pairs)
    shares = np.array(list(Counter(one.region[one.organisation].tolist()).values()))
    expected = ((shares / shares.sum()) ** 2).sum()
    assert measures.repeat_share(one) == pytest.approx(again / total)
    assert measures.same_region_ratio(one) == pytest.approx(same / total / expected)


def test_permuting_keeps_counts_and_sizes_and_nobody_is_twice_in_a_project() -> None:
    one = drawn(np.random.default_rng(1), 60, organisations=90, spread=1.5)
    other = one.permuted(3)
    assert (np.bincount(one.organisation) == np.bincount(other.organisation)).all()
    assert (one.sizes == other.sizes).all()
    assert not (one.organisation == other.organisation).all()
    assert (one.permuted(3).organisation == other.organisation).all()
    for null in (other, one.evenly_filled(3)):
        pairs = set(zip(null.project.tolist(), null.organisation.tolist(), strict=True))
        assert len(pairs) == len(null.project)


def test_measures_that_permuting_cannot_change_have_another_null() -> None:
    one = drawn(np.random.default_rng(2), 60, spread=1.5)
    for measure in MEASURES.values():
        if measure.even and measure.name != "attachment_exponent":
            assert measure.of(one.permuted(5)) == pytest.approx(measure.of(one))
            assert measure.of(one.evenly_filled(5)) != pytest.approx(measure.of(one))


def test_parts_keep_the_projects_in_order() -> None:
    parts = list(SMALL.windows(2, 10))
    assert [part.projects for part in parts] == [2, 2]
    assert parts[1].organisation.tolist() == [0, 1, 4, 2]
    assert len(list(drawn(np.random.default_rng(0), 50).windows(5, 4))) == 4
    assert SMALL.of_size(3).projects == 2
    left = SMALL.without(np.array([False, False, True, False, True]))
    assert left.projects == 3 and left.organisation.tolist() == [0, 1, 3, 0, 1, 0, 1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_measure_has_words(lang: str) -> None:
    words = Words(lang)
    assert all(words(f"validation.measure.{name}") for name in MEASURES)
