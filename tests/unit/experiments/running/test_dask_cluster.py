"""Runs on a Dask cluster: a scheduler and workers as processes of their own, on loopback."""

from __future__ import annotations

import socket
import sys
import threading
import time
import uuid

import pytest

from agents.settings import ConfigError
from experiments import cli
from experiments.compare import runs_table, trajectories_table
from experiments.configuration import load_setup
from experiments.running import dask_cluster
from experiments.running.backlog import Backlog
from experiments.running.dask_cluster import DaskCluster, run_batch, software, store_name
from experiments.running.executor import Executor, execute
from experiments.running.jobs import Batch
from experiments.running.plan import reconcile
from experiments.running.progress import Progress
from experiments.running.store import ExperimentError, Store
from experiments.verification.machines import HERE, Machines
from tests.support import fake_engine as fake

EXPERIMENT = {"seed": 7}
NOBODY = f"tcp://{HERE}:1"  # a port that needs special rights, at which nobody listens


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """A cluster of two workers for all tests of this file; they may kill its workers."""
    with Machines(2, tmp_path_factory.mktemp("machines")) as started:
        yield started


@pytest.fixture
def engine(tmp_path):
    """Make a fake engine that counts its calls."""

    def make(**troubles):
        (tmp_path / "log").mkdir(exist_ok=True)
        return fake.FakeEngine(tmp_path / "log", **troubles)

    return make


@pytest.fixture
def told():
    """Words for whoever waits."""
    return []


def rows(plan, store):
    """All tables, in a form in which not-a-number equals itself."""
    tables = runs_table(plan, store), trajectories_table(plan, store)
    return [repr(row) for table in tables for row in table.to_pylist()]


def expected(plan, tmp_path, engine):
    with Store(tmp_path / "undisturbed", EXPERIMENT) as store:
        execute(plan, store, 1, run=engine())
        return rows(plan, store)


def test_the_same_tables_as_without_a_cluster(tmp_path, machines, engine):
    plan = fake.with_point(fake.plan(6), variant="q=0.1", seed=8, replicates=2, trajectories=False)
    progress = Progress()
    with Store(tmp_path / "out", EXPERIMENT) as store:
        cluster = DaskCluster(machines.address, store.folder, engine())
        done = execute(plan, store, progress=progress, executor=cluster)
        assert (done.done, done.cached, done.failures) == (24, 0, ())
        assert rows(plan, store) == expected(plan, tmp_path, engine)
    assert (progress.counts.left, progress.counts.retried) == (0, 0)


def test_an_error_of_a_run_is_a_failure_of_that_run(tmp_path, machines, engine):
    plan = fake.plan(3)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        cluster = DaskCluster(machines.address, store.folder, engine(fails=(("one", 1),)))
        done = execute(plan, store, executor=cluster)
    (failure,) = done.failures
    assert (failure.regime, failure.replicate, done.done) == ("one", 1, 8)
    assert "ArithmeticError: no luck in replicate 1" in failure.error


class Nurse(threading.Thread):
    """Puts new workers in the place of dead ones, as Dask's nannies do."""

    def __init__(self, machines):
        super().__init__(daemon=True)
        self.machines, self.ended = machines, threading.Event()

    def run(self):
        while not self.ended.wait(0.05):
            self.machines.replace_the_dead()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def test_a_killed_worker_costs_nothing_and_a_run_that_kills_three_is_given_up(
    tmp_path, machines, engine
):
    plan = fake.plan(12, regimes=fake.REGIMES[:1])
    deadly = engine(kills=(4,), deaths=99, seconds=0.02)
    with Nurse(machines), Store(tmp_path / "out", EXPERIMENT) as store:
        done = execute(plan, store, executor=DaskCluster(machines.address, store.folder, deadly))
        (failure,) = done.failures
        assert failure.replicate == 4 and "died 3 times" in failure.error
        assert set(store.run_ids) == {cell.run_id for cell in plan.cells() if cell.replicate != 4}
    # Dask may begin it anew elsewhere before it hears that we took it back, four times at most.
    assert 3 <= deadly.count("death 4") <= 12


