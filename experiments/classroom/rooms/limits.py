"""How often somebody may ask, in a minute: a limit for whoever fails, and one for everybody."""

from __future__ import annotations

import time
from collections import OrderedDict, deque

from experiments.classroom.rooms.desk import RoomError

WINDOW = 60.0  # seconds
MOST_KNOWN = 2000  # addresses or keys that are kept in mind
MOST_FAILED = 120  # failed attempts of one address, so that codes and tokens cannot be tried out
MOST_ASKED = 240  # questions with one key; a page asks 40 times
MOST_JOINING = 400  # attempts to join or to open a room from one address; a school may have one


class Recent:
    """Counts what happened lately, by whom; refuses who did it too often."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, who: str) -> None:
        """Refuse whoever has reached the limit."""
        if len(self._recent(who)) >= self._most:
            raise RoomError("rate", 429)

    def count(self, who: str) -> None:
        """Once more."""
        recent = self._recent(who)
        recent.append(time.monotonic())
        self._held[who] = recent
        self._held.move_to_end(who)
        while len(self._held) > MOST_KNOWN or not self._recent(next(iter(self._held))):
            self._held.popitem(last=False)  # whoever has been quiet longest

    def take(self, who: str) -> None:
        """Check and count."""
        self.check(who)
        self.count(who)

    def _recent(self, who: str) -> deque[float]:
        held = self._held.get(who, deque())
        last = time.monotonic() - WINDOW
        while held and held[0] <= last:
            held.popleft()
        return held


class Limits:
    """The limits of a server."""

    def __init__(self) -> None:
        self.failed = Recent(MOST_FAILED)
        self.asked = Recent(MOST_ASKED)
        self.joining = Recent(MOST_JOINING)
