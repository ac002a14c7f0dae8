"""The one decorator for compiled rules, and a cache that cannot go stale.

numba's own cache does not notice an edit in *another* file: a caller would keep the old number.
The cache folder is therefore named by a hash of every compiled source, the versions of numba and
llvmlite, and the processor.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import llvmlite
import numba
import numpy
from numba.core import config as numba_config

from agents.indices import RuleCompiler
from agents.intermediate import IntermediateCache, IntermediateCompiler

COMPILED_PACKAGES = ("agents", "simulation")


@cache
def source_hash() -> str:
    """Hash of all sources of the model, 16 hex digits; part of every run's name."""
    digest = hashlib.sha256()
    for root, path in _sources():
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[tuple[Path, Path]]:
    """Package folder and file of every source of the model, in a fixed order."""
    for package in COMPILED_PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.submodule_search_locations
        root = Path(next(iter(spec.submodule_search_locations)))
        for path in sorted(root.rglob("*.py")):
            yield root, path


def _newest_source() -> float:
    return max(path.stat().st_mtime for _, path in _sources())


def versions() -> str:
    """The versions that may change a run in the last bit."""
    return f"numba {numba.__version__}, llvmlite {llvmlite.__version__}, numpy {numpy.__version__}"


@cache
def cache_folder() -> Path:
    """Where compiled code is kept for exactly these sources, versions and processor."""
    import llvmlite.binding as llvm

    # numba keeps compiled code by the path and time of its source file
    place = f"{Path(__file__).resolve().parent} {_newest_source():.6f}"
    machine = f"{llvm.get_host_cpu_name()} {sys.version} {versions()} {place}"
    key = hashlib.sha256(f"{source_hash()} {machine}".encode()).hexdigest()[:16]
    return _cache_root() / "consortia" / "compiled" / key


def _cache_root() -> Path:
    if override := os.environ.get("CONSORTIA_CACHE"):
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def is_compiled() -> bool:
    """Whether an earlier start has filled the cache (the first start takes about half a minute)."""
    return (cache_folder() / "complete").exists()


def mark_compiled() -> None:
    """Say that the cache is full."""
    (cache_folder() / "complete").touch()


numba_config.CACHE_DIR = str(cache_folder())


OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def rule[Rule: Callable[..., Any]](function: Rule) -> Rule:
    """Compile a pure function; its plain form stays at hand as ``.py_func``.

    Most rules are called by other rules only. What these call is kept as intermediate code
    (:mod:`agents.intermediate`); a rule that Python calls is compiled as well.

    A constant or a narrow whole number among the arguments does not make a version of its own: that
    would compile the largest rules three to five times.
    """
    compiled: Any = numba.njit(**OPTIONS, cache=True, pipeline_class=RuleCompiler)(function)
    inner: Any = numba.njit(
        **OPTIONS, no_cpython_wrapper=True, pipeline_class=IntermediateCompiler
    )(_inner(function))
    inner._cache = IntermediateCache(inner.py_func)

    def for_plain_types(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        plain = {name: _plain(one) for name, one in kws.items()}
        return inner.get_call_template(tuple(map(_plain, args)), plain)

    compiled.get_call_template = for_plain_types
    compiled.get_overload = inner.get_overload
    return compiled  # type: ignore[no-any-return]


def _inner(function: Any) -> Any:
    """The same function under a name of its own in the cache."""
    inner = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__,
        function.__closure__,
    )  # fmt: skip
    inner.__kwdefaults__ = function.__kwdefaults__
    inner.__qualname__ = f"{function.__qualname__}_inner"
    return inner


def _plain(kind: Any) -> Any:
    """The type that a rule is compiled for where an argument has this one."""
    plain = numba.types.unliteral(kind)
    narrow = isinstance(plain, numba.types.Integer) and plain.bitwidth < 64
    return numba.types.int64 if narrow else plain
