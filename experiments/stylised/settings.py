"""What ``consortia facts`` measures: regimes, replicates, and the pair for the fact about hubs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agents.settings import ConfigError
from experiments.levers.settings import changed_regime, rows
from experiments.library import Library
from experiments.regimes import RegimeEntry, load_regime

if TYPE_CHECKING:
    from experiments.configuration import Setup

HUB_LEVER = "eligibility.lead_min_rd_myuan"  # its row in the table of levers gives regime and ends
SPREAD, HUB = "support for all leads", "support for the largest leads"
FEWEST_REPLICATES = 2


@dataclass(frozen=True, slots=True)
class FactsSetup:
    """A setup whose regimes are followed by the two of the fact about hubs."""

    setup: Setup
    reported: tuple[str, ...]  # names of the regimes of which the other facts are told
    hub_regime: str


def load_facts(texts: Sequence[str], config_dirs: Sequence[Path] = ()) -> FactsSetup:
    """Compose and check everything for ``facts``.

    Raises
    ------
    ConfigError: any setting that cannot be used.
    """
    from experiments.configuration import load_setup

    for text in texts:
        if text.partition("=")[0] in ("jobs", "executor", "scheduler"):
            raise ConfigError(
                f"{text} does nothing here: facts are read from the columns of runs in this "
                f"process. Leave it out."
            )
    setup = load_setup("facts", texts, config_dirs)
    if setup.replicates < FEWEST_REPLICATES:
        raise ConfigError(
            f"replicates = {setup.replicates} gives no interval. Write replicates=20 or more."
        )
    row = next(one for one in rows() if one.lever == HUB_LEVER)
    base = load_regime(Library.open(config_dirs), row.regime)
    pair = tuple(
        _named(base, name, levers) for name, levers in ((SPREAD, row.low), (HUB, row.high))
    )
    reported = tuple(entry.name for entry in setup.regimes)
    return FactsSetup(
        dataclasses.replace(setup, regimes=(*setup.regimes, *pair)), reported, row.regime
    )


def _named(base: RegimeEntry, name: str, levers: Mapping[str, object]) -> RegimeEntry:
    return dataclasses.replace(base, name=name, regime=changed_regime(base.regime, levers, name))
