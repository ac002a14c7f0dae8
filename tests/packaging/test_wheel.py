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

pytestmark = pytest.mark.packaging


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Run without anything of this environment; return what was printed."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    environment |= {"MPLBACKEND": "Agg", "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}
    environment |= {"NUMBA_OPT": "0"}  # the model is compiled again here, and only runs a little
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


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    run([*build, tmp_path / "dist", ROOT], tmp_path)
    (built,) = (tmp_path / "dist").glob("*.whl")
    return built


def install(wheel: Path, folder: Path) -> Path:
    """The command of a clean environment made with the lock."""
    run([sys.executable, "-m", "venv", folder], wheel.parent)
    pip = [str(folder / SCRIPTS / "python"), "-m", "pip"]
    lock = ROOT / "requirements.lock"
    run([*pip, "install", "--quiet", "--require-hashes", "-r", lock], wheel.parent)
    run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], wheel.parent)
    run([*pip, "check"], wheel.parent)
    return folder / SCRIPTS / "consortia"


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


def test_the_wheel_works_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """One test, because installing takes long and workers share no fixtures."""
    consortia = install(wheel, tmp_path / "venv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = run([consortia, "--help"], elsewhere)
    for command in ("compare", "run", "regimes", "populations"):
        assert command in said
    assert "open_challenge" in run([consortia, "regimes"], elsewhere)
    assert "yangtze_delta" in run([consortia, "populations"], elsewhere)
    compare_two_regimes(consortia, elsewhere)


def compare_two_regimes(consortia: Path, folder: Path) -> None:
    """The smallest main job writes all that the README promises."""
    command = [str(consortia), "compare", "regimes=[laissez_faire,open_challenge]"]
    small = ["population=classroom", "replicates=2", "robustness=none", "jobs=1", "out=here"]
    run([*command, *small], folder)
    out = folder / "here"
    runs = pq.read_table(out / "runs.parquet").to_pylist()
    main = {(row["regime"], row["replicate"]) for row in runs if row["variant"] == "main"}
    wanted = {(r, i) for r in ("laissez_faire", "open_challenge") for i in (0, 1)}
    assert wanted <= main
    promised = ("trajectories.parquet", "summary.csv", "differences.csv", "report.html")
    for name in (*promised, "config.yaml", "provenance.json"):
        assert (out / name).stat().st_size > 0, name
    assert list((out / "figures").glob("*.svg"))
    assert list((out / "figures").glob("*.png"))
