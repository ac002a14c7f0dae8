"""Whole numbers from shares, and sizes from ranks: exact, deterministic, without any luck."""

from __future__ import annotations

import math

import numpy as np

GOLDEN_SECTION = (math.sqrt(5.0) - 1.0) / 2.0


def apportion(weights: np.ndarray, total: int, *, least: int = 0) -> np.ndarray:
    """Split ``total`` in proportion to ``weights`` by largest remainder (Hare, Niemeyer).

    Every share is its quota rounded down or up, a larger weight never gets less, and ties go to
    the lower index. As with every largest-remainder rule, a larger total may take a unit away
    from somebody (the Alabama paradox).

    Parameters
    ----------
    weights: shape (n,), 0 or more, not all 0.
    total: units to give out, 0 or more.
    least: units that everybody gets; ignored when there are too few to go round. Those whose
        quota is lower get exactly this, and the others share the rest.

    Returns
    -------
    Whole numbers, shape (n,), which add up to ``total``.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if least * len(weights) > total:
        least = 0
    short = np.zeros(len(weights), dtype=bool)
    while True:
        rest = total - least * int(short.sum())
        quotas = _quotas(np.where(short, 0.0, weights), rest)
        below = ~short & (quotas < least)
        if not below.any():
            break
        short |= below
    seats = np.floor(quotas).astype(np.int64)
    # Free shares come first in the order, so that a floor of `least` never gets a remainder.
    order = np.lexsort((np.arange(len(weights)), seats - quotas, short))
    seats[order[: rest - int(seats.sum())]] += 1
    return np.where(short, least, seats)


def _quotas(weights: np.ndarray, total: int) -> np.ndarray:
    largest = weights.max()
    if largest <= 0.0:
        return np.zeros(len(weights))
    scaled = weights / largest  # the sum of subnormal or huge weights would lose its digits
    quotas: np.ndarray = scaled * (total / scaled.sum())
    return quotas


def apportion_table(shares: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Split the total of each row by that row's shares, keeping column totals close as well.

    Rounding each row by itself would lose a small share everywhere (a tenth of a university in
    each of ten provinces is one university). What rounding took from a column in one row is
    therefore carried to the next row.

    Parameters
    ----------
    shares: shape (rows, columns), 0 or more; every row has something above 0.
    totals: shape (rows,), whole numbers.

    Returns
    -------
    Whole numbers, shape (rows, columns); row r adds up to ``totals[r]``.
    """
    table = np.zeros(shares.shape, dtype=np.int64)
    carry = np.zeros(shares.shape[1])
    for row, total in enumerate(totals):
        target = shares[row] / shares[row].sum() * total + carry
        wanted = np.where(shares[row] > 0.0, np.maximum(target, 0.0), 0.0)
        table[row] = apportion(wanted if wanted.any() else shares[row], int(total))
        carry = target - table[row]
    return table


def spread_ranks(count: int) -> np.ndarray:
    """A fixed order of the ranks 0 .. count-1 in which every stretch holds low and high ones.

    The ranks of the multiples of the golden section modulo 1, the sequence of lowest discrepancy
    in one dimension (Kronecker, Weyl). Organisations that stand together (one region) so get
    sizes from the whole distribution, without a random number.
    """
    points = np.arange(1, count + 1) * GOLDEN_SECTION % 1.0
    ranks = np.empty(count, dtype=np.int64)
    ranks[np.argsort(points)] = np.arange(count)
    return ranks


def heavy_tail(ranks: np.ndarray, *, median: float, index: float, ratio: float) -> np.ndarray:
    r"""Mid-quantiles of a truncated Pareto distribution.

    .. math:: x(u)^{-a} = (1-u)\,x_0^{-a} + u\,(c m)^{-a}, \quad x_0^{-a} = 2 m^{-a} - (c m)^{-a}

    Parameters
    ----------
    ranks: shape (n,), the ranks 0 .. n-1 in any order; u = (rank + 1/2) / n.
    median: m, the median, in any unit.
    index: a, the tail index.
    ratio: c, the largest possible value over the median, above 1.

    Returns
    -------
    Values in the unit of ``median``, shape (n,).

    Notes
    -----
    The lower end x_0 is chosen so that the truncated distribution has median m exactly.
    """
    u = (ranks + 0.5) / max(len(ranks), 1)
    top = ratio**-index
    values: np.ndarray = median * ((1.0 - u) * (2.0 - top) + u * top) ** (-1.0 / index)
    return values
