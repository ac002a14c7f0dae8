"""Names of seats, and of what is decided at them.

A decision is an item (kind, need, lead, who; -1 where it has none) to which somebody says yes or
no against the model's rule. It is written ``+kind:need:lead:who`` or ``-kind:need:lead:who``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulation.by_hand import NO, RULE, YES

MINISTRY = "ministry"
PUBLISH, INVITE, ANSWER, FUND = WINDOWS = ("publish", "invite", "answer", "fund")

Changes = frozenset[str]
Item = dict[str, Any]


def province(region: int) -> str:
    """Seat of a region's government."""
    return f"province-{region}"


def organisation(row: int) -> str:
    """Seat of an organisation."""
    return f"organisation-{row}"


def key(kind: str, need: int, lead: int = -1, who: int = -1) -> str:
    """What an item is called."""
    return f"{kind}:{need}:{lead}:{who}"


def rules_of(items: Iterable[Item]) -> dict[str, bool]:
    """What the model's rules say to everything that lies before a seat, by key."""
    said = {}
    for item in items:
        said[item["key"]] = item["rule"]
        for who, asked, _ in item.get("others", ()):
            said[key("ask", item["need"], item["lead"], who)] = bool(asked)
    return said


def changed_from(rules: Mapping[str, bool], yes: Iterable[str]) -> list[str]:
    """Where a seat that says yes to these keys, and no to all others, departs from the rules."""
    wanted = set(yes)
    return sorted(
        ("+" if one in wanted else "-") + one
        for one, rule in rules.items()
        if (one in wanted) != rule
    )


class Said:
    """What has been said, by kind, need, lead and who."""

    def __init__(self, changed: Iterable[str]) -> None:
        self._said: dict[tuple[str, int, int, int], int] = {}
        for one in sorted(changed):
            kind, *numbers = one[1:].split(":")
            need, lead, who = map(int, numbers)
            self._said[kind, need, lead, who] = YES if one[0] == "+" else NO

    def get(self, kind: str, need: int, lead: int = -1, who: int = -1) -> int:
        """YES, NO or RULE."""
        return self._said.get((kind, need, lead, who), RULE)

    def of(self, *kinds: str) -> Iterator[tuple[int, int, int, int]]:
        """Need, lead, who and YES or NO of everything said of these kinds; of all, if none is named."""
        for (kind, need, lead, who), said in self._said.items():
            if kind in kinds or not kinds:
                yield need, lead, who, said
