"""What the worlds say of each pair of regimes, of each structure, and of each parameter.

In a drawn world a pair is *told* when Student's interval of its difference at 95 % leaves out 0; a world in which it
cannot be told counts as such. If two regimes were equal everywhere, 2.5 % of the worlds would be told either way: luck
alone explains that much and no more (:data:`BY_LUCK`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special, stats

from experiments.rankings.plan import FloatArray, Layout, Values
from experiments.statistics import paired
from experiments.statistics.multiplicity import false_discovery
from experiments.statistics.paired import Difference
from experiments.sweep.space import Factor
from experiments.tables.files import make_schema, make_table
from simulation.outcomes import COUNTS, HORIZONS

RANKED = (*COUNTS, "welfare")
HORIZON = "horizon"
SHORTER = HORIZONS[:-1]
SHOWN = (*RANKED, *(f"{name}_{quarters}q" for quarters in SHORTER for name in COUNTS))
BY_LUCK = (1.0 - paired.LEVEL) / 2.0
HOLDS, FLIPS, OPEN, NOT_TOLD = "holds", "flips", "open", "not_told"

Signs = NDArray[np.int64]  # 1 as in the world as it stands, -1 reversed, 0 cannot be told


@dataclass(frozen=True, slots=True)
class Share:
    """A share of draws with its Clopper-Pearson interval, which holds for all pairs at once."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Variances:
    """Variance of a pair's difference by its source.

    Attributes
    ----------
    luck: between single replicates of one world.
    parameters: between the expected differences of drawn worlds, with its 95 % interval
        (analysis of variance; 0 where luck alone explains what is seen).
    structures: between the expected differences under the structures, which are a list and no
        sample: it has no interval.
    """

    luck: float
    parameters: float
    parameters_low: float
    parameters_high: float
    structures: float


@dataclass(frozen=True, slots=True)
class PairFound:
    """One pair of regimes; ``better`` has the higher mean in the world as it stands.

    Attributes
    ----------
    main: the difference there, with the simultaneous interval over all pairs.
    same, reversed_: shares of draws told this way and the other way.
    expected: share of worlds in which the expected difference has this sign, luck taken out, if
        expected differences are normal over worlds; an estimate without an interval.
    structures: by structure 1, -1 or 0, as :data:`Signs`.
    """

    outcome: str
    better: str
    worse: str
    main: Difference
    same: Share
    reversed_: Share
    expected: float
    variances: Variances
    structures: dict[str, int]
    verdict: str


@dataclass(frozen=True, slots=True)
class ParameterFound:
    """One parameter, over the pairs that can be told in the world as it stands.

    Attributes
    ----------
    same_lower, same_upper, reversed_lower, reversed_upper: shares of pairs and draws in the lower and
        in the upper half of its range.
    pair: the pair whose difference follows it most; ``rho`` is Spearman's correlation over draws, ``q``
        its p-value adjusted over all parameters and pairs (Benjamini and Yekutieli).
    mean_lower, mean_upper: mean difference of this pair in either half.
    """

    outcome: str
    factor: Factor
    same_lower: float
    same_upper: float
    reversed_lower: float
    reversed_upper: float
    pair: tuple[str, str]
    rho: float
    q: float
    mean_lower: float
    mean_upper: float


@dataclass(frozen=True, slots=True)
class Found:
    """All outcomes.

    Attributes
    ----------
    pairs: by outcome, in the order of the ranking.
    orders: names of the regimes by outcome, best first.
    structures: name and kind of each, with the horizons.
    titles: of the structures by name and language.
    """

    pairs: dict[str, tuple[PairFound, ...]]
    orders: dict[str, tuple[str, ...]]
    parameters: dict[str, tuple[ParameterFound, ...]]
    structures: dict[str, str]
    titles: dict[str, dict[str, str]]
    draws: int
    per_draw: int
    missing: int

    def told(self, outcome: str) -> list[PairFound]:
        """Pairs that can be told in the world as it stands."""
        return [one for one in self.pairs[outcome] if one.verdict != NOT_TOLD]


