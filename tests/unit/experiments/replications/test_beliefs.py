"""Mutual learning: each of its three parts by itself, and the end."""

from __future__ import annotations

import numpy as np

from experiments.replications import beliefs as model
from simulation import streams

KEY = np.uint64(streams.replicate_key(7, 3))


def test_members_act_on_beliefs_and_guess_without() -> None:
    held = np.array([[1, -1, 0, 0, 0, 0, 0, 0, 0, 0]])
    done = np.zeros_like(held)
    guesses = set()
    for step in range(20):
        model.act(KEY, held, done, step)
        assert done[0, :2].tolist() == [1, -1]
        guesses |= set(done[0, 2:].tolist())
    assert guesses == {-1, 1}


def test_socialisation_passes_through_having_no_belief() -> None:
    held = np.array([[-1, 0, 1, -1]])
    code = np.array([1, 1, 1, 0])
    model.socialise(KEY, held, code, 1.0, 0)
    assert held.tolist() == [[0, 1, 1, -1]]
    model.socialise(KEY, held, code, 1.0, 1)
    assert held.tolist() == [[1, 1, 1, -1]]


def test_the_code_follows_the_majority_of_those_who_did_better() -> None:
    reality = np.array([1, 1, 1, 1])
    done = np.array([[1, 1, 1, -1], [1, 1, -1, 1], [-1, -1, -1, -1]])
    code = np.zeros(4, np.int64)
    model.learn(KEY, done, code, reality, 1.0, 0)
    assert code.tolist() == [1, 1, 0, 0]  # the two better ones are of two minds on the others


def test_nobody_better_teaches_nothing() -> None:
    reality = np.array([1, 1])
    code = np.array([1, 1])
    model.learn(KEY, np.array([[1, 1], [-1, -1]]), code, reality, 1.0, 0)
    assert code.tolist() == [1, 1]


def test_score_counts_right_less_wrong() -> None:
    assert model.score(np.array([1, -1, 0, 1]), np.array([1, 1, 1, 1])) == 1


def test_it_ends_when_all_agree_and_the_code_is_silent_on_nothing() -> None:
    assert model.settled(np.array([[1, -1], [1, -1]]), np.array([1, -1]))
    assert not model.settled(np.array([[1, -1], [1, 0]]), np.array([1, -1]))
    assert not model.settled(np.array([[1, 0], [1, 0]]), np.array([1, 0]))


def test_knowledge_at_the_end_is_settled() -> None:
    """More steps change nothing once there is an equilibrium."""
    some, more = (
        model.equilibrium_knowledge(KEY, 30, 50, 0.5, 0.9, steps) for steps in (500, 2000)
    )
    assert some == more
    assert 0.3 < some <= 1.0
