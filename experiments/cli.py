"""The command line ``consortia``. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

OK, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130
BROUGHT = ("why", "rankings")  # folders that the report of a comparison can show

OVERVIEW = """\
Compare how often breakthroughs happen under alternative ways of organising collaborative R&D.

commands:
  compare      compare policy regimes on the same luck, at equal public money (the main job)
  report       the report of stored results again: report FOLDER lang=zh
  select       which regime is best, with a stated probability, in as few runs as needed
  sweep        many worlds, levers, populations: factorial, Latin hypercube, Sobol, Morris designs
  search       mixes of levers best on several goals, or each regime at its best on one
  why          the difference between two regimes taken apart, lever by lever: why A B
  levers       every lever at every level, which of them bite: levers [LEVER or FAMILY ...]
  rankings     in what share of possible worlds the ranking of each pair of regimes holds
  facts        which stylised facts of innovation networks the model shows, and which not
  sensitivity  which settings of a finished sweep matter, with the noise of luck taken out
  discover     in which worlds of a finished sweep a regime fails, or two change places
  run          one run of one regime, with the story of a consortium; run id=... replays a stored run
  validate     networks of the model against a real programme: validate [data=FOLDER]
  calibrate    parameters fitted to a real programme: calibrate parameters=A,B targets=X,Y
  replicate    published model results, run again through the model's own rules: replicate [NAME]
  regimes      list the regimes; explain one: regimes NAME; start one: regimes new NAME from=X
  populations  list the populations; describe one: populations NAME
  parameters   every parameter with value, unit, range, meaning and source: parameters [NAME]
  classroom    the model in a browser, for a class on the same network: classroom lang=zh port=8000
  export       a table of results for other programs: export FOLDER format=csv|dta|parquet
  diff         whether two folders of results say the same: diff A B
  verify       kill processes and compare ways of running, here, and see that nothing is lost:
               verify [NAME], thoroughly with --full
"""

EXAMPLES = """\
settings are given as name=value:
  regimes=open_challenge,race  replicates=50  seed=7  jobs=2  out=results/mine  lang=zh
  population=national          population.size=500     population=csv population.file=mine.csv
  search.noise=0.1             a parameter of the world
  funding.public_share=0.5     a lever, in all programmes of all regimes
  funding=prize                a preset of a lever family
  regime.race.selection.teams=2             a lever of one regime
  regime.combined.lead_firm.funding=prize   a preset in one programme of one regime
  experiment=label_beyond_cash              a question with its regimes and its break-even map
  robustness=none why=none     leave out the repetitions under other definitions, and part 6 of the report
  half_width=0.5 outcome=technical replicates=2000   as many replicates as the precision takes
  executor=dask scheduler=tcp://192.168.1.10:8786   run on a Dask cluster

