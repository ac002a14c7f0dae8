"""Forming of consortia: candidates, invitations, acceptance and transfers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.kinds import GENERAL
from tests.support.twin import rules
from tests.support.twin.consortium import Consortium
from tests.support.twin.looking import find_candidates
from tests.support.twin.needs import touched
from tests.support.twin.worth import invitation_utility, lead_utility

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme
    from tests.support.twin.standing import StandingConsortium


@dataclass(slots=True, eq=False)
class Candidate:
    """Somebody the lead has looked at.

    Attributes
    ----------
    touches: components it can touch.
    levels: its expertise for each of them.
    trust: the lead's trust in it.
    asked: whether it has been invited.
    """

    organisation: Organisation
    touches: set[int]
    levels: dict[int, float]
    trust: float
    asked: bool = False


def form_consortium(
    model: TwinModel,
    need: Need,
    lead: Organisation,
    programme: Programme,
    *,
    body: StandingConsortium | None = None,
    attempt_number: int = 0,
    p_extra: float = 1.0,
) -> Consortium | None:
    """Form a consortium around a lead; None when it fails, but what looking cost stays paid."""
    c = Consortium(model, need, lead, programme, body, attempt_number)
    Gathering(c, p_extra).gather()
    if not c.meets_rules():
        c.remove()
        return None
    c.assign_components()
    c.measure_trust()
    c.gamma = c.integration()
    c.utility = lead_utility(need, lead, programme, c.coverage, c.others, p_extra)
    c.believed = lead.believed_success(c.coverage)
    coordination = programme.coordination_cost(c.burden) * need.deadline
    c.planned = rules.fen(programme.planned_cost(need) + coordination)
    model.consortia.append(c)
    return c


def forget_last(model: TwinModel) -> None:
    """Forget the newest consortium: it formed, but its lead would lose by going on."""
    model.consortia.pop().remove()


class Gathering:
    """How a lead fills a consortium with those it has looked at.

    Attributes
    ----------
    levels: the best expertise the team has for each component.
    """

    def __init__(self, c: Consortium, p_extra: float) -> None:
        self.c = c
        self.p_extra = p_extra
        self.pool = [self._candidate(one) for one in find_candidates(c)]
        self.levels = [0.0] * len(c.fields)
        self._raise_levels(c.lead)

    def _candidate(self, one: Organisation) -> Candidate:
        c = self.c
        can = touched(c.fields, one.knows)
        levels = {component: one.expertise[c.fields[component]] for component in can}
        trust = rules.trust_of(c.lead.times_with(one), c.w.forming_trust_rate)
        return Candidate(one, can, levels, trust)

    def _weigh(self) -> None:
        """What the project is worth to the lead with the members it has."""
        c = self.c
        c.utility = self._lead_utility(len(c.touched) / len(c.fields), c.others)

    def _raise_levels(self, member: Organisation) -> None:
        for component, field in enumerate(self.c.fields):
            self.levels[component] = max(self.levels[component], member.expertise[field])

    def gather(self) -> None:
        """Fill core and close layers with those who are worth it there, then the general layer.

        What the rules ask for beyond that comes from the general layer, if there is one.
        """
        p = self.c.programme.levers
        most = self.c.programme.most_members
        outer = p.layers_general_members > 0
        self._weigh()
        inner = min(p.layers_core_members + p.layers_close_members, most)
        self._fill(inner, general=False, by_rule=not outer)
        if outer:
            last = min(len(self.c.members) + p.layers_general_members, most)
            self._fill(last, general=True, by_rule=True)

    def _fill(self, most: int, *, general: bool, by_rule: bool) -> None:
        """Invite the best candidate again and again, until none is worth it or there are ``most``."""
        c, p = self.c, self.c.programme.levers
        for _ in self.pool:
            size = len(c.members)
            if size >= most:
                if most == c.programme.most_members and c.programme.is_public:
                    c.model.bound["too_many_members"] += 1
                return
            layer = GENERAL
            if not general:
                layer = rules.layer_of(size, p.layers_core_members, p.layers_close_members)
            needy = by_rule and c.breaks_a_rule
            best, gain = self._best(layer, needy)
            if best is None:
                return
            best.asked = True
            if self._invite(best, layer, gain):
                self._raise_levels(best.organisation)
                self._weigh()

    def _best(self, layer: int, needy: bool) -> tuple[Candidate | None, float]:
        """The candidate who adds most for the lead, and what it adds.

        A candidate adds coverage, trust and skill and shares the cost; it dilutes value and costs
        coordination. It must add something, unless a rule needs somebody.
        """
        c, w, p = self.c, self.c.w, self.c.programme.levers
        n = len(c.fields)
        with_one = c.others + (p.layers_general_effort_share if layer == GENERAL else 1.0)
        burdened = c.utility + self._extra_burden(layer)
        liking = w.forming_prior_success * c.need.value
        worth: dict[int, float] = {}  # of the project to the lead, by components covered
        best = None
        best_gain = -math.inf if needy else 0.0
        for candidate in self.pool:
            if candidate.asked or (needy and not c.would_help(candidate.organisation)):
                continue
            covered = len(c.touched | candidate.touches)
            if covered not in worth:
                worth[covered] = self._lead_utility(covered / n, with_one)
            liked = w.forming_trust_worth * candidate.trust
            liked += w.forming_skill_weight * self._skill_gain(candidate)
            gain = worth[covered] - burdened + liking * liked
            if layer == GENERAL and c.lead.is_linked_to(candidate.organisation):
                gain += w.supply_worth_myuan
            if gain > best_gain:
                best_gain = gain
                best = candidate
        return best, best_gain

    def _lead_utility(self, coverage: float, others: float) -> float:
        c = self.c
        return lead_utility(c.need, c.lead, c.programme, coverage, others, self.p_extra)

    def _extra_burden(self, layer: int) -> float:
        """What coordinating one more member costs over the project, million yuan."""
        c = self.c
        heavier = c.programme.coordination_cost(c.burden + c.burden_of(layer))
        return (heavier - c.programme.coordination_cost(c.burden)) * c.need.deadline

    def _skill_gain(self, candidate: Candidate) -> float:
        """What a candidate adds to the team's best expertise, mean over components, in [0, 1]."""
        total = 0.0
        for component in sorted(candidate.touches):
            total += max(0.0, candidate.levels[component] - self.levels[component])
        return total / len(self.levels)

    def _invite(self, candidate: Candidate, layer: int, gain: float) -> bool:
        """It decides, and a reluctant one is paid the difference if that pays."""
        c, w, p = self.c, self.c.w, self.c.programme.levers
        coverage = len(c.touched | candidate.touches) / len(c.fields)
        utility = invitation_utility(c, candidate.organisation, layer, coverage, self.p_extra)
        transfer = 0.0
        if utility < 0.0 and (-utility <= gain or (c.breaks_a_rule and -utility <= c.utility)):
            transfer = -utility
            if rules.fen(transfer) > c.lead.cash:
                transfer = 0.0
        needed = p.funding_project_staff_fte / (w.forming_lead_weight + w.forming_asked_members)
        if layer == GENERAL:
            needed *= p.layers_general_effort_share
        free = candidate.organisation.free_staff()
        if not rules.accepts(utility, transfer, free, needed, w.forming_least_staff_share):
            c.refusals += 1
            return False
        c.admit(candidate.organisation, layer, rules.fen(transfer))
        return True
