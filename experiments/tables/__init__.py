"""Tables of a comparison: summaries, differences, costs, welfare, rules, who gains, robustness.

Each table is written as CSV and Parquet and returned as an Arrow table; what is undefined is null
(an empty cell). The words that explain columns stand in ``docs`` and in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from experiments.second_process import SecondProcess, call_in
from experiments.tables import dependence, effects, money, over_time, rules, who
from experiments.tables.effects import COMPARED, DIFFERENCES, RANKED
from experiments.tables.files import make_schema, make_table, write_table
from experiments.tables.money import COST_EFFECTS, PAYER_COSTS, PLAUSIBLE_EXTERNAL_VALUE
from experiments.tables.panel import MAIN, Panel, baselines, panel, regime_entries
from experiments.tables.rules import RULE_LEVERS, never_bound

if TYPE_CHECKING:
    from experiments.configuration import Setup

__all__ = [
    "COMPARED", "COST_EFFECTS", "DIFFERENCES", "MAIN", "PAYER_COSTS", "PLAUSIBLE_EXTERNAL_VALUE", "RANKED",
    "RULE_LEVERS", "SCHEMAS", "Panel", "baselines", "make_schema", "make_table", "never_bound", "panel",
    "regime_entries", "write_table", "write_tables",
]  # fmt: skip

SCHEMAS = {
    "summary": effects.SUMMARY,
    "differences": effects.DIFFERENCES,
    "rankings": effects.RANKINGS,
    "fans": over_time.FANS,
    "incidence": over_time.INCIDENCE,
    "incremental_cost": money.INCREMENTAL_COST,
    "welfare_flips": money.WELFARE_FLIPS,
    "who_gains": who.WHO_GAINS,
    "lorenz": who.LORENZ,
    "consortia": who.CONSORTIA,
    "network": who.NETWORK,
    "never_bound": rules.NEVER_BOUND,
    "robustness": dependence.ROBUSTNESS,
    "dependence": dependence.DEPENDENCE,
    "stages": over_time.STAGES,
}


def write_tables(
    runs: pa.Table,
    setup: Setup,
    out: Path,
    programmes: pa.Table | None = None,
    trajectories: pa.Table | None = None,
    replayed: Callable[[], Mapping[str, pa.Table]] = dict,
    helper: SecondProcess | None = None,
) -> dict[str, pa.Table]:
    """Compute all tables and write each as CSV and Parquet into ``out``.

    Parameters
    ----------
    runs: the table of runs; columns variant, regime, replicate, seed, run_id and every outcome.
    setup: what was run; its order of regimes is kept.
    out: folder, created when missing.
    programmes: counts of the stages, one row per run and programme; without it there are none.
    trajectories: paths over time; without it there are no fans.
    replayed: makes what :func:`experiments.replayed.replayed_tables` returns, while the second
        process makes the other tables; without it nothing is said of single organisations and
        their network.
    helper: the second process, which makes the tables.

    Returns
    -------
    The tables of :data:`SCHEMAS` by name; empty where their part is missing.
    """
    of_runs = call_in(helper, _tables_of_runs, runs, setup, programmes, trajectories)
    of_replays = call_in(helper, _tables_of_replays, runs, setup, replayed())
    found = of_runs() | of_replays()
    tables = {name: found[name] for name in SCHEMAS}
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(table, out, name)
    return tables


def _tables_of_runs(
    runs: pa.Table, setup: Setup, programmes: pa.Table | None, trajectories: pa.Table | None
) -> dict[str, pa.Table]:
    main = panel(runs, setup)
    return _made({
        "summary": effects.summary(main, setup),
        "differences": effects.differences(main, setup),
        "rankings": effects.rankings(main),
        "fans": over_time.fans(main, trajectories),
        "incidence": over_time.incidence(main, setup),
        "incremental_cost": money.incremental_cost(main, setup),
        "welfare_flips": money.welfare_flips(main, setup),
        "never_bound": rules.never_bound(main, setup),
        "robustness": dependence.robustness(runs, main, setup),
        "dependence": dependence.dependence(runs, main, setup),
        "stages": over_time.stages(main, setup, programmes),
    })  # fmt: skip


def _tables_of_replays(
    runs: pa.Table, setup: Setup, replayed: Mapping[str, pa.Table]
) -> dict[str, pa.Table]:
    return _made(who.all_rows(panel(runs, setup), replayed))


def _made(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, pa.Table]:
    return {name: make_table(SCHEMAS[name], found) for name, found in rows.items()}
