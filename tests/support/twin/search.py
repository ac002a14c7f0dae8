"""Search on the landscape: a quarter of tries by the members of a team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation import streams
from simulation.landscape import MEAN_CONTRIBUTION
from tests.support.twin import rules
from tests.support.twin.luck import combine

if TYPE_CHECKING:
    from tests.support.twin.consortium import Consortium, Member


def search_quarter(c: Consortium, paid_share: float) -> None:
    """A quarter of tries by a team that paid this share of its cost."""
    w = c.w
    c.stuck = True
    for number in range(w.search_rounds):
        before = c.design
        for member in c.members:
            if member.worked <= 0.0:
                continue
            member.credit += w.search_tries_per_fte * member.worked * paid_share
            tries = int(member.credit)
            member.credit -= tries
            part = as_bits(member.components)
            searcher = combine(c.luck, member.organisation.entity)
            for k in range(tries):
                attempt(c, member, part, before, combine(searcher, number * 1024 + k))


def attempt(c: Consortium, member: Member, part: int, before: int, address: int) -> None:
    """One try of one member, whose components are ``part``; the design changes if it seems to gain.

    With probability gamma it is judged on the whole design as the others have left it; otherwise
    on the member's own components only, as if the others stood where they stood at the start of
    the round (Levinthal 1997; Rivkin and Siggelkow 2003).
    """
    w, luck, now = c.w, c.model.luck, c.model.now
    first, flips = components_to_flip(c, part, address)
    tried = c.design ^ flips
    if luck.uniform(streams.TRY_INTEGRATED, now, address) < c.gamma:
        gain = float(c.landscape.fitness(tried) - c.landscape.fitness(c.design))
    else:
        seen = (before & ~part) | (c.design & part)
        gain = float(c.landscape.partial_gain(part, seen, flips))
    ignorance = 1.0 - member.organisation.expertise[c.fields[first]]
    error = w.search_noise * ignorance * len(c.fields) * MEAN_CONTRIBUTION
    gain += error * luck.normal(streams.TRY_NOISE, now, address)
    c.tries += 1
    if gain > 0.0:
        c.improvements += 1
        c.stuck = False
        c.design = tried


def components_to_flip(c: Consortium, part: int, address: int) -> tuple[int, int]:
    """The component a try changes, and as bits all it changes: several if the team is bold."""
    w, luck, now = c.w, c.model.luck, c.model.now
    first = rules.pick_component(part, luck.uniform(streams.TRY_COMPONENT, now, address))
    flips = 1 << first
    if c.bold and luck.uniform(streams.TRY_BOLD, now, address) < w.search_bold_share:
        for k in range(1, w.search_bold_flips):
            u = luck.uniform(streams.TRY_COMPONENT, now, combine(address, k))
            flips |= 1 << rules.pick_component(part, u)
    return first, flips


def as_bits(components: list[int]) -> int:
    """Components as a bit set."""
    bits = 0
    for component in components:
        bits |= 1 << component
    return bits
