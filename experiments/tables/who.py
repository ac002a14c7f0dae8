"""Who gains and who works with whom: organisations by kind, size and region, consortia, funding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agents.kinds import KINDS, LAYERS
from experiments.statistics import paired
from experiments.tables.files import make_schema
from experiments.tables.panel import Panel

WHO_GAINS = make_schema(
    regime="text", grouping="text", group="text", measure="text", organisations="number",
    mean="number", low="number", high="number", n="count",
)  # fmt: skip
LORENZ = make_schema(
    regime="text", share_of_organisations="number", share_of_money="number", low="number",
    high="number", n="count",
)  # fmt: skip
CONSORTIA = make_schema(
    regime="text", measure="text", mean="number", low="number", high="number", n="count"
)
NETWORK = make_schema(
    regime="text", replicate="count", first="count", second="count", projects="count"
)
MEASURES = ("participations", "granted_myuan", "earned_myuan")
SIZES = (("largest_tenth", 0.9), ("next_four_tenths", 0.5), ("smaller_half", 0.0))
MASSES = np.linspace(0.0, 1.0, 21)  # shares of organisations at which Lorenz curves are given
SIZE_QUANTILES = {"size_q05": 0.05, "size_q50": 0.5, "size_q95": 0.95}
PER_RUN = ("consortium_size", "repeat_tie_share", "cross_region_share")

Rows = Iterator[dict[str, Any]]


def all_rows(main: Panel, replayed: Mapping[str, pa.Table]) -> dict[str, list[dict[str, Any]]]:
    """Rows of the tables of this module by name; without replays only what runs hold themselves."""
    organisations, projects = replayed.get("organisations"), replayed.get("projects")
    network = replayed.get("network")
    return {
        "who_gains": list(_who_gains(main, organisations)) if organisations else [],
        "lorenz": list(_lorenz(main, organisations)) if organisations else [],
        "consortia": [*_per_run(main), *(_sizes(main, projects) if projects else ())],
        "network": network.to_pylist() if network else [],
    }


def _by_replicate(table: pa.Table, regime: str) -> list[dict[str, np.ndarray]]:
    """Columns of each replicate of a regime."""
    part = table.filter(pc.equal(table["regime"], regime))
    columns = {name: part[name].to_numpy(zero_copy_only=False) for name in part.column_names}
    return [
        {name: values[columns["replicate"] == replicate] for name, values in columns.items()}
        for replicate in np.unique(columns["replicate"])
    ]


def _spread(values: Sequence[float] | np.ndarray) -> dict[str, Any]:
    """Mean over replicates with its interval."""
    known = np.asarray(values, np.float64)
    mean, _, n = paired.mean_and_se(known)
    low, high = paired.mean_interval(known)
    return {"mean": mean, "low": low, "high": high, "n": n}


# ---------------------------------------------------------------- organisations


def _who_gains(main: Panel, organisations: pa.Table) -> Rows:
    for regime in main.names:
        runs = [run | {"size": size_classes(run["staff"])}
                for run in _by_replicate(organisations, regime)]  # fmt: skip
        regions = sorted({region for run in runs for region in run["region"]})
        groups = {"kind": KINDS, "size": [name for name, _ in SIZES], "region": regions}
        for grouping, names in groups.items():
            for name in names:
                head = {"regime": regime, "grouping": grouping, "group": name}
                yield from _group_rows(head, runs, grouping, name)


def _group_rows(
    head: Mapping[str, Any], runs: Sequence[Mapping[str, np.ndarray]], grouping: str, name: str
) -> Rows:
    inside = [run[grouping] == name for run in runs]
    members = float(np.mean([one.sum() for one in inside]))
    for measure in MEASURES:
        sums = [float(run[measure][one].sum()) for run, one in zip(runs, inside, strict=True)]
        yield {**head, "measure": measure, "organisations": members, **_spread(sums)}


def size_classes(staff: np.ndarray) -> np.ndarray:
    """The class of :data:`SIZES` of every organisation by its research staff; ties go to the larger."""
    below = np.searchsorted(np.sort(staff), staff, side="left") / max(len(staff), 1)
    classes = np.full(len(staff), SIZES[-1][0], dtype=object)
    for name, bar in SIZES[-2::-1]:
        classes[below >= bar] = name
    return classes


def _lorenz(main: Panel, organisations: pa.Table) -> Rows:
    """Mean Lorenz curve of programme money; none where a regime gives no money."""
    for regime in main.names:
        granted = [run["granted_myuan"] for run in _by_replicate(organisations, regime)]
        curves = np.array([lorenz_curve(one) for one in granted if one.sum() > 0])
        if len(curves):
            for mass, values in zip(MASSES, curves.T, strict=True):
                found = _spread(values)
                yield {
                    "regime": regime, "share_of_organisations": float(mass),
                    "share_of_money": found.pop("mean"), **found,
                }  # fmt: skip


def lorenz_curve(amounts: np.ndarray) -> np.ndarray:
    """Share of the total that the poorest share of organisations has, at :data:`MASSES`."""
    held = np.concatenate([[0.0], np.cumsum(np.sort(amounts))]) / amounts.sum()
    curve: np.ndarray = np.interp(MASSES, np.linspace(0.0, 1.0, len(held)), held)
    return curve


# ---------------------------------------------------------------- consortia


def _per_run(main: Panel) -> Rows:
    for measure in PER_RUN:
        for regime, values in zip(main.names, main[measure], strict=True):
            yield {"regime": regime, "measure": measure, **_spread(values)}


def _sizes(main: Panel, projects: pa.Table) -> Rows:
    """Members by layer and quantiles of size, per project; means over replicates."""
    for regime in main.names:
        runs = _by_replicate(projects, regime)
        measured = {layer: [run[layer].mean() for run in runs] for layer in LAYERS}
        for name, share in SIZE_QUANTILES.items():
            measured[name] = [np.quantile(run["size"], share) for run in runs]
        measured["projects"] = [np.float64(len(run["size"])) for run in runs]
        for measure, values in measured.items():
            if values:
                yield {"regime": regime, "measure": measure, **_spread(values)}
