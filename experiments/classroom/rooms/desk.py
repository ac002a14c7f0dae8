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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from experiments.classroom.rooms.store import Store

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read for something else
CODE_LENGTH = 6
LONGEST_NAME = 40
MOST_ROOMS = 40
WAITING, RUNNING, PAUSED, ENDED = "waiting", "running", "paused", "ended"


class RoomError(ValueError):
    """A refusal that is told to whoever asked: a key of the words ``room.error`` and its values."""

    def __init__(self, key: str, status: int = 400, **values: Any) -> None:
        super().__init__(key)
        self.key, self.status, self.values = key, status, values


@dataclass(frozen=True, slots=True)
class Opening:
    """Settings of a room: ``quarters`` of a round, ``seconds`` of its clock, ``most`` seats."""

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
        """A new room; returns its code and the teacher's token."""
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

    def room(self, code: str) -> dict[str, Any]:
        """A room's row; its round has moved on when its time was over."""
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
        self, code: str, token: str, number: int, refused: list[str], known: set[str]
    ) -> None:
        """Write down what a seat refuses in the present round; the last word before it ends counts.

        ``known``: keys that lie before this seat.
        """
        seat, room = self.seat(code, token), self.room(code)
        if room["state"] not in (RUNNING, PAUSED) or number != room["round"]:
            raise RoomError("late", 409)
        if not set(refused) <= known:
            raise RoomError("forged")
        self._store.do(
            "insert or replace into decisions values (?, ?, ?, ?)",
            code, number, seat["seat"], json.dumps(sorted(set(refused))),
        )  # fmt: skip

    def decisions(self, code: str) -> list[dict[str, Any]]:
        """All decisions: ``round``, ``seat``, ``refused`` (keys)."""
        rows = self._store.all(
            "select round, seat, refused from decisions where code = ? order by round, seat", code
        )
        return [{**row, "refused": json.loads(row["refused"])} for row in rows]

    def rounds(self, code: str) -> tuple[tuple[str, ...], ...]:
        """What was refused in each round that is over, by anybody."""
        over: list[set[str]] = [set() for _ in range(self.room(code)["round"])]
        for one in self.decisions(code):
            if one["round"] < len(over):
                over[one["round"]].update(one["refused"])
        return tuple(tuple(sorted(keys)) for keys in over)

    # ------------------------------------------------------------ the teacher's clock

    def control(self, code: str, token: str, order: str) -> None:
        """``start``, ``pause``, ``next``, ``end`` or ``delete``."""
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
            self._turn(room)
        elif order == "end":
            self._set(code, ENDED, None, 0.0)
        else:
            raise RoomError("control")

    def finish(self, code: str) -> None:
        """Policy is over: there is nothing left to decide."""
        self._set(code, ENDED, None, 0.0)

    def _set(self, code: str, state: str, ends: float | None, rest: float) -> None:
        self._store.do(
            "update rooms set state = ?, ends = ?, rest = ? where code = ?", state, ends, rest, code
        )

    def _turn(self, room: dict[str, Any]) -> None:
        """The round ends; two who see its end at once end it once."""
        ends = self._now() + room["seconds"] if room["state"] == RUNNING else None
        self._store.do(
            "update rooms set round = round + 1, ends = ?, rest = ? where code = ? and round = ?",
            ends, float(room["seconds"]), room["code"], room["round"],
        )  # fmt: skip


def _hash(token: str) -> bytes:
    """What is kept of a token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
