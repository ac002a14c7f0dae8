"""Whole runs: the regimes of one replicate on one burn-in, one stream of needs, one set of landscapes."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.outcomes import RunResult
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World


def run_replicate(
    world: World,
    population: Population,
    reference: Regime,
    regimes: Sequence[Regime],
    *,
    seed: int,
    replicate: int,
) -> list[RunResult]:
    """Run every regime of one replicate on the same luck.

    Parameters
    ----------
    reference: regime without money (``laissez_faire``); always run, since deadweight and
        displacement are counted against it.
    regimes: the regimes to report, in order; the reference may be among them.

    Returns
    -------
    One result per regime, in the order given.
    """
    raise NotImplementedError
