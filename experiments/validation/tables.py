"""Tables of a validation: targets, single values, and paths over years."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.tables.files import make_schema, make_table
from experiments.validation.against import SAMPLE
from experiments.validation.measures import (
    firm_share,
    incumbent_share,
    participation_gini,
    repeat_share,
    size_mean,
)
from experiments.validation.network import Network
from experiments.validation.results import Validation
from experiments.validation.runs import years

TARGETS = make_schema(
    measure="text", group="text", data="text", projects="count", model="number", model_sd="number",
    model_n="count", real="number", real_sd="number", real_n="count", null="number", null_kind="text",
    distance="number", low="number", high="number", within="number", verdict="text", null_too="truth",
)  # fmt: skip
VALUES = make_schema(measure="text", column="text", place="count", value="number")
PATHS = make_schema(
    network="text", year="count", measure="text", replicates="count", mean="number", sd="number"
)  # fmt: skip
OF_YEAR = (size_mean, firm_share)  # of the projects that start in the year
UP_TO_YEAR = (participation_gini, incumbent_share, repeat_share)  # of all since the first
MODEL, REAL = "model", "real"


def tables(
    validation: Validation, model: Sequence[Network], dated: Mapping[str, Network]
) -> dict[str, pa.Table]:
    """``targets``, ``values`` and ``years``.

    Parameters
    ----------
    model: of each replicate.
    dated: real networks whose projects all have a date, by name.
    """
    return {
        "targets": make_table(TARGETS, list(_targets(validation))),
        "values": make_table(VALUES, list(_values(validation))),
        "years": make_table(PATHS, list(_years(model, dated))),
    }


def _targets(validation: Validation) -> Iterator[dict[str, Any]]:
    for one in validation.found:
        target = one.target
        sampled = target.sampled
        yield {
            "measure": target.measure.name, "group": target.measure.group,
            "data": SAMPLE if sampled else "whole",
            "projects": validation.sample_projects if sampled else validation.projects,
            "model": one.model.mean, "model_sd": one.model.sd, "model_n": one.model.n,
            "real": one.real.mean, "real_sd": one.real.sd, "real_n": one.real.n,
            "null": one.null.mean, "null_kind": "even" if target.measure.even else "permuted",
            "distance": one.distance, "low": one.low, "high": one.high, "within": target.within,
            "verdict": one.verdict, "null_too": one.null_too,
        }  # fmt: skip


def _values(validation: Validation) -> Iterator[dict[str, Any]]:
    for one in validation.found:
        columns = {MODEL: one.model, REAL: one.real, "null": one.null}
        for name, column in columns.items():
            for place, value in enumerate(column.values.tolist()):
                yield {
                    "measure": one.target.measure.name, "column": name, "place": place, "value": value
                }  # fmt: skip


def _years(model: Sequence[Network], dated: Mapping[str, Network]) -> Iterator[dict[str, Any]]:
    """Each measure by year: of the model the mean over replicates, of the data as it is."""
    for name, networks in ({MODEL: model} | {name: [one] for name, one in dated.items()}).items():
        found: dict[tuple[int, str], list[float]] = {}
        for network in networks:
            for year, measure, value in path(network):
                if math.isfinite(value):
                    found.setdefault((year, measure), []).append(value)
        for (year, measure), values in sorted(found.items()):
            yield {
                "network": name, "year": year, "measure": measure, "replicates": len(values),
                "mean": float(np.mean(values)),
                "sd": float(np.std(values, ddof=1)) if len(values) > 1 else math.nan,
            }  # fmt: skip


def path(network: Network) -> Iterator[tuple[int, str, float]]:
    """Year, name and value of what is followed over the years of one network."""
    for year, within, until in years(network):
        yield year, "projects", float(within.projects)
        for of in OF_YEAR:
            yield year, of.__name__, of(within)
        for of in UP_TO_YEAR:
            yield year, of.__name__, of(until)
