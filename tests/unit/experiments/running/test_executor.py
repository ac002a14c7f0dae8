"""The executor: the same tables whatever happens on the way."""

from __future__ import annotations

import errno
import os
import random

import pytest

from agents.settings import ConfigError
from experiments.compare import runs_table, trajectories_table
from experiments.running import backlog as backlog_module
from experiments.running import executor as executor_module
from experiments.running.backlog import Backlog
from experiments.running.executor import InProcess, execute, worker_count
from experiments.running.jobs import Batch, run_job
from experiments.running.plan import reconcile
from experiments.running.pool import Pool
from experiments.running.progress import Progress
from experiments.running.store import ExperimentError, Store
from tests.support import fake_engine as fake

EXPERIMENT = {"seed": 7}


@pytest.fixture
def engine(tmp_path):
    """Make a fake engine that counts its calls."""

    def make(**troubles):
        (tmp_path / "log").mkdir(exist_ok=True)
        return fake.FakeEngine(tmp_path / "log", **troubles)

    return make


def tables(plan, store):
    return runs_table(plan, store), trajectories_table(plan, store)


def expected(plan, tmp_path, engine):
    """Tables of an undisturbed run in this process."""
    with Store(tmp_path / "undisturbed", EXPERIMENT) as store:
        execute(plan, store, 1, run=engine())
        return tables(plan, store)


def rows(table):
    """Rows in a form in which not-a-number equals itself."""
    return [repr(row) for row in table.to_pylist()]


def assert_same(plan, store, wanted):
    for found, table in zip(tables(plan, store), wanted, strict=True):
        assert found.schema.equals(table.schema)
        assert rows(found) == rows(table)


def test_every_cell_has_its_row_in_the_order_of_the_plan(tmp_path, engine):
    plan = fake.with_point(fake.plan(3), variant="q=0.1", seed=8, replicates=2, trajectories=False)
    runs, trajectories = expected(plan, tmp_path, engine)
    order = [
        (cell.run_id, plan.points[cell.point].variant, fake.REGIMES[cell.regime].name)
        for cell in plan.cells()
    ]
    columns = (runs.column(name).to_pylist() for name in ("run_id", "variant", "regime"))
    assert list(zip(*columns, strict=True)) == order
    assert trajectories.num_rows == 3 * 3 * fake.QUARTERS
    assert trajectories.column("quarter").to_pylist()[: fake.QUARTERS] == [0, 1, 2, 3, 4]


def test_two_workers_and_a_killed_one_give_the_same_tables(tmp_path, engine):
    plan = fake.plan(8)
    wanted = expected(plan, tmp_path, engine)
    progress = Progress()
    troubled = engine(kills=(0, 5), seconds=0.01)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, 2, progress, run=troubled)
        assert (done.done, done.cached, done.failures) == (24, 0, ())
        assert_same(plan, store, wanted)
    assert troubled.count("death 0") == troubled.count("death 5") == 1
    assert progress.counts.retried >= 6 and progress.counts.left == 0


def test_a_run_that_always_kills_its_worker_is_given_up_alone(tmp_path, engine):
    plan = fake.plan(3, regimes=fake.REGIMES[:2])
    troubled = engine(kills=(1,), deaths=99)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, 2, run=troubled)
        assert {(row.regime, row.replicate) for row in done.failures} == {
            ("laissez_faire", 1),
            ("one", 1),
        }
        assert "died 3 times" in done.failures[0].error
        assert store.run_ids == {cell.run_id for cell in plan.cells() if cell.replicate != 1}
        assert store.failures().num_rows == 2
    # Bounded: together at most twice, then each of the two regimes alone.
    assert 4 <= troubled.count("death 1") <= 5


class Shuffled:
    """An executor that finishes batches in another order, as a cluster may."""

    def __init__(self, run, seed):
        self.run, self.order = run, random.Random(seed)

    def results(self, backlog):
        batches = []
        while backlog:
            batches.append(run_job(self.run, backlog.next_job()))
        self.order.shuffle(batches)
        yield from batches

    def drain(self):
        return iter(())

    def close(self):
        pass


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_results_does_not_matter(tmp_path, engine, seed):
    plan = fake.plan(5)
    wanted = expected(plan, tmp_path, engine)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        execute(plan, store, executor=Shuffled(engine(), seed))
        assert_same(plan, store, wanted)


def test_what_is_stored_is_not_run_again(tmp_path, engine):
    plan, counting = fake.plan(3), engine()
    with Store(tmp_path / "out", EXPERIMENT) as store:
        execute(plan, store, 1, run=counting)
    calls = counting.count("call *")
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, 1, run=counting)
    assert (done.done, done.cached) == (0, 9)
    assert counting.count("call *") == calls == 3


