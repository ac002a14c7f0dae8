"""What is measured of a network of projects: the same functions for model, programme and null.

A measure takes a :class:`~experiments.validation.network.Network` and returns a number, NaN where
it is not defined. Definitions stand in the docstrings, which the documentation prints.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.validation.network import TYPES, UNKNOWN, FloatArray, IntArray, Network
from simulation.measures import gini

FIRM, UNIVERSITY, INSTITUTE = range(len(TYPES))
PERMUTATIONS = 10  # over which the repeat ties that chance would give are averaged
PERMUTATION_KEY = 7_700_000  # of the first; far from the keys of the null columns
MOST_SOURCES = 400  # organisations from which shortest paths are measured
INPUT, BEHAVIOUR, MECHANICAL = "input", "behaviour", "mechanical"
CLASSES = (BEHAVIOUR, INPUT, MECHANICAL)


# ---------------------------------------------------------------- inputs


def organisations_per_project(network: Network) -> float:
    """Organisations that are in any project, over projects."""
    return len(network.participations) / network.projects


def size_mean(network: Network) -> float:
    """Mean number of members."""
    return float(network.sizes.mean())


def size_median(network: Network) -> float:
    """Median number of members."""
    return float(np.median(network.sizes))


def size_p90(network: Network) -> float:
    """90th percentile of the number of members."""
    return float(np.percentile(network.sizes, 90))


def duration_months(network: Network) -> float:
    """Mean duration of projects in months, over those whose dates are known."""
    known = network.months[~np.isnan(network.months)]
    return float(known.mean()) if len(known) else math.nan


def _type_share(network: Network, kind: int, places: NDArray[np.bool_]) -> float:
    kinds = network.kind[network.organisation[places]]
    known = kinds[kinds != UNKNOWN]
    return float((known == kind).mean()) if len(known) else math.nan


def firm_share(network: Network) -> float:
    """Share of firms in the places whose organisation's type is known."""
    return _type_share(network, FIRM, np.ones_like(network.lead))


def university_share(network: Network) -> float:
    """Share of universities in the places whose organisation's type is known."""
    return _type_share(network, UNIVERSITY, np.ones_like(network.lead))


def institute_share(network: Network) -> float:
    """Share of research institutes in the places whose organisation's type is known."""
    return _type_share(network, INSTITUTE, np.ones_like(network.lead))


# ---------------------------------------------------------------- who takes part


def participation_gini(network: Network) -> float:
    """Gini coefficient of projects per organisation, over those that are in any."""
    return float(gini(network.participations.astype(np.float64)))


def top_tenth(network: Network) -> float:
    """Share of all places that the tenth of organisations with most projects fills."""
    ordered = np.sort(network.participations)[::-1]
    return float(ordered[: math.ceil(len(ordered) / 10)].sum() / ordered.sum())


def single_share(network: Network) -> float:
    """Share of organisations that are in one project only."""
    return float((network.participations == 1).mean())


def attachment_exponent(network: Network) -> float:
    """Exponent of new against past participations.

    Projects of an organisation in the second half of the projects follow k**b, k its projects in the
    first half, over those with k of 1 or more; b by Poisson regression of the counts on log k.
    A b of 1 is preferential attachment in proportion (Jeong, Néda and Barabási 2003).
    """
    past, new = _halves(network)
    here = past > 0
    return _poisson_slope(np.log(past[here]), new[here].astype(np.float64))


def _halves(network: Network) -> tuple[IntArray, IntArray]:
    """Projects of each organisation in the first and in the second half of the projects."""
    early = network.project < network.projects // 2
    count = int(network.organisation.max(initial=0)) + 1
    past = np.bincount(network.organisation[early], minlength=count)
    new = np.bincount(network.organisation[~early], minlength=count)
    return past, new


def _poisson_slope(x: FloatArray, y: FloatArray) -> float:
    """Slope of log mean y on x by maximum likelihood (Newton's method); NaN where there is none.

    The level is solved for, which leaves one equation in the slope: the mean of x weighted by
    exp(slope x) equals its mean weighted by y. It has a finite solution exactly when the latter
    lies within the range of x.
    """
    if not len(x) or y.sum() == 0:
        return math.nan
    target = float((x * y).sum() / y.sum())
    if not x.min() < target < x.max():
        return math.nan
    low, high = -20.0, 20.0
    for _ in range(60):  # bisection: the weighted mean rises with the slope
        slope = (low + high) / 2
        weight = np.exp(slope * (x - x.max()) if slope > 0 else slope * (x - x.min()))
        if (x * weight).sum() / weight.sum() < target:
            low = slope
        else:
            high = slope
    return (low + high) / 2


