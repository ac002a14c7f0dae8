"""An edit of a rule reaches its callers in other files, whatever an earlier start has compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.library import CONFIGS
from simulation.warmup import PYTHON

ROOT = CONFIGS.parent
PACKAGES = ("agents", "simulation")

# `partial_gain` stands in landscape.py and calls rules of streams.py, which is edited.
ASK = """
import sys
from agents import compiled
if len(sys.argv) > 1:
    compiled.numba_config.CACHE_DIR = sys.argv[1]
import numpy as np
from simulation.landscape import partial_gain
gain = partial_gain(np.uint64(5), np.full(16, 7), 3, 3, 1)
print(gain, sum(partial_gain.stats.cache_hits.values()), compiled.cache_folder())
"""
OLD = "_ODD_C = np.uint64(0x8CB92BA72F3D8DD7)"
NEW = "_ODD_C = np.uint64(0x8CB92BA72F3D8DD9)"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the compiled packages that may be edited."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def ask(sources: Path, *arguments: str) -> tuple[int, int, str]:
    """Contribution, how often it came from the cache, and the folder of the cache."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(sources),
        "CONSORTIA_CACHE": str(sources / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    answer = subprocess.run(
        [sys.executable, "-c", ASK, *arguments],
        cwd=sources, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    value, hits, folder = answer.stdout.split(maxsplit=2)
    return int(value), int(hits), folder.strip()


def edit(sources: Path) -> None:
    path = sources / "simulation" / "streams.py"
    text = path.read_text("utf-8")
    assert text.count(OLD) == 1
    path.write_text(text.replace(OLD, NEW), encoding="utf-8")


def test_an_edit_reaches_callers_in_other_files(sources: Path) -> None:
    first, hits, folder = ask(sources)
    assert hits == 0
    again, hits, same_folder = ask(sources)
    assert (again, same_folder) == (first, folder)
    assert hits == 1, "an unchanged start must use the cache"
    edit(sources)
    edited, hits, other_folder = ask(sources)
    assert edited != first
    assert hits == 0
    assert other_folder != folder


def test_one_folder_for_all_sources_would_be_stale(sources: Path) -> None:
    """Why the folder is named by the sources: numba itself keeps the old number."""
    fixed = str(sources / "fixed")
    first, _, _ = ask(sources, fixed)
    edit(sources)
    edited, hits, _ = ask(sources, fixed)
    assert hits == 1
    assert edited == first


def test_first_start_compiles_the_code_that_runs(tmp_path: Path) -> None:
    """A folder named like a package in the current directory does not take its place."""
    (tmp_path / "simulation").mkdir()
    (tmp_path / "simulation" / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    found = subprocess.run(
        [*PYTHON, "import simulation; print(simulation.__path__[0])"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()) == ROOT / "simulation"
