"""Population: who is there at the start. Built by the outside from data, used here as arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from agents.kinds import KINDS, OWNERSHIPS
from agents.settings import ConfigError


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Organisations at the start, one row each, and the regions they live in.

    Attributes
    ----------
    name: name of the population, for titles only.
    kind: shape (n,), index into :data:`agents.kinds.KINDS`.
    ownership: shape (n,), index into :data:`agents.kinds.OWNERSHIPS`.
    region: shape (n,), index into ``regions``.
    staff: shape (n,), research staff in full-time equivalents, above 0 (0 for a bystander).
    home_field: shape (n,), index of the field it is best at, or -1 to draw it.
    labels: names of the organisations, shown to people and never read by the model.
    regions: names of the regions.
    hub: index of the hub region, or -1.
    """

    name: str
    kind: np.ndarray
    ownership: np.ndarray
    region: np.ndarray
    staff: np.ndarray
    home_field: np.ndarray
    labels: tuple[str, ...]
    regions: tuple[str, ...]
    hub: int = -1

    def __post_init__(self) -> None:
        n = len(self.kind)
        if n < 2:
            raise ConfigError(
                f"population '{self.name}' has {n} organisations; it needs at least 2."
            )
        for column in ("ownership", "region", "staff", "home_field", "labels"):
            if len(getattr(self, column)) != n:
                raise ConfigError(
                    f"population '{self.name}': {column} has {len(getattr(self, column))} rows "
                    f"where kind has {n}. Give every organisation one."
                )
        _check_codes(self.name, "kind", self.kind, len(KINDS))
        _check_codes(self.name, "ownership", self.ownership, len(OWNERSHIPS))
        _check_codes(self.name, "region", self.region, len(self.regions))
        if not (np.isfinite(self.staff).all() and (self.staff >= 0).all()):
            raise ConfigError(f"population '{self.name}': staff must be numbers of 0 or more.")

    @property
    def size(self) -> int:
        """Number of organisations."""
        return len(self.kind)

    def digest(self) -> str:
        """Hash of everything the model reads; part of every run's name."""
        sha = hashlib.sha256()
        for column in (self.kind, self.ownership, self.region, self.home_field):
            sha.update(np.ascontiguousarray(column, dtype=np.int64).tobytes())
        sha.update(np.ascontiguousarray(self.staff, dtype=np.float64).tobytes())
        sha.update(f"{len(self.regions)} {self.hub}".encode())
        return sha.hexdigest()[:16]


def _check_codes(name: str, column: str, codes: np.ndarray, known: int) -> None:
    wrong = np.flatnonzero((codes < 0) | (codes >= known))
    if len(wrong):
        raise ConfigError(
            f"population '{name}': {column} of organisation {wrong[0]} is {codes[wrong[0]]}; "
            f"allowed are 0 to {known - 1}."
        )
