"""The mutations that the twin must find can still be planted; finding them takes most of an hour."""

from __future__ import annotations

import dataclasses

import pytest

from tests.support import mutations
from tests.support.mutations import MUTATIONS, ROOT, Mutation, Verdict, judged, planted

FAILURE = """
E       AssertionError: assert "step 3 (burn_in), phase 'results':\\n  ledger[2]: engine 1, twin 2\\n
E         bound[0]: engine 5, twin 6" is None
"""


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_can_be_planted(mutation: Mutation) -> None:
    source = (ROOT / mutation.file).read_text(encoding="utf-8")
    mutated = planted(mutation, source)
    assert mutated != source
    compile(mutated, mutation.file, "exec")


def test_the_docs_list_all_mutations() -> None:
    page = (ROOT / "docs" / "model" / "twin.md").read_text(encoding="utf-8")
    assert mutations.listing() in page, "write there: python -m tests.support.mutations list"


def test_every_mutation_has_its_own_name() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 10


@pytest.mark.parametrize("source", ["", "x = 1\nx = 1\n"])
def test_a_text_that_does_not_stand_there_once_is_refused(source: str) -> None:
    mutation = dataclasses.replace(MUTATIONS[0], text="x = 1")
    with pytest.raises(ValueError, match="not once"):
        planted(mutation, source)


def test_the_first_difference_is_read_from_a_failure() -> None:
    caught = judged(MUTATIONS[0], 1, FAILURE)
    assert caught == Verdict(MUTATIONS[0], True, "ledger, step 3 (burn_in), phase 'results'")
    start = judged(MUTATIONS[0], 1, "E   assert not ['needs.difficulty[0]: engine 1.0, twin 2.0']")
    assert start.where == "needs.difficulty, before the first step"
    assert not judged(MUTATIONS[0], 0, "").caught
    with pytest.raises(RuntimeError, match="did not run"):
        judged(MUTATIONS[0], 3, "")


def test_a_survivor_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutations, "tried", lambda one: Verdict(one, one is MUTATIONS[0], ""))
    assert mutations.main([MUTATIONS[0].name]) == 0
    assert mutations.main([]) == 1
    assert "survived" in capsys.readouterr().out
    assert mutations.main(["no_trst"]) == 2
    assert "Did you mean 'no_trust'" in capsys.readouterr().out
