"""Mixes of two regimes: what differs between them, in groups that can be switched one by one.

Programmes are matched by name; where each regime has one left over, these two are matched as well.
What then has no counterpart is switched as a whole: it is there or it is not. A mix has some groups
from one regime and the rest from the other. Groups of which a mix is no valid regime are put
together, until every mix that is needed is valid.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agents.settings import ConfigError, Settings
from experiments.regimes import RegimeEntry
from simulation.policies.registry import FAMILIES, Programme, Regime

FAMILY, LEVER = "family", "lever"
LEVELS = (FAMILY, LEVER)
BUDGET, SHARE = "budget", "share"
ROUNDING = 1e-9  # of budget shares, as the check of a regime has it


@dataclass(frozen=True, slots=True)
class Slot:
    """A programme of either regime or of both; ``name`` is what it is called."""

    name: str
    before: Programme | None
    after: Programme | None

    @property
    def matched(self) -> bool:
        """Whether both regimes have it."""
        return self.before is not None and self.after is not None


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Levers of one family of one programme; a whole programme where ``family`` is empty."""

    slot: int
    family: str = ""
    levers: tuple[str, ...] = ()


Group = tuple[Part, ...]  # what is switched together
Mix = frozenset[int]  # numbers of the groups that are as in the second regime


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two regimes whose programmes are matched."""

    before: RegimeEntry
    after: RegimeEntry
    slots: tuple[Slot, ...]

    def differences(self, level: str) -> list[Group]:
        """Every difference by itself, at the level of families or of single levers."""
        found: list[Group] = []
        for k, slot in enumerate(self.slots):
            if not slot.matched:
                found.append((Part(k),))
                continue
            for family in FAMILIES:
                levers = self.moved(k, family)
                if levers and level == FAMILY:
                    found.append((Part(k, family, levers),))
                elif levers:
                    found += [(Part(k, family, (lever,)),) for lever in levers]
        return found

    def moved(self, slot: int, family: str) -> tuple[str, ...]:
        """Levers of a family in which a matched programme differs."""
        old, new = (values(one, family) for one in self.sides(slot))
        return tuple(lever for lever in old if old[lever] != new[lever])

    def sides(self, slot: int) -> tuple[Programme, Programme]:
        """A matched programme as it is in the first and in the second regime."""
        one = self.slots[slot]
        assert one.before is not None and one.after is not None
        return one.before, one.after

    def mixed(self, groups: Sequence[Group], mix: Mix, name: str) -> Regime:
        """The regime with the groups of ``mix`` as in the second regime, the others as in the first.

        Without any group, and with all, it has the levers of the regimes themselves.
        """
        return Regime(name, tuple(within_budget(self.programmes(groups, mix))))

    def scales(self, groups: Sequence[Group], mix: Mix) -> bool:
        """Whether budget shares of a mix are scaled down."""
        return _total_share(self.programmes(groups, mix)) > 1.0 + ROUNDING

    def programmes(self, groups: Sequence[Group], mix: Mix) -> list[Programme]:
        """The programmes of a mix, before their budget shares are made to fit.

        Raises
        ------
        ConfigError: the levers contradict each other.
        """
        if len(mix) in (0, len(groups)):
            return list((self.after if mix else self.before).regime.programmes)
        switched = {part for number in mix for part in groups[number]}
        programmes: list[Programme | None] = []
        for k, slot in enumerate(self.slots):
            if slot.matched:
                own = [part for part in switched if part.slot == k]
                programmes.append(_mixed_programme(*self.sides(k), own))
            elif (slot.after is not None) == (Part(k) in switched):
                programmes.append(slot.before or slot.after)
        return [one for one in programmes if one is not None]


def pair_of(before: RegimeEntry, after: RegimeEntry) -> Pair:
    """Match the programmes of two regimes.

    Raises
    ------
    ConfigError: they have the same levers.
    """
    pair = Pair(before, after, tuple(_slots(before, after)))
    if not pair.differences(FAMILY):
        raise ConfigError(
            f"{before.name} and {after.name} have the same levers, so that there is none to switch "
            f"and no difference to take apart. Choose another regime."
        )
    return pair


def _slots(before: RegimeEntry, after: RegimeEntry) -> Iterator[Slot]:
    """All programmes: in the order of the first regime, with those of the second between them."""
    old = dict(zip(before.programmes, before.regime.programmes, strict=True))
    new = dict(zip(after.programmes, after.regime.programmes, strict=True))
    match = {name: name for name in old if name in new}
    alone = ([n for n in old if n not in match], [n for n in new if n not in match])
    if len(alone[0]) == len(alone[1]) == 1:
        match[alone[0][0]] = alone[1][0]
    waiting = list(new)
    taken = set(match.values())
    for name, programme in old.items():
        partner = match.get(name)
        while partner in waiting and (first := waiting.pop(0)) != partner:
            if first not in taken:
                yield Slot(first, None, new[first])
        told = name if partner in (None, name) else f"{name} / {partner}"
        yield Slot(told, programme, new[partner] if partner else None)
    for name in waiting:
        if name not in taken:
            yield Slot(name, None, new[name])


def values(programme: Programme, family: str) -> dict[str, Any]:
    """Plain values of a family's levers."""
    return programme.levers[family].as_mapping()