def judge(layout: Layout, held: Values) -> Found:
    """All statistics."""
    names = [regime.name for regime in layout.plan.points[0].regimes]
    structures = {one.name: one.kind for one in layout.structures}
    structures |= {f"{HORIZON}_{quarters}q": HORIZON for quarters in SHORTER}
    pairs, orders, parameters = {}, {}, {}
    for outcome in RANKED:
        one = _Outcome(layout, held, outcome, names)
        pairs[outcome] = one.pairs()
        orders[outcome] = tuple(names[row] for row in one.order)
        parameters[outcome] = one.parameters(pairs[outcome])
    return Found(
        pairs=pairs, orders=orders, parameters=parameters, structures=structures,
        titles={one.name: dict(one.title) for one in layout.structures},
        draws=layout.design.points, per_draw=layout.plan.points[-1].replicates, missing=held.missing,
    )  # fmt: skip


class _Outcome:
    """The worlds' values of one outcome, laid out by pair."""

    def __init__(self, layout: Layout, held: Values, outcome: str, names: Sequence[str]) -> None:
        self.outcome, self.names, self.layout = outcome, names, layout
        self.main = held.worlds[0][outcome]
        self.order = np.argsort(-self.main.mean(axis=1), kind="stable").tolist()
        self.rows = list(itertools.combinations(self.order, 2))
        self.by_structure = {
            one.name: held.worlds[1 + k][outcome] for k, one in enumerate(layout.structures)
        }
        if outcome in COUNTS:
            for quarters in SHORTER:
                self.by_structure[f"{HORIZON}_{quarters}q"] = held.worlds[0][
                    f"{outcome}_{quarters}q"
                ]
        drawn = [world[outcome] for world in held.worlds[layout.first_draw :]]
        self.means, self.errors, self.signs = told_by_draw(drawn, self.rows)
        self.replicates = min(values.shape[1] for values in drawn)

    def pairs(self) -> tuple[PairFound, ...]:
        """Every pair, the better first."""
        main = paired.paired_differences(self.main, self.names, self.rows)
        by_structure = {
            name: paired.paired_differences(values, self.names, self.rows)
            for name, values in self.by_structure.items()
        }
        found = []
        for k, (better, worse) in enumerate(self.rows):
            same, reversed_ = (share_of(self.signs[k] == sign, len(self.rows)) for sign in (1, -1))
            structures = {name: sign_of(rows[k]) for name, rows in by_structure.items()}
            # horizons come from the same runs as the main world: they are no structures of their own
            spread = [rows[k] for name, rows in by_structure.items() if HORIZON not in name]
            parts = variances(self.means[k], self.errors[k], self.replicates, spread)
            found.append(
                PairFound(
                    self.outcome, self.names[better], self.names[worse], main[k], same, reversed_,
                    expected_share(float(self.means[k].mean()), parts.parameters), parts,
                    structures, verdict_of(main[k], same, reversed_),
                )
            )  # fmt: skip
        return tuple(found)

    def parameters(self, pairs: Sequence[PairFound]) -> tuple[ParameterFound, ...]:
        """Every parameter that was drawn."""
        unit, factors = self.layout.design.unit, self.layout.design.space.factors
        rho, q = follow(unit, self.means)
        told = np.array([one.verdict != NOT_TOLD for one in pairs])
        found = []
        for k, factor in enumerate(factors):
            upper = unit[:, k] >= 0.5
            strongest = int(np.argmin(q[k]))
            lower_signs, upper_signs = self.signs[told][:, ~upper], self.signs[told][:, upper]
            found.append(
                ParameterFound(
                    self.outcome, factor, _rate(lower_signs, 1), _rate(upper_signs, 1),
                    _rate(lower_signs, -1), _rate(upper_signs, -1),
                    (pairs[strongest].better, pairs[strongest].worse), float(rho[k, strongest]),
                    float(q[k, strongest]), float(self.means[strongest, ~upper].mean()),
                    float(self.means[strongest, upper].mean()),
                )
            )  # fmt: skip
        return tuple(found)


def _rate(signs: Signs, sign: int) -> float:
    return float(np.mean(signs == sign)) if signs.size else math.nan


