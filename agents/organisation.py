"""Organisations as Mesa agents: firms, universities and research institutes.

An organisation's state is a row of the model's columns; an agent reads it and holds no copy. Its
decisions are the compiled rules of :mod:`agents.decisions`, the same that the engine calls.
Agents never draw: what is uncertain comes in as a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mesa  # type: ignore[import-untyped]
import numpy as np

from agents import decisions
from agents.kinds import FEN_PER_MYUAN, KINDS, OWNERSHIPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a lead offers; all amounts are for the whole project, in million yuan.

    Attributes
    ----------
    success: probability of success the invited believes in, in [0, 1].
    value_share: the member's part of the value if it succeeds.
    learning: expertise the member expects to learn from the lead.
    lead_reputation: the lead's reputation, points.
    own_cost: what the member pays itself, weighted for block-grant bodies.
    leakage_loss: loss from knowledge leaking to a rival, if it succeeds.
    penalty: the member's part of the penalty, if it fails.
    outer_benefit: worth of the lead's label and, to a general member, of priority and standards.
    transfer: what the lead pays on top.
    needed_staff: staff asked for, FTE.
    """

    success: float
    value_share: float
    learning: float
    lead_reputation: float
    own_cost: float
    leakage_loss: float = 0.0
    penalty: float = 0.0
    outer_benefit: float = 0.0
    transfer: float = 0.0
    needed_staff: float


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody an organisation has worked with.

    Attributes
    ----------
    row: the partner's row.
    times: collaborations; the first partners are given at the start.
    last: step of the last one; -1 at the start.
    """

    row: int
    times: int
    last: int


class Organisation(mesa.Agent):  # type: ignore[misc]
    """A performer of research; one row of the columns."""

    def __init__(self, model: Any, row: int, label: str) -> None:
        super().__init__(model)
        self.row = row
        self.label = label

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.row} {self.label}>"

    @property
    def _own(self) -> Any:
        return self.model.state.organisations[self.row]

    @property
    def _world(self) -> Any:
        return self.model.state.world[0]

    # ------------------------------------------------------------ who it is

    @property
    def kind(self) -> str:
        """One of :data:`agents.kinds.KINDS`."""
        return KINDS[self._own["kind"]]

    @property
    def ownership(self) -> str:
        """One of :data:`agents.kinds.OWNERSHIPS`."""
        return OWNERSHIPS[self._own["ownership"]]

    @property
    def region(self) -> str:
        """Name of its region."""
        return str(self.model.regions[self._own["region"]])

    @property
    def active(self) -> bool:
        """Whether it still exists."""
        return bool(self.model.state.active[self.row])

    @property
    def since(self) -> int:
        """Step at which it entered; 0 for those there from the start."""
        return int(self._own["since"])

    @property
    def home_field(self) -> int:
        """Index of the field it is at home in."""
        return int(self._own["home_field"])

    @property
    def orientation(self) -> float:
        """0 applied to 1 basic research."""
        return float(self._own["orientation"])

    @property
    def lead_ability(self) -> float:
        """How well it leads a team."""
        return float(self._own["lead_ability"])

    # ------------------------------------------------------------ what it knows and has

    @property
    def expertise(self) -> np.ndarray:
        """Level in each field in [0, 1], shape (F,); a read-only view."""
        view: np.ndarray = self.model.state.expertise[self.row]
        view.flags.writeable = False
        return view

    @property
    def staff(self) -> float:
        """Research staff, FTE."""
        return float(self._own["staff"])

    @property
    def free_staff(self) -> float:
        """Staff free for further joint projects, FTE."""
        own = self._own
        return max(0.0, float(own["staff"] * self._world["forming_free_share"] - own["busy"]))

    @property
    def cash(self) -> float:
        """Money for joint projects, million yuan."""
        return float(self._own["cash"] / FEN_PER_MYUAN)

    @property
    def granted(self) -> float:
        """Programme money received so far, million yuan."""
        return float(self._own["granted"] / FEN_PER_MYUAN)

    @property
    def earned(self) -> float:
        """Realised value of solutions that is its own so far, million yuan."""
        return float(self._own["earned"] / FEN_PER_MYUAN)

    @property
    def reputation(self) -> float:
        """Points for solved projects, more as lead than as member, decaying."""
        return float(self._own["reputation"])

    @property
    def recognition(self) -> float:
        """Strength of the label it bears as lead of awarded consortia, in [0, 1], fading."""
        return float(self._own["label"])

    @property
    def trials(self) -> float:
        """Projects it has seen end."""
        return float(self._own["trials"])

    @property
    def successes(self) -> float:
        """Projects it has seen succeed."""
        return float(self._own["successes"])

    @property
    def participations(self) -> int:
        """Projects it has taken part in."""
        return int(self._own["participations"])

    @property
    def led(self) -> int:
        """Projects it has led."""
        return int(self._own["led"])

    @property
    def partners(self) -> tuple[Partner, ...]:
        """Those it has worked with, at most as many as its memory holds."""
        ties = self.model.state.ties[self.row, : self._own["ties"]]
        return tuple(
            Partner(int(tie["partner"]), int(tie["times"]), int(tie["last"])) for tie in ties
        )

    @property
    def belief(self) -> float:
        """Probability of success it believes in when every component is covered, in [0, 1]."""
        return self.believed_success(1.0)

    # ------------------------------------------------------------ how it decides

    def believed_success(self, coverage: float) -> float:
        """Probability of success it believes in; ``coverage`` is a share of components."""
        world = self._world
        return float(
            decisions.believed_success(
                self.successes,
                self.trials,
                float(world["forming_prior_success"]),
                float(world["forming_prior_weight"]),
                float(coverage),
                float(world["forming_coverage_exponent"]),
            )
        )

    def utility_of(self, invitation: Invitation) -> float:
        """What joining is worth before any transfer, million yuan."""
        world = self._world
        return invitation.outer_benefit + float(
            decisions.acceptance_utility(
                invitation.success,
                invitation.value_share,
                invitation.learning,
                float(world["forming_learning_weight"]),
                invitation.lead_reputation,
                float(world["forming_reputation_weight"]),
                invitation.own_cost,
                invitation.leakage_loss,
                invitation.penalty,
            )
        )

    def accepts(self, invitation: Invitation) -> bool:
        """Join when the deal, topped up by the lead, does not lose and staff are free."""
        return bool(
            decisions.accepts(
                self.utility_of(invitation),
                invitation.transfer,
                self.free_staff,
                invitation.needed_staff,
                float(self._world["forming_least_staff_share"]),
            )
        )

    def project_utility(self, *, coverage: float, value_kept: float, own_cost: float) -> float:
        """What leading a project is worth, million yuan; so are value and cost."""
        chance = self.believed_success(coverage)
        return float(decisions.project_utility(chance, value_kept, own_cost))

    def looks(self, stake: float, *, cost: float, most: int = 128) -> int:
        """Candidates it looks at when partners could be worth ``stake``; million yuan."""
        hit = float(self._world["forming_hit_rate"])
        return int(decisions.scan_breadth(stake, hit, cost, most))

    def submits(
        self, *, award_chance: float, won: float, alone: float, bid_cost: float, discount: float
    ) -> bool:
        """Hand a need to a programme when that is worth more than going alone; million yuan."""
        offer = decisions.call_utility(award_chance, won, alone, bid_cost, discount)
        return bool(offer > max(0.0, alone))


class Firm(Organisation):
    """A profit-seeking performer: lead firm or SME; state-owned or private."""

    @property
    def revenue(self) -> float:
        """Million yuan per quarter."""
        return float(self._own["revenue"])

    @property
    def rd_share(self) -> float:
        """Share of revenue spent on research."""
        return float(self._own["rd_share"])

    @property
    def is_state_owned(self) -> bool:
        """Whether its own funds are state capital."""
        return self.ownership in ("central_soe", "local_soe")

    def adopts(
        self, perceived_value: float, *, friction: float, absorption: float, cost: float
    ) -> bool:
        """Adopt when what it can realise exceeds the cost; value and cost in million yuan."""
        return bool(decisions.adopts(perceived_value, friction, absorption, cost))


class University(Organisation):
    """A block-grant body of teaching and research: many fields."""


class ResearchInstitute(Organisation):
    """A block-grant body of research: fewer fields."""


CLASSES: dict[str, type[Organisation]] = {
    "lead_firm": Firm,
    "sme": Firm,
    "university": University,
    "institute": ResearchInstitute,
}
