"""Who was looked at, who was asked and who answered what, read from the log of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation import events as log

ANSWERS = (log.ACCEPTED, log.REFUSED_DEAL, log.REFUSED_STAFF)


@dataclass(frozen=True, slots=True)
class Formation:
    """What the log says about how a consortium formed."""

    looked: tuple[int, ...]
    answers: tuple[tuple[int, int, float], ...]  # organisation, kind of event, value


def find_formation(events: np.ndarray, row: int, problem: int) -> Formation:
    """Who was looked at and who answered, from the log.

    A dropped formation leaves its row number to the next; only the answers that stand without a
    break before the bid (or the start without a programme) belong to the consortium of this row.
    """
    closing = np.isin(events["kind"], (log.BID, log.FORMED_ALONE)) & (events["consortium"] == row)
    if not closing.any():
        return Formation((), ())
    last = int(np.flatnonzero(closing)[-1])
    place = last - 1
    looked: list[int] = []
    answers: list[tuple[int, int, float]] = []
    while place >= 0:
        event = events[place]
        kind = int(event["kind"])
        if (
            kind not in (log.LOOKED_AT, *ANSWERS)
            or event["consortium"] != row
            or event["problem"] != problem
        ):
            break
        if kind == log.LOOKED_AT:
            looked.append(int(event["organisation"]))
        else:
            answers.append((int(event["organisation"]), kind, float(event["value"])))
        place -= 1
    return Formation(tuple(reversed(looked)), tuple(reversed(answers)))
