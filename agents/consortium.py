"""Consortia as Mesa agents: founded for one problem, or standing with a queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mesa  # type: ignore[import-untyped]

from agents import decisions
from agents.kinds import FEN_PER_MYUAN, LAYERS

if TYPE_CHECKING:
    from agents.organisation import Organisation

STATES = ("bidding", "active", "solved", "failed", "stopped", "overtaken", "refused")
UNDER_WAY = ("bidding", "active")


@dataclass(frozen=True, slots=True)
class ConsortiumRules:
    """Rules that live with the policies and are handed in; agents cannot see policies.

    Attributes
    ----------
    integration: integration of a consortium's team as it is now, in [0, 1], by row.
    percentile: share of designs strictly below a running project's own, by row.
    penalty: what failure costs, from (grant, penalty share, tolerance); the unit of the grant.
    performance: smoothed success on which renewal is decided, from (successes, trials, prior).
    """

    integration: Callable[[int], float]
    percentile: Callable[[int], float]
    penalty: Callable[[float, float, float], float]
    performance: Callable[[float, float, float], float]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a consortium.

    Attributes
    ----------
    row: the organisation's row.
    layer: one of :data:`agents.kinds.LAYERS`.
    staff: FTE promised; 0 before the start.
    value_weight: shares of the team's part of the value.
    promised: what the lead pays for the member's joining, million yuan.
    own_paid: project cost the member has paid itself, million yuan.
    components: components of the problem it is responsible for.
    """

    row: int
    layer: str
    staff: float
    value_weight: float
    promised: float
    own_paid: float
    components: tuple[int, ...]


class Consortium(mesa.Agent):  # type: ignore[misc]
    """A consortium for one problem: a bid, then a project, then a result."""

    def __init__(self, model: Any, row: int) -> None:
        super().__init__(model)
        self.row = row

    def __repr__(self) -> str:
        return f"<Consortium {self.row} problem {self.problem} {self.state}>"

    @property
    def _own(self) -> Any:
        return self.model.state.consortia[self.row]

    @property
    def _programme(self) -> Any:
        return self.model.state.programmes[self._own["programme"]]

    # ------------------------------------------------------------ what it is

    @property
    def state(self) -> str:
        """One of :data:`STATES`."""
        return STATES[self._own["state"]]

    @property
    def problem(self) -> int:
        """Index of the need it was founded for."""
        return int(self._own["problem"])

    @property
    def programme(self) -> int:
        """Row of its programme; 0 for a project without one."""
        return int(self._own["programme"])

    @property
    def founded(self) -> int:
        """Step at which it formed."""
        return int(self._own["founded"])

    @property
    def deadline(self) -> int:
        """Last step of the project; 0 before the start."""
        return int(self._own["deadline"])

    @property
    def size(self) -> int:
        """Members, the lead included."""
        return int(self._own["size"])

    @property
    def members(self) -> tuple[Member, ...]:
        """Members in the order of joining, the lead first."""
        own = self._own
        responsible = own["responsible"][: self.model.state.world[0]["needs_components"]]
        rows = self.model.state.members[own["first"] : own["first"] + own["size"]]
        return tuple(
            Member(
                row=int(one["row"]),
                layer=LAYERS[one["layer"]],
                staff=float(one["fte"]),
                value_weight=float(one["value_weight"]),
                promised=float(one["promised"] / FEN_PER_MYUAN),
                own_paid=float(one["own_paid"] / FEN_PER_MYUAN),
                components=tuple(int(i) for i in (responsible == k).nonzero()[0]),
            )
            for k, one in enumerate(rows)
        )

    @property
    def lead(self) -> Organisation:
        """The organisation that leads it."""
        organisation: Organisation = self.model.organisation(int(self._own["lead"]))
        return organisation

    def layer(self, name: str) -> tuple[Member, ...]:
        """Members of one layer: core, close or general."""
        return tuple(member for member in self.members if member.layer == name)

    # ------------------------------------------------------------ money, million yuan

    @property
    def planned(self) -> float:
        """Planned cost of the whole project, million yuan."""
        return float(self._own["planned"] / FEN_PER_MYUAN)

    @property
    def spent(self) -> float:
        """Cost so far, million yuan; what was due, whether or not it could be paid."""
        return float(self._own["spent"] / FEN_PER_MYUAN)

    @property
    def grant(self) -> float:
        """Grant awarded, million yuan."""
        return float(self._own["grant"] / FEN_PER_MYUAN)

    @property
    def grant_used(self) -> float:
        """Grant paid out so far, million yuan."""
        return float(self._own["grant_used"] / FEN_PER_MYUAN)

    # ------------------------------------------------------------ how it works

    @property
    def coverage(self) -> float:
        """Share of the problem's components that members can touch."""
        return float(self._own["coverage"])

    @property
    def misposed(self) -> int:
        """Components that turned out to lie in other fields than the need said; 0 before the start."""
        return int(self._own["found_misposed"])

    @property
    def believed(self) -> float:
        """Success the lead believed in when it formed, in [0, 1]."""
        return float(self._own["believed"])

    @property
    def trust(self) -> float:
        """Mean trust between members when it formed, in [0, 1]."""
        return float(self._own["trust"])

    @property
    def percentile(self) -> float:
        """Share of designs strictly below its own; nobody in the model sees it."""
        if self.state == "active":
            return self.model.consortium_rules.percentile(self.row)  # type: ignore[no-any-return]
        return float(self._own["percentile"])

    @property
    def tries(self) -> int:
        """Designs tried so far."""
        return int(self._own["tries"])

    @property
    def integration(self) -> float:
        """Share of tries judged on the whole design, by the team and rules of today."""
        return self.model.consortium_rules.integration(self.row)  # type: ignore[no-any-return]

    def takes_bold_try(self) -> bool:
        """Whether a stuck team would change several components at once."""
        own, programme, world = self._own, self._programme, self.model.state.world[0]
        gate_ahead = programme["monitoring_gate_quarter"] > 0 and own["gate_passed"] == 0
        penalty = self.model.consortium_rules.penalty(
            self.grant, float(programme["monitoring_penalty"]), 0.0
        )
        return bool(
            decisions.takes_bold_try(
                self.believed * float(self.model.state.needs[self.problem]["value"]),
                float((own["grant"] - own["grant_used"]) / FEN_PER_MYUAN),
                1.0 if gate_ahead else 0.0,
                penalty,
                float(programme["monitoring_tolerance"]),
                float(world["search_bold_promise"]),
                float(world["search_bold_danger"]),
            )
        )


