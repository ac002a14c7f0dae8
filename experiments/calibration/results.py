"""What a fit found: posterior, recovery, and all behaviours at values from the posterior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from experiments.calibration.fit import Bank, Posterior
from experiments.calibration.recovery import Recovered
from experiments.calibration.settings import CalibrateSetup
from experiments.calibration.simulate import columns_of
from experiments.tables.files import make_schema, make_table
from experiments.validation.measures import BEHAVIOUR
from experiments.validation.results import Found, Parts, judge

POSTERIOR = make_schema(
    parameter="text", low="number", high="number", default="number", mean="number", q05="number",
    median="number", q95="number", width="number", runs="count", covered="count",
    covered_low="number", covered_high="number", explained="number", recovered_width="number",
)  # fmt: skip
CHECK = make_schema(
    measure="text", group="text", fitted="truth", before="number", prior="number", after="number",
    after_sd="number", after_n="count", real="number", real_n="count", null="number",
    distance_low="number", distance_high="number", within="number", verdict_before="text",
    verdict="text",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fit as it stands in its folder.

    Attributes
    ----------
    before, after: every target at the values of the world as set, and from the posterior.
    recovered: of each parameter; None where too few runs were defined.
    """

    setup: CalibrateSetup
    posterior: Posterior
    bank: Bank
    before: tuple[Found, ...]
    after: tuple[Found, ...]
    recovered: list[Recovered] | None

    @property
    def fitted(self) -> set[str]:
        """Names of the targets that were fitted to."""
        return {one.measure.name for one in self.setup.targets}

    def default(self, name: str) -> float:
        """Value of a parameter in the world as set."""
        section, _, field = name.partition(".")
        return float(self.setup.model.world.as_mapping()[section][field])


def judged(
    setup: CalibrateSetup, runs: Sequence[Mapping[str, float]], parts: Mapping[bool, Parts]
) -> tuple[Found, ...]:
    """Every target of these runs beside the programme's, as ``validate`` judges it."""
    targets = setup.against.targets
    told = sum(one.measure.group == BEHAVIOUR for one in targets)
    return tuple(
        judge(one, columns_of(runs, one.measure.name), *parts[one.sampled].measured(one), told)
        for one in targets
    )


def tables(fit: Fit) -> dict[str, pa.Table]:
    """``posterior``, ``check`` and ``particles``."""
    names = [one.name for one in fit.setup.priors]
    particles = {name: fit.posterior.values[:, k] for k, name in enumerate(names)}
    return {
        "posterior": make_table(POSTERIOR, [_parameter(fit, k) for k in range(len(names))]),
        "check": make_table(CHECK, [_behaviour(fit, k) for k in range(len(fit.after))]),
        "particles": pa.table({**particles, "weight": fit.posterior.weights}),
    }


def _parameter(fit: Fit, column: int) -> dict[str, Any]:
    prior, posterior = fit.setup.priors[column], fit.posterior
    low, high = (posterior.quantile(column, share) for share in (0.05, 0.95))
    one = fit.recovered[column] if fit.recovered else None
    return {
        "parameter": prior.name, "low": prior.low, "high": prior.high,
        "default": fit.default(prior.name), "mean": posterior.mean(column), "q05": low,
        "median": posterior.quantile(column, 0.5), "q95": high,
        "width": (high - low) / (prior.high - prior.low),
        "runs": one.runs if one else 0, "covered": one.covered if one else 0,
        "covered_low": one.low if one else None, "covered_high": one.high if one else None,
        "explained": one.explained if one else None, "recovered_width": one.width if one else None,
    }  # fmt: skip


def _behaviour(fit: Fit, row: int) -> dict[str, Any]:
    before, after = fit.before[row], fit.after[row]
    name = after.target.measure.name
    return {
        "measure": name, "group": after.target.measure.group, "fitted": name in fit.fitted,
        "before": before.model.mean, "prior": columns_of(fit.bank.found, name).mean,
        "after": after.model.mean, "after_sd": after.model.sd, "after_n": after.model.n,
        "real": after.real.mean, "real_n": after.real.n, "null": after.null.mean,
        "distance_low": after.low, "distance_high": after.high, "within": after.target.within,
        "verdict_before": before.verdict, "verdict": after.verdict,
    }  # fmt: skip