def incumbent_share(network: Network) -> float:
    """Share of the places in the second half of the projects filled by organisations of the first."""
    late = network.organisation[network.project >= network.projects // 2]
    past, _ = _halves(network)
    return float((past[late] > 0).mean()) if len(late) else math.nan


def persistence(network: Network) -> float:
    """Share of the organisations of the first half of the projects that are in the second, too."""
    past, new = _halves(network)
    here = past > 0
    return float((new[here] > 0).mean()) if here.any() else math.nan


# ---------------------------------------------------------------- who works with whom


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """All pairs of members of the same project in order of the projects; shape (pairs,) each."""

    first: IntArray
    second: IntArray

    @property
    def names(self) -> IntArray:
        """A number for each pair of organisations, whichever comes first."""
        count = int(max(self.first.max(initial=0), self.second.max(initial=0))) + 1
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        named: IntArray = low * count + high
        return named


def _pairs(network: Network) -> _Pairs:
    """Places of a project stand together, so each is paired with all later ones up to the last."""
    ends = np.cumsum(network.sizes)[network.project]
    place = np.arange(len(network.project))
    partners = ends - place - 1
    first = np.repeat(place, partners)
    offset = np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    return _Pairs(network.organisation[first], network.organisation[first + 1 + offset])


def repeat_share(network: Network) -> float:
    """Share of pairs of members who were in an earlier project of the network together."""
    names = _pairs(network).names
    return 1.0 - len(np.unique(names)) / len(names) if len(names) else math.nan


def repeat_excess(network: Network) -> float:
    """Repeated pairs over those that chance gives: repeat_share over its mean in permuted networks."""
    chance = np.mean(
        [repeat_share(network.permuted(PERMUTATION_KEY + 1000 * k)) for k in range(PERMUTATIONS)]
    )
    return repeat_share(network) / float(chance) if chance > 0 else math.nan


def same_region_ratio(network: Network) -> float:
    """Pairs of members from the same region (country), over those expected without preference.

    Expected is the sum over regions of their squared shares of the places; pairs and places whose
    region is unknown are left out.
    """
    return _over_expected(network, network.region, None)


def firm_firm_mixing(network: Network) -> float:
    """Pairs of two firms over those expected from the firms' share of places; known types only."""
    return _over_expected(network, network.kind, (FIRM, FIRM))


def university_firm_mixing(network: Network) -> float:
    """Pairs of a university and a firm over those expected from their shares; known types only."""
    return _over_expected(network, network.kind, (UNIVERSITY, FIRM))


def _over_expected(network: Network, label: IntArray, ends: tuple[int, int] | None) -> float:
    """Pairs with these labels (any equal ones for None) over those expected from shares of places."""
    pairs = _pairs(network)
    first, second = label[pairs.first], label[pairs.second]
    known = (first != UNKNOWN) & (second != UNKNOWN)
    labels = label[network.organisation]
    labels = labels[labels != UNKNOWN]
    if not known.any():
        return math.nan
    shares = np.bincount(labels) / len(labels)
    if ends is None:
        found, expected = first == second, float((shares**2).sum())
    else:
        a, b = ends
        found = ((first == a) & (second == b)) | ((first == b) & (second == a))
        present = max(a, b) < len(shares)
        expected = float(shares[a] * shares[b] * (1 if a == b else 2)) if present else 0.0
    return float(found[known].mean()) / expected if expected > 0 else math.nan


def university_leads(network: Network) -> float:
    """Share of universities among coordinators of known type."""
    return _type_share(network, UNIVERSITY, network.lead)


def institute_leads(network: Network) -> float:
    """Share of research institutes among coordinators of known type."""
    return _type_share(network, INSTITUTE, network.lead)


def firm_leads(network: Network) -> float:
    """Share of firms among coordinators of known type."""
    return _type_share(network, FIRM, network.lead)


# ---------------------------------------------------------------- mechanical


def _linked(network: Network) -> tuple[IntArray, IntArray, int]:
    """Ends of all links, both ways and once each, among organisations numbered without gaps."""
    here, number = np.unique(network.organisation, return_inverse=True)
    pairs = _pairs(network)
    places = np.zeros(int(here.max(initial=0)) + 1, np.int64)
    places[here] = np.arange(len(here))
    first, second = places[pairs.first], places[pairs.second]
    both = np.unique(np.concatenate([first * len(here) + second, second * len(here) + first]))
    return both // len(here), both % len(here), len(here)


def clustering(network: Network) -> float:
    """Mean local clustering coefficient (Watts and Strogatz 1998); 0 with fewer than two partners."""
    from scipy import sparse

    first, second, count = _linked(network)
    linked = sparse.csr_array((np.ones(len(first)), (first, second)), shape=(count, count))
    triangles = np.asarray((linked @ linked).multiply(linked).sum(axis=1)).ravel()
    degree = np.bincount(first, minlength=count)
    possible = degree * (degree - 1)
    return float(np.where(possible > 0, triangles / np.maximum(possible, 1), 0.0).mean())


def giant_share(network: Network) -> float:
    """Share of organisations in the largest component."""
    from scipy.sparse.csgraph import connected_components

    component = connected_components(_matrix(network), directed=False)[1]
    return float(np.bincount(component).max() / len(component))


def path_length(network: Network) -> float:
    """Mean length of shortest paths within the largest component.

    From at most 400 of its organisations, evenly chosen, to all others.
    """
    from scipy.sparse.csgraph import connected_components, shortest_path

    linked = _matrix(network)
    component = connected_components(linked, directed=False)[1]
    rows = np.flatnonzero(component == np.bincount(component).argmax())
    if len(rows) < 2:
        return math.nan
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_SOURCES)).astype(int))
    inside = linked[rows][:, rows]
    lengths = shortest_path(inside, unweighted=True, directed=False, indices=chosen)
    return float(lengths.sum() / (len(chosen) * (len(rows) - 1)))


