"""Contributions averaged over orders (Shapley 1953), with intervals over luck and orders together.

In each replicate the groups are switched one after another from the first regime to the second; what
a switch changes is the group's contribution in that order. Contributions of an order add up to the
difference, and so do their averages, replicate by replicate. Few groups: all orders, through all
mixes. Many: random orders, each with its reverse, which takes out what is linear in the position
(antithetic sampling). Decision record: ``0021-why``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.statistics import paired
from experiments.why.mixing import Mix

FloatArray = NDArray[np.float64]
Order = tuple[int, ...]

ORDERS_KEY = 20_210_018  # keeps the draws of orders apart from others


@dataclass(frozen=True, slots=True)
class Contribution:
    """Mean contribution of a group, in units of the outcome.

    Attributes
    ----------
    se: standard error, made of ``se_luck`` (replicates) and ``se_orders`` (orders drawn).
    low, high: pointwise interval; ``sim_low, sim_high`` that of all groups at once, which alone
        decides the verdict.
    """

    contribution: float
    se: float
    se_luck: float
    se_orders: float
    low: float
    high: float
    sim_low: float
    sim_high: float
    n: int
    verdict: str


def drawn_orders(count: int, number: int) -> list[Order]:
    """``number`` orders of ``count`` groups, every second one the reverse of the one before it."""
    uniforms = paired.hashed_uniforms(number // 2, count, ORDERS_KEY)
    orders: list[Order] = []
    for row in np.argsort(uniforms, axis=1, kind="stable"):
        order = tuple(row.tolist())
        orders += [order, order[::-1]]
    return orders


def mixes_of(order: Order) -> Iterator[Mix]:
    """The mixes on the way from the first regime to the second, both included."""
    for length in range(len(order) + 1):
        yield frozenset(order[:length])


def all_mixes(count: int) -> list[Mix]:
    """Every mix of ``count`` groups."""
    return [frozenset(k for k in range(count) if number >> k & 1) for number in range(1 << count)]


def exact_contributions(values: Mapping[Mix, FloatArray], count: int) -> FloatArray:
    """Contributions averaged over all orders, shape (groups, replicates).

    .. math:: \\phi_g = \\sum_S |S|! (k - |S| - 1)! / k! \\; (v(S + g) - v(S))
    """
    replicates = len(values[frozenset()])
    shares = np.zeros((count, replicates))
    for mix, value in values.items():
        before = len(mix)
        for group in set(range(count)) - mix:
            share = 1.0 / (count * math.comb(count - 1, before))
            shares[group] += share * (values[mix | {group}] - value)
    return shares


def order_contributions(values: Mapping[Mix, FloatArray], orders: Sequence[Order]) -> FloatArray:
    """Contributions in each order, shape (orders, groups, replicates)."""
    replicates = len(values[frozenset()])
    found = np.empty((len(orders), len(orders[0]), replicates))
    for row, order in enumerate(orders):
        steps = [values[mix] for mix in mixes_of(order)]
        for place, group in enumerate(order):
            found[row, group] = steps[place + 1] - steps[place]
    return found


def judge_exact(shares: FloatArray, *, level: float = paired.LEVEL) -> list[Contribution]:
    """Intervals over replicates, of shares of shape (groups, replicates); max-|t| over the groups."""
    return [
        Contribution(
            one.difference, one.se, one.se, 0.0, one.low, one.high, one.sim_low, one.sim_high,
            one.n, one.verdict,
        )
        for one in _against_nothing(shares, level, bonferroni=False)
    ]  # fmt: skip


def judge_sampled(found: FloatArray, *, level: float = paired.LEVEL) -> list[Contribution]:
    """Intervals over replicates and drawn orders together.

    Parameters
    ----------
    found: shape (orders, groups, replicates), every second order the reverse of the one before it.

    Notes
    -----
    Replicates and pairs of orders are crossed, so the variance of the mean is estimated from both
    sides, and what both count (their interaction) is taken off once (Cameron, Gelbach and Miller
    2011), though never below either side. Student's law has the freedom of the smaller side, and
    Bonferroni's critical value holds for all groups at once.
    """
    orders, groups, replicates = found.shape
    pairs = found.reshape(orders // 2, 2, groups, replicates).mean(axis=1)
    count = len(pairs)
    judged = _against_nothing(pairs.mean(axis=0), level, bonferroni=True)
    by_order = (
        pairs.mean(axis=2).var(axis=0, ddof=1) / count if count > 1 else np.full(groups, math.nan)
    )
    both = _interaction(pairs)
    freedom = min(count, replicates) - 1
    return [
        _sampled(one, float(by_order[k]), float(both[k]), freedom, groups, level)
        for k, one in enumerate(judged)
    ]


def _interaction(pairs: FloatArray) -> FloatArray:
    """Variance of the mean that the interaction of orders and luck leaves, shape (groups,)."""
    count, groups, replicates = pairs.shape
    if count < 2 or replicates < 2:
        return np.full(groups, math.nan)
    rest = (
        pairs - pairs.mean(axis=0) - pairs.mean(axis=2, keepdims=True) + pairs.mean((0, 2))[:, None]
    )
    freedom = (count - 1) * (replicates - 1)
    variance: FloatArray = np.square(rest).sum(axis=(0, 2)) / freedom / (count * replicates)
    return variance


def _sampled(
    one: paired.Difference, orders: float, both: float, freedom: int, groups: int, level: float
) -> Contribution:
    luck = one.se**2
    se = math.sqrt(max(luck + orders - both, luck, orders)) if freedom > 0 else math.nan
    if se <= paired.ROUNDING * abs(one.difference):  # the same in every replicate and order
        point, joint = one.high - one.difference, one.sim_high - one.difference
    elif freedom > 0:
        point = paired.student_quantile(freedom, level) * se
        joint = paired.student_quantile(freedom, 1.0 - (1.0 - level) / groups) * se
    else:
        point = joint = math.nan
    mean, verdict = one.difference, paired.CANNOT_TELL
    if mean - joint > 0.0:
        verdict = paired.HIGHER
    elif mean + joint < 0.0:
        verdict = paired.LOWER
    return Contribution(
        mean, se, one.se, math.sqrt(orders) if freedom > 0 else math.nan, mean - point,
        mean + point, mean - joint, mean + joint, one.n, verdict,
    )  # fmt: skip


def _against_nothing(
    shares: FloatArray, level: float, *, bonferroni: bool
) -> list[paired.Difference]:
    """Shares as differences from 0, one family."""
    groups = len(shares)
    rows = np.vstack([shares, np.zeros(shares.shape[1])])
    names = [*map(str, range(groups)), ""]
    pairs = [(group, groups) for group in range(groups)]
    return paired.paired_differences(rows, names, pairs, level=level, bonferroni=bonferroni)
