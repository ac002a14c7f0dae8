"""The rules that the twin shares with the product: pure functions of numbers, uncompiled.

What takes the columns of the engine is not here: the twin says it in its own words.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from agents import decisions
from simulation import (
    accounts,
    adoption,
    chains,
    clock,
    fields,
    financiers,
    learning,
    needs,
    search,
    ties,
    worth,
)
from simulation.policies import (
    adaptation,
    agenda,
    budget,
    capability,
    diffusion,
    eligibility,
    formation,
    funding,
    governance,
    layers,
    monitoring,
    openness,
    recognition,
    renewal,
    screening,
    selection,
    targets,
)

_PLAIN_MODULES: dict[str, dict[str, Any]] = {}


def plain(rule: Any) -> Any:
    """A compiled rule as ordinary Python, and so every rule that it calls."""
    function = rule.py_func
    return FunctionType(function.__code__, _plain_names(function), function.__name__)


def _plain_names(function: Any) -> dict[str, Any]:
    """What a function finds in its module, with plain rules in place of compiled ones."""
    module = function.__module__
    if module not in _PLAIN_MODULES:
        names = _PLAIN_MODULES[module] = dict(function.__globals__)
        compiled = {name: one for name, one in names.items() if hasattr(one, "py_func")}
        names.update({name: plain(one) for name, one in compiled.items()})
    return _PLAIN_MODULES[module]


# decisions of organisations
believed_success = plain(decisions.believed_success)
race_success = plain(decisions.race_success)
scan_breadth = plain(decisions.scan_breadth)
acceptance_utility = plain(decisions.acceptance_utility)
accepts = plain(decisions.accepts)
project_utility = plain(decisions.project_utility)
call_utility = plain(decisions.call_utility)
posted_price = plain(decisions.posted_price)
share_to_relabel = plain(decisions.share_to_relabel)
takes_bold_try = plain(decisions.takes_bold_try)
adopts = plain(decisions.adopts)
friction_between = plain(decisions.friction_between)

# how the world works
fen = plain(accounts.fen)
myuan = plain(accounts.myuan)
payer_of = plain(accounts.payer_of)
asked_back = plain(financiers.asked_back)
realised_factor = plain(adoption.realised_factor)
domestic_capability = plain(chains.domestic_capability)
link_security = plain(chains.link_security)
quarters_until = plain(clock.quarters_until)
field_distance = plain(fields.field_distance)
distance_of = plain(fields.distance_of)
is_frontier = plain(fields.is_frontier)
is_strategic = plain(fields.is_strategic)
region_centre = plain(fields.region_centre)
breadth = plain(fields.breadth)
partner_gain = plain(learning.partner_gain)
needs_by = plain(needs.needs_by)
nearest_frontier = plain(needs.nearest_frontier)
integration = plain(search.integration)
pick_component = plain(search.pick_component)
trust_of = plain(ties.trust_of)
expected_part = plain(worth.expected_part)
failure_penalty = plain(worth.failure_penalty)
makers_claim = plain(worth.makers_claim)
team_keeps = plain(worth.team_keeps)
lead_keeps = plain(worth.lead_keeps)

# levers
adapted_weight = plain(adaptation.adapted_weight)
has_focus = plain(agenda.has_focus)
takes_up = plain(agenda.takes_up)
growth_factor = plain(budget.growth_factor)
capability_gain = plain(capability.capability_gain)
openness_of_knowledge = plain(diffusion.openness_of_knowledge)
may_lead = plain(eligibility.may_lead)
required_bits = plain(eligibility.required_bits)
fewest_members = plain(eligibility.fewest_members)
contact_weight = plain(formation.contact_weight)
grant_for = plain(funding.grant_for)
releasable = plain(funding.releasable)
parties_to_agree = plain(governance.parties_to_agree)
agreement_quarters = plain(governance.agreement_quarters)
in_charge = plain(governance.in_charge)
purse_is_regional = plain(governance.purse_is_regional)
payable_part = plain(governance.payable_part)
layer_of = plain(layers.layer_of)
effort_weight = plain(layers.effort_weight)
value_weight = plain(layers.value_weight)
burden = plain(layers.burden)
passes_gate = plain(monitoring.passes_gate)
penalty_due = plain(monitoring.penalty_due)
within_circle = plain(openness.within_circle)
renewed_label = plain(recognition.renewed_label)
priority_of = plain(recognition.priority_of)
without_cash = plain(recognition.without_cash)
slots_after = plain(renewal.slots_after)
performance = plain(renewal.performance)
appraisal = plain(screening.appraisal)
merit_points = plain(selection.merit_points)
consortia_due = plain(targets.consortia_due)
lags_behind = plain(targets.lags_behind)
target_cap = plain(targets.target_cap)
focus_score = plain(targets.focus_score)