def test_no_more_batches_than_the_workers_can_use_are_handed_out(tmp_path, machines, engine):
    plan = fake.plan(40, regimes=fake.REGIMES[:1])
    most = 0
    with Store(tmp_path / "out", EXPERIMENT) as store:
        cluster = DaskCluster(machines.address, store.folder, engine(seconds=0.01))
        backlog = Backlog(plan, reconcile(plan, ()), workers=7)
        for batch in cluster.results(backlog):
            most = max(most, len(cluster._handed))
            assert isinstance(batch, Batch)
        assert backlog.workers <= 2
        keys = {one.future.key for one in cluster._handed.values()}
        cluster.close()
    assert 1 <= most <= 4 and not keys


def test_keys_name_store_and_model_and_are_new_in_every_session(tmp_path, machines, engine):
    names = []
    for folder in ("a", "b"):
        with Store(tmp_path / folder, EXPERIMENT) as store:
            cluster = DaskCluster(machines.address, store.folder, engine())
            cluster._connect()
            names.append(cluster._next_key().split("-"))
            cluster.close()
            assert names[-1][1] == store_name(store.folder)
    assert names[0][:1] == names[1][:1] == ["consortia"]
    assert names[0][1] != names[1][1] and names[0][3] != names[1][3]
    assert names[0][2] == names[1][2] == software()["model"]


def test_two_experiments_on_one_scheduler_do_not_meet(tmp_path, machines, engine):
    plans = {"one": fake.plan(8, seed=1), "two": fake.plan(8, seed=2)}
    found = {}

    def do(name):
        with Store(tmp_path / name, {"seed": name}) as store:
            cluster = DaskCluster(machines.address, store.folder, engine(seconds=0.01))
            execute(plans[name], store, executor=cluster)
            found[name] = set(store.run_ids)

    threads = [threading.Thread(target=do, args=(name,)) for name in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: set(plan.run_ids()) for name, plan in plans.items()}


class PressesCtrlC(Progress):
    """Raises what Ctrl-C raises, after the first result."""

    def advance(self, *, done=0, failed=0, retried=0):
        super().advance(done=done, failed=failed, retried=retried)
        raise KeyboardInterrupt


def test_ctrl_c_cancels_our_own_keys_and_no_others(tmp_path, machines, engine):
    from distributed import Client

    plan = fake.plan(30, regimes=fake.REGIMES[:1])
    with Client(machines.address, set_as_default=False) as other:
        alien = other.submit(time.sleep, 3.0, key=f"alien-{uuid.uuid4()}")
        with Store(tmp_path / "out", EXPERIMENT) as store:
            cluster = DaskCluster(machines.address, store.folder, engine(seconds=0.1))
            with pytest.raises(KeyboardInterrupt):
                execute(plan, store, progress=PressesCtrlC(), executor=cluster)
            kept = len(store.run_ids)
        assert 1 <= kept < 30
        assert alien.result(timeout=20) is None
        deadline = time.monotonic() + 10.0
        while ours := [key for key in other.run_on_scheduler(keys) if "consortia-" in key]:
            assert time.monotonic() < deadline, ours
            time.sleep(0.05)


def keys(dask_scheduler):
    """Keys of all tasks a scheduler knows."""
    return [str(key) for key in dask_scheduler.tasks]


@pytest.fixture
def other_code_here(monkeypatch):
    """Make the driver another than the cluster, in one respect."""

    def change(function):
        monkeypatch.setattr(dask_cluster, function, lambda: "0123")
        software.cache_clear()

    yield change
    monkeypatch.undo()
    software.cache_clear()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("source_hash", "the scheduler has another version of the model"),
        ("versions", "the scheduler has another version of the libraries"),
    ],
)
def test_other_code_is_refused_before_the_first_batch(
    tmp_path, machines, engine, other_code_here, function, words
):
    other_code_here(function)
    counting = engine()
    with Store(tmp_path / "out", EXPERIMENT) as store:
        cluster = DaskCluster(machines.address, store.folder, counting)
        with pytest.raises(ConfigError, match=f"{words}.*; here 0123"):
            execute(fake.plan(2), store, executor=cluster)
    assert counting.count("call *") == 0