def told_by_draw(
    drawn: Sequence[FloatArray], rows: Sequence[tuple[int, int]]
) -> tuple[FloatArray, FloatArray, Signs]:
    """Mean difference, its standard error and whether it is told, each of shape (pairs, draws).

    Parameters
    ----------
    drawn: outcomes of each drawn world, shape (regimes, replicates).
    rows: the pairs, as rows of these.
    """
    first, second = np.array(rows).T
    means = np.empty((len(rows), len(drawn)))
    errors = np.empty_like(means)
    signs: Signs = np.zeros(means.shape, np.int64)
    for k, values in enumerate(drawn):
        differences = values[first] - values[second]
        n = differences.shape[1]
        means[:, k] = differences.mean(axis=1)
        errors[:, k] = differences.std(axis=1, ddof=1) / math.sqrt(n)
        # equal differences without spread: n equal signs have probability 2^(1-n) by chance
        least = np.where(
            (errors[:, k] > 0.0) | (2.0 ** (1 - n) <= 1.0 - paired.LEVEL),
            paired.student_quantile(n - 1, paired.LEVEL) * errors[:, k],
            math.inf,
        )
        signs[:, k] = np.where(np.abs(means[:, k]) > least, np.sign(means[:, k]), 0.0)
    return means, errors, signs


def share_of(happened: NDArray[np.bool_], family: int) -> Share:
    """Share of draws with Clopper and Pearson's (1934) interval, simultaneous over a family.

    A Latin hypercube spreads its draws more evenly than chance, so the interval is rather too wide.
    """
    n, count = len(happened), int(happened.sum())
    tail = (1.0 - paired.LEVEL) / family / 2.0
    low = float(special.betaincinv(count, n - count + 1, tail)) if count else 0.0
    high = float(special.betaincinv(count + 1, n - count, 1.0 - tail)) if count < n else 1.0
    return Share(count / n, low, high)


def expected_share(mean: float, variance: float) -> float:
    """Share of a normal distribution above 0."""
    if variance > 0.0:
        return float(special.ndtr(mean / math.sqrt(variance)))
    return float(mean > 0.0)


def sign_of(found: Difference) -> int:
    """1 for higher, -1 for lower, 0 for cannot be told."""
    return {paired.HIGHER: 1, paired.LOWER: -1}.get(found.verdict, 0)


def verdict_of(main: Difference, same: Share, reversed_: Share) -> str:
    """The rule, written down before anything was run.

    A ranking *flips* when it is told reversed in more draws than luck explains (:data:`BY_LUCK`);
    it *holds* when it does not and is told the same way in more than half of the draws; both by the
    lower ends of intervals that hold for all pairs at once. Else it is *open*.
    """
    if main.verdict == paired.CANNOT_TELL:
        return NOT_TOLD
    if reversed_.low > BY_LUCK:
        return FLIPS
    return HOLDS if same.low > 0.5 else OPEN


def variances(
    means: FloatArray, errors: FloatArray, replicates: int, structures: Sequence[Difference]
) -> Variances:
    """Components of variance of a pair (one-way random effects; Searle et al. 1992, chapter 3).

    Parameters
    ----------
    means, errors: of the drawn worlds, shape (draws,).
    """
    draws = len(means)
    luck = float(np.mean(errors**2) * replicates)
    between = float(means.var(ddof=1))
    parameters = max(between - luck / replicates, 0.0)
    low = high = parameters
    if luck > 0.0:
        ratio = between * replicates / luck
        freedom = (draws - 1, draws * (replicates - 1))
        ends = stats.f.ppf([0.5 + paired.LEVEL / 2, 0.5 - paired.LEVEL / 2], *freedom)
        low, high = (max(float(ratio / end - 1.0) * luck / replicates, 0.0) for end in ends)
    spread = _beyond_noise(structures)
    return Variances(luck, parameters, low, high, spread)


def _beyond_noise(found: Sequence[Difference]) -> float:
    """Variance of expected differences: that of the means without their standard errors."""
    if len(found) < 2:
        return math.nan
    means = np.array([one.difference for one in found])
    noise = float(np.mean([one.se**2 for one in found]))
    return max(float(means.var(ddof=1)) - noise, 0.0)


