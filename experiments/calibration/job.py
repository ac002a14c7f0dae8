"""``consortia calibrate``: the search, its checks, and a folder that tells what came of it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from agents.settings import ConfigError
from experiments.calibration.figure import write_figure
from experiments.calibration.fit import NEEDED, prior_bank, search
from experiments.calibration.recovery import LEVEL, recovery
from experiments.calibration.results import Fit, judged, tables
from experiments.calibration.settings import CalibrateSetup
from experiments.calibration.simulate import Simulator, distance, observed
from experiments.library import read_yaml
from experiments.markdown import table
from experiments.report.numbers import interval, number
from experiments.running.files import ExperimentError, describe, write_text, yaml_text
from experiments.running.progress import make_progress
from experiments.running.provenance import command_line, provenance
from experiments.tables.files import write_table
from experiments.validation.figure import write_figure as write_check
from experiments.validation.measures import BEHAVIOUR
from experiments.validation.results import REPRODUCED, Validation
from experiments.validation.sentences import label
from experiments.words import LANGUAGES, Words

FOLDER = "calibration"
PAGES = {"en": "calibration.md", "zh": "calibration.zh.md"}
CONFIG = "config.yaml"
FREE = ("out", "lang", "checked_runs", "generations")  # may change when a fit goes on


def calibrate(setup: CalibrateSetup, *, progress: bool = True) -> tuple[Fit, list[str]]:
    """Search, check, write the folder; returns the fit and the answer in words.

    Raises
    ------
    ConfigError: pyabc is missing, or the folder holds another fit (exit code 2).
    ExperimentError: the folder cannot be written (1).
    KeyboardInterrupt: after Ctrl-C; the same call goes on from the last whole generation.
    """
    folder = _prepared(setup)
    from simulation.warmup import warm_up

    warm_up(lambda text: print(text, file=sys.stderr))
    started = time.monotonic()
    try:
        fit = _fit(setup, folder, progress)
        return fit, _write(fit, folder, time.monotonic() - started)
    except OSError as error:
        raise ExperimentError(f"{describe(error)} while {folder} was written.") from error


def _prepared(setup: CalibrateSetup) -> Path:
    """The folder, with the configuration of this fit."""
    from importlib.util import find_spec

    if find_spec("pyabc") is None:
        raise ConfigError(NEEDED)
    folder = setup.model.out / FOLDER
    plain = json.loads(json.dumps(setup.model.config))
    try:
        (folder / "world").mkdir(parents=True, exist_ok=True)
        file = folder / CONFIG
        if file.is_file() and _bound(read_yaml(file)) != _bound(plain):
            raise ConfigError(
                f"out = {setup.model.out} holds another fit. Write another folder, such as "
                f"out=results/my_fit, or the settings of the first."
            )
        write_text(file, yaml_text(plain))
    except OSError as error:
        raise ConfigError(f"out = {setup.model.out} cannot be used. {describe(error)}.") from error
    return folder


def _bound(config: dict[str, object]) -> dict[str, object]:
    """What may not change when a fit goes on."""
    inside = config["calibration"]
    assert isinstance(inside, dict)
    kept = {key: value for key, value in config.items() if key not in FREE}
    return kept | {"calibration": {k: v for k, v in inside.items() if k not in FREE}}


def _fit(setup: CalibrateSetup, folder: Path, progress: bool) -> Fit:
    simulate = Simulator(setup)
    wanted, parts = observed(setup)
    names = [one.name for one in setup.priors]
    with make_progress(progress) as shown:
        shown.start(setup.prior_runs + 2 * setup.checked_runs, 0)

        def done() -> None:
            shown.advance(done=1)

        bank = prior_bank(setup, folder, simulate, done)
        posterior = search(
            setup, folder, simulate, wanted, lambda a, b: distance(a, b, setup.targets)
        )
        after = []
        for values in posterior.drawn(setup.checked_runs).tolist():
            after.append(simulate(dict(zip(names, values, strict=True))))
            done()
        before = []
        for place in range(setup.checked_runs):
            before.append(simulate({}, place))
            done()
    return Fit(
        setup, posterior, bank, judged(setup, before, parts), judged(setup, after, parts),
        recovery(bank, setup.priors, setup.targets),
    )  # fmt: skip


def _write(fit: Fit, folder: Path, seconds: float) -> list[str]:
    setup = fit.setup
    for name, one in tables(fit).items():
        write_table(one, folder, name)
    write_text(folder / "world" / "fitted.yaml", preset(fit))
    origin = provenance(
        seed=setup.model.seed, replicates={"checked": setup.checked_runs},
        runs={"done": fit.posterior.simulations + setup.prior_runs + 2 * setup.checked_runs},
        seconds=seconds,
    )  # fmt: skip
    write_text(folder / "provenance.json", json.dumps(origin, indent=2, ensure_ascii=False))
    told: dict[str, list[str]] = {}
    validation = Validation(fit.after, setup.projects, setup.projects)
    for lang in LANGUAGES:
        words = Words(lang)
        told[lang] = sentences(fit, words)
        title = words("calibration.check_title", title=setup.against.title[lang])
        figures = (
            write_figure(fit, folder, lang),
            write_check(validation, title, folder, lang, "check"),
        )
        text = page(fit, told[lang], [f"{FOLDER}/{file.name}" for file in figures], words)
        write_text(setup.model.out / PAGES[lang], text)
    return told[setup.model.lang]


def preset(fit: Fit) -> str:
    """A file ``configs/world/NAME.yaml`` with the posterior's medians."""
    sections: dict[str, dict[str, float]] = {}
    for column, prior in enumerate(fit.setup.priors):
        section, _, field = prior.name.partition(".")
        value = fit.posterior.quantile(column, 0.5)
        sections.setdefault(section, {})[field] = float(f"{value:.3g}")
    head = f"# Medians of a posterior: {_command(fit)}\ndefaults: [default, _self_]\n"
    return head + yaml_text(sections)


