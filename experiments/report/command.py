"""``consortia report FOLDER``: the report again from stored results, without a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agents.settings import ConfigError
from experiments.report.stored import read_stored
from experiments.report.why import bring_why
from experiments.report.writing import write_all
from experiments.running.store import ExperimentError, describe


def write_again(folder: Path, lang: str | None, jobs: str, why: Path | None = None) -> Path:
    """Write tables, figures and report of a folder again; returns the report's path.

    Parameters
    ----------
    lang: ``en`` or ``zh``; the language of the comparison when None.
    jobs: as typed; 1 draws all figures in this process.
    why: folder of a decomposition to be shown from now on.

    Raises
    ------
    ConfigError: the folder holds no comparison, ``jobs`` is no number, or ``why`` does not fit.
    ExperimentError: the folder cannot be written.
    """
    if not jobs.isdigit():
        raise ConfigError(f"jobs = {jobs} is not a whole number. Write jobs=0 for all processors.")
    stored = read_stored(folder, lang, int(jobs))
    results = stored.results
    try:
        if why is not None:
            results = replace(results, why=bring_why(why, folder))
        _, report = write_all(results, stored.setup, stored.provenance, folder, stored.notices)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the report was written to {folder}. Nothing else was changed."
        ) from error
    return report
