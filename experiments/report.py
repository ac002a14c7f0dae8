"""The report: one HTML file that opens offline, and the answer in three sentences.

Sentences are made from the tables alone and claim no more than the intervals allow: "no difference
can be told" is an answer.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pyarrow as pa

from experiments.figures import FigureInfo
from experiments.stages import FUNNEL
from experiments.statistics.paired import CANNOT_TELL, HIGHER, LOWER
from experiments.tables import PAYER_COSTS, RANKED, regime_entries
from experiments.words import Words
from simulation.outcomes import COUNTS

if TYPE_CHECKING:
    from experiments.configuration import Setup

PRIMARY = "technical"  # the count that the sentences speak of; the others stand beside it
TESTED_REPLICATES = 20  # fewest for which the coverage of the intervals is tested
NAMED = 3  # regimes named in a sentence before "and others"
TEMPLATES = Path(__file__).parent / "templates"
DEADWEIGHT = ("deadweight", "additional", "displaced")
ROBUST = (PRIMARY, "solved", "welfare")  # outcomes whose order is shown; the file holds all
PUBLIC_MONEY = ("public_offered", "public_spent", "public_unspent")

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """A table of the report; all columns but the first ``text_columns`` are numbers.

    ``quoted`` names the element for a last column in the words of others: ``cite`` or ``code``.
    """

    key: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    file: str = ""
    text_columns: int = 1
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables with what every part of the report asks of them."""

    tables: Tables
    setup: Setup
    words: Words

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """Rows of a table whose columns have the wanted values, in order."""
        return [
            row
            for row in self.tables[table].to_pylist()
            if all(row[column] == value for column, value in wanted.items())
        ]

    def title(self, regime: str) -> str:
        """Title of a regime in the report's language."""
        return self.words.title(regime_entries(self.setup)[regime])

    @property
    def names(self) -> list[str]:
        """Regimes that were run, in order."""
        return list(self.tables["rankings"]["regime"].to_pylist())

    @property
    def replicates(self) -> int:
        """Paired replicates in the main world."""
        return max(self.tables["rankings"]["n"].to_pylist(), default=0)

    @property
    def reference(self) -> str:
        """Name of the reference without money."""
        return self.setup.reference.name