# ---------------------------------------------------------------- words


def sentences(fit: Fit, words: Words) -> list[str]:
    """The answer, a sentence or two in each line."""
    behaviours = [one for one in fit.after if one.target.measure.group == BEHAVIOUR]
    fitted = [one for one in behaviours if one.target.measure.name in fit.fitted]
    missed = [one for one in fitted if one.verdict != REPRODUCED]
    others = [one for one in behaviours if one.target.measure.name not in fit.fitted]
    before = [one for one in fit.before if one.target.measure.group == BEHAVIOUR]
    lines = [
        words(
            "calibration.search", count=len(fit.setup.priors), simulations=f"{fit.posterior.simulations:,}",
            generations=len(fit.posterior.thresholds), first=number(fit.posterior.thresholds[0]),
            last=number(fit.posterior.thresholds[-1]),
        ),
        words(
            "calibration.reach", count=len(fitted) - len(missed), all=len(fitted),
            others=sum(one.verdict == REPRODUCED for one in others), rest=len(others),
            before=sum(one.verdict == REPRODUCED for one in before), behaviours=len(before),
        ),
    ]  # fmt: skip
    if missed:
        listed = (
            words(
                "calibration.missed_one", measure=label(one, words), model=number(one.model.mean),
                real=number(one.real.mean), verdict=words(f"validation.verdict.{one.verdict}"),
            )
            for one in missed
        )  # fmt: skip
        lines.append(words("calibration.missed", list=words.join(listed)))
    if fit.recovered is None:
        lines.append(words("calibration.no_recovery"))
    else:
        known = zip(fit.setup.priors, fit.recovered, strict=True)
        blind = [prior.name for prior, one in known if one.explained < 0.1]
        if blind:
            lines.append(words("calibration.blind", list=words.join(blind)))
        lines.append(
            words(
                "calibration.coverage", runs=fit.recovered[0].runs, level=words.percent(LEVEL),
                list=words.join(
                    f"{prior.name} {one.covered / one.runs:.2f} [{one.low:.2f}, {one.high:.2f}]"
                    for prior, one in zip(fit.setup.priors, fit.recovered, strict=True)
                ),
            )
        )  # fmt: skip
    lines.append(words("calibration.certifies"))
    return lines


def page(fit: Fit, told: list[str], pictures: list[str], words: Words) -> str:
    """The page of one language, in Markdown."""
    twin = PAGES["zh" if words.lang == "en" else "en"]
    title = fit.setup.against.title[words.lang]
    rows = tables(fit)
    parts = [
        f"# {words('calibration.title', title=title)}",
        f"[{words('page.twin')}]({twin})",
        words("calibration.about"),
        "\n".join(f"- {sentence}" for sentence in told),
        f"![{words('calibration.figure_title')}]({pictures[0]})",
        _posterior_table(rows["posterior"].to_pylist(), words),
        f"## {words('calibration.check')}",
        words("calibration.check_about", count=fit.setup.checked_runs, projects=fit.setup.projects),
        f"![{words('validation.alt')}]({pictures[1]})",
        _check_table(fit, words),
        words("validation.figure_caption"),
        words("calibration.files", folder=FOLDER),
        words("validation.source", source=fit.setup.against.source),
        words("validation.command", command=_command(fit)),
    ]
    return "\n\n".join(parts) + "\n"


def _posterior_table(rows: list[dict[str, float]], words: Words) -> str:
    names = ("parameter", "prior", "default", "median", "interval", "explained", "coverage")
    lines = (
        [
            row["parameter"], interval(row["low"], row["high"]), number(row["default"]),
            number(row["median"]), interval(row["q05"], row["q95"]), number(row["explained"]),
            f"{row['covered']}/{row['runs']}",
        ]
        for row in rows
    )  # fmt: skip
    return table([words(f"calibration.column.{name}") for name in names], lines)


def _check_table(fit: Fit, words: Words) -> str:
    names = (
        "measure",
        "fitted",
        "before",
        "after",
        "real",
        "null",
        "distance",
        "within",
        "verdict",
    )
    lines = []
    for before, after in zip(fit.before, fit.after, strict=True):
        if after.target.measure.group != BEHAVIOUR:
            continue
        lines.append([
            label(after, words), "+" if after.target.measure.name in fit.fitted else "",
            number(before.model.mean), f"{number(after.model.mean)} ({number(after.model.sd)})",
            number(after.real.mean), number(after.null.mean),
            f"{number(after.distance, signed=True)} {interval(after.low, after.high, signed=True)}",
            f"± {number(after.target.within)}",
            words(f"validation.verdict.{after.verdict}") + (" *" if after.null_too else ""),
        ])  # fmt: skip
    return table([words(f"calibration.column.{name}") for name in names], lines)


def _command(fit: Fit) -> str:
    kept = [word for word in fit.setup.words if not word.startswith(("out=", "lang="))]
    return command_line(["consortia", "calibrate", *kept])
