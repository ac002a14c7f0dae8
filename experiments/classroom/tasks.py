"""What a worker process can be asked for: plain values in, JSON text out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from experiments.classroom import changed, compared, exports, inspector, picture
from experiments.classroom.case import case_of
from experiments.classroom.choices import Choices
from experiments.classroom.rooms.debrief import debrief, standing
from experiments.words import Words


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done; ``name`` is one of :data:`TASKS`."""

    name: str
    choices: Choices
    arguments: tuple[Any, ...] = ()


def _inspect(choices: Choices, what: str, row: int, quarter: int, lang: str) -> Any:
    return inspector.inspect(case_of(choices), what, row, quarter, Words(lang))


def _verdict(choices: Choices, found: compared.Pairs, lang: str) -> Any:
    return compared.verdict(case_of(choices), found, Words(lang))


def _answer(choices: Choices, found: Any, lang: str) -> Any:
    return changed.answer(case_of(choices), found, Words(lang))


def _rooms(make: Callable[..., Any], choices: Choices, rounds: Any, quarters: int) -> Any:
    return make(case_of(choices), [frozenset(refused) for refused in rounds], quarters)


TASKS: dict[str, Callable[..., Any]] = {
    "picture": lambda choices: picture.picture(case_of(choices)),
    "line": lambda choices: picture.line(case_of(choices)),
    "inspect": _inspect,
    "pairs": lambda choices, replicates: compared.pairs(case_of(choices), replicates),
    "verdict": _verdict,
    "mixes": lambda choices: changed.mixes(case_of(choices)),
    "values": lambda choices, *place: changed.values(case_of(choices), *place),
    "answer": _answer,
    "config": lambda choices, lang: exports.config(case_of(choices), lang),
    "data": lambda choices: exports.data(case_of(choices)),
    "standing": lambda choices, *room: _rooms(standing, choices, *room),
    "debrief": lambda choices, *room: _rooms(debrief, choices, *room),
}


def do(task: Task) -> Any:
    """The answer to a task; values that JSON cannot hold (NaN) become None."""
    return _plain(TASKS[task.name](task.choices, *task.arguments))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def as_json(value: Any) -> bytes:
    """Compact UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
