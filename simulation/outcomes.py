"""What a run reports: names, units and meanings, once, for tables, figures and docs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from agents.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """One column of the table of runs."""

    name: str
    unit: str
    meaning: str


HORIZONS = (20, 40, 60)  # quarters of policy at which counts are reported
COUNTS = ("solved", "technical", "industrial", "major")

# Rules whose binding is counted; a rule with 0 everywhere never bound and is named in the report.
BINDING_RULES = (
    "screened_out", "outside_circle", "too_few_members", "too_many_members", "too_few_regions",
    "type_missing", "lead_not_admitted", "no_answer", "below_bar", "grant_capped", "grant_declined",
    "self_funding_binds", "target_spreads_thin", "purse_empty", "region_purse_empty",
    "border_unpaid", "mission_reserve", "waited_for_agreement", "gate_stopped", "milestone_withheld",
    "prize_withheld", "penalty_paid", "race_stopped", "standing_ended", "source_ended",
    "scenario_opened", "standard_set", "priority_used", "financier_advanced", "credit_scaled",
    "emerging_target", "bar_waived", "in_name_only", "relabelling_found",
    "out_of_focus", "need_put_right", "too_few_suppliers", "not_matched", "financier_refused",
    "fund_empty",
)  # fmt: skip
(
    SCREENED_OUT, OUTSIDE_CIRCLE, TOO_FEW_MEMBERS, TOO_MANY_MEMBERS, TOO_FEW_REGIONS,
    TYPE_MISSING, LEAD_NOT_ADMITTED, NO_ANSWER, BELOW_BAR, GRANT_CAPPED, GRANT_DECLINED,
    SELF_FUNDING_BINDS, TARGET_SPREADS_THIN, PURSE_EMPTY, REGION_PURSE_EMPTY,
    BORDER_UNPAID, MISSION_RESERVE, WAITED_FOR_AGREEMENT, GATE_STOPPED, MILESTONE_WITHHELD,
    PRIZE_WITHHELD, PENALTY_PAID, RACE_STOPPED, STANDING_ENDED, SOURCE_ENDED,
    SCENARIO_OPENED, STANDARD_SET, PRIORITY_USED, FINANCIER_ADVANCED, CREDIT_SCALED,
    EMERGING_TARGET, BAR_WAIVED, IN_NAME_ONLY, RELABELLING_FOUND,
    OUT_OF_FOCUS, NEED_PUT_RIGHT, TOO_FEW_SUPPLIERS, NOT_MATCHED, FINANCIER_REFUSED,
    FUND_EMPTY,
) = range(len(BINDING_RULES))  # fmt: skip

_MY = "million yuan"


def _counts() -> list[Outcome]:
    meaning = {
        "solved": "needs of the cohort that were solved",
        "technical": "technical breakthroughs: solved and difficult, or in a frontier field",
        "industrial": "industrial breakthroughs: adopted, realised value above twice the adoption cost",
        "major": "major breakthroughs: realised value above the 95th percentile of what the burn-in's needs could be worth",
    }
    rows = [
        Outcome(name, "needs", f"{meaning[name]} (arrived in the policy quarters)")
        for name in COUNTS
    ]
    for horizon in HORIZONS[:-1]:
        rows += [
            Outcome(
                f"{name}_{horizon}q", "needs", f"the same for needs of the first {horizon} quarters"
            )
            for name in COUNTS
        ]
    return rows


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("needs", "needs", "needs that arrived in the policy quarters"),
    *_counts(),
    Outcome("solved_per_year", "needs per year", "solved, per policy year"),
    Outcome(
        "first_technical_quarter",
        "quarters",
        "policy quarter of the first technical breakthrough; NaN if none",
    ),
    Outcome(
        "restricted_mean_time",
        "quarters",
        "mean time from arrival to solution, cut at criteria.longest_time",
    ),
    Outcome("value_realised", _MY, "realised value of adopted solutions"),
    Outcome("value_solved_median", _MY, "median expected value of solved needs; NaN if none"),
    Outcome("needs_without_bid", "share", "needs nobody ever started a project for (two skins)"),
    Outcome("solved_not_adopted", "share", "solved needs that were not adopted (two skins)"),
    Outcome(
        "effort_unwanted", "share", "research effort on needs that were never adopted (two skins)"
    ),
    Outcome("bids", "bids", "bids submitted"),
    Outcome("awards", "projects", "projects funded or recognised by programmes"),
    Outcome("bid_success", "share", "awards per bid; NaN without bids"),
    Outcome("projects", "projects", "projects started, private ones included"),
    Outcome("private_projects", "projects", "projects started without a programme"),
    Outcome("project_success", "share", "projects that solved their need; NaN without projects"),
    Outcome("solved_private", "needs", "needs solved by private projects"),
    *(
        Outcome(f"solved_led_by_{kind}", "needs", f"needs solved by projects led by: {kind}")
        for kind in KINDS
    ),
    *(Outcome(f"grants_to_{kind}", _MY, f"programme money received by: {kind}") for kind in KINDS),
    *(Outcome(f"value_to_{kind}", _MY, f"realised value earned by: {kind}") for kind in KINDS),
    Outcome("public_offered", _MY, "public budget offered in the policy quarters"),
    Outcome("public_spent", _MY, "programme money spent, reviews and offices included"),
    Outcome("public_unspent", _MY, "programme money left at the end"),
    Outcome("paid_programme", _MY, "project cost paid by programmes"),
    Outcome(
        "paid_block_grant",
        _MY,
        "paid by universities and institutes from their block grants for projects, bids and looking",
    ),
    Outcome(
        "paid_soe_funds",
        _MY,
        "paid by state-owned firms (state capital) for projects, bids and looking",
    ),
    Outcome("paid_private", _MY, "paid by private firms for projects, bids and looking"),
    Outcome(
        "all_in_cost",
        _MY,
        "everything paid for projects, bids, scanning, reviews, offices, adoption left out",
    ),
    Outcome("adoption_cost", _MY, "paid by adopters"),
    Outcome("scanning_cost", _MY, "paid for looking at candidates"),
    Outcome("coordination_cost", _MY, "paid for coordination inside consortia"),
    Outcome("bidding_cost", _MY, "paid for bids"),
    Outcome("review_cost", _MY, "paid for panels and gates"),
    Outcome("office_cost", _MY, "paid for offices and scenarios"),
    Outcome("welfare_value", _MY, "discounted realised value, before external value"),
    Outcome("welfare_cost", _MY, "discounted adoption and resource cost"),
    Outcome(
        "welfare_public", _MY, "discounted public outlay, on which the cost of public money falls"
    ),
    Outcome("welfare", _MY, "net social value: (1+s) value - cost - m public outlay"),
    Outcome(
        "deadweight",
        "needs",
        "funded and solved needs that the reference solves without money on the same luck",
    ),
    Outcome("additional", "needs", "solved needs that the reference does not solve"),
    Outcome("displaced", "needs", "needs the reference solves and this regime does not"),
    Outcome("deadweight_value", _MY, "realised value of deadweight needs"),
    Outcome("additional_value", _MY, "realised value of additional needs"),
    Outcome("displaced_value", _MY, "realised value, in the reference, of displaced needs"),
    Outcome("frontier_solved", "needs", "solved needs in frontier fields"),
    Outcome("strategic_solved", "needs", "solved needs in fields of national strategy"),
    Outcome(
        "cross_border_solved",
        "needs",
        "solved needs of which no single region covers all components at the start",
    ),
    Outcome(
        "frontier_coverage",
        "share",
        "frontier fields in which somebody has the least useful expertise at the end",
    ),
    Outcome(
        "weakest_link",
        "share",
        "mean over strategic chains of their weakest link's secured supply, at the end of the policy quarters",
    ),
    Outcome(
        "link_security",
        "share",
        "mean secured supply over all links of strategic chains, at the end of the policy quarters",
    ),
    Outcome("expertise_growth", "share", "change of total expertise over the policy quarters"),
    Outcome(
        "hand_over_solved",
        "needs",
        "needs solved in the hand-over test, without policy, after the regime",
    ),
    Outcome(
        "consortium_size",
        "members",
        "mean members of funded and private projects; NaN without projects",
    ),
    Outcome(
        "cross_region_share",
        "share",
        "projects with members from at least two regions; NaN without projects",
    ),
    Outcome(
        "repeat_tie_share",
        "share",
        "pairs of project members that had worked together before; NaN without pairs",
    ),
    Outcome(
        "coverage",
        "share",
        "mean share of components that projects can touch; NaN without projects",
    ),
    Outcome(
        "misposed_share",
        "share",
        "mean share of components that turn out misposed at the start of projects; NaN without projects",
    ),
    Outcome("integration", "share", "mean gamma of projects; NaN without projects"),
    Outcome("participation_gini", "Gini", "inequality of participations over organisations"),
    Outcome("funding_gini", "Gini", "inequality of programme money over organisations"),
    Outcome(
        "believed_success",
        "share",
        "success believed by leads at the start of projects; NaN without projects",
    ),
    Outcome(
        "in_name_only", "projects", "funded or recognised consortia that put in only nominal effort"
    ),
    Outcome(
        "emerging_share_reported",
        "share",
        "revenue of state-owned firms reported as emerging, at the end of policy",
    ),
    Outcome(
        "emerging_share_real",
        "share",
        "revenue of state-owned firms earned in emerging fields, at the end of policy",
    ),
    Outcome(
        "field_overlap",
        "share",
        "mean share of focus fields a region has in common with another; NaN without focus fields",
    ),
    Outcome("standing_bodies", "consortia", "standing consortia founded"),
    Outcome("standing_renewed", "consortia", "renewals of standing consortia"),
    Outcome("standing_running", "consortia", "standing consortia at the end of policy"),
    Outcome("standing_leads", "firms", "organisations that lead them"),
    Outcome(
        "standing_members",
        "members",
        "their mean number of members beside the lead; NaN without one",
    ),
    Outcome(
        "standing_projects", "projects", "projects per standing consortium founded; NaN without one"
    ),
    Outcome("origin_sources", "tasks", "tasks of origin source at the end of policy"),
    Outcome("origin_fields", "fields", "fields with such a task"),
    Outcome("origin_holders", "organisations", "organisations that have such a task"),
    Outcome(
        "supply_link_share",
        "share",
        "members beside the lead that are its suppliers or buyers, in funded projects; NaN without",
    ),
    Outcome("financiers_advanced", _MY, "advanced to private members of projects by financiers"),
    Outcome("financiers_returned", _MY, "paid back to financiers out of realised value"),
    Outcome(
        "financiers_backed", "share", "projects that financiers backed of those shown; NaN without"
    ),
    Outcome("entries", "firms", "start-ups that entered in the policy quarters"),
    Outcome("exits", "firms", "firms that closed in the policy quarters"),
    *(
        Outcome(f"bound_{name}", "times", f"how often this rule bound: {name.replace('_', ' ')}")
        for name in BINDING_RULES
    ),
)

TRAJECTORIES: tuple[Outcome, ...] = (
    Outcome("solved", "needs", "cumulative, needs of the cohort"),
    Outcome("technical", "needs", "cumulative, needs of the cohort"),
    Outcome("industrial", "needs", "cumulative, needs of the cohort"),
    Outcome("major", "needs", "cumulative, needs of the cohort"),
    Outcome("active_projects", "projects", "running at the end of the quarter"),
    Outcome("public_spent", _MY, "cumulative programme money spent"),
    Outcome("own_spent", _MY, "cumulative project cost paid by the organisations themselves"),
    Outcome("mean_expertise", "expertise", "mean over organisations and fields"),
    Outcome("emerging_share_reported", "share", "of state-owned firms' revenue, by their reports"),
    Outcome("emerging_share_real", "share", "of state-owned firms' revenue, as earned"),
    Outcome(
        "weakest_link", "share", "mean over strategic chains of their weakest link's secured supply"
    ),
    Outcome("link_security", "share", "mean secured supply over all links of strategic chains"),
)


@dataclass(frozen=True, slots=True, eq=False)
class RunResult:
    """One run: a regime in one replicate.

    Attributes
    ----------
    regime: name given by the caller.
    replicate: index of the replicate.
    outcomes: value of every :data:`OUTCOMES` by name.
    trajectories: every :data:`TRAJECTORIES` by name, shape (steps from the start of policy,).
    stages: for each programme the counts of :data:`simulation.stages.STAGES`, then tasks in each
        region, shape (programmes, stages + regions).
    """

    regime: str
    replicate: int
    outcomes: dict[str, float]
    trajectories: dict[str, np.ndarray]
    stages: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))
