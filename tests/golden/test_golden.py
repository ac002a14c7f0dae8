"""Results do not change unless somebody says so: golden runs bind to the last bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.compiled import versions
from simulation.outcomes import RunResult
from tests.golden import renew
from tests.support import worlds

FOLDER = Path(__file__).parent


def read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def test_every_regime_has_its_golden_run() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(worlds.regimes())


@pytest.mark.parametrize("name", list(worlds.regimes()))
def test_the_run_is_the_golden_one(name: str, results: dict[str, RunResult]) -> None:
    golden = read(name)
    # NaN is written as NaN and equals nothing: compare what is written.
    found = {key: json.dumps(value) for key, value in results[name].outcomes.items()}
    expected = {key: json.dumps(value) for key, value in golden["outcomes"].items()}
    different = {
        key: (expected.get(key), found.get(key))
        for key in expected | found
        if expected.get(key) != found.get(key)
    }
    made_with = golden["header"]["versions"]
    assert not different, (
        f"made with {made_with} on {golden['header']['platform']}, now {versions()}; "
        f"if results should change: {golden['header']['command']}"
    )


@pytest.mark.parametrize("name", list(worlds.regimes()))
def test_the_header_names_the_configuration(name: str) -> None:
    header = read(name)["header"]
    assert header["command"] == renew.COMMAND
    assert header["seed"] == worlds.SEED
    assert header["population"] == worlds.default_population().name
    assert len(header["run"]) == 32


def test_renewing_demands_a_reason() -> None:
    with pytest.raises(SystemExit, match="Say why"):
        renew.main(["because"])


def test_a_reason_goes_under_the_unreleased_results() -> None:
    text = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A.\n\n## [0.1.0]\n\n### Results\n\n- old\n"
    once = renew.with_line(text, "- first")
    twice = renew.with_line(once, "- second")
    assert once.index("- A.") < once.index("- first") < once.index("## [0.1.0]")
    assert twice.index("- second") < twice.index("- first")
    assert twice.count("### Results") == 2
