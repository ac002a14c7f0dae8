"""The page that answers a question, in Markdown, made from the tables alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.answer_sentences import Answer, also_told, counts, headline, reversal, sentence
from experiments.explain import _shown as shown
from experiments.markdown import table as markdown_table
from experiments.question_map import Level
from experiments.report import interval, number
from experiments.statistics.paired import CANNOT_TELL
from experiments.tables import MAIN, regime_entries
from experiments.words import Words

MOST_LEVERS = 24  # rows of the table of levers; beyond, a sentence stands for it
PAGES = {"en": "answer.md", "zh": "answer.zh.md"}
FIGURES = {"en": "break_even.svg", "zh": "break_even.zh.svg"}
DECISION = "0005-statistics.md"
TRUST = "ask-a-question.md#how-far-to-trust-a-sign"


def page(answer: Answer, provenance: Mapping[str, Any]) -> str:
    """The page of one language, in Markdown."""
    words, question = answer.words, answer.question
    twin = PAGES["zh" if words.lang == "en" else "en"]
    parts = [
        f"# {question.title[words.lang]}",
        f"[{words('page.twin')}]({twin})",
        f"**{headline(answer)}**",
        words.paragraph([*also_told(answer), words("page.model")]),
        f"## {words('page.asked')}",
        question.question[words.lang],
        _setting(answer),
        words("page.source", source=" ".join(question.source.split())),
        *_settings(answer),
        f"## {words('page.regimes')}",
        *_regimes(answer),
        f"## {words('page.found')}",
        *_found(answer),
        *(_facts(answer) if question.facts else ()),
        f"## {words('page.money')}",
        *_money(answer),
        *(_reverse(answer) if question.axes else ()),
        f"## {words('page.made')}",
        *_made(answer, provenance),
    ]
    return "\n\n".join(parts) + "\n"


def _setting(answer: Answer) -> str:
    time: Any = answer.setup.world.sections["time"]
    population = answer.setup.population
    return answer.words(
        "page.setting", years=f"{time.policy / 4:g}", population=population.name,
        organisations=population.size,
    )  # fmt: skip


def _settings(answer: Answer) -> Iterator[str]:
    """What the experiment sets beside its regimes."""
    if settings := answer.question.settings:
        yield answer.words("page.brings", settings=" ".join(f"`{one}`" for one in settings))


# ---------------------------------------------------------------- regimes and contrasts


def _regimes(answer: Answer) -> Iterator[str]:
    """Titles and names, and the levers in which they differ."""
    words = answer.words
    lines = [f"- {words.title(entry)} (`{entry.name}`)" for entry in answer.question.regimes]
    yield "\n".join(lines)
    levers = differing_levers(answer)
    if sum(bool(entry.regime.programmes) for entry in answer.question.regimes) < 2:
        return
    if not levers:
        yield words("page.no_levers")
    elif len(levers) > MOST_LEVERS:
        yield words("page.many_levers", count=len(levers))
    else:
        yield words("page.levers", reference=words.title(answer.setup.reference))
        names = [entry.name for entry in answer.question.regimes]
        head = [words("head.lever"), *(f"`{name}`" for name in names)]
        yield markdown_table(head, [[f"`{name}`", *values] for name, values in levers.items()])


def differing_levers(answer: Answer) -> dict[str, list[str]]:
    """Levers that are not equal in all regimes with programmes: name to value by regime."""
    values: dict[str, list[str]] = {}
    entries = answer.question.regimes
    for k, entry in enumerate(entries):
        for programme in entry.regime.programmes:
            for family, settings in programme.levers.items():
                for lever, value in settings.as_mapping().items():
                    cells = values.setdefault(f"{family}.{lever}", ["–"] * len(entries))
                    text = shown(value)
                    known = [] if cells[k] == "–" else cells[k].split(" | ")
                    cells[k] = " | ".join([*known, text] if text not in known else known)
    funded = [k for k, entry in enumerate(entries) if entry.regime.programmes]
    return {name: cells for name, cells in values.items() if len({cells[k] for k in funded}) > 1}


def _found(answer: Answer) -> Iterator[str]:
    """A sentence for each contrast, then all outcomes in one table, then the means."""
    words, question = answer.words, answer.question
    rows = answer.rows("contrasts", variant=MAIN)
    found = {(row["contrast"], row["outcome"]): row for row in rows}
    yield "\n".join(
        f"- {sentence(answer, contrast, found[k, answer.outcome])}"
        for k, contrast in enumerate(question.contrasts, start=1)
        if (k, answer.outcome) in found
    )
    n = max((row["n"] for row in rows), default=0)
    yield words("page.table_note", n=n, contrasts=len(question.contrasts))
    head = [words("page.contrast"), *map(answer.measure, question.outcomes)]
    lines = []
    for k, contrast in enumerate(question.contrasts, start=1):
        of, minus = answer.title(contrast.of), answer.title(contrast.minus)
        cells = [_cell(found.get((k, outcome))) for outcome in question.outcomes]
        lines.append([words("page.minus", of=of, minus=minus), *cells])
    yield markdown_table(head, lines)
    yield words("page.means_note", reference=words.title(answer.setup.reference))
    yield _means(answer)
    yield _never_bound(answer)


def _never_bound(answer: Answer) -> str:
    """Rules that could have made a difference and made none."""
    words, entries = answer.words, regime_entries(answer.setup)
    rules: dict[str, list[str]] = {}
    for row in answer.rows("never_bound"):
        rules.setdefault(row["rule"], []).append(words.title(entries[row["regime"]]))
    if not rules:
        return words("page.all_bound")
    funded = sum(bool(entry.regime.programmes) for entry in entries.values())
    named = []
    for rule, titles in rules.items():
        everywhere = len(titles) == funded > 1
        regimes = words("page.all_regimes") if everywhere else words("list.semicolon").join(titles)
        named.append(words("page.rule", rule=words(f"rule.{rule}"), regimes=regimes))
    return words("page.never_bound") + "\n\n" + "\n".join(f"- {one}" for one in named)


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    span = interval(row["sim_low"], row["sim_high"], signed=True)
    text = f"{number(row['difference'], signed=True)} {span}"
    return text if row["verdict"] == CANNOT_TELL else f"**{text}**"


def _means(answer: Answer) -> str:
    means = {(row["regime"], row["outcome"]): row["mean"] for row in answer.rows("summary")}
    head = [answer.words("head.regime"), *map(answer.measure, answer.question.outcomes)]
    entries = regime_entries(answer.setup)
    lines = [
        [answer.words.title(entries[name]),
         *(number(means[name, outcome]) for outcome in answer.question.outcomes)]
        for name in _finished(answer)
    ]  # fmt: skip
    return markdown_table(head, lines)


def _finished(answer: Answer) -> list[str]:
    return list(dict.fromkeys(answer.tables["summary"]["regime"].to_pylist()))


def _facts(answer: Answer) -> Iterator[str]:
    """Published figures beside what the model makes of them."""
    words, facts = answer.words, answer.question.facts
    rows = {row["outcome"]: row for row in answer.rows("facts")}
    n = max((row["n"] for row in rows.values()), default=0)
    yield f"## {words('page.against')}"
    yield words("page.against_note", regime=answer.title(answer.question.contrasts[0].of), n=n)
    head = [words(f"page.{key}") for key in ("figure", "published", "here", "role", "where_from")]
    lines = []
    for fact in facts:
        row = rows.get(fact.outcome)
        mean = "–" if row is None else f"{number(row['mean'])} {interval(row['low'], row['high'])}"
        role = words("page.put_in" if fact.given else "page.comes_out")
        lines.append([fact.what[words.lang], number(fact.published), mean, role, fact.source])
    yield markdown_table(head, lines)


# ---------------------------------------------------------------- money


def _money(answer: Answer) -> Iterator[str]:
    """What was offered and spent, and the cost of an additional breakthrough."""
    words, entries = answer.words, regime_entries(answer.setup)
    yield words("page.money_note", reference=words.title(answer.setup.reference))
    means = {(row["regime"], row["outcome"]): row["mean"] for row in answer.rows("summary")}
    costs = {
        (row["regime"], row["payer"]): row
        for row in answer.rows("incremental_cost", effect="technical")
    }
    head = [words("head.regime")] + [
        words(f"page.{key}") for key in ("offered", "spent", "soe", "per_programme", "per_all_in")
    ]
    lines = []
    for name in _finished(answer):
        spent = [means[name, key] for key in ("public_offered", "public_spent", "paid_soe_funds")]
        extra = [_cost(words, costs.get((name, payer))) for payer in ("programme", "all_in")]
        lines.append([words.title(entries[name]), *map(number, spent), *extra])
    yield markdown_table(head, lines)


def _cost(words: Words, row: Mapping[str, Any] | None) -> str:
    """Cost of an additional breakthrough, where there are additional ones."""
    if row is None:
        return "–"
    if not row["bounded"]:
        return words("page.untold")
    if row["extra_effect"] < 0:
        return words("page.fewer")
    return f"{number(row['cost_per_extra'])} {interval(row['low'], row['high'])}"


# ---------------------------------------------------------------- the map


def _reverse(answer: Answer) -> Iterator[str]:
    words, question = answer.words, answer.question
    yield f"## {words('page.reverse')}"
    cells = answer.rows("break_even", outcome=answer.outcome)
    n = max((row["n"] for row in cells), default=0)
    yield "\n".join(f"- {line}" for line in reversal(answer))
    main = question.contrasts[0]
    places = {
        "outcome": answer.measure(answer.outcome), "of": answer.title(main.of),
        "minus": answer.title(main.minus), "cells": len(cells), "n": n,
    }  # fmt: skip
    told = words("page.outcome_map", measure=places["outcome"], **counts(cells))
    alt = words("break_even.alt", **places, counts=told)
    yield f"![{alt}](figures/{FIGURES[words.lang]})"
    yield words("break_even.caption", **places)
    notes = [words("page.map_note", cells=len(cells), n=n, link=TRUST)]
    if "technical" in question.outcomes:
        notes.append(words("page.technical_note"))
    yield words.paragraph(notes)
    if len(question.outcomes) > 1:
        yield words("page.other_maps")
        yield "\n".join(f"- {_outcome_map(answer, name)}" for name in question.outcomes[1:])
    yield from _axes(answer)


def _outcome_map(answer: Answer, outcome: str) -> str:
    told = counts(answer.rows("break_even", outcome=outcome))
    return answer.words("page.outcome_map", measure=answer.measure(outcome), **told)


def _axes(answer: Answer) -> Iterator[str]:
    """What the levels of the map change, and why."""
    words, axes = answer.words, answer.question.axes
    head = [words(f"page.{key}") for key in ("axis", "level", "changes")]
    lines = [
        [axis.title[words.lang], level.title[words.lang], _changes(words, level)]
        for axis in axes
        for level in axis.levels
    ]
    yield markdown_table(head, lines)
    stop = ": " if words.lang == "en" else "："
    yield "\n".join(
        f"- {axis.title[words.lang]}{stop}{' '.join(axis.why[words.lang].split())}" for axis in axes
    )


def _changes(words: Words, level: Level) -> str:
    changed = [f"`{name}` = {shown(value)}" for name, value in level.set.items()]
    changed += [f"`{name}` × {factor:g}" for name, factor in level.times.items()]
    return words.join(changed) if changed else words("page.nothing")


# ---------------------------------------------------------------- how it was made


def _made(answer: Answer, provenance: Mapping[str, Any]) -> Iterator[str]:
    words, replicates = answer.words, provenance["replicates"]
    yield words("page.command")
    yield f"```sh\n{command(answer, provenance)}\n```"
    yield words(
        "page.facts", seed=answer.setup.seed, n=replicates[MAIN], map=replicates.get("map", 0),
        definitions=answer.setup.variant_replicates if answer.setup.variants else 0,
        version=provenance["versions"]["consortia"] or words("page.from_source"), hash=provenance["source_hash"][:12],
    )  # fmt: skip
    yield words("page.files", link=DECISION)


def command(answer: Answer, provenance: Mapping[str, Any]) -> str:
    """The command as typed, or one that does the same when it was called from a program."""
    typed = shlex.split(provenance["command"])
    if "compare" in typed[1:2]:
        return shlex.join(["consortia", *typed[1:]])
    setup = answer.setup
    return (
        f"consortia compare experiment={setup.question.name} replicates={setup.replicates} "
        f"seed={setup.seed} out=results/{setup.question.name}"
    )
