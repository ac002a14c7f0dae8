"""A programme as a network: which organisations were in which projects, in the order of the projects.

Also its parts of equal numbers of projects, and its two null models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.paired import hashed_uniforms

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
TYPES = ("firm", "university", "institute")  # of organisations
UNKNOWN = -1
MOST_SWAPS = 200  # rounds of swapping that take an organisation out of a place it fills twice


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Places of projects and the organisations that fill them.

    Attributes
    ----------
    project: project of each place, 0 to projects - 1 in order of time, ascending; shape (places,).
    organisation: who fills it, shape (places,); nobody is in a project twice.
    lead: whether it is the coordinator's, shape (places,); nowhere true where leads are unknown.
    kind: position in TYPES or UNKNOWN, shape (organisations,).
    region: region or country or UNKNOWN, shape (organisations,).
    start: in years, shape (projects,); NaN where unknown.
    months: duration, shape (projects,); NaN where unknown.
    """

    project: IntArray
    organisation: IntArray
    lead: NDArray[np.bool_]
    kind: IntArray
    region: IntArray
    start: FloatArray
    months: FloatArray

    @property
    def projects(self) -> int:
        """Number of projects."""
        return len(self.start)

    @property
    def sizes(self) -> IntArray:
        """Members of each project, shape (projects,)."""
        return np.bincount(self.project, minlength=self.projects)

    @property
    def participations(self) -> IntArray:
        """Projects of each organisation that is in any."""
        counts = np.bincount(self.organisation)
        return counts[counts > 0]

    def keep(self, chosen: NDArray[np.bool_]) -> Network:
        """Only the chosen projects; shape (projects,)."""
        places = chosen[self.project]
        number = np.cumsum(chosen) - 1
        return replace(
            self,
            project=number[self.project[places]],
            organisation=self.organisation[places],
            lead=self.lead[places],
            start=self.start[chosen],
            months=self.months[chosen],
        )

    def part(self, first: int, last: int) -> Network:
        """Projects ``first`` to ``last - 1``."""
        number = np.arange(self.projects)
        return self.keep((number >= first) & (number < last))

    def of_size(self, least: int) -> Network:
        """Only projects with this many members or more."""
        return self.keep(self.sizes >= least)

    def without(self, dropped: NDArray[np.bool_]) -> Network:
        """Without some organisations; shape (organisations,). Projects that lose all of them go."""
        places = ~dropped[self.organisation]
        left = replace(
            self,
            project=self.project[places],
            organisation=self.organisation[places],
            lead=self.lead[places],
        )
        return left.keep(left.sizes > 0)

    def windows(self, projects: int, most: int) -> Iterator[Network]:
        """Parts of ``projects`` projects that do not overlap, evenly over time, at most ``most``."""
        count = self.projects // projects
        chosen = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
        for number in chosen.tolist():
            yield self.part(number * projects, (number + 1) * projects)

    def permuted(self, key: int) -> Network:
        """The first null: the organisations permuted over all places.

        How many projects an organisation is in and how many members a project has stay; who works
        with whom, when and as what is left to chance. An organisation that comes twice into a
        project is swapped with one from another place.

        Parameters
        ----------
        key: names the permutation.
        """
        order = np.argsort(hashed_uniforms(1, len(self.organisation), key)[0], kind="stable")
        return replace(self, organisation=self._apart(self.organisation[order], key))

    def evenly_filled(self, key: int) -> Network:
        """The second null: every place filled by any of the organisations with the same chance."""
        known = np.unique(self.organisation)
        luck = hashed_uniforms(1, len(self.organisation), key)[0]
        drawn = known[(luck * len(known)).astype(np.int64)]
        return replace(self, organisation=self._apart(drawn, key))

    def _apart(self, organisation: IntArray, key: int) -> IntArray:
        """Swap organisations until none is in a project twice."""
        filled = organisation.copy()
        for attempt in range(1, MOST_SWAPS):
            twice = self._twice(filled)
            if not len(twice):
                break
            luck = hashed_uniforms(1, len(twice), key + attempt)[0]
            for place, other in zip(twice, (luck * len(filled)).astype(int), strict=True):
                filled[place], filled[other] = filled[other], filled[place]
        return filled

    def _twice(self, filled: IntArray) -> IntArray:
        """Places whose organisation has an earlier place in the same project."""
        pairs = self.project * (int(filled.max(initial=0)) + 1) + filled
        first = np.unique(pairs, return_index=True)[1]
        return np.setdiff1d(np.arange(len(filled)), first)
