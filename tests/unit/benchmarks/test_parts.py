"""What each part leaves out of its time, and how it comes to its figures."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest

from benchmarks import (
    batches,
    cores,
    engine,
    exploring,
    job,
    memory,
    night,
    phases,
    scale,
    start,
    store,
)
from benchmarks.processes import Finished, run_python
from benchmarks.world import prepare_all, repeated
from simulation import runner
from simulation.setup import first_state
from tests.support import worlds
from tests.support.twin.landscape import Landscape
from tests.support.twin.model import TwinModel

BURN_IN, POLICY, RUN_OUT, HAND_OVER = 6, 8, 4, 5
SHORT = worlds.changed_world(
    {
        "time.burn_in": BURN_IN,
        "time.policy": POLICY,
        "time.run_out": RUN_OUT,
        "time.hand_over": HAND_OVER,
    }
)


@pytest.fixture
def quarters(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock for the twin: a quarter takes 1 second, a landscape 1,000."""
    passed = SimpleNamespace(now=0.0, quarters=0, landscapes=0)
    pass_quarter, build = TwinModel.pass_quarter, Landscape.__init__

    def one_quarter(model: TwinModel, **flags: bool) -> None:
        passed.now += 1.0
        passed.quarters += 1
        pass_quarter(model, **flags)

    def one_landscape(landscape: Landscape, *arguments: Any) -> None:
        passed.now += 1_000.0
        passed.landscapes += 1
        build(landscape, *arguments)

    monkeypatch.setattr(TwinModel, "pass_quarter", one_quarter)
    monkeypatch.setattr(Landscape, "__init__", one_landscape)
    return passed


def twin(quarters: SimpleNamespace, world=SHORT) -> tuple[float, float]:
    regime = worlds.regimes()["open_challenge"]
    population = worlds.cut(worlds.default_population(), 40)
    return engine.twin_seconds(world, population, regime, 0, lambda: quarters.now)


def test_the_twins_second_way_to_the_end_of_policy_is_not_counted(quarters) -> None:
    seconds, building = twin(quarters)
    once = BURN_IN + POLICY + RUN_OUT + HAND_OVER
    assert seconds - building == once
    assert quarters.quarters == once + BURN_IN + POLICY
    assert 0 < building < 1_000.0 * quarters.landscapes


def test_without_a_hand_over_test_nothing_is_repeated(quarters) -> None:
    seconds, building = twin(quarters, worlds.changed_world({"time.hand_over": 0}, SHORT))
    assert seconds - building == quarters.quarters == BURN_IN + POLICY + RUN_OUT
    assert building == 1_000.0 * quarters.landscapes


def test_landscapes_built_before_change_no_run() -> None:
    chosen = [worlds.regimes()["open_challenge"]]
    kept = []

    def keep(*arguments, **settings):
        kept.append(original(*arguments, **settings))

    original = runner.run_replicate
    for prepared in (False, True):
        with mock.patch.object(runner, "run_replicate", keep):
            assert engine.engine_together(chosen, 0, prepared=prepared) > 0.0
    assert not worlds.differences(kept[0][0], kept[1][0])


def test_all_landscapes_are_prepared() -> None:
    state = first_state(SHORT, worlds.default_population(), seed=1, replicate=0)
    assert (state.thresholds < 0).all()
    prepare_all(state)
    assert (state.thresholds > 0).all()


def engine_figures() -> dict:
    runs = [
        {"pair": pair, "regime": name, "engine": 2.0, "engine_prepared": 1.0,
         "twin": 40.0 + pair, "twin_landscapes": 10.0}
        for pair in range(2) for name in ("a", "b")
    ]  # fmt: skip
    together = [{"pair": pair, "built": 2.0, "prepared": 1.0} for pair in range(2)]
    line = {"function": "f", "calls": 1, "seconds": 0.5}
    shown = {"regime": "a", "seconds": 1.0, "lines": [line]}
    return {
        "regimes": ["a", "b"], "in_a_row": [2.0, 4.0, 8.0], "runs": runs, "together": together,
        "profile": shown,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("together", "built", "expected"),
    [
        (True, True, ([1.0, 1.0], [40.0, 41.0])),
        (True, False, ([0.5, 0.5], [30.0, 31.0])),
        (False, True, ([2.0, 2.0], [40.0, 41.0])),
        (False, False, ([1.0, 1.0], [30.0, 31.0])),
    ],
)
def test_means_over_regimes(together: bool, built: bool, expected) -> None:
    assert engine.pair_means(engine_figures(), together=together, built=built) == expected