def follow(unit: FloatArray, means: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Spearman's correlation of every parameter with every pair over draws, and adjusted p-values.

    Parameters
    ----------
    unit: shape (draws, parameters); ``means`` shape (pairs, draws).

    Returns
    -------
    Both of shape (parameters, pairs).
    """
    n = len(unit)
    places, differences = (_standardised(stats.rankdata(x, axis=0)) for x in (unit, means.T))
    rho = np.clip(places.T @ differences / n, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        t = np.abs(rho) * np.sqrt((n - 2) / (1.0 - rho**2))
    p: FloatArray = 2.0 * special.stdtr(n - 2, -t)
    return rho, false_discovery(p.ravel()).reshape(p.shape)


def _standardised(ranks: FloatArray) -> FloatArray:
    spread = ranks.std(axis=0)
    centred: FloatArray = (ranks - ranks.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return centred


# ---------------------------------------------------------------- tables

PAIRS = make_schema(
    outcome="text", better="text", worse="text", difference="number", sim_low="number",
    sim_high="number", n="count", main="text", same="number", same_low="number",
    same_high="number", reversed="number", reversed_low="number", reversed_high="number",
    untold="number", expected="number", verdict="text", variance_luck="number", variance_parameters="number",
    variance_parameters_low="number", variance_parameters_high="number",
    variance_structures="number", structures_same="count", structures_reversed="count",
    structures_untold="count", reversed_by="text",
)  # fmt: skip
STRUCTURES = make_schema(
    outcome="text", structure="text", kind="text", title_en="text", title_zh="text", pairs="count",
    same="count", untold="count", reversed="count", reversed_pairs="text",
)  # fmt: skip
PARAMETERS = make_schema(
    outcome="text", parameter="text", low="number", high="number", same_lower="number",
    same_upper="number", reversed_lower="number", reversed_upper="number", better="text",
    worse="text", rho="number", q="number", mean_lower="number", mean_upper="number",
)  # fmt: skip


def tables(found: Found) -> dict[str, pa.Table]:
    """All tables by name."""
    return {
        "pairs": make_table(PAIRS, [_pair_row(one) for o in RANKED for one in found.pairs[o]]),
        "structures": make_table(STRUCTURES, structure_rows(found)),
        "parameters": make_table(
            PARAMETERS, [_parameter_row(one) for o in RANKED for one in found.parameters[o]]
        ),
    }


def _pair_row(one: PairFound) -> dict[str, Any]:
    signs = list(one.structures.values())
    reversed_by = [name for name, sign in one.structures.items() if sign < 0]
    parts = one.variances
    return {
        "outcome": one.outcome, "better": one.better, "worse": one.worse,
        "difference": one.main.difference, "sim_low": one.main.sim_low,
        "sim_high": one.main.sim_high, "n": one.main.n, "main": one.main.verdict,
        "same": one.same.share, "same_low": one.same.low, "same_high": one.same.high,
        "reversed": one.reversed_.share, "reversed_low": one.reversed_.low,
        "reversed_high": one.reversed_.high, "untold": 1.0 - one.same.share - one.reversed_.share,
        "expected": one.expected, "verdict": one.verdict, "variance_luck": parts.luck,
        "variance_parameters": parts.parameters, "variance_parameters_low": parts.parameters_low,
        "variance_parameters_high": parts.parameters_high, "variance_structures": parts.structures,
        "structures_same": signs.count(1), "structures_reversed": signs.count(-1),
        "structures_untold": signs.count(0), "reversed_by": ", ".join(reversed_by),
    }  # fmt: skip


def structure_rows(found: Found) -> list[dict[str, Any]]:
    """One row per outcome and structure, over the pairs told in the world as it stands."""
    rows = []
    for outcome in RANKED:
        told = found.told(outcome)
        for name, kind in found.structures.items():
            if name not in found.pairs[outcome][0].structures:
                continue
            signs = [one.structures[name] for one in told]
            flipped = [f"{one.better} > {one.worse}" for one in told if one.structures[name] < 0]
            title = found.titles.get(name, {})
            rows.append({
                "outcome": outcome, "structure": name, "kind": kind, "title_en": title.get("en"),
                "title_zh": title.get("zh"), "pairs": len(told), "same": signs.count(1),
                "untold": signs.count(0), "reversed": signs.count(-1),
                "reversed_pairs": "; ".join(flipped),
            })  # fmt: skip
    return rows


def _parameter_row(one: ParameterFound) -> dict[str, Any]:
    low, high = one.factor.bounds
    return {
        "outcome": one.outcome, "parameter": one.factor.name, "low": low, "high": high,
        "same_lower": one.same_lower, "same_upper": one.same_upper,
        "reversed_lower": one.reversed_lower, "reversed_upper": one.reversed_upper,
        "better": one.pair[0], "worse": one.pair[1], "rho": one.rho, "q": one.q,
        "mean_lower": one.mean_lower, "mean_upper": one.mean_upper,
    }  # fmt: skip
