"""The command sensitivity: from a sweep's folder to tables, figures and words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments import cli
from experiments.running.store import ExperimentError
from experiments.sensitivity import sensitivity
from experiments.sweep.designs import Design, make_design
from experiments.sweep.results import SweepResults
from experiments.sweep.space import Factor, Space

SPACE = Space(
    (
        Factor("search.noise", low=0.0, high=0.2),
        Factor("selection.teams", levels=(1, 2, 4)),
        Factor("search.rounds", low=1, high=9, whole=True),
        Factor("learning.decay", low=0.0, high=0.05),
    )
)
REGIMES = ("laissez_faire", "race")


@dataclass(frozen=True, slots=True, eq=False)
class Stored(SweepResults):
    """A sweep with outcomes made here: noise matters everywhere, teams in the race only."""

    missing: tuple[int, ...] = ()

    def outcomes(self, names):
        rng = np.random.default_rng(81)
        luck = rng.normal(0.0, 4.0, self.replicates)
        for name in names:
            values = np.empty(self.shape)
            places = self.design.unit
            values[:, 0] = 20.0 - 6.0 * places[:, :1] + luck
            values[:, 1] = values[:, 0] + 5.0 * places[:, 1:2] ** 2
            values += rng.normal(0.0, 1.0, values.shape)
            if name == "bid_success":
                values[3] = np.nan
            yield values

    def done(self):
        done = np.ones(self.shape, dtype=bool)
        done[7, 1, list(self.missing)] = False
        return done


def stored(out: Path, kind: str = "morris", replicates: int = 12, missing: Any = ()) -> Stored:
    blocks = {"morris": 20 * 5, "sobol": 64 * 6, "lhs": 40}[kind]
    design: Design = make_design(SPACE, kind, blocks, 1)
    return Stored(out, design, REGIMES, replicates, pa.array([], pa.string()), tuple(missing))


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Have the command find a sweep made here."""

    def put(**changes: Any) -> Path:
        found = stored(tmp_path, **changes)
        monkeypatch.setattr("experiments.sensitivity.job.load_sweep", lambda out: found)
        return tmp_path

    return put


@pytest.mark.parametrize(
    ("kind", "measures"), [("morris", ["mu", "mu_star", "sigma"]), ("sobol", ["first", "total"])]
)
def test_tables_figures_and_words(use, kind, measures) -> None:
    out = use(kind=kind)
    found = sensitivity(out, outcomes=["solved"])
    rows = pq.read_table(out / "sensitivity.parquet").to_pylist()
    assert rows == found.measures.to_pylist()
    assert len(rows) == 2 * 4 * len(measures)
    told = {(row["regime"], row["factor"]) for row in rows if not row["noise_dominates"]}
    # How rarely a factor without effect is told is tested in tests/statistical.
    assert told >= {
        ("laissez_faire", "search.noise"), ("race", "search.noise"), ("race", "selection.teams"),
    }  # fmt: skip
    assert ("laissez_faire", "selection.teams") not in told
    assert (out / "figures" / "sensitivity_solved.svg").is_file()
    assert [path.name for path in found.figures] == ["sensitivity_solved.png"]
    text = (out / "sensitivity.txt").read_text("utf-8")
    assert "race, Solved needs: what matters" in text
    assert "nothing is known of these" in text and "Holm" in text
    noise = found.noise.to_pylist()[0]
    assert noise["replicates"] == 12 and 0.5 < noise["noise_share_of_run"] < 1.0


def test_the_difference_of_two_regimes_loses_what_they_share(use) -> None:
    out = use()
    rows = sensitivity(out, outcomes=["solved"], minus="laissez_faire").measures.to_pylist()
    assert {(row["regime"], row["minus"]) for row in rows} == {("race", "laissez_faire")}
    assert {row["factor"] for row in rows if not row["noise_dominates"]} == {"selection.teams"}


def test_effects_of_levels_are_over_the_way_that_was_gone(use) -> None:
    """Three levels: a step of 2/3 of the range ends at the middle one, half of the range away."""
    out = use()
    rows = sensitivity(out, outcomes=["solved"], regimes=["race"]).measures.to_pylist()
    mu = {row["factor"]: row["value"] for row in rows if row["measure"] == "mu"}
    assert mu["search.noise"] == pytest.approx(-6.0, abs=1.0)


def test_chinese(use, capsys) -> None:
    out = use()
    sensitivity(out, outcomes=["solved"], lang="zh", progress=True)
    told = capsys.readouterr().out
    assert "起作用的设定" in told and "被噪声掩盖" in told
    assert "起作用的设定" in (out / "sensitivity.zh.txt").read_text("utf-8")
    assert (out / "figures" / "sensitivity_solved.zh.png").is_file()
    assert not (out / "sensitivity.txt").exists()


def test_an_outcome_without_sensitivity_is_left_out_and_named(use) -> None:
    out = use()
    found = sensitivity(out, outcomes=["bid_success", "solved"])
    assert {one.outcome for one in found.refusals} == {"bid_success"}
    assert any(
        "bid_success: left out. 12 of 1200 outcomes have no value" in one for one in found.sentences
    )
    with pytest.raises(ConfigError, match="outcome = bid_success, regime 'laissez_faire': 12 of"):
        sensitivity(out, outcomes=["bid_success"])


def test_replicates_that_some_point_lacks_are_left_out(use) -> None:
    out = use(missing=[0, 5])
    found = sensitivity(out, outcomes=["solved"])
    assert found.noise.to_pylist()[0]["replicates"] == 10
    assert any("2 replicates are left out" in sentence for sentence in found.sentences)
    only = sensitivity(out, outcomes=["solved"], regimes=["laissez_faire"])
    assert only.noise.to_pylist()[0]["replicates"] == 12


def test_refusals(use) -> None:
    out = use(missing=range(10))
    with pytest.raises(ExperimentError, match="only 2 replicates are there at every point"):
        sensitivity(out)
    with pytest.raises(ConfigError, match="regimes: regime 'rase' was not run.*race"):
        sensitivity(out, regimes=["rase"])
    with pytest.raises(ConfigError, match="nothing to analyse"):
        sensitivity(out, regimes=["race"], minus="race")
    out = use(kind="lhs")
    with pytest.raises(ConfigError, match="design of the kind 'lhs'.*design=morris"):
        sensitivity(out)


def test_the_command_line(use, capsys, tmp_path) -> None:
    out = use(replicates=6)
    assert cli.main(["sensitivity", f"out={out}", "outcome=solved,technical", "regimes=race"]) == 0
    told = capsys.readouterr().out
    assert "With 6 replicates only large effects" in told and "sensitivity_technical.png" in told
    assert cli.main(["sensitivity"]) == 2
    assert "consortia sensitivity out=results/sweep" in capsys.readouterr().err
    assert cli.main(["sensitivity", f"out={out}", "outcomes=solved"]) == 2
    assert cli.main(["sensitivity", f"out={out}", "lang=fr"]) == 2
