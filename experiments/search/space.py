"""Where candidates come from: whole lever families of known regimes, or one regime's own levers.

Money is no lever here. The family ``budget`` stays as it is, so that every candidate has the same
public money as every preset.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agents.settings import ConfigError
from experiments.library import Library
from experiments.regimes import Levers, RegimeEntry, preset, regime_entry
from simulation.policies.registry import FAMILIES

BUDGET = "budget"
Place = Mapping[str, Any]  # a value for each dimension


@dataclass(frozen=True, slots=True)
class Dimension:
    """What can be chosen: one of ``options``, or a number from ``low`` to ``high``."""

    name: str
    options: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0


class Candidates(Protocol):
    """A space of candidates."""

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What can be chosen."""

    @property
    def starts(self) -> list[dict[str, Any]]:
        """Places that are tried first."""

    def entry(self, name: str, place: Place) -> RegimeEntry:
        """The candidate at a place.

        Raises
        ------
        ConfigError: its levers contradict each other.
        """


class Mixes:
    """One programme, each lever family of which is as in one of the regimes with one programme.

    An option is named after the first regime that has it. Regimes with several programmes have
    none that stands for them; they are compared as presets.
    """

    def __init__(self, library: Library, entries: Sequence[RegimeEntry]) -> None:
        self._library = library
        self._sources = {
            entry.name: entry.regime.programmes[0].as_mapping()
            for entry in entries
            if len(entry.programmes) == 1
        }
        if len(self._sources) < 2:
            raise ConfigError(
                "mixes need two regimes or more with one programme each. Write regimes=all, or "
                "one goal, such as goals=welfare, to tune a regime's own levers."
            )
        self._same = {family: self._first_with(family) for family in FAMILIES if family != BUDGET}
        self.dimensions = tuple(
            Dimension(family, tuple(dict.fromkeys(first.values())))
            for family, first in self._same.items()
            if len(set(first.values())) > 1
        )

    @property
    def starts(self) -> list[dict[str, Any]]:
        """The regimes themselves."""
        return [
            {one.name: self._same[one.name][regime] for one in self.dimensions}
            for regime in self._sources
        ]

    def entry(self, name: str, place: Place) -> RegimeEntry:
        """See :class:`Candidates`."""
        first = next(iter(self._sources.values()))
        levers: Levers = {
            family: self._sources[place[family]][family] if family in place else first[family]
            for family in FAMILIES
        }
        levers[BUDGET] = preset(self._library, BUDGET, "default")
        return regime_entry(self._library, name, _words(name), {"mix": levers})

    def _first_with(self, family: str) -> dict[str, str]:
        """For each regime the first one that has the same levers in a family."""
        regimes = list(self._sources)
        return {
            name: next(
                one for one in regimes if self._sources[one][family] == self._sources[name][family]
            )
            for name in regimes
        }


class Tuning:
    """One regime whose own continuous levers are free within their declared ranges.

    Own are those that its programmes set differently from the default of the family.
    """

    def __init__(self, library: Library, entry: RegimeEntry) -> None:
        self._library, self._entry = library, entry
        self._levers = {
            name: programme.as_mapping()
            for name, programme in zip(entry.programmes, entry.regime.programmes, strict=True)
        }
        self.dimensions = tuple(
            dimension
            for programme, levers in self._levers.items()
            for dimension in _own(library, programme, levers)
        )
        if not self.dimensions:
            raise ConfigError(
                f"regime '{entry.name}' has no continuous lever of its own, so that there is nothing "
                f"to tune. Leave it out of regimes=."
            )

    @property
    def starts(self) -> list[dict[str, Any]]:
        """The regime as it is."""
        return [{one.name: self._value(one.name) for one in self.dimensions}]

    def entry(self, name: str, place: Place) -> RegimeEntry:
        """See :class:`Candidates`."""
        programmes = {
            programme: {family: dict(values) for family, values in levers.items()}
            for programme, levers in self._levers.items()
        }
        for path, value in place.items():
            programme, family, lever = path.split(".")
            programmes[programme][family][lever] = float(value)
        return regime_entry(self._library, name, _words(name, self._entry), programmes)

    def _value(self, path: str) -> float:
        programme, family, lever = path.split(".")
        return float(self._levers[programme][family][lever])


def _own(library: Library, programme: str, levers: Levers) -> typing.Iterator[Dimension]:
    for family, kind in FAMILIES.items():
        usual, types = preset(library, family, "default"), typing.get_type_hints(kind)
        for lever, spec in kind.parameters().items():
            moved = levers[family][lever] != usual[lever]
            if family != BUDGET and types[lever] is float and moved and spec.low is not None:
                assert spec.high is not None
                yield Dimension(f"{programme}.{family}.{lever}", (), spec.low, spec.high)


def _words(name: str, origin: RegimeEntry | None = None) -> dict[str, Any]:
    """Title, question and source of a candidate, as every regime has them."""
    if origin is None:
        return {
            "title": {"en": f"Mix {name}", "zh": f"组合 {name}"},
            "question": {
                "en": "What does this mix of levers do?",
                "zh": "这一政策工具组合效果如何？",
            },
            "source": "a search over lever families of the regimes",
            "systems": [],
        }
    return {
        "title": {"en": f"{origin.title['en']}, tuned", "zh": f"{origin.title['zh']}（调优）"},
        "question": origin.question,
        "source": f"a search over its own levers, from {origin.name}: {origin.source}",
        "systems": list(origin.systems),
    }
