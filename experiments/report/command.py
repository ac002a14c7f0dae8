"""The command ``report``: a report again from stored results, without a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.settings import ConfigError
from experiments.report.stored import read_settings, read_stored
from experiments.running.store import ExperimentError, describe


def write_again(folder: Path, lang: str | None, jobs: str, why: Path | None = None) -> Path:
    """Write tables, figures and report of a folder again; returns the report's path.

    Parameters
    ----------
    lang: ``en`` or ``zh``; the language in which the results were made when None.
    jobs: as typed; 1 draws all figures in this process.
    why: folder of a decomposition to be shown in the report of a comparison from now on.

    Raises
    ------
    ConfigError: the folder holds nothing to report, ``jobs`` is no number, or ``why`` does not fit.
    ExperimentError: the folder cannot be written.
    """
    if not jobs.isdigit():
        raise ConfigError(f"jobs = {jobs} is not a whole number. Write jobs=0 for all processors.")
    values = read_settings(folder)
    command = values["command"]
    if why is not None and command != "compare":
        raise ConfigError(
            f"why = {why} can be shown in the report of a comparison, and {folder} was made by "
            f"consortia {command}."
        )
    try:
        return _write(command, folder, values, lang, int(jobs), why)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the report was written to {folder}. Nothing else was changed."
        ) from error


def _write(
    command: str,
    folder: Path,
    values: Mapping[str, Any],
    lang: str | None,
    jobs: int,
    why: Path | None,
) -> Path:
    if command == "sweep":
        from experiments.sweep.report import write_again as write_sweep

        return write_sweep(folder, lang)
    if command == "why":
        from experiments.why.report import write_again as write_why

        return write_why(folder, values, lang)
    from experiments.report.why import bring_why
    from experiments.report.writing import write_all

    stored = read_stored(folder, values, lang, jobs)
    results = stored.results
    if why is not None:
        results = replace(results, why=bring_why(why, folder))
    return write_all(results, stored.setup, stored.provenance, folder, stored.notices)[1]
