"""Formal rules on members: how many, from where, of which types."""

from __future__ import annotations

from agents.compiled import rule
from simulation import stages
from simulation.columns import MAX_MEMBERS
from simulation.events import FEW_MEMBERS, FEW_REGIONS, FEW_SUPPLIERS, NO_TYPE, note
from simulation.outcomes import (
    TOO_FEW_MEMBERS,
    TOO_FEW_REGIONS,
    TOO_FEW_SUPPLIERS,
    TYPE_MISSING,
)
from simulation.policies.eligibility import fewest_members, may_lead, required_bits
from simulation.supply import linked, supporting


@rule
def admitted_lead(s, p, row):
    """Whether an organisation may lead in a programme, or be its origin source."""
    o = s.organisations[row]
    if s.active[row] == 0 or o.staff <= 0.0 or o.label < p.eligibility_label_required:
        return False
    year = 4.0 * o.revenue
    return may_lead(
        o.kind, o.ownership, year, year * o.rd_share, p.eligibility_lead_types,
        p.eligibility_lead_min_rd_share, p.eligibility_lead_min_rd_myuan,
    )  # fmt: skip


@rule
def types_missing(s, p, c):
    """Required types (bits) that no member has yet."""
    missing = p.eligibility_required_types
    for position in range(c.size):
        m = s.members[c.first + position]
        missing &= ~required_bits(s.organisations[m.row].kind)
    return missing


@rule
def new_region(s, c, row):
    """Whether a candidate comes from a region no member is from."""
    for position in range(c.size):
        m = s.members[c.first + position]
        if s.organisations[m.row].region == s.organisations[row].region:
            return False
    return True


@rule
def unmet(s, p, c):
    """Whether a formal rule on members is still unmet."""
    few = c.size < fewest_members(p.eligibility_min_members, p.eligibility_consortium_required)
    if few or types_missing(s, p, c) != 0 or c.regions < p.eligibility_min_regions:
        return True
    return lacks_suppliers(s, p, c)


@rule
def lacks_suppliers(s, p, c):
    """Whether the rule on members of the lead's industrial chain is still unmet."""
    fewest = p.eligibility_min_suppliers
    return fewest > 0 and supporting(s, c) < fewest


@rule
def fills_rule(s, p, c, row):
    """Whether a candidate helps to meet a rule that is not met yet."""
    if c.size < fewest_members(p.eligibility_min_members, p.eligibility_consortium_required):
        return True
    if types_missing(s, p, c) & required_bits(s.organisations[row].kind):
        return True
    if c.regions < p.eligibility_min_regions and new_region(s, c, row):
        return True
    return lacks_suppliers(s, p, c) and linked(s, c.lead, row)


@rule
def most_members(p):
    """Most members that rules, layers and columns allow."""
    layers = p.layers_core_members + p.layers_close_members + p.layers_general_members
    return min(min(p.eligibility_max_members, layers), MAX_MEMBERS)


@rule
def rules_met(s, step, c):
    """Whether the formal rules on members are met; counts the one that stops it."""
    p = s.programmes[c.programme]
    lead = c.lead
    if c.size < fewest_members(p.eligibility_min_members, p.eligibility_consortium_required):
        s.bound[TOO_FEW_MEMBERS] += 1
        s.stages[c.programme, stages.REFUSED_MEMBERS] += 1
        note(s, step, FEW_MEMBERS, c.problem, c.row, lead, c.size)
        return False
    if types_missing(s, p, c) != 0:
        s.bound[TYPE_MISSING] += 1
        s.stages[c.programme, stages.REFUSED_TYPES] += 1
        note(s, step, NO_TYPE, c.problem, c.row, lead, types_missing(s, p, c))
        return False
    if c.regions < p.eligibility_min_regions:
        s.bound[TOO_FEW_REGIONS] += 1
        s.stages[c.programme, stages.REFUSED_REGIONS] += 1
        note(s, step, FEW_REGIONS, c.problem, c.row, lead, c.regions)
        return False
    if lacks_suppliers(s, p, c):
        s.bound[TOO_FEW_SUPPLIERS] += 1
        s.stages[c.programme, stages.REFUSED_SUPPLIERS] += 1
        note(s, step, FEW_SUPPLIERS, c.problem, c.row, lead, supporting(s, c))
        return False
    return True
