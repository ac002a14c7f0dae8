"""What officials are shown: relabelled revenue under audit, and focus fields that regions copy."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.decisions import share_to_relabel
from simulation.columns import N_NEEDS_SEEN
from simulation.focus import mark_best
from simulation.outcomes import RunResult
from simulation.phases import addresses, advance
from simulation.policies.agenda import has_focus
from simulation.policies.governance import MODES, REGIONS
from simulation.policies.targets import focus_score
from simulation.setup import install
from simulation.state import State
from tests.support import worlds

share = st.floats(0.0, 1.0)
amount = st.floats(0.01, 100.0)
FOCUSED = {"governance.mode": "regions", "agenda.focus_fields": 6}


@cache
def result(regime: str, *changes: tuple[str, Any]) -> RunResult:
    return worlds.run([worlds.changed_regime(worlds.regimes()[regime], dict(changes))])[0]


def first_years(changes: dict[str, Any], years: int) -> State:
    """Open challenge with other levers, after its first policy years."""
    start = worlds.state_after_burn_in(worlds.default_world(), worlds.default_population())
    regime = worlds.changed_regime(worlds.regimes()["open_challenge"], changes)
    state = install(start, regime)
    burn_in = int(state.world[0]["time_burn_in"])
    advance(state, addresses(), burn_in, burn_in + 4 * years, True, True)
    return state


@given(share, share, amount, amount)
def test_nobody_relabels_more_than_the_gap_or_than_pays(
    gap: float, audit: float, weight: float, penalty: float
) -> None:
    best = share_to_relabel(gap, audit, weight, penalty)
    assert 0.0 <= best <= gap

    def worth(part: float) -> float:
        return weight * (1.0 - audit) * part - penalty * (audit * part) ** 2

    for other in np.linspace(0.0, gap, 7):
        assert worth(best) >= worth(other) - 1e-9


@given(share, share, share, amount, amount)
def test_a_stricter_audit_lets_less_pass(
    gap: float, audit: float, more: float, weight: float, penalty: float
) -> None:
    assume(audit <= more)
    kept = [(1.0 - a) * share_to_relabel(gap, a, weight, penalty) for a in (audit, more)]
    assert kept[1] <= kept[0] + 1e-12


def test_limits_of_the_audit() -> None:
    assert share_to_relabel(0.3, 0.0, 5.0, 25.0) == 0.3
    assert share_to_relabel(0.3, 1.0, 5.0, 25.0) == 0.0
    assert share_to_relabel(0.3, 0.5, 5.0, 25.0) == pytest.approx(0.2)


def test_reports_and_reality_part_only_where_auditors_miss_something() -> None:
    honest = result("soe_consortia", ("targets.audit", 1.0)).outcomes
    assert honest["emerging_share_reported"] == honest["emerging_share_real"]
    assert honest["bound_relabelling_found"] == 0
    for audit in (0.0, 0.5):
        loose = result("soe_consortia", ("targets.audit", audit)).outcomes
        assert loose["emerging_share_reported"] > loose["emerging_share_real"] + 0.02
        assert (loose["bound_relabelling_found"] > 0) == (audit > 0)


def test_without_a_target_audits_change_nothing() -> None:
    runs = [result("open_challenge", ("targets.audit", audit)) for audit in (0.0, 1.0)]
    assert not worlds.differences(*runs)


def test_only_regions_choose_focus_fields() -> None:
    assert [has_focus(mode, 3) for mode in range(len(MODES))] == [
        mode == REGIONS for mode in range(len(MODES))
    ]
    assert not has_focus(REGIONS, 0)


@given(st.lists(st.floats(0.0, 9.0), min_size=1, max_size=12), st.integers(0, 15))
def test_the_best_fields_are_marked(scores: list[float], fields: int) -> None:
    focus = np.ones(len(scores), np.int64)
    mark_best(focus, np.array(scores), fields)
    assert focus.sum() == min(fields, len(scores))
    chosen = np.array(scores)[focus == 1]
    left = np.array(scores)[focus == 0]
    if len(chosen) and len(left):
        assert chosen.min() >= left.max()


def test_imitation_makes_plans_alike() -> None:
    base = tuple(FOCUSED.items())
    own = result("open_challenge", *base).outcomes
    copied = result("open_challenge", *base, ("targets.imitation", 2.0)).outcomes
    assert copied["field_overlap"] > own["field_overlap"]
    assert focus_score(1.5, 0.0, 3.0) == 1.5
    assert focus_score(1.5, 0.5, 3.0) == 3.0
    assert np.isnan(result("open_challenge").outcomes["field_overlap"])


def test_programmes_take_up_only_needs_in_focus() -> None:
    fields = 12
    state = first_years(FOCUSED | {"agenda.focus_fields": fields}, 1)  # one choice of fields
    regions = len(state.region_weight)
    focus = state.focus[regions:]
    assert (focus.sum(axis=1) == fields).all()
    seen = int(state.counters[N_NEEDS_SEEN])
    handed_in = (state.problems["programme"] > 0) | (state.problems["declined"] > 0)
    taken = np.flatnonzero(handed_in[:seen])
    assert len(taken)
    for index in taken:
        owner = state.problems["owner"][index]
        field = state.needs["main_field"][index]
        where = focus if owner < 0 else focus[[state.organisations["region"][owner]]]
        assert where[:, field].any()


def test_without_a_number_of_fields_imitation_changes_nothing() -> None:
    changes = ("governance.mode", "regions")
    runs = [result("open_challenge", changes, ("targets.imitation", value)) for value in (0.0, 5.0)]
    assert not worlds.differences(*runs)
