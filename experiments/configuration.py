"""The edge: from YAML files and the command line to frozen, validated objects.

Hydra composes the primary configuration once. Everything that leaves this module is plain or
validated; no object of Hydra's or OmegaConf's does.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from agents.settings import ConfigError, nearest
from experiments.facts import brought_settings
from experiments.library import CONFIGS, Library, read_yaml
from experiments.overrides import GROUPS, Overrides, sort_overrides
from experiments.populations import build_population
from experiments.question_map import MapCell, map_cells
from experiments.questions import GROUP, NONE, Question, chosen_question, plain_question
from experiments.regimes import (
    LANGUAGES,
    REFERENCES,
    Change,
    RegimeEntry,
    in_order,
    load_regime,
)  # fmt: skip
from experiments.robustness import MOST_REPLICATES, Variant, robustness_variants, whole_number
from experiments.running import DASK, EXECUTORS
from experiments.sequential.settings import (
    SelectionRule,
    Target,
    known_outcome,
    selection_rule,
    target_half_width,
)  # fmt: skip
from experiments.why.settings import WhyRule, why_rule
from experiments.why.within import Apart, chosen_apart
from simulation.population import Population
from simulation.world import World

__all__ = ["QuestionSetup", "RegimeEntry", "Setup", "Variant", "list_regimes", "load_setup"]

ALL = "all"
REFERENCE = REFERENCES[0]
MOST_SEED = 2**63 - 1
MOST_JOBS = 256
# Commands that know no variants of the world.
ONE_WORLD = ("select", "why", "levers", "rankings", "facts", "validate", "calibrate", "search")
ONE_REGIME = ("run", "validate", "calibrate")  # commands that ask about a single regime


@dataclass(frozen=True, slots=True)
class Setup:
    """All a command needs to know.

    Attributes
    ----------
    reference: the regime without money.
    regimes: the regimes to report; in a comparison the reference comes first.
    variants: worlds of the robustness checks, each run with ``variant_replicates``.
    jobs: worker processes; 0 for all cores.
    executor: ``local`` or ``dask``.
    scheduler: address of the Dask scheduler, or ``none``.
    outcome, target: the outcome whose differences are to be known to a half-width, if to any.
    apart: regimes of a comparison whose difference is taken apart, by :mod:`experiments.why.within`.
    config: every value above in plain form, as it is written beside the results.
    """

    world: World
    population: Population
    reference: RegimeEntry
    regimes: tuple[RegimeEntry, ...]
    variants: tuple[Variant, ...]
    variant_replicates: int
    seed: int
    replicates: int
    jobs: int
    executor: str
    scheduler: str
    out: Path
    lang: str
    outcome: str
    target: Target | None
    apart: Apart
    config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuestionSetup(Setup):
    """A comparison that answers a question; ``cells`` are the worlds of its map."""

    question: Question
    cells: tuple[MapCell, ...]


@dataclass(frozen=True, slots=True)
class SelectSetup(Setup):
    """A choice of the best regime; ``replicates`` is the largest number that may be used."""

    rule: SelectionRule


@dataclass(frozen=True, slots=True)
class WhySetup(Setup):
    """A difference to be taken apart; ``regimes`` are the two, and ``outcome`` is what differs."""

    rule: WhyRule


def load_setup(command: str, overrides: Sequence[str], config_dirs: Sequence[Path] = ()) -> Setup:
    """Compose, check and build everything for a command.

    Parameters
    ----------
    command: ``compare``, ``run``, or one of :data:`ONE_WORLD`; decides which regimes are taken and names the output folder.
    overrides: settings as ``name=value``.
    config_dirs: users' folders; the last one shadows the others and ours.

    Raises
    ------
    ConfigError: any setting that is unknown, missing, out of range or contradictory.
    """
    library = Library.open(config_dirs)
    primary = read_yaml(CONFIGS / "config.yaml")
    options = [*(name for name in primary if name != "defaults"), GROUP]
    given = sort_overrides([*brought_settings(library, overrides), *overrides], options)
    values = compose_primary(library, given) | given.options
    _refuse_what_does_nothing(command, values, given, options)
    question = chosen_question(
        library, command, values.get(GROUP, NONE), given.options, given.changes
    )
    regimes = chosen_regimes(library, command, values, given.changes, question)
    world = World.from_mapping(values["world"])
    variants, variant_replicates = robustness_variants(world, values["robustness"])
    replicates = whole_number("replicates", values["replicates"], 1, MOST_REPLICATES)
    setup = Setup(
        world=world,
        population=_population(library, values, given),
        reference=load_regime(library, REFERENCE),
        regimes=regimes,
        variants=variants,
        variant_replicates=min(variant_replicates, replicates),
        seed=whole_number("seed", values["seed"], 0, MOST_SEED),
        replicates=replicates,
        jobs=whole_number("jobs", values["jobs"], 0, MOST_JOBS),
        executor=executor_name(values["executor"]),
        scheduler=scheduler_address(values["scheduler"], values["executor"]),
        out=output_folder(values["out"], command),
        lang=language(values["lang"]),
        outcome=known_outcome(values["outcome"]),
        target=target_half_width(values["half_width"]) if command == "compare" else None,
        apart=_apart(command, values["why"], regimes, question),
        config={},
    )
    setup = _of_command(setup, command, question, values)
    setup.config.update(_plain(setup, command, values))
    return setup


def _refuse_what_does_nothing(
    command: str, values: Mapping[str, Any], given: Overrides, options: Sequence[str]
) -> None:
    for name in values:
        if name not in (*options, *GROUPS):
            raise ConfigError(f"'{name}' is not a setting. {nearest(str(name), options)}")
    if command in ONE_WORLD and "robustness" in {key.split(".")[0] for key in given.keys}:
        raise ConfigError(
            f"robustness does nothing here: {command} asks about one world. Leave it out, or "
            f"change the world itself, such as criteria.top_share=0.01."
        )


def _apart(
    command: str, value: Any, regimes: Sequence[RegimeEntry], question: Question | None
) -> Apart:
    """Only a plain comparison takes two of its regimes apart."""
    if command != "compare" or question is not None:
        return NONE
    return chosen_apart(value, [entry.name for entry in regimes])


def _population(library: Library, values: Mapping[str, Any], given: Overrides) -> Population:
    where = population_folder(library, values, given)
    return build_population(values["population"], where=where)


def _of_command(
    setup: Setup, command: str, question: Question | None, values: Mapping[str, Any]
) -> Setup:
    """With what only this command, or a question, needs beside."""
    if command == "select":
        return SelectSetup(**_fields(setup), rule=selection_rule(values))
    if command == "why":
        return WhySetup(**_fields(setup), rule=why_rule(values))
    if question is None:
        return setup
    cells = map_cells(question.name, question.axes, setup.world) if question.axes else ()
    return QuestionSetup(**_fields(setup), question=question, cells=cells)


def _fields(setup: Setup) -> dict[str, Any]:
    return {field.name: getattr(setup, field.name) for field in dataclasses.fields(setup)}


def list_regimes(config_dirs: Sequence[Path] = ()) -> tuple[RegimeEntry, ...]:
    """All regimes, ours and the users': references first, then in the order of their systems."""
    library = Library.open(config_dirs)
    return in_order(load_regime(library, name) for name in library.names("regime"))


