"""Pages, tables and figures of replications, in both languages."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agents.settings import ConfigError
from experiments.figures.style import PNG_DPI, save, style
from experiments.markdown import table
from experiments.replications.figures import draw
from experiments.replications.labels import case_label, measure_label, sentence
from experiments.replications.results import LEVEL, NO_REFERENCE, Estimate, Result
from experiments.replications.run import Order
from experiments.running.provenance import provenance
from experiments.running.store import atomic_write, describe
from experiments.words import LANGUAGES, Words

FOLDER = "replications"
PAGES = {"en": "replications.md", "zh": "replications.zh.md"}
PROVENANCE = "provenance.json"
MEASURED = (
    "measure", "replicates", "mean", "standard_error", "reference", "reference_error",
    "difference", "z", "verdict",
)  # fmt: skip
CLAIMED = ("claim", "replicates", "difference", "standard_error", "verdict")


def prepare_folder(order: Order) -> Path:
    """The folder beside the pages, made now, so that nothing runs in vain.

    Raises
    ------
    ConfigError: it cannot be written to, or holds other replications.
    """
    folder = order.out / FOLDER
    advice = "Write another folder, such as out=results/my_replications."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / PROVENANCE
        held = _held(file)
    except OSError as error:
        raise ConfigError(
            f"out = {order.out} cannot be used. {describe(error)}. {advice}"
        ) from error
    if held is not None and (held.get("seed"), held.get("replicates")) != _ordered(order):
        raise ConfigError(
            f"out = {order.out} holds replications of other names, seed or number of replicates; "
            f"nothing was written. {advice}"
        )
    return folder


def _held(file: Path) -> dict[str, Any] | None:
    """Where the results in the folder came from; None when there are none, or nobody knows."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return held if isinstance(held, dict) else None


def _ordered(order: Order) -> tuple[int, dict[str, int]]:
    return order.seed, {one.name: order.replicates or one.replicates for one in order.replications}


def _command(order: Order) -> str:
    """The command that gives these results, but for the folder."""
    names = [one.name for one in order.replications]
    words = ["consortia", "replicate", *(["all"] if order.everything else names)]
    if order.replicates:
        words.append(f"replicates={order.replicates}")
    return " ".join([*words, f"seed={order.seed}"])


def write_results(order: Order, results: Sequence[Result], folder: Path, seconds: float) -> None:
    """Write tables, figures, pages, and where all came from."""
    for result in results:
        _write(folder / f"{result.replication.name}.csv", _csv(result))
        if result.findings:
            _write(folder / f"{result.replication.name}_claims.csv", _claims_csv(result))
        for lang in LANGUAGES:
            with style(lang):
                name = _figure(result, lang)
                figure = draw(result, Words(lang))
                save(figure, folder / name, (folder / name).with_suffix(".png"), PNG_DPI)
    seed, counts = _ordered(order)
    origin = provenance(
        seed=seed, replicates=counts, runs={"done": sum(counts.values())}, seconds=seconds
    )
    for lang in LANGUAGES:
        _write(order.out / PAGES[lang], page(results, _command(order), origin, Words(lang)))
    _write(folder / PROVENANCE, json.dumps(origin, indent=2, ensure_ascii=False))


def _figure(result: Result, lang: str) -> str:
    return f"{result.replication.name}{'' if lang == LANGUAGES[0] else '.' + lang}.svg"


def _write(path: Path, text: str) -> None:
    atomic_write(path, lambda file: file.write(text.encode("utf-8")))


# ---------------------------------------------------------------- tables


def _csv(result: Result) -> str:
    keys = list(result.estimates[0].case)
    lines: list[Sequence[Any]] = [[*keys, *MEASURED]]
    for one in result.estimates:
        told = one.reference
        lines.append([
            *one.case.values(), one.measure, one.replicates, one.mean, one.standard_error,
            told.value if told else "", told.error if told else "",
            one.difference if told else "", one.z if told else "", one.verdict,
        ])  # fmt: skip
    return _lines(lines)


def _claims_csv(result: Result) -> str:
    rows = (
        [one.claim.says["en"], result.replicates, one.difference, one.standard_error, one.verdict]
        for one in result.findings
    )
    return _lines([CLAIMED, *rows])


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


