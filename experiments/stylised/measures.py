"""The facts: for each a measure, what it is held against, and on which side of it the fact lies.

Definitions, references and the rule of verdicts (:func:`experiments.stylised.results.verdict_of`) were written
down before any run was measured. A measure takes an :class:`~experiments.stylised.observed.Observed` run and returns
its value and its reference; their difference is what is judged. NaN where a run cannot say.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from experiments.stylised.observed import Observed
from experiments.validation.measures import PERMUTATION_KEY, repeat_share
from experiments.validation.network import TYPES, FloatArray, Network

FIRM_TYPE = TYPES.index("firm")
PERMUTATIONS = 10  # networks over which a null is averaged
LEAST_BIDS = 20  # in a run, for a comparison of leads
Measured = tuple[float, float]  # value and reference
UNKNOWN: Measured = (math.nan, math.nan)


def _nulls(network: Network) -> list[Network]:
    """Organisations permuted over the places of projects: sizes and participations stay."""
    return [network.permuted(PERMUTATION_KEY + 1000 * k) for k in range(PERMUTATIONS)]


def _against_null(network: Network, measure: Callable[[Network], float]) -> Measured:
    if not network.projects:
        return UNKNOWN
    return measure(network), float(np.mean([measure(one) for one in _nulls(network)]))


def _variation(counts: FloatArray) -> float:
    """Coefficient of variation."""
    mean = float(counts.mean()) if len(counts) else 0.0
    return float(counts.std(ddof=1)) / mean if mean > 0.0 else math.nan


# ---------------------------------------------------------------- who takes part


def participation_tail(run: Observed) -> Measured:
    """Coefficient of variation of projects per organisation, over all with staff, against 1, that of an
    exponential distribution: above it the tail is heavier than exponential."""
    counts = np.bincount(run.network.organisation, minlength=len(run.active))[run.active]
    return _variation(counts.astype(np.float64)), 1.0


def degree_tail(run: Observed) -> Measured:
    """Coefficient of variation of the number of different partners, over all with staff, against 1."""
    degree = np.zeros(len(run.active))
    for partners in _partners(run.network).values():
        degree[partners[0]] = len(partners[1])
    return _variation(degree[run.active]), 1.0


def _partners(network: Network) -> dict[int, tuple[int, set[int]]]:
    found: dict[int, tuple[int, set[int]]] = {}
    ends = np.cumsum(network.sizes)
    for members in np.split(network.organisation, ends[:-1]) if len(ends) else []:
        group = set(members.tolist())
        for one in group:
            found.setdefault(one, (one, set()))[1].update(group - {one})
    return found


def core_of_science(run: Observed) -> Measured:
    """Share of universities and institutes in the innermost k-core of the network, against their share of
    all organisations that are in any project."""
    import networkx as nx

    graph = _graph(run.network)
    if not graph:
        return UNKNOWN
    core = nx.core_number(graph)
    deepest = max(core.values())
    science = run.network.kind != FIRM_TYPE
    inner = [science[node] for node, depth in core.items() if depth == deepest]
    return float(np.mean(inner)), float(np.mean([science[node] for node in graph]))


def science_holds_together(run: Observed) -> Measured:
    """Fall of the share of the remaining organisations in the largest component when universities and
    institutes are taken out, against the mean fall when as many organisations at random are."""
    science = np.flatnonzero(run.network.kind != FIRM_TYPE)
    graph = _graph(run.network)
    there = [node for node in science.tolist() if node in graph]
    if not there or len(there) >= len(graph) - 1:
        return UNKNOWN
    nodes = np.array(sorted(graph))
    chance = [
        _fall(graph, nodes[np.argsort(_luck(k, len(nodes)))[: len(there)]].tolist())
        for k in range(PERMUTATIONS)
    ]
    return _fall(graph, there), float(np.mean(chance))


def _luck(key: int, count: int) -> FloatArray:
    from experiments.statistics.paired import hashed_uniforms

    luck: FloatArray = hashed_uniforms(1, count, PERMUTATION_KEY + key)[0]
    return luck


def _graph(network: Network):  # type: ignore[no-untyped-def]  # networkx has no types
    import networkx as nx

    graph = nx.Graph()
    for one, (_, others) in _partners(network).items():
        graph.add_node(one)
        graph.add_edges_from((one, other) for other in others)
    return graph


def _fall(graph, taken: list[int]) -> float:  # type: ignore[no-untyped-def]
    import networkx as nx

    left = graph.copy()
    left.remove_nodes_from(taken)
    return _largest(nx, graph) - _largest(nx, left)


def _largest(nx, graph) -> float:  # type: ignore[no-untyped-def]
    return max(map(len, nx.connected_components(graph)), default=0) / max(len(graph), 1)


# ---------------------------------------------------------------- who works with whom


def newcomers_join_incumbents(run: Observed) -> Measured:
    """Of the partners of organisations in their first project, the share that has been in a project before,
    against the same in permuted networks."""
    return _against_null(run.network, _incumbent_partners)


def _incumbent_partners(network: Network) -> float:
    seen: set[int] = set()
    old = partners = 0
    for members in np.split(network.organisation, np.cumsum(network.sizes)[:-1]):
        group = members.tolist()
        newcomers = [one for one in group if one not in seen]
        old += len(newcomers) * (len(group) - len(newcomers))
        partners += len(newcomers) * (len(group) - 1)
        seen.update(group)
    return old / partners if partners else math.nan


def repeat_ties(run: Observed) -> Measured:
    """Share of pairs of members that were in an earlier project together, against permuted networks."""
    return _against_null(run.network, repeat_share)


def technology_before_geography(run: Observed) -> Measured:
    """How much nearer in technology partners are than chance gives, against how much nearer in space.

    Both in standard deviations over all pairs of participants: cosine of expertise at the start of policy,
    and being of the same region; chance is the mean of permuted networks.
    """
    if run.network.projects < 2:
        return UNKNOWN
    return (
        _closeness(run, _cosines(run.expertise)),
        _closeness(run, np.equal.outer(run.network.region, run.network.region).astype(np.float64)),
    )


def _cosines(expertise: FloatArray) -> FloatArray:
    length = np.linalg.norm(expertise, axis=1, keepdims=True)
    unit = expertise / np.where(length > 0.0, length, 1.0)
    cosines: FloatArray = unit @ unit.T
    return cosines


def _closeness(run: Observed, near: FloatArray) -> float:
    """Mean nearness of partners less that of chance, in standard deviations over pairs."""
    count = len(near)
    names = np.unique(run.network.organisation)
    names = names[names < count]
    every = near[np.ix_(names, names)][np.triu_indices(len(names), 1)]
    spread = float(every.std()) if len(every) else 0.0
    if spread == 0.0:
        return math.nan
    chance = np.mean([_mean_near(one, near) for one in _nulls(run.network)])
    return float((_mean_near(run.network, near) - chance) / spread)


def _mean_near(network: Network, near: FloatArray) -> float:
    total = pairs = 0.0
    for members in np.split(network.organisation, np.cumsum(network.sizes)[:-1]):
        inside = members[members < len(near)]
        block = near[np.ix_(inside, inside)]
        total += (block.sum() - np.trace(block)) / 2.0
        pairs += len(inside) * (len(inside) - 1) / 2.0
    return total / pairs if pairs else math.nan


# ---------------------------------------------------------------- results and bids


def value_is_skewed(run: Observed) -> Measured:
    """Share of the realised value that the tenth of adopted solutions with the highest holds, against a half.

    In part given: needs are drawn with a heavy tail of values, of which solving and adopting make a choice.
    """
    if len(run.values) < 10:
        return UNKNOWN
    ordered = np.sort(run.values)[::-1]
    total = float(ordered.sum())
    top = float(ordered[: math.ceil(len(ordered) / 10)].sum())
    return (top / total if total > 0.0 else math.nan), 0.5


def clustered_in_time(run: Observed) -> Measured:
    """Dispersion of solutions per quarter, from differences between neighbouring quarters so that a trend
    does not count, against 1, that of a Poisson process."""
    counts = run.solved.astype(np.float64)
    if counts.sum() == 0.0:
        return UNKNOWN
    return float(np.mean(np.diff(counts) ** 2) / (2.0 * counts.mean())), 1.0


def experience_wins_bids(run: Observed) -> Measured:
    """Share of bids funded whose lead has led a funded project before, against that of the other bids of the
    same year, weighted over years (Mantel and Haenszel)."""
    if len(run.bids) < LEAST_BIDS:
        return UNKNOWN
    led: set[int] = set()
    experienced = np.zeros(len(run.bids), bool)
    for k, (_, lead, funded) in enumerate(run.bids.tolist()):
        experienced[k] = lead in led
        if funded:
            led.add(lead)
    year, funded = run.bids[:, 0] // 4, run.bids[:, 2]
    won = lost = weight = 0.0
    for one in np.unique(year):
        here = year == one
        old, new = funded[here & experienced], funded[here & ~experienced]
        if len(old) and len(new):
            share = len(old) * len(new) / (len(old) + len(new))
            won, lost, weight = won + share * old.mean(), lost + share * new.mean(), weight + share
    return (won / weight, lost / weight) if weight else UNKNOWN


def median_own_research(run: Observed) -> float:
    """Median over organisations with staff of what each paid itself for joint projects, million yuan."""
    paid = run.own_paid[run.active[: len(run.own_paid)]]
    return float(np.median(paid)) if len(paid) else math.nan


# ---------------------------------------------------------------- the list


@dataclass(frozen=True, slots=True)
class Fact:
    """A stylised fact that is measured in single runs; it lies above its reference.

    Attributes
    ----------
    given: whether part of it is put into the model.
    source: where the fact is found.
    """

    of: Callable[[Observed], Measured]
    source: str
    given: bool = False

    @property
    def name(self) -> str:
        """As in tables and words."""
        return self.of.__name__


FACTS = tuple(
    Fact(*one)
    for one in (
        (participation_tail, "Framework programmes: participations are unequal (FP7 data)"),
        (degree_tail, "Framework programmes: degrees are unequal (FP7 data)"),
        (core_of_science, "universities and institutes form the core (evidence on framework programmes)"),
        (science_holds_together, "the core holds the network together (evidence on framework programmes)"),
        (newcomers_join_incumbents, "Autant-Bernard et al. 2007; Tomasello et al. 2014"),
        (repeat_ties, "Paier and Scherngell 2011: prior acquaintance"),
        (technology_before_geography, "Scherngell and Barber 2009"),
        (value_is_skewed, "Silverberg and Verspagen 2007", True),
        (clustered_in_time, "Silverberg and Verspagen 2003: clusters beyond Poisson"),
        (experience_wins_bids, "framework programmes: success rises with the coordinator's experience"),
    )
)  # fmt: skip
