"""Setups of ``why``, composed once per pair of regimes: composing is what takes time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from experiments.configuration import WhySetup
from experiments.why.settings import load_why
from tests.support import fake_engine as fake


@cache
def composed(first: str, second: str, level: str) -> WhySetup:
    return load_why([first, second], ["population=classroom", f"level={level}"])


@pytest.fixture
def make_setup(tmp_path: Path) -> Callable[..., WhySetup]:
    """A setup of two regimes with the fake population, to be run in this process."""

    def make(first: str, second: str, level: str = "family", **changes: Any) -> WhySetup:
        made = composed(first, second, level)
        given: dict[str, Any] = {
            "replicates": 6, "jobs": 1, "seed": 3, "population": fake.population(),
            "out": tmp_path / "out",
        } | changes  # fmt: skip
        return dataclasses.replace(made, **given)

    return make
