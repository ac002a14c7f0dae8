"""The kinds of published models that can be run, with their settings, and how each is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from agents.settings import ConfigError, Settings, parameter
from experiments.replications import beliefs, groups, networks, teams

Values = Mapping[str, np.ndarray]  # what was measured, by name, each of shape (replicates,)
Tick = Callable[[], None]  # called after every replicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Climbers(Settings):
    """Searchers who climb landscapes by themselves."""

    SECTION: ClassVar[str] = "model"

    searchers: int = parameter(
        unit="searchers", low=1, high=1000, meaning="climbers on each landscape", source="design"
    )
    steps: int = parameter(
        unit="tries", low=1, high=100_000, meaning="tries of each climber", source="design"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruggedness(Settings):
    """One sort of landscape."""

    SECTION: ClassVar[str] = "case"

    components: int = parameter(
        unit="components", low=2, high=16, meaning="N of the landscape", source="Kauffman 1993"
    )
    links: int = parameter(
        unit="links", low=0, high=15, meaning="K of the landscape", source="Kauffman 1993"
    )

    def check(self) -> None:
        """A component has at most N - 1 others to be linked to."""
        if self.links >= self.components:
            raise ConfigError(
                f"case.links = {self.links} must be below components = {self.components}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialSearch(Settings):
    """A group that searches one landscape together."""

    SECTION: ClassVar[str] = "model"

    components: int = parameter(
        unit="components", low=2, high=groups.MOST_COMPONENTS, meaning="N of the landscape",
        source="as published",
    )  # fmt: skip
    links: int = parameter(
        unit="links", low=0, high=19, meaning="K of the landscape", source="as published"
    )
    links_to_any: bool = parameter(
        unit="yes or no", meaning="links are drawn from all components, the own among them",
        source="as published",
    )  # fmt: skip
    contribution_levels: int = parameter(
        unit="parts of 1", low=0, high=1000, meaning="contributions are rounded to these; 0: not",
        source="as published",
    )  # fmt: skip
    payoff_exponent: float = parameter(
        unit="exponent", low=0.1, high=64, meaning="of fitness as a share of the highest",
        source="Lazer and Friedman 2007",
    )  # fmt: skip
    searchers: int = parameter(
        unit="searchers", low=2, high=1000, meaning="size of the group", source="as published"
    )
    degree: int = parameter(
        unit="neighbours", low=3, high=999, meaning="neighbours of everybody in caves",
        source="as published",
    )  # fmt: skip
    times: tuple[int, ...] = parameter(
        unit="steps", meaning="steps after which payoffs are recorded", source="as published"
    )

    def check(self) -> None:
        """Links fit, and times increase."""
        if self.links >= self.components:
            raise ConfigError(f"model.links = {self.links} must be below model.components.")
        whole = all(isinstance(time, int) and 0 <= time <= 100_000 for time in self.times)
        if not self.times or not whole or list(self.times) != sorted(set(self.times)):
            raise ConfigError(
                f"model.times = {list(self.times)} are not increasing whole numbers. Write [0, 50, 200]."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking(Settings):
    """Whom the members of a group see, and what they make of it."""

    SECTION: ClassVar[str] = "case"

    network: str = parameter(
        unit="kind of network",
        choices=networks.KINDS,
        meaning="who sees whom",
        source="as published",
    )
    swaps: int = parameter(
        unit="pairs of links", low=0, high=100_000, meaning="of caves that exchange an end",
        source="design: few leave paths long, many make them short",
    )  # fmt: skip
    strategy: str = parameter(
        unit="strategy", choices=groups.STRATEGIES, meaning="what is copied", source="as published"
    )
    sample: int = parameter(
        unit="neighbours", low=0, high=1000, meaning="neighbours looked at in a step; 0 for all",
        source="as published",
    )  # fmt: skip
    tries_alone: bool = parameter(
        unit="yes or no", meaning="who copies nothing makes a try of its own", source="as published"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAssembly(Settings):
    """A field of work in which teams form one after another."""

    SECTION: ClassVar[str] = "model"

    team_size: int = parameter(
        unit="members", low=2, high=20, meaning="m, members of a team", source="Guimera et al. 2005"
    )
    idle_steps: int = parameter(
        unit="steps", low=1, high=1000, meaning="who is in no team for longer leaves",
        source="Guimera et al. 2005",
    )  # fmt: skip
    steps: int = parameter(
        unit="steps",
        low=1,
        high=10_000,
        meaning="teams that form after the first",
        source="as published",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Openness(Settings):
    """How open teams are to newcomers and to strangers."""

    SECTION: ClassVar[str] = "case"

    p: float = parameter(
        unit="probability", low=0, high=1, meaning="that a place goes to an incumbent",
        source="Guimera et al. 2005",
    )  # fmt: skip
    q: float = parameter(
        unit="probability", low=0, high=1, meaning="that an incumbent's place goes to a past collaborator",
        source="Guimera et al. 2005",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualLearning(Settings):
    """An organisation whose code and members learn from each other."""

    SECTION: ClassVar[str] = "model"

    dimensions: int = parameter(
        unit="dimensions", low=1, high=1000, meaning="m, of reality", source="March 1991"
    )
    members: int = parameter(
        unit="members", low=1, high=1000, meaning="n, of the organisation", source="March 1991"
    )
    most_steps: int = parameter(
        unit="steps", low=1, high=100_000, meaning="the end, if there is no equilibrium before",
        source="design",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates(Settings):
    """How fast both learn."""

    SECTION: ClassVar[str] = "case"

    p1: float = parameter(
        unit="probability", low=0.01, high=1, meaning="that a member learns from the code",
        source="March 1991",
    )  # fmt: skip
    p2: float = parameter(
        unit="probability", low=0.01, high=1, meaning="that the code learns from a superior member",
        source="March 1991",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A published model.

    Attributes
    ----------
    model, case: settings of all cases of a replication, and of one.
    measures: names of what is measured.
    run: all cases on the same luck, with the keys of some replicates; values by case.
    about: what is known of each case beside its settings, given the seed.
    """

    model: type[Settings]
    case: type[Settings]
    measures: Callable[[Any], tuple[str, ...]]
    run: Callable[[Any, Sequence[Any], int, np.ndarray, Tick], list[Values]]
    about: Callable[[Any, Any, int], dict[str, float]] = lambda model, case, seed: {}


def _room(cases: Sequence[Any], measures: Sequence[str], replicates: int) -> list[Values]:
    return [{name: np.zeros(replicates) for name in measures} for _ in cases]


# ---------------------------------------------------------------- landscapes

CLIMBED = ("peaks", "highest", "on_peaks")


def _climb(
    model: Climbers, cases: Sequence[Ruggedness], seed: int, keys: np.ndarray, tick: Tick
) -> list[Values]:
    values = _room(cases, CLIMBED, len(keys))
    nobody = np.zeros((model.searchers, 0), np.int64)
    times = np.array([model.steps])
    settled = [groups.new_group(case.components, case.links, model.searchers) for case in cases]
    for k, key in enumerate(keys):
        for case, group, found in zip(cases, settled, values, strict=True):
            groups.build_landscape(group, key, False, 0)
            groups.search(group, nobody, groups.ALONE, 0, True, 1.0, times)
            table = group.state.landscapes[0]
            found["peaks"][k] = groups.count_peaks(table, case.components)
            found["highest"][k] = table.max() / case.components / 2**20
            found["on_peaks"][k] = groups.share_on_peaks(group)
        tick()
    return values


# ---------------------------------------------------------------- groups on a network


def _payoffs(model: SocialSearch) -> tuple[str, ...]:
    return (*(f"payoff_{time}" for time in model.times), "holds_best")


def _search(
    model: SocialSearch, cases: Sequence[Looking], seed: int, keys: np.ndarray, tick: Tick
) -> list[Values]:
    values = _room(cases, _payoffs(model), len(keys))
    group = groups.new_group(model.components, model.links, model.searchers)
    times = np.array(model.times)
    around = [_around(model, case, seed) for case in cases]
    for k, key in enumerate(keys):
        groups.build_landscape(group, key, model.links_to_any, model.contribution_levels)
        for case, neighbours, found in zip(cases, around, values, strict=True):
            payoffs = groups.search(
                group, neighbours, groups.STRATEGIES.index(case.strategy), case.sample,
                case.tries_alone, model.payoff_exponent, times,
            )  # fmt: skip
            for time, payoff in zip(model.times, payoffs, strict=True):
                found[f"payoff_{time}"][k] = payoff
            found["holds_best"][k] = groups.holds_best(group)
        tick()
    return values


def _around(model: SocialSearch, case: Looking, seed: int) -> np.ndarray:
    return networks.neighbours(case.network, model.searchers, model.degree, case.swaps, seed)


def _path(model: SocialSearch, case: Looking, seed: int) -> dict[str, float]:
    return {"mean_path": networks.mean_path(_around(model, case, seed))}


# ---------------------------------------------------------------- teams, beliefs


def _assemble(
    model: TeamAssembly, cases: Sequence[Openness], seed: int, keys: np.ndarray, tick: Tick
) -> list[Values]:
    values = _room(cases, ("giant_share",), len(keys))
    field = teams.new_field(model.team_size, model.steps)
    for k, key in enumerate(keys):
        for case, found in zip(cases, values, strict=True):
            found["giant_share"][k] = teams.largest_share(
                field, key, model.team_size, case.p, case.q, model.idle_steps, model.steps
            )
        tick()
    return values


def _learn(
    model: MutualLearning, cases: Sequence[Rates], seed: int, keys: np.ndarray, tick: Tick
) -> list[Values]:
    values = _room(cases, ("knowledge",), len(keys))
    for k, key in enumerate(keys):
        for case, found in zip(cases, values, strict=True):
            found["knowledge"][k] = beliefs.equilibrium_knowledge(
                key, model.dimensions, model.members, case.p1, case.p2, model.most_steps
            )
        tick()
    return values


KINDS = {
    "landscapes": Kind(Climbers, Ruggedness, lambda model: CLIMBED, _climb),
    "social_search": Kind(SocialSearch, Looking, _payoffs, _search, _path),
    "team_assembly": Kind(TeamAssembly, Openness, lambda model: ("giant_share",), _assemble),
    "mutual_learning": Kind(MutualLearning, Rates, lambda model: ("knowledge",), _learn),
}
