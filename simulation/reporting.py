"""Phase 2: state-owned firms report their emerging revenue once a year, and auditors look at it."""

from __future__ import annotations

from agents.compiled import rule
from agents.decisions import share_to_relabel
from agents.kinds import LOCAL_SOE, SME
from simulation.columns import N_ORGANISATIONS
from simulation.outcomes import RELABELLING_FOUND


@rule
def state_owned(s, row):
    """Whether a firm belongs to the state and is at work."""
    o = s.organisations[row]
    return s.active[row] == 1 and o.kind <= SME and o.ownership <= LOCAL_SOE and o.revenue > 0.0


@rule
def emerging_part(o):
    """Share of a firm's revenue that it earns in emerging fields, in [0, 1]."""
    return min(1.0, o.emerging_income / max(o.revenue, 1e-9))


@rule
def missing_share(target, o):
    """Share of revenue that a firm still lacks to its target, by its own report, in [0, 1]."""
    return max(0.0, target - emerging_part(o) - o.relabelled)


@rule
def strictest_target(s):
    """The programme at work that asks for the largest emerging share; 0 if none does."""
    strictest = 0
    for programme in range(1, len(s.programmes)):
        at_work = s.programme_state[programme].received > 0
        asked = s.programmes[programme].targets_emerging_share
        if at_work and asked > s.programmes[strictest].targets_emerging_share:
            strictest = programme
    return strictest


@rule
def report_revenue(s, quarter):
    """Firms short of the target relabel old revenue; what auditors find is taken back."""
    if quarter % 4 != 0:
        return
    programme = strictest_target(s)
    if programme == 0:
        return
    p = s.programmes[programme]
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if state_owned(s, row):
            relabel(s, o, p.targets_emerging_share, p.targets_audit)


@rule
def relabel(s, o, target, audit):
    """One firm's report: what it relabels as far as that pays, less what is found."""
    w = s.world[0]
    o.relabelled = 0.0
    tried = share_to_relabel(
        missing_share(target, o), audit, w.forming_target_weight_myuan,
        w.forming_reputation_weight * w.forming_relabelling_penalty,
    )  # fmt: skip
    found = audit * tried
    o.relabelled = tried - found
    if found > 0.0:
        o.reputation = max(0.0, o.reputation - w.forming_relabelling_penalty * found * found)
        s.bound[RELABELLING_FOUND] += 1


@rule
def emerging_shares(s):
    """Shares of state-owned firms' revenue in emerging fields: as reported, and real."""
    revenue = 0.0
    real = 0.0
    reported = 0.0
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if state_owned(s, row):
            revenue += o.revenue
            real += emerging_part(o) * o.revenue
            reported += min(1.0, emerging_part(o) + o.relabelled) * o.revenue
    if revenue == 0.0:
        return 0.0, 0.0
    return reported / revenue, real / revenue
