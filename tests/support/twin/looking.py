"""Looking for partners: how many candidates a lead pays to look at, and which."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulation import streams
from simulation.columns import MAX_LOOKS
from tests.support.twin import rules
from tests.support.twin.fields import starting_at
from tests.support.twin.luck import combine
from tests.support.twin.needs import distinct

if TYPE_CHECKING:
    from tests.support.twin.consortium import Consortium
    from tests.support.twin.organisation import Organisation


class Found:
    """Candidates found so far, each once, and no more than a lead can look at."""

    def __init__(self) -> None:
        self.organisations: list[Organisation] = []

    def add(self, organisation: Organisation) -> None:
        """One more, unless it is known already."""
        if organisation not in self.organisations and len(self.organisations) < MAX_LOOKS:
            self.organisations.append(organisation)

    def __len__(self) -> int:
        return len(self.organisations)


def find_candidates(c: Consortium) -> list[Organisation]:
    """Candidates the lead has looked at (and paid for)."""
    p = c.programme.levers
    found = Found()
    if c.body:
        for one in c.body.members:
            if one.active and one is not c.lead:
                found.add(one)
    sought = c.untouched_fields()
    looks = wanted_looks(c)
    if len(found) == 0 and c.breaks_a_rule:
        looks = max(looks, 4 * max(p.eligibility_min_members, p.eligibility_min_regions + 1))
        sought = sought or distinct(c.fields)
    if p.layers_general_members > 0 or p.eligibility_min_suppliers > 0:
        add_suppliers(c, found)
    known = len(found)
    each = (looks + len(sought) - 1) // max(len(sought), 1)
    if each > 0:
        for field in sought:
            look_on_ring(c, field, each, found)
    pay_for_looking(c, len(found) - known)
    return found.organisations


def wanted_looks(c: Consortium) -> int:
    """How many candidates the lead pays to look at."""
    w, p = c.w, c.programme.levers
    coverage = len(c.touched) / len(c.fields)
    claim = rules.makers_claim(w, p.diffusion_private_standard)
    kept = rules.lead_keeps(w, w.forming_looking_partners, c.owner_leads, c.need.price, claim)
    stake = w.forming_prior_success * c.need.value * kept
    stake *= c.programme.start_chance(c.body)
    stake *= 1.0 - math.pow(coverage, w.forming_coverage_exponent)
    cost = w.forming_scan_cost_myuan * (1.0 - p.formation_subsidised_scanning)
    return int(rules.scan_breadth(stake, w.forming_hit_rate, cost, MAX_LOOKS))


def add_suppliers(c: Consortium, found: Found) -> None:
    """The lead's suppliers and buyers, known to it, next on the ring of firms."""
    model = c.model
    position = model.luck.bits(streams.SUPPLY_LINK, 1, c.luck)
    asked = 0
    for firm in starting_at(model.directory.firms, position):
        if asked >= c.w.supply_asked:
            break
        if firm.active and firm is not c.lead and c.lead.is_linked_to(firm):
            found.add(firm)
            asked += 1


def look_on_ring(c: Consortium, field: int, looks: int, found: Found) -> None:
    """Look at some candidates next on a field's ring.

    The candidates are those next after a hashed position that lie in the open circle; exponential
    clocks, weighted by acquaintance, home and fit, choose among them who is looked at.
    """
    w, model = c.w, c.model
    place = combine(c.luck, field)
    position = model.luck.bits(streams.SCAN_POSITION, 0, place)
    clocks: dict[Organisation, float] = {}
    for one in starting_at(model.directory.rings[field], position):
        if len(clocks) >= w.forming_window:
            break
        if not one.active or one is c.lead:
            continue
        times = c.lead.times_with(one)
        near = one.region == c.lead.region
        if not c.programme.circle_holds(times > 0.0, near):
            model.bound["outside_circle"] += 1
            continue
        weight = rules.contact_weight(
            c.programme.levers.formation_mode, times, 1.0 if near else 0.0, one.expertise[field],
            w.forming_tie_bias, w.forming_home_bias, w.forming_tie_saturation,
            w.forming_broker_least_fit,
        )  # fmt: skip
        name = combine(place, one.entity)
        clocks[one] = model.luck.clock(streams.SCAN_CLOCK, 0, name, weight)
    for one in sorted(clocks, key=lambda one: clocks[one])[:looks]:
        found.add(one)


def pay_for_looking(c: Consortium, looks: int) -> None:
    """The lead and the programme pay for the candidates looked at."""
    c.scanned += looks
    cost = looks * c.w.forming_scan_cost_myuan
    subsidy = c.programme.levers.formation_subsidised_scanning
    c.lead.pay(rules.fen(cost * (1.0 - subsidy)), "scanning_out")
    if subsidy > 0.0:
        c.programme.spend(rules.fen(cost * subsidy), "scanning_out", c.lead.region)
