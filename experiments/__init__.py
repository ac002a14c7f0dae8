"""The notebook interface: the same jobs as the command line, in a few lines.

>>> from experiments import compare
>>> result = compare(
...     regimes=["open_challenge", "race"], replicates=20, search={"noise": 0.05}, out="results/notebook"
... )
>>> result.tables["differences"].to_pandas()

Settings are those of the command line; groups are mappings (``funding={"public_share": 0.5}``,
``regime={"race": {"selection": {"teams": 2}}}``) or dotted names (``**{"search.noise": 0.1}``).
Nothing heavy is imported until a function is called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.compare import Comparison
    from experiments.configuration import Setup

__all__ = ["compare", "load_setup", "run"]


def _compare(
    regimes: str | Sequence[str] | Setup = "all",
    *,
    config_dirs: Sequence[str | Path] = (),
    progress: bool = True,
    **settings: Any,
) -> Comparison:
    """Compare regimes on the same luck; ``consortia compare`` in Python.

    Parameters
    ----------
    regimes: names of regimes, or a whole setup from :func:`load_setup`.
    config_dirs: folders of your own regimes and populations.
    progress: show progress on standard error.
    settings: any setting of the command line.

    Raises
    ------
    ConfigError: a setting that cannot be used; the message says what to write instead.
    """
    from experiments.compare import compare as compare_setup
    from experiments.configuration import Setup

    if not isinstance(regimes, Setup):
        regimes = _setup("compare", {**settings, "regimes": regimes}, config_dirs)
    return compare_setup(regimes, progress=progress)


def run(
    regime: str = "lead_firm_consortium",
    *,
    config_dirs: Sequence[str | Path] = (),
    **settings: Any,
) -> Any:
    """Run one regime once, with the story of a consortium; ``consortia run`` in Python."""
    from experiments.story import run_story

    return run_story(_setup("run", {**settings, "regime": regime}, config_dirs))


def load_setup(
    command: str, overrides: Sequence[str] = (), config_dirs: Sequence[Path] = ()
) -> Setup:
    """See :func:`experiments.configuration.load_setup`."""
    from experiments import configuration

    return configuration.load_setup(command, overrides, config_dirs)


def _setup(command: str, settings: dict[str, Any], config_dirs: Sequence[str | Path]) -> Setup:
    from experiments.overrides import as_override

    overrides = [text for name, value in settings.items() for text in as_override(name, value)]
    return load_setup(command, overrides, [Path(folder) for folder in config_dirs])


if TYPE_CHECKING:
    compare = _compare


class _Package(ModuleType):
    """This package; its ``compare`` stays the function above.

    The import system binds a submodule to its package when it is first imported, so the module
    ``experiments.compare`` would take the function's place.
    """

    @property
    def compare(self) -> Callable[..., Comparison]:
        """The function."""
        return _compare

    @compare.setter
    def compare(self, module: ModuleType) -> None:
        """Leave the module where it is: in ``sys.modules``."""


sys.modules[__name__].__class__ = _Package
