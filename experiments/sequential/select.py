"""``consortia select``: which regime is best, with a stated probability and as few runs as needed.

Stage by stage on one store: the regimes still in play get more replicates on the same luck, and
the procedure of :mod:`experiments.statistics.selection` says who drops out. The way is a function
of the runs, so a stopped session goes on where it was.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from agents.settings import ConfigError
from experiments.answered import write_sentences
from experiments.compare import experiment_of
from experiments.running.executor import Execution
from experiments.running.files import write_text
from experiments.running.jobs import Engine
from experiments.running.plan import MAIN, Plan, Point
from experiments.running.provenance import provenance
from experiments.running.session import do_runs, tell_before
from experiments.running.store import ExperimentError, Store, describe
from experiments.sequential.settings import LOWEST
from experiments.statistics.selection import Selection, select_best
from experiments.stored_population import write_beginnings

if TYPE_CHECKING:
    from experiments.configuration import SelectSetup

FIRST_STAGE = 20  # replicates from which variances are estimated
GROWTH = 0.2  # a stage adds this share of the replicates, and at least LEAST_STAGE
LEAST_STAGE = 10
BEST, DROPPED, NOT_SEPARATED = "best", "dropped", "not_separated"


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The answer.

    Attributes
    ----------
    best: name of the regime chosen; None when the regimes cannot be separated.
    contenders: names of the regimes still in play.
    table: one row per regime; see :func:`selection_table`.
    runs: runs that the choice used; ``runs_without`` what equal numbers for all would have taken.
    luck: mean variance of the differences between regimes over what it would be on luck of their
        own; below 1 where common luck helps.
    """

    best: str | None
    contenders: tuple[str, ...]
    state: Selection
    table: pa.Table
    runs: int
    runs_without: int
    luck: float
    out: Path


def select(setup: SelectSetup, *, progress: bool = True, run: Engine | None = None) -> Selected:
    """Run until one regime is left or ``setup.replicates`` are done, and write the answer.

    Raises
    ------
    ConfigError: fewer than two regimes or too few replicates; the folder cannot be used.
    ExperimentError: a run failed, or the outcome has no value in one.
    KeyboardInterrupt: after Ctrl-C; the same call goes on.
    """
    _refuse(setup)
    with Store(setup.out, _experiment(setup)) as store:
        write_beginnings(setup.out, setup.population, setup.config)
        if progress:
            everything = tuple(range(len(setup.regimes)))
            plan = Plan((_point(setup, everything, FIRST_STAGE),))
            tell_before(plan, store, setup, run)
        values, state, execution = _stages(setup, store, progress, run)
        selected = _answer(setup, values, state)
        _write(setup, selected, execution, store)
    if progress:
        for sentence in select_sentences(selected, setup):
            print(f"  {sentence}")
        print(f"Results: {setup.out}")
    return selected


def _refuse(setup: SelectSetup) -> None:
    if len(setup.regimes) < 2:
        raise ConfigError(
            "select chooses among two regimes or more. Write regimes=open_challenge,race, or "
            "regimes=all."
        )
    if setup.replicates < FIRST_STAGE:
        raise ConfigError(
            f"replicates = {setup.replicates} is fewer than the first stage of {FIRST_STAGE}, from "
            f"which variances are estimated. Write replicates={FIRST_STAGE} or more; it is the "
            f"largest number that may be used."
        )


def _experiment(setup: SelectSetup) -> dict[str, Any]:
    """The runs of a selection; the question asked of them may change."""
    return {**experiment_of(setup), "command": "select", "variants": []}


def _stages(
    setup: SelectSetup, store: Store, progress: bool, run: Engine | None
) -> tuple[list[np.ndarray], Selection, Execution]:
    """Outcomes by regime (larger is better), the state they lead to, and the work of all stages."""
    count = len(setup.regimes)
    values: list[np.ndarray] = [np.empty(0)] * count
    alive, replicates = tuple(range(count)), FIRST_STAGE
    done, cached, seconds = 0, 0, 0.0
    while True:
        plan = Plan((_point(setup, alive, replicates),))
        stage = do_runs(plan, store, setup, progress, run)
        done, seconds = done + stage.done, seconds + stage.seconds
        for position, row in enumerate(alive):
            values[row] = _outcomes(setup, plan, store, stage, position)
        state = select_best(
            values, indifference=setup.rule.indifference, confidence=setup.rule.confidence,
            first_stage=FIRST_STAGE,
        )  # fmt: skip
        alive = tuple(sorted(state.contenders))
        if state.decided or replicates >= min(state.needed, setup.replicates):
            cached = sum(map(len, values)) - done
            return values, state, Execution(done, max(cached, 0), (), seconds)
        step = max(LEAST_STAGE, math.ceil(GROWTH * replicates))
        replicates = min(replicates + step, state.needed, setup.replicates)


def _point(setup: SelectSetup, alive: tuple[int, ...], replicates: int) -> Point:
    return Point(
        variant=MAIN, world=setup.world, population=setup.population,
        reference=setup.reference.regime, regimes=tuple(setup.regimes[row].regime for row in alive),
        seed=setup.seed, replicates=replicates,
    )  # fmt: skip