def test_the_engine_part_is_told() -> None:
    told = engine.tell(engine_figures())
    assert "| all regimes together, as the product runs | 1.00 (1.00 to 1.00) |" in told
    assert "| 40.5 (40.2 to 40.8) |" in told
    assert "3 replicates one after the other" in told
    assert "2,000 (1,500 to 3,000) ms a run, 2,333 in the mean" in told
    assert "| `f` | 1 | 0.500 | 50.0 % |" in told


def finished(*lines: tuple[float, str]) -> Finished:
    return Finished(30.0, 40.0, lines, "")


def test_the_job_is_parted_by_what_it_says() -> None:
    warm = finished((12.0, "10 of 20 runs"), (21.0, "Writing tables, figures and the report."))
    assert job.seconds_by_part(warm, runs=20.0) == {
        "wall": 30.0, "cpu": 40.0, "start": 1.0, "compile": 0.0, "runs": 20.0, job.PARTS[3]: 9.0,
    }  # fmt: skip
    cold = finished(
        (0.5, "First start: compiling"), (21.0, "Writing tables, figures and the report.")
    )
    assert job.seconds_by_part(cold, runs=5.0) == {
        "wall": 30.0, "cpu": 40.0, "start": 0.5, "compile": 15.5, "runs": 5.0, job.PARTS[3]: 9.0,
    }  # fmt: skip


def test_the_ratio_of_cores_is_of_pairs() -> None:
    one = [{"wall": 10.0, "cpu": 9.0, "runs": 9.0}, {"wall": 20.0, "cpu": 19.0, "runs": 18.0}]
    two = [{"wall": 5.0, "cpu": 10.0, "runs": 6.0}, {"wall": 10.0, "cpu": 20.0, "runs": 12.0}]
    told = cores.tell({"replicates": 3, "jobs": {"1": one, "2": two}})
    assert (
        "| the runs, with the start of the workers: wall | 13.5 | 9.00 | 1.50 (1.50 to 1.50) |"
        in told
    )
    assert "| the job: wall | 15.0 | 7.50 | 2.00 (2.00 to 2.00) |" in told


def test_what_is_spent_once_does_not_count_as_scaling() -> None:
    """10 s at the start with two workers, then exactly twice as fast."""

    def done(seconds: float) -> list[dict[str, float]]:
        return [{cores.RUNS: seconds, "wall": seconds, "cpu": seconds}]

    told = cores.tell(
        {
            "replicates": 100, "jobs": {"1": done(100.0), "2": done(60.0)},
            "more_replicates": 400, "more_jobs": {"1": done(400.0), "2": done(210.0)},
        }
    )  # fmt: skip
    assert "| further runs, of 300 replicates: wall | 300 | 150 | 2.00 |" in told
    assert "| what they take once: wall | 0 | 10.0 |  |" in told
    assert "| the runs, with the start of the workers: wall | 100 | 60.0 | 1.67 |" in told


def test_larger_populations_are_of_the_same_make() -> None:
    population = worlds.default_population()
    larger = repeated(population, 3 * population.size)
    assert larger.size == 3 * population.size == len(set(larger.labels))
    assert np.array_equal(np.bincount(larger.region), 3 * np.bincount(population.region))
    assert larger.staff.sum() == pytest.approx(3 * population.staff.sum())
    assert repeated(population, 10).size == 10


def test_needs_and_money_grow_with_the_population() -> None:
    state = first_state(
        scale.short_world(), repeated(worlds.default_population(), 1_200), seed=1, replicate=0
    )
    assert state.world[0]["needs_scale_organisations"] == 1_200


def test_the_exponent_is_fitted_between_its_ends() -> None:
    done = {
        str(size): [
            {"steps": 1e-6 * size**power, "first": 0.1, "overflow": 0.0}
            for power in (1.0, 1.1, 1.0)
        ]
        for size in scale.SIZES
    }
    done["100"][0]["steps"] = 5.0
    figures = {"steps": 12, "sizes": done}
    slope, of_rounds, count = scale.fitted_exponent(figures)
    assert (slope, of_rounds.median, of_rounds.high) == pytest.approx((1.0, 1.0, 1.05))
    assert (count, of_rounds.count) == (5, 3)
    assert "power 1.00" in scale.tell(figures) and "each round 1.00 (1.00 to 1.05)" in scale.tell(
        figures
    )


def test_every_byte_of_the_state_is_in_one_group() -> None:
    state = first_state(SHORT, worlds.default_population(), seed=1, replicate=0)
    groups = memory.state_bytes(state)
    assert groups["ties"] == state.ties.nbytes
    assert sum(groups.values()) == sum(
        getattr(state, field.name).nbytes
        for field in dataclasses.fields(state) if field.metadata
    )  # fmt: skip