# ---------------------------------------------------------------- composing


def compose_primary(library: Library, given: Overrides) -> dict[str, Any]:
    """The primary configuration with its groups and overrides, as plain values."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    for group, name in given.groups.items():
        library.path(group, name)
    users = _user_folders()
    users.folders = library.folders[:-1]
    earlier = GlobalHydra.instance().hydra  # a notebook may be inside a Hydra application
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONFIGS), version_base="1.3"):
            composed = compose("config", given.composed)
        values: dict[str, Any] = OmegaConf.to_container(composed, resolve=True)  # type: ignore[assignment]
    except (HydraException, OmegaConfBaseException) as error:
        raise _explained(error) from error
    finally:
        users.folders = ()
        GlobalHydra.instance().clear()
        if earlier is not None:
            GlobalHydra.instance().initialize(earlier)
    return values


@functools.cache
def _user_folders() -> Any:
    """Hydra's way to put folders before ours: a plugin, registered once."""
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    class UserFolders(SearchPathPlugin):
        """Users' folders, the first of which shadows the others."""

        folders: ClassVar[tuple[Path, ...]] = ()

        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            """Each folder goes directly before ours, so they keep their order."""
            for folder in self.folders:
                search_path.prepend("--config-dir", f"file://{folder.as_posix()}", "main")

    Plugins.instance().register(UserFolders)
    return UserFolders


