"""Fields of knowledge, and the yearly directory of who knows something useful in each."""

from __future__ import annotations

import math
from bisect import bisect_left, insort_right
from typing import TYPE_CHECKING

from simulation import streams
from tests.support.twin import rules
from tests.support.twin.luck import combine

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.organisation import Organisation


def _hash(organisation: Organisation) -> int:
    return organisation.hash


def distances(fields: int) -> list[list[float]]:
    """Distance of any two fields, in [0, 1]."""
    return [[rules.field_distance(a, b, fields) for b in range(fields)] for a in range(fields)]


def reaches(distance: list[list[float]], tau: float) -> list[list[float]]:
    """Share of a solution's knowledge in one field that reaches another."""
    return [[math.exp(-d / tau) for d in row] for row in distance]


def starting_at(ring: list[Organisation], position: int) -> list[Organisation]:
    """A ring once around, from the first organisation at or after a hashed position."""
    first = bisect_left(ring, position, key=_hash)
    return ring[first:] + ring[:first]


class Directory:
    """Organisations in the order of their hash: all of them, and for each field those listed.

    The lists for the fields and for all firms are renewed once a year; who closes or enters
    meanwhile stays in, or out.
    """

    def __init__(self, model: TwinModel) -> None:
        self.model = model
        self.everybody = sorted(model.organisations, key=_hash)
        self.rings: list[list[Organisation]] = []
        self.firms: list[Organisation] = []
        self.renew()

    def renew(self) -> None:
        """List anew who is at work, for each field those who know it."""
        there = [one for one in self.everybody if one.at_work]
        self.rings = [
            [one for one in there if field in one.knows]
            for field in range(self.model.w.fields_count)
        ]
        self.firms = [one for one in there if one.is_firm]

    def enter(self, organisation: Organisation) -> None:
        """Put a new organisation where its hash belongs."""
        insort_right(self.everybody, organisation, key=_hash)


def draw_first_ties(model: TwinModel) -> None:
    """Partners known at the start: mostly from the same region (home bias)."""
    w, luck = model.w, model.luck
    for one in model.organisations:
        if one.staff <= 0.0:
            continue
        for k in range(w.fields_initial_ties):
            address = combine(one.entity, k)
            at_home = luck.uniform(streams.FIRST_TIE_HOME, 0, address) < w.fields_initial_home_share
            position = luck.bits(streams.FIRST_TIE, 0, address)
            for partner in starting_at(model.directory.everybody, position):
                if partner is one or partner.staff <= 0.0:
                    continue
                if not at_home or partner.region == one.region:
                    one.add_tie(partner, -1)
                    partner.add_tie(one, -1)
                    break
