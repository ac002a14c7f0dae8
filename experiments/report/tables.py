"""The tables of the report: what is shown of the tables that stand beside it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.figures.ranks import choice_title
from experiments.figures.why import levers_in_words
from experiments.library import Library
from experiments.populations import region_title
from experiments.regimes import preset
from experiments.report.facts import PRIMARY, Facts
from experiments.report.numbers import interval, number
from experiments.stages import FUNNEL
from experiments.tables import PAYER_COSTS, RANKED, regime_entries
from experiments.words import Words
from simulation.policies.registry import FAMILIES, Programme

DEADWEIGHT = ("deadweight", "additional", "displaced")
ROBUST = (PRIMARY, "solved", "welfare")  # outcomes whose order is shown; the file holds all
PUBLIC_MONEY = ("public_offered", "public_spent", "public_unspent")
SHOWN_REGIONS = 6
NOT_TOLD = "not_told"  # verdict of experiments.rankings.results
HALF = len(FUNNEL) // 2  # the funnel in two tables, so that it fits on a page


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report; all columns but the first ``text_columns`` are numbers.

    Attributes
    ----------
    title: what stands above it.
    files: names of the files that hold its numbers.
    quoted: the element for a last column in the words of others: ``cite`` or ``code``.
    names: whether the first column holds names of settings, set in a fixed width.
    """

    key: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    files: Sequence[str] = ()
    text_columns: int = 1
    quoted: str = ""
    names: bool = False


def both(stem: str) -> tuple[str, str]:
    """The two files of a table."""
    return f"{stem}.csv", f"{stem}.parquet"


def rankings(facts: Facts) -> Table:
    """The four counts, value and welfare side by side."""
    heads = [facts.words("head.regime"), *(facts.words("outcome." + name) for name in RANKED)]
    rows = [
        [facts.title(row["regime"]), *(f"{number(row[o])} ({row['rank_' + o]:g})" for o in RANKED)]
        for row in facts.rows("rankings")
    ]
    return Table("rankings", facts.words("table.rankings"), heads, rows, both("rankings"))


def differences(facts: Facts) -> Table:
    """Paired differences from the reference, with verdicts."""
    words = facts.words
    heads = [
        words("head." + key)
        for key in ("regime", "count", "verdict", "difference", "interval", "share_won")
    ]
    rows = []
    for count in (PRIMARY, "solved"):
        for row in facts.rows("differences", outcome=count, family=facts.reference):
            rows.append([
                facts.title(row["regime"]), words("outcome." + count),
                words("verdict." + row["verdict"]), number(row["difference"], signed=True),
                interval(row["sim_low"], row["sim_high"], signed=True),
                words.percent(row["share_won"]),
            ])  # fmt: skip
    return Table(
        "differences",
        facts.words("table.differences"),
        heads,
        rows,
        both("differences"),
        text_columns=3,
    )


def costs(facts: Facts) -> Table:
    """Incremental cost per extra breakthrough, by payer."""
    words = facts.words
    heads = [words("head.regime"), *(words("payer." + payer) for payer in PAYER_COSTS)]
    cells = {
        (row["regime"], row["payer"]): cost_cell(facts, row)
        for row in facts.rows("incremental_cost", effect=PRIMARY)
    }
    compared = [name for name in facts.names if (name, "all_in") in cells]
    rows = [
        [facts.title(name), *(cells[name, payer] for payer in PAYER_COSTS)] for name in compared
    ]
    return Table("cost", facts.words("table.cost"), heads, rows, both("incremental_cost"))


def cost_cell(facts: Facts, row: Mapping[str, Any]) -> str:
    """Cost per extra breakthrough, or in words why there is none."""
    if not row["bounded"]:
        return facts.words("answer.cost_unbounded")
    if row["extra_effect"] < 0:
        return facts.words("answer.cost_loses")
    low, high = number(row["low"]), number(row["high"])
    return facts.words(
        "answer.cost_interval", value=number(row["cost_per_extra"]), low=low, high=high
    )


