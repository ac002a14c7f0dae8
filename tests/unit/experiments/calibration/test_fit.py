"""Settings, distances, the search and its resumption, recovery, and the folder."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments import cli
from experiments.calibration import job
from experiments.calibration.fit import Bank, Posterior, prior_bank, search
from experiments.calibration.recovery import recovery, weighted_quantiles
from experiments.calibration.simulate import UNDEFINED, distance, luck_of
from experiments.library import read_yaml
from tests.support.fits import PARAMETERS, TARGETS, WORDS, Law, setup

pytest.importorskip("pyabc", reason="calibrate is an extra")
SMALL = ("particles=20", "generations=2", "prior_runs=60", "checked_runs=4")
WANTED = {"same_region_ratio": 3.0, "repeat_excess": 7.0}


FITTED = setup().targets


def far(one, other):
    return distance(one, other, FITTED)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "calibrate needs parameters"),
        (["parameters=forming.home_bias"], "calibrate needs targets"),
        (["parameters=forming.homebias", "targets=repeat_excess"], "Did you mean 'forming.home_bias'?"),
        (["parameters=fields.initial_ties", "targets=repeat_excess"], "not a number with a range"),
        (["parameters=forming.home_bias", "targets=repeat"], "'repeat' is not a target"),
        ([*WORDS, "forming.home_bias=interval(5,20)"], "within 0 and 10"),
        ([*WORDS, "forming.home_bias=2"], "Write forming.home_bias=interval(LOW,HIGH)"),
        ([*WORDS, "particles=few"], "particles = few is not a whole number"),
        ([*WORDS, "replicates=5"], "replicates does nothing with calibrate"),
    ],
)  # fmt: skip
def test_bad_input(words, told, capsys):
    assert cli.main(["calibrate", *words]) == 2
    assert told in capsys.readouterr().err


def test_ranges_are_the_declared_ones_or_narrower():
    priors = setup("forming.tie_bias=interval(1, 4)").priors
    assert [(one.name, one.low, one.high) for one in priors] == [
        ("forming.home_bias", 0.0, 10.0), ("forming.tie_bias", 1.0, 4.0),
    ]  # fmt: skip


def test_distance_is_in_tolerances():
    within = {one.measure.name: one.within for one in setup().targets}
    found = {name: WANTED[name] + 2 * within[name] for name in TARGETS}
    assert far(found, WANTED) == pytest.approx(2.0)
    assert far(found | {"repeat_excess": math.nan}, WANTED) == UNDEFINED


def test_luck_belongs_to_the_values():
    assert luck_of({"a": 1.0, "b": 2.0}) == luck_of({"b": 2.0, "a": 1.0})
    assert luck_of({"a": 1.0, "b": 2.0}) != luck_of({"a": 2.0, "b": 1.0})


def test_quantiles_by_weight():
    one = Posterior(np.array([[3.0], [1.0], [2.0]]), np.array([0.2, 0.5, 0.3]), (1.0,), 3)
    assert one.quantile(0, 0.5) == 1.0 and one.quantile(0, 0.95) == 3.0
    assert one.mean(0) == pytest.approx(1.7)
    assert one.drawn(10)[:, 0].tolist() == [3.0] * 2 + [1.0] * 5 + [2.0] * 3
    middle = weighted_quantiles(np.array([1.0, 2.0, 3.0]), np.ones(3), [0.5])
    assert middle == pytest.approx([2.0])


def test_runs_over_the_prior_are_kept(tmp_path):
    law, first = Law(1), setup(*SMALL)
    bank = prior_bank(first, tmp_path, law, lambda: None)
    assert law.calls == 60 and bank.places.shape == (60, 2)
    assert bank.places.min() >= 0 and bank.places.max() <= 10
    again = prior_bank(setup(*SMALL[:2], "prior_runs=80"), tmp_path, law, lambda: None)
    assert law.calls == 80 and again.found[:60] == bank.found
    assert (again.places[:60] == bank.places).all()


def test_a_killed_search_goes_on_from_its_last_generation(tmp_path):
    law = Law(2)
    calls: list[object] = []

    def dies(values):
        if len(calls) >= 90:
            raise KeyboardInterrupt
        calls.append(values)
        return law(values)

    wide = setup("particles=20", "generations=4")
    with pytest.raises(KeyboardInterrupt):
        search(wide, tmp_path, dies, WANTED, far)
    import pyabc

    kept = pyabc.History(f"sqlite:///{tmp_path / 'fit.db'}").n_populations
    assert 1 <= kept < 4
    found = search(wide, tmp_path, law, WANTED, far)
    assert len(found.thresholds) == 4 and list(found.thresholds) == sorted(found.thresholds)[::-1]
    before = law.calls
    search(wide, tmp_path, law, WANTED, far)  # nothing is left to do
    assert law.calls == before


def test_recovery_tells_a_blind_target_from_one_that_sees():
    priors, targets = setup().priors, setup().targets
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 10, (200, 2))
    found = [
        {"same_region_ratio": place[0] + rng.normal(), "repeat_excess": float(rng.normal())}
        for place in places
    ]
    told = recovery(Bank(places, found), priors, targets)
    assert told is not None
    seen, blind = told
    assert seen.explained > 0.7 and seen.width < 0.6
    assert blind.explained < 0.1 and blind.width > 0.7
    assert seen.runs == 200 and min(seen.low, blind.low) > 0.75
    for one in found[:170]:
        one["repeat_excess"] = math.nan
    assert recovery(Bank(places, found), priors, targets) is None


@pytest.fixture
def invented(monkeypatch):
    """The known law in the model's place, and a programme with values for all targets."""
    monkeypatch.setattr(job, "Simulator", lambda setup: _everything(setup))

    def observed(setup):
        from experiments.validation.results import Parts
        from tests.support.programmes import drawn

        parts = {which: Parts(drawn(np.random.default_rng(4), 200), 30) for which in (False, True)}
        return {one.measure.name: 5.0 for one in setup.against.targets}, parts

    monkeypatch.setattr(job, "observed", observed)


def _everything(setup):
    law = Law(5)
    names = [one.measure.name for one in setup.against.targets]
    return lambda values, replicate=None: dict.fromkeys(names, 0.5) | law(values)


def test_the_folder(invented, tmp_path, capsys):
    words = ["calibrate", *WORDS, *SMALL, f"out={tmp_path}"]
    assert cli.main([*words, "lang=zh"]) == 0
    assert "并非对现实中该参数的测量" in capsys.readouterr().out
    folder = tmp_path / "calibration"
    preset = read_yaml(folder / "world" / "fitted.yaml")
    assert set(preset["forming"]) == {name.partition(".")[2] for name in PARAMETERS}
    for name in ("calibration.md", "calibration.zh.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert all(parameter in text for parameter in PARAMETERS)
    assert (folder / "posterior.zh.svg").is_file() and (folder / "check.svg").is_file()
    assert cli.main([*words, "seed=8"]) == 2
    assert "holds another fit" in capsys.readouterr().err
