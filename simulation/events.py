"""What can be told about a run: one line per event, written only when somebody listens."""

from __future__ import annotations

from agents.compiled import rule
from simulation.columns import N_EVENTS

EVENTS = (
    "need_opened", "submitted", "screened_out", "published", "no_answer", "looked_at", "accepted",
    "refused_deal", "refused_staff", "too_few_members", "too_few_regions", "type_missing",
    "bid", "awarded", "turned_down", "started", "gate_passed", "gate_stopped", "solved", "failed",
    "overtaken", "adopted", "body_founded", "body_ended", "exit", "entry", "formed_alone",
    "not_worth_it", "grant_declined", "in_name_only", "too_few_suppliers",
)  # fmt: skip
(
    NEED_OPENED, SUBMITTED, SCREENED_OUT_EVENT, PUBLISHED, NO_ANSWER_EVENT, LOOKED_AT, ACCEPTED,
    REFUSED_DEAL, REFUSED_STAFF, FEW_MEMBERS, FEW_REGIONS, NO_TYPE,
    BID, AWARDED, TURNED_DOWN, STARTED, PASSED, STOPPED, SOLVED_EVENT, FAILED,
    OVERTAKEN, ADOPTED, BODY_FOUNDED, BODY_ENDED, EXIT, ENTRY, FORMED_ALONE,
    NOT_WORTH_IT, DECLINED, NAME_ONLY, FEW_SUPPLIERS,
) = range(len(EVENTS))  # fmt: skip


@rule
def note(s, step, kind, problem, consortium, organisation, value):
    """Write an event; beyond the room that the listener gave, nothing is written."""
    n = s.counters[N_EVENTS]
    if n >= len(s.events):
        return
    e = s.events[n]
    e.step = step
    e.kind = kind
    e.problem = problem
    e.consortium = consortium
    e.organisation = organisation
    e.value = value
    s.counters[N_EVENTS] = n + 1
