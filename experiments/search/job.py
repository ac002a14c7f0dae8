"""``consortia search``: try candidates, run the best and the presets on held-out luck, write and say it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from experiments.answered import write_sentences
from experiments.compare import experiment_of
from experiments.library import Library
from experiments.regimes import RegimeEntry
from experiments.running.files import write_text, yaml_text
from experiments.running.jobs import Engine
from experiments.running.provenance import provenance
from experiments.running.store import ExperimentError, Store, describe
from experiments.search.optimise import FloatArray, Judge, Tried, front, optimise
from experiments.search.results import (
    MIX,
    PRESET,
    TUNED,
    Final,
    Finalist,
    final_tables,
    judge_contest,
    judge_front,
    tried_table,
)
from experiments.search.sentences import sentences
from experiments.search.settings import SearchSetup, plain_rule
from experiments.search.space import Mixes, Tuning
from experiments.search.trials import Trials
from experiments.stored_population import write_beginnings
from experiments.tables import write_table
from experiments.template import regime_text
from experiments.words import Words

LEVERS = "levers"  # the folder that --config-dir takes
MOST_MEMBERS = 12  # of a front whose final figures are made; spread evenly over the first goal


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search came to.

    Attributes
    ----------
    tried: every candidate, with its means on the luck of the search.
    final: figures on held-out luck.
    tables: by name, as they are written.
    sentences: the answer in words.
    failures: errors of runs that failed.
    """

    tried: tuple[Tried, ...]
    final: Final
    tables: dict[str, pa.Table]
    sentences: tuple[str, ...]
    out: Path
    failures: tuple[str, ...]


def search(setup: SearchSetup, *, progress: bool = True, run: Engine | None = None) -> Found:
    """Search, or go on with a search that was stopped, and write the folder.

    Parameters
    ----------
    progress: show progress on standard error, the answer on standard output.
    run: another engine than :func:`simulation.runner.run_replicate`.

    Raises
    ------
    ConfigError: nothing to search, Optuna is not installed, or the folder cannot be used (code 2).
    ExperimentError: a final figure lacks its runs, or results cannot be written (code 1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on, and ends at the same front.
    """
    base, rule = setup.base, setup.rule
    library = Library.open(setup.config_dirs)
    presets = [entry for entry in base.regimes if entry.programmes]
    with Store(base.out, _experiment(setup)) as store:
        write_beginnings(base.out, base.population, base.config)
        trials = Trials(setup, store, run, held_out=False, progress=progress)
        if rule.contest:
            tried, finalists = _tune(setup, library, presets, trials, progress)
        else:
            tried, finalists = _mix(setup, library, presets, trials, progress)
        last = Trials(setup, store, run, held_out=True, progress=progress)
        values = last.differences([one.entry for one in finalists], _outcomes(setup))
    _refuse_holes(values, finalists, last)
    judge = judge_contest if rule.contest else judge_front
    final = judge(finalists, rule.goals, values)
    found = _write(setup, tried, final, (trials, last))
    if progress:
        print("\n".join(f"  {sentence}" for sentence in found.sentences))
        print(f"{Words(base.lang)('sweep.results')} {base.out}")
    return found


def _experiment(setup: SearchSetup) -> dict[str, object]:
    """What all searches in a folder have in common; goals, runs, worlds and regimes may change."""
    kept = ("seed", "population", "world", "reference")
    own = experiment_of(setup.base)
    return {"command": "search", **{name: own[name] for name in kept}}


def _outcomes(setup: SearchSetup) -> list[str]:
    return [goal.outcome for goal in setup.rule.goals]


def _tune(
    setup: SearchSetup, library: Library, presets: Sequence[RegimeEntry], trials: Trials, tell: bool
) -> tuple[list[Tried], list[Finalist]]:
    """Each regime at its best on one goal, with equally many candidates."""
    goal, every = setup.rule.goals[0], []
    spaces = [Tuning(library, entry) for entry in presets]  # refuses before the first run
    finalists = [Finalist(entry, PRESET) for entry in presets]
    for entry, space in zip(presets, spaces, strict=True):
        if tell:
            _tell(setup, entry.name)
        tried = optimise(
            space, setup.rule.goals, setup.candidates, setup.base.seed, _judge(setup, trials),
            f"{entry.name}_",
        )  # fmt: skip
        signed = np.array([goal.sign * one.means[0] for one in tried])
        if np.isnan(signed).all():
            raise ExperimentError(
                f"regime '{entry.name}': no candidate has a value of {goal.outcome}. "
                f"{next(iter(trials.failed), 'Choose another goal.')}"
            )
        best = tried[int(np.nanargmax(signed))]
        tuned = space.entry(f"{entry.name}_tuned", best.place)
        finalists.append(Finalist(tuned, TUNED, entry.name, best.means))
        every += tried
    return every, finalists


