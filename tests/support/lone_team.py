"""One team on many landscapes, through the product's own landscape and search.

Nothing of the economy takes part: members cover the components evenly, have enough staff, and
search for a fixed number of quarters. What is left is the effect of integration and of noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agents.compiled import rule
from simulation.landscape import prepare, start_design
from simulation.search import search_quarter, share_effort
from simulation.setup import first_state
from simulation.state import State
from tests.support import worlds


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether each landscape was solved, and at which quarter-end (the horizon if it was not).

    Both of shape (landscapes,); the same index is the same luck under every setting.
    """

    solved: np.ndarray = field(repr=False)
    quarters: np.ndarray = field(repr=False)

    @property
    def rate(self) -> float:
        return float(self.solved.mean())


def lone_team(
    *,
    gamma: float,
    links: int,
    members: int = 4,
    noise: float = 0.04,
    landscapes: int = 600,
    quarters: int = 10,
    staff: float = 16.0,
    expertise: float = 0.6,
) -> Trial:
    """Put a team on each landscape; a need is solved by two good quarter-ends in a row."""
    state = stage(links=links, noise=noise, landscapes=landscapes)
    solved = np.zeros(landscapes, bool)
    took = np.full(landscapes, quarters)
    for index in range(landscapes):
        enter(state, index, gamma, members, staff, expertise)
        took[index] = search(state, index, quarters)
        solved[index] = took[index] < quarters
    return Trial(solved, took)


def stage(*, links: int, noise: float, landscapes: int) -> State:
    """A state with as many needs as landscapes, all with the same number of links."""
    steps = 20
    world = worlds.changed_world(
        {
            "needs.links_low": links,
            "needs.links_high": links,
            "needs.per_quarter": 60.0,
            "needs.scale_organisations": 2 * (landscapes // steps + 1),
            "search.noise": noise,
            "time.burn_in": steps,
            "time.policy": 4,
            "time.hand_over": 0,
        }
    )
    state = first_state(world, worlds.default_population(), seed=worlds.SEED, replicate=0)
    assert len(state.needs) >= landscapes
    assert len(state.consortia) >= landscapes
    assert set(state.needs["links"]) == {links}
    return state


def enter(
    state: State, index: int, gamma: float, members: int, staff: float, expertise: float
) -> None:
    """Make row ``index`` of the consortia a team on need ``index``; components go in turn."""
    team = state.consortia[index]
    components = int(state.world[0]["needs_components"])
    worlds.enlist(state, index, list(range(members)))["fte"] = staff / members
    team["problem"] = index
    team["luck"] = np.uint64(index + 1)
    team["responsible"][:components] = np.arange(components) * members // components
    share_effort(state, team)
    team["gamma"] = gamma
    state.expertise[:members] = expertise
    _start(state, index)


@rule
def _start(s, index):
    prepare(s, index)
    c = s.consortia[index]
    c.design = start_design(s, index, c.luck, np.empty(0, np.int64), False)


@rule
def search(s, index, quarters):
    """Quarter-ends until two good ones in a row; ``quarters`` when there are none."""
    good = 0
    for step in range(quarters):
        search_quarter(s, index, step, 1.0)
        fit = s.landscapes[index, s.consortia[index].design] >= s.thresholds[index]
        good = good + 1 if fit else 0
        if good == 2:
            return step
    return quarters


def table(rows: dict[str, list[Trial]], columns: list[Any], show: Callable[[str], None]) -> None:
    """Print rates of success, one line per row (seen with ``pytest -s``)."""
    show("\n" + " " * 24 + "".join(f"{column!s:>8}" for column in columns))
    for name, trials in rows.items():
        show(f"{name:24}" + "".join(f"{trial.rate:8.3f}" for trial in trials))
