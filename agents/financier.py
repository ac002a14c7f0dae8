"""Financiers as Mesa agents: one fund of private capital (社会资本) in each region."""

from __future__ import annotations

from typing import Any

import mesa  # type: ignore[import-untyped]

from agents.kinds import FEN_PER_MYUAN


class Financier(mesa.Agent):  # type: ignore[misc]
    """The fund of a region; its state is a view on the model's columns. Money in million yuan."""

    def __init__(self, model: Any, row: int, region: str) -> None:
        super().__init__(model)
        self.row = row
        self.region = region

    def __repr__(self) -> str:
        return f"<Financier {self.region}>"

    @property
    def _fund(self) -> Any:
        return self.model.state.funds[self.row]

    @property
    def capital(self) -> float:
        """What it may still advance."""
        return float(self._fund["capital"] / FEN_PER_MYUAN)

    @property
    def advanced(self) -> float:
        """What it has advanced to private members of projects so far."""
        return float(self._fund["advanced"] / FEN_PER_MYUAN)

    @property
    def returned(self) -> float:
        """What it has been paid back out of realised value so far."""
        return float(self._fund["returned"] / FEN_PER_MYUAN)

    @property
    def projects_shown(self) -> int:
        """Funded projects it has looked at."""
        return int(self._fund["asked"])

    @property
    def projects_backed(self) -> int:
        """Those it has backed."""
        return int(self._fund["backed"])
