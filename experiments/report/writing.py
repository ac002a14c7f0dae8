"""From the tables of a comparison to everything that people read of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from experiments.second_process import SecondProcess, load

if TYPE_CHECKING:
    from experiments.configuration import Setup


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What a folder holds of a comparison; None or absent where it is missing.

    Attributes
    ----------
    runs, trajectories, programmes: as :class:`experiments.compare.Comparison` describes them.
    replayed: makes the tables of :func:`experiments.replayed.replayed_tables`.
    why: shares of levers in the difference of two regimes; columns regime, baseline, outcome,
        lever, share, low, high, alone, n.
    rankings: in how many possible worlds the ranking of each pair holds, as ``consortia rankings``
        writes its pairs.
    """

    runs: pa.Table
    trajectories: pa.Table | None = None
    programmes: pa.Table | None = None
    replayed: Callable[[], Mapping[str, pa.Table]] = dict
    why: pa.Table | None = None
    rankings: pa.Table | None = None


def write_all(
    results: Results,
    setup: Setup,
    provenance: Mapping[str, Any],
    out: Path,
    notices: Sequence[str] = (),
) -> tuple[dict[str, pa.Table], Path]:
    """Write tables, figures and report in the setup's language; with jobs, in two processes.

    Returns
    -------
    The tables by name, and the report's path.
    """
    if setup.jobs == 1:
        return _write(results, setup, provenance, out, notices, None)
    with SecondProcess() as helper:
        return _write(results, setup, provenance, out, notices, helper)


def _write(
    results: Results,
    setup: Setup,
    provenance: Mapping[str, Any],
    out: Path,
    notices: Sequence[str],
    helper: SecondProcess | None,
) -> tuple[dict[str, pa.Table], Path]:
    from experiments.tables import write_tables

    shown: dict[str, pa.Table] = {}

    def replayed() -> Mapping[str, pa.Table]:
        found = results.replayed()
        if "organisations" in found:
            shown["organisations"] = found["organisations"]
        load("experiments.figures")  # what takes long is loaded while others make tables
        return found

    tables = write_tables(
        results.runs, setup, out, results.programmes, results.trajectories, replayed, helper
    )
    from experiments.figures import write_figures
    from experiments.report import write_report

    shown |= tables
    if results.why is not None:
        shown["why"] = results.why
    if results.rankings is not None:
        shown["ranking_pairs"] = results.rankings
    figures = write_figures(results.runs, shown, setup, out, helper=helper)
    report = write_report(shown, figures, setup, provenance, out, setup.lang, notices)
    return tables, report