def number(value: float | None, *, signed: bool = False) -> str:
    """Three significant digits, never in powers of ten; a dash where there is no number."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:{'+' if signed else ''},.{min(digits, 4)}f}"
    return text if any(character in "123456789" for character in text) else "0"


def interval(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """An interval in brackets; a dash where none can be given."""
    if low is None or high is None:
        return "–"
    return f"[{number(low, signed=signed)}, {number(high, signed=signed)}]"


# --- the answer ---------------------------------------------------------------------------------


def answer_sentences(tables: Tables, setup: Setup, lang: str) -> list[str]:
    """The answer in three sentences: what differs, what it costs, what would overturn it.

    Parameters
    ----------
    tables: what :func:`experiments.tables.write_tables` returned.
    lang: ``en`` or ``zh``.
    """
    facts = Facts(tables, setup, Words(lang))
    silent = _silent_case(facts)
    if silent:
        reference = facts.words.title(setup.reference)
        return [
            facts.words(f"answer.{silent}{part}", reference=reference)
            for part in ("", "_cost", "_overturn")
        ]
    return [_what_differs(facts), _what_it_costs(facts), _what_overturns(facts)]


def _silent_case(facts: Facts) -> str:
    """Why nothing can be compared, as the stem of the words; empty when it can."""
    if len(facts.names) < 2:
        return "one_regime"
    if facts.replicates < 2:
        return "one_replicate"
    return "no_reference" if facts.reference not in facts.names else ""


def _primary(facts: Facts, verdict: str | None = None) -> list[dict[str, Any]]:
    """Differences of the primary count from the reference, largest first."""
    rows = facts.rows("differences", outcome=PRIMARY, family=facts.reference)
    kept = [row for row in rows if verdict is None or row["verdict"] == verdict]
    return sorted(kept, key=lambda row: -row["difference"])


def _what_differs(facts: Facts) -> str:
    words, rows = facts.words, _primary(facts)
    reference, total = facts.title(facts.reference), len(rows)
    if all(row["difference"] == 0 and row["se"] == 0 for row in rows):
        return words("answer.all_equal", n=facts.replicates, total=total, reference=reference)
    higher, lower = _primary(facts, HIGHER), _primary(facts, LOWER)[::-1]
    if not higher and not lower:
        largest = max(rows, key=lambda row: abs(row["difference"]))
        return words(
            "answer.none_told", reference=reference, total=total, n=facts.replicates,
            largest=_difference_item(facts, largest),
        )  # fmt: skip
    said = [_reference_alone(facts)]
    for key, found in (("answer.more", higher), ("answer.fewer", lower)):
        if found:
            regimes = _named(facts, [_difference_item(facts, row) for row in found])
            said.append(words(key, count=len(found), total=total, regimes=regimes))
    if untold := total - len(higher) - len(lower):
        said.append(words("answer.other_untold", count=untold))
    return words.paragraph([*said, words("answer.basis", n=facts.replicates)])


def _reference_alone(facts: Facts) -> str:
    """How many breakthroughs there are without any policy, for the size of the differences."""
    row = facts.rows("rankings", regime=facts.reference)[0]
    time: Any = facts.setup.world.sections["time"]
    return facts.words(
        "answer.reference", reference=facts.title(facts.reference), mean=number(row[PRIMARY]),
        years=f"{time.policy / 4:g}",
    )  # fmt: skip


def _difference_item(facts: Facts, row: Mapping[str, Any]) -> str:
    joint = facts.words("answer.no_interval")
    if row["sim_low"] is not None:
        low, high = (number(row[side], signed=True) for side in ("sim_low", "sim_high"))
        joint = facts.words("answer.span", low=low, high=high)
    difference = number(row["difference"], signed=True)
    return facts.words(
        "answer.item", title=facts.title(row["regime"]), difference=difference, interval=joint
    )


def _named(facts: Facts, items: Sequence[str]) -> str:
    """The first few items, and how many more there are."""
    shown = list(items[:NAMED])
    if len(items) > NAMED:
        shown.append(facts.words("list.and_more", count=len(items) - NAMED))
    return facts.words("list.semicolon").join(shown)


def _what_it_costs(facts: Facts) -> str:
    words, better = facts.words, _primary(facts, HIGHER)
    costs = facts.rows("incremental_cost", effect=PRIMARY)
    all_in = {row["regime"]: row for row in costs if row["payer"] == "all_in"}
    if not better:
        extra = _span(facts, [row["extra_cost"] for row in all_in.values()])
        none = words("answer.no_cost", extra=extra, reference=facts.title(facts.reference))
        return words.paragraph([none, _spent(facts)])
    programme = {row["regime"]: row for row in costs if row["payer"] == "programme"}
    items = [_cost_item(facts, all_in[row["regime"]], programme[row["regime"]]) for row in better]
    said = [words("answer.cost", parts=_named(facts, items))]
    if _overlap([all_in[row["regime"]] for row in better]):
        said.append(words("answer.cheapest_untold"))
    return words.paragraph([*said, _spent(facts)])


def _cost_item(facts: Facts, cost: Mapping[str, Any], programme: Mapping[str, Any]) -> str:
    """What an extra breakthrough costs under a regime that adds some."""
    title, unbounded = facts.title(cost["regime"]), facts.words("answer.cost_unbounded")
    if not cost["bounded"]:
        return f"{title} {unbounded}"
    part = number(programme["cost_per_extra"]) if programme["bounded"] else unbounded
    if cost["reading"] == "saves_gains":
        reference = facts.title(facts.reference)
        return facts.words("answer.cost_saves", title=title, reference=reference, programme=part)
    return facts.words(
        "answer.cost_item", title=title, value=number(cost["cost_per_extra"]),
        low=number(cost["low"]), high=number(cost["high"]), programme=part,
    )  # fmt: skip


def _overlap(costs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether another cost may be as low as the lowest, by the intervals."""
    bounded = sorted((row for row in costs if row["bounded"]), key=lambda row: row["high"])
    return len(bounded) > 1 and min(row["low"] for row in bounded[1:]) <= bounded[0]["high"]


