"""The columns a run's state is kept in; agents are views on rows.

Numbers are as wide as they must be: 64 bits for money and names, fewer for what is counted. Rows of
members are written field by field, so they have no gaps, which would hold anything.

Structured arrays keep what belongs to one entity together; two-dimensional arrays hold what every
entity has once per field or per partner. :mod:`simulation.state` puts them together.
"""

from __future__ import annotations

import numpy as np

MAX_MEMBERS = 40
MAX_COMPONENTS = 16
COMPONENT_PLACES = 24  # in a row: for 20 components in replications, and whole words of memory
MAX_TIES = 32
MAX_DEPARTMENTS = 6
MAX_BODIES = 1024  # standing consortia of a run
MAX_SOURCES = 1024  # tasks of origin source of a run
MAX_LOOKS = 128  # candidates one lead can look at for one consortium
MOST_SEEN = 64  # candidates on one ring among whom one lead looks
MOST_ROUNDS = 12  # of tries in a quarter
MOST_TRIES = 2048  # of a team in a quarter
PRIVATE_PRACTICE = 0  # row of the programmes table that stands for projects without a programme

LINE = 64  # bytes that the processor fetches at once

# Rows are whole lines of memory; the first line has what others ask of an organisation and what its
# work changes each quarter. Counts are as wide as fills the last line.
ORGANISATION = np.dtype(
    [
        ("entity", "u8"),  # name in all draws
        ("kind", "i1"),
        ("ownership", "i1"),
        ("region", "i2"),
        ("home_field", "i2"),
        ("ties", "i2"),  # used rows of its tie list
        ("staff", "f8"),  # FTE
        ("busy", "f8"),  # FTE promised to projects
        ("cash", "i8"),  # fen, for joint projects
        ("trials", "f8"),
        ("successes", "f8"),
        ("reputation", "f8"),
        ("label", "f8"),  # strength of the label it bears, fading
        ("revenue", "f8"),  # million yuan per quarter
        ("rd_share", "f8"),
        ("income_stock", "i8"),  # fen, value still to be earned
        ("emerging_income", "f8"),  # million yuan earned in strategic fields
        ("relabelled", "f8"),  # share of revenue reported as emerging without being so
        ("granted", "i8"),  # fen of programme money received
        ("claim", "i8"),  # fen of own project cost that a tax credit may refund
        ("earned", "i8"),  # fen of realised value
        ("participations", "i8"),
        ("led", "i8"),
        ("recognised", "i8"),  # awards as lead by programmes that give no label
        ("since", "i8"),  # step of entry
        ("orientation", "f8"),  # 0 applied, 1 basic
        ("lead_ability", "f8"),
        ("hash", "u8"),  # position on rings
    ],
    align=True,
)

TIE = np.dtype([("partner", "i4"), ("last", "i2"), ("times", "i2")], align=True)

# A place in a directory: what is asked in passing of an organisation that may be far away in memory.
PLACE = np.dtype(
    [("hash", "u8"), ("entity", "u8"), ("row", "i4"), ("region", "i2"), ("kind", "i2")], align=True
)

NEED = np.dtype(
    [
        ("arrival", "i4"),
        ("owner", "i4"),  # row of the firm that raised it, or -1
        ("main_field", "i4"),
        ("field", "u1", (COMPONENT_PLACES,)),
        ("first", "i4"),  # components in a field that no earlier one is in, as bits
        ("posed", "u1", (COMPONENT_PLACES,)),  # field in which its raiser poses a component
        ("misposed", "i4"),  # components posed in a wrong field, as bits
        ("owner_knows", "i4"),  # components that the owner poses rightly when it leads, as bits
        ("mask", "u4", (COMPONENT_PLACES,)),  # component and its neighbours, as bits
        ("seen_by", "u4", (COMPONENT_PLACES,)),  # components in whose mask a component is, as bits
        ("links", "i4"),
        ("value", "f8"),  # million yuan, expected
        ("surprise", "f8"),  # standard normal, realised value
        ("key", "u8"),  # landscape
        ("prerequisite", "i4"),
        ("waiting", "i4"),  # the last need that waits for this one's solution, or -1
        ("waiting_too", "i4"),  # the next one that waits for the same solution, or -1
        ("deadline", "i4"),  # quarters from award
        ("frontier", "i4"),
        ("strategic", "i4"),
        ("spread", "f8"),
        ("scarcity", "f8"),
        ("difficulty", "f8"),
        ("cross_border", "f8"),  # share of components no single region covers
    ],
    align=True,
)

