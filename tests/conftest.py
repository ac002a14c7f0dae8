"""Fixtures of the whole suite; the model is compiled once, before any worker starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from simulation.outcomes import RunResult
from simulation.policies.registry import Regime
from simulation.population import Population
from simulation.world import World
from tests.support import worlds

# A first call compiles, so no example is timed; a red run can be repeated by anybody.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

TESTS = Path(__file__).parent
WITHOUT_MODEL = [
    TESTS / name
    for name in ("architecture", "browser", "packaging", "statistical", "unit/experiments")
]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile here, in the process that starts the workers: they find a full cache."""
    config = session.config
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if all(_needs_no_model(Path(argument.split("::")[0])) for argument in config.args):
        return
    from simulation.warmup import warm_up

    warm_up(lambda text: print(text, flush=True))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Tests in a browser need Chromium and are run apart: ``pytest tests/browser``."""
    if collection_path != TESTS / "browser":
        return None
    asked = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    return None if any(one.is_relative_to(collection_path) for one in asked) else True


def _needs_no_model(path: Path) -> bool:
    return any(path.resolve().is_relative_to(folder) for folder in WITHOUT_MODEL)


@pytest.fixture(scope="session")
def world() -> World:
    """The default world."""
    return worlds.default_world()


@pytest.fixture(scope="session")
def population() -> Population:
    """The default population."""
    return worlds.default_population()


@pytest.fixture(scope="session")
def regimes() -> dict[str, Regime]:
    """Every regime of ``configs/regime`` by name."""
    return worlds.regimes()


@pytest.fixture(scope="session")
def results(regimes: dict[str, Regime]) -> dict[str, RunResult]:
    """One replicate of every regime, run together."""
    return {result.regime: result for result in worlds.run(list(regimes.values()))}
