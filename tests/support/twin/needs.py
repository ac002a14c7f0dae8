"""Needs: the latent stream of problems that exists whatever the regime, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.twin import rules
from tests.support.twin.landscape import Landscape

if TYPE_CHECKING:
    from tests.support.twin.consortium import Consortium
    from tests.support.twin.model import TwinModel
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme

LATENT, OPEN, RUNNING, SOLVED, CLOSED = "latent", "open", "running", "solved", "closed"


class Need:
    """A problem to be solved, of several components that each need expertise in a field."""

    def __init__(self, index: int) -> None:
        self.index = index

        # what it is, drawn before the first step by tests.support.twin.stream
        self.arrival = 0
        self.raised_by: Organisation | None = None
        self.main_field = 0
        self.fields: list[int] = []  # by component
        self.posed: list[int] = []  # field in which its raiser poses each component
        self.misposed: set[int] = set()
        self.owner_knows: set[int] = set()  # components the owner poses rightly when it leads
        self.masks: list[int] = []  # each component and its neighbours, as bits
        self.links = 0
        self.value = 0.0
        self.surprise = 0.0
        self.key = 0
        self.prerequisite: Need | None = None
        self.deadline = 0
        self.frontier = False
        self.strategic = False
        self.spread = 0.0
        self.scarcity = 0.0
        self.difficulty = 0.0
        self.cross_border = 0.0
        self.landscape: Landscape | None = None  # built when the first team starts

        # what has become of it
        self.status = LATENT
        self.owner: Organisation | None = None
        self.closes = 0
        self.programme: Programme | None = None  # whose pipeline it is in
        self.due = 0  # step at which the panel reads it, then at which answers are called for
        self.published = False
        self.declined: set[Programme] = set()
        self.alone = 0  # private attempts made
        self.teams = 0
        self.projects = 0
        self.funded = 0
        self.bids = 0
        self.effort = 0.0
        self.solved_step = -1
        self.solver: Consortium | None = None
        self.adopted_step = -1
        self.adopter: Organisation | None = None
        self.adopters = 0
        self.realised = 0.0
        self.adoption_cost = 0.0
        self.scenario = 0.0
        self.standard = 0.0
        self.private_standard = 0.0
        self.points = 0.0
        self.put_right: set[int] = set()  # misposed components that everybody now knows about
        self.price = 0.0

    def open(self, model: TwinModel) -> None:
        """It becomes takeable."""
        self.status = OPEN
        self.closes = model.now + model.w.needs_open_quarters - 1

    def can_be_taken_up(self, step: int) -> bool:
        """Whether it is open and in nobody's pipeline."""
        return self.status == OPEN and self.programme is None and step <= self.closes

    def misposed_for(self, lead: Organisation | None) -> set[int]:
        """Components that this lead would take for what they are posed as; None: a stranger.

        Experts and earlier teams have put some right for everybody; the owner knows some itself.
        """
        wrong = self.misposed - self.put_right
        owns = lead is not None and lead is self.owner
        return wrong - self.owner_knows if owns else wrong

    def fields_seen(self, misposed: set[int]) -> list[int]:
        """By component, the field it seems to lie in if some are taken as they are posed."""
        return [self.posed[i] if i in misposed else field for i, field in enumerate(self.fields)]

    def fields_seen_by(self, lead: Organisation | None) -> list[int]:
        """By component, the field in which this lead takes it to lie; None: a stranger."""
        return self.fields_seen(self.misposed_for(lead))


def touched(fields: list[int], knows: frozenset[int]) -> set[int]:
    """Components, by their fields, that those who know some fields can touch."""
    return {component for component, field in enumerate(fields) if field in knows}


def distinct(fields: list[int]) -> list[int]:
    """Fields, each once, in the order of their first components."""
    return list(dict.fromkeys(fields))


def needs_arise(model: TwinModel) -> None:
    """Phase 1: needs of this quarter open, unless they wait for another to be solved."""
    while len(model.seen) < len(model.needs):
        need = model.needs[len(model.seen)]
        if need.arrival > model.now:
            break
        model.seen.append(need)
        if need.raised_by and need.raised_by.active:
            need.owner = need.raised_by
        if need.prerequisite is None or need.prerequisite.status == SOLVED:
            need.open(model)


def open_successors(model: TwinModel, solved: Need) -> None:
    """Needs that waited for this one open when it is solved."""
    for need in model.seen:
        if need.prerequisite is solved and need.status == LATENT:
            need.open(model)


def close_needs(model: TwinModel) -> None:
    """Open needs whose time has passed close, unless a programme is still deciding on them."""
    for need in model.seen:
        if need.status == OPEN and model.now > need.closes and need.programme is None:
            need.status = CLOSED


def arrived_by(model: TwinModel, steps: int) -> int:
    """Needs that have arrived by the end of a number of steps."""
    return int(rules.needs_by(model.w, model.w.needs_scale_organisations, steps))
