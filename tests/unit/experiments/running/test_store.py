"""The store: whole files or none, damage found and named, other people's folders left alone."""

from __future__ import annotations

import errno
import json
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.settings import ConfigError
from experiments.running import names as names_module
from experiments.running import plan as plan_module
from experiments.running import store as store_module
from experiments.running.names import Names, as_names
from experiments.running.plan import Plan, reconcile, run_id
from experiments.running.store import (
    OUTCOME_NAMES,
    TRAJECTORY_NAMES,
    ExperimentError,
    Failure,
    Run,
    Store,
)
from simulation.policies.registry import Regime
from tests.support import fake_engine as fake

EXPERIMENT = {"seed": 1, "world": {"search": {"noise": 0.04}}}


def make_run(name: str, replicate: int = 0, quarters: int = 3) -> Run:
    return Run(
        run_id=name,
        replicate=replicate,
        seed=1,
        outcomes=np.arange(len(OUTCOME_NAMES), dtype=np.float64) + replicate,
        trajectories=np.full((len(TRAJECTORY_NAMES), quarters), replicate, np.float32),
    )


def only_file(folder: Path) -> Path:
    (path,) = folder.glob("*.parquet")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_appended_is_read_again_in_the_order_asked_for(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a", 0), make_run("b", 1, quarters=2)])
        store.append([make_run("c", 2)])
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.run_ids == store.trajectory_ids == {"a", "b", "c"}
        runs = store.runs(["c", "a", "a"])
        quarters, owner = store.trajectories(["b", "c"])
    assert runs.column("run_id").to_pylist() == ["c", "a", "a"]
    assert runs.column(OUTCOME_NAMES[1]).to_pylist() == [3.0, 1.0, 1.0]
    assert quarters.column("quarter").to_pylist() == [0, 1, 0, 1, 2]
    assert owner.tolist() == [0, 0, 1, 1, 1]
    assert quarters.column(TRAJECTORY_NAMES[0]).to_pylist() == [1.0, 1.0, 2.0, 2.0, 2.0]


def test_a_run_stored_twice_is_read_once(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a"), make_run("b")])
        store.append([make_run("a")])
        assert store.runs(["a", "b"]).num_rows == 2
        assert store.trajectories(["a", "b"])[0].num_rows == 6


def test_undefined_outcomes_stay_not_a_number(tmp_path):
    run = make_run("a")
    run.outcomes[0] = np.nan
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([run])
        column = store.runs(["a"]).column(OUTCOME_NAMES[0])
    assert column.null_count == 0 and np.isnan(column[0].as_py())


def damaged(whole: bytes, damage: str) -> bytes:
    if damage == "truncated":
        return whole[: len(whole) // 2]
    if damage == "empty":
        return b""
    at = {"first": 0, "middle": len(whole) // 2, "footer": len(whole) - 100}[damage]
    return whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :]


@pytest.mark.parametrize("dataset", ["runs", "trajectories"])
@pytest.mark.parametrize("damage", ["truncated", "empty", "first", "middle", "footer"])
def test_a_damaged_file_is_set_aside_by_name_and_its_runs_are_missing(tmp_path, dataset, damage):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a"), make_run("b")])
        good = only_file(store.folder / dataset)
        store.append([make_run("c")])
    whole = good.read_bytes()
    good.write_bytes(damaged(whole, damage))
    with Store(tmp_path, EXPERIMENT) as store:
        known = store.run_ids if dataset == "runs" else store.trajectory_ids
        assert known == {"c"}
        ((before, after),) = store.set_aside
        assert before == f"store/{dataset}/{good.name}"
        assert not good.exists() and (tmp_path / after).exists()
        store.append([make_run("a"), make_run("b")])
        assert store.runs(["a", "b", "c"]).num_rows == 3
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.set_aside == []
        assert store.run_ids == store.trajectory_ids == {"a", "b", "c"}


def test_damage_while_the_store_is_open_is_seen_at_reading(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a")])
        only_file(store.folder / "runs").write_bytes(b"PAR1")
        with pytest.raises(ExperimentError, match="is damaged since it was opened"):
            store.runs(["a"])


def test_files_of_another_version_are_left_and_not_read(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_rows", lambda runs: pa.table({"run_id": ["a"]}))
        with Store(tmp_path, EXPERIMENT) as store:
            store.append([make_run("a")])
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.run_ids == set() and store.set_aside == []
        store.append([make_run("b")])
        assert store.runs(["b"]).num_rows == 1


def test_what_a_killed_writer_left_is_removed(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a")])
        left = store.folder / "runs" / "abc.parquet.12345678.tmp"
    left.write_bytes(b"PAR1 half")
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.run_ids == {"a"}
    assert not left.exists()


def test_a_full_disk_is_explained_and_loses_nothing_written(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a")])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(ExperimentError, match="disk is full.*1 runs are safe"):
                store.append([make_run("b")])
        assert store.run_ids == {"a"}
        assert not list(store.folder.rglob("*.tmp"))
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.run_ids == {"a"}
        store.append([make_run("b")])
        assert store.run_ids == {"a", "b"}


def test_a_file_appears_only_when_it_is_whole(tmp_path, monkeypatch):
    seen = []

    def look(path: Path, target: Path) -> Path:
        seen.append((target.exists(), pq.read_table(path).num_rows))
        raise KeyboardInterrupt

    with Store(tmp_path, EXPERIMENT) as store:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", look)
            with pytest.raises(KeyboardInterrupt):
                store.append([make_run("a")])
        assert seen == [(False, 3)]
        assert not list(store.folder.rglob("*.tmp")) and not list(store.folder.rglob("*.parquet"))


def test_failures_are_rows(tmp_path):
    failure = Failure("a", "main", "race", 3, 1, "ValueError: no")
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([], [failure])
        assert store.run_ids == set()
    with Store(tmp_path, EXPERIMENT) as store:
        (row,) = store.failures().to_pylist()
    assert row == {
        "run_id": "a", "variant": "main", "regime": "race", "replicate": 3, "seed": 1,
        "error": "ValueError: no",
    }  # fmt: skip


def test_only_the_last_failure_of_a_run_not_done_since_counts(tmp_path):
    def failure(name: str, error: str) -> Failure:
        return Failure(name, "main", "race", 3, 1, error)

    with Store(tmp_path, EXPERIMENT) as store:
        store.append([], [failure("a", "first"), failure("b", "first")])
        store.append([], [failure("a", "second"), failure("of another version", "first")])
        store.append([make_run("b")])
        assert store.failures(Names(["a", "b"]))["error"].to_pylist() == ["second"]
    with Store(tmp_path, EXPERIMENT) as store:
        store.compact()
        assert set(store.failures()["run_id"].to_pylist()) == {"a", "of another version"}
        store.append([make_run("a")])
        assert store.failures(Names(["a", "b"])).num_rows == 0


def test_another_experiment_is_refused_naming_the_difference(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a")])
    before = contents(tmp_path)
    other = {"seed": 1, "world": {"search": {"noise": 0.3}}}
    with pytest.raises(ConfigError, match=r"world\.search\.noise is 0\.04 there and 0\.3 here"):
        Store(tmp_path, other)
    assert contents(tmp_path) == before


def test_a_folder_that_is_not_ours_is_refused_untouched(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"thesis\.txt"):
        Store(tmp_path, EXPERIMENT)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


def test_a_store_of_something_else_is_refused(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "wine.txt").write_text("red")
    with pytest.raises(ConfigError, match=r"wine\.txt"):
        Store(tmp_path, EXPERIMENT)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ConfigError, match="is a file"):
        Store(tmp_path / "out", EXPERIMENT)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be written"):
        Store(tmp_path / "file" / "out", EXPERIMENT)


def test_a_read_only_disk_is_refused(tmp_path, monkeypatch):
    def refuse(*_args, **_settings):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ConfigError, match="cannot be written.*Permission denied"):
        Store(tmp_path / "out", EXPERIMENT)


def test_an_unreadable_manifest_is_refused(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        manifest = store.folder / "manifest.json"
    manifest.write_text("{")
    with pytest.raises(ConfigError, match=r"manifest\.json cannot be read"):
        Store(tmp_path, EXPERIMENT)


def test_a_kill_before_the_manifest_leaves_a_usable_folder(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "lock").touch()
    (tmp_path / "store" / "manifest.json.12345678.tmp").write_text("{")
    with Store(tmp_path, EXPERIMENT) as store:
        assert json.loads((store.folder / "manifest.json").read_text())["experiment"] == EXPERIMENT


def test_two_processes_cannot_share_a_folder(tmp_path):
    with (
        Store(tmp_path, EXPERIMENT),
        pytest.raises(ConfigError, match="in use by another process"),
    ):
        Store(tmp_path, EXPERIMENT)
    with Store(tmp_path, EXPERIMENT):
        pass


@pytest.fixture
def no_locks(monkeypatch):
    """A disk that knows no locks, as some network disks."""
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_given):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_two_processes_lose_and_double_nothing(tmp_path):
    with Store(tmp_path, EXPERIMENT) as one:
        half_written = one.folder / "runs" / "abc.parquet.12345678.tmp"
        half_written.write_bytes(b"the other is writing this")
        with Store(tmp_path, EXPERIMENT) as other:
            for store in (one, other):
                store.append([make_run("a"), make_run("b")])
            other.append([make_run("c")])
            before = contents(tmp_path / "store" / "runs")
            other.compact()
            assert contents(tmp_path / "store" / "runs") == before  # somebody may be reading
        assert one.runs(["b", "a"])["run_id"].to_pylist() == ["b", "a"]
        assert half_written.exists()
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.run_ids == {"a", "b", "c"}
        assert store.runs(["a", "b", "c"]).num_rows == 3


def test_runs_of_another_version_of_the_model_are_kept_and_not_used(tmp_path, monkeypatch):
    plan = fake.plan(replicates=2)
    with monkeypatch.context() as patch:
        patch.setattr(plan_module, "_software", lambda: b"the sources of last year")
        old = fake.plan(replicates=2).run_ids()
    assert not old & set(plan.run_ids())
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run(name) for name in old])
    with Store(tmp_path, EXPERIMENT) as store:
        assert sum(task.size for task in reconcile(plan, store.run_ids)) == plan.size == 6
        store.append([make_run(name) for name in plan.run_ids()])
        store.compact()
        assert reconcile(plan, store.run_ids, store.trajectory_ids) == []
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.run_ids == set(old) | set(plan.run_ids())


def test_a_file_that_may_not_be_read_is_not_taken_for_damaged(tmp_path, monkeypatch):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a")])
    before = contents(tmp_path)

    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(ConfigError, match="cannot be read. Give yourself the right"):
            Store(tmp_path, EXPERIMENT)
    assert contents(tmp_path) == before


def test_some_columns_are_read_for_less_memory(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a", 1), make_run("b", 2)])
        found = store.runs(["b", "a"], ["replicate"])
        tables = list(store.run_tables(["b"], ["seed"]))
    assert found.to_pydict() == {"replicate": [2, 1]}
    assert [table.to_pydict() for table in tables] == [{"run_id": ["b"], "seed": [1]}]


def test_a_run_that_is_not_there_is_named(tmp_path):
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run("a")])
        with pytest.raises(KeyError, match="run b is not in the store"):
            store.runs(["a", "b"])


# ---- names of runs and what is missing


def name_of(**changes: object) -> str:
    given = {
        "world": fake.world(), "population": fake.population(), "reference": fake.LAISSEZ_FAIRE,
        "regime": fake.REGIMES[1], "seed": 7, "replicate": 0,
    }  # fmt: skip
    return run_id(**(given | changes))  # type: ignore[arg-type]


def test_names_do_not_name_a_run():
    same = Regime("quite another name", fake.REGIMES[1].programmes)
    assert name_of(regime=same) == name_of()
    assert name_of(population=fake.population("elsewhere")) == name_of()


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"replicate": 1},
        {"regime": fake.REGIMES[2]},
        {"regime": fake.LAISSEZ_FAIRE},
        {"reference": fake.REGIMES[2]},
        {"seed": 70, "replicate": 0},
        {"regime": Regime("twice", fake.REGIMES[1].programmes)}
        | {"reference": Regime("r", fake.REGIMES[1].programmes)},
    ],
)
def test_everything_the_model_reads_names_a_run(changes):
    assert name_of(**changes) != name_of()