def welfare(facts: Facts) -> Table:
    """Welfare against the reference, and the flip points."""
    words = facts.words
    heads = [
        words("head." + key)
        for key in ("regime", "difference", "interval", "flip", "fieller", "inside", "better")
    ]
    joint = {
        row["regime"]: row
        for row in facts.rows("differences", outcome="welfare", family=facts.reference)
    }
    rows = []
    for row in facts.rows("welfare_flips"):
        inside = row["inside_plausible_range"]
        rows.append([
            facts.title(row["regime"]), number(row["difference"], signed=True),
            interval(*(joint[row["regime"]][side] for side in ("sim_low", "sim_high")), signed=True),
            number(row["flip"]),
            interval(row["flip_low"], row["flip_high"]),
            "–" if inside is None else words("word_yes" if inside else "word_no"),
            words("better." + row["better"]),
        ])  # fmt: skip
    return Table("flips", facts.words("table.flips"), heads, rows, both("welfare_flips"))


def means(facts: Facts, key: str, outcomes: Sequence[str]) -> Table:
    """Means of some outcomes."""
    heads = [facts.words("head.regime"), *(facts.words("outcome." + name) for name in outcomes)]
    cells = {(row["regime"], row["outcome"]): number(row["mean"]) for row in facts.rows("summary")}
    rows = [
        [facts.title(name), *(cells[name, outcome] for outcome in outcomes)] for name in facts.names
    ]
    return Table(key, facts.words(f"table.{key}"), heads, rows, both("summary"))


def never_bound(facts: Facts) -> Table:
    """Rules that are set and never bound."""
    words = facts.words
    heads = [words("head." + key) for key in ("regime", "rule", "lever", "value", "runs")]
    rows = [
        [
            facts.title(row["regime"]),
            words("rule." + row["rule"]),
            row["lever"],
            row["value"],
            str(row["runs"]),
        ]
        for row in facts.rows("never_bound")
    ]
    return Table(
        "never_bound",
        facts.words("table.never_bound"),
        heads,
        rows,
        both("never_bound"),
        text_columns=4,
    )


def stages(facts: Facts) -> list[Table]:
    """The funnel of every programme, mean counts per run: up to the bids, and from the review on."""
    words = facts.words
    cells = {
        (row["regime"], row["programme"], row["stage"]): number(row["mean"])
        for row in facts.rows("stages")
    }
    programmes = dict.fromkeys((regime, programme) for regime, programme, _ in cells)
    halves = {"stages_before": FUNNEL[:HALF], "stages_after": FUNNEL[HALF:]}
    return [
        Table(
            key, words(f"table.{key}"),
            [words("head.programme"), *(words("stage." + stage) for stage in shown)],
            [
                [words("head.of_regime", title=facts.title(regime), programme=words.get(f"programme.{programme}", programme))]
                + [cells[regime, programme, stage] for stage in shown]
                for regime, programme in programmes
            ],
            both("stages"),
        )
        for key, shown in halves.items()
    ]  # fmt: skip


def robustness(facts: Facts) -> Table:
    """How much of the order is kept in each variant."""
    words = facts.words
    heads = [
        words("head." + key)
        for key in ("variant", "count", "order_kept", "told_pairs", "told_kept")
    ]
    seen: dict[tuple[str, str], list[str]] = {}
    for row in facts.rows("robustness"):
        if row["variant"] == "main" or row["outcome"] not in ROBUST:
            continue
        kept, told = (
            "–" if row[key] is None else words.percent(row[key])
            for key in ("pairs_kept", "told_kept")
        )
        seen[row["variant"], row["outcome"]] = [
            words.variant(row["variant"]), words("outcome." + row["outcome"]), kept,
            str(row["told_pairs"]), told,
        ]  # fmt: skip
    return Table(
        "robustness",
        facts.words("table.robustness"),
        heads,
        list(seen.values()),
        both("robustness"),
        text_columns=2,
    )


