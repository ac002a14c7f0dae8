"""The command ``report``: a report again from stored results, without a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.settings import ConfigError
from experiments.report.stored import read_settings, read_stored
from experiments.running.store import ExperimentError, describe


def write_again(
    folder: Path, lang: str | None, jobs: str, brought: Mapping[str, Path] | None = None
) -> Path:
    """Write tables, figures and report of a folder again; returns the report's path.

    Parameters
    ----------
    lang: ``en`` or ``zh``; the language in which the results were made when None.
    jobs: as typed; 1 draws all figures in this process.
    brought: folders to be shown in the report of a comparison from now on, of a decomposition
        (``why``) and of rankings over possible worlds (``rankings``).

    Raises
    ------
    ConfigError: the folder holds nothing to report, ``jobs`` is no number, or a folder does not fit.
    ExperimentError: the folder cannot be written.
    """
    if not jobs.isdigit():
        raise ConfigError(f"jobs = {jobs} is not a whole number. Write jobs=0 for all processors.")
    values = read_settings(folder)
    command = values["command"]
    brought = brought or {}
    for setting, source in brought.items():
        if command != "compare":
            raise ConfigError(
                f"{setting} = {source} can be shown in the report of a comparison, and {folder} was "
                f"made by consortia {command}."
            )
    try:
        return _write(command, folder, values, lang, int(jobs), brought)
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
    brought: Mapping[str, Path],
) -> Path:
    if command == "sweep":
        from experiments.sweep.report import write_again as write_sweep

        return write_sweep(folder, lang)
    if command == "why":
        from experiments.why.report import write_again as write_why

        return write_why(folder, values, lang)
    from experiments.report.brought import bring_rankings, bring_why
    from experiments.report.writing import write_all

    stored = read_stored(folder, values, lang, jobs)
    results = stored.results
    if "why" in brought:
        results = replace(results, why=bring_why(brought["why"], folder))
    if "rankings" in brought:
        results = replace(results, rankings=bring_rankings(brought["rankings"], folder))
    return write_all(results, stored.setup, stored.provenance, folder, stored.notices)[1]
