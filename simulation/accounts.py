"""Accounts: money is integer fen, enters and leaves through the ledger, and is never lost.

In every step: what came in = what went out + what organisations, purses and escrows hold.
"""

from __future__ import annotations

import math

from agents.compiled import rule
from agents.kinds import (
    FEN_PER_MYUAN,
    LOCAL_SOE,
    PAYER_BLOCK,
    PAYER_PRIVATE,
    PAYER_SOE,
    SME,
)
from simulation.columns import INFLOWS, N_CONSORTIA, N_ORGANISATIONS


@rule
def fen(myuan):
    """Integer fen nearest to an amount in million yuan (half rounds up); the one rounding rule."""
    return int(math.floor(myuan * FEN_PER_MYUAN + 0.5))


@rule
def myuan(amount_fen):
    """Million yuan from fen."""
    return amount_fen / FEN_PER_MYUAN


@rule
def payer_of(kind, ownership):
    """Which of the four payers an organisation's own money belongs to."""
    if kind > SME:
        return PAYER_BLOCK
    return PAYER_SOE if ownership <= LOCAL_SOE else PAYER_PRIVATE


@rule
def pay(s, row, amount_fen, account):
    """An organisation pays as much as it has; returns what was paid, in fen."""
    o = s.organisations[row]
    paid = min(amount_fen, max(o.cash, 0))
    o.cash -= paid
    s.ledger[account] += paid
    s.paid[payer_of(o.kind, o.ownership)] += paid
    return paid


@rule
def centre_of(s):
    """Index of the centre's purse: after the regions', before the joining departments'."""
    return len(s.region_weight)


@rule
def purse_total(s, programme):
    """Fen in the purses of those who run a programme: the regions' and the centre's."""
    total = 0
    for purse in range(centre_of(s) + 1):
        total += s.purses[programme, purse]
    return total


@rule
def spend_from_programme(s, programme, amount_fen, account, region):
    """A programme pays from a region's purse, then from the centre's; returns what was paid."""
    centre = centre_of(s)
    paid = 0
    for purse in (region, centre):
        part = min(amount_fen - paid, s.purses[programme, purse])
        s.purses[programme, purse] -= part
        paid += part
        if purse == centre:
            break
    s.ledger[account] += paid
    s.programme_state[programme].spent += paid
    return paid


@rule
def held(s):
    """Fen held by organisations, purses and escrows."""
    total = 0
    for row in range(s.counters[N_ORGANISATIONS]):
        total += s.organisations[row].cash
    for programme in range(s.purses.shape[0]):
        for purse in range(s.purses.shape[1]):
            total += s.purses[programme, purse]
    for row in range(s.counters[N_CONSORTIA]):
        for purse in range(s.escrow.shape[1]):
            total += s.escrow[row, purse]
    return total


@rule
def imbalance(s):
    """What came in, less what went out, less what is held: 0 in every step, in fen."""
    net = 0
    for account in range(len(s.ledger)):
        net += s.ledger[account] if account < INFLOWS else -s.ledger[account]
    return net - held(s)
