"""Where configuration files lie: our ``configs`` folder, and users' folders that shadow it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.settings import ConfigError, nearest

CONFIGS = Path(__file__).resolve().parent.parent / "configs"


@dataclass(frozen=True, slots=True)
class Library:
    """Configuration folders, the one that shadows all others first."""

    folders: tuple[Path, ...]

    @classmethod
    def open(cls, config_dirs: Sequence[Path] = ()) -> Library:
        """Our folder below the users' folders, of which the last given comes first.

        Raises
        ------
        ConfigError: a folder that is not there.
        """
        for folder in config_dirs:
            if not folder.is_dir():
                raise ConfigError(
                    f"--config-dir {folder} is not a folder. Write a folder that holds regime/, "
                    f"population/ or a lever family's folder."
                )
        return cls((*(folder.resolve() for folder in reversed(config_dirs)), CONFIGS))

    def names(self, group: str) -> list[str]:
        """Names of the files of a group, sorted."""
        return sorted(
            {path.stem for folder in self.folders for path in (folder / group).glob("*.yaml")}
        )

    def path(self, group: str, name: str) -> Path:
        """The file of this name that shadows the others.

        Raises
        ------
        ConfigError: there is none.
        """
        for folder in self.folders:
            if (path := folder / group / f"{name}.yaml").is_file():
                return path
        raise ConfigError(f"{group} '{name}' is not known. {nearest(name, self.names(group))}")

    def read(self, group: str, name: str) -> dict[str, Any]:
        """Plain values of a file.

        Raises
        ------
        ConfigError: there is no such file, or it holds no mapping.
        """
        path = self.path(group, name)
        values = read_yaml(path)
        if not isinstance(values, dict):
            raise ConfigError(f"{path} holds no settings. Write lines such as 'name: value'.")
        return values


def read_yaml(path: Path) -> Any:
    """Plain values of a YAML file, in which no name may stand twice.

    Raises
    ------
    ConfigError: the file is no valid YAML in UTF-8; names the line.
    """
    import yaml

    try:
        return yaml.load(path.read_text(encoding="utf-8"), _loader())
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not written in UTF-8. Save it in UTF-8.") from error


@functools.cache
def _loader() -> Any:
    """A safe loader that refuses repeated names and reads 1e-3 as a number, as Hydra does."""
    import re

    import yaml

    class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """See above."""

    def mapping(loader: Any, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value}' stands there twice; keep one", key.start_mark
                )
            seen.add(key.value)
        values: dict[Any, Any] = yaml.SafeLoader.construct_mapping(loader, node, deep=True)
        return values

    StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    StrictLoader.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+$"),
        list("-+0123456789"),
    )
    return StrictLoader
