"""The report of a decomposition, when it is made and again from its folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from agents.compiled import source_hash
from agents.settings import ConfigError
from experiments.figures.material import FigureInfo
from experiments.report.numbers import interval, number
from experiments.report.short import Findings, write_short_report
from experiments.report.tables import Table, both
from experiments.why.figure import write_figure
from experiments.why.plan import Apart
from experiments.why.results import WHOLE, Found, tables
from experiments.why.sentences import names, sentences, told_label
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import WhySetup


def write_report(apart: Apart, found: Found, setup: WhySetup, origin: Mapping[str, Any]) -> Path:
    """Draw the figure and write the report in the setup's language; returns its path."""
    words = Words(setup.lang)
    places = names(apart, words)
    outcome = words.get(f"outcome.{found.outcome}", found.outcome)
    svg, png = write_figure(apart, found, setup)
    picture = FigureInfo(
        "why", words("why.title", **places), words("why.caption", outcome=outcome, **places),
        words("why.alt"), found.total.n, "contributions", svg, png,
    )  # fmt: skip
    made = tables(apart, found)
    shown = Findings(
        title=words("why.title", **places),
        subtitle=words("why.subtitle", outcome=outcome, n=found.total.n, seed=setup.seed),
        answer=sentences(apart, found, setup),
        figures=[picture],
        tables=[
            _contributions(apart, made["contributions"], words),
            _chain(made["chain"], found, words),
            _levers(made["levers"], words),
        ],
        setting=[
            (words("seed"), str(setup.seed)),
            (words("replicates"), str(found.total.n)),
            (words("why.level"), words(f"why.levels.{setup.rule.level}")),
            (words("why.orders"), str(len(apart.orders) or words("why.orders_all"))),
        ],
    )  # fmt: skip
    return write_short_report(shown, origin, setup.out, words)


def write_again(folder: Path, values: Mapping[str, Any], lang: str | None) -> Path:
    """Write figure and report of a folder again, without a run; returns the report's path.

    Parameters
    ----------
    values: the folder's config.yaml.
    lang: language; that of the decomposition when None.

    Raises
    ------
    ConfigError: the decomposition is not finished, or is one of another version of the model.
    """
    from experiments.report.stored import read_provenance, setup_of, whole
    from experiments.running.store import ExperimentError, Store
    from experiments.why.job import experiment_of_why
    from experiments.why.plan import gather, lay_out
    from experiments.why.results import take_apart

    origin = read_provenance(folder)
    if origin.get("source_hash", source_hash()) != source_hash():
        raise ConfigError(
            f"{folder} was made by another version of the model, so its runs cannot be named again. "
            f"Its tables and its report stay as they are; start the same consortia why again, in "
            f"another folder, to have one of this version."
        )
    with whole(folder, "why"):
        setup = _why_setup(setup_of(values, folder, lang, jobs=0), values)
    apart = lay_out(setup)
    try:
        with Store(folder, experiment_of_why(setup)) as store:
            found = take_apart(apart, gather(apart, store), setup.outcome)
    except ExperimentError as error:
        raise ConfigError(
            f"{folder} holds no finished decomposition: {error} Start the same consortia why again; "
            f"it goes on where it stopped."
        ) from error
    return write_report(apart, found, setup, origin)


def _why_setup(setup: Any, values: Mapping[str, Any]) -> WhySetup:
    from experiments.configuration import WhySetup
    from experiments.why.settings import why_rule

    fields = {one.name: getattr(setup, one.name) for one in dataclasses.fields(setup)}
    entries = {entry.name: entry for entry in setup.regimes}
    fields["regimes"] = tuple(entries[name] for name in values["pair"])
    return WhySetup(**fields, rule=why_rule(values))


def _contributions(apart: Apart, made: pa.Table, words: Words) -> Table:
    heads = [words(key) for key in
             ("why.group", "why.contribution", "head.interval", "head.why_share", "head.verdict")]  # fmt: skip
    rows = []
    for row in made.to_pylist():
        group, share = row["group"], row["share"]
        rows.append([
            words("why.whole") if group is None else told_label(apart.pair, apart.groups[group - 1], words),
            number(row["contribution"], signed=True),
            interval(row["sim_low"], row["sim_high"], signed=True),
            "–" if share is None else words.percent(share), words("verdict." + row["verdict"]),
        ])  # fmt: skip
    title = words("why.contributions_table")
    return Table("contributions", title, heads, rows, both("contributions"))


def _chain(made: pa.Table, found: Found, words: Words) -> Table:
    """The whole difference in each count, from bid to use."""
    heads = [words(key) for key in
             ("head.count", "why.first", "why.second", "head.difference", "head.interval", "head.verdict")]  # fmt: skip
    rows = [
        [words(f"why.count.{row['outcome']}"), *map(number, found.means[row["outcome"]]),
         number(row["difference"], signed=True),
         interval(row["sim_low"], row["sim_high"], signed=True), words("verdict." + row["verdict"])]
        for row in made.to_pylist()
        if row["start"] == WHOLE
    ]  # fmt: skip
    return Table("chain", words("why.chain_table"), heads, rows, both("chain"))


def _levers(made: pa.Table, words: Words) -> Table:
    """Every lever that differs, with its value in both regimes."""
    heads = [words(key) for key in ("head.lever", "head.programme", "why.first", "why.second")]
    rows = [
        [".".join(filter(None, (row["family"], row["lever"]))) or "–",
         *(str(row[key] if row[key] is not None else "–") for key in ("programme", "first", "second"))]
        for row in made.to_pylist()
    ]  # fmt: skip
    title = words("why.levers_table")
    return Table("levers", title, heads, rows, both("levers"), text_columns=4, names=True)
