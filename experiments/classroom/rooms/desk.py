"""Who may do what in a room: opening, joining, deciding, the teacher's clock, deleting.

Tokens are random and only their hashes are kept. Every question names its token; a seat is what
the token says, never what a message claims.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.classroom.rooms.seats import changed_from
from experiments.classroom.rooms.store import Store

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read for something else
CODE_LENGTH = 6
LONGEST_NAME = 40
MOST_ROOMS = 40
KEPT = 7 * 24 * 3600.0  # seconds from opening a room to its deletion
LAST_WORDS = 5.0  # seconds that are left when everybody has decided
WAITING, RUNNING, PAUSED, ENDED = "waiting", "running", "paused", "ended"


class RoomError(ValueError):
    """A refusal that is told to whoever asked: a key of the words ``room.error`` and its values."""

    def __init__(self, key: str, status: int = 400, **values: Any) -> None:
        super().__init__(key)
        self.key, self.status, self.values = key, status, values


@dataclass(frozen=True, slots=True)
class Opening:
    """Settings of a room: ``quarters`` of a round, ``seconds`` of each window, ``most`` seats."""

    regime: str
    seed: int
    quarters: int
    seconds: int
    most: int


class Desk:
    """Keeps the rooms of a server. ``now``: seconds of a clock, for tests."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        self._store, self._now = store, now

    # ------------------------------------------------------------ opening and joining

    def open(self, opening: Opening) -> tuple[str, str]:
        """A new room; returns its code and the teacher's token. Old rooms are deleted."""
        self.sweep()
        if len(self._store.all("select code from rooms")) >= MOST_ROOMS:
            raise RoomError("rooms", 503, most=MOST_ROOMS)
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        token = secrets.token_urlsafe(32)
        self._store.do(
            "insert into rooms values (?, ?, ?, ?, ?, ?, ?, 0, ?, null, ?, ?)",
            code, _hash(token), opening.regime, opening.seed, opening.quarters, opening.seconds,
            opening.most, WAITING, float(opening.seconds), self._now(),
        )  # fmt: skip
        return code, token

    def sweep(self) -> int:
        """Delete the rooms that are older than :data:`KEPT`, with all names; returns how many."""
        return self._store.do("delete from rooms where made < ?", self._now() - KEPT)

    def room(self, code: str) -> dict[str, Any]:
        """A room's row; its window has closed when its time was over."""
        found = self._store.one("select * from rooms where code = ?", code)
        if found is None:
            raise RoomError("code", 404)
        if found["state"] == RUNNING and self._now() >= found["ends"]:
            self._turn(found)
            return self.room(code)
        return found

    def join(self, code: str, name: str, wanted: str, seats: list[str]) -> tuple[str, str]:
        """Take a seat; returns it and the token that it is kept by.

        Parameters
        ----------
        wanted: one of ``seats``; empty for the first free one.
        """
        room = self.room(code)
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise RoomError("name", most=LONGEST_NAME)
        if room["state"] == ENDED:
            raise RoomError("over")
        taken = {one["seat"] for one in self.seats(code)}
        if len(taken) >= room["most"]:
            raise RoomError("full", 409, most=room["most"])
        if wanted and wanted not in seats:
            raise RoomError("seat")
        free = [seat for seat in ([wanted] if wanted else seats) if seat not in taken]
        if not free:
            raise RoomError("taken", 409)
        token = secrets.token_urlsafe(32)
        try:
            self._store.do(
                "insert into seats values (?, ?, ?, ?)", code, free[0], name, _hash(token)
            )
        except sqlite3.IntegrityError as error:
            raise RoomError("taken", 409) from error
        return free[0], token

    def seats(self, code: str) -> list[dict[str, Any]]:
        """Seats taken, with names."""
        return self._store.all("select seat, name from seats where code = ? order by rowid", code)

    # ------------------------------------------------------------ who asks

    def teacher(self, code: str, token: str) -> dict[str, Any]:
        """The room, for its teacher alone."""
        room = self.room(code)
        if not secrets.compare_digest(room["teacher"], _hash(token)):
            raise RoomError("token", 403)
        return room

    def seat(self, code: str, token: str) -> dict[str, Any]:
        """The seat (``seat``, ``name``) that a token is for, in this room."""
        self.room(code)
        given, found = _hash(token), None
        for one in self._store.all("select * from seats where code = ?", code):
            if secrets.compare_digest(one["token"], given):
                found = one
        if found is None:
            raise RoomError("token", 403)
        return found

    # ------------------------------------------------------------ deciding

    def decide(
        self, code: str, token: str, turn: int, yes: list[str], rules: Mapping[str, bool]
    ) -> None:
        """Write down what a seat decides in the present window; its last word counts.

        Parameters
        ----------
        yes: keys that it says yes to; to all others that lie before it it says no.
        rules: what the model's rules say to everything that lies before it.
        """
        seat, room = self.seat(code, token), self.room(code)
        if room["state"] not in (RUNNING, PAUSED) or turn != room["turn"]:
            raise RoomError("late", 409)
        if not set(yes) <= rules.keys():
            raise RoomError("forged")
        self._store.do(
            "insert or replace into decisions values (?, ?, ?, ?)",
            code, turn, seat["seat"], json.dumps(changed_from(rules, yes)),
        )  # fmt: skip

    def hurry(self, code: str) -> None:
        """Everybody has decided: the window closes soon."""
        self._store.do(
            "update rooms set ends = min(ends, ?) where code = ? and state = ?",
            self._now() + LAST_WORDS, code, RUNNING,
        )  # fmt: skip

    def decisions(self, code: str) -> list[dict[str, Any]]:
        """All decisions: ``turn``, ``seat``, ``changed`` (how it departs from the rules)."""
        rows = self._store.all(
            "select turn, seat, changed from decisions where code = ? order by turn, seat", code
        )
        return [{**row, "changed": json.loads(row["changed"])} for row in rows]

    def turns(self, code: str) -> tuple[tuple[str, ...], ...]:
        """What has been decided, by anybody, in each window that is closed."""
        over: list[set[str]] = [set() for _ in range(self.room(code)["turn"])]
        for one in self.decisions(code):
            if one["turn"] < len(over):
                over[one["turn"]].update(one["changed"])
        return tuple(tuple(sorted(keys)) for keys in over)

    # ------------------------------------------------------------ the teacher's clock

    def control(self, code: str, token: str, order: str, turn: int | None = None) -> None:
        """``start``, ``pause``, ``next``, ``end`` or ``delete``.

        ``turn``: the window that ``next`` closes; two clicks do not close two.
        """
        room = self.teacher(code, token)
        if order == "delete":
            self._store.do("delete from rooms where code = ?", code)
        elif room["state"] == ENDED:
            raise RoomError("over", 409)
        elif order == "start":
            self._set(code, RUNNING, self._now() + room["rest"], room["rest"])
        elif order == "pause" and room["state"] == RUNNING:
            self._set(code, PAUSED, None, max(1.0, room["ends"] - self._now()))
        elif order == "next" and room["state"] in (RUNNING, PAUSED):
            self._turn(room if turn is None else {**room, "turn": turn})
        elif order == "end":
            self._set(code, ENDED, None, 0.0)
        else:
            raise RoomError("control")

    def pass_over(self, room: Mapping[str, Any]) -> None:
        """Nobody in the room has anything to decide in this window."""
        self._turn(room)

    def finish(self, code: str) -> None:
        """Policy is over: there is nothing left to decide."""
        self._set(code, ENDED, None, 0.0)

    def _set(self, code: str, state: str, ends: float | None, rest: float) -> None:
        self._store.do(
            "update rooms set state = ?, ends = ?, rest = ? where code = ?", state, ends, rest, code
        )

    def _turn(self, room: Mapping[str, Any]) -> None:
        """The window closes; two who see its end at once close it once."""
        ends = self._now() + room["seconds"] if room["state"] == RUNNING else None
        self._store.do(
            "update rooms set turn = turn + 1, ends = ?, rest = ? where code = ? and turn = ?",
            ends, float(room["seconds"]), room["code"], room["turn"],
        )  # fmt: skip


def _hash(token: str) -> bytes:
    """What is kept of a token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
