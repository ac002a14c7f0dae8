"""The decorator of compiled rules, and the name of the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents import compiled
from agents.compiled import cache_folder, rule, source_hash, versions
from tests.support.worlds import plain


@rule
def halve(x):
    """Half of a number."""
    return 0.5 * x


def test_a_rule_is_the_function_it_decorates() -> None:
    assert halve(3.0) == plain(halve)(3.0) == 1.5
    assert halve.__doc__ == "Half of a number."


def test_division_by_zero_follows_numpy() -> None:
    @rule
    def inverse(x):
        return 1.0 / x

    assert inverse(0.0) == float("inf")


def folder_anew() -> Path:
    """The folder as a new process would name it: within one it is looked up once."""
    return cache_folder.__wrapped__()


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONSORTIA_CACHE", str(tmp_path))
    assert folder_anew().is_relative_to(tmp_path)


def test_the_cache_is_named_by_sources_and_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    here = folder_anew()
    assert here == folder_anew()
    monkeypatch.setattr(compiled, "source_hash", lambda: "0" * 16)
    other_sources = folder_anew()
    monkeypatch.setattr(compiled, "versions", lambda: "numba 0")
    assert len({here, other_sources, folder_anew()}) == 3


def test_hash_and_versions_are_stable_words() -> None:
    assert source_hash() == source_hash()
    assert len(source_hash()) == 16
    assert all(name in versions() for name in ("numba", "llvmlite", "numpy"))
