"""The rules organisations decide by: small pure functions that the engine and the agents share.

Money is in million yuan, time in quarters, expertise and shares in [0, 1]. No rule draws: luck is
handed in as a number.
"""

from __future__ import annotations

import math

from agents.compiled import rule


@rule
def expected_success(successes, trials, prior, prior_weight):
    r"""Success rate expected from own projects: :math:`(w\,p_0 + s) / (w + n)`, beta-binomial."""
    return (prior_weight * prior + successes) / (prior_weight + trials)


@rule
def believed_success(successes, trials, prior, prior_weight, coverage, exponent):
    r"""Probability of success a lead believes in.

    .. math:: p = \frac{w\,p_0 + s}{w + n}\; \text{coverage}^{x}

    Beta-binomial learning from own projects; the power of coverage is an assumption.
    """
    expected = expected_success(successes, trials, prior, prior_weight)
    return expected * math.pow(coverage, exponent)


@rule
def race_success(p, teams):
    r"""Chance of being first among equal teams: :math:`(1-(1-p)^n)/n`."""
    return (1.0 - math.pow(1.0 - p, float(teams))) / teams


@rule
def scan_breadth(stake, hit, cost, most):
    r"""Candidates worth looking at when each helps with probability ``hit``.

    The marginal look is worth :math:`stake \cdot hit (1-hit)^{k}`; looking stops where that falls
    below its cost (Stigler 1961, optimal search; geometric form assumed).
    """
    if cost <= 0.0:
        return most
    if stake * hit <= cost:
        return 0
    k = math.log(cost / (stake * hit)) / math.log(1.0 - hit)
    return min(most, int(k) + 1)


@rule
def acceptance_utility(
    p, value_share, learning, learning_weight, reputation, reputation_weight, own_cost,
    leakage_loss, penalty_share,
):  # fmt: skip
    r"""What joining is worth to the invited.

    .. math:: U = p v + \lambda_L l + \lambda_R r - c - p\,\text{leak} - (1-p)\,\text{penalty}

    ``learning`` is expertise in reach, ``reputation`` that of the lead, ``own_cost`` what the
    member pays itself (already weighted for block-grant bodies), all over the whole project.
    """
    return (
        p * (value_share - leakage_loss)
        + learning_weight * learning
        + reputation_weight * reputation
        - own_cost
        - (1.0 - p) * penalty_share
    )


@rule
def accepts(utility, transfer, free_staff, needed_staff, least_share):
    """Join when the deal, topped up by the lead, does not lose and enough staff are free."""
    return utility + transfer >= 0.0 and free_staff >= least_share * needed_staff


@rule
def project_utility(p, value_kept, own_cost):
    """What a project is worth to the one who starts it."""
    return p * value_kept - own_cost


@rule
def call_utility(p_award, won, fallback, bid_cost, discount):
    """What submitting to a call is worth, million yuan.

    ``won`` is the funded project's utility, less what publication costs. Without the award, what
    is left of going alone later. The bid is paid in any case.
    """
    return p_award * won + (1.0 - p_award) * max(0.0, fallback) * discount - bid_cost


@rule
def posted_price(p, value, left_to_team, cost, margin):
    r"""Share of the value that an owner offers to whoever solves its need.

    .. math:: \max\{0,\; (1 + m)\, c / (p v) - \tau\}

    ``left_to_team`` is the share :math:`\tau` that solvers get anyway, ``cost`` what the work is
    expected to cost them, million yuan. The owner makes good what is missing, with a margin
    (the demand side posts the price of its need; the form is an assumption).
    """
    if p * value <= 0.0:
        return 0.0
    return max(0.0, (1.0 + margin) * cost / (p * value) - left_to_team)


@rule
def share_to_relabel(gap, audit, weight, penalty):
    r"""Share of its revenue that a firm short of its target reports under a new name.

    .. math:: \max_{0 \le x \le g}\; W (1 - a) x - P (a x)^2 \;\Rightarrow\;
       x = \min\Bigl\{g,\; \frac{W (1 - a)}{2 P a^2}\Bigr\}

    ``gap`` :math:`g` to the target and ``audit`` :math:`a`, the share that is found, lie in [0, 1].
    ``weight`` :math:`W`, million yuan per share of revenue, is what reaching the target is worth;
    ``penalty`` :math:`P`, million yuan per squared share found, what a bad name costs (the form is
    an assumption).
    """
    if audit >= 1.0:
        return 0.0
    marginal = 2.0 * penalty * audit * audit
    gain = weight * (1.0 - audit)
    if gain >= marginal * gap:
        return gap
    return gain / marginal


@rule
def takes_bold_try(stake, remaining_grant, gate_ahead, penalty, tolerance, promise, danger):
    """Whether a stuck team changes several components at once.

    A bold try finds an escape with small probability and is worth the share ``promise`` of the
    stake; it is a setback that puts the share ``danger`` of the money still to come and of the
    penalty at risk, as far as failure is not tolerated (after Azoulay et al. 2011).
    """
    at_risk = (remaining_grant * gate_ahead + penalty) * (1.0 - tolerance)
    return promise * stake > danger * at_risk


@rule
def adopts(perceived_value, friction, absorption, cost):
    """Adopt when the value that can be realised is seen to exceed the cost of adopting."""
    return perceived_value * (1.0 - friction) * absorption > cost


@rule
def friction_between(distance, engagement, scenario, standard, base, per_distance, e, c, t):
    """Share of value lost between solver and adopter; engagement, scenario, standard in [0, 1]."""
    raw = base + per_distance * distance
    return min(0.95, raw * (1.0 - e * engagement) * (1.0 - c * scenario) * (1.0 - t * standard))