LATENT, OPEN, RUNNING, SOLVED, CLOSED = range(5)

PROBLEM = np.dtype(
    [
        ("status", "i4"),
        ("owner", "i4"),  # as long as the owner exists
        ("closes", "i4"),  # last step at which it may be taken up
        ("programme", "i4"),  # whose pipeline it is in, or -1
        (
            "due",
            "i4",
        ),  # step at which it is read by the panel, then at which answers are called for
        ("published", "i4"),  # whether its programme has published it
        ("declined", "i8"),  # bits of programmes that have turned it down; up to 63 of them
        ("alone", "i4"),  # private attempts made
        ("teams", "i4"),  # running teams
        ("projects", "i4"),  # teams ever started
        ("funded", "i4"),  # teams ever funded
        ("bids", "i4"),
        ("effort", "f8"),  # FTE-quarters spent
        ("solved_step", "i4"),
        ("solver", "i4"),  # row of the consortium
        ("adopted_step", "i4"),
        ("adopter", "i4"),
        ("adopters", "i4"),
        ("realised", "f8"),  # million yuan
        ("adoption_cost", "f8"),  # million yuan
        ("scenario", "f8"),
        ("standard", "f8"),
        ("private_standard", "f8"),  # how far its standard belongs to the solving team
        ("points", "f8"),  # appraisal, while being screened
        ("put_right", "i4"),  # components that experts or earlier teams have put right, as bits
        ("price", "f8"),  # share of the value that its owner offers to whoever solves it
    ],
    align=True,
)

BIDDING, ACTIVE, ENDED_SOLVED, ENDED_FAILED, ENDED_STOPPED, ENDED_OVERTAKEN, REFUSED = range(7)

CONSORTIUM = np.dtype(
    [
        ("row", "i4"),
        ("state", "i4"),
        ("problem", "i4"),
        ("programme", "i4"),  # row of the programmes; 0 is private practice
        ("body", "i4"),  # standing consortium it works for, or -1
        ("luck", "u8"),
        ("founded", "i4"),
        ("deadline", "i4"),  # step
        ("lead", "i4"),  # row of the organisation
        ("size", "i4"),
        ("first", "i4"),  # row of its first member, the lead; the others follow
        ("asking", "i4"),  # layer that the lead asks members for now
        ("touched", "i4"),  # components its members can touch, if they are what they seem, as bits
        ("misposed", "i4"),  # components taken for what they are posed as, as bits; 0 at work
        ("found_misposed", "i4"),  # components that turned out misposed at the start
        ("responsible", "i1", (COMPONENT_PLACES,)),  # member position per component, or -1
        ("effort_share", "f8"),  # of the planned staff; below 1 in name only
        ("effort", "f8"),  # FTE in all
        ("coverage", "f8"),
        ("expertise", "f8"),  # mean of the best over covered components
        ("burden", "f8"),  # n_eff
        ("regions", "i4"),
        ("trust", "f8"),
        ("pairs", "i4"),  # pairs among the members who really meet
        ("old_pairs", "i4"),  # of them, pairs that had worked together before
        ("gamma", "f8"),
        ("believed", "f8"),
        ("merit", "f8"),
        ("design", "i4"),
        ("start", "i4"),
        ("percentile", "f8"),
        ("good_ends", "i4"),
        ("tries", "i4"),
        ("improvements", "i4"),
        ("stuck", "i4"),
        ("bold", "i4"),
        ("gate_passed", "i4"),
        ("utility", "f8"),  # million yuan, what the lead expects of it
        ("planned", "i8"),  # fen over the whole project
        ("spent", "i8"),
        ("grant", "i8"),
        ("grant_used", "i8"),
        ("matched", "i8"),  # fen of the grant that a joining department adds
        ("backed", "i4"),  # 1: financiers advance a part
        ("financed", "i8"),  # fen that they have advanced
        ("scanned", "i4"),
        ("refusals", "i4"),
    ],
    align=True,
)

