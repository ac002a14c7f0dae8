"""NK landscapes: integer fitness of every design of a need's solution (Kauffman 1993)."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from simulation import streams
from tests.support.twin.luck import _MIX_A, _MIX_B, Luck, combine, mix


def _mix_all(x: np.ndarray) -> np.ndarray:
    """What :func:`tests.support.twin.luck.mix` does, for an array of 64-bit numbers."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(_MIX_A)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(_MIX_B)
    return x ^ (x >> np.uint64(31))


class Landscape:
    """The fitness of all designs; a design is a bit set of its components' states.

    Attributes
    ----------
    table: fitness by design, shape (2**N,).
    ordered: the same from the lowest to the highest.
    threshold: least fitness that solves the need.
    """

    def __init__(self, key: int, masks: Sequence[int], w: SimpleNamespace) -> None:
        self.key = key
        self.masks = masks
        designs = np.arange(1 << len(masks), dtype=np.uint64)
        self.table = np.zeros(len(designs), np.int32)
        for component, mask in enumerate(masks):
            address = np.uint64(combine(key, component))
            hashed = _mix_all(address ^ (designs & np.uint64(mask)))
            self.table += (hashed >> np.uint64(44)).astype(np.int32)
        self.ordered = np.sort(self.table)
        self.threshold = self._threshold(w.criteria_top_share, w.criteria_raw_fitness == 1)

    def _threshold(self, top_share: float, raw: bool) -> int:
        """Fitness of the worst of the best ``top_share``; or a part of the way to the very best."""
        if raw:
            mean = self.table.mean()
            return int(mean + (1.0 - 20.0 * top_share) * (self.table.max() - mean))
        wanted = max(1, int(top_share * len(self.ordered) + 0.5))
        return int(self.ordered[-wanted])

    def fitness(self, design: int) -> int:
        """Fitness of the whole design."""
        return int(self.table[design])

    def solves(self, design: int) -> bool:
        """Whether a design is good enough."""
        return self.fitness(design) >= self.threshold

    def percentile(self, design: int) -> float:
        """Share of all designs strictly below this one."""
        return int(np.searchsorted(self.ordered, self.table[design])) / len(self.table)

    def contribution(self, component: int, design: int) -> int:
        """What one component adds, in [0, 2^20): it sees itself and its neighbours."""
        address = combine(self.key, component)
        return mix(address ^ (design & self.masks[component])) >> 44

    def partial_gain(self, part: int, design: int, flips: int) -> int:
        """What flipping some components adds to the fitness of the components in ``part``."""
        gain = 0
        for component in range(len(self.masks)):
            if part & (1 << component):
                gain += self.contribution(component, design ^ flips)
                gain -= self.contribution(component, design)
        return gain

    def start_design(
        self, w: SimpleNamespace, luck: Luck, entity: int, earlier: Sequence[int], distinct: bool
    ) -> int:
        """A design in the starting percentiles; if ``distinct``, far from the ``earlier`` starts."""
        best = 0
        farthest = -1
        for k in range(64):
            design = int(luck.uniform(streams.START_DESIGN, k, entity) * len(self.table))
            if not w.search_start_low <= self.percentile(design) <= w.search_start_high:
                continue
            if not distinct or not earlier:
                return design
            nearest = min((design ^ other).bit_count() for other in earlier)
            if nearest > farthest:
                farthest = nearest
                best = design
        return best
