"""Processes are killed at random moments, and nothing is lost, doubled or changed.

Small here, with the fake engine; ``consortia verify --full`` does it fifty times with the model.
"""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.running import backlog
from experiments.running.backlog import Backlog
from experiments.running.executor import execute
from experiments.running.jobs import Batch, run_job
from experiments.running.names import RECENT
from experiments.running.plan import reconcile
from experiments.running.store import ExperimentError, Store
from experiments.verification import kills
from experiments.verification.driver import Order, work_of
from experiments.verification.kills import Found, Trial, attempt, look, undisturbed
from experiments.verification.machines import Machines
from tests.support import fake_engine as fake

SECONDS = 0.02  # of a replicate
REPLICATES = 60
MANY = RECENT + 10_000  # so many names that a driver keeps some of them on the disk


def order(folder: Path, machines: Machines | None = None) -> Order:
    (folder / "log").mkdir(exist_ok=True)
    return Order(
        out=str(folder / "out"),
        work="tests.support.kill_work:slow_work",
        words=(str(folder / "log"), str(REPLICATES), str(SECONDS)),
        jobs=2,
        scheduler=machines.address if machines else "",
        batch_seconds=0.1,
    )


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    with Machines(2, tmp_path_factory.mktemp("machines")) as started:
        yield started


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What a run without other processes leaves; the engine's own time does not matter."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "log").mkdir()
    plan, _ = work_of(order(folder))
    with Store(folder / "out", {"alone": True}) as store:
        execute(plan, store, 1, run=fake.FakeEngine(folder / "log"))
    found = look(folder / "out", plan)
    assert (found.runs, found.lost, found.doubled) == (3 * (REPLICATES + 5), 0, 0)
    return found


def moment() -> float:
    """Another one at each run of the tests: the promise holds whenever a process dies."""
    return random.SystemRandom().random()


@pytest.mark.parametrize("victim", ["pool_worker", "pool_driver"])
def test_a_kill_in_the_pool(tmp_path, machines, alone, victim):
    trial = Trial(victim, moment(), 0.1 * moment())
    done = attempt(trial, order(tmp_path), machines)  # a cluster that stays alone
    assert machines.alive() == 3
    assert done.found == alone, trial
    if victim == "pool_worker":
        assert done.starts == 1
    elif (
        done.kept < alone.runs
    ):  # else it was killed at the very end, perhaps while it merged files
        assert done.starts == 2


@pytest.mark.parametrize(
    ("victim", "gives_up"),
    [
        ("dask_worker", False),
        ("dask_driver", False),
        ("dask_scheduler", False),
        ("dask_scheduler", True),
    ],
)
def test_a_kill_on_a_cluster(tmp_path, machines, alone, victim, gives_up):
    trial = Trial(victim, moment(), 0.1 * moment(), gives_up)
    done = attempt(trial, order(tmp_path, machines), machines)
    assert done.found == alone, trial


@pytest.mark.parametrize("victim", ["pool_worker", "pool_driver"])
def test_a_kill_when_names_of_runs_lie_on_the_disk(tmp_path, victim):
    one = Order(
        out=str(tmp_path / "out"),
        work="tests.support.kill_work:many_work",
        words=(str(MANY),),
        jobs=2,
        batch_seconds=0.05,
    )
    done = attempt(Trial(victim, moment(), 0.05 * moment()), one, None)
    serial = dataclasses.replace(one, out=str(tmp_path / "alone"), jobs=1)
    undisturbed(serial)
    assert done.found == look(Path(serial.out), work_of(serial)[0])
    assert (done.found.runs, done.found.lost, done.found.doubled) == (MANY, 0, 0)


