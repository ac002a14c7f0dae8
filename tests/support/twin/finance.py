"""Phase 9: firms' money, entry and exit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agents.kinds import PRIVATE, SME
from simulation import streams
from tests.support.twin import rules
from tests.support.twin.organisation import Organisation

if TYPE_CHECKING:
    from tests.support.twin.model import TwinModel

FIRST_ENTRANT = 1 << 40  # names of start-ups begin above all initial organisations


def quarterly_course(model: TwinModel) -> None:
    """Money comes in, value is earned, idle money leaves, fame fades."""
    w, ledger = model.w, model.ledger
    for one in model.organisations:
        if not one.active:
            continue
        amount = rules.fen(one.joint_money())
        ledger["revenue_in" if one.is_firm else "block_in"] += amount
        earned = int(one.income_stock / w.adoption_income_quarters)
        one.income_stock -= earned
        ledger["value_in"] += earned
        one.cash += amount + earned
        idle = max(0, one.cash - one.reserve())
        one.cash -= idle
        ledger["idle_out"] += idle
        one.reputation *= 1.0 - w.money_reputation_decay
        one.label *= 1.0 - w.money_label_decay
        one.emerging_income *= 1.0 - 1.0 / w.adoption_income_quarters


def close_firms(model: TwinModel) -> None:
    """SMEs whose money is used up may close between projects; their needs become ownerless."""
    w = model.w
    for one in model.organisations:
        if one.kind != SME or not one.at_work or one.busy > 0.0:
            continue
        if one.cash > int(one.reserve() * w.finance_distress_share):
            continue
        u = model.luck.uniform(streams.FIRM_EXIT, model.now, one.entity)
        if u < w.finance_exit_rate:
            close(model, one)


def close(model: TwinModel, one: Organisation) -> None:
    """A firm closes."""
    one.active = False
    model.ledger["idle_out"] += one.cash
    one.cash = 0
    model.exits += 1
    for need in model.seen:
        if need.owner is one:
            need.owner = None
    one.remove()


def enter_firms(model: TwinModel) -> None:
    """Start-ups enter as private SMEs; who enters when is the same under all regimes."""
    w = model.w
    rate = w.finance_entry_per_quarter * w.needs_scale_organisations / 120.0
    while model.entrants < int(rate * (model.now + 1) + 1e-9):
        number = model.entrants
        z = model.luck.normal(streams.ENTRANT, 1, number)
        startup = Organisation(
            model,
            entity=FIRST_ENTRANT + number,
            kind=SME,
            ownership=PRIVATE,
            region=entrant_region(model, number),
            staff=math.exp(w.finance_startup_staff_log_mean + w.finance_startup_staff_log_sd * z),
            home_field=-1,
            since=model.now,
        )
        model.organisations.append(startup)
        model.directory.enter(startup)
        model.entrants += 1


def entrant_region(model: TwinModel, number: int) -> int:
    """A region, in proportion to its research staff."""
    u = model.luck.uniform(streams.ENTRANT, 0, number)
    total = 0.0
    for region, weight in enumerate(model.region_weight):
        total += weight
        if u < total:
            return region
    return model.regions - 1
