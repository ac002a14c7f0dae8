"""The answer to a question: a page in each language, made from the tables alone.

``consortia compare experiment=NAME out=results/NAME`` writes ``answer.md`` and ``answer.zh.md``.
``python -m experiments.answers results/NAME docs/questions`` copies them with their figures under
the question's name and renews the index of that folder.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from agents.settings import ConfigError
from experiments.answer_page import DECISION, FIGURES, PAGES, TRUST, page
from experiments.answer_sentences import Answer
from experiments.figures.break_even import write_break_even
from experiments.library import read_yaml
from experiments.markdown import table as markdown_table
from experiments.question_tables import write_question_tables
from experiments.regimes import LANGUAGES
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import QuestionSetup

FINDING = re.compile(r"^\*\*(.+)\*\*$", re.MULTILINE)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def write_answer(
    runs: pa.Table,
    tables: Mapping[str, pa.Table],
    setup: QuestionSetup,
    provenance: Mapping[str, Any],
    out: Path,
) -> list[Path]:
    """Write contrasts, map, figures and both pages into ``out``; returns the pages.

    Parameters
    ----------
    runs: the table of runs, cells of the map included.
    tables: what :func:`experiments.tables.write_tables` returned.
    provenance: versions and command, as written to provenance.json.
    """
    made = {**tables, **write_question_tables(runs, setup, out)}
    pages = []
    for lang in LANGUAGES:
        if setup.cells:
            write_break_even(made["break_even"], setup.question, out / "figures", lang)
        text = page(Answer(setup, made, Words(lang)), provenance)
        pages.append(out / PAGES[lang])
        pages[-1].write_text(text, encoding="utf-8", newline="\n")
    return pages


# ---------------------------------------------------------------- publishing


def publish(results: Path, folder: Path) -> list[Path]:
    """Copy pages and figures of an answer into ``folder`` under the question's name.

    Parameters
    ----------
    results: output folder of ``consortia compare experiment=NAME``.
    folder: where the pages of all questions stand; its index is renewed.

    Raises
    ------
    ConfigError: the results hold no answer.
    """
    try:
        name = str(read_yaml(results / "config.yaml")["experiment"]["name"])
        pages = {lang: (results / PAGES[lang]).read_text(encoding="utf-8") for lang in LANGUAGES}
        figures = {
            lang: (results / "figures" / FIGURES[lang]).read_bytes()
            for lang in LANGUAGES
            if f"(figures/{FIGURES[lang]})" in pages[lang]
        }
    except (OSError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{results} holds no answer to a question. Write first: consortia compare "
            f"experiment=NAME out={results}"
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for lang in LANGUAGES:
        stem = name if lang == "en" else f"{name}.{lang}"
        text = pages[lang].replace(f"(figures/{FIGURES[lang]})", f"({stem}.svg)")
        for page_lang, file in PAGES.items():
            text = text.replace(f"]({file})", f"]({name}{'' if page_lang == 'en' else '.zh'}.md)")
        for link, place in ((DECISION, "decisions"), (TRUST, "how-to")):
            text = text.replace(f"]({link})", f"](../{place}/{link})")
        if lang in figures:
            (folder / f"{stem}.svg").write_bytes(figures[lang])
        (folder / f"{stem}.md").write_text(text, encoding="utf-8", newline="\n")
        written.append(folder / f"{stem}.md")
    return [*written, _write_index(folder)]


def _write_index(folder: Path) -> Path:
    """The index of all pages of a folder, with the main finding of each."""
    parts = []
    for lang in LANGUAGES:
        words = Words(lang)
        rows = []
        for path in sorted(folder.glob("*.md")):
            chinese = path.stem.endswith(".zh")
            if path.name == "index.md" or chinese != (lang == "zh"):
                continue
            text = path.read_text(encoding="utf-8")
            title, finding = TITLE.search(text), FINDING.search(text)
            if title and finding:
                rows.append([f"[{title[1]}]({path.name})", finding[1]])
        head = [words("page.index_question"), words("page.index_finding")]
        mark = "#" if lang == "en" else "##"
        parts += [f"{mark} {words('page.index')}", words("page.index_note")]
        parts.append(markdown_table(head, rows))
    path = folder / "index.md"
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")
    return path


def main(arguments: Sequence[str]) -> int:
    """Publish the answers of some output folders; returns the exit code."""
    if len(arguments) < 2:
        print("usage: python -m experiments.answers RESULTS... FOLDER", file=sys.stderr)
        return 2
    *results, folder = map(Path, arguments)
    try:
        for one in results:
            for path in publish(one, folder):
                print(f"{path} written")
    except ConfigError as error:
        print(f"answers: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