def test_more_replicates_run_only_the_new_ones(tmp_path, engine):
    counting = engine()
    with Store(tmp_path / "out", EXPERIMENT) as store:
        execute(fake.plan(2), store, 1, run=counting)
        done = execute(fake.plan(5), store, 1, run=counting)
        assert (done.done, done.cached) == (9, 6)
        assert_same(fake.plan(5), store, expected(fake.plan(5), tmp_path, engine))
        assert runs_table(fake.plan(2), store).num_rows == 6
    assert [counting.count(f"call {k}") for k in range(5)] == [2, 2, 2, 2, 2]  # 1 each + expected


def test_a_damaged_file_is_done_again(tmp_path, engine):
    plan = fake.plan(3)
    wanted = expected(plan, tmp_path, engine)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        execute(plan, store, 1, run=engine())
        damaged = sorted((store.folder / "runs").iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with Store(tmp_path / "out", EXPERIMENT) as store:
        assert len(store.set_aside) == 1
        assert execute(plan, store, 1, run=engine()).done >= 3
        assert_same(plan, store, wanted)


def test_an_error_fails_its_own_run_and_is_tried_again_at_the_next_start(tmp_path, engine):
    plan = fake.plan(3)
    wanted = expected(plan, tmp_path, engine)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, 1, run=engine(fails=(("one", 1),)))
        (failure,) = done.failures
        assert (failure.regime, failure.replicate, done.done) == ("one", 1, 8)
        assert "ArithmeticError: no luck in replicate 1 (fake_engine.py:" in failure.error
        assert str(tmp_path) not in failure.error
        assert runs_table(plan, store).num_rows == 8
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, 1, run=engine())
        assert (done.done, done.cached, done.failures) == (1, 8, ())
        assert_same(plan, store, wanted)


def test_ctrl_c_keeps_what_is_finished(tmp_path, engine):
    plan = fake.plan(4)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        with pytest.raises(KeyboardInterrupt):
            execute(plan, store, 1, run=engine(interrupt=2))
        kept = len(store.run_ids)
        assert kept >= 3
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, 1, run=engine())
        assert (done.done, done.cached) == (12 - kept, kept)


class Interrupted:
    """An executor in which Ctrl-C comes while one batch is written and another lies ready."""

    def __init__(self, run):
        self.inner, self.ready, self.closed = InProcess(run), [], False

    def results(self, backlog):
        yield run_job(self.inner._run, backlog.next_job())
        self.ready.append(run_job(self.inner._run, backlog.next_job()))
        raise KeyboardInterrupt

    def drain(self):
        yield from self.ready

    def close(self):
        self.closed = True


def test_ctrl_c_writes_results_that_lie_ready_and_stops_the_workers(tmp_path, engine):
    executor = Interrupted(engine())
    with Store(tmp_path / "out", EXPERIMENT) as store:
        with pytest.raises(KeyboardInterrupt):
            execute(fake.plan(4), store, executor=executor)
        assert len(store.run_ids) == 6
    assert executor.closed


class PressesCtrlC(Progress):
    """Raises what Ctrl-C raises, after the first result."""

    def advance(self, *, done=0, failed=0, retried=0):
        super().advance(done=done, failed=failed, retried=retried)
        if self.counts.done == done:
            raise KeyboardInterrupt


def test_ctrl_c_leaves_no_worker_behind(tmp_path, engine, monkeypatch):
    pools = []

    class Watched(Pool):
        def __init__(self, *args):
            super().__init__(*args)
            pools.append(self)

    monkeypatch.setattr(executor_module, "Pool", Watched)
    plan = fake.plan(30)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        with pytest.raises(KeyboardInterrupt):
            execute(plan, store, 2, PressesCtrlC(), run=engine(seconds=0.2))
        assert 3 <= len(store.run_ids) < 90
    workers = pools[0]._workers
    assert len(workers) == 2
    assert not any(worker.process.is_alive() for worker in workers)


def test_a_full_disk_stops_with_words_and_resumes(tmp_path, engine, monkeypatch):
    plan = fake.plan(4)
    wanted = expected(plan, tmp_path, engine)
    flush = os.fsync

    def filling_up(handle):
        if len(store.run_ids) >= 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(handle)

    with Store(tmp_path / "out", EXPERIMENT) as store:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", filling_up)
            with pytest.raises(ExperimentError, match="disk is full.*Free some space"):
                execute(plan, store, 1, run=engine())
        assert len(store.run_ids) == 3
    with Store(tmp_path / "out", EXPERIMENT) as store:
        assert execute(plan, store, 1, run=engine()).cached == 3
        assert_same(plan, store, wanted)


class Unpickled:
    """Breaks every worker at its start."""

    def __reduce__(self):
        return (os._exit, (3,))