def _spent(facts: Facts) -> str:
    """What programmes were offered and spent: regimes are equal in the one, not in the other."""
    means = {(row["regime"], row["outcome"]): row["mean"] for row in facts.rows("summary")}
    funded = [name for name in facts.names if means[name, "public_offered"]]
    if not funded:
        return facts.words("answer.nothing_offered")
    return facts.words(
        "answer.spent", offered=_span(facts, [means[name, "public_offered"] for name in funded]),
        spent=_span(facts, [means[name, "public_spent"] for name in funded]),
    )  # fmt: skip


def _span(facts: Facts, values: Sequence[float]) -> str:
    """The lowest and highest value; one when they read the same."""
    low, high = number(min(values)), number(max(values))
    return low if low == high else facts.words("answer.span", low=low, high=high)


def _cost(facts: Facts, row: Mapping[str, Any]) -> str:
    if not row["bounded"]:
        return facts.words("answer.cost_unbounded")
    if row["extra_effect"] < 0:
        return facts.words("answer.cost_loses")
    low, high = number(row["low"]), number(row["high"])
    return facts.words(
        "answer.cost_interval", value=number(row["cost_per_extra"]), low=low, high=high
    )


def _what_overturns(facts: Facts) -> str:
    parts = [*_welfare_says(facts), *_disagreements(facts), _order_kept(facts)]
    if all(row["verdict"] == CANNOT_TELL and row["se"] for row in _primary(facts)):
        parts.insert(0, _half_width(facts))
    if facts.replicates < TESTED_REPLICATES:
        few = facts.words("answer.few", n=facts.replicates, tested=TESTED_REPLICATES)
        parts.insert(0, few)
    return facts.words("answer.overturn", parts=facts.words.paragraph(parts))


def _welfare_says(facts: Facts) -> list[str]:
    """What welfare says at the default s, and at which other s the ranking flips."""
    words, reference = facts.words, facts.title(facts.reference)
    rows = facts.rows("differences", outcome="welfare", family=facts.reference)
    verdicts = [row["verdict"] for row in rows]
    criteria: Any = facts.setup.world.sections["criteria"]
    welfare = words(
        "answer.welfare", reference=reference, s=f"{criteria.external_value:g}",
        total=len(rows), above=verdicts.count(HIGHER), below=verdicts.count(LOWER),
    )  # fmt: skip
    inside = [row for row in facts.rows("welfare_flips") if row["inside_plausible_range"]]
    if not inside:
        return [welfare, words("answer.flip_none", reference=reference)]
    items = [
        words(
            "answer.flip_item", title=facts.title(row["regime"]), flip=number(row["flip"]),
            low=number(row["flip_low"]), high=number(row["flip_high"]),
        )
        for row in sorted(inside, key=lambda row: row["flip"])
    ]  # fmt: skip
    return [welfare, words("answer.flip_inside", reference=reference, items=_named(facts, items))]


def _order_kept(facts: Facts) -> str:
    rows = [row for row in facts.rows("robustness", outcome=PRIMARY) if row["variant"] != "main"]
    if not rows:
        return facts.words("answer.order_unknown")
    if not rows[0]["told_pairs"]:
        return facts.words("answer.no_pairs")
    lowest = min(rows, key=lambda row: row["told_kept"])
    if lowest["told_kept"] == 1.0:
        return facts.words("answer.order_all_kept", pairs=lowest["told_pairs"])
    return facts.words(
        "answer.order_kept", lowest=math.floor(100 * lowest["told_kept"]),
        pairs=lowest["told_pairs"], variant=facts.words.variant(lowest["variant"]),
    )  # fmt: skip


def _disagreements(facts: Facts) -> list[str]:
    """Regimes told to be higher by one count and lower by another."""
    verdicts: dict[str, set[str]] = {}
    for count in COUNTS:
        for row in facts.rows("differences", outcome=count, family=facts.reference):
            verdicts.setdefault(row["regime"], set()).add(row["verdict"])
    torn = [facts.title(name) for name, found in verdicts.items() if {HIGHER, LOWER} <= found]
    return [facts.words("answer.counts_disagree", regimes=facts.words.join(torn))] if torn else []


