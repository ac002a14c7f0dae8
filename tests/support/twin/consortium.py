"""Consortia: a lead and those who joined it, for one need."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import mesa  # type: ignore[import-untyped]

from agents.kinds import CORE, GENERAL
from tests.support.twin import rules
from tests.support.twin.luck import combine
from tests.support.twin.needs import distinct, touched

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tests.support.twin.landscape import Landscape
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme
    from tests.support.twin.standing import StandingConsortium

BIDDING, ACTIVE, REFUSED = "bidding", "active", "refused"
SOLVED, FAILED, STOPPED, OVERTAKEN = "solved", "failed", "stopped", "overtaken"


@dataclass(slots=True, eq=False)
class Member:
    """An organisation's part in a consortium.

    Attributes
    ----------
    value_weight: its shares of the team's part of the value.
    promised: fen that the lead pays it for joining.
    fte: staff it has promised, from the start on.
    worked: staff that tries are made with.
    credit: tries carried over.
    own_paid: fen it has paid itself.
    components: those it is responsible for, from the start on.
    """

    organisation: Organisation
    layer: int
    value_weight: float
    promised: int
    fte: float = 0.0
    worked: float = 0.0
    credit: float = 0.0
    own_paid: int = 0
    components: list[int] = dataclasses.field(default_factory=list)


class Consortium(mesa.Agent):  # type: ignore[misc]
    """A consortium for one need: a bid, then a project, then a result."""

    landscape: Landscape  # of its need, from the start on

    def __init__(
        self,
        model: TwinModel,
        need: Need,
        lead: Organisation,
        programme: Programme,
        body: StandingConsortium | None,
        attempt_number: int,
    ) -> None:
        super().__init__(model)
        self.need = need
        self.programme = programme
        self.body = body
        self.state = BIDDING
        self.founded = model.now
        self.deadline = 0
        entity = combine(need.index, lead.entity)
        self.luck = combine(entity, model.now * 64 + attempt_number)

        self.members: list[Member] = []
        self.touched: set[int] = set()  # components its members can touch, as they seem
        self.responsible: list[Member | None] = []  # who is, for each component
        self.misposed = need.misposed_for(lead)  # taken for what they are posed as; none at work
        self.fields = need.fields_seen(self.misposed)
        self.found_misposed = 0
        self.burden = 0.0
        self.scanned = 0
        self.refusals = 0
        self.utility = 0.0  # million yuan, what its lead expects
        self.coverage = 0.0
        self.expertise = 0.0
        self.pairs = 0
        self.old_pairs = 0
        self.trust = 0.0
        self.gamma = 0.0
        self.believed = 0.0
        self.merit = 0.0

        self.effort_share = 1.0
        self.effort = 0.0
        self.design = 0
        self.start = 0
        self.percentile = 0.0
        self.good_ends = 0
        self.tries = 0
        self.improvements = 0
        self.stuck = False
        self.bold = False
        self.gate_passed = False

        self.planned = 0
        self.spent = 0
        self.grant = 0
        self.grant_used = 0
        self.matched = 0
        self.backed = False
        self.financed = 0
        self.escrow = [0] * len(programme.purses)  # fen of the grant still held, by purse

        self.admit(lead, CORE, 0)

    # ------------------------------------------------------------ members

    @property
    def w(self) -> SimpleNamespace:
        """The world's parameters."""
        return self.model.w

    @property
    def lead(self) -> Organisation:
        """The organisation that leads it."""
        return self.members[0].organisation

    @property
    def owner_leads(self) -> bool:
        """Whether its lead owns the need."""
        return self.lead is self.need.owner

    @property
    def organisations(self) -> list[Organisation]:
        """Its members, the lead first."""
        return [member.organisation for member in self.members]

    @property
    def others(self) -> float:
        """Members beside the lead, a general one counted by its share of a close one's effort."""
        general_share = self.programme.levers.layers_general_effort_share
        others = 0.0
        for member in self.members[1:]:
            others += general_share if member.layer == GENERAL else 1.0
        return others

    @property
    def regions(self) -> set[int]:
        """Regions its members come from."""
        return {one.region for one in self.organisations}

    @property
    def meeting(self) -> list[Member]:
        """The members who really meet."""
        return self.members[: self.w.forming_meeting_members]

    def admit(self, organisation: Organisation, layer: int, promised: int) -> None:
        """Add a member to a layer; the first is the lead."""
        w, p = self.w, self.programme.levers
        weight = rules.value_weight(
            layer, not self.members, w.forming_lead_weight, p.layers_close_value_share,
            p.layers_general_effort_share,
        )  # fmt: skip
        self.members.append(Member(organisation, layer, weight, promised))
        self.touched |= touched(self.fields, organisation.knows)
        self.burden += self.burden_of(layer)

    def burden_of(self, layer: int) -> float:
        """What a member of this layer adds to the number that coordination is paid for."""
        share = self.programme.levers.layers_general_effort_share
        return float(rules.burden(layer, share, self.w.search_general_burden))

    # ------------------------------------------------------------ formal rules

    @property
    def has_too_few(self) -> bool:
        """Whether it is smaller than the rules allow."""
        return len(self.members) < self.programme.fewest_members

    @property
    def types_missing(self) -> int:
        """Required types (bits) that no member has yet."""
        missing: int = self.programme.levers.eligibility_required_types
        for one in self.organisations:
            missing &= ~rules.required_bits(one.kind)
        return missing

    @property
    def lacks_regions(self) -> bool:
        """Whether its members come from too few regions."""
        return len(self.regions) < self.programme.levers.eligibility_min_regions

    @property
    def suppliers(self) -> int:
        """Members linked to the lead by supply."""
        count = 0
        for one in self.organisations[1:]:
            count += self.lead.is_linked_to(one)
        return count

    @property
    def lacks_suppliers(self) -> bool:
        """Whether it has too few members of the lead's industrial chain."""
        fewest = self.programme.levers.eligibility_min_suppliers
        return bool(fewest > 0 and self.suppliers < fewest)

    @property
    def breaks_a_rule(self) -> bool:
        """Whether a formal rule on members is still unmet."""
        few = self.has_too_few or self.types_missing != 0 or self.lacks_regions
        return few or self.lacks_suppliers

    def would_help(self, candidate: Organisation) -> bool:
        """Whether a candidate helps to meet a rule that is not met yet."""
        if self.has_too_few or self.types_missing & rules.required_bits(candidate.kind):
            return True
        if self.lacks_regions and candidate.region not in self.regions:
            return True
        return self.lacks_suppliers and self.lead.is_linked_to(candidate)

    def meets_rules(self) -> bool:
        """Whether all formal rules are met; counts the one that stops it."""
        if self.has_too_few:
            rule, stage = "too_few_members", "refused_members"
        elif self.types_missing != 0:
            rule, stage = "type_missing", "refused_types"
        elif self.lacks_regions:
            rule, stage = "too_few_regions", "refused_regions"
        elif self.lacks_suppliers:
            rule, stage = "too_few_suppliers", "refused_suppliers"
        else:
            return True
        self.model.bound[rule] += 1
        self.programme.stages[stage] += 1
        return False

    # ------------------------------------------------------------ what it can do

    def untouched_fields(self) -> list[int]:
        """Fields of the need, as it seems, that none of its members can work in."""
        worked_in = {self.fields[component] for component in self.touched}
        return [field for field in distinct(self.fields) if field not in worked_in]

    def best_member(self, field: int) -> Member | None:
        """Who knows most in a field, at least the least useful; of equals, the lowest entity."""
        best: Member | None = None
        level = self.w.search_least_expertise
        for member in self.members:
            e = member.organisation.expertise[field]
            if e < level:
                continue
            later = best and member.organisation.entity > best.organisation.entity
            if best is None or e > level or not later:
                best = member
                level = e
        return best

    def assign_components(self) -> None:
        """Each component goes to the member who knows the field it seems to lie in best."""
        self.responsible = [self.best_member(field) for field in self.fields]
        covered = 0
        level = 0.0
        for field, best in zip(self.fields, self.responsible, strict=True):
            if best:
                covered += 1
                level += best.organisation.expertise[field]
        self.coverage = covered / len(self.fields)
        self.expertise = level / covered if covered > 0 else 0.0

    def share_effort(self) -> None:
        """Staff of members without a component works for those who have one, in proportion."""
        for component, member in enumerate(self.responsible):
            if member:
                member.components.append(component)
        useful = 0.0
        total = 0.0
        for member in self.members:
            total += member.fte
            member.worked = 0.0
            if member.components:
                member.worked = member.fte
                useful += member.fte
        if useful > 0.0:
            for member in self.members:
                member.worked *= total / useful

    def measure_trust(self) -> None:
        """Trust and repeated pairs among the members who really meet."""
        trust = 0.0
        self.pairs = 0
        self.old_pairs = 0
        for place, member in enumerate(self.meeting):
            for earlier in self.meeting[:place]:
                times = member.organisation.times_with(earlier.organisation)
                trust += rules.trust_of(times, self.w.forming_trust_rate)
                self.pairs += 1
                self.old_pairs += times > 0.0
        self.trust = trust / self.pairs if self.pairs else 0.0

    def see_design(self) -> None:
        """Note the percentile of its design, where somebody asks for it."""
        self.percentile = self.landscape.percentile(self.design)

    def integration(self) -> float:
        """Share of tries that its team judges on the whole design."""
        w, p = self.w, self.programme.levers
        return float(
            rules.integration(
                w.search_integration_base, w.search_integration_lead,
                w.search_integration_coordination, w.search_coordination_saturation,
                w.search_integration_communication, w.search_loss_institutions,
                w.search_loss_regions, w.search_gain_trust, self.lead.lead_ability,
                p.coordination_bought, self.burden, len(self.regions),
                p.coordination_border_relief, self.trust, p.coordination_communication,
            )
        )  # fmt: skip
