"""The import contracts of pyproject.toml hold, and break when code breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts on the packages below a folder."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def skeleton(root: Path) -> None:
    """The three packages and the contracts, without code."""
    shutil.copy(ROOT / "pyproject.toml", root)
    for package in ("agents", "simulation", "simulation/policies", "experiments", "configs"):
        (root / package).mkdir()
        (root / package / "__init__.py").touch()


def test_the_contracts_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_allowed_import_is_kept(tmp_path: Path) -> None:
    skeleton(tmp_path)
    (tmp_path / "experiments" / "compare.py").write_text("import hydra\nimport simulation.policies")
    done = lint_imports(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("agents/firm.py", "import simulation"),
        ("agents/firm.py", "def late():\n    from simulation import policies"),
        ("simulation/model.py", "from experiments import x"),
        ("simulation/policies/prize.py", "import experiments"),
        ("experiments/report.py", "import configs"),
        ("simulation/model.py", "import hydra"),
        ("simulation/model.py", "from multiprocessing import Pool"),
        ("agents/firm.py", "from matplotlib import pyplot"),
    ],
)
def test_a_forbidden_import_is_refused(tmp_path: Path, module: str, code: str) -> None:
    skeleton(tmp_path)
    (tmp_path / module).write_text(code)
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout
