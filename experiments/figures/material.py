"""What figures are drawn from, and what is kept of one that was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.figures.style import printable
from experiments.tables import Panel, regime_entries
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import Setup


@dataclass(frozen=True, slots=True)
class FigureInfo:
    """A figure that was written, and the words that go with it."""

    name: str
    title: str
    caption: str
    alt: str
    n: int
    table: str  # file that holds its numbers, relative to the output folder, without its ending
    svg: Path
    png: Path


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What every figure is drawn from."""

    main: Panel
    tables: Mapping[str, Sequence[Mapping[str, Any]]]  # rows of those that are drawn
    setup: Setup
    words: Words

    def rows(self, table: str, **wanted: str) -> dict[str, Mapping[str, Any]]:
        """Rows of a table by regime, those whose columns have the wanted values."""
        return {
            row["regime"]: row
            for row in self.tables[table]
            if all(row[column] == value for column, value in wanted.items())
        }

    def label(self, regime: str) -> str:
        """Title of a regime, in characters the font has."""
        return printable(self.words.title(regime_entries(self.setup)[regime]))

    def printable(self, text: str) -> str:
        """The text in characters the font has."""
        return printable(text)

    @property
    def horizon(self) -> int:
        """Policy quarters."""
        time: Any = self.setup.world.sections["time"]
        return int(time.policy)