def _half_width(facts: Facts) -> str:
    halves = [(row["sim_high"] or 0.0) - row["difference"] for row in _primary(facts)]
    return facts.words("answer.half_width", half=number(max(halves)))


# --- tables of the report -----------------------------------------------------------------------


def _rankings(facts: Facts) -> HtmlTable:
    heads = [facts.words("head.regime"), *(facts.words("outcome." + name) for name in RANKED)]
    rows = [
        [facts.title(row["regime"]), *(f"{number(row[o])} ({row['rank_' + o]:g})" for o in RANKED)]
        for row in facts.rows("rankings")
    ]
    return HtmlTable("rankings", heads, rows, "rankings.csv")


def _differences(facts: Facts) -> HtmlTable:
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
    return HtmlTable("differences", heads, rows, "differences.csv", text_columns=3)


def _costs(facts: Facts) -> HtmlTable:
    words = facts.words
    heads = [words("head.regime"), *(words("payer." + payer) for payer in PAYER_COSTS)]
    cells = {
        (row["regime"], row["payer"]): _cost(facts, row)
        for row in facts.rows("incremental_cost", effect=PRIMARY)
    }
    compared = [name for name in facts.names if (name, "all_in") in cells]
    rows = [
        [facts.title(name), *(cells[name, payer] for payer in PAYER_COSTS)] for name in compared
    ]
    return HtmlTable("cost", heads, rows, "incremental_cost.csv")


def _welfare(facts: Facts) -> HtmlTable:
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
    return HtmlTable("flips", heads, rows, "welfare_flips.csv")


def _means(facts: Facts, key: str, outcomes: Sequence[str]) -> HtmlTable:
    heads = [facts.words("head.regime"), *(facts.words("outcome." + name) for name in outcomes)]
    cells = {(row["regime"], row["outcome"]): number(row["mean"]) for row in facts.rows("summary")}
    rows = [
        [facts.title(name), *(cells[name, outcome] for outcome in outcomes)] for name in facts.names
    ]
    return HtmlTable(key, heads, rows, "summary.csv")


def _never_bound(facts: Facts) -> HtmlTable:
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
    return HtmlTable("never_bound", heads, rows, "never_bound.csv", text_columns=4)


def _stages(facts: Facts) -> HtmlTable:
    """The funnel of every programme: mean counts per run."""
    words = facts.words
    cells = {
        (row["regime"], row["programme"], row["stage"]): number(row["mean"])
        for row in facts.rows("stages")
    }
    programmes = dict.fromkeys((regime, programme) for regime, programme, _ in cells)
    rows = [
        [words("head.of_regime", title=facts.title(regime), programme=programme)]
        + [cells[regime, programme, stage] for stage in FUNNEL]
        for regime, programme in programmes
    ]
    heads = [words("head.regime"), *(words("stage." + stage) for stage in FUNNEL)]
    return HtmlTable("stages", heads, rows, "stages.csv")


def _robustness(facts: Facts) -> HtmlTable:
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
    return HtmlTable("robustness", heads, list(seen.values()), "robustness.csv", text_columns=2)


def _regimes(facts: Facts) -> HtmlTable:
    words = facts.words
    heads = [words("head.regime"), words("head.question"), words("head.source")]
    entries = regime_entries(facts.setup)
    rows = [
        [facts.title(name), str(entries[name].question.get(words.lang, "")), entries[name].source]
        for name in facts.names
    ]
    return HtmlTable("regimes", heads, rows, text_columns=3, quoted="cite")


def _seeds(facts: Facts) -> HtmlTable:
    setup, words = facts.setup, facts.words
    variants = words.join(words.variant(one.name) for one in setup.variants) or words("report.none")
    rows = [
        [words("seed"), str(setup.seed)],
        [words("replicates"), str(facts.replicates)],
        [words("population"), str(getattr(setup.population, "name", ""))],
        [words("variants"), variants],
        [words("variant_replicates"), str(setup.variant_replicates)],
    ]
    return HtmlTable("seeds", [words("head.item"), words("head.value")], rows, text_columns=2)


