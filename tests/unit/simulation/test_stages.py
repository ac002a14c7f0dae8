"""Stages of a programme: counters against the log of events, the funnel, and every switch."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import numpy as np
import pytest
import yaml

from simulation import events as log
from simulation import stages
from simulation.columns import (
    ENDED_FAILED,
    ENDED_OVERTAKEN,
    ENDED_SOLVED,
    ENDED_STOPPED,
    N_CONSORTIA,
    N_EVENTS,
)
from simulation.model import ConsortiaModel
from simulation.outcomes import MISSION_RESERVE, PURSE_EMPTY, REGION_PURSE_EMPTY
from simulation.phases import addresses, advance
from simulation.policies.governance import REGIONS
from simulation.policies.registry import Regime
from simulation.policies.screening import CRITERIA
from simulation.policies.selection import DIRECTED
from simulation.policies.targets import lags_behind
from simulation.runner import finish
from simulation.setup import first_state, install
from simulation.stages import FIRST_REGION, STAGES
from simulation.state import State
from tests.support import worlds

ROOM = 400_000
DELTA = "delta_joint_programme"
WITH_PROGRAMMES = [name for name, regime in worlds.regimes().items() if regime.programmes]
PLACES = {stage.name: place for place, stage in enumerate(STAGES)}
SWITCHED = [stage for stage in STAGES if stage.switch]
NARROW = {"screening.sitting_quarters": 8, "screening.share_published": 0.2}
# Where a stage bites: the regime, and levers that are changed with and without the switch alike.
WHERE: dict[str, tuple[str, dict[str, Any]]] = {
    "taken_up": ("framework_programme", {}),
    "screened_out": (DELTA, {"screening.sitting_quarters": 4}),
    "out_value": (DELTA, NARROW | {"screening.value_weight": 5.0}),
    "out_strategy": (DELTA, NARROW),
    "out_duration": (DELTA, NARROW),
    "out_cross_border": (DELTA, NARROW | {"screening.cross_border_weight": 5.0}),
    "out_chain": (DELTA, NARROW | {"screening.chain_weight": 20.0}),
    "called": (DELTA, {"openness.guide_quarters": 4, "screening.sitting_quarters": 1}),
    "refused_types": (
        "lead_firm_consortium",
        {"eligibility.required_types": ["university", "institute"]},
    ),
    "refused_regions": (DELTA, {"eligibility.min_regions": 4}),
    "refused_suppliers": ("open_challenge", {"eligibility.min_suppliers": 2}),
    "listed": (DELTA, {"openness.guide_quarters": 4, "selection.bar": 0.5}),
    "evaluated": (DELTA, {"funding.milestone": 0.0}),
    "gate_stopped": (DELTA, {"monitoring.gate_percentile": 0.97, "monitoring.tolerance": 0.0}),
    "overtaken": ("race", {}),
    "settled": ("open_challenge", {}),
}


def test_every_criterion_of_the_panel_is_a_reason() -> None:
    first = PLACES["out_value"]
    reasons = [stage.name for stage in STAGES[first : first + len(CRITERIA)]]
    assert reasons == [f"out_{criterion}" for criterion in CRITERIA]


@functools.cache
def burnt_in() -> State:
    world = worlds.changed_world({"time.hand_over": 0})
    state = first_state(
        world, worlds.default_population(), seed=worlds.SEED, replicate=0, events=ROOM
    )
    advance(state, addresses(), 0, int(state.world[0]["time_burn_in"]), False, True)
    return state


def finished(regime: Regime) -> State:
    """The state after the run-out, with the log of events."""
    state, _ = finish(install(burnt_in(), regime))
    assert state.counters[N_EVENTS] < ROOM, "the log was cut short"
    return state


@functools.cache
def of_regime(name: str) -> State:
    return finished(worlds.regimes()[name])


def changed(name: str, levers: dict[str, Any]) -> np.ndarray:
    """Counts of the only programme of a regime with other levers."""
    return finished(worlds.changed_regime(worlds.regimes()[name], levers)).stages[1]


def policy_events(state: State) -> np.ndarray:
    events = state.events[: state.counters[N_EVENTS]]
    return events[events["step"] >= state.world[0]["time_burn_in"]]


# ------------------------------------------------------------ the log as an independent record


def recount(state: State) -> list[Counter[str]]:
    """Counts of each programme from the log, the consortia and the levers alone."""
    counts: list[Counter[str]] = [Counter() for _ in state.programmes]
    in_hands: dict[int, int] = {}  # need -> programme that has it
    bid_step: dict[int, int] = {}
    for step, kind, need, row, organisation, value in policy_events(state).tolist():
        if kind == log.SUBMITTED:
            in_hands[need] = int(value)
            counts[int(value)]["collected"] += 1
            counts[int(value)]["submitted" if organisation >= 0 else "taken_up"] += 1
        elif kind in (log.PUBLISHED, log.SCREENED_OUT_EVENT):
            outcome = "published" if kind == log.PUBLISHED else "screened_out"
            counts[in_hands[need]][outcome] += 1
            counts[in_hands[need]]["assessed"] += 1
            if kind == log.SCREENED_OUT_EVENT:
                del in_hands[need]
        elif kind == log.NO_ANSWER_EVENT:
            counts[in_hands.pop(need)]["unanswered"] += 1
        elif kind in REFUSING:
            counts[in_hands[need]][REFUSING[kind]] += 1
        elif kind == log.NOT_WORTH_IT and need in in_hands:
            counts[in_hands[need]]["not_offered" if row < 0 else "not_bid"] += 1
        elif kind == log.BID:
            bid_step[row] = step
            counts[in_hands[need]]["bids"] += 1
        elif kind in (log.AWARDED, log.TURNED_DOWN):
            in_hands.pop(need, None)
            _recount_decision(state, counts, kind, row, step, step - bid_step[row])
        elif kind in ENDING and row >= 0 and state.consortia[row]["programme"] > 0:
            counts[state.consortia[row]["programme"]][ENDING[kind]] += 1
    return [_derived(state, row, one) for row, one in enumerate(counts)]


REFUSING = {
    log.FEW_MEMBERS: "refused_members",
    log.NO_TYPE: "refused_types",
    log.FEW_REGIONS: "refused_regions",
    log.FEW_SUPPLIERS: "refused_suppliers",
}
ENDING = {
    log.DECLINED: "declined",
    log.PASSED: "gate_passed",
    log.STOPPED: "gate_stopped",
    log.SOLVED_EVENT: "solved",
    log.FAILED: "failed",
    log.OVERTAKEN: "overtaken",
}


def _recount_decision(
    state: State, counts: list[Counter[str]], kind: int, row: int, step: int, waited: int
) -> None:
    c = state.consortia[row]
    own = counts[c["programme"]]
    own["decided"] += 1
    if f"decided in {step}" not in own:
        own[f"approved before {step}"] = own["approved"]
    own[f"decided in {step}"] += 1
    if kind == log.TURNED_DOWN:
        return
    p = state.programmes[c["programme"]]
    regions = state.organisations["region"][worlds.members_of(state, c["row"])["row"]]
    own["approved"] += 1
    own["waiting"] += waited
    managing = set(regions) if p["governance_mode"] == REGIONS else {regions[0]}
    own["tasks"] += len(managing)
    own.update(f"tasks in {region}" for region in managing)


def _derived(state: State, row: int, own: Counter[str]) -> Counter[str]:
    """What follows from levers and from the counts that the log gives."""
    p = state.programmes[row]
    if p["screening_panel_size"] == 0:
        own["published"] = own["collected"]
    own["offered"] = own["bids"] + own["not_bid"]
    own["attempted"] = own["offered"] + sum(own[name] for name in REFUSING.values())
    own["considered"] = own["attempted"] + own["not_offered"]
    own["pooled"] = own["offered"] if p["formation_mode"] == 3 else 0
    own["reviewed"] = own["decided"] if p["selection_mode"] != DIRECTED else 0
    own["listed"] = own["decided"] - _below_bar(state, p, own)
    own["communicating"] = own["tasks"] if p["coordination_communication"] > 0 else 0
    own["evaluated"] = own["gate_passed"] + own["gate_stopped"]
    formed = state.consortia[: state.counters[N_CONSORTIA]]
    ended = np.isin(formed["state"], (ENDED_SOLVED, ENDED_FAILED, ENDED_STOPPED, ENDED_OVERTAKEN))
    funded = ended & (formed["programme"] == row) & (formed["grant"] > 0)
    depends = p["funding_prize"] > 0 or p["monitoring_penalty"] > 0
    own["settled"] = int(funded.sum()) if depends else 0
    return own


def _below_bar(state: State, p: np.void, own: Counter[str]) -> int:
    """Bids below the bar, which is waived while fewer consortia are founded than were promised."""
    below = 0
    for step in range(
        int(state.world[0]["time_burn_in"]), int(state.world[0]["time_burn_in"]) + 60
    ):
        quarter = step - int(state.world[0]["time_burn_in"])
        founded = own[f"approved before {step}"]
        if not lags_behind(p["targets_consortia_per_year"], quarter, founded):
            below += int(p["selection_bar"] * own[f"decided in {step}"])
    return below


NOT_IN_THE_LOG = {
    "called",
    "second",
    "unpaid",
    *(stage.name for stage in STAGES if stage.name.startswith("out_")),
}


@pytest.mark.parametrize("name", WITH_PROGRAMMES)
def test_the_counters_are_those_of_the_log(name: str) -> None:
    state = of_regime(name)
    expected = recount(state)
    for row in range(1, len(state.programmes)):
        for stage, place in PLACES.items():
            if stage not in NOT_IN_THE_LOG:
                assert state.stages[row, place] == expected[row][stage], (row, stage)
        for region in range(len(state.region_weight)):
            found = state.stages[row, FIRST_REGION + region]
            assert found == expected[row][f"tasks in {region}"], (row, region)


def test_the_log_is_not_empty_where_it_is_compared() -> None:
    """Over all regimes every count but the switched-off reasons is seen above 0."""
    total = np.sum([of_regime(name).stages[1:].sum(axis=0) for name in WITH_PROGRAMMES], axis=0)
    unseen = {stage.name for stage in STAGES if total[PLACES[stage.name]] == 0}
    assert unseen <= {"out_chain", "out_value", "out_error", "out_cross_border"}


# ------------------------------------------------------------ the funnel


@pytest.mark.parametrize("name", WITH_PROGRAMMES)
def test_a_part_never_exceeds_what_it_is_a_part_of(name: str) -> None:
    for row in of_regime(name).stages[1:]:
        for stage in STAGES:
            if stage.within:
                assert 0 <= row[PLACES[stage.name]] <= row[PLACES[stage.within]], stage.name


def test_parts_name_counts_that_stand_before_them() -> None:
    for place, stage in enumerate(STAGES):
        for other in filter(None, (stage.within, stage.off)):
            assert PLACES[other] < place, stage.name


@pytest.mark.parametrize("name", WITH_PROGRAMMES)
def test_the_sums_hold(name: str) -> None:
    state = of_regime(name)
    for row in range(1, len(state.programmes)):
        n = {stage: int(state.stages[row, place]) for stage, place in PLACES.items()}
        formed = state.consortia[: state.counters[N_CONSORTIA]]
        running = ((formed["programme"] == row) & (formed["state"] == 1)).sum()
        assert n["collected"] == n["submitted"] + n["taken_up"]
        assert n["screened_out"] == sum(n[one] for one in n if one.startswith("out_"))
        if n["assessed"]:
            assert n["assessed"] == n["published"] + n["screened_out"]
        assert n["attempted"] == n["offered"] + sum(n[one] for one in REFUSING.values())
        assert n["evaluated"] == n["gate_passed"] + n["gate_stopped"]
        left = n["second"] + n["unpaid"] + n["declined"]
        assert n["listed"] == n["approved"] + left
        ended = n["solved"] + n["failed"] + n["overtaken"] + n["gate_stopped"]
        assert n["approved"] == ended + running
        assert n["tasks"] == state.stages[row, FIRST_REGION:].sum()


def test_every_called_need_has_bids_or_none() -> None:
    for name in WITH_PROGRAMMES:
        state = of_regime(name)
        events = policy_events(state)
        answered = {
            (need, state.consortia[row]["programme"])
            for need, row in events[["problem", "consortium"]][events["kind"] == log.BID].tolist()
        }
        for row in range(1, len(state.programmes)):
            unanswered = state.stages[row, stages.UNANSWERED]
            with_bids = sum(programme == row for _, programme in answered)
            assert state.stages[row, stages.CALLED] == unanswered + with_bids


@pytest.mark.parametrize("name", [name for name in WITH_PROGRAMMES if name != "combined"])
def test_unpaid_bids_are_those_that_a_purse_refused(name: str) -> None:
    """The rules that bind count on their own."""
    state = of_regime(name)
    bound = state.bound - burnt_in().bound
    refused = sum(bound[rule] for rule in (PURSE_EMPTY, MISSION_RESERVE, REGION_PURSE_EMPTY))
    assert state.stages[1, stages.UNPAID] == refused


def test_only_one_bid_for_a_need_is_approved_where_one_team_is_funded() -> None:
    """Recounted from the bids themselves: those whose need was given to another in the same decision."""
    state = of_regime(DELTA)
    events = policy_events(state)
    awarded = events[events["kind"] == log.AWARDED]
    refused = events[events["kind"] == log.TURNED_DOWN]
    given = set(awarded[["step", "problem"]].tolist())
    second = sum(pair in given for pair in refused[["step", "problem"]].tolist())
    below = state.stages[1, stages.REVIEWED] - state.stages[1, stages.LISTED]
    assert (
        0
        < state.stages[1, stages.SECOND]
        <= second
        <= state.stages[1, stages.SECOND]
        + below
        + (state.stages[1, stages.UNPAID] + state.stages[1, stages.DECLINED])
    )


# ------------------------------------------------------------ switches


def setting(text: str) -> dict[str, Any]:
    """``a.b=1 c.d=[]`` as levers."""
    pairs = (word.split("=") for word in text.split())
    return {name: yaml.safe_load(value) for name, value in pairs}


@pytest.mark.parametrize("stage", SWITCHED, ids=lambda stage: stage.name)
def test_a_stage_can_be_switched_off_and_bites_when_on(stage: stages.Stage) -> None:
    regime, common = WHERE.get(stage.name, (DELTA, {}))
    off = setting(stage.switch)
    on = {name: value for name, value in common.items() if name not in off}
    with_stage = changed(regime, common)
    without = changed(regime, on | off)

    def expected(counts: np.ndarray) -> int:
        return int(counts[PLACES[stage.off]]) if stage.off else 0

    place = PLACES[stage.name]
    assert without[place] == expected(without)
    assert with_stage[place] != expected(with_stage)
    assert with_stage[place] > 0


def test_reasons_name_the_criterion_that_is_weighed() -> None:
    """With national strategy alone, and hardly any error, nothing else can be the reason."""
    weights = dict.fromkeys(("value", "duration", "cross_border", "chain"), 0.0)
    levers = {f"screening.{name}_weight": value for name, value in weights.items()}
    counts = changed(DELTA, NARROW | levers | {"screening.strategy_weight": 5.0})
    reasons = counts[stages.OUT_VALUE : stages.OUT_ERROR + 1]
    assert reasons[1] + reasons[-1] == counts[stages.SCREENED_OUT] > 0
    assert reasons[1] > reasons[-1]


@pytest.mark.parametrize(
    ("lever", "kinds"),
    [
        ("screening.sitting_quarters", (log.PUBLISHED, log.SCREENED_OUT_EVENT)),
        ("openness.guide_quarters", (log.BID, log.NO_ANSWER_EVENT)),
    ],
)
def test_sittings_and_guides_come_in_their_rhythm(lever: str, kinds: tuple[int, ...]) -> None:
    def quarters(every: int) -> np.ndarray:
        levers = {"screening.sitting_quarters": 1, "openness.guide_quarters": 1} | {lever: every}
        state = finished(worlds.changed_regime(worlds.regimes()[DELTA], levers))
        events = policy_events(state)
        return events["step"][np.isin(events["kind"], kinds)] - state.world[0]["time_burn_in"]

    assert len(set(quarters(1) % 4)) == 4
    assert set(quarters(4) % 4) == {0}


def test_a_yearly_sitting_screens_out_more() -> None:
    """Compared a few at a time nearly all needs are among the best; compared by the year they are not."""
    every_quarter = changed(DELTA, {"screening.sitting_quarters": 1})
    yearly = changed(DELTA, {"screening.sitting_quarters": 4})
    share = [
        counts[stages.SCREENED_OUT] / counts[stages.ASSESSED] for counts in (every_quarter, yearly)
    ]
    assert share[0] < share[1] <= 0.4


# ------------------------------------------------------------ both engines


def test_the_stepped_model_counts_alike() -> None:
    world = worlds.changed_world({"time.hand_over": 0})
    model = ConsortiaModel(
        world, worlds.default_population(), worlds.regimes()[DELTA], seed=worlds.SEED
    )
    model.run_model()
    assert (model.state.stages == of_regime(DELTA).stages).all()


def test_a_result_carries_the_counts_of_its_programmes() -> None:
    (result,) = worlds.run([worlds.regimes()["combined"]])
    assert (result.stages == of_regime("combined").stages[1:]).all()
    (nothing,) = worlds.run([worlds.reference()])
    assert nothing.stages.shape == (0, FIRST_REGION + len(worlds.default_population().regions))