中文: 加 lang=zh 输出中文报告和说明。
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    _print_any_character()
    try:
        return _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        print("Stopped; the same command resumes.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (ValueError, RuntimeError) as error:
        # told apart by name, so that `--help` imports neither agents nor the store
        code = {"ConfigError": BAD_INPUT, "ExperimentError": FAILED}.get(type(error).__name__)
        if code is None:
            raise
        print(f"consortia: {error}", file=sys.stderr)
        return code


def _dispatch(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="consortia", description=OVERVIEW, epilog=EXAMPLES, add_help=False,
        usage="consortia COMMAND [name=value ...] [--config-dir FOLDER]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("words", nargs="*", metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("-h", "--help", action="store_true", help="show this text and stop")
    parser.add_argument("--version", action="store_true", help="show the version and stop")
    parser.add_argument(
        "--config-dir", type=Path, action="append", default=[], metavar="FOLDER",
        help="your own regime/, population/, experiment/ or lever files, which shadow ours; may be repeated",
    )  # fmt: skip
    parser.add_argument("--full", action="store_true", help="verify: thoroughly, in minutes")
    given = parser.parse_intermixed_args(arguments)
    if given.version:
        print(f"consortia {_version()}")
        return OK
    if given.help or not given.words:
        parser.print_help()
        return OK if given.help else BAD_INPUT
    command, *words = given.words
    if command not in COMMANDS:
        raise _unknown_command(command)
    if given.full:
        words.append("full=true")
    return COMMANDS[command](words, given.config_dir)


def _unknown_command(name: str) -> ValueError:
    from agents.settings import ConfigError, nearest

    if "=" in name:
        return ConfigError(f"'{name}' is a setting, not a command. Write: consortia compare {name}")
    return ConfigError(f"'{name}' is not a command. {nearest(name, COMMANDS)}")


# ---------------------------------------------------------------- commands


def _compare(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """The main job. Its results, report and progress are told where they arise."""
    _check_ownership()
    from experiments.configuration import load_setup

    setup = load_setup("compare", words, config_dirs)
    from experiments.compare import compare

    comparison = compare(setup, progress=True)
    return FAILED if comparison.failures.num_rows else OK


def _report(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Tables, figures and report again from a folder of results, without a run."""
    _check_ownership()
    from agents.settings import ConfigError

    folders, options = _split(words, ("lang", "jobs", *BROUGHT))
    if len(folders) != 1:
        raise ConfigError(
            "report needs one folder of results. Write: consortia report results/compare lang=zh"
        )
    from experiments.report.command import write_again

    lang = _lang(options) if "lang" in options else None
    brought = {name: Path(options[name]) for name in BROUGHT if name in options}
    print(f"Report:  {write_again(Path(folders[0]), lang, options.get('jobs', '0'), brought)}")
    return OK


def _sweep(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """A design over settings, with its runs, tables and figures."""
    _check_ownership()
    from experiments.sweep.setup import load_sweep_setup

    setup = load_sweep_setup(words, config_dirs)
    from experiments.sweep.job import sweep

    return FAILED if sweep(setup).failures.num_rows else OK


def _select(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Choose the best regime. The answer is told where it arises."""
    _check_ownership()
    from experiments.configuration import SelectSetup, load_setup

    setup = load_setup("select", words, config_dirs)
    assert isinstance(setup, SelectSetup)
    from experiments.sequential.select import select

    select(setup, progress=True)
    return OK


def _search(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Try candidates. What was found is told where it arises."""
    _check_ownership()
    from experiments.search.settings import load_search

    setup = load_search(words, config_dirs)
    from experiments.search.job import search

    return FAILED if search(setup).failures else OK


def _why(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Take the difference between two regimes apart. The answer is told where it arises."""
    _check_ownership()
    from experiments.why.job import why
    from experiments.why.settings import load_why

    names = [word for word in words if "=" not in word]
    setup = load_why(names, [word for word in words if "=" in word], config_dirs)
    return FAILED if why(setup, progress=True).failures.num_rows else OK


def _levers(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Move every lever. The answer is told where it arises."""
    _check_ownership()
    from experiments.levers.job import levers
    from experiments.levers.settings import load_census

    names = [word for word in words if "=" not in word]
    census = load_census(names, [word for word in words if "=" in word], config_dirs)
    return FAILED if levers(census, progress=True).failures.num_rows else OK


def _rankings(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """In how many worlds rankings hold. The answer is told where it arises."""
    _check_ownership()
    from experiments.rankings.job import rank
    from experiments.rankings.settings import load_rankings

    rankings = load_rankings(words, config_dirs)
    return FAILED if rank(rankings, progress=True).failures.num_rows else OK


def _facts(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Measure stylised facts. The answer is told where it arises."""
    _check_ownership()
    from experiments.stylised.job import facts
    from experiments.stylised.settings import load_facts

    facts(load_facts(words, config_dirs), progress=True)
    return OK


def _sensitivity(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Analyse a sweep that has been run."""
    from agents.settings import ConfigError

    names, options = _split(words, ("out", "outcome", "regimes", "minus", "lang"))
    if names or "out" not in options:
        raise ConfigError(
            "sensitivity reads the folder of a sweep. Write: consortia sensitivity out=results/sweep"
        )
    lang = _lang(options)
    from experiments.sensitivity import sensitivity

    sensitivity(
        Path(options["out"]).expanduser(),
        outcomes=_listed(options.get("outcome", "technical")),
        regimes=_listed(options.get("regimes", "all")),
        minus=options.get("minus", "none"),
        lang=lang,
        progress=True,
    )
    return OK


def _discover(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Boxes of worlds in a sweep that has been run. What was found is told where it arises."""
    from agents.settings import ConfigError
    from experiments.discover.question import SETTINGS, read_question

    folders, options = _split(words, SETTINGS)
    if len(folders) != 1:
        raise ConfigError(
            "discover reads the folder of a sweep. Write: consortia discover results/sweep "
            "fails=open_challenge"
        )
    question, lang = read_question(options), _lang(options)
    from experiments.discover import discover

    discover(Path(folders[0]).expanduser(), question, lang=lang, progress=True)
    return OK


def _run(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """One run, printed and plotted, or a stored run once more."""
    _check_ownership()
    if any(word.startswith("id=") for word in words):
        return _replay(words)
    from experiments.configuration import load_setup

    setup = load_setup("run", words, config_dirs)
    from experiments.story import run_story

    run_story(setup)
    return OK


def _replay(words: Sequence[str]) -> int:
    """A stored run once more; 1 when it does not come to the same."""
    from agents.settings import ConfigError

    names, options = _split(words, ("id", "out", "lang"))
    if names or "out" not in options:
        raise ConfigError(
            "id needs the folder that holds the run. Write: consortia run id=RUN_ID out=results/sweep"
        )
    lang = _lang(options)
    from experiments.replay import replay, sentences
    from experiments.words import Words

    replayed = replay(options["id"], Path(options["out"]).expanduser())
    print("\n".join(sentences(replayed, Words(lang))))
    return OK if replayed.equal else FAILED


def _replicate(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Published model results, run again; told in one sentence each."""
    _check_ownership()
    from experiments.replications import OPTIONS, load_order, replicate, told

    names, options = _split(words, OPTIONS)
    order = load_order(names, options, config_dirs)
    print(told(order, replicate(order)))
    return OK


def _validate(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Networks of the model beside those of a real programme, and what chance would give."""
    _check_ownership()
    from experiments.validation.job import validate
    from experiments.validation.settings import load_validate
    from experiments.words import Words

    answer = validate(load_validate(words, config_dirs))
    print("\n".join(answer.sentences))
    print(f"{Words(answer.lang)('sweep.results')} {answer.out}")
    return OK


def _calibrate(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Fit parameters to a real programme's networks."""
    _check_ownership()
    from experiments.calibration.job import calibrate
    from experiments.calibration.settings import load_calibrate
    from experiments.words import Words

    fit, told = calibrate(load_calibrate(words, config_dirs))
    print("\n".join(told))
    print(f"{Words(fit.setup.model.lang)('sweep.results')} {fit.setup.model.out}")
    return OK


def _regimes(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """List the regimes, explain one, or start a new one."""
    from experiments import explain
    from experiments.library import Library
    from experiments.regimes import load_regime

    names, options = _split(words, ("lang", "from", "out"))
    lang = _lang(options)
    library = Library.open(config_dirs)
    if names[:1] == ["new"]:
        return _new_regime(library, names[1:], options, lang)
    _refuse_options(options, ("lang",))
    if not names:
        print(explain.regime_list(config_dirs, lang))
    for name in names:
        print(explain.regime(load_regime(library, name), library, lang))
    return OK


def _new_regime(library: Any, names: Sequence[str], options: dict[str, str], lang: str) -> int:
    from agents.settings import ConfigError
    from experiments import explain
    from experiments.template import new_regime

    if len(names) != 1 or "from" not in options:
        raise ConfigError(
            "a new regime needs a name and a regime to start from. Write: consortia regimes new "
            "my_regime from=lead_firm_consortium"
        )
    out = Path(options.get("out", "."))
    path = new_regime(library, names[0], options["from"], out)
    print(explain.new_regime(names[0], options["from"], path, out, lang))
    return OK


def _populations(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """List the populations, or describe one with its counts."""
    from experiments import explain
    from experiments.library import Library

    names, options = _split(words, ("lang",))
    lang = _lang(options)
    if not names:
        print(explain.population_list(config_dirs, lang))
    for name in names:
        print(explain.population(Library.open(config_dirs), name, lang))
    return OK


def _parameters(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Every parameter of the world and every lever, or those of the sections named."""
    from experiments import explain
    from experiments.library import Library

    names, options = _split(words, ("lang",))
    print(explain.parameters(Library.open(config_dirs), names, _lang(options)))
    return OK


def _export(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Write a table of results for another program, with its codebook."""
    from agents.settings import ConfigError
    from experiments.export import FORMATS, export
    from experiments.words import Words

    names, options = _split(words, ("format", "table", "out", "lang"))
    if len(names) != 1 or "format" not in options:
        raise ConfigError(
            f"export needs a folder of results and a format ({', '.join(FORMATS)}). Write: "
            f"consortia export results/compare format=csv"
        )
    told = Words(_lang(options))
    out = Path(options.get("out", Path(names[0]) / "export"))
    table = options.get("table", "runs")
    done = export(Path(names[0]), out, options["format"], table, told.lang)
    print(told("export.done", rows=done.rows, path=done.path, codebook=done.codebook))
    if done.missing:
        print(told("export.missing", count=done.missing))
    return OK


def _diff(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Tell in what two folders of results differ; exit code 1 when they do."""
    from agents.settings import ConfigError
    from experiments.difference import difference, told

    names, options = _split(words, ("lang",))
    lang = _lang(options)
    if len(names) != 2:
        raise ConfigError(
            "diff needs two folders of results. Write: consortia diff results/a results/b"
        )
    found = difference(Path(names[0]), Path(names[1]))
    print(told(found, lang))
    return OK if found.equal else FAILED


def _verify(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """Try here what the program promises."""
    from agents.settings import ConfigError

    names, options = _split(words, ("lang", "full"))
    full = options.get("full", "false")
    if full not in ("true", "false"):
        raise ConfigError(f"full = {full!r} is not known. Write full=true or full=false.")
    lang = _lang(options)
    from experiments.verification.checks import verify

    try:
        return OK if verify(names, full == "true", lang) else FAILED
    except KeyboardInterrupt:  # there is nothing to resume
        print("Stopped.", file=sys.stderr)
        return STOPPED


def _classroom(words: Sequence[str], config_dirs: Sequence[Path]) -> int:
    """The model in a browser, until Ctrl-C."""
    _check_ownership()
    from agents.settings import ConfigError
    from experiments.classroom.command import read_order, serve

    names, options = _split(words, ("host", "port", "lang", "jobs", "rooms"))
    if names or config_dirs:
        raise ConfigError(
            "classroom takes settings only: host, port, lang, jobs, rooms. Write: consortia classroom lang=zh"
        )
    serve(read_order(options, _lang(options)))
    return OK


COMMANDS: dict[str, Callable[[Sequence[str], Sequence[Path]], int]] = {
    "compare": _compare,
    "select": _select,
    "sweep": _sweep,
    "search": _search,
    "why": _why,
    "levers": _levers,
    "rankings": _rankings,
    "facts": _facts,
    "sensitivity": _sensitivity,
    "discover": _discover,
    "report": _report,
    "run": _run,
    "validate": _validate,
    "calibrate": _calibrate,
    "replicate": _replicate,
    "regimes": _regimes,
    "populations": _populations,
    "parameters": _parameters,
    "export": _export,
    "diff": _diff,
    "verify": _verify,
    "classroom": _classroom,
}

# ---------------------------------------------------------------- helpers


def _split(words: Iterable[str], known: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Names, and options given as ``name=value``."""
    names: list[str] = []
    options: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            options[name] = value
        else:
            names.append(name)
    _refuse_options(options, known)
    return names, options


def _listed(text: str) -> list[str]:
    """Names with commas between them; brackets around them are allowed."""
    return [name.strip() for name in text.strip("[]").split(",") if name.strip()]


def _refuse_options(options: Iterable[str], known: Sequence[str]) -> None:
    from agents.settings import ConfigError, nearest

    for name in options:
        if name not in known:
            raise ConfigError(f"'{name}' is not a setting of this command. {nearest(name, known)}")


def _lang(options: dict[str, str]) -> str:
    from agents.settings import ConfigError

    lang = options.get("lang", "en")
    if lang not in ("en", "zh"):
        raise ConfigError(f"lang = {lang!r} is not known. Write lang=en or lang=zh.")
    return lang


def _check_ownership() -> None:
    from experiments.ownership import check_ownership

    check_ownership()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("consortia")
    except PackageNotFoundError:
        return "(not installed: run from its source folder)"


def _print_any_character() -> None:
    """A console that lacks a character shows a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