def why(facts: Facts) -> Table:
    """Shares of the levers, from stored results of the decomposition."""
    words = facts.words
    heads = [words("head." + key) for key in ("lever", "why_share", "interval", "why_alone")]
    rows = [
        [levers_in_words(row["lever"], words), number(row["share"], signed=True),
         interval(row["low"], row["high"], signed=True), number(row["alone"], signed=True)]
        for row in facts.rows("why")
    ]  # fmt: skip
    return Table("why", words("table.why"), heads, rows, both("why"))


def gini(facts: Facts) -> Table:
    """How unequal money and participation are, over all replicates."""
    words = facts.words
    found = {(row["regime"], row["outcome"]): row["mean"] for row in facts.rows("summary")}
    shown = ("funding_gini", "participation_gini")
    rows = [
        [facts.title(name), *(number(found[name, one]) for one in shown)] for name in facts.names
    ]
    heads = [words("head.regime"), *(words("outcome." + one) for one in shown)]
    return Table("gini", words("table.gini"), heads, rows, both("summary"))


def consortia(facts: Facts) -> Table:
    """Sizes, layers, and repeated and cross-regional work."""
    words = facts.words
    found = {(row["regime"], row["measure"]): row["mean"] for row in facts.rows("consortia")}
    shares = ("repeat_tie_share", "cross_region_share")
    shown = ("projects", "consortium_size", "size_q05", "size_q95", "core", "close", "general")
    rows = [
        [facts.title(name), *(number(found.get((name, one))) for one in shown)]
        + ["–" if (share := found.get((name, one))) is None else words.percent(share) for one in shares]
        for name in facts.names
    ]  # fmt: skip
    heads = [words("head.regime"), *(words("head." + one) for one in (*shown, *shares))]
    return Table("consortia", words("table.consortia"), heads, rows, both("consortia"))


def regions(facts: Facts) -> Table:
    """Participations in projects per organisation, in the regions with most organisations."""
    words = facts.words
    rows = facts.rows("who_gains", grouping="region", measure="participations")
    found = {(row["regime"], row["group"]): row for row in rows}
    staffed = {row["group"]: row["organisations"] for row in rows}
    shown = sorted(staffed, key=lambda region: -staffed[region])[:SHOWN_REGIONS]
    heads = [words("head.regime"), *(region_title(region, words.lang) for region in shown)]
    cells = [
        [facts.title(name), *(_each(found.get((name, region))) for region in shown)]
        for name in facts.names
    ]
    return Table(
        "regions", words("table.regions"), heads, cells if shown else [], both("who_gains")
    )


def _each(row: Mapping[str, Any] | None) -> str:
    return number(row["mean"] / row["organisations"]) if row and row["organisations"] else "–"


def dependence(facts: Facts) -> Table:
    """Which regime comes first under each assumption, by the estimates."""
    words = facts.words
    heads = [words("head." + key) for key in ("assumption", "count", "first_three", "replicates")]
    listed: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in facts.rows("dependence"):
        if row["rank"] is not None:
            listed.setdefault((row["group"], row["choice"], row["outcome"]), []).append(row)
    rows = []
    for (group, choice, outcome), ranked in listed.items():
        first = sorted(ranked, key=lambda row: row["rank"])[:3]
        rows.append([
            " ".join(choice_title(words, group, choice).split("\n")), words("outcome." + outcome),
            words("list.semicolon").join(facts.title(row["regime"]) for row in first),
            str(ranked[0]["n"]),
        ])  # fmt: skip
    return Table("dependence", words("table.dependence"), heads, rows, both("dependence"), 3)