def _matrix(network: Network):  # type: ignore[no-untyped-def]  # SciPy has no types
    from scipy import sparse

    first, second, count = _linked(network)
    return sparse.csr_array((np.ones(len(first)), (first, second)), shape=(count, count))


# ---------------------------------------------------------------- the list


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure, what kind of evidence it is, and the null that it is held against.

    Attributes
    ----------
    group: ``behaviour`` must emerge; an ``input`` is given to the model, in whole or in part, and
        proves nothing; what is ``mechanical`` follows from team sizes and proves nothing either.
    even: held against places filled evenly, because permuting leaves it as it is.
    needs: what the data must have beside projects and organisations: ``types``, ``regions``,
        ``leads`` or ``dates``.
    """

    of: Callable[[Network], float]
    group: str
    even: bool = False
    needs: str = ""

    @property
    def name(self) -> str:
        """As in tables, targets and words."""
        return self.of.__name__


MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        Measure(participation_gini, BEHAVIOUR, even=True),
        Measure(top_tenth, BEHAVIOUR, even=True),
        Measure(single_share, BEHAVIOUR, even=True),
        Measure(attachment_exponent, BEHAVIOUR, even=True),
        Measure(incumbent_share, BEHAVIOUR),
        Measure(persistence, BEHAVIOUR),
        Measure(repeat_share, BEHAVIOUR),
        Measure(repeat_excess, BEHAVIOUR),
        Measure(university_leads, BEHAVIOUR, needs="leads"),
        Measure(institute_leads, BEHAVIOUR, needs="leads"),
        Measure(firm_leads, BEHAVIOUR, needs="leads"),
        Measure(same_region_ratio, BEHAVIOUR, needs="regions"),
        Measure(firm_firm_mixing, BEHAVIOUR, needs="types"),
        Measure(university_firm_mixing, BEHAVIOUR, needs="types"),
        Measure(organisations_per_project, INPUT),
        Measure(size_mean, INPUT),
        Measure(size_median, INPUT),
        Measure(size_p90, INPUT),
        Measure(university_share, INPUT, needs="types"),
        Measure(institute_share, INPUT, needs="types"),
        Measure(firm_share, INPUT, needs="types"),
        Measure(duration_months, INPUT, needs="dates"),
        Measure(clustering, MECHANICAL),
        Measure(path_length, MECHANICAL),
        Measure(giant_share, MECHANICAL),
    )
}
