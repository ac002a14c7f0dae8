"""The second process gives the answers that the first would have made, also when it dies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from experiments import second_process, tables
from experiments.second_process import SecondProcess, call_in
from tests.support import synthetic_runs as synthetic

FIRST = "CONSORTIA_TEST_FIRST_PROCESS"


def number_of_process() -> int:
    return os.getpid()


def halves(number: int) -> float:
    return 1 / number


def dies() -> int:
    """Unless it is called in the process that the environment names."""
    if os.environ[FIRST] != str(os.getpid()):
        os._exit(1)
    return 7


def test_answers_come_from_another_process_in_the_order_of_the_questions() -> None:
    with SecondProcess() as helper:
        answers = [helper.call(halves, 2), helper.call(number_of_process), helper.call(halves, 4)]
        assert answers[2]() == 0.25
        assert answers[1]() != os.getpid()
        assert answers[0]() == 0.5


def test_without_a_second_process_the_answer_is_made_here() -> None:
    assert call_in(None, number_of_process)() == os.getpid()


def test_what_goes_wrong_is_raised_here() -> None:
    with SecondProcess() as helper:
        answer = helper.call(halves, 0)
        with pytest.raises(ZeroDivisionError):
            answer()


def test_when_it_dies_all_that_was_asked_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FIRST, str(os.getpid()))
    with SecondProcess() as helper:
        before = helper.call(number_of_process)
        died, after = helper.call(dies), helper.call(number_of_process)
        assert before() != os.getpid()
        assert (died(), after()) == (7, os.getpid())


@pytest.mark.parametrize("code", [second_process.SERVE, "raise SystemExit(1)"])
def test_tables_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(second_process, "SERVE", code)
    setup = synthetic.setup(tmp_path / "here", names=("laissez_faire", "race"), replicates=6)
    runs, replayed = synthetic.runs(setup), synthetic.replayed(setup)
    parts = (
        synthetic.programmes(setup, runs),
        synthetic.trajectories(setup, runs),
        lambda: replayed,
    )
    here = tables.write_tables(runs, setup, tmp_path / "here", *parts)
    with SecondProcess() as helper:
        there = tables.write_tables(runs, setup, tmp_path / "there", *parts, helper)
    assert list(here) == list(there) == list(tables.SCHEMAS)
    assert all(here[name].equals(there[name]) for name in here)
    for file in (tmp_path / "here").iterdir():
        assert file.read_bytes() == (tmp_path / "there" / file.name).read_bytes()
