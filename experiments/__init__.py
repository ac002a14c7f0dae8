"""The notebook interface: the same jobs as the command line, in a few lines.

>>> from experiments import compare_regimes
>>> result = compare_regimes(regimes=["open_challenge", "race"], replicates=20,
...                          search={"noise": 0.05}, out="results/notebook")
>>> result.tables["summary"].to_pandas()

Nothing heavy is imported until a function is called. The functions are not called ``compare`` and
``run`` because a module of the same name would take their place at its first import.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.compare import Comparison

__all__ = ["compare_regimes", "run_regime"]


def compare_regimes(
    regimes: str | Sequence[str] = "all",
    *,
    config_dirs: Sequence[str | Path] = (),
    progress: bool = True,
    **settings: Any,
) -> Comparison:
    """Compare regimes on the same luck; ``consortia compare`` in Python.

    Parameters
    ----------
    settings: any setting of the command line, groups as mappings: ``population="national"``,
        ``replicates=20``, ``search={"noise": 0.1}``, ``funding={"public_share": 0.5}``,
        ``regime={"race": {"selection": {"teams": 2}}}``; or dotted names as
        ``**{"search.noise": 0.1}``.

    Raises
    ------
    ConfigError: a setting that cannot be used; the message says what to write instead.
    """
    from experiments.compare import compare

    return compare(
        _setup("compare", settings | {"regimes": regimes}, config_dirs), progress=progress
    )


def run_regime(
    regime: str = "lead_firm_consortium",
    *,
    config_dirs: Sequence[str | Path] = (),
    **settings: Any,
) -> Any:
    """Run one regime once and tell the story of a consortium; ``consortia run`` in Python.

    Parameters
    ----------
    settings: as for :func:`compare_regimes`.
    """
    from experiments.story import run_story

    return run_story(_setup("run", settings | {"regime": regime}, config_dirs))


def _setup(command: str, settings: dict[str, Any], config_dirs: Sequence[str | Path]) -> Any:
    from experiments.configuration import load_setup
    from experiments.overrides import as_override

    overrides = [text for name, value in settings.items() for text in as_override(name, value)]
    return load_setup(command, overrides, [Path(folder) for folder in config_dirs])
