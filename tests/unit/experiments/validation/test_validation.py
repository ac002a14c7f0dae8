"""Verdicts, the folder that is written, and what is refused."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from agents.settings import ConfigError
from experiments import cli
from experiments.library import Library
from experiments.validation import job
from experiments.validation.against import Target, read_against
from experiments.validation.measures import BEHAVIOUR, MEASURES
from experiments.validation.results import (
    BETWEEN,
    CANNOT_TELL,
    NOT_REPRODUCED,
    REPRODUCED,
    UNMEASURED,
    VERDICTS,
    Column,
    comparable_projects,
    difference_interval,
    judge,
)
from experiments.validation.runs import places_table, read_places
from experiments.validation.settings import load_validate
from tests.support.programmes import drawn

TARGET = Target(MEASURES["repeat_share"], 0.1, False)


def column(mean: float, spread: float = 0.02, n: int = 20) -> Column:
    """Values with this mean, and nearly this standard deviation."""
    return Column(mean + spread * np.linspace(-1.7, 1.7, n))


@pytest.mark.parametrize(
    ("model", "null", "verdict"),
    [
        (column(1.02), column(0.0), REPRODUCED),
        (column(0.5), column(0.0), BETWEEN),
        (column(0.01), column(0.0), NOT_REPRODUCED),  # not told from the null
        (column(-0.5), column(0.0), NOT_REPRODUCED),  # beyond the null
        (column(1.5), column(0.0), NOT_REPRODUCED),  # beyond the programme
        (column(1.5), column(2.0), BETWEEN),
        (column(1.1), column(0.0), CANNOT_TELL),  # at the edge of the tolerance
        (column(1.0, 2.0), column(0.0), CANNOT_TELL),  # too much luck
        (Column(np.array([1.0])), column(0.0), CANNOT_TELL),  # a single run
        (Column(np.empty(0)), column(0.0), UNMEASURED),
    ],
)
def test_verdicts(model, null, verdict):
    assert judge(TARGET, model, column(1.0), null, 14).verdict == verdict


def test_a_null_within_the_tolerance_is_told():
    assert judge(TARGET, column(1.0), column(1.0), column(1.05), 1).null_too
    assert not judge(TARGET, column(1.0), column(1.0), column(1.2), 1).null_too


def test_interval_is_welchs():
    from scipy import stats

    one, other = column(1.0, 0.1, 8), column(0.7, 0.3, 15)
    low, high = difference_interval(one, other, 1)
    expected = stats.ttest_ind(one.values, other.values, equal_var=False).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high))
    wide = difference_interval(one, other, 14)
    assert wide[0] < low and high < wide[1]


def test_number_of_projects():
    rng = np.random.default_rng(0)
    model, real = [drawn(rng, 60), drawn(rng, 50)], drawn(rng, 240)
    assert comparable_projects(model, real, None, "real") == 40  # a sixth of 240
    assert comparable_projects(model, real, 30, "real") == 30
    with pytest.raises(ConfigError, match="projects = 45 cannot be compared"):
        comparable_projects(model, real, 45, "real")


def test_networks_are_kept_as_they_are(tmp_path):
    one = drawn(np.random.default_rng(3), 30)
    pq.write_table(places_table(one), tmp_path / "n.parquet")
    other = read_places(tmp_path / "n.parquet")
    for measure in MEASURES.values():
        assert measure.of(other) == pytest.approx(measure.of(one), nan_ok=True), measure.name


def test_the_file_of_fp7_has_every_measure_and_only_verdicts_there_are():
    against = read_against(Library.open(), "fp7")
    assert [one.measure.name for one in against.targets] == list(MEASURES)
    behaviours = {name for name, one in MEASURES.items() if one.group == BEHAVIOUR}
    assert set(against.verdicts) == behaviours and set(against.verdicts.values()) <= set(VERDICTS)
    assert all(target.sampled for target in against.targets if target.measure.needs == "leads")


@pytest.fixture
def invented(monkeypatch, tmp_path):
    """A programme of the user's, and a model that is drawn like it."""
    rng = np.random.default_rng(5)
    real = drawn(rng, 300, old_friends=0.3)
    rows = ["projectID;organisationID;activityType;country;role"]
    for project, who, lead in zip(real.project, real.organisation, real.lead, strict=True):
        code = ("PRC", "HES", "REC")[real.kind[who]]
        rows.append(f"{project};{who};{code};C{real.region[who]};{'coordinator' if lead else ''}")
    data = tmp_path / "mine"
    data.mkdir()
    (data / "organization.csv").write_text("\n".join(rows), encoding="utf-8")
    dates = [f"{k};{2010 + k // 30}-01-01;{2013 + k // 30}-01-01" for k in range(real.projects)]
    (data / "project.csv").write_text("\n".join(["id;startDate;endDate", *dates]), encoding="utf-8")
    networks = [drawn(rng, 60, old_friends=0.3) for _ in range(8)]

    def run_model(setup, progress):
        (setup.model.out / "validation").mkdir(parents=True)
        return networks

    monkeypatch.setattr(job, "run_model", run_model)
    return data


def test_the_folder(invented, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["validate", f"data={invented}", f"out={out}", "lang=zh"]) == 0
    told = capsys.readouterr().out
    assert "只检验网络的形成" in told
    for name in ("validation.md", "validation.zh.md"):
        assert "consortia validate data=mine" in (out / name).read_text(encoding="utf-8")
    targets = pq.read_table(out / "validation" / "targets.parquet").to_pylist()
    by_name = {row["measure"]: row for row in targets}
    assert by_name["repeat_share"]["projects"] == 50 and by_name["repeat_share"]["real_n"] == 6
    assert by_name["duration_months"]["verdict"] == UNMEASURED  # the model drawn has no dates
    years = pq.read_table(out / "validation" / "years.parquet").to_pylist()
    counts = {row["year"]: row["mean"] for row in years if row["measure"] == "projects"}
    assert counts == {2010 + k: 30.0 for k in range(10)}
    assert (out / "validation" / "validation.zh.svg").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["data=nowhere"], "data = nowhere is not there"),
        (["projects=many"], "projects = many is not a number"),
        (["projects=3"], "projects"),
        (["against=fp8"], "validation 'fp8' is not known"),
        (["regimes=all"], "regimes does nothing with validate"),
        (["regime=nothing"], "regime 'nothing' is not known"),
        (["fp7"], "'fp7' is not a setting"),
    ],
)
def test_bad_input(words, told, capsys):
    assert cli.main(["validate", *words]) == 2
    assert told in capsys.readouterr().err


def test_another_population_drops_the_size_of_ours():
    setup = load_validate(["population=classroom", "replicates=3"])
    assert setup.model.population.name == "classroom" and setup.model.replicates == 3
    assert setup.model.regimes[0].name == "framework_programme"
