"""Rooms on disk: settings, seats and decisions, nothing that can be computed from them.

The standard library's SQLite, one connection used by one event loop. A server that was killed
opens the file again and finds every decision that was answered.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

VERSION = 2  # of the tables; rooms of another version cannot be played on and are deleted
TABLES = ("decisions", "seats", "rooms")
SCHEMA = """
create table if not exists rooms (
    code text primary key, teacher blob not null, regime text not null, seed integer not null,
    quarters integer not null, seconds integer not null, most integer not null,
    turn integer not null, state text not null, ends real, rest real, made real not null);
create table if not exists seats (
    code text not null references rooms on delete cascade, seat text not null, name text not null,
    token blob not null, primary key (code, seat));
create table if not exists decisions (
    code text not null references rooms on delete cascade, turn integer not null,
    seat text not null, changed text not null, primary key (code, turn, seat));
"""


class Store:
    """The file of rooms; ``None`` keeps them in memory."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(
            str(path or ":memory:"), isolation_level=None, check_same_thread=False
        )
        self._base.row_factory = sqlite3.Row
        self._base.execute("pragma foreign_keys = on")
        self._base.execute("pragma secure_delete = on")  # deleted names leave no trace in the file
        self._base.execute("pragma synchronous = full")  # what was answered survives a power cut
        if self._base.execute("pragma user_version").fetchone()[0] != VERSION:
            for name in TABLES:
                self._base.execute(f"drop table if exists {name}")
        self._base.executescript(SCHEMA)
        self._base.execute(f"pragma user_version = {VERSION}")

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def all(self, question: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a question as dictionaries."""
        return [dict(row) for row in self._base.execute(question, values)]

    def one(self, question: str, *values: Any) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = self.all(question, *values)
        return rows[0] if rows else None

    def do(self, order: str, *values: Any) -> int:
        """Carry out one order and keep it; returns how many rows it changed.

        Raises
        ------
        sqlite3.IntegrityError: the row is there already.
        """
        return self._base.execute(order, values).rowcount
