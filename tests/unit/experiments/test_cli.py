"""The command line: exit codes, messages, and what it prints."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import experiments
from agents.settings import ConfigError
from experiments import cli
from experiments.configuration import Setup

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("agents", "hydra", "matplotlib", "mesa", "numba", "numpy", "omegaconf", "pyarrow", "yaml")


@pytest.fixture
def compare_module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module behind ``compare``, with a job that only remembers its setup."""
    module = importlib.import_module("experiments.compare")
    seen = SimpleNamespace(setup=None, failed=0)

    def remember(setup: Setup, *, progress: bool = True) -> Any:
        seen.setup = setup
        return SimpleNamespace(failures=SimpleNamespace(num_rows=seen.failed))

    monkeypatch.setattr(sys.modules[module.__name__], "compare", remember)
    return seen


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from experiments.cli import main; assert main(['--help']) == 0; "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stderr.strip() == "[]"
    for command in cli.COMMANDS:
        assert f"\n  {command} " in done.stdout


def test_no_command_shows_the_help_and_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert (code, "consortia COMMAND" in out) == (2, True)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    assert (code, out.split()[0]) == (0, "consortia")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["comparr"], "'comparr' is not a command. Did you mean 'compare'?"),
        (["regimes=race"], "Write: consortia compare regimes=race"),
        (["compare", "replicates=-1"], "replicates = -1 is outside"),
        (["compare", "--config-dir", "nowhere"], "nowhere is not a folder"),
        (["run", "regime=rase"], "Did you mean 'race'?"),
        (["regimes", "rase"], "Did you mean 'race'?"),
        (["regimes", "lang=de"], "Write lang=en or lang=zh"),
        (["regimes", "land=en"], "Did you mean 'lang'?"),
        (["regimes", "race", "out=x"], "'out' is not a setting of this command"),
        (["regimes", "new", "mine"], "Write: consortia regimes new"),
        (["regimes", "new", "from=race"], "Write: consortia regimes new"),
        (["regimes", "new", "my-own", "from=race"], "'my-own' cannot name a regime"),
        (["regimes", "new", "mine", "from=rase"], "Did you mean 'race'?"),
        (["populations", "natinal"], "Did you mean 'national'?"),
        (["parameters", "serch"], "Did you mean 'search'?"),
    ],
)
def test_bad_input_is_explained_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("consortia: ")
    assert words in err
    assert "Traceback" not in err


def test_compare_hands_over_the_setup(
    capsys: pytest.CaptureFixture[str], compare_module: Any, tmp_path: Path
) -> None:
    code, _, _ = run(
        capsys, "compare", "regimes=race", "--config-dir", str(tmp_path), "replicates=2",
        "population=classroom",
    )  # fmt: skip
    assert code == 0
    assert compare_module.setup.replicates == 2
    assert [entry.name for entry in compare_module.setup.regimes] == ["laissez_faire", "race"]


def test_failed_runs_end_with_1(capsys: pytest.CaptureFixture[str], compare_module: Any) -> None:
    compare_module.failed = 3
    assert run(capsys, "compare", "population=classroom")[0] == 1


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "the same command resumes"),
        (ConfigError("out = x is not empty"), 2, "out = x is not empty"),
    ],
)
def test_what_stops_a_comparison(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    words: str,
) -> None:
    def stop(words: Any, config_dirs: Any) -> int:
        raise error

    monkeypatch.setitem(cli.COMMANDS, "compare", stop)
    done, _, err = run(capsys, "compare")
    assert (done, words in err) == (code, True)


def test_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: Any, config_dirs: Any) -> int:
        raise ValueError("a mistake in the program")

    monkeypatch.setitem(cli.COMMANDS, "compare", fail)
    with pytest.raises(ValueError, match="a mistake"):
        cli.main(["compare"])


def test_only_model_commands_check_who_owns_the_import_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, compare_module: Any
) -> None:
    def refuse() -> None:
        raise ConfigError("somebody else's agents")

    monkeypatch.setattr("experiments.ownership.check_ownership", refuse)
    assert run(capsys, "regimes")[0] == 0
    assert run(capsys, "compare")[0] == 2
    assert run(capsys, "run")[0] == 2


@pytest.mark.parametrize(("lang", "word"), [("en", "Race of several teams"), ("zh", "赛马")])
def test_regimes_are_listed(capsys: pytest.CaptureFixture[str], lang: str, word: str) -> None:
    code, out, _ = run(capsys, "regimes", f"lang={lang}")
    assert (code, word in out) == (0, True)


def test_a_regime_is_explained_by_the_levers_that_differ(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = run(capsys, "regimes", "race")
    assert "selection.teams = 3 (default 1; teams per need)" in out
    assert "teams funded for one need" in out
    assert "funding.cap_myuan" not in out  # at its default
    assert "Boudreau et al. 2011" in out


def test_a_regime_without_programmes_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No programme" in run(capsys, "regimes", "laissez_faire")[1]


@pytest.mark.parametrize("name", ["classroom", "csv", "yangtze_delta"])
def test_populations_are_described(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert name in run(capsys, "populations")[1]
    code, out, _ = run(capsys, "populations", name, "lang=zh")
    assert (code, out.startswith(f"{name}: ")) == (0, True)


def test_parameters_show_unit_range_value_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "parameters")
    assert "search.noise = 0.04  (share of mean fitness; allowed: between 0 and 0.3)" in out
    assert "funding.public_share = 0.35" in out
    assert out.count("Source: ") > 150
    assert "search.noise" not in run(capsys, "parameters", "funding")[1]


def test_a_new_regime_is_written_once_and_loads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    new = ("regimes", "new", "mine", "from=race", f"out={tmp_path}")
    code, out, _ = run(capsys, *new)
    assert (code, "consortia compare regimes=race,mine" in out) == (0, True)
    written = (tmp_path / "regime" / "mine.yaml").read_bytes()
    code, _, err = run(capsys, *new)
    assert (code, "is not overwritten" in err) == (2, True)
    assert (tmp_path / "regime" / "mine.yaml").read_bytes() == written
    assert "mine: mine" in run(capsys, "--config-dir", str(tmp_path), "regimes", "mine")[1]


def test_a_new_regime_where_no_folder_can_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    code, _, err = run(capsys, "regimes", "new", "mine", "from=race", f"out={tmp_path / 'file'}")
    assert (code, "cannot be written" in err) == (2, True)


def test_the_notebook_function_outlives_the_module_of_its_name(compare_module: Any) -> None:
    from experiments import compare
    from experiments.compare import Comparison

    assert Comparison.__module__ == "experiments.compare"
    assert experiments.compare is compare
    compare(regimes=["race"], population="classroom", replicates=3, search={"noise": 0.1})
    assert compare_module.setup.replicates == 3
    assert compare_module.setup.world.sections["search"].noise == 0.1
    compare(experiments.load_setup("compare", ["population=classroom", "replicates=4"]))
    assert compare_module.setup.replicates == 4