def _explained(error: Exception) -> ConfigError:
    """Hydra keeps the useful part of its message in the cause."""
    cause: Any = error.__cause__ or error
    parent = getattr(cause, "parent_node", None)
    key, full_key = getattr(cause, "key", None), getattr(cause, "full_key", None)
    if key is not None and isinstance(parent, Mapping):
        return ConfigError(f"{full_key} is not a setting. {nearest(str(key), map(str, parent))}")
    return ConfigError(" ".join(str(cause).split()))


def population_folder(library: Library, values: Mapping[str, Any], given: Overrides) -> Path | None:
    """Where a relative path starts: at the file that holds it, or here if it was typed."""
    population = values["population"]
    if not isinstance(population, Mapping) or "population.file" in given.keys:
        return None
    name = given.groups.get("population", population.get("name"))
    if name not in library.names("population"):
        return None
    folder = library.path("population", str(name)).parent
    return None if folder.parent == CONFIGS else folder


# ---------------------------------------------------------------- regimes


def chosen_regimes(
    library: Library,
    command: str,
    values: Mapping[str, Any],
    changes: Sequence[Change],
    question: Question | None,
) -> tuple[RegimeEntry, ...]:
    """The regimes a command reports, with their changes; the reference always among them."""
    asked = {entry.name: entry for entry in question.regimes} if question else {}
    known = list(asked) or library.names("regime")
    for one in changes:
        if one.regime is not None and one.regime not in known:
            raise ConfigError(f"regime '{one.regime}' is not known. {nearest(one.regime, known)}")
    if command in ONE_REGIME:
        names = [_regime_name("regime", values["regime"], known)]
    else:
        names = list(asked) or _regime_names(values["regimes"], known)
    entries = asked or {name: load_regime(library, name, changes) for name in names}
    for one in changes:
        refuse_idle(one, entries)
    if command not in (*ONE_REGIME, "select", "why"):
        entries = {REFERENCE: load_regime(library, REFERENCE)} | entries
    chosen = tuple(entries.values())
    return in_order(chosen) if values["regimes"] == ALL and not asked else chosen


def _regime_names(chosen: Any, known: Sequence[str]) -> list[str]:
    if chosen == ALL:
        return list(known)
    listed = [chosen] if isinstance(chosen, str) else chosen
    if not isinstance(listed, list) or not listed:
        raise ConfigError(
            f"regimes = {chosen!r} names no regime. Write regimes=all, or names such as "
            f"regimes=open_challenge,race."
        )
    names = [_regime_name("regimes", name, known) for name in listed]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"regimes: '{name}' stands there twice. Name each regime once.")
    return names


def _regime_name(setting: str, name: Any, known: Sequence[str]) -> str:
    if name not in known:
        raise ConfigError(f"{setting}: regime '{name}' is not known. {nearest(str(name), known)}")
    return str(name)


def refuse_idle(change: Change, entries: Mapping[str, RegimeEntry]) -> None:
    """A change that reaches no programme would silently do nothing."""
    lever = change.family if change.lever is None else f"{change.family}.{change.lever}"
    if change.regime is not None and change.regime not in entries:
        raise ConfigError(
            f"regime.{change.regime} is changed ({lever}) but is not run. Add '{change.regime}' "
            f"to the regimes, or leave the change out."
        )
    if not any(
        change.concerns(name, programme)
        for name, entry in entries.items()
        for programme in entry.programmes
    ):
        raise ConfigError(
            f"{lever} is changed, but {', '.join(entries)} has no programme that could have it. "
            f"Choose a regime with programmes."
        )


# ---------------------------------------------------------------- single settings


def output_folder(value: Any, command: str) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"out = {value!r} is not a folder. Write out=results/my_comparison.")
    return Path(value.replace("{command}", command)).expanduser()


def executor_name(value: Any) -> str:
    """One of :data:`experiments.running.EXECUTORS`."""
    if value not in EXECUTORS:
        raise ConfigError(
            f"executor = {value!r} is not known. {nearest(str(value), EXECUTORS)} local uses the "
            f"processors of this machine, dask the workers of a Dask scheduler."
        )
    return str(value)


def scheduler_address(value: Any, executor: str) -> str:
    """An address is needed with Dask, and does nothing without."""
    given = value not in (None, NONE)
    if not given and executor == DASK:
        raise ConfigError(
            "executor = dask needs the address of a Dask scheduler. Write the one that 'dask "
            "scheduler' prints when it starts, such as scheduler=tcp://192.168.1.10:8786."
        )
    if given and executor != DASK:
        raise ConfigError(
            f"scheduler = {value} does nothing with executor = {executor}. Write executor=dask "
            f"too, or leave scheduler out."
        )
    if given and not re.fullmatch(r"(\w+://)?[^\s/:]+:\d{1,5}", str(value)):
        raise ConfigError(
            f"scheduler = {value!r} is not an address. Write protocol, machine and port, such as "
            f"scheduler=tcp://192.168.1.10:8786."
        )
    return str(value) if given else NONE


def language(value: Any) -> str:
    if value not in LANGUAGES:
        raise ConfigError(f"lang = {value!r} is not known. Write lang=en or lang=zh.")
    return str(value)


def _plain(setup: Setup, command: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that was decided, in plain values."""
    entries = {entry.name: entry for entry in (setup.reference, *setup.regimes)}
    plain = {
        "command": command,
        "seed": setup.seed,
        "replicates": setup.replicates,
        "jobs": setup.jobs,
        "executor": setup.executor,
        "out": setup.out.as_posix(),
        "lang": setup.lang,
        "population": values["population"],
        "world": setup.world.as_mapping(),
        "robustness": values["robustness"],
        "regimes": {name: plain_regime(entry) for name, entry in entries.items()},
    }
    if isinstance(setup, QuestionSetup):
        plain["experiment"] = plain_question(setup.question)
    if isinstance(setup, WhySetup):
        plain["pair"] = [entry.name for entry in setup.regimes]
    return plain | {name: values[name] for name in _only_of(command, setup)}


def _only_of(command: str, setup: Setup) -> tuple[str, ...]:
    """Settings that only this command reads."""
    if command == "run":
        return ("consortium",)
    if command == "select":
        return ("outcome", "indifference", "confidence", "best")
    if command == "why":
        return ("outcome", "level", "orders")
    if setup.target is not None:
        return ("outcome", "half_width", "why")
    return ("outcome", "why") if setup.apart != NONE else ()


def plain_regime(entry: RegimeEntry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "question": entry.question,
        "source": entry.source,
        "systems": list(entry.systems),
        "programmes": {
            name: programme.as_mapping()
            for name, programme in zip(entry.programmes, entry.regime.programmes, strict=True)
        },
    }
