"""Settings of ``validate``: the programme, how many projects are compared, and the model's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.settings import ConfigError, nearest
from experiments.configuration import Setup, load_setup
from experiments.library import Library
from experiments.robustness import whole_number
from experiments.validation.against import Against, read_against

AUTO = "auto"
FEWEST_PROJECTS, MOST_PROJECTS = 20, 100_000
IDLE = (
    "regimes", "consortium", "outcome", "half_width", "indifference", "confidence", "best", "level",
    "orders", "jobs", "executor", "scheduler", "experiment",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ValidateSetup:
    """What is validated.

    Attributes
    ----------
    model: population, regime, seed, replicates, folder and language.
    against: programme and tolerances.
    words: the settings as they were given.
    projects: that are compared; None for as many as every run of the model has.
    """

    model: Setup
    against: Against
    words: tuple[str, ...]
    projects: int | None


def load_validate(texts: Sequence[str], config_dirs: Sequence[Path] = ()) -> ValidateSetup:
    """Compose and check everything for ``validate``.

    Raises
    ------
    ConfigError: any setting that cannot be used.
    """
    own, rest = split_settings("validate", texts, ("against", "data", "projects"))
    against = chosen_against(own, config_dirs)
    text = own.get("projects", AUTO)
    projects = None
    if text != AUTO:
        if not text.isdigit():
            raise ConfigError(
                f"projects = {text} is not a number. Write projects=auto for as many as the model's "
                f"runs have, or a whole number such as projects=200."
            )
        projects = whole_number("projects", int(text), FEWEST_PROJECTS, MOST_PROJECTS)
    model = load_setup("validate", with_defaults(against.model, rest), config_dirs)
    model.config["validation"] = {
        "against": against.name, "data": against.data, "projects": projects or AUTO,
        "tolerances": {one.measure.name: one.within for one in against.targets},
    }  # fmt: skip
    return ValidateSetup(model, against, tuple(texts), projects)


def chosen_against(own: dict[str, str], config_dirs: Sequence[Path]) -> Against:
    """The file that ``against`` names, for the programme that ``data`` names."""
    against = read_against(Library.open(config_dirs), own.get("against", "fp7"))
    return against.with_data(own["data"]) if "data" in own else against


def split_settings(
    command: str, texts: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Settings of this command only, by name, and the rest, which the model reads."""
    own, rest = {}, []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                f"'{text}' is not a setting. Write name=value, such as data=my_programme. "
                f"{nearest(name, names)}"
            )
        if name in IDLE:
            raise ConfigError(f"{name} does nothing with {command}. Leave it out.")
        if name in names:
            own[name] = value
        else:
            rest.append(text)
    return own, rest


def with_defaults(defaults: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The settings given, before them those of the file that are not given.

    With another population, the file's settings of its own population are left out.
    """
    given = {text.partition("=")[0] for text in texts}
    left = [text for text in defaults if text.partition("=")[0] not in given]
    if "population" in given:
        left = [text for text in left if not text.startswith("population.")]
    return [*left, *texts]
