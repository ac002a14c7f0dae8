"""The command: read a sweep, analyse it, write tables and figures, and say what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from agents.settings import ConfigError
from experiments.answered import write_sentences
from experiments.running.store import ExperimentError, describe
from experiments.sensitivity.analysis import (
    ALL,
    NONE,
    Analysis,
    Refusal,
    analyses,
    complete_replicates,
    question_of,
)
from experiments.sensitivity.sentences import sensitivity_sentences
from experiments.statistics.multiplicity import false_discovery
from experiments.sweep.results import SweepResults, load_sweep, regime_titles
from experiments.tables import make_schema, make_table, write_table

SENSITIVITY = make_schema(
    regime="text", minus="text", outcome="text", factor="text", measure="text", value="number",
    low="number", high="number", plain="number", plain_floor="number", noise_share="number",
    p="number", p_holm="number", q="number", noise_dominates="truth",
)  # fmt: skip
NOISE = make_schema(
    regime="text", minus="text", outcome="text", design="text", rows="count", replicates="count",
    signal_variance="number", noise_variance="number", noise_share_of_run="number",
    noise_share_of_mean="number",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class SensitivityResult:
    """What the analysis found.

    Attributes
    ----------
    measures: one row per regime, outcome, factor and measure.
    noise: one row per regime and outcome: what share of the variance is replication noise.
    refusals: outcomes of which nothing can be said.
    sentences: the findings in words.
    figures: the figures, as PNG.
    """

    measures: pa.Table
    noise: pa.Table
    refusals: tuple[Refusal, ...]
    sentences: tuple[str, ...]
    figures: tuple[Path, ...]


def sensitivity(
    out: str | Path,
    *,
    outcomes: Sequence[str] = ("technical",),
    regimes: Sequence[str] = (ALL,),
    minus: str = NONE,
    lang: str = "en",
    progress: bool = False,
) -> SensitivityResult:
    """Analyse the sweep in a folder and write ``sensitivity.csv`` and figures beside it.

    Parameters
    ----------
    outcomes: names of outcomes.
    regimes: names of regimes, or ``all``.
    minus: a regime whose outcome is taken off replicate by replicate, so that the effect *of the
        regime* is analysed; or ``none``.
    progress: print the findings.

    Raises
    ------
    ConfigError: no Morris or Sobol sweep, unknown names, or nothing that can be analysed.
    ExperimentError: too many runs are missing, or the results cannot be written.
    """
    sweep = load_sweep(out)
    question = question_of(sweep, outcomes, regimes, minus)
    replicates = complete_replicates(sweep, question)
    found = list(analyses(sweep, question, replicates))
    done = [one for one in found if isinstance(one, Analysis)]
    refusals = tuple(one for one in found if isinstance(one, Refusal))
    if not done:
        first = refusals[0]
        raise ConfigError(f"outcome = {first.outcome}, regime '{first.regime}': {first.reason}")
    titles = regime_titles(sweep, lang)
    left_out = sweep.replicates - len(replicates)
    sentences = tuple(
        sensitivity_sentences(done, refusals, sweep.design.space.names, titles, left_out, lang)
    )
    result = _write(sweep, done, refusals, sentences, titles, lang)
    if progress:
        _tell(result, sweep.out)
    return result


def _tell(result: SensitivityResult, out: Path) -> None:
    for sentence in result.sentences:
        print(f"  {sentence}")
    for figure in result.figures:
        print(f"Figure:  {figure}")
    print(f"Results: {out / 'sensitivity.csv'}")


def _write(
    sweep: SweepResults,
    done: Sequence[Analysis],
    refusals: tuple[Refusal, ...],
    sentences: tuple[str, ...],
    titles: Mapping[str, str],
    lang: str,
) -> SensitivityResult:
    from experiments.sensitivity.figure import write_figures

    measures = make_table(SENSITIVITY, measure_rows(done, sweep.design.space.names))
    noise = make_table(NOISE, [_noise_row(one, sweep.design.kind) for one in done])
    try:
        write_table(measures, sweep.out, "sensitivity")
        write_table(noise, sweep.out, "sensitivity_noise")
        figures = write_figures(done, sweep.design, titles, sweep.out, lang)
        write_sentences(sweep.out, sentences, lang, "sensitivity")
    except OSError as error:
        raise ExperimentError(
            f"{describe(error)} while the results were written to {sweep.out}. The sweep's runs "
            f"are safe; the same command writes the rest."
        ) from error
    return SensitivityResult(measures, noise, refusals, sentences, tuple(figures))


def measure_rows(done: Sequence[Analysis], factors: Sequence[str]) -> list[dict[str, Any]]:
    """One row per analysis, factor and measure; ``q`` is over all factors of all analyses."""
    q = false_discovery(np.concatenate([one.found.p for one in done]))
    rows = []
    for number, one in enumerate(done):
        found = one.found
        for k, factor in enumerate(factors):
            for name, measure in found.measures.items():
                rows.append({
                    "regime": one.regime, "minus": one.minus, "outcome": one.outcome,
                    "factor": factor, "measure": name, "value": measure.value[k],
                    "low": measure.low[k], "high": measure.high[k], "plain": measure.plain[k],
                    "plain_floor": found.floor[k] if name in ("mu_star", "total") else None,
                    "noise_share": found.noise_share[k], "p": found.p[k],
                    "p_holm": found.p_holm[k], "q": q[number * len(factors) + k],
                    "noise_dominates": bool(found.noise_dominates[k]),
                })  # fmt: skip
    return rows


def _noise_row(one: Analysis, design: str) -> dict[str, Any]:
    found = one.found
    return {
        "regime": one.regime, "minus": one.minus, "outcome": one.outcome, "design": design,
        "rows": found.rows, "replicates": found.replicates,
        "signal_variance": found.signal_variance, "noise_variance": found.noise_variance,
        "noise_share_of_run": found.noise_share_of_run,
        "noise_share_of_mean": found.noise_share_of_mean,
    }  # fmt: skip
