"""Mixes: both ends are the regimes, all are valid, and programmes are matched as documented."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from agents.settings import ConfigError
from experiments.why.mixing import FAMILY, LEVER, Part, pair_of, values
from experiments.why.plan import lay_out
from experiments.why.results import label
from experiments.why.settings import WhyRule

PAIRS = [
    ("open_challenge", "race", "family"),
    ("bilateral_partnership", "open_challenge", "family"),
    ("open_challenge", "prize", "lever"),
    ("combined", "open_challenge", "family"),
    ("open_challenge", "combined", "family"),
    ("laissez_faire", "race", "family"),
    ("delta_joint_programme", "framework_programme", "family"),
]


@pytest.mark.parametrize(("first", "second", "level"), PAIRS)
def test_every_mix_is_a_regime_and_the_ends_are_the_two(first, second, level, make_setup) -> None:
    setup = make_setup(first, second, level)
    apart = lay_out(setup)  # builds every mix, so that an invalid one would be refused here
    point = apart.plan.points[0]
    assert apart.mixes[:2] == (frozenset(), frozenset(range(apart.count)))
    for k, entry in enumerate(setup.regimes):
        assert point.regimes[k].name == entry.name
        np.testing.assert_array_equal(point.regimes[k].columns, entry.regime.columns)
    assert len(set(apart.mixes)) == len(apart.mixes) == len(point.regimes)


def test_every_lever_that_differs_is_in_one_group(make_setup) -> None:
    for level in (FAMILY, LEVER):
        setup = make_setup("open_challenge", "race", level)
        apart = lay_out(setup)
        first, second = (entry.regime.programmes[0] for entry in setup.regimes)
        moved = {
            (family, lever)
            for family in first.levers
            for lever, value in values(first, family).items()
            if values(second, family)[lever] != value
        }
        parts = [part for group in apart.groups for part in group]
        held = [(part.family, lever) for part in parts for lever in part.levers]
        assert set(held) == moved and len(held) == len(moved)
        assert level == FAMILY or all(len(part.levers) == 1 for part in parts)


def test_levers_that_need_each_other_are_switched_together(make_setup) -> None:
    apart = lay_out(make_setup("bilateral_partnership", "open_challenge"))
    joined = [label(apart.pair, apart.groups[k]) for k in apart.joined]
    assert joined == ["funding + monitoring"]  # a milestone is paid at a gate
    single = apart.pair.differences(FAMILY)
    funding = next(k for k, group in enumerate(single) if group[0].family == "funding")
    with pytest.raises(ConfigError, match="could never be paid"):
        apart.pair.mixed(single, frozenset({funding}), "broken")


def test_programmes_without_a_counterpart_are_there_or_not(make_setup) -> None:
    apart = lay_out(make_setup("combined", "open_challenge"))
    whole = [group[0].slot for group in apart.groups if group == (Part(group[0].slot),)]
    assert [apart.pair.slots[k].name for k in whole] == [
        "lead_firm", "standing_consortia", "origin_sources",
    ]  # fmt: skip
    assert [group[0].family for group in apart.groups if group[0].family] == ["budget"]
    for mix, regime in zip(apart.mixes, apart.plan.points[0].regimes, strict=True):
        switched = sum(
            1 for k, group in enumerate(apart.groups) if k in mix and not group[0].family
        )
        assert len(regime.programmes) == 4 - switched
        assert sum(values(one, "budget")["share"] for one in regime.programmes) <= 1.0 + 1e-9
    assert apart.scaled


def test_shares_that_fit_are_left_alone_and_others_keep_their_proportion(make_setup) -> None:
    apart = lay_out(make_setup("combined", "open_challenge"))
    budget = next(k for k, group in enumerate(apart.groups) if group[0].family)
    regime = apart.pair.mixed(apart.groups, frozenset({budget}), "")
    shares = [values(one, "budget")["share"] for one in regime.programmes]
    assert shares == pytest.approx([1 / 7, 4 / 7, 1 / 7, 1 / 7])  # .25, 1, .25, .25
    gone = frozenset(k for k in range(apart.count) if k != budget)
    left = apart.pair.mixed(apart.groups, gone, "").programmes
    assert [values(one, "budget")["share"] for one in left] == [0.25]


def test_programmes_are_matched_by_name_whatever_their_order(make_setup) -> None:
    combined = make_setup("combined", "open_challenge").regimes[0]
    turned = dataclasses.replace(
        combined,
        regime=dataclasses.replace(combined.regime, programmes=combined.regime.programmes[::-1]),
        programmes=combined.programmes[::-1],
    )
    with pytest.raises(ConfigError, match="have the same levers"):
        pair_of(combined, turned)


def test_regimes_that_are_one(make_setup) -> None:
    entry = make_setup("open_challenge", "race").regimes[0]
    twin = dataclasses.replace(entry, name="twin")
    with pytest.raises(ConfigError, match="open_challenge and twin have the same levers"):
        pair_of(entry, twin)


def test_too_many_groups_for_all_orders(make_setup) -> None:
    setup = make_setup("bilateral_partnership", "lead_firm_consortium", rule=WhyRule(FAMILY, "all"))
    with pytest.raises(ConfigError, match=r"orders = all .* 12 groups.*4,096.*Write orders=20"):
        lay_out(setup)
    drawn = make_setup(
        "bilateral_partnership", "lead_firm_consortium", rule=WhyRule(FAMILY, 4), replicates=10**5
    )
    with pytest.raises(ConfigError, match=r"more than 1,000,000.*fewer replicates"):
        lay_out(drawn)


def test_drawn_orders_that_need_every_mix_are_all_orders(make_setup) -> None:
    apart = lay_out(make_setup("open_challenge", "race", rule=WhyRule(FAMILY, 4)))
    assert apart.orders == () and len(apart.mixes) == 4
    apart = lay_out(make_setup("bilateral_partnership", "open_challenge", rule=WhyRule(FAMILY, 4)))
    assert len(apart.orders) == 4 and len(apart.mixes) < 128
    near = {frozenset({k}) for k in range(7)} | {frozenset(range(7)) - {k} for k in range(7)}
    on_the_way = {frozenset(order[:k]) for order, k in itertools.product(apart.orders, range(8))}
    assert set(apart.mixes) == near | on_the_way
