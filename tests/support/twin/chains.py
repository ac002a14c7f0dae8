"""Strategic supply chains: how far domestic capability secures their weakest links."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulation import streams
from tests.support.twin import rules
from tests.support.twin.luck import first_to_ring

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.needs import Need


class Chain:
    """A supply chain: the fields it links, and the foreign-supply risk of each."""

    def __init__(self, risks: dict[int, float]) -> None:
        self.risks = dict(sorted(risks.items()))

    def securities(self, model: TwinModel) -> list[float]:
        """Safe share of every link's supply, in the order of fields."""
        return [
            rules.link_security(risk, capability_of(model, field))
            for field, risk in self.risks.items()
            if risk > 0.0
        ]

    def weakest_link(self, model: TwinModel) -> float:
        """Its security: that of its weakest link; 1 for a chain without links."""
        return min(self.securities(model), default=1.0)


def draw_chains(model: TwinModel) -> list[Chain]:
    """Which strategic fields each chain links, all equally likely, and the risk of every link."""
    w, luck = model.w, model.luck
    chains = []
    for number in range(w.chains_count):
        clocks = []
        for field in range(w.fields_count):
            strategic = rules.is_strategic(
                field, w.fields_count, w.fields_frontier, w.fields_strategic
            )
            weight = 1.0 if strategic else 0.0
            clocks.append(luck.clock(streams.CHAIN_FIELD, number, field, weight))
        risks = {}
        for _ in range(w.chains_links):
            field = first_to_ring(clocks)
            if clocks[field] == math.inf:
                break
            clocks[field] = math.inf
            u = luck.uniform(streams.CHAIN_RISK, number, field)
            risks[field] = w.chains_risk_low + u * (w.chains_risk_high - w.chains_risk_low)
        chains.append(Chain(risks))
    return chains


def capability_of(model: TwinModel, field: int) -> float:
    """Domestic capability in a field; the scale grows with the flow of needs."""
    w = model.w
    scale = w.chains_scale_solutions * w.needs_scale_organisations / 120.0
    return float(rules.domestic_capability(model.domestic_stock[field], scale))


def add_solution(model: TwinModel, need: Need, solutions: float) -> None:
    """Domestic capability gains in the fields of a need, by their share of its components."""
    for field in need.fields:
        model.domestic_stock[field] += solutions / len(need.fields)


def capability_fades(model: TwinModel) -> None:
    """A quarter passes: the stock of domestic solutions loses worth."""
    for field in range(len(model.domestic_stock)):
        model.domestic_stock[field] *= 1.0 - model.w.chains_decay


def mean_weakest_link(model: TwinModel) -> float:
    """Mean security of the chains' weakest links."""
    total = 0.0
    for chain in model.chains:
        total += chain.weakest_link(model)
    return total / len(model.chains)


def mean_link_security(model: TwinModel) -> float:
    """Mean security over all links of all chains; 1 without links."""
    total = 0.0
    links = 0
    for chain in model.chains:
        for security in chain.securities(model):
            total += security
            links += 1
    return total / links if links else 1.0


def supply_gap(model: TwinModel, need: Need) -> float:
    """Unsecured risk in the need's most exposed field: the largest risk (1 - capability)."""
    gap = 0.0
    for field in need.fields:
        risk = max(chain.risks.get(field, 0.0) for chain in model.chains)
        gap = max(gap, risk * (1.0 - capability_of(model, field)))
    return gap
