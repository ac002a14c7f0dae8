"""The report as a document: ten parts in their order, each a row of blocks.

HTML and PDF are two ways of setting the same document, so neither can say what the other does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from experiments.figures import FigureInfo
from experiments.report import tables
from experiments.report.answer import answer_sentences
from experiments.report.facts import Facts
from experiments.report.tables import Table
from experiments.why.settings import AUTO

PARTS = (
    "answer", "forest", "fans", "incidence", "cost", "why", "gains", "consortia", "rules", "appendix",
)  # fmt: skip
ODD = ("purpose", "entities", "process", "design", "start", "input", "details", "assumptions")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text; ``note`` marks what explains and is set smaller."""

    kind: ClassVar[str] = "paragraph"
    text: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class Sentences:
    """The answer, one item per sentence."""

    kind: ClassVar[str] = "sentences"
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing, and how to get it."""

    kind: ClassVar[str] = "gap"
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its number in the report."""

    kind: ClassVar[str] = "picture"
    number: int
    figure: FigureInfo
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; ``folded`` ones are opened by the reader."""

    kind: ClassVar[str] = "grid"
    table: Table
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values under a head, opened by the reader."""

    kind: ClassVar[str] = "pairs"
    head: str
    pairs: Sequence[tuple[str, str]]


Block = Paragraph | Sentences | Gap | Picture | Grid | Pairs


@dataclass(frozen=True, slots=True)
class Part:
    """One of the ten parts."""

    key: str
    number: int
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report; ``notices`` stand before all parts."""

    title: str
    subtitle: str
    notices: Sequence[str]
    parts: Sequence[Part]


@dataclass(slots=True)
class Composer:
    """Puts the parts together; figures are numbered in the order in which they are shown."""

    facts: Facts
    figures: Mapping[str, FigureInfo]
    provenance: Mapping[str, Any]
    _number: int = field(default=0, init=False)

    def document(self, notices: Sequence[str]) -> Document:
        """The report of these facts."""
        words, setup = self.facts.words, self.facts.setup
        subtitle = words(
            "report.subtitle", replicates=self.facts.replicates, seed=setup.seed,
            population=self.facts.population,
        )  # fmt: skip
        parts = [
            Part(key, k, words(f"section.{key}"), list(getattr(self, f"_{key}")()))
            for k, key in enumerate(PARTS, start=1)
        ]
        title = words("report.title", regimes=len(self.facts.names))
        return Document(title, subtitle, notices, parts)

    # ------------------------------------------------------------ blocks

    def _say(self, key: str, *, note: bool = False, **values: Any) -> Paragraph:
        return Paragraph(self.facts.words(key, **values), note)

    def _show(self, *names: str) -> Iterator[Block]:
        """Figures that were drawn."""
        for name in names:
            if name in self.figures:
                self._number += 1
                figure = self.figures[name]
                yield Picture(self._number, figure, tables.both(figure.table))

    def _list(self, table: Table, *, folded: bool = False) -> Iterator[Block]:
        """A table with rows."""
        if table.rows:
            yield Grid(table, folded)

    # ------------------------------------------------------------ parts

    def _answer(self) -> Iterator[Block]:
        facts = self.facts
        yield Sentences(answer_sentences(facts.tables, facts.setup, facts.words.lang))
        yield self._say("text.answer")
        yield from self._list(tables.rankings(facts))

    def _forest(self) -> Iterator[Block]:
        yield from self._show("forest")
        yield self._say("text.forest")
        yield from self._list(tables.differences(self.facts))
        yield self._say("text.method", note=True)

    def _fans(self) -> Iterator[Block]:
        if "fans_technical" not in self.figures:
            yield Gap(self.facts.words("gap.trajectories"))
        yield from self._show("fans_technical", "fans_solved")

    def _incidence(self) -> Iterator[Block]:
        yield from self._show("incidence")
        yield self._say("text.censoring", note=True)

    def _cost(self) -> Iterator[Block]:
        criteria: Any = self.facts.setup.world.sections["criteria"]
        yield self._say("text.cost")
        yield from self._show("cost_plane")
        yield from self._list(tables.costs(self.facts))
        yield from self._show("payers")
        yield self._say(
            "text.welfare", s=f"{criteria.external_value:g}",
            m=f"{criteria.cost_of_public_money:g}", discount=f"{100 * criteria.discount_per_year:g}",
        )  # fmt: skip
        yield from self._show("welfare")
        yield from self._list(tables.welfare(self.facts))
        yield self._say("text.deadweight")
        yield from self._list(tables.means(self.facts, "deadweight", tables.DEADWEIGHT))

    def _why(self) -> Iterator[Block]:
        if rows := self.facts.rows("why"):
            of, minus = (self.facts.title(rows[0][side]) for side in ("regime", "baseline"))
            outcome = self.facts.words(f"outcome.{rows[0]['outcome']}")
            yield self._say("text.why", of=of, minus=minus, outcome=outcome)
            if self.facts.setup.apart == AUTO:
                yield self._say("text.why_chosen", note=True)
            yield from self._show("why")
            yield from self._list(tables.why(self.facts))
        else:
            yield Gap(self.facts.words("gap.why"))
        yield self._say("text.skins")
        yield from self._show("two_skins")
        funnels = tables.stages(self.facts)
        yield self._say("text.stages" if funnels[0].rows else "text.no_stages")
        for funnel in funnels:
            yield from self._list(funnel)

    def _gains(self) -> Iterator[Block]:
        yield from self._show("gains")
        if not self.facts.rows("who_gains"):
            yield Gap(self.facts.words("gap.replays"))
        yield from self._show("gains_by", "leads", "lorenz")
        yield from self._list(tables.gini(self.facts))

    def _consortia(self) -> Iterator[Block]:
        yield from self._show("consortia")
        yield from self._list(tables.consortia(self.facts))
        if not self.facts.rows("network"):
            yield Gap(self.facts.words("gap.replays"))
        yield from self._show("network", "regions")
        yield from self._list(tables.regions(self.facts))

    def _rules(self) -> Iterator[Block]:
        bound = tables.never_bound(self.facts)
        yield self._say("text.rules" if bound.rows else "text.no_rules")
        yield from self._list(bound)
        yield self._say("text.unspent")
        yield from self._list(tables.means(self.facts, "unspent", tables.PUBLIC_MONEY))
        yield self._say("text.dependence")
        kept = tables.robustness(self.facts)
        if not kept.rows:
            yield Gap(self.facts.words("gap.variants"))
        yield from self._show("dependence")
        yield from self._list(tables.dependence(self.facts))
        yield from self._list(kept)
        yield from self._worlds()

    def _worlds(self) -> Iterator[Block]:
        """In how many worlds drawn from the ranges of all parameters rankings hold."""
        held = tables.ranking_pairs(self.facts)
        if held.rows:
            yield self._say("text.worlds")
            yield Grid(held)
        else:
            yield Gap(self.facts.words("gap.worlds"))
        yield self._say("text.uncertain", note=True)

    def _appendix(self) -> Iterator[Block]:
        facts = self.facts
        yield self._say("text.repeat", command=str(self.provenance.get("command", "–")))
        yield from self._list(tables.seeds(facts))
        yield from self._list(tables.provenance(facts.words, self.provenance))
        yield from self._list(tables.regimes(facts))
        for key in ODD:
            yield self._say(f"odd.{key}")
        yield self._say("text.parameters")
        yield from self._list(tables.parameters(facts), folded=True)
        yield self._say("text.levers")
        for head, pairs in tables.levers(facts):
            yield Pairs(head, pairs)