def test_a_plan_and_the_function_agree_on_names():
    plan = fake.plan(replicates=2)
    for cell in plan.cells():
        assert cell.run_id == name_of(regime=fake.REGIMES[cell.regime], replicate=cell.replicate)


def test_equal_levers_share_a_run_and_keep_their_cells():
    twin = Regime("one_again", fake.REGIMES[1].programmes)
    plan = fake.plan(replicates=2, regimes=(*fake.REGIMES, twin))
    assert len(list(plan.cells())) == 8
    assert len(plan.run_ids()) == 6
    assert [task.regimes for task in reconcile(plan, ())] == [(0, 1, 2)]


def test_repeated_names_are_refused():
    with pytest.raises(ConfigError, match="regime 'one' is given 2 times"):
        fake.plan(regimes=(fake.REGIMES[1], fake.REGIMES[1]))
    with pytest.raises(ConfigError, match="variant 'main' is given 2 times"):
        fake.with_point(fake.plan())


def test_the_size_of_a_plan_is_the_number_of_its_runs():
    shared = fake.with_point(fake.plan(replicates=4), variant="same", replicates=6)
    for plan in (PLAN, shared):
        assert plan.size == len(plan.run_ids()) == len({cell.run_id for cell in plan.cells()})


def test_long_tasks_are_cut_and_many_small_points_are_looked_up_together(monkeypatch):
    monkeypatch.setattr(plan_module, "TASK_REPLICATES", 3)
    monkeypatch.setattr(plan_module, "LOOKED_UP", 20)
    plan = fake.with_point(fake.plan(replicates=7), variant="b", seed=8, replicates=2)
    plan = fake.with_point(plan, variant="c", seed=9, replicates=2, trajectories=False)
    stored = {plan.points[1].run_id(regime, 1) for regime in range(3)}
    assert [(task.point, tuple(task.replicates)) for task in reconcile(plan, stored, stored)] == [
        (0, (0, 1, 2)), (0, (3, 4, 5)), (0, (6,)), (1, (0,)), (2, (0, 1)),
    ]  # fmt: skip


