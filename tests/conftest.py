"""Fixtures of the whole suite; the model is compiled once, before any worker starts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

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
ASSERTED = "statistical_assertions"
_of_workers: set[str] = set()
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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """All workers of a run share one budget of false positives, so their assertions are counted together."""
    statistical = sys.modules.get("tests.support.statistical")
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[ASSERTED] = statistical.registered() if statistical else []
        return
    from tests.support.statistical import too_many

    if message := too_many(_of_workers):
        print(f"\n{message}", flush=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker ends and hands over which statistical assertions it made."""
    _of_workers.update(getattr(node, "workeroutput", {}).get(ASSERTED, ()))


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