# ---------------------------------------------------------------- pages


def page(results: Sequence[Result], command: str, origin: dict[str, Any], words: Words) -> str:
    """The page of one language, in Markdown."""
    twin = PAGES["zh" if words.lang == "en" else "en"]
    parts = [
        f"# {words('replications.title')}",
        f"[{words('page.twin')}]({twin})",
        words("replications.about", percent=words.percent(LEVEL)),
        _overview(results, words),
    ]
    for result in results:
        parts += _section(result, words)
    parts += [f"## {words('page.made')}", _made(command, origin, words)]
    return "\n\n".join(parts) + "\n"


def _overview(results: Sequence[Result], words: Words) -> str:
    head = [words(f"replications.head.{key}") for key in ("replication", "replicates", "finding")]
    rows = (
        (
            f"[{one.replication.title[words.lang]}](#{one.replication.name})",
            one.replicates,
            sentence(one, words),
        )
        for one in results
    )
    return table(head, rows)


def _section(result: Result, words: Words) -> Iterator[str]:
    one, lang = result.replication, words.lang
    yield f"## {one.name}\n\n**{one.title[lang]}.** {sentence(result, words)}"
    yield words("replications.setup", text=one.setup[lang])
    yield words("page.source", source=one.source)
    yield f"![{one.title[lang]}]({FOLDER}/{_figure(result, lang)})"
    yield _estimates(result, words)
    if result.findings:
        yield _findings(result, words)
    yield words("replications.notes", text=one.notes[lang])


def _estimates(result: Result, words: Words) -> str:
    """One line per value where there are references, else one per case."""
    if not any(one.reference for one in result.estimates):
        return _by_case(result, words)
    keys = ("case", "measure", "mean", "error", "reference", "difference", "z", "verdict")
    rows = (
        [
            case_label(result.replication.kind_name, one.case, words),
            measure_label(one.measure, words),
            f"{one.mean:.3f}",
            f"{one.standard_error:.4f}",
            *_beside(one, words),
        ]
        for one in result.estimates
    )
    return table([words(f"replications.head.{key}") for key in keys], rows)


def _by_case(result: Result, words: Words) -> str:
    rows: dict[str, list[str]] = {}
    for one in result.estimates:
        label = case_label(result.replication.kind_name, one.case, words)
        rows.setdefault(label, []).append(f"{one.mean:.3f} ({one.standard_error:.3f})")
    measures = dict.fromkeys(measure_label(one.measure, words) for one in result.estimates)
    told = words("replications.in_brackets")
    head = [words("replications.head.case"), *measures]
    return f"{told}\n\n{table(head, ([label, *found] for label, found in rows.items()))}"


def _beside(one: Estimate, words: Words) -> list[str]:
    if one.reference is None:
        return ["", "", "", words(f"replications.verdict.{NO_REFERENCE}")]
    z = f"{one.z:+.1f}" if math.isfinite(one.z) else words("replications.infinite")
    verdict = words(f"replications.verdict.{one.verdict}")
    return [f"{one.reference.value:.3f}", f"{one.difference:+.3f}", z, verdict]


def _findings(result: Result, words: Words) -> str:
    rows = (
        (
            one.claim.says[words.lang],
            f"{one.difference:+.3f}",
            f"{one.standard_error:.4f}",
            words(f"replications.verdict.{one.verdict}"),
        )
        for one in result.findings
    )
    head = [
        words(f"replications.head.{key}") for key in ("claim", "difference", "error", "verdict")
    ]
    return table(head, rows)


def _made(command: str, origin: dict[str, Any], words: Words) -> str:
    return words(
        "replications.made", seed=origin["seed"], hash=origin["source_hash"], folder=FOLDER,
        version=origin["versions"]["consortia"] or "-", command=command,
    )  # fmt: skip


def told(order: Order, results: Sequence[Result]) -> str:
    """What the command says when it is done."""
    words = Words(order.lang)
    lines = [f"{one.replication.title[order.lang]}: {sentence(one, words)}" for one in results]
    place = words(
        "replications.wrote", out=order.out, page=PAGES[order.lang], folder=order.out / FOLDER
    )
    return "\n".join([*lines, place])