def test_a_process_that_fails_says_why() -> None:
    assert run_python(["-c", "print('good')"]).output == "good\n"
    with pytest.raises(RuntimeError, match="ValueError: bad"):
        run_python(["-c", "raise ValueError('bad')"])


def test_what_a_call_costs_is_subtracted_for_every_call() -> None:
    done = {"seconds": [1.0, 0.1], "calls": 10, "call": 0.02}
    assert phases.net_seconds(done) == [0.8, 0.0]
    told = phases.tell({"phases": ["a", "b"], "clock": "CPU time", "regimes": {"x": [done]}})
    assert "| a | 100 |" in told
    assert "| **all, ms per run** | 800 |" in told


def test_starts_are_told() -> None:
    told = start.tell(
        {"seconds": {"Python alone": [{"wall": 0.01, "cpu": 0.5}, {"wall": 0.03, "cpu": 0.5}]}}
    )
    assert "| Python alone | 0.0200 (0.0150 to 0.0250) | 0.500 (0.500 to 0.500) | 2 |" in told


def test_the_engine_of_the_store_gives_every_outcome_and_differs_by_luck() -> None:
    points = store.plan(2_000, trajectories=True).points
    assert [point.seed for point in points] == [0, 1]
    one, other = (
        store.NoTime()(
            points[0].world, points[0].population, points[0].reference, points[0].regimes,
            seed=0, replicate=replicate,
        )
        for replicate in (0, 1)
    )  # fmt: skip
    assert [result.regime for result in one] == [regime.name for regime in points[0].regimes]
    assert set(one[0].outcomes) == set(store.OUTCOME_NAMES)
    assert len({result.outcomes["solved"] for result in (*one, *other)}) == 10
    assert one[0].trajectories["solved"].shape == (store.QUARTERS,)


def test_the_part_on_the_store_does_the_runs_and_finds_them_done() -> None:
    found = store.once("a trial", 1_000, 1, trajectories=False)
    assert [found[what]["done"] for what in (store.FRESH, store.AGAIN, store.UNREGISTERED)] == [
        1_000, 0, 0,
    ]  # fmt: skip
    assert found[store.FRESH]["files"] == 2  # one of runs, and the register
    assert "a trial" in store.tell({"cases": {"a trial": [found]}})


def test_batches_are_of_the_size_that_is_measured() -> None:
    done = batches.timed(batches.ALONE, size=6, runs=60, address="")
    assert done["runs"] == 60
    # The first batch is one replicate, and the last ones shrink.
    assert 60 / 6 < done["batches"] <= 20
    assert 0.0 < done["store"] < done["wall"]


def test_batches_are_told() -> None:
    done = {"runs": 600, "batches": 20, "wall": 0.4, "cpu": 0.2, "store": 0.1}
    told = batches.tell({"cases": {"pool of 2; 30": [done]}})
    assert "| pool of 2; 30 | 600 | 20 | 20.0 | 10.0 | 0.667 | 0.167 |" in told
    assert "| pool of 2; 30 | 10.00 % | 2.00 % | 1.00 % | 0.50 % | 0.20 % |" in told


def test_a_night_of_exploring_tells_the_slope_of_what_grows() -> None:
    looks = [
        {"answers": 1000 * k, "server": 100.0 + (k % 2), "workers": 500.0 + 3.0 * k}
        for k in range(1, 25)
    ]
    slopes = {name: exploring._slope(looks, name) for name in ("server", "workers")}
    assert slopes["workers"]["slope"] == pytest.approx(3.0)
    assert slopes["server"]["low"] < 0.0 < slopes["server"]["high"]
    text = exploring.tell({"looks": looks, "slopes": slopes, "rounds": 400})
    assert "workers 3.00 [3.00, 3.00]" in text and "24 looks" in text
    assert "does not tell" in exploring.tell({"looks": []})


def test_no_two_settings_of_a_night_are_alike() -> None:
    asked = [
        tuple(exploring._settings(number, move).items())
        for number in range(exploring.ROUNDS)
        for move in range(exploring.SLIDERS + 1)
    ]
    assert len(set(asked)) == len(asked)


def test_a_night_of_rooms_tells_the_slope_after_a_part_of_it() -> None:
    memories = [(rooms, 100.0 + min(rooms, 20) + 0.01 * rooms) for rooms in range(10, 90, 10)]
    assert night.slope(memories, 40) == "+0.010"
    assert float(night.slope(memories, 0)) > 0.05
    assert night.slope(memories, 70) == "–"
