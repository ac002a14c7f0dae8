"""Networks of searchers: degrees, paths, and what cannot be built."""

from __future__ import annotations

import numpy as np
import pytest

from agents.settings import ConfigError
from experiments.replications.networks import mean_path, neighbours


def test_full_ring_and_none() -> None:
    assert [set(row) for row in neighbours("full", 4, 3, 0, 1)] == [
        {1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2},
    ]  # fmt: skip
    assert [set(row) for row in neighbours("ring", 4, 3, 0, 1)] == [{1, 3}, {0, 2}, {1, 3}, {0, 2}]
    assert neighbours("none", 4, 3, 0, 1).shape == (4, 0)
    assert mean_path(neighbours("full", 9, 3, 0, 1)) == 1.0
    assert mean_path(neighbours("ring", 5, 3, 0, 1)) == 1.5
    assert np.isinf(mean_path(neighbours("none", 4, 3, 0, 1)))


@pytest.mark.parametrize("swaps", [0, 5, 2000])
def test_everybody_in_caves_has_the_degree_and_nobody_itself(swaps: int) -> None:
    around = neighbours("caves", 100, 19, swaps, 7)
    assert around.shape == (100, 19)
    for row, others in enumerate(around):
        assert len(set(others)) == 19 and row not in others
        assert all(row in around[other] for other in others)


def test_swaps_shorten_the_paths() -> None:
    paths = [mean_path(neighbours("caves", 100, 19, swaps, 7)) for swaps in (0, 5, 80, 2000)]
    assert paths == sorted(paths, reverse=True)
    assert paths[0] > 3.5 and paths[-1] < 1.9


def test_caves_are_a_ring_of_closed_groups() -> None:
    around = neighbours("caves", 12, 3, 0, 1)
    assert set(around[2]) == {0, 1, 3}
    assert 1 not in around[0]  # the link within that was moved to the next cave
    assert 4 in around[1] and 9 in around[0]


@pytest.mark.parametrize(("members", "degree"), [(90, 19), (40, 19), (100, 2)])
def test_members_that_fill_no_caves_are_refused(members: int, degree: int) -> None:
    with pytest.raises(ConfigError, match="three or more groups of degree"):
        neighbours("caves", members, degree, 0, 1)
