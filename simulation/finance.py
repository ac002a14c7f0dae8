"""Firms' money, entry and exit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.kinds import PRIVATE, SME
from agents.settings import Settings, parameter
from simulation import streams
from simulation.accounts import fen
from simulation.columns import (
    BLOCK_IN,
    IDLE_OUT,
    N_ENTRANTS,
    N_EXITS,
    N_NEEDS_SEEN,
    N_ORGANISATIONS,
    REVENUE_IN,
    VALUE_IN,
)
from simulation.events import ENTRY, EXIT, note
from simulation.fields import draw_organisation, put_in_directory

FIRST_ENTRANT = 1 << 40  # names of start-ups begin above all initial organisations


@dataclass(frozen=True, slots=True, kw_only=True)
class Finance(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "finance"

    revenue_per_fte_myuan: float = parameter(
        unit="million yuan per FTE and quarter",
        low=0.05,
        high=20,
        meaning="firm's revenue per member of research staff",
        source="assumption: R&D share about 3 % in the mean",
    )
    rd_share_low: float = parameter(
        unit="share of revenue",
        low=0,
        high=0.5,
        meaning="lowest R&D share of a firm",
        source="assumption",
    )
    rd_share_high: float = parameter(
        unit="share of revenue",
        low=0,
        high=0.5,
        meaning="highest R&D share of a firm",
        source="assumption",
    )
    reserve_quarters: float = parameter(
        unit="quarters of joint R&D cost",
        low=1,
        high=40,
        meaning="money for joint projects that a large organisation may hold; the rest is used elsewhere",
        source="assumption",
    )
    reserve_quarters_sme: float = parameter(
        unit="quarters of joint R&D cost",
        low=0.5,
        high=40,
        meaning="the same for SMEs, whose cash is small",
        source="assumption",
    )
    exit_rate: float = parameter(
        unit="probability per quarter",
        low=0,
        high=0.2,
        meaning="chance that an SME closes when its money is used up",
        source="assumption",
    )
    distress_share: float = parameter(
        unit="share of the reserve",
        low=0,
        high=1,
        meaning="an SME with less money than this part of its reserve may close",
        source="assumption",
    )
    entry_per_quarter: float = parameter(
        unit="start-ups per quarter and 120 organisations",
        low=0,
        high=10,
        meaning="arrival of start-ups, which enter as SMEs",
        source="assumption",
    )
    startup_staff_log_mean: float = parameter(
        unit="log FTE",
        low=0,
        high=6,
        meaning="mean log of the research staff of start-ups",
        source="assumption: about 15 FTE in the median",
    )
    startup_staff_log_sd: float = parameter(
        unit="log units",
        low=0,
        high=2,
        meaning="spread of the research staff of start-ups",
        source="assumption",
    )


@rule
def joint_money(w, o):
    """Money for joint projects that an organisation gets in a quarter, million yuan."""
    if o.kind > SME:
        return o.staff * w.forming_free_share * w.money_wage_myuan
    return o.revenue * o.rd_share * w.forming_free_share


@rule
def reserve(w, o):
    """Most money for joint projects that an organisation holds, fen."""
    quarters = w.finance_reserve_quarters
    if o.kind == SME:
        quarters = w.finance_reserve_quarters_sme
    return fen(quarters * o.staff * w.forming_free_share * w.money_wage_myuan)


@rule
def quarterly_course(s):
    """Phase 9, first half: money comes in, value is earned, idle money leaves, fame fades."""
    w = s.world[0]
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if s.active[row] == 0:
            continue
        amount = fen(joint_money(w, o))
        s.ledger[BLOCK_IN if o.kind > SME else REVENUE_IN] += amount
        earned = int(o.income_stock / w.adoption_income_quarters)
        o.income_stock -= earned
        s.ledger[VALUE_IN] += earned
        o.cash += amount + earned
        idle = max(0, o.cash - reserve(w, o))
        o.cash -= idle
        s.ledger[IDLE_OUT] += idle
        o.reputation *= 1.0 - w.money_reputation_decay
        o.label *= 1.0 - w.money_label_decay
        o.emerging_income *= 1.0 - 1.0 / w.adoption_income_quarters


@rule
def close_firms(s, step):
    """SMEs whose money is used up may close between projects; their needs become ownerless."""
    w = s.world[0]
    closed = False
    for row in range(s.counters[N_ORGANISATIONS]):
        o = s.organisations[row]
        if s.active[row] == 0 or o.kind != SME or o.busy > 0.0 or o.staff <= 0.0:
            continue
        if o.cash > int(reserve(w, o) * w.finance_distress_share):
            continue
        if streams.uniform(s.luck[0], streams.FIRM_EXIT, step, o.entity) >= w.finance_exit_rate:
            continue
        s.active[row] = 0
        s.ledger[IDLE_OUT] += o.cash
        o.cash = 0
        s.counters[N_EXITS] += 1
        note(s, step, EXIT, -1, -1, row, o.staff)
        closed = True
    if closed:
        disown_needs(s)


@rule
def disown_needs(s):
    """Needs of firms that have closed belong to nobody."""
    for index in range(s.counters[N_NEEDS_SEEN]):
        owner = s.problems[index].owner
        if owner >= 0 and s.active[owner] == 0:
            s.problems[index].owner = -1


@rule
def enter_firms(s, step):
    """Start-ups enter as private SMEs; who enters when is the same under all regimes."""
    w = s.world[0]
    present = s.counters[N_ORGANISATIONS]
    rate = w.finance_entry_per_quarter * w.needs_scale_organisations / 120.0
    while s.counters[N_ENTRANTS] < int(rate * (step + 1) + 1e-9):
        row = s.counters[N_ORGANISATIONS]
        if row >= len(s.organisations):
            break
        number = s.counters[N_ENTRANTS]
        o = s.organisations[row]
        o.entity = np.uint64(FIRST_ENTRANT + number)
        o.kind = SME
        o.ownership = PRIVATE
        s.active[row] = 1
        o.since = step
        o.home_field = -1
        o.region = entrant_region(s, number)
        z = streams.normal(s.luck[0], streams.ENTRANT, 1, np.uint64(number))
        o.staff = math.exp(w.finance_startup_staff_log_mean + w.finance_startup_staff_log_sd * z)
        draw_organisation(s, row)
        s.counters[N_ENTRANTS] += 1
        s.counters[N_ORGANISATIONS] += 1
        note(s, step, ENTRY, -1, -1, row, o.staff)
    merge_by_hash(s, present)


@rule
def entrant_region(s, number):
    """A region, in proportion to its research staff."""
    u = streams.uniform(s.luck[0], streams.ENTRANT, 0, np.uint64(number))
    total = 0.0
    for region in range(len(s.region_weight)):
        total += s.region_weight[region]
        if u < total:
            return region
    return len(s.region_weight) - 1


@rule
def merge_by_hash(s, present):
    """Put the organisations that came after the first ``present`` where their hashes belong."""
    new = np.arange(present, s.counters[N_ORGANISATIONS])
    for k in range(1, len(new)):
        row = new[k]
        place = k
        while place > 0 and s.organisations[new[place - 1]].hash > s.organisations[row].hash:
            new[place] = new[place - 1]
            place -= 1
        new[place] = row
    old = present - 1
    for k in range(len(new) - 1, -1, -1):
        while old >= 0 and s.directory[old].hash > s.organisations[new[k]].hash:
            s.directory[old + k + 1] = s.directory[old]
            old -= 1
        put_in_directory(s, old + k + 1, new[k])
