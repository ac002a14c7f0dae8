"""A folder of results read again, whatever it holds: finished, half-finished, or of another version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agents.compiled import source_hash
from agents.settings import ConfigError
from experiments.configuration import Setup
from experiments.library import CONFIGS, Library, read_yaml
from experiments.questions import NONE
from experiments.regimes import RegimeEntry, preset
from experiments.replayed import ORGANISATIONS, PROJECTS, REPLAYED_NAMES
from experiments.report.writing import Results
from experiments.robustness import robustness_variants
from experiments.running import LOCAL
from experiments.stored_population import POPULATION_FILE, read_population
from experiments.tables import panel
from experiments.why.within import Apart
from experiments.words import Words
from simulation.outcomes import OUTCOMES
from simulation.policies.registry import FAMILIES, Programme, Regime
from simulation.world import World

REPORTED = ("compare", "sweep", "why")  # commands whose folders have a report
BROUGHT = ("why", "ranking_pairs")  # by other commands
PROGRESS = ("runs", "trajectories", "programmes")


@dataclass(frozen=True, slots=True)
class Stored:
    """Results with their setup, and what the reader must know first."""

    results: Results
    setup: Setup
    provenance: dict[str, Any]
    notices: list[str]


def read_stored(folder: Path, values: Mapping[str, Any], lang: str | None, jobs: int) -> Stored:
    """Read a folder that ``consortia compare`` has written, or has begun to write.

    Parameters
    ----------
    values: of its config.yaml, see :func:`read_settings`.
    lang: language of the report; that of the comparison when None.
    jobs: processes that draw the figures; 0 for as many as there are.

    Raises
    ------
    ConfigError: the settings are not complete, or not one run is finished.
    """
    with whole(folder, "compare"):
        setup = setup_of(values, folder, lang, jobs)
    tables, missing = _tables(folder)
    runs = tables.get("runs")
    if runs is None:
        runs = _from_store(folder, setup)
    runs, absent = _with_all_outcomes(runs)
    provenance = read_provenance(folder)
    if not provenance:
        missing.append("provenance.json")
    words = Words(setup.lang)
    notices = _notices(words, provenance, missing, absent)
    notices += unfinished(words, runs, setup)
    replayed = {name: tables[name] for name in REPLAYED_NAMES if name in tables}
    results = Results(
        runs,
        tables.get("trajectories"),
        tables.get("programmes"),
        lambda: replayed,
        tables.get("why"),
        tables.get("ranking_pairs"),
    )
    return Stored(results, setup, provenance, notices)


def unfinished(words: Words, runs: pa.Table, setup: Setup) -> list[str]:
    """A notice when runs of the main world are missing."""
    total = setup.replicates * len(setup.regimes)
    done = int(np.sum(runs["variant"].to_numpy(zero_copy_only=False) == "main"))
    if done >= total:
        return []
    paired = len(panel(runs, setup).replicates)
    return [
        words("notice.unfinished", done=done, total=total, paired=paired,
              replicates=setup.replicates)
    ]  # fmt: skip


def _notices(
    words: Words, provenance: Mapping[str, Any], missing: list[str], absent: list[str]
) -> list[str]:
    found = []
    theirs, ours = provenance.get("source_hash"), source_hash()
    if theirs is not None and theirs != ours:
        found.append(words("notice.version", theirs=str(theirs)[:12], ours=ours[:12]))
    if absent:
        found.append(words("notice.columns", names=words.join(absent)))
    if missing:
        found.append(words("notice.missing", files=words.join(missing)))
    return found


# ---------------------------------------------------------------- tables


def brought_tables(folder: Path) -> dict[str, pa.Table | None]:
    """What other commands found and was brought into this folder, by the name of its file."""
    return {name: _readable(folder / f"{name}.parquet") for name in BROUGHT}


def _readable(path: Path) -> pa.Table | None:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException):
        return None


def _tables(folder: Path) -> tuple[dict[str, pa.Table], list[str]]:
    """The tables that can be read, and the files that cannot."""
    tables: dict[str, pa.Table] = {}
    missing = []
    for name in (*PROGRESS, *REPLAYED_NAMES, *BROUGHT):
        path = folder / f"{name}.parquet"
        try:
            tables[name] = pq.read_table(path)
        except (OSError, pa.ArrowException):
            missing += [path.name] if name not in BROUGHT or path.exists() else []
    for name, schema in (("organisations", ORGANISATIONS), ("projects", PROJECTS)):
        if name in tables and not set(schema.names) <= set(tables[name].column_names):
            del tables[name]  # of another version
            missing.append(f"{name}.parquet")
    return tables, missing


def _from_store(folder: Path, setup: Setup) -> pa.Table:
    """The finished runs of a comparison that was stopped before it wrote its tables."""
    from experiments.compare import comparison_plan, experiment_of, runs_table
    from experiments.running.store import Store

    remedy = (
        f"Start the same command again; it goes on where it stopped: consortia compare out={folder}"
    )
    if not (folder / "store" / "manifest.json").is_file() or not hasattr(setup.population, "size"):
        raise ConfigError(f"{folder} holds no runs yet. {remedy}")
    with Store(folder, experiment_of(setup)) as store:
        runs = runs_table(comparison_plan(setup), store)
    if not len(panel(runs, setup).replicates):
        raise ConfigError(f"{folder} holds no replicate that every regime has finished. {remedy}")
    return runs


def _with_all_outcomes(runs: pa.Table) -> tuple[pa.Table, list[str]]:
    """The table with empty columns for outcomes that its version did not know, and their names."""
    absent = [one.name for one in OUTCOMES if one.name not in runs.column_names]
    for name in absent:
        runs = runs.append_column(name, pa.array(np.full(runs.num_rows, np.nan)))
    return runs, absent


def read_provenance(folder: Path) -> dict[str, Any]:
    """The folder's provenance.json; empty where it is missing or damaged."""
    try:
        found = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


