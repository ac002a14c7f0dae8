"""Strategic supply chains: how far domestic capability secures their weakest links."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.settings import ConfigError, Settings, parameter
from simulation import streams
from simulation.fields import is_strategic


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "chains"

    count: int = parameter(
        unit="chains",
        low=1,
        high=64,
        meaning="strategic supply chains; each links strategic fields drawn by lot",
        source="seed document: strategic chains under one's own control; 6 by assumption",
    )
    links: int = parameter(
        unit="fields per chain",
        low=1,
        high=16,
        meaning="links of a chain, at most the number of strategic fields",
        source="assumption: 4",
    )
    risk_low: float = parameter(
        unit="share of supply",
        low=0,
        high=1,
        meaning="lowest foreign-supply risk of a link, if nothing is mastered at home",
        source="assumption: .3",
    )
    risk_high: float = parameter(
        unit="share of supply",
        low=0,
        high=1,
        meaning="highest foreign-supply risk of a link, if nothing is mastered at home",
        source="assumption: .9",
    )
    scale_solutions: float = parameter(
        unit="solved needs per 120 organisations",
        low=0.05,
        high=100,
        meaning="solutions in a field alone that bring its domestic capability to 63 %",
        source="assumption",
    )
    adoption_weight: float = parameter(
        unit="solved needs",
        low=0,
        high=10,
        meaning="what the adoption of a solution adds to domestic capability beside the solution",
        source="assumption: 1; by use as much as by research",
    )
    decay: float = parameter(
        unit="share per quarter",
        low=0,
        high=1,
        meaning="loss of the stock of domestic solutions, as technology abroad moves on",
        source="assumption: .02; about half in nine years",
    )

    def check(self) -> None:
        """Bounds must not cross."""
        if self.risk_low > self.risk_high:
            raise ConfigError(
                f"chains.risk_low = {self.risk_low:g} is above chains.risk_high = "
                f"{self.risk_high:g}. Write chains.risk_high = {self.risk_low:g} or more."
            )


@rule
def draw_chains(s):
    """Which fields each chain links, and the foreign-supply risk of every link.

    Strategic fields are equally likely and risks uniform. A field that is no link of a chain has
    risk 0 there.
    """
    w = s.world[0]
    luck = s.luck[0]
    clocks = np.empty(w.fields_count)
    for chain in range(w.chains_count):
        for f in range(w.fields_count):
            strategic = is_strategic(f, w.fields_count, w.fields_frontier, w.fields_strategic)
            weight = 1.0 if strategic else 0.0
            clocks[f] = streams.clock(luck, streams.CHAIN_FIELD, chain, f, weight)
        for _ in range(w.chains_links):
            f = int(np.argmin(clocks))
            if clocks[f] == np.inf:
                break
            clocks[f] = np.inf
            u = streams.uniform(luck, streams.CHAIN_RISK, chain, f)
            s.supply_risk[chain, f] = w.chains_risk_low + u * (
                w.chains_risk_high - w.chains_risk_low
            )


@rule
def domestic_capability(stock, scale):
    r"""Share of a field's foreign supply that could be replaced at home, in [0, 1).

    .. math:: q = 1 - e^{-x / x_0}

    ``stock`` and ``scale`` are in solved needs; the form is an assumption.
    """
    return 1.0 - math.exp(-stock / scale)


@rule
def link_security(risk, capability):
    """Share of a link's supply that is safe; both arguments are in [0, 1]."""
    return 1.0 - risk * (1.0 - capability)


@rule
def capability_of(s, field):
    """Domestic capability in a field; the scale grows with the flow of needs."""
    w = s.world[0]
    scale = w.chains_scale_solutions * w.needs_scale_organisations / 120.0
    return domestic_capability(s.domestic_stock[field], scale)


@rule
def add_solution(s, need, solutions):
    """Domestic capability gains in the fields of a need, by their share of its components."""
    n = s.world[0].needs_components
    for i in range(n):
        s.domestic_stock[need.field[i]] += solutions / n


@rule
def capability_fades(s):
    """A quarter passes: the stock of domestic solutions loses worth."""
    for f in range(len(s.domestic_stock)):
        s.domestic_stock[f] *= 1.0 - s.world[0].chains_decay


@rule
def weakest_link(s, chain):
    """Security of a chain: that of its weakest link; 1 for a chain without links."""
    weakest = 1.0
    for f in range(s.supply_risk.shape[1]):
        if s.supply_risk[chain, f] > 0.0:
            weakest = min(weakest, link_security(s.supply_risk[chain, f], capability_of(s, f)))
    return weakest


@rule
def mean_weakest_link(s):
    """Mean security of the chains' weakest links."""
    total = 0.0
    for chain in range(s.supply_risk.shape[0]):
        total += weakest_link(s, chain)
    return total / s.supply_risk.shape[0]


@rule
def mean_link_security(s):
    """Mean security over all links of all chains; 1 without links."""
    total = 0.0
    links = 0
    for chain in range(s.supply_risk.shape[0]):
        for f in range(s.supply_risk.shape[1]):
            if s.supply_risk[chain, f] > 0.0:
                total += link_security(s.supply_risk[chain, f], capability_of(s, f))
                links += 1
    return total / links if links > 0 else 1.0


@rule
def supply_gap(s, need):
    """Unsecured risk in the need's most exposed field: the largest risk (1 - capability)."""
    gap = 0.0
    for i in range(s.world[0].needs_components):
        f = need.field[i]
        risk = 0.0
        for chain in range(s.supply_risk.shape[0]):
            risk = max(risk, s.supply_risk[chain, f])
        gap = max(gap, risk * (1.0 - capability_of(s, f)))
    return gap