def _outcomes(
    setup: SelectSetup, plan: Plan, store: Store, stage: Execution, position: int
) -> np.ndarray:
    """One regime's outcomes by replicate, signed so that larger is better."""
    if stage.failures:
        first = stage.failures[0]
        raise ExperimentError(
            f"{len(stage.failures)} runs failed, and a choice needs every run. The first: regime "
            f"'{first.regime}', replicate {first.replicate}: {first.error}"
        )
    point = plan.points[0]
    names = [point.run_id(position, replicate) for replicate in range(point.replicates)]
    values: np.ndarray = store.runs(names).column(setup.outcome).to_numpy().astype(np.float64)
    if missing := int((~np.isfinite(values)).sum()):
        raise ExperimentError(
            f"outcome = {setup.outcome} has no value in {missing} of {len(values)} runs of "
            f"'{point.regimes[position].name}', so that no mean can be compared. Choose another outcome."
        )
    return -values if setup.rule.best == LOWEST else values


def _answer(setup: SelectSetup, values: list[np.ndarray], state: Selection) -> Selected:
    names = [entry.name for entry in setup.regimes]
    contenders = tuple(names[row] for row in state.contenders)
    runs = sum(map(len, values))
    first = np.array([one[:FIRST_STAGE] for one in values])
    gaps = (first[:, None] - first[None]).var(axis=2, ddof=1)
    own = first.var(axis=1, ddof=1)
    apart = (own[:, None] + own[None])[np.triu_indices(len(names), 1)].mean()
    return Selected(
        best=contenders[0] if state.decided else None,
        contenders=contenders,
        state=state,
        table=selection_table(setup, values, state),
        runs=runs,
        runs_without=len(values) * max(map(len, values)),
        luck=float(gaps[np.triu_indices(len(names), 1)].mean() / apart) if apart > 0 else math.nan,
        out=setup.out,
    )


def selection_table(setup: SelectSetup, values: list[np.ndarray], state: Selection) -> pa.Table:
    """One row per regime: replicates, mean, how far it trails the best, and when it was dropped.

    ``behind`` and its pointwise interval are over the replicates that both regimes have; they
    describe, and the choice does not rest on them.
    """
    from experiments.statistics.paired import mean_and_se, mean_interval
    from experiments.tables import make_schema, make_table

    sign = -1.0 if setup.rule.best == LOWEST else 1.0
    best, rows = values[state.contenders[0]], []
    for row, (entry, one) in enumerate(zip(setup.regimes, values, strict=True)):
        behind = best[: len(one)] - one[: len(best)]
        low, high = mean_interval(behind)
        verdict = BEST if state.decided else NOT_SEPARATED
        rows.append({
            "regime": entry.name, "outcome": setup.outcome, "replicates": len(one),
            "mean": sign * float(one.mean()), "se": mean_and_se(one)[1],
            "behind": float(behind.mean()), "behind_low": low, "behind_high": high,
            "dropped_at": state.dropped_at[row] or None,
            "verdict": verdict if row in state.contenders else DROPPED,
        })  # fmt: skip
    schema = make_schema(
        regime="text", outcome="text", replicates="count", mean="number", se="number",
        behind="number", behind_low="number", behind_high="number", dropped_at="count",
        verdict="text",
    )  # fmt: skip
    return make_table(schema, rows)


def _write(setup: SelectSetup, selected: Selected, execution: Execution, store: Store) -> None:
    from experiments.tables import write_table

    origin = provenance(
        seed=setup.seed,
        replicates={row["regime"]: row["replicates"] for row in selected.table.to_pylist()},
        runs=execution.counts,
        seconds=execution.seconds,
    )
    try:
        write_table(selected.table, setup.out, "selection")
        write_text(setup.out / "provenance.json", json.dumps(origin, indent=2, ensure_ascii=False))
        write_sentences(setup.out, select_sentences(selected, setup), setup.lang)
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the answer was written to {setup.out}. All runs are safe in "
            f"{store.folder}; the same command writes the rest."
        ) from error


def select_sentences(selected: Selected, setup: SelectSetup) -> list[str]:
    """The answer in words, with its probability and its indifference zone."""
    from experiments.report import number
    from experiments.words import Words

    words = Words(setup.lang)
    titles = {entry.name: words.title(entry) for entry in setup.regimes}
    places = {
        "outcome": words.get(f"outcome.{setup.outcome}", setup.outcome),
        "best": words(f"select.{setup.rule.best}"),
        "indifference": number(setup.rule.indifference),
        "confidence": words.percent(setup.rule.confidence),
        "names": words.join(titles[name] for name in selected.contenders),
        "replicates": selected.state.seen, "needed": selected.state.needed,
        "runs": selected.runs, "without": selected.runs_without,
        "saved": words.percent(1.0 - selected.runs / selected.runs_without),
        "luck": words.percent(selected.luck),
    }  # fmt: skip
    sentences = [words(f"select.{_kind(selected)}", **places)]
    dropped = [row for row in selected.table.to_pylist() if row["verdict"] == DROPPED]
    if dropped:
        listed = sorted(dropped, key=lambda row: -row["dropped_at"])
        one = [
            words("select.one_dropped", name=titles[r["regime"]], at=r["dropped_at"])
            for r in listed
        ]
        sentences.append(words("select.dropped", names=words.join(one)))
    sentences.append(words("select.runs", **places))
    if math.isfinite(selected.luck):
        sentences.append(words("select.luck", **places))
    return sentences


def _kind(selected: Selected) -> str:
    """Chosen; equal in every replicate; or not yet separated."""
    if selected.best is not None:
        return "chosen"
    return "equal" if selected.state.seen >= selected.state.needed else "not_separated"
