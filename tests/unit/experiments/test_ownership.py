"""The command line must not run with somebody else's `agents` or `simulation`."""

import subprocess
import sys
from pathlib import Path

import pytest

from agents.settings import ConfigError
from experiments import ownership

PROBE = """
import sys
from experiments.ownership import check_ownership
try:
    check_ownership()
except ValueError as error:
    from agents.settings import ConfigError
    assert type(error) is ConfigError
    print(error)
else:
    print("ours")
assert "numpy" not in sys.modules
"""


def probe(*folders: Path) -> str:
    """What a fresh interpreter says with these folders first on its path."""
    setup = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", setup + PROBE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_our_own_folders_pass() -> None:
    assert probe(ownership.HOME) == "ours"


@pytest.mark.parametrize("package", ["agents", "simulation"])
@pytest.mark.parametrize("with_init", [True, False])
def test_a_foreign_package_first_on_the_path(tmp_path: Path, package: str, with_init: bool) -> None:
    foreign = tmp_path / package
    foreign.mkdir()
    if with_init:
        (foreign / "__init__.py").write_text("raise SystemExit('somebody else was imported')")
        said = probe(tmp_path, ownership.HOME)
        assert str(foreign.resolve()) in said
        assert f"'{package}'" in said
        assert "python -m venv" in said
    else:  # a folder without __init__.py gives way to ours: no false alarm
        assert probe(tmp_path, ownership.HOME) == "ours"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ownership, "_folder", lambda package: None)
    monkeypatch.setattr(ownership, "PACKAGES", ("simulation",))
    with pytest.raises(ConfigError, match="'simulation' cannot be found"):
        ownership.check_ownership()
