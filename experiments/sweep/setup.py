"""A sweep's setup: composed once, and kept in plain values from which everything is built.

``config.yaml`` in the folder of a sweep is :attr:`SweepSetup.config`; :func:`stored_setup` reads it
again, without the files and folders it was composed from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.settings import ConfigError, nearest
from experiments.configuration import (
    MOST_JOBS,
    MOST_SEED,
    REFERENCE,
    chosen_regimes,
    compose_primary,
    executor_name,
    language,
    output_folder,
    plain_regime,
    population_folder,
    refuse_idle,
    scheduler_address,
)
from experiments.library import CONFIGS, Library, read_yaml
from experiments.overrides import GROUPS, Overrides, sort_overrides
from experiments.questions import GROUP as EXPERIMENT
from experiments.regimes import (
    Change,
    Levers,
    RegimeEntry,
    preset,
    refuse_missing_programme,
)
from experiments.robustness import MOST_REPLICATES, whole_number
from experiments.sweep.configurations import Configurations, Fixed
from experiments.sweep.designs import design_size
from experiments.sweep.factors import POPULATION, lever_change, make_factor
from experiments.sweep.grammar import Request, read_request
from experiments.sweep.space import Factor, Space

MOST_POINTS = 10**12
INPUTS = "inputs"  # folder of a sweep with copies of users' population files


@dataclass(frozen=True, slots=True)
class SweepSetup:
    """All that a sweep needs to know.

    Attributes
    ----------
    size: number of points.
    fixed: what all points share.
    titles: of the regimes, by name and language; the reference comes first.
    confirmed: whether a sweep above the limit of runs may start.
    config: everything above in plain values, as ``config.yaml`` holds it.
    """

    space: Space
    design: str
    size: int
    points: int
    design_seed: int
    fixed: Fixed
    titles: dict[str, dict[str, str]]
    jobs: int
    executor: str
    scheduler: str
    out: Path
    lang: str
    confirmed: bool
    config: dict[str, Any]

    @property
    def runs(self) -> int:
        """Number of runs, counting those that several points share as often as they are asked for."""
        return self.size * len(self.titles) * self.fixed.replicates

    def configurations(self) -> Configurations:
        """What builds the points."""
        return Configurations(self.space, self.fixed)


def load_sweep_setup(texts: Sequence[str], config_dirs: Sequence[Path] = ()) -> SweepSetup:
    """Compose and check everything but the points.

    Raises
    ------
    ConfigError: a setting is unknown, missing, out of range, contradictory, or varied twice.
    """
    library = Library.open(config_dirs)
    request = read_request(library, texts)
    values, populations, files = _composed(library, request)
    changes = _sorted(library, request.fixed).changes
    base = next(iter(populations.values()))
    space = Space(
        tuple(make_factor(name, one, library, base) for name, one in request.varied.items())
    )
    entries = {entry.name: entry for entry in chosen_regimes(library, "sweep", values, [], None)}
    varied = [
        (factor, lever_change(factor.name, value))
        for factor in space.factors
        for value in factor.ends()
    ]
    moved = [*changes, *(change for _, change in varied if change is not None)]
    for change in moved:
        _refuse_unknown_regime(library, change)
        if change.regime in entries:
            refuse_missing_programme(change, change.regime, entries[change.regime].programmes)
        refuse_idle(change, {name: one for name, one in entries.items() if name != REFERENCE})
    config = _plain(request, values, space, entries, changes) | {
        "populations": populations,
        "presets": _presets(library, moved),
    }
    return _from_plain(config, files, output_folder(values["out"], "sweep"), request.options)


def stored_setup(out: Path) -> SweepSetup:
    """The setup of the sweep in a folder.

    Raises
    ------
    ConfigError: the folder holds no sweep, or its ``config.yaml`` has been changed by hand.
    """
    config = read_yaml(out / "config.yaml")
    if not isinstance(config, dict) or config.get("command") != "sweep":
        raise ConfigError(f"out = {out} holds no sweep. Write the folder of a sweep.")
    files = {
        name: out / str(plain["file"])
        for name, plain in config["populations"].items()
        if plain["builder"] == "file"
    }
    return _from_plain(config, files, out, {"confirm": True})


def _composed(
    library: Library, request: Request
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Path]]:
    """The primary configuration, populations by name, and where their own files lie."""
    names: list[Any] = [None]
    if POPULATION in request.varied:
        names = list(make_factor(POPULATION, request.varied[POPULATION], library, {}).levels)
    first: dict[str, Any] = {}
    populations: dict[str, Any] = {}
    files: dict[str, Path] = {}
    for name in names:
        fixed = [*request.fixed, *([] if name is None else [f"{POPULATION}={name}"])]
        given = _sorted(library, fixed)
        values = compose_primary(library, given) | given.options
        first = first or values
        plain = values[POPULATION]
        if not isinstance(plain, dict):
            raise ConfigError(f"population = {plain!r} is not known. Write population=NAME.")
        key = str(name or plain.get("name"))
        if plain.get("builder") == "file" and str(plain.get("file", "")).strip():
            files[key] = (population_folder(library, values, given) or Path()) / plain["file"]
            plain = plain | {"file": f"{INPUTS}/{key}.csv"}
        populations[key] = plain
    return first, populations, files


def _sorted(library: Library, texts: Sequence[str]) -> Overrides:
    """The fixed settings; those of a comparison only are refused."""
    primary = read_yaml(CONFIGS / "config.yaml")
    options = [name for name in primary if name not in ("defaults", "regime", "consortium")]
    for text in texts:
        name = text.partition("=")[0]
        if name.split(".")[0] in (EXPERIMENT, "robustness"):
            raise ConfigError(
                f"{text}: a sweep has no {name}. Vary the settings instead, such as "
                f"criteria.top_share=0.0025,0.005,0.01."
            )
        if name not in options and "." not in name and name in ("regime", "consortium"):
            raise ConfigError(f"{text}: a sweep runs regimes. Write regimes=race,prize.")
    given = sort_overrides(texts, options)
    for name in given.options:
        if name not in (*options, *GROUPS):
            raise ConfigError(f"'{name}' is not a setting. {nearest(str(name), options)}")
    return given


def _refuse_unknown_regime(library: Library, change: Change) -> None:
    known = library.names("regime")
    if change.regime is not None and change.regime not in known:
        raise ConfigError(f"regime '{change.regime}' is not known. {nearest(change.regime, known)}")


def _presets(library: Library, changes: Sequence[Change]) -> dict[str, Levers]:
    found: dict[str, Levers] = {}
    for one in changes:
        if one.lever is None:
            name = str(one.value)
            found.setdefault(one.family, {})[name] = preset(library, one.family, name)
    return found


def _plain(
    request: Request,
    values: Mapping[str, Any],
    space: Space,
    entries: Mapping[str, RegimeEntry],
    changes: Sequence[Change],
) -> dict[str, Any]:
    options = request.options
    for name in ("trajectories", "confirm"):
        if not isinstance(options[name], bool):
            raise ConfigError(
                f"{name} = {options[name]!r} is not true or false. Write {name}=true."
            )
    points = whole_number("points", options["points"], 0, MOST_POINTS)
    return {
        "command": "sweep",
        "title": request.title,
        "seed": whole_number("seed", values["seed"], 0, MOST_SEED),
        "replicates": whole_number("replicates", values["replicates"], 1, MOST_REPLICATES),
        "jobs": whole_number("jobs", values["jobs"], 0, MOST_JOBS),
        "executor": executor_name(values["executor"]),
        "scheduler": scheduler_address(values["scheduler"], values["executor"]),
        "out": output_folder(values["out"], "sweep").as_posix(),
        "lang": language(values["lang"]),
        "design": options["design"],
        "points": points,
        "design_seed": whole_number("design_seed", options["design_seed"], 0, MOST_SEED),
        "trajectories": options["trajectories"],
        "factors": [factor.as_mapping() for factor in space.factors],
        "changes": [dataclasses.asdict(one) for one in changes],
        "world": values["world"],
        "regimes": {name: plain_regime(entry) for name, entry in entries.items()},
    }


def _from_plain(
    config: dict[str, Any], files: Mapping[str, Path], out: Path, options: Mapping[str, Any]
) -> SweepSetup:
    space = Space(tuple(map(Factor.from_mapping, config["factors"])))
    fixed = Fixed(
        world=config["world"],
        populations=config["populations"],
        regimes={name: one["programmes"] for name, one in config["regimes"].items()},
        changes=[Change(**one) for one in config["changes"]],
        presets=config["presets"],
        files=files,
        seed=config["seed"],
        replicates=config["replicates"],
        trajectories=config["trajectories"],
    )
    return SweepSetup(
        space=space,
        design=config["design"],
        size=design_size(space, config["design"], config["points"]),
        points=config["points"],
        design_seed=config["design_seed"],
        fixed=fixed,
        titles={name: one["title"] for name, one in config["regimes"].items()},
        jobs=config["jobs"],
        executor=config["executor"],
        scheduler=config["scheduler"],
        out=out,
        lang=config["lang"],
        confirmed=options["confirm"],
        config=config,
    )