def ranking_pairs(facts: Facts) -> Table:
    """Pairs told apart in the main world, with the shares of drawn worlds told so and reversed."""
    words = facts.words
    keys = ("count", "ranking", "difference", "told_so", "reversed", "untold_worlds", "verdict")
    rows = [
        [
            words("outcome." + outcome),
            words(
                "ranking.pair", better=facts.title(row["better"]), worse=facts.title(row["worse"])
            ),
            number(row["difference"], signed=True),
            *(words.percent(row[share]) for share in ("same", "reversed", "untold")),
            words("ranking." + row["verdict"]),
        ]
        for outcome in ROBUST
        for row in sorted(
            facts.rows("ranking_pairs", outcome=outcome), key=lambda row: -row["same"]
        )
        if row["verdict"] != NOT_TOLD and {row["better"], row["worse"]} <= set(facts.names)
    ]
    heads = [words("head." + key) for key in keys]
    return Table("worlds", words("table.worlds"), heads, rows, ("ranking_pairs.parquet",), 2)


def regimes(facts: Facts) -> Table:
    """The regimes and the question each answers."""
    words = facts.words
    heads = [words("head.regime"), words("head.question"), words("head.source")]
    entries = regime_entries(facts.setup)
    rows = [
        [
            facts.title(name),
            str(entries[name].question.get(words.lang, "")),
            words.get(f"regime_source.{name}", entries[name].source),
        ]
        for name in facts.names
    ]
    return Table("regimes", words("table.regimes"), heads, rows, text_columns=3, quoted="cite")


def seeds(facts: Facts) -> Table:
    """What was run."""
    setup, words = facts.setup, facts.words
    variants = words.join(words.variant(one.name) for one in setup.variants) or words("report.none")
    rows = [
        [words("seed"), str(setup.seed)],
        [words("replicates"), str(facts.replicates)],
        [words("population"), facts.population],
        [words("variants"), variants],
        [words("variant_replicates"), str(setup.variant_replicates)],
    ]
    return Table(
        "seeds",
        words("table.seeds"),
        [words("head.item"), words("head.value")],
        rows,
        text_columns=2,
    )


def provenance(words: Words, provenance: Mapping[str, Any]) -> Table:
    """Versions, command, date and machine."""
    rows = [[name, flat(value)] for name, value in provenance.items()]
    heads = [words("head.item"), words("head.value")]
    return Table(
        "provenance",
        words("table.provenance"),
        heads,
        rows,
        ("provenance.json",),
        2,
        "code",
        names=True,
    )


def flat(value: Any) -> str:
    """Any value of the settings in words."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()  # as in YAML
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {flat(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(str(item) for item in value)
    return str(value)


def parameters(facts: Facts) -> Table:
    """Parameters of the world; meaning and source from the code, or the catalogue's translation."""
    words = facts.words
    heads = [words("head." + key) for key in ("parameter", "meaning", "unit", "source", "value")]
    rows = []
    for section, settings in facts.setup.world.sections.items():
        for name, spec in settings.parameters().items():
            key = f"{section}.{name}"
            texts = [
                words.get(f"parameter.{key}.{part}", getattr(spec, part))
                for part in ("meaning", "unit", "source")
            ]
            rows.append([key, *texts, flat(getattr(settings, name))])
    return Table(
        "parameters", words("table.parameters"), heads, rows, ("config.yaml",), 4, names=True
    )


def levers(facts: Facts) -> list[tuple[str, list[tuple[str, str]]]]:
    """Per regime and programme, the levers that are not at their default; then all defaults."""
    defaults = _default_levers()
    entries = regime_entries(facts.setup)
    found = []
    for name in facts.names:
        programmes = entries[name].regime.programmes
        for k, programme in enumerate(programmes):
            head = facts.title(name)
            if len(programmes) > 1:
                head = facts.words("head.numbered", title=head, number=k + 1)
            values = _lever_values(programme.as_mapping())
            found.append((head, [(n, v) for n, v in values.items() if defaults.get(n) != v]))
    return [*found, (facts.words("head.defaults"), list(defaults.items()))]


@functools.cache
def _default_levers() -> dict[str, str]:
    library = Library.open()
    plain = {family: preset(library, family, "default") for family in FAMILIES}
    return _lever_values(Programme.from_mapping(plain).as_mapping())


def _lever_values(families: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {
        f"{family}.{lever}": flat(value)
        for family, settings in families.items()
        for lever, value in settings.items()
    }
