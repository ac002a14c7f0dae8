"""Governments as Mesa agents: a ministry, regional departments, a state-asset regulator.

A government receives its programmes; which governments exist follows from how the programmes are
governed. Every purse is held by exactly one government.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import mesa  # type: ignore[import-untyped]

CENTRE = -1  # number of the purse that belongs to no region
JOINING = ("development", "industry", "housing", "transport", "agriculture", "finance")


def department_purse(place: int, regions: int) -> int:
    """Number of a joining department's purse: after the regions' and the centre's."""
    return regions + 1 + place


class Programme(Protocol):
    """A programme as the government that runs it sees it; money in million yuan.

    Attributes
    ----------
    row: its row among the programmes; 1 is the first.
    mode: ministry, regions, lead_department or joint_office.
    joining_departments: departments that must agree beside the one that leads.
    departments_pay: whether the joining departments hold a part of its budget.
    for_state_firms: whether it works through standing consortia or origin sources.
    awards, bids: so far.
    """

    row: int
    mode: str
    joining_departments: int
    departments_pay: bool
    for_state_firms: bool

    @property
    def awards(self) -> int: ...  # noqa: D102
    @property
    def bids(self) -> int: ...  # noqa: D102

    def purse(self, region: int) -> float:
        """Money in the purse of a region, of the centre, or of a joining department."""

    def budget(self, quarter: int, region: int) -> float:
        """Money that arrives in that purse in a policy quarter."""

    def takes_up(self, need: int) -> bool:
        """Whether a need belongs on its agenda."""

    def grant(self, planned: float) -> float:
        """Grant for a planned cost when no money is short."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a government does for a programme.

    Attributes
    ----------
    runs: whether it runs the programme; otherwise it only has to agree.
    purses: purses it holds: the regions' from 0, :data:`CENTRE`, and :func:`department_purse`.
    """

    programme: Programme
    runs: bool
    purses: tuple[int, ...]


class Government(mesa.Agent):  # type: ignore[misc]
    """A public body that runs programmes, or has to agree to their awards."""

    def __init__(self, model: Any, title: str, charges: Sequence[Charge]) -> None:
        super().__init__(model)
        self.title = title
        self.charges = tuple(charges)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.title}>"

    @property
    def programmes(self) -> tuple[Programme, ...]:
        """Programmes it runs."""
        return tuple(charge.programme for charge in self.charges if charge.runs)

    @property
    def purse(self) -> float:
        """Money it holds now, million yuan."""
        total = 0.0
        for programme, region in self._purses():
            total += programme.purse(region)
        return total

    @property
    def awards(self) -> int:
        """Projects funded so far by the programmes it runs, alone or with others."""
        return sum(programme.awards for programme in self.programmes)

    @property
    def bids(self) -> int:
        """Bids received so far by the programmes it runs, alone or with others."""
        return sum(programme.bids for programme in self.programmes)

    def budget(self, quarter: int) -> float:
        """Money that arrives in its purses in a policy quarter, million yuan."""
        total = 0.0
        for programme, region in self._purses():
            total += programme.budget(quarter, region)
        return total

    def takes_up(self, need: int) -> bool:
        """Whether a need belongs on the agenda of a programme it runs."""
        return any(programme.takes_up(need) for programme in self.programmes)

    def grant(self, programme: Programme, planned: float) -> float:
        """Grant a programme gives to a planned cost when no money is short, million yuan."""
        return programme.grant(planned)

    def _purses(self) -> Iterator[tuple[Programme, int]]:
        for charge in self.charges:
            for region in charge.purses:
                yield charge.programme, region


class CentralMinistry(Government):
    """The science ministry; joining departments are of this class too."""


class RegionalDepartment(Government):
    """The science department of one region."""

    def __init__(self, model: Any, title: str, charges: Sequence[Charge], region: str) -> None:
        super().__init__(model, title, charges)
        self.region = region


class StateAssetRegulator(Government):
    """Sponsors standing consortia and origin sources of state-owned firms."""


def establish(
    model: Any, programmes: Iterable[Programme], regions: Sequence[str]
) -> list[Government]:
    """The governments that the programmes need, each with its charges.

    ``ministry``: the ministry runs the programme. ``lead_department``: so does the ministry's
    science department, and the joining ones must agree and may hold a purse. ``regions``: each
    region's department runs it from its own purse, with the ministry's guidance money.
    ``joint_office``: the departments of all regions run it together on a purse at the centre. The
    regulator takes the ministry's place in programmes that work through state-owned firms.
    """
    ministry: list[Charge] = []
    regulator: list[Charge] = []
    joining: dict[str, list[Charge]] = {}
    regional: list[list[Charge]] = [[] for _ in regions]
    for programme in programmes:
        at_centre = programme.mode in ("ministry", "lead_department")
        holder = regulator if programme.for_state_firms else ministry
        holder.append(Charge(programme, runs=at_centre, purses=(CENTRE,)))
        for place, title in enumerate(JOINING[: programme.joining_departments]):
            own = (department_purse(place, len(regions)),) if programme.departments_pay else ()
            joining.setdefault(title, []).append(Charge(programme, runs=False, purses=own))
        if not at_centre:
            for region, charges in enumerate(regional):
                held = (region,) if programme.mode == "regions" else ()
                charges.append(Charge(programme, runs=True, purses=held))
    governments: list[Government] = []
    if ministry:
        governments.append(CentralMinistry(model, "science", ministry))
    if regulator:
        governments.append(StateAssetRegulator(model, "state assets", regulator))
    governments += [CentralMinistry(model, title, charges) for title, charges in joining.items()]
    governments += [
        RegionalDepartment(model, f"science, {name}", charges, name)
        for name, charges in zip(regions, regional, strict=True)
        if charges
    ]
    return governments
