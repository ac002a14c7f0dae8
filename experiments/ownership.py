"""Stops when another installed distribution owns one of our import names.

The packages are called as their folders are: ``agents``, ``simulation``, ``experiments``. Other
distributions use such names too; the model would then run with somebody else's code, or fail in
an obscure place (docs/decisions/0001-import-names.md).

This module imports none of the packages it judges.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGES = ("agents", "simulation", "experiments")
HOME = Path(__file__).resolve().parent.parent


def check_ownership() -> None:
    """Refuse to go on when an import name leads to a folder that is not ours.

    Call it before the first import from ``agents`` or ``simulation``. It looks up paths only
    (well under a millisecond per name); it does not scan the installed distributions.

    Raises
    ------
    ConfigError: the name, the folder it leads to, and what to do.
    """
    for package in PACKAGES:
        found = _folder(package)
        if found != HOME / package:
            raise _config_error(_message(package, found))


def _folder(package: str) -> Path | None:
    """Where the import system finds a top-level package; None when it finds none."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        return None
    if spec.origin is not None:
        return Path(spec.origin).resolve().parent
    # a folder without __init__.py, spread over several places: the first one is asked first
    return Path(next(iter(spec.submodule_search_locations or ()))).resolve()


def _message(package: str, found: Path | None) -> str:
    if found is None:
        return (
            f"The package '{package}' cannot be found; it should be {HOME / package}. "
            f"Install consortia again, into an environment of its own (python -m venv)."
        )
    return (
        f"The import name '{package}' leads to {found}, which is not part of consortia "
        f"(ours is {HOME / package}). Another distribution, or a folder on PYTHONPATH or in the "
        f"present folder, has the same name. Install consortia into an environment of its own "
        f"(python -m venv), or take that folder off the path."
    )


def _config_error(message: str) -> ValueError:
    """Our ConfigError, also when the name ``agents`` itself is somebody else's."""
    name = "agents.settings"
    if name not in sys.modules and _folder("agents") != HOME / "agents":
        spec = importlib.util.spec_from_file_location(name, HOME / "agents" / "settings.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # registered first: dataclasses look their module up, and later imports find this class
        sys.modules[name] = module
        spec.loader.exec_module(module)
    from agents.settings import ConfigError

    return ConfigError(message)
