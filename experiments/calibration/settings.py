"""Settings of ``calibrate``: parameters with their priors, targets, and how long to search."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.settings import ConfigError, nearest
from experiments.configuration import Setup, load_setup
from experiments.robustness import whole_number
from experiments.validation.against import Against, Target
from experiments.validation.settings import (
    FEWEST_PROJECTS,
    MOST_PROJECTS,
    chosen_against,
    split_settings,
    with_defaults,
)
from simulation.world import SECTIONS

OWN = (
    "parameters", "targets", "against", "data", "projects", "particles", "generations", "prior_runs",
    "checked_runs",
)  # fmt: skip
NUMBERS = {  # default, fewest, most
    "projects": (100, FEWEST_PROJECTS, MOST_PROJECTS),
    "particles": (100, 20, 100_000),
    "generations": (5, 1, 100),
    "prior_runs": (200, 50, 100_000),
    "checked_runs": (20, 2, 10_000),
}
MOST_PARAMETERS = 8
INTERVAL = re.compile(r"interval\(\s*([^,\s]+)\s*,\s*([^,\s)]+)\s*\)")


@dataclass(frozen=True, slots=True)
class Prior:
    """A parameter of the world with the range in which it is sought, each value alike."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class CalibrateSetup:
    """What is fitted to what.

    Attributes
    ----------
    model: population, regime, world, seed, folder and language; its replicates are not used.
    priors: of the parameters that are fitted.
    targets: behaviours that are fitted to.
    projects: in the networks that are compared.
    particles, generations: of the sequential search.
    prior_runs: runs at places of the prior, by which recovery of known values is tried.
    checked_runs: runs at values from the posterior, for the check of all behaviours.
    """

    model: Setup
    against: Against
    words: tuple[str, ...]
    priors: tuple[Prior, ...]
    targets: tuple[Target, ...]
    projects: int
    particles: int
    generations: int
    prior_runs: int
    checked_runs: int


def load_calibrate(texts: Sequence[str], config_dirs: Sequence[Path] = ()) -> CalibrateSetup:
    """Compose and check everything for ``calibrate``.

    Raises
    ------
    ConfigError: any setting that cannot be used.
    """
    own, rest = split_settings("calibrate", texts, OWN)
    for name in ("parameters", "targets"):
        if not own.get(name):
            raise ConfigError(
                f"calibrate needs {name}. Write: consortia calibrate "
                f"parameters=forming.home_bias,forming.tie_bias targets=same_region_ratio,repeat_excess"
            )
    if any(text.startswith("replicates=") for text in rest):
        raise ConfigError(
            "replicates does nothing with calibrate. Write particles or checked_runs."
        )
    names = _listed(own["parameters"])
    ranges = {text.partition("=")[0]: text.partition("=")[2] for text in rest}
    priors = tuple(_prior(name, ranges.get(name)) for name in names)
    if len(set(names)) != len(names) or len(names) > MOST_PARAMETERS:
        raise ConfigError(f"parameters: name each once, and at most {MOST_PARAMETERS}.")
    against = chosen_against(own, config_dirs)
    left = [text for text in rest if text.partition("=")[0] not in names]
    model = load_setup("calibrate", with_defaults(against.model, left), config_dirs)
    numbers = {name: _number(name, own.get(name), *limits) for name, limits in NUMBERS.items()}
    targets = tuple(_target(name, against) for name in _listed(own["targets"]))
    model.config["calibration"] = {
        "parameters": {one.name: [one.low, one.high] for one in priors},
        "targets": {one.measure.name: one.within for one in targets},
        "against": against.name, "data": against.data, **numbers,
    }  # fmt: skip
    return CalibrateSetup(model, against, tuple(texts), priors, targets, **numbers)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.strip("[]").split(",") if name.strip()]


def _number(name: str, text: str | None, default: int, low: int, high: int) -> int:
    if text is None:
        return default
    if not text.isdigit():
        raise ConfigError(f"{name} = {text} is not a whole number. Write {name}={default}.")
    return whole_number(name, int(text), low, high)


def _prior(name: str, text: str | None) -> Prior:
    """The declared range of a parameter, or a narrower one that was written."""
    section, _, field = name.partition(".")
    known = [f"{one}.{two}" for one, kind in SECTIONS.items() for two in kind.parameters()]
    if name not in known:
        raise ConfigError(f"parameters: '{name}' is not a parameter. {nearest(name, known)}")
    kind = SECTIONS[section]
    spec = kind.parameters()[field]
    types = {one.name: str(one.type) for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if spec.low is None or spec.high is None or "float" not in types[field]:
        raise ConfigError(
            f"parameters: {name} is not a number with a range that can be searched. Take another."
        )
    if text is None:
        return Prior(name, spec.low, spec.high)
    match = INTERVAL.fullmatch(text)
    try:
        low, high = (float(end) for end in match.groups()) if match else (0.0, 0.0)
    except ValueError:
        low = high = 0.0
    if not spec.low <= low < high <= spec.high:
        raise ConfigError(
            f"{name} = {text} is not a range of this parameter. Write {name}=interval(LOW,HIGH) "
            f"within {spec.low:g} and {spec.high:g}, or leave it out for all of it."
        )
    return Prior(name, low, high)


def _target(name: str, against: Against) -> Target:
    known = {one.measure.name: one for one in against.targets}
    if name not in known:
        raise ConfigError(f"targets: '{name}' is not a target. {nearest(name, known)}")
    return known[name]