# ---------------------------------------------------------------- settings


def read_settings(folder: Path) -> dict[str, Any]:
    """The folder's config.yaml, when it is that of a command with a report.

    Raises
    ------
    ConfigError: it is not there, or of something else.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        raise ConfigError(
            f"{folder} holds no results: config.yaml is not there. Write the folder that out= named, "
            f"such as: consortia report results/compare"
        )
    values = read_yaml(path)
    if not isinstance(values, dict) or values.get("command") not in REPORTED:
        raise ConfigError(
            f"{path} does not describe results with a report. Write the folder of a consortia "
            f"{', '.join(REPORTED[:-1])} or {REPORTED[-1]}."
        )
    return values


@contextmanager
def whole(folder: Path, command: str) -> Iterator[None]:
    """Settings that lack something end in words."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{folder / 'config.yaml'} is not complete ({error!r}). Start the same consortia "
            f"{command} again; it writes the file anew and keeps finished runs."
        ) from error


def setup_of(values: Mapping[str, Any], folder: Path, lang: str | None, jobs: int) -> Setup:
    """The setup of a folder from the values of its config.yaml."""
    world = World.from_mapping(
        _fitted(read_yaml(CONFIGS / "world" / "default.yaml"), values["world"])
    )
    entries = tuple(_entry(name, one) for name, one in values["regimes"].items())
    reference = next((one for one in entries if not one.regime.programmes), entries[0])
    variants, variant_replicates = robustness_variants(world, values["robustness"])
    replicates = int(values["replicates"])
    return Setup(
        world=world, population=_population(values["population"], folder), reference=reference,
        regimes=entries, variants=variants,
        variant_replicates=min(variant_replicates, replicates), seed=int(values["seed"]),
        replicates=replicates, jobs=jobs, executor=LOCAL, scheduler=NONE, out=folder,
        lang=lang or str(values["lang"]), outcome=str(values.get("outcome", "technical")),
        target=None, apart=_apart(values.get("why", NONE)), config=dict(values),
    )  # fmt: skip


def _apart(value: Any) -> Apart:
    return (str(value[0]), str(value[1])) if isinstance(value, list) else str(value)


def _population(values: Any, folder: Path) -> Any:
    """The population that was run; of an older folder, what its settings name now, or the name alone."""
    from experiments.populations import build_population

    if (stored := folder / POPULATION_FILE).is_file():
        return read_population(stored)
    try:
        return build_population(values)
    except ConfigError:
        return SimpleNamespace(name=str(values.get("name", "–")), regions=())


def _entry(name: str, values: Mapping[str, Any]) -> RegimeEntry:
    library = Library.open()
    plain = {family: dict(preset(library, family, "default")) for family in FAMILIES}
    programmes = {key: _fitted(plain, levers) for key, levers in values["programmes"].items()}
    built = tuple(Programme.from_mapping(levers) for levers in programmes.values())
    return RegimeEntry(
        name=name, title=dict(values["title"]), question=dict(values["question"]),
        source=str(values["source"]), systems=tuple(values["systems"]),
        regime=Regime(name, built), programmes=tuple(programmes),
    )  # fmt: skip


def _fitted(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Their values for the settings that we know, ours for those that they did not."""
    return {
        section: {name: _of(theirs.get(section), name, value) for name, value in settings.items()}
        for section, settings in ours.items()
    }


def _of(settings: Any, name: str, default: Any) -> Any:
    return settings.get(name, default) if isinstance(settings, Mapping) else default
