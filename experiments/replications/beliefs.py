"""Mutual learning of an organisation and its members after March (1991), on the product's streams.

Two details are those of March's own program as later authors found them (Rodan 2005; Christensen
2015), for with the article's text alone its figures do not come out: a member who has no belief
guesses and is judged by what it does, and socialisation passes through having no belief.

Compiled rules call nothing compiled outside of this file and ``simulation``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from agents.compiled import rule
from simulation import streams

# Decisions that luck is drawn for, beyond the model's own.
REALITY, BELIEF, GUESS, SOCIALISED, CODE_LEARNS = range(1200, 1205)


@rule
def equilibrium_knowledge(
    luck: Any, dimensions: int, members: int, p1: float, p2: float, most_steps: int
) -> Any:
    """Knowledge of the code in [-1, 1] when nobody can learn any more: right less wrong, per dimension.

    Parameters
    ----------
    p1: chance that a member's belief moves towards the code in a step.
    p2: chance that the code follows a superior member more than it loses.
    most_steps: the end, if there is no equilibrium before.
    """
    reality = np.empty(dimensions, np.int64)
    beliefs = np.empty((members, dimensions), np.int64)
    done = np.empty((members, dimensions), np.int64)
    code = np.zeros(dimensions, np.int64)
    for d in range(dimensions):
        reality[d] = 1 if streams.uniform(luck, REALITY, 0, d) < 0.5 else -1
        for k in range(members):
            u = streams.uniform(luck, BELIEF, k, d)
            beliefs[k, d] = int(u * 3.0) - 1
    for step in range(most_steps):
        act(luck, beliefs, done, step)
        socialise(luck, beliefs, code, p1, step)
        learn(luck, done, code, reality, p2, step)
        if settled(beliefs, code):
            break
    return score(code, reality) / dimensions


@rule
def act(luck: Any, beliefs: Any, done: Any, step: int) -> None:
    """Members do what they believe, and guess where they believe nothing."""
    members, dimensions = beliefs.shape
    for k in range(members):
        for d in range(dimensions):
            done[k, d] = beliefs[k, d]
            if beliefs[k, d] == 0:
                u = streams.uniform(luck, GUESS, step, k * dimensions + d)
                done[k, d] = 1 if u < 0.5 else -1


@rule
def socialise(luck: Any, beliefs: Any, code: Any, p1: float, step: int) -> None:
    """Beliefs move by one towards the code where it has a belief that differs."""
    members, dimensions = beliefs.shape
    for k in range(members):
        for d in range(dimensions):
            if code[d] == 0 or beliefs[k, d] == code[d]:
                continue
            if streams.uniform(luck, SOCIALISED, step, k * dimensions + d) < p1:
                beliefs[k, d] += code[d]


@rule
def learn(luck: Any, done: Any, code: Any, reality: Any, p2: float, step: int) -> None:
    """The code follows the majority of those who did better, the likelier the larger it is."""
    members, dimensions = done.shape
    to_beat = score(code, reality)
    votes = np.zeros(dimensions, np.int64)
    for k in range(members):
        if score(done[k], reality) > to_beat:
            votes += done[k]
    for d in range(dimensions):
        majority = 1 if votes[d] > 0 else -1
        if votes[d] == 0 or majority == code[d]:
            continue
        if streams.uniform(luck, CODE_LEARNS, step, d) > math.pow(1.0 - p2, abs(votes[d])):
            code[d] = majority


@rule
def score(values: Any, reality: Any) -> Any:
    """Dimensions that are right less those that are wrong."""
    total = 0
    for d in range(len(reality)):
        total += values[d] * reality[d]
    return total


@rule
def settled(beliefs: Any, code: Any) -> Any:
    """Whether all believe what the code says, and it says something on every dimension."""
    for d in range(len(code)):
        if code[d] == 0:
            return False
        for k in range(len(beliefs)):
            if beliefs[k, d] != code[d]:
                return False
    return True
