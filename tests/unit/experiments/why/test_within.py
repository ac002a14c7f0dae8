"""The decomposition inside a comparison."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments.cli import main
from experiments.compare import compare
from experiments.configuration import load_setup
from experiments.why.within import FOLDER, check_apart, chosen_apart, pair_of, take_apart_within

NAMES = ("laissez_faire", "race", "prize", "open_challenge")


@pytest.mark.parametrize("value", ["auto", "none", ["race", "prize"]])
def test_what_may_be_asked(value) -> None:
    chosen = chosen_apart(value, NAMES)
    assert chosen == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("all", "Write why=auto, why=none, or two different regimes"),
        (["race"], "Write why=auto"),
        (["race", "race"], "Write why=auto"),
        (["race", "rase"], "Did you mean 'race'"),
    ],
)
def test_bad_input(value, words, capsys) -> None:
    with pytest.raises(ConfigError, match=words):
        chosen_apart(value, NAMES)
    text = f"[{','.join(value)}]" if isinstance(value, list) else value
    assert main(["compare", f"regimes=[{','.join(NAMES)}]", f"why={text}"]) == 2
    assert words in capsys.readouterr().err


def runs(**means: float) -> pa.Table:
    rows = [
        {"variant": variant, "regime": name, "technical": mean + noise}
        for name, mean in means.items()
        for variant, noise in (("main", 0.5), ("main", -0.5), ("q=0.1", 100.0 * mean))
    ]
    return pa.Table.from_pylist(rows)


def setup_of(out: Path, *texts: str):
    settings = [f"regimes=[{','.join(NAMES)}]", "population=classroom", f"out={out}", "jobs=1"]
    return load_setup("compare", [*settings, "robustness=none", "replicates=2", *texts])


def test_of_itself_the_pair_is_the_furthest_apart_with_programmes(tmp_path) -> None:
    found = runs(laissez_faire=0.0, race=3.0, prize=5.0, open_challenge=2.0)
    assert pair_of(setup_of(tmp_path), found) == ("open_challenge", "prize")
    assert pair_of(setup_of(tmp_path), runs(laissez_faire=0.0, race=3.0)) is None
    assert pair_of(setup_of(tmp_path, "why=none"), found) is None
    assert pair_of(setup_of(tmp_path, "why=[prize,race]"), found) == ("prize", "race")


def test_equal_levers_are_refused_before_a_run(tmp_path) -> None:
    setup = setup_of(tmp_path, "why=[prize,race]")
    race = next(entry for entry in setup.regimes if entry.name == "race")
    twin = dataclasses.replace(race, name="prize")
    regimes = tuple(twin if entry.name == "prize" else entry for entry in setup.regimes)
    with pytest.raises(ConfigError, match="same levers|equal"):
        check_apart(dataclasses.replace(setup, regimes=regimes))


def test_a_comparison_takes_its_pair_apart(tmp_path, capsys) -> None:
    out = tmp_path / "results"
    setup = setup_of(out, "why=[open_challenge,prize]", "time.policy=8", "time.hand_over=0")
    result = compare(setup)
    told = capsys.readouterr()
    assert "the difference from Open challenge" in told.err and "why=none" in told.err
    rows = pq.read_table(out / "why.parquet").to_pylist()
    by_regime = {
        name: sum(row["technical"] for row in result.runs.to_pylist() if row["regime"] == name) / 2
        for name in ("open_challenge", "prize")
    }
    whole = by_regime["prize"] - by_regime["open_challenge"]
    assert sum(row["share"] for row in rows) == pytest.approx(whole, abs=1e-9)
    assert (out / "why.csv").is_file() and (out / FOLDER / "prize_minus_open_challenge").is_dir()
    text = result.report.read_text(encoding="utf-8")
    assert 'id="table-why"' in text and "consortia why A B" not in text
    assert "furthest apart" not in text  # the pair was named
    again = compare(setup, progress=False)
    assert again.runs.to_pandas().equals(result.runs.to_pandas())
    assert main(["report", str(out)]) == 0
    assert 'id="table-why"' in result.report.read_text(encoding="utf-8")


def test_a_decomposition_that_was_brought_stays(tmp_path) -> None:
    found = runs(race=3.0, prize=5.0)
    tmp_path.joinpath("why.parquet").write_bytes(b"brought")
    assert take_apart_within(setup_of(tmp_path), found, progress=False) is None
    assert tmp_path.joinpath("why.parquet").read_bytes() == b"brought"
    assert not (tmp_path / FOLDER).exists()
