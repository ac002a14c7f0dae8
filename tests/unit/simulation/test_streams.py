"""Draws are uniform, independent of their neighbours, and never change between versions.

Every statistical assertion fails by bad luck with probability ``LEVEL``. The seeds are fixed, so a
green test stays green; the level says how surprising a failure after a change of ``streams`` is.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from simulation import streams


def key_of(seed: int, replicate: int) -> np.uint64:
    return np.uint64(streams.replicate_key(np.uint64(seed), np.uint64(replicate)))


KEY = key_of(20240521, 0)
LEVEL = 1e-5
N = 20_000


def draws(decision: int, steps: range, entities: range) -> np.ndarray:
    return np.array(
        [streams.uniform(KEY, decision, step, np.uint64(e)) for step in steps for e in entities]
    )


def assert_uniform(values: np.ndarray, cells: int = 50) -> None:
    """Chi-square over equal cells; a density off by 10 % in half of them is seen with power > .99."""
    counts, _ = np.histogram(values, bins=cells, range=(0.0, 1.0))
    assert stats.chisquare(counts).pvalue > LEVEL
    tilted = stats.ncx2.cdf(stats.chi2.isf(LEVEL, cells - 1), cells - 1, len(values) * 0.1**2)
    assert tilted < 0.01, "too few draws to see the bias"


@pytest.mark.parametrize(
    ("steps", "entities"),
    [(range(1), range(N)), (range(N), range(1)), (range(-1, 199), range(100))],
    ids=["entities", "steps", "both"],
)
@pytest.mark.parametrize("decision", [streams.HASH_ORGANISATION, streams.BODY_POSITION])
def test_uniform_along_every_axis(decision: int, steps: range, entities: range) -> None:
    values = draws(decision, steps, entities)
    assert values.min() > 0.0
    assert values.max() < 1.0
    assert len(np.unique(values)) == N
    assert_uniform(values)


def test_uniform_over_decisions_and_replicates() -> None:
    keys = [key_of(5, r) for r in range(500)]
    values = [
        streams.uniform(key, decision, 3, np.uint64(11)) for key in keys for decision in range(40)
    ]
    assert len(np.unique(values)) == N
    assert_uniform(np.array(values))


@pytest.mark.parametrize("axis", ["entity", "step", "decision", "replicate", "seed"])
def test_neighbours_are_independent(axis: str) -> None:
    """Joint chi-square of a draw and the draw at the next address along one axis."""
    first, second = [], []
    for i in range(N):
        a, b = pair(axis, i)
        first.append(a)
        second.append(b)
    table, _, _ = np.histogram2d(first, second, bins=8, range=[[0, 1], [0, 1]])
    assert stats.chi2_contingency(table).pvalue > LEVEL
    assert abs(stats.pearsonr(first, second).statistic) < stats.norm.isf(LEVEL / 2) / np.sqrt(N)


def pair(axis: str, i: int) -> tuple[float, float]:
    address = {"seed": 5, "replicate": i // 40, "decision": i % 40, "step": 7, "entity": 100 + i}
    other = address | {axis: address[axis] + 1}
    return at(address), at(other)


def at(address: dict[str, int]) -> float:
    key = key_of(address["seed"], address["replicate"])
    return streams.uniform(key, address["decision"], address["step"], np.uint64(address["entity"]))


def test_normal_draws_are_standard_normal() -> None:
    values = np.array([streams.normal(KEY, 3, 0, np.uint64(e)) for e in range(N)])
    assert_uniform(stats.norm.cdf(values))


def test_clocks_ring_in_proportion_to_weight() -> None:
    weights = np.array([0.5, 1.0, 2.0, 4.0, 0.0])
    first = np.zeros(len(weights))
    for e in range(N):
        rings = [
            streams.clock(KEY, 4, item, np.uint64(e), weight) for item, weight in enumerate(weights)
        ]
        first[int(np.argmin(rings))] += 1
    assert first[-1] == 0
    expected = N * weights[:-1] / weights.sum()
    assert stats.chisquare(first[:-1], expected).pvalue > LEVEL


def test_a_clock_without_weight_never_rings() -> None:
    assert streams.clock(KEY, 4, 0, np.uint64(1), 0.0) == np.inf


def test_mixing_is_a_bijection_on_a_sample() -> None:
    assert len({int(streams.mix(np.uint64(x))) for x in range(N)}) == N


def test_combining_knows_the_order() -> None:
    pairs = {int(streams.combine(a, b)) for a in range(150) for b in range(150)}
    assert len(pairs) == 150 * 150


def test_no_two_decisions_share_a_code() -> None:
    codes = [
        value
        for name, value in vars(streams).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, int)
    ]
    assert sorted(codes) == list(range(len(codes)))


def test_known_answers() -> None:
    """Recorded once; another value would change every published run."""
    assert int(streams.mix(np.uint64(1))) == 6238072747940578789
    assert int(streams.combine(1, 2)) == 7829657234576511508
    assert int(KEY) == 11654751338287668748
    assert streams.uniform(KEY, 0, 0, np.uint64(0)) == 0.6446378842479157
    assert streams.normal(KEY, 0, 0, np.uint64(0)) == pytest.approx(-0.35276941445898274, rel=1e-14)


def test_mixing_is_the_published_function() -> None:
    """SplitMix64's finaliser in plain integers (Steele, Lea and Flood 2014)."""
    for x in (0, 1, 2**63, 0x9E3779B97F4A7C15):
        y = x
        y = (y ^ (y >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        y = (y ^ (y >> 27)) * 0x94D049BB133111EB % 2**64
        assert int(streams.mix(np.uint64(x))) == y ^ (y >> 31)


def test_a_sign_is_seen_as_the_whole_error_would_show_it() -> None:
    """The shortcut never changes the answer, from errors that decide nothing to ones that decide all."""
    seen = []
    first, second = np.empty((2, N))
    noise = np.uint64(streams.stream(KEY, streams.TRY_NOISE, 3))
    streams.pairs_in(noise, np.arange(N, dtype=np.uint64), N, first, second)
    for entity in range(N):
        value, spread = (entity % 41 - 20) / 4.0, (entity % 7) / 2.0
        full = value + spread * streams.normal(KEY, streams.TRY_NOISE, 3, np.uint64(entity))
        seen.append(streams.sign_seen(value, spread, first[entity], second[entity]))
        assert seen[-1] == (full > 0.0)
    assert 0.3 < np.mean(seen) < 0.7


def test_normal_numbers_stay_below_their_bounds() -> None:
    """What :func:`sign_seen` relies on, from the least to the largest first draw, and for every angle."""
    first = np.concatenate(
        [2.0 ** np.arange(-54.0, 0.0, 0.25), 1.0 - 2.0 ** np.arange(-53.0, -1.0)]
    )
    assert np.all(-2.0 * np.log(first) * first <= 2.0 * (1.0 - first))
    for away, sign in ((0.2501, 1.0), (0.2499, -1.0)):
        assert sign * math.cos(2.0 * math.pi * (0.5 + away)) > 0.0
        assert sign * math.cos(2.0 * math.pi * (0.5 - away)) > 0.0


def test_a_draw_in_a_stream_is_the_draw_at_the_whole_address() -> None:
    for entity in range(100):
        address = (KEY, streams.TRY_COMPONENT, entity % 7, np.uint64(entity))
        stream = np.uint64(streams.stream(*address[:3]))
        assert streams.bits_in(stream, address[3]) == streams.bits(*address)
        assert streams.uniform_in(stream, address[3]) == streams.uniform(*address)


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 64])
def test_draws_worked_out_together_are_those_worked_out_one_by_one(n: int) -> None:
    """Bit for bit, and nothing is written behind the last block."""
    stream = np.uint64(streams.stream(KEY, streams.TRY_NOISE, 3))
    names = np.arange(128, dtype=np.uint64) * 7919
    alone, with_one, first, second = np.full((4, 128), -1.0)
    streams.uniforms_in(stream, names, n, alone)
    streams.uniforms_in_pairs(stream, np.uint64(5), names, n, with_one)
    streams.pairs_in(stream, names, n, first, second)
    for k in range(n):
        assert alone[k] == streams.uniform_in(stream, names[k])
        pair = np.uint64(streams.combine(np.uint64(5), names[k]))
        assert with_one[k] == streams.uniform_in(stream, pair)
        normal = math.sqrt(-2.0 * math.log(first[k])) * math.cos(2.0 * math.pi * second[k])
        assert normal == streams.normal(KEY, streams.TRY_NOISE, 3, names[k])
    end = streams.whole_blocks(n)
    assert n <= end < n + streams._BLOCK
    assert all((out[end:] == -1.0).all() for out in (alone, with_one, first, second))


@pytest.mark.parametrize("limit", [0.0, 0.05, 0.4, 1.0, 3.0, np.inf])
def test_a_clock_before_a_limit_is_the_clock(limit: float) -> None:
    early = 0
    for entity in range(N // 4):
        address = (KEY, streams.SCAN_CLOCK, 0, np.uint64(entity), 0.5 + entity % 3)
        clock, found = streams.clock(*address), streams.clock_before(limit, *address)
        assert found == clock if clock < limit else not found < limit
        early += clock < limit
    assert early > 0 or limit == 0.0