def _mix(
    setup: SearchSetup, library: Library, presets: Sequence[RegimeEntry], trials: Trials, tell: bool
) -> tuple[list[Tried], list[Finalist]]:
    """Mixes of lever families on the front, and the presets."""
    space = Mixes(library, presets)
    if tell:
        _tell(setup, "")
    goals = setup.rule.goals
    tried = optimise(space, goals, setup.candidates, setup.base.seed, _judge(setup, trials), "mix_")
    means = np.array([one.means for one in tried])
    rows = _spread(front(means, goals), means)
    presets_by_levers = {entry.regime.columns.tobytes() for entry in presets}
    mixes = [
        tried[row]
        for row in rows
        if tried[row].entry.regime.columns.tobytes() not in presets_by_levers
    ]
    members = [
        Finalist(space.entry(f"front_{number:02d}", one.place), MIX, "", one.means)
        for number, one in enumerate(mixes, 1)
    ]
    return tried, [*members, *(Finalist(entry, PRESET) for entry in presets)]


def _spread(rows: Sequence[int], means: FloatArray) -> list[int]:
    """At most :data:`MOST_MEMBERS` rows, evenly over the first goal, both ends among them."""
    ordered = sorted(rows, key=lambda row: -means[row, 0])
    if len(ordered) <= MOST_MEMBERS:
        return ordered
    kept = np.linspace(0, len(ordered) - 1, MOST_MEMBERS).round().astype(int)
    return [ordered[place] for place in kept.tolist()]


def _judge(setup: SearchSetup, trials: Trials) -> Judge:
    """What gives the means over luck and worlds of some candidates."""

    def judge(entries: Sequence[RegimeEntry]) -> FloatArray:
        means: FloatArray = trials.differences(entries, _outcomes(setup)).mean(axis=2)
        return means

    return judge


def _tell(setup: SearchSetup, regime: str) -> None:
    base, words = setup.base, Words(setup.base.lang)
    text = words(
        "search.begins_contest" if regime else "search.begins_front", regime=regime,
        candidates=setup.candidates, worlds=setup.rule.worlds, replicates=base.replicates,
    )  # fmt: skip
    print(text, file=sys.stderr)


def _refuse_holes(values: FloatArray, finalists: Sequence[Finalist], last: Trials) -> None:
    """Final figures need every run."""
    holes = np.isnan(values)
    if not holes.any():
        return
    row = int(np.flatnonzero(holes.any(axis=(1, 2)))[0])
    reason = next(iter(last.failed), "A goal has no value in some run; choose another one.")
    raise ExperimentError(
        f"'{finalists[row].name}' lacks values on held-out luck, so that no final figure can be "
        f"given: {reason} What is done is kept; the same command tries the rest again."
    )


def _write(
    setup: SearchSetup, tried: Sequence[Tried], final: Final, trials: tuple[Trials, Trials]
) -> Found:
    from experiments.search.figure import write_figure

    base, rule = setup.base, setup.rule
    failures = tuple(error for one in trials for error in one.failed)
    told = sentences(final, setup, len(failures), Words(base.lang))
    means = np.array([one.means for one in tried])
    members = front(means, rule.goals)
    tables = {"tried": tried_table(tried, rule.goals, members), **final_tables(final)}
    origin = provenance(
        seed=base.seed,
        replicates={"search": base.replicates, "held out": rule.held_out},
        runs={
            "done": sum(one.done for one in trials), "cached": sum(one.cached for one in trials),
            "failed": len(failures),
        },
        seconds=sum(one.seconds for one in trials),
    )  # fmt: skip
    origin |= {"search": plain_rule(rule), "held_out_seed": trials[1].seed}
    try:
        for name, table in tables.items():
            write_table(table, base.out, name)
        for one in final.finalists:
            if one.kind != PRESET:
                _write_levers(base.out / LEVERS, one)
        write_sentences(base.out, told, base.lang)
        write_text(base.out / "config.yaml", yaml_text(base.config))
        write_text(base.out / "provenance.json", json.dumps(origin, indent=2, ensure_ascii=False))
        write_figure(final, base.out, base.lang)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the answer was written to {base.out}. All runs are safe in "
            f"its store; the same command writes the rest."
        ) from error
    return Found(tuple(tried), final, tables, tuple(told), base.out, failures)


def _write_levers(folder: Path, one: Finalist) -> None:
    """A regime file that ``--config-dir`` takes."""
    (folder / "regime").mkdir(parents=True, exist_ok=True)
    write_text(folder / "regime" / f"{one.name}.yaml", regime_text(one.name, one.entry))