def _provenance(facts: Facts, provenance: Mapping[str, Any]) -> HtmlTable:
    rows = [[name, _flat(value)] for name, value in provenance.items()]
    words = facts.words
    heads = [words("head.item"), words("head.value")]
    return HtmlTable("provenance", heads, rows, "provenance.json", text_columns=2, quoted="code")


def _flat(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_flat(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(str(item) for item in value)
    return str(value)


def _parameters(facts: Facts) -> HtmlTable:
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
            rows.append([key, *texts, _flat(getattr(settings, name))])
    return HtmlTable("parameters", heads, rows, "config.yaml", text_columns=4)


def _levers(facts: Facts) -> list[tuple[str, list[tuple[str, str]]]]:
    """Per regime and programme, the levers as name and value."""
    entries = regime_entries(facts.setup)
    found = []
    for name in facts.names:
        programmes = entries[name].regime.programmes
        for k, programme in enumerate(programmes):
            head = facts.title(name)
            if len(programmes) > 1:
                head = facts.words("head.programme", title=head, number=k + 1)
            levers = [
                (f"{family}.{lever}", _flat(value))
                for family, settings in programme.levers.items()
                for lever, value in settings.as_mapping().items()
            ]
            found.append((head, levers))
    return found


# --- the file -----------------------------------------------------------------------------------


def write_report(
    runs: pa.Table,
    trajectories: pa.Table,
    tables: Tables,
    figures: Sequence[FigureInfo],
    setup: Setup,
    provenance: Mapping[str, Any],
    out: Path,
    lang: str,
) -> Path:
    """Write ``out / "report.html"``, self-contained, and return its path.

    Parameters
    ----------
    runs, trajectories: the tables of the comparison, for the numbers of runs.
    figures: what :func:`experiments.figures.write_figures` returned, in the same language.
    provenance: versions, command, date and machine, as written to provenance.json.
    lang: ``en`` or ``zh``.
    """
    facts = Facts(tables, setup, Words(lang))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    html = environment.get_template("report.html.j2").render(
        words=facts.words,
        lang={"en": "en", "zh": "zh-CN"}[lang],
        title=facts.words("report.title", regimes=len(facts.names)),
        subtitle=_subtitle(facts),
        sentences=answer_sentences(tables, setup, lang),
        figures={figure.name: figure for figure in figures},
        figure_numbers={figure.name: k + 1 for k, figure in enumerate(figures)},
        image=_data_uri,
        tables=_report_tables(facts, provenance),
        levers=_levers(facts),
        criteria=_criteria(setup),
        runs=runs.num_rows,
        quarters=trajectories.num_rows,
    )
    path = out / "report.html"
    part = path.with_suffix(".html.part")
    part.write_text(html, encoding="utf-8")
    part.replace(path)
    return path


def _subtitle(facts: Facts) -> str:
    population = getattr(facts.setup.population, "name", "") or "–"
    return facts.words(
        "report.subtitle", replicates=facts.replicates, seed=facts.setup.seed, population=population
    )


def _criteria(setup: Setup) -> dict[str, str]:
    criteria: Any = setup.world.sections["criteria"]
    return {
        "s": f"{criteria.external_value:g}", "m": f"{criteria.cost_of_public_money:g}",
        "discount": f"{100 * criteria.discount_per_year:g}",
    }  # fmt: skip


def _report_tables(facts: Facts, provenance: Mapping[str, Any]) -> dict[str, HtmlTable]:
    made: Iterable[HtmlTable] = (
        _rankings(facts), _differences(facts), _costs(facts), _welfare(facts),
        _means(facts, "deadweight", DEADWEIGHT), _never_bound(facts),
        _means(facts, "unspent", PUBLIC_MONEY), _stages(facts), _robustness(facts), _regimes(facts),
        _seeds(facts), _provenance(facts, provenance), _parameters(facts),
    )  # fmt: skip
    return {table.key: table for table in made}


def _data_uri(figure: FigureInfo) -> str:
    """The SVG inside the page; as an image, so that ids of two figures cannot clash."""
    return "data:image/svg+xml;base64," + base64.b64encode(figure.svg.read_bytes()).decode("ascii")