class Shuffled:
    """An executor that does batches of any size in any order, some of them twice."""

    def __init__(self, run, luck):
        self.run, self.luck = run, luck

    def results(self, backlog):
        tasks = []
        while backlog:
            tasks.append(backlog.next_job())
        tasks += self.luck.sample(tasks, len(tasks) // 3)
        self.luck.shuffle(tasks)
        yield from (run_job(self.run, task) for task in tasks)

    def drain(self):
        return iter(())

    def close(self):
        pass


@settings(max_examples=8)
@given(luck=st.randoms(use_true_random=False), replicates=st.integers(1, 9))
def test_any_size_and_any_order_of_batches_gives_the_same_values(
    tmp_path_factory, luck, replicates
):
    folder = tmp_path_factory.mktemp("any")
    (folder / "log").mkdir()
    plan = fake.with_point(fake.plan(replicates), variant="other", seed=8, replicates=3)
    found = []
    for name, executor in (
        ("alone", None),
        ("any", Shuffled(fake.FakeEngine(folder / "log"), luck)),
    ):
        with Store(folder / name, {"any": True}) as store, pytest.MonkeyPatch.context() as patch:
            sizes = lambda *_: luck.randint(1, 4)  # noqa: E731
            if executor:
                patch.setattr(Backlog, "_replicates_per_batch", sizes)
            execute(plan, store, 1, run=fake.FakeEngine(folder / "log"), executor=executor)
            found.append(
                (sorted(store.run_ids), kills._hash(*(unique(folder / name, k) for k in TABLES)))
            )
    assert found[0] == found[1]


TABLES = ("runs", "trajectories")


def unique(out: Path, name: str) -> pa.Table:
    """A table of a store; a batch that was done twice may stand there twice."""
    return kills._once(
        kills._sorted(kills._read(out, name).drop_columns(["stages"] if name == "runs" else []))
    )


# ---------------------------------------------------------------- the search itself


def stored(folder, replicates=3):
    (folder / "log").mkdir()
    plan = fake.plan(replicates)
    with Store(folder / "out", {"looked": True}) as store:
        execute(plan, store, 1, run=fake.FakeEngine(folder / "log"))
    return plan, folder / "out"


def rewrite(out: Path, name: str, change) -> None:
    for path in sorted((out / "store" / name).glob("*.parquet"))[:1]:
        pq.write_table(change(pq.read_table(path)), path)


def test_a_lost_and_a_doubled_run_are_seen(tmp_path):
    plan, out = stored(tmp_path)
    first = look(out, plan)
    assert (first.runs, first.lost, first.doubled) == (9, 0, 0)
    assert look(out, fake.plan(4)).lost == 3
    assert look(out, fake.plan(2)).doubled == 3  # runs that nobody planned
    rewrite(out, "runs", lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    assert look(out, plan).doubled == 1


@pytest.mark.parametrize("name", TABLES)
def test_one_changed_bit_is_seen(tmp_path, name):
    plan, out = stored(tmp_path)
    before = look(out, plan).values

    def flip(table):
        column = next(k for k, field in enumerate(table.schema) if pa.types.is_floating(field.type))
        values = table.column(column).to_numpy().copy()
        values[-1] = np.nextafter(values[-1], np.inf, dtype=values.dtype)
        return table.set_column(column, table.schema.field(column), pa.array(values))

    rewrite(out, name, flip)
    assert look(out, plan).values != before


def test_trajectories_that_stand_there_twice_are_one(tmp_path):
    plan, out = stored(tmp_path)
    before = look(out, plan)
    rewrite(out, "trajectories", lambda table: pa.concat_tables([table, table]))
    assert look(out, plan) == before


def test_an_empty_store_has_lost_everything(tmp_path):
    (tmp_path / "store" / "runs").mkdir(parents=True)
    assert look(tmp_path, fake.plan(2)) == Found(0, 6, 0, look(tmp_path, fake.plan(2)).values)


def test_a_driver_that_cannot_begin_says_why(tmp_path):
    with pytest.raises(ExperimentError, match="no_such_module"):
        undisturbed(dataclasses.replace(order(tmp_path), work="no_such_module:work"))


def test_the_moments_are_spread():
    moments = [number * kills.GOLDEN % 1.0 for number in range(kills.KILLS)]
    for victim in range(len(kills.VICTIMS)):
        own = sorted(moments[victim :: len(kills.VICTIMS)])
        assert max(np.diff([0.0, *own, 1.0])) < 0.35


def test_batches_are_as_long_as_ordered():
    plan = fake.plan(100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backlog, "BATCH_SECONDS", 0.3)
        waiting = Backlog(plan, reconcile(plan, ()), workers=1)
        first = waiting.next_task()
        waiting.learn(Batch(first, [], [], seconds=0.01 * first.size))
        assert len(waiting.next_job().task.replicates) == 10