def _mixed_programme(before: Programme, after: Programme, parts: Iterable[Part]) -> Programme:
    moved: dict[str, set[str]] = {}
    for part in parts:
        moved.setdefault(part.family, set()).update(part.levers)
    mixed = {
        family: _mixed_family(before.levers[family], after.levers[family], frozenset(levers))
        for family, levers in moved.items()
    }
    programme = Programme({**before.levers, **mixed})
    programme.check()
    return programme


@functools.lru_cache(maxsize=4096)  # the same families are mixed over and over
def _mixed_family(before: Settings, after: Settings, levers: frozenset[str]) -> Settings:
    new = after.as_mapping()
    return type(before).from_mapping(before.as_mapping() | {lever: new[lever] for lever in levers})


def within_budget(programmes: Sequence[Programme]) -> list[Programme]:
    """Budget shares scaled down in proportion where they add up to more than 1.

    Where one regime has more programmes than the other, a mix may have those of one and the shares
    of the other; without this, money and programmes could never be told apart.
    """
    total = _total_share(programmes)
    if total <= 1.0 + ROUNDING:
        return list(programmes)
    scaled = []
    for one in programmes:
        plain = values(one, BUDGET)
        budget = FAMILIES[BUDGET].from_mapping(plain | {SHARE: plain[SHARE] / total})
        scaled.append(Programme({**one.levers, BUDGET: budget}))
    return scaled


def _total_share(programmes: Sequence[Programme]) -> float:
    total: float = sum(values(one, BUDGET)[SHARE] for one in programmes)
    return total


# ---------------------------------------------------------------- groups that can be switched


def sound_groups(
    pair: Pair, groups: Sequence[Group], needed: Callable[[int], Iterable[Mix]]
) -> list[Group]:
    """Put groups together until every mix that is needed is a valid regime.

    Parameters
    ----------
    needed: the mixes to be run, given the number of groups. All with one or two groups switched,
        from either regime, are checked as well, so that more orders rarely change the groups.
    """
    groups = list(groups)
    while True:
        count = len(groups)
        mixes = itertools.chain(_near_the_ends(count), needed(count))
        broken = next((mix for mix in mixes if not _valid(pair, groups, mix)), None)
        if broken is None:
            return groups
        groups = _merged(pair, groups, broken)


def _near_the_ends(count: int) -> Iterator[Mix]:
    every = frozenset(range(count))
    for size in (1, 2):
        for few in itertools.combinations(range(count), size):
            yield frozenset(few)
            yield every - frozenset(few)


def _valid(pair: Pair, groups: Sequence[Group], mix: Mix) -> bool:
    try:
        pair.programmes(groups, mix)
    except ConfigError:
        return False
    return True


def _merged(pair: Pair, groups: list[Group], broken: Mix) -> list[Group]:
    """Put together the smallest core of a broken mix and what must be switched with it.

    The core is a part of the mix that is broken by itself; with the others added it is valid. Both
    regimes are valid, so the core is not empty and something can be added.
    """
    valid = functools.partial(_valid, pair, groups)
    core = broken
    for number in sorted(broken):
        if not valid(core - {number}):
            core -= {number}
    together = frozenset(range(len(groups)))
    for number in sorted(together - core):
        if valid(together - {number}):
            together -= {number}
    merged = tuple(sorted(part for number in together for part in groups[number]))
    first = min(together)
    return [
        merged if number == first else group
        for number, group in enumerate(groups)
        if number == first or number not in together
    ]