MEMBER = np.dtype(
    [
        ("row", "i4"),  # of the organisation
        ("layer", "i4"),
        ("fte", "f8"),
        ("worked", "f8"),  # FTE that tries are made with
        ("value_weight", "f8"),
        ("credit", "f8"),  # tries carried over
        ("own_paid", "i8"),  # fen paid by the member itself
        ("promised", "i8"),  # fen the lead pays a reluctant member
        ("components", "i8"),  # those it is responsible for, as bits
        # the same in a list, from the lowest on, then zeros
        ("in_turn", "u1", (COMPONENT_PLACES,)),
    ],
    align=True,
)

CANDIDATE = np.dtype(
    [
        ("row", "i8"),  # -1 when it has been asked
        ("touches", "i8"),
        ("trust", "f8"),
        ("skill", "f8"),  # most that it can add to the team's best expertise
        ("level", "f8", (MAX_COMPONENTS,)),  # expertise for each component it can touch, else 0
    ],
    align=True,
)

BODY = np.dtype(
    [
        ("programme", "i8"),
        ("lead", "i8"),
        ("active", "i8"),
        ("field", "i8"),  # its direction: members are looked for around it
        ("founded", "i8"),
        ("reviewed", "i8"),  # step of its founding or of its last renewal
        ("ended", "i8"),
        ("renewals", "i8"),
        ("running", "i8"),
        ("trials", "f8"),
        ("successes", "f8"),
        ("size", "i8"),
        ("member", "i8", (MAX_MEMBERS,)),
    ],
    align=True,
)

SOURCE = np.dtype(
    [
        ("programme", "i8"),
        ("holder", "i8"),  # row of the organisation that has the task
        ("field", "i8"),
        ("active", "i8"),
        ("since", "i8"),
    ],
    align=True,
)

FUND = np.dtype(
    [
        ("capital", "i8"),  # fen that may still be advanced
        ("advanced", "i8"),  # fen
        ("returned", "i8"),  # fen
        ("asked", "i8"),  # projects looked at
        ("backed", "i8"),  # projects
    ],
    align=True,
)

PROGRAMME_STATE = np.dtype(
    [
        ("share", "f8"),  # of the regime's budget, as adapted
        ("received", "i8"),  # fen
        ("spent", "i8"),
        ("mission_left", "i8"),  # fen reserved for strategic needs
        ("results", "f8"),
        ("bids", "f8"),
        ("awards", "f8"),
        ("called", "f8"),  # needs for which answers have been called
        ("taken", "f8"),  # of them, those that a team has started on
        ("coverage_sum", "f8"),
        ("coverage_n", "f8"),
        ("cap", "f8"),  # million yuan, largest grant of the last awards
        ("credit_scale", "f8"),  # share of tax-credit claims that the budget covers
    ],
    align=True,
)

EVENT = np.dtype(
    [
        ("step", "i8"),
        ("kind", "i8"),
        ("problem", "i8"),
        ("consortium", "i8"),
        ("organisation", "i8"),
        ("value", "f8"),
    ],
    align=True,
)

# Accounts of the ledger, in fen. Money enters, is held by organisations and purses, and leaves.
ACCOUNTS = (
    "treasury_in", "revenue_in", "block_in", "value_in", "capital_in", "financier_in",
    "research_out", "coordination_out", "scanning_out", "bidding_out", "review_out", "office_out",
    "scenario_out", "capability_out", "adoption_out", "idle_out",
)  # fmt: skip
(
    TREASURY_IN, REVENUE_IN, BLOCK_IN, VALUE_IN, CAPITAL_IN, FINANCIER_IN,
    RESEARCH_OUT, COORDINATION_OUT, SCANNING_OUT, BIDDING_OUT, REVIEW_OUT, OFFICE_OUT,
    SCENARIO_OUT, CAPABILITY_OUT, ADOPTION_OUT, IDLE_OUT,
) = range(len(ACCOUNTS))  # fmt: skip
INFLOWS = 6  # the first accounts bring money in

# Counters that grow during a run.
(
    N_CONSORTIA, N_EVENTS, N_BODIES, N_ORGANISATIONS, N_ENTRANTS, N_EXITS, ACTIVE_PROJECTS,
    N_NEEDS_SEEN, OVERFLOW, N_SOURCES, N_LIVE, N_SOLVED,
    N_MEMBERS, N_LISTED,
) = range(14)  # fmt: skip
COUNTERS = 14
