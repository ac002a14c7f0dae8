"""One run of the model at given values, measured; and how far it is from what was observed."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.calibration.settings import CalibrateSetup
from experiments.replayed import replays
from experiments.validation.against import Target
from experiments.validation.network import Network
from experiments.validation.reader import read_programme
from experiments.validation.results import Column, Parts, parts_of
from experiments.validation.runs import network_of
from simulation.world import World

UNDEFINED = 1e6  # distance of a run of which a target is not defined, or with too few projects


@dataclass(frozen=True, slots=True, eq=False)
class Simulator:
    """The model as a function of the fitted parameters.

    The luck of a run belongs to its values and the seed: the same values give the same run, other
    values other luck.
    """

    setup: CalibrateSetup

    def network(self, values: Mapping[str, float], replicate: int | None = None) -> Network:
        """The first ``projects`` projects, or fewer where there are fewer.

        Parameters
        ----------
        replicate: its luck; None for the luck that belongs to the values.
        """
        model = self.setup.model
        plain = model.world.as_mapping()
        for name, value in values.items():
            section, _, field = name.partition(".")
            plain[section] = {**plain[section], field: float(value)}
        plain["time"] = {**plain["time"], "hand_over": 0}  # not needed for the network
        at = dataclasses.replace(model, world=World.from_mapping(plain))
        run = next(iter(replays(at, [luck_of(values) if replicate is None else replicate])))
        whole = network_of(run).of_size(self.setup.against.least_members)
        return whole.part(0, self.setup.projects)

    def __call__(
        self, values: Mapping[str, float], replicate: int | None = None
    ) -> dict[str, float]:
        """Every target of the programme; NaN where undefined or with too few projects."""
        network = self.network(values, replicate)
        targets = self.setup.against.targets
        if network.projects < self.setup.projects:
            return {one.measure.name: math.nan for one in targets}
        return {one.measure.name: one.measure.of(network) for one in targets}


def luck_of(values: Mapping[str, float]) -> int:
    """A replicate number that belongs to these values."""
    text = " ".join(f"{name}={float(values[name]).hex()}" for name in sorted(values))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def observed(setup: CalibrateSetup) -> tuple[dict[str, float], dict[bool, Parts]]:
    """The targets of the programme at this number of projects, and its parts."""
    real = read_programme(setup.against.data).network
    sample = read_programme(setup.against.sample).network if setup.against.sample else None
    parts = parts_of(setup.against, real, sample, setup.projects)
    means = {
        target.measure.name: parts[target.sampled].measured(target)[0].mean
        for target in setup.against.targets
    }
    return means, parts


def distance(
    found: Mapping[str, float], wanted: Mapping[str, float], targets: Sequence[Target]
) -> float:
    """Root of the mean squared distance in tolerances; 1 is as far as one tolerance in each."""
    steps = [(found[one.measure.name] - wanted[one.measure.name]) / one.within for one in targets]
    far = math.sqrt(sum(step**2 for step in steps) / len(steps))
    return far if math.isfinite(far) else UNDEFINED


def columns_of(runs: Sequence[Mapping[str, float]], name: str) -> Column:
    """Values of one measure over runs."""
    values = np.array([run[name] for run in runs], np.float64)
    return Column(values[~np.isnan(values)])
