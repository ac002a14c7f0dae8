"""Spaces and designs: what they contain, what they refuse, and that they can be extended."""

from __future__ import annotations

import numpy as np
import pytest

from agents.settings import ConfigError
from experiments.sweep.designs import KINDS, design_size, make_design
from experiments.sweep.space import Factor, Space

NOISE = Factor("search.noise", (), 0.0, 0.2)
ROUNDS = Factor("search.rounds", (), 1, 4, True)
SHARE = Factor("funding.public_share", (0.2, 0.35, 0.5))
POPULATION = Factor("population", ("classroom", "national"))
SPACE = Space((NOISE, ROUNDS, SHARE, POPULATION))


def test_a_factorial_design_has_every_combination_once() -> None:
    design = make_design(Space((SHARE, POPULATION)), "factorial", 0, 1)
    rows = list(design.rows())
    assert rows[0] == (0.2, "classroom")
    assert rows[1] == (0.2, "national")
    assert len(rows) == len(set(rows)) == design.points == 6


def test_both_ends_of_a_range_are_those_that_are_written() -> None:
    share = Factor("funding.public_share", (), 0.2, 0.9)  # 0.2 + (0.9 - 0.2) is less than 0.9
    assert share.ends() == (0.2, 0.9) and share.text() == "interval(0.2,0.9)"
    design = make_design(Space((share, NOISE)), "morris", 30, 1)
    assert {min(design.values(0)), max(design.values(0))} == {0.2, 0.9}


def test_a_hypercube_has_one_point_in_every_slice() -> None:
    design = make_design(SPACE, "lhs", 20, 1)
    slices = np.sort(np.floor(design.unit * 20), axis=0)
    assert (slices == np.arange(20)[:, None]).all()


def test_values_of_bins_are_equally_frequent() -> None:
    design = make_design(Space((ROUNDS, SHARE)), "lhs", 24, 1)
    assert np.bincount(design.values(0)).tolist() == [0, 6, 6, 6, 6]
    assert sorted(design.values(1)) == [0.2] * 8 + [0.35] * 8 + [0.5] * 8


def test_a_morris_path_changes_one_factor_at_a_time() -> None:
    design = make_design(SPACE, "morris", 0, 1)
    for path in range(10):
        rows = design.unit[design.block == path]
        changed = np.abs(np.diff(rows, axis=0)) > 1e-9
        assert changed.sum(axis=1).tolist() == [1, 1, 1, 1]
        assert changed.sum(axis=0).tolist() == [1, 1, 1, 1]
    values = zip(*(design.values(k) for k in range(4)), strict=True)
    assert all(isinstance(rounds, int) for _, rounds, _, _ in values)


def test_a_step_of_a_grid_is_equally_long_from_every_start() -> None:
    for count in (2, 3, 4, 5, 7):
        factor = Factor("x", (), 0, count - 1, True)
        low = factor.values(np.array([0.0, 1 / 3]), grid=True)
        high = factor.values(np.array([2 / 3, 1.0]), grid=True)
        assert high[0] - low[0] == high[1] - low[1] > 0


def test_sobol_rows_have_saltellis_structure() -> None:
    design = make_design(SPACE, "sobol", 0, 1)
    assert design.points == 64 * 6
    blocks = design.unit.reshape(64, 6, 4)
    a, b = blocks[:, 0], blocks[:, -1]
    for factor in range(4):
        mixed = a.copy()
        mixed[:, factor] = b[:, factor]
        assert (blocks[:, factor + 1] == mixed).all()
    assert design.step[:7].tolist() == [0, 1, 2, 3, 4, 5, 0]


@pytest.mark.parametrize(("kind", "few", "many"), [("sobol", 16, 64), ("morris", 10, 25)])
def test_more_points_keep_the_first(kind: str, few: int, many: int) -> None:
    size = {"sobol": 6, "morris": 5}[kind]
    first, longer = (make_design(SPACE, kind, size * blocks, 3) for blocks in (few, many))
    assert (longer.unit[: first.points] == first.unit).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_design_is_a_function_of_its_seed(kind: str) -> None:
    space = Space((SHARE, POPULATION)) if kind == "factorial" else SPACE
    one, two = make_design(space, kind, 0, 1), make_design(space, kind, 0, 1)
    assert (one.unit == two.unit).all()
    if kind != "factorial":
        assert (one.unit != make_design(space, kind, 0, 2).unit).any()


def test_a_thousand_million_points_are_counted_without_being_made() -> None:
    space = Space(tuple(Factor(f"f{k}", tuple(range(10))) for k in range(9)))
    assert design_size(space, "factorial", 0) == 10**9
    assert design_size(Space((NOISE,)), "lhs", 10**9) == 10**9


@pytest.mark.parametrize(
    ("factors", "kind", "points", "words"),
    [
        ((NOISE,), "factorial", 0, "search.noise=0,0.1,0.2, or another design"),
        ((ROUNDS,), "factorial", 0, "search.rounds=1,2,4"),
        ((SHARE,), "factorial", 3, "points = 3 cannot be set"),
        ((SHARE,), "halton", 0, "design = 'halton' is not known"),
        ((NOISE, ROUNDS), "morris", 10, "Write points=9 or points=12"),
        ((NOISE, ROUNDS), "sobol", 100, "Write points=64 or points=128"),
        ((Factor("population", ("a", "b", "c")),), "morris", 0, "Write two of them"),
        ((Factor("search.rounds", (3,)), NOISE), "lhs", 0, "one level only"),
    ],
)
def test_what_does_not_fit_is_refused(
    factors: tuple[Factor, ...], kind: str, points: int, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_design(Space(factors), kind, points, 1)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Factor("x", (), 0.2, 0.1), "x=interval(0.1,0.2)"),
        (lambda: Factor("x", (), 0.1, 0.1), "x=0.1 for one value"),
        (lambda: Factor("x", (1, 2, 1)), "the level 1 stands there twice"),
        (lambda: Space((NOISE, NOISE)), "'search.noise' is varied 2 times"),
        (lambda: Space(()), "varies nothing"),
    ],
)
def test_empty_and_doubled_factors_are_refused(make, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "factor", [NOISE, ROUNDS, SHARE, POPULATION, Factor("x", (("a", "b"), ()))]
)
def test_a_factor_survives_its_plain_form(factor: Factor) -> None:
    assert Factor.from_mapping(factor.as_mapping()) == factor