PLAN = fake.with_point(
    fake.plan(replicates=4), variant="longer", seed=9, replicates=5, trajectories=False
)


def asked_for(plan: Plan, stored: set[str], quarters: set[str]) -> list[str]:
    return [
        plan.points[task.point].run_id(regime, replicate)
        for task in reconcile(plan, stored, quarters)
        for replicate in task.replicates
        for regime in task.regimes
    ]


@pytest.fixture(scope="module", params=[1, 7, plan_module.LOOKED_UP])
def _portions(request):
    """However many runs are looked up together, the same is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_module, "LOOKED_UP", request.param)
        yield


@pytest.mark.usefixtures("_portions")
@given(
    stored=st.sets(st.sampled_from(sorted(PLAN.run_ids()))),
    quarters=st.sets(st.sampled_from(sorted(PLAN.run_ids()))),
    strangers=st.sets(st.text(alphabet="0123456789abcdef", min_size=3, max_size=5)),
)
def test_reconcile_asks_for_exactly_what_is_missing(stored, quarters, strangers):
    with_series = {cell.run_id for cell in PLAN.cells() if cell.point == 0}
    missing = (PLAN.run_ids() - stored) | (with_series - quarters)
    asked = asked_for(PLAN, stored | strangers, quarters | strangers)
    assert sorted(asked) == sorted(missing)


@pytest.mark.usefixtures("_portions")
@given(stored=st.sets(st.sampled_from(sorted(PLAN.run_ids()))))
def test_a_run_that_two_points_share_is_asked_for_once(stored):
    plan = fake.with_point(fake.plan(replicates=4), variant="same", replicates=6)
    asked = asked_for(plan, stored, stored)
    assert len(asked) == len(set(asked))
    assert set(asked) == plan.run_ids() - stored


@pytest.mark.usefixtures("_portions")
def test_a_plan_knows_its_runs_and_no_others():
    shared = fake.with_point(fake.plan(replicates=4), variant="same", replicates=6)
    names = as_names(sorted(shared.run_ids()))
    assert shared.held(names).all() and len(names) == 18
    longer = fake.plan(replicates=7).points[0].run_ids()
    assert shared.held(longer).tolist() == [[True] * 6 + [False]] * 3
    assert shared.held(as_names([])).shape == (0,)
    assert np.array_equal(fake.plan(replicates=7).points[0].run_ids(range(2, 5)), longer[:, 2:5])


def most(replicates: int) -> int:
    """The most bytes that were held at once while nothing, or all, of a plan was found done."""
    plan = fake.plan(replicates=replicates, regimes=fake.REGIMES[:1])
    tracemalloc.start()
    try:
        (first, *_, last) = reconcile(plan, ())
        assert first.replicates[0] == 0 and last.replicates[-1] == replicates - 1
        assert not plan.held(as_names(["a stranger"])).any()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_plan_takes_next_to_no_memory(monkeypatch):
    monkeypatch.setattr(plan_module, "LOOKED_UP", 5_000)
    more = 40_000
    assert (most(10_000 + more) - most(10_000)) / more < 1.0


def test_runs_whose_names_nearly_stand_there_are_not_done(tmp_path, monkeypatch):
    """Made-up names that agree with those of the plan in all digits but the last."""
    monkeypatch.setattr(names_module, "RECENT", 3)
    monkeypatch.setattr(names_module, "BLOCK", 3)
    plan = fake.plan(replicates=4)
    wanted = sorted(plan.run_ids())
    nearly = [name[:-1] + ("0" if name[-1] != "0" else "1") for name in wanted]
    with Store(tmp_path, EXPERIMENT) as store:
        store.append([make_run(name) for name in nearly])
        assert sum(task.size for task in reconcile(plan, store.run_ids)) == plan.size == 12
        store.append([make_run(name) for name in wanted[:5]])
    with Store(tmp_path, EXPERIMENT) as store:
        assert store.run_ids == {*nearly, *wanted[:5]}
        asked = asked_for(plan, set(store.run_ids), set(store.trajectory_ids))
        assert sorted(asked) == wanted[5:]