def test_other_code_on_a_worker_that_comes_late_does_no_run(engine):
    plan = fake.plan(1)
    counting = engine()
    (task,) = reconcile(plan, ())
    with pytest.raises(dask_cluster.OtherSoftwareError):
        run_batch(counting, plan.points[0], task, {**software(), "model": "0123"})
    assert counting.count("call *") == 0


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"tcp://x:1": ModuleNotFoundError("experiments")}, "x:1 has not this program"),
        ({"tcp://x:1": {"model": "old"}, "tcp://y:2": {}}, "old; here .*, and 1 more differ"),
    ],
)
def test_what_differs_is_named(found, words):
    with pytest.raises(ConfigError, match=words):
        dask_cluster._refuse_differences(found)


def test_machines_that_agree_or_have_left_are_taken():
    dask_cluster._refuse_differences({"tcp://x:1": dict(software()), "tcp://y:2": OSError()})


def test_an_address_at_which_nobody_answers(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.3)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        cluster = DaskCluster(NOBODY, store.folder, engine())
        with pytest.raises(ConfigError, match="no Dask scheduler answers there .* Start one"):
            execute(fake.plan(1), store, executor=cluster)


def test_an_address_at_which_something_else_answers(tmp_path, engine):
    with socket.create_server((HERE, 0)) as server:
        web = threading.Thread(target=answer_once, args=(server,), daemon=True)
        web.start()
        address = f"tcp://{HERE}:{server.getsockname()[1]}"
        with Store(tmp_path / "out", EXPERIMENT) as store:
            cluster = DaskCluster(address, store.folder, engine())
            with pytest.raises(ConfigError, match="no Dask scheduler answers there"):
                execute(fake.plan(1), store, executor=cluster)
        web.join(10.0)


def answer_once(server):
    """What web servers and proxies say to anybody."""
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        time.sleep(0.2)


def test_without_dask_it_is_said_what_to_install(tmp_path, engine, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with Store(tmp_path / "out", EXPERIMENT) as store:
        cluster = DaskCluster(NOBODY, store.folder, engine())
        with pytest.raises(ConfigError, match=r"pip install 'consortia\[dask\]'"):
            execute(fake.plan(1), store, executor=cluster)


def test_without_workers_it_waits_and_then_gives_up(tmp_path, engine, monkeypatch, told):
    monkeypatch.setattr(dask_cluster, "NO_WORKERS_SECONDS", 0.5)
    with Machines(0, tmp_path) as empty, Store(tmp_path / "out", EXPERIMENT) as store:
        cluster = DaskCluster(empty.address, store.folder, engine(), tell=told.append)
        with pytest.raises(ExperimentError, match="has had no workers for"):
            execute(fake.plan(1), store, executor=cluster)
    assert len(told) == 1 and "has no workers; waiting" in told[0]


def test_it_is_an_executor(tmp_path):
    executor: Executor = DaskCluster(NOBODY, tmp_path)
    assert list(executor.drain()) == []
    executor.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["executor=dask"], "needs the address of a Dask scheduler"),
        (["scheduler=tcp://127.0.0.1:8786"], "does nothing with executor = local"),
        (["executor=dask", "scheduler=here"], "is not an address"),
        (["executor=dusk"], "Did you mean 'dask'?"),
    ],
)
def test_settings_that_cannot_be_used(settings, words, capsys):
    assert cli.main(["compare", *settings]) == 2
    assert words in capsys.readouterr().err


def test_settings_of_a_cluster():
    setup = load_setup("compare", ["executor=dask", "scheduler=tcp://10.0.0.1:8786"])
    assert (setup.executor, setup.scheduler) == ("dask", "tcp://10.0.0.1:8786")
    assert setup.config["executor"] == "dask"
    assert "10.0.0.1" not in repr(setup.config)  # the file is handed on with the results
