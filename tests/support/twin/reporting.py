"""Phase 2: state-owned firms report their emerging revenue once a year, and auditors look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.twin import rules

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel
    from tests.support.twin.organisation import Organisation
    from tests.support.twin.programmes import Programme


def state_firms_at_work(model: TwinModel) -> list[Organisation]:
    """Firms of the state that have revenue."""
    return [
        one for one in model.organisations if one.active and one.is_state_firm and one.revenue > 0.0
    ]


def strictest_target(model: TwinModel) -> Programme | None:
    """The programme at work that asks for the largest emerging share."""
    strictest = None
    largest = 0.0
    for programme in model.programmes:
        asked = programme.levers.targets_emerging_share
        if programme.received > 0 and asked > largest:
            strictest = programme
            largest = asked
    return strictest


def report_revenue(model: TwinModel) -> None:
    """Firms short of the target relabel old revenue; what auditors find is taken back."""
    if model.quarter % 4 != 0:
        return
    programme = strictest_target(model)
    if programme is None:
        return
    p = programme.levers
    for firm in state_firms_at_work(model):
        relabel(firm, p.targets_emerging_share, p.targets_audit)


def relabel(firm: Organisation, target: float, audit: float) -> None:
    """One firm's report: what it relabels as far as that pays, less what is found."""
    w = firm.w
    firm.relabelled = 0.0
    tried = rules.share_to_relabel(
        firm.missing_share(target), audit, w.forming_target_weight_myuan,
        w.forming_reputation_weight * w.forming_relabelling_penalty,
    )  # fmt: skip
    found = audit * tried
    firm.relabelled = tried - found
    if found > 0.0:
        loss = w.forming_relabelling_penalty * found * found
        firm.reputation = max(0.0, firm.reputation - loss)
        firm.model.bound["relabelling_found"] += 1


def emerging_shares(model: TwinModel) -> tuple[float, float]:
    """Shares of state-owned firms' revenue in emerging fields: as reported, and real."""
    revenue = 0.0
    real = 0.0
    reported = 0.0
    for firm in state_firms_at_work(model):
        part = firm.emerging_part()
        revenue += firm.revenue
        real += part * firm.revenue
        reported += min(1.0, part + firm.relabelled) * firm.revenue
    if revenue == 0.0:
        return 0.0, 0.0
    return reported / revenue, real / revenue