def test_workers_that_never_start_are_an_error_and_not_a_loop(tmp_path):
    with (
        Store(tmp_path / "out", EXPERIMENT) as store,
        pytest.raises(ExperimentError, match="__main__"),
    ):
        execute(fake.plan(3), store, 2, run=Unpickled())  # type: ignore[arg-type]


def test_an_engine_that_returns_too_little_is_a_failure(tmp_path, engine):
    def short(*args, **settings):
        return engine()(*args, **settings)[:-1]

    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(fake.plan(1), store, 1, run=short)
        assert len(done.failures) == 3 and store.run_ids == set()


def test_batches_grow_to_the_measured_speed_and_shrink_at_the_end():
    plan = fake.plan(1000)
    backlog = Backlog(plan, reconcile(plan, ()), workers=2)
    first = backlog.next_job()
    assert len(first.task.replicates) == 1
    backlog.learn(Batch(first.task, [], [], seconds=0.03))
    assert len(backlog.next_job().task.replicates) == 66  # 2 s at 0.03 s a replicate
    sizes = []
    while backlog:
        sizes.append(len(backlog.next_job().task.replicates))
    assert sum(sizes) == 1000 - 1 - 66
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 1


def test_jobs_counts_workers():
    assert worker_count(3) == 3
    assert worker_count(0) >= 1
    with pytest.raises(ConfigError, match="jobs = -1"):
        worker_count(-1)


class Forgetful:
    """An executor that loses batches without a word: the first of each pass, or all."""

    def __init__(self, run, *, everything=False):
        self.run, self.everything = run, everything

    def results(self, backlog):
        backlog.next_job()
        while backlog:
            batch = run_job(self.run, backlog.next_job())
            if not self.everything:
                yield batch

    def drain(self):
        return iter(())

    def close(self):
        pass


def test_what_an_executor_loses_is_done_again(tmp_path, engine):
    plan = fake.plan(4)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        # One replicate is lost in the first pass; then it is the first, and is lost again.
        with pytest.raises(ExperimentError, match="3 runs ended without a result"):
            execute(plan, store, executor=Forgetful(engine()))
        assert len(store.run_ids) == 9
        done = execute(plan, store, 1, run=engine())
        assert (done.done, done.cached) == (3, 9)


def test_failures_are_not_taken_for_lost_runs(tmp_path, engine):
    counting = engine(fails=(("one", 1), ("two", 2)))
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(fake.plan(3), store, 2, run=counting)
    assert (len(done.failures), done.done) == (2, 7)
    assert counting.count("call 1") == counting.count("call 2") == 4  # together, then each alone


def test_fast_runs_do_not_make_endless_batches():
    plan = fake.plan(30_000)
    backlog = Backlog(plan, reconcile(plan, ()), workers=2)
    backlog.learn(Batch(backlog.next_job().task, [], [], seconds=0.0))
    assert backlog.next_job().task.size <= backlog_module.BATCH_RUNS


class LosesOnce(Forgetful):
    """Loses the first batch of the first pass only."""

    def results(self, backlog):
        if not self.everything:
            self.everything = True
            backlog.next_job()
        while backlog:
            yield run_job(self.run, backlog.next_job())


def test_a_second_pass_mends_the_first(tmp_path, engine):
    plan = fake.plan(4)
    wanted = expected(plan, tmp_path, engine)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, executor=LosesOnce(engine()))
        assert (done.done, done.failures) == (12, ())
        assert_same(plan, store, wanted)


def test_short_batches_share_a_file_and_long_ones_do_not(tmp_path, engine, monkeypatch):
    times = []

    class Watched(Store):
        def append(self, runs, failures=()):
            times.append(len(runs))
            super().append(runs, failures)

    monkeypatch.setattr(executor_module, "WRITE_SECONDS", 1e9)
    with Watched(tmp_path / "together", EXPERIMENT) as store:
        execute(fake.plan(9), store, 1, run=engine(), executor=OneByOne(engine()))
        assert times == [27] and len(store.run_ids) == 27
    times.clear()
    monkeypatch.setattr(executor_module, "WRITE_RUNS", 6)  # what waits is the driver's memory
    with Watched(tmp_path / "some", EXPERIMENT) as store:
        execute(fake.plan(9), store, 1, run=engine(), executor=OneByOne(engine()))
        assert times == [6] * 4 + [3]
    times.clear()
    monkeypatch.setattr(executor_module, "WRITE_SECONDS", 0.0)
    with Watched(tmp_path / "apart", EXPERIMENT) as store:
        execute(fake.plan(9), store, 1, run=engine(), executor=OneByOne(engine()))
        assert times == [3] * 9 + [0]


class OneByOne(InProcess):
    """A replicate is a batch, however long it takes."""

    def results(self, backlog):
        while backlog:
            yield run_job(self._run, backlog.next_job())
