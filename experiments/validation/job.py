"""``consortia validate``: runs the model, measures three columns, and writes page, tables, figures."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from agents.settings import ConfigError
from experiments.markdown import table
from experiments.report.numbers import interval, number
from experiments.running.files import ExperimentError, describe, write_text, yaml_text
from experiments.running.progress import make_progress
from experiments.running.provenance import command_line, provenance
from experiments.tables.files import write_table
from experiments.validation.figure import write_figure
from experiments.validation.measures import BEHAVIOUR, CLASSES
from experiments.validation.network import Network
from experiments.validation.reader import Programme, read_programme
from experiments.validation.results import Found, Validation, compare
from experiments.validation.runs import model_networks
from experiments.validation.sentences import label, sentences, title
from experiments.validation.settings import ValidateSetup
from experiments.validation.tables import tables
from experiments.words import LANGUAGES, Words

FOLDER = "validation"
PAGES = {"en": "validation.md", "zh": "validation.zh.md"}


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A validation as it stands in its folder."""

    validation: Validation
    tables: dict[str, pa.Table]
    sentences: list[str]
    out: Path
    lang: str


def validate(setup: ValidateSetup, *, progress: bool = True) -> Answer:
    """Run what is missing, write the folder, and return what stands in it.

    Raises
    ------
    ConfigError: the data cannot be read, or there are too few projects (exit code 2).
    ExperimentError: the folder cannot be written (1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on.
    """
    against = setup.against
    real = read_programme(against.data)
    sample = read_programme(against.sample) if against.sample else None
    started = time.monotonic()
    networks = run_model(setup, progress)
    validation = compare(
        against, networks, real.network, sample.network if sample else None, setup.projects
    )
    try:
        return _write(setup, validation, networks, real, sample, time.monotonic() - started)
    except OSError as error:
        raise ExperimentError(f"{describe(error)} while {setup.model.out} was written.") from error


def run_model(setup: ValidateSetup, progress: bool) -> list[Network]:
    """The model's networks.

    Raises
    ------
    ConfigError: the folder cannot be used.
    """
    from simulation.warmup import warm_up

    folder = setup.model.out / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"out = {setup.model.out} cannot be used. {describe(error)}.") from error
    warm_up(lambda text: print(text, file=sys.stderr))
    with make_progress(progress) as shown:
        return model_networks(setup.model, folder, shown)


def _write(
    setup: ValidateSetup, validation: Validation, networks: list[Network], real: Programme,
    sample: Programme | None, seconds: float,
) -> Answer:  # fmt: skip
    folder = setup.model.out / FOLDER
    dated = {one.name: one.network for one in (real, sample) if one is not None and one.dated}
    made = tables(validation, networks, dated)
    for name, one in made.items():
        write_table(one, folder, name)
    origin = provenance(
        seed=setup.model.seed, replicates={"every run": setup.model.replicates},
        runs={"done": setup.model.replicates}, seconds=seconds,
    )  # fmt: skip
    write_text(folder / "provenance.json", json.dumps(origin, indent=2, ensure_ascii=False))
    write_text(folder / "config.yaml", yaml_text(setup.model.config))
    told = {}
    for lang in LANGUAGES:
        words = Words(lang)
        told[lang] = sentences(validation, setup, real.counts, words)
        svg = write_figure(validation, title(setup, words), folder, lang)
        text = page(validation, setup, told[lang], f"{FOLDER}/{svg.name}", words)
        write_text(setup.model.out / PAGES[lang], text)
    return Answer(validation, made, told[setup.model.lang], setup.model.out, setup.model.lang)


def page(
    validation: Validation, setup: ValidateSetup, told: list[str], picture: str, words: Words
) -> str:
    """The page of one language, in Markdown."""
    twin = PAGES["zh" if words.lang == "en" else "en"]
    parts = [
        f"# {words('validation.title', title=title(setup, words))}",
        f"[{words('page.twin')}]({twin})",
        words("validation.about"),
        "\n".join(f"- {sentence}" for sentence in told),
        f"![{words('validation.alt')}]({picture})",
        words("validation.figure_caption"),
    ]
    for group in CLASSES:
        parts += [
            f"## {words(f'validation.group.{group}')}",
            words(f"validation.group_about.{group}"),
            _table(validation.of(group), group == BEHAVIOUR, words),
        ]
    parts += [
        words("validation.files", folder=FOLDER),
        words("validation.source", source=setup.against.source),
        words("validation.command", command=_command(setup)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(found: list[Found], full: bool, words: Words) -> str:
    names = [
        "measure",
        "model",
        "real",
        "null",
        "distance",
        "within",
        *(["verdict"] if full else []),
    ]
    return table(
        [words(f"validation.column.{name}") for name in names],
        (_cells(one, full, words) for one in found),
    )


def _cells(one: Found, full: bool, words: Words) -> list[str]:
    distance = f"{number(one.distance, signed=True)} {interval(one.low, one.high, signed=True)}"
    cells = [
        label(one, words), f"{number(one.model.mean)} ({number(one.model.sd)})",
        f"{number(one.real.mean)} ({number(one.real.sd)})", number(one.null.mean), distance,
        f"± {number(one.target.within)}",
    ]  # fmt: skip
    if full:
        verdict = words(f"validation.verdict.{one.verdict}")
        cells.append(f"{verdict} *" if one.null_too else verdict)
    return cells


def _command(setup: ValidateSetup) -> str:
    """The command that gives these figures, but for folder and language."""
    kept = [word for word in setup.words if not word.startswith(("out=", "lang="))]
    return command_line(["consortia", "validate", *kept])
