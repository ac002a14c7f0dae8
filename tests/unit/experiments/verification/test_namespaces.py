"""The kills on Dask with driver, scheduler and workers in networks of their own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from experiments.running.executor import execute
from experiments.running.store import Store
from experiments.verification import namespaces
from experiments.verification.driver import Order, work_of
from experiments.verification.kills import KILLED_ON_DASK, look
from tests.support import fake_engine as fake


def order(folder: Path) -> Order:
    (folder / "log").mkdir(exist_ok=True)
    return Order(
        out=str(folder / "out"),
        work="tests.support.kill_work:slow_work",
        words=(str(folder / "log"), "40", "0.02"),
        jobs=2,
        batch_seconds=0.1,
    )


def test_a_kill_of_each_leaves_what_an_undisturbed_run_leaves(tmp_path) -> None:
    if reason := namespaces.reason_against():
        pytest.skip(f"this machine has no network namespaces for us: {reason}")
    plan, _ = work_of(order(tmp_path))
    with Store(tmp_path / "alone", {"alone": True}) as store:
        execute(plan, store, 1, run=fake.FakeEngine(tmp_path / "log"))
    alone = look(tmp_path / "alone", plan)
    done = list(namespaces.outcomes(order(tmp_path), len(KILLED_ON_DASK)))
    assert [trial.victim for trial, _ in done] == list(KILLED_ON_DASK)
    assert (alone.runs, alone.lost, alone.doubled) == (3 * 45, 0, 0)
    for trial, outcome in done:
        assert outcome.found == alone, trial
    assert done[1][1].starts == 2  # the driver was killed and started again


def test_why_it_cannot_be_done_is_said(monkeypatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert namespaces.reason_against() == "unshare: not found"
    monkeypatch.undo()
    monkeypatch.setattr(namespaces, "NEW", ("sh", "-c", "echo not permitted >&2; exit 1"))
    if namespaces.reason_against().endswith("not found"):
        pytest.skip("no tools for networks here")
    assert namespaces.reason_against() == "not permitted"


def test_a_process_that_cannot_begin_is_an_error(tmp_path) -> None:
    if namespaces.reason_against():
        pytest.skip("this machine has no network namespaces for us")
    broken = dataclasses.replace(order(tmp_path), work="tests.support.kill_work:nothing")
    with pytest.raises(RuntimeError, match="nothing"):
        list(namespaces.outcomes(broken, 1))
