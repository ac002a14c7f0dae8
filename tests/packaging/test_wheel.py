"""The wheel, installed alone into a clean environment, works from another folder.

Slow (it installs the locked dependencies); leave it out with ``-m "not packaging"``.
"""

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"

# One worker does all of it, so that the wheel is built and installed once.
pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging")]


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Run without anything of this environment; return what was printed."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    environment |= {"MPLBACKEND": "Agg", "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    run([*build, folder, ROOT], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def consortia(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a clean environment made with the lock."""
    folder = tmp_path_factory.mktemp("clean")
    run([sys.executable, "-m", "venv", folder / "venv"], folder)
    python = folder / "venv" / SCRIPTS / "python"
    pip = [str(python), "-m", "pip"]
    lock = ROOT / "requirements.lock"
    run([*pip, "install", "--quiet", "--require-hashes", "-r", lock], folder)
    run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], folder)
    run([*pip, "check"], folder)
    return folder / "venv" / SCRIPTS / "consortia"


def test_the_wheel_holds_every_source_and_data_file(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("agents", "simulation", "experiments", "configs")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == wanted
    assert "configs/config.yaml" in held
    assert "configs/__init__.py" not in held


def test_help(consortia: Path, tmp_path: Path) -> None:
    said = run([consortia, "--help"], tmp_path)
    for command in ("compare", "run", "regimes", "populations"):
        assert command in said


def test_regimes_and_populations_are_found(consortia: Path, tmp_path: Path) -> None:
    assert "open_challenge" in run([consortia, "regimes"], tmp_path)
    assert "yangtze_delta" in run([consortia, "populations"], tmp_path)


def test_a_small_comparison(consortia: Path, tmp_path: Path) -> None:
    run(
        [
            consortia, "compare", "regimes=[laissez_faire,open_challenge]", "population=classroom",
            "replicates=2", "robustness=none", "jobs=1", "out=here",
        ],
        tmp_path,
    )  # fmt: skip
    out = tmp_path / "here"
    runs = pq.read_table(out / "runs.parquet").to_pylist()
    main = {(row["regime"], row["replicate"]) for row in runs if row["variant"] == "main"}
    assert {("laissez_faire", 0), ("open_challenge", 0), ("open_challenge", 1)} <= main
    for name in ("summary.csv", "differences.csv", "report.html", "config.yaml", "provenance.json"):
        assert (out / name).stat().st_size > 0
    assert list((out / "figures").glob("*.svg"))
