"""What is to be run to take a difference apart: groups, orders, and every mix they need, once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.settings import ConfigError
from experiments.running.complete import complete_outcomes
from experiments.running.plan import MAIN, Plan, Point
from experiments.running.store import OUTCOME_NAMES, ExperimentError, Store
from experiments.why.mixing import Group, Mix, Pair, pair_of, sound_groups
from experiments.why.settings import ALL, AUTO
from experiments.why.shapley import FloatArray, Order, all_mixes, drawn_orders, mixes_of

if TYPE_CHECKING:
    from experiments.configuration import WhySetup

ALL_UP_TO = 7  # groups of which ``orders=auto`` runs every mix: 128
MOST_FOR_ALL = 10  # groups of which ``orders=all`` runs every mix: 1,024
AUTO_ORDERS = 20  # drawn where there are more
MOST_RUNS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """A difference laid out for its runs.

    Attributes
    ----------
    groups: what is switched together, in the order of programmes and families.
    joined: numbers of the groups made of differences that only make valid regimes together.
    orders: the orders drawn; none where all orders are taken, through all mixes.
    mixes: every mix to run, that of the first regime first and that of the second regime next.
    scaled: whether budget shares of some mix are scaled down.
    plan: one point, whose regimes are the mixes.
    """

    pair: Pair
    groups: tuple[Group, ...]
    joined: tuple[int, ...]
    orders: tuple[Order, ...]
    mixes: tuple[Mix, ...]
    scaled: bool
    plan: Plan

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.groups)


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Outcomes of the replicates that every mix has finished.

    Attributes
    ----------
    outcomes: by name, shape (mixes, replicates).
    missing: number of replicates left out.
    """

    mixes: tuple[Mix, ...]
    outcomes: dict[str, FloatArray]
    replicates: int
    missing: int

    def by_mix(self, outcome: str) -> dict[Mix, FloatArray]:
        """Values of one outcome by mix."""
        return dict(zip(self.mixes, self.outcomes[outcome], strict=True))

    def row(self, mix: Mix) -> int:
        """Row of a mix."""
        return self.mixes.index(mix)


def lay_out(setup: WhySetup) -> Apart:
    """Match, group, draw the orders, and build every mix.

    Raises
    ------
    ConfigError: the regimes have equal levers, or there are too many groups for all orders, or
        too many runs.
    """
    pair = pair_of(*setup.regimes)
    single = pair.differences(setup.rule.level)
    asked = setup.rule.orders
    groups = sound_groups(pair, single, lambda count: _needed(count, asked))
    count = len(groups)
    mixes = tuple(dict.fromkeys(_needed(count, asked)))
    _refuse_too_many(setup, count, len(mixes))
    everything = len(mixes) == 1 << count
    point = Point(
        variant=MAIN, world=setup.world, population=setup.population,
        reference=setup.reference.regime,
        regimes=tuple(pair.mixed(groups, mix, name_of(pair, mix, count)) for mix in mixes),
        seed=setup.seed, replicates=setup.replicates,
    )  # fmt: skip
    return Apart(
        pair=pair, groups=tuple(groups),
        joined=tuple(k for k, group in enumerate(groups) if group not in single),
        orders=() if everything else tuple(_orders(count, asked)), mixes=mixes,
        scaled=any(pair.scales(groups, mix) for mix in mixes), plan=Plan((point,)),
    )  # fmt: skip


def name_of(pair: Pair, mix: Mix, count: int) -> str:
    """Name of a mix in the tables: that of a regime, or a digit for each group, 1 = as in the second."""
    if len(mix) in (0, count):
        return (pair.after if mix else pair.before).name
    return "mix " + "".join("1" if group in mix else "0" for group in range(count))


def _needed(count: int, asked: str | int) -> Iterator[Mix]:
    """Both regimes, every single switch from either, and what the orders pass through."""
    every = frozenset(range(count))
    yield from (frozenset(), every)
    yield from (frozenset({group}) for group in range(count))
    yield from (every - {group} for group in range(count))
    if asked == ALL or (asked == AUTO and count <= ALL_UP_TO):
        if count <= MOST_FOR_ALL:  # more is refused, in words
            yield from all_mixes(count)
    else:
        yield from itertools.chain.from_iterable(map(mixes_of, _orders(count, asked)))


def _orders(count: int, asked: str | int) -> list[Order]:
    return drawn_orders(count, asked if isinstance(asked, int) else AUTO_ORDERS)


def _refuse_too_many(setup: WhySetup, count: int, mixes: int) -> None:
    if setup.rule.orders == ALL and count > MOST_FOR_ALL:
        raise ConfigError(
            f"orders = all takes every mix of {count} groups of levers: {1 << count:,} of them, "
            f"{(1 << count) * setup.replicates:,} runs. Write orders={AUTO_ORDERS} to draw orders, "
            f"or level=family for fewer groups; all is for {MOST_FOR_ALL} groups at most."
        )
    if mixes * setup.replicates > MOST_RUNS:
        raise ConfigError(
            f"{mixes:,} mixes of {count} groups x {setup.replicates:,} replicates are "
            f"{mixes * setup.replicates:,} runs, more than {MOST_RUNS:,}. Take fewer orders, "
            f"such as orders={AUTO_ORDERS}, fewer replicates, or level=family."
        )


def gather(apart: Apart, store: Store) -> Values:
    """Outcomes of the replicates in which every mix is there.

    Raises
    ------
    ExperimentError: there is no such replicate.
    """
    point = apart.plan.points[0]
    outcomes, complete = complete_outcomes(point, store, OUTCOME_NAMES)
    if not complete:
        raise ExperimentError(
            f"No replicate is complete: of {len(apart.mixes)} mixes some failed in every one. "
            f"'failures.parquet' in the folder's store names them."
        )
    return Values(apart.mixes, outcomes, complete, point.replicates - complete)
