"""Codes and units that every room of the house shares."""

from __future__ import annotations

KINDS = ("lead_firm", "sme", "university", "institute")
LEAD_FIRM, SME, UNIVERSITY, INSTITUTE = range(4)

OWNERSHIPS = ("central_soe", "local_soe", "private", "public_body")
CENTRAL_SOE, LOCAL_SOE, PRIVATE, PUBLIC_BODY = range(4)

LAYERS = ("core", "close", "general")
CORE, CLOSE, GENERAL = range(3)

# Who pays for research: kept apart in every account.
PAYERS = ("programme", "block_grant", "soe_funds", "private")
PAYER_PROGRAMME, PAYER_BLOCK, PAYER_SOE, PAYER_PRIVATE = range(4)

FEN_PER_MYUAN = 100_000_000  # 1 million yuan = 10^6 yuan = 10^8 fen