class StandingConsortium(mesa.Agent):  # type: ignore[misc]
    """A consortium without an end date that takes one problem after another."""

    def __init__(self, model: Any, row: int) -> None:
        super().__init__(model)
        self.row = row

    def __repr__(self) -> str:
        return f"<StandingConsortium {self.row} led by {self.lead.label}>"

    @property
    def _own(self) -> Any:
        return self.model.state.bodies[self.row]

    @property
    def lead(self) -> Organisation:
        """The organisation that leads it."""
        organisation: Organisation = self.model.organisation(int(self._own["lead"]))
        return organisation

    @property
    def members(self) -> tuple[Organisation, ...]:
        """The other organisations that belong to it."""
        own = self._own
        return tuple(self.model.organisation(int(row)) for row in own["member"][: own["size"]])

    @property
    def programme(self) -> int:
        """Row of its programme."""
        return int(self._own["programme"])

    @property
    def active(self) -> bool:
        """Whether it still holds its slot."""
        return bool(self._own["active"])

    @property
    def founded(self) -> int:
        """Step of its founding."""
        return int(self._own["founded"])

    @property
    def renewals(self) -> int:
        """Evaluations it has survived."""
        return int(self._own["renewals"])

    @property
    def queue(self) -> tuple[Consortium, ...]:
        """Its projects and bids under way, oldest first."""
        return tuple(
            consortium
            for consortium in self.model.consortia_under_way()
            if self.model.state.consortia[consortium.row]["body"] == self.row
        )

    def performance(self) -> float:
        """Smoothed success on which renewal is decided, in [0, 1]."""
        own, prior = self._own, float(self.model.state.world[0]["forming_prior_success"])
        return self.model.consortium_rules.performance(  # type: ignore[no-any-return]
            float(own["successes"]), float(own["trials"]), prior
        )
