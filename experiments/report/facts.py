"""The tables with what every part of the report asks of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from experiments.tables import regime_entries
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import Setup

PRIMARY = "technical"  # the count that the sentences speak of; the others stand beside it

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables with what every part of the report asks of them."""

    tables: Tables
    setup: Setup
    words: Words
    _lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict, repr=False)

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """Rows of a table whose columns have the wanted values, in order."""
        if table not in self._lists:
            self._lists[table] = self.tables[table].to_pylist() if table in self.tables else []
        return [
            row
            for row in self._lists[table]
            if all(row[column] == value for column, value in wanted.items())
        ]

    def title(self, regime: str) -> str:
        """Title of a regime in the report's language."""
        return self.words.title(regime_entries(self.setup)[regime])

    @property
    def names(self) -> list[str]:
        """Regimes that were run, in order."""
        return list(self.tables["rankings"]["regime"].to_pylist())

    @property
    def replicates(self) -> int:
        """Paired replicates in the main world."""
        return max(self.tables["rankings"]["n"].to_pylist(), default=0)

    @property
    def reference(self) -> str:
        """Name of the reference without money."""
        return self.setup.reference.name

    @property
    def population(self) -> str:
        """Title of the population, or its name where it has none in the report's language."""
        values = self.setup.config.get("population", {})
        title = values.get("title") if isinstance(values, Mapping) else None
        name = getattr(self.setup.population, "name", "") or "–"
        return str(title.get(self.words.lang, name)) if isinstance(title, Mapping) else name
