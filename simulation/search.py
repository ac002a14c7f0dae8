"""Search on the landscape and the integration of a team."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.compiled import rule
from agents.settings import Settings, parameter
from simulation import streams
from simulation.bits import count_bits, lowest
from simulation.columns import MOST_ROUNDS, MOST_TRIES, OVERFLOW
from simulation.landscape import MEAN_CONTRIBUTION, partial_gain, table_of
from simulation.needs import field_seen, seeing


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Settings):
    """Parameters of this mechanism."""

    SECTION: ClassVar[str] = "search"

    rounds: int = parameter(
        unit="rounds per quarter",
        low=1,
        high=MOST_ROUNDS,
        meaning="rounds of tries in a quarter",
        source="assumption: 3",
    )
    tries_per_fte: float = parameter(
        unit="tries per FTE and round",
        low=0.05,
        high=2,
        meaning="kappa, productivity of research staff",
        source="assumption: .3, range .15-.5",
    )
    noise: float = parameter(
        unit="share of mean fitness",
        low=0,
        high=0.3,
        meaning="sigma, error of judging a try at zero expertise",
        source="assumption: .04",
    )
    least_expertise: float = parameter(
        unit="expertise",
        low=0.05,
        high=0.9,
        meaning="e_min, expertise below which a component cannot be touched",
        source="assumption: .4, range .2-.55",
    )
    start_low: float = parameter(
        unit="percentile",
        low=0,
        high=1,
        meaning="lowest starting percentile",
        source="assumption: .4",
    )
    start_high: float = parameter(
        unit="percentile",
        low=0,
        high=1,
        meaning="highest starting percentile",
        source="assumption: .6",
    )
    bold_flips: int = parameter(
        unit="components",
        low=2,
        high=6,
        meaning="components changed at once by a bold try",
        source="Fleming 2001: unfamiliar combinations lower the mean and raise the variance; 3 by assumption",
    )
    bold_share: float = parameter(
        unit="probability",
        low=0,
        high=1,
        meaning="chance that a bold team's try is bold",
        source="assumption",
    )
    bold_promise: float = parameter(
        unit="share of the stake",
        low=0,
        high=1,
        meaning="what a stuck team thinks a bold try is worth",
        source="Azoulay et al. 2011 for the choice; size assumed",
    )
    bold_danger: float = parameter(
        unit="share of what is at risk",
        low=0,
        high=1,
        meaning="part of the coming grant and the penalty that a stuck team thinks a bold try endangers",
        source="Azoulay et al. 2011 for the choice; size assumed",
    )
    integration_base: float = parameter(
        unit="share",
        low=0,
        high=1,
        meaning="g0, integration of a team without leadership or coordination",
        source="assumption: .35",
    )
    integration_lead: float = parameter(
        unit="share per unit of ability",
        low=0,
        high=1,
        meaning="gL, what the lead's ability adds",
        source="Okamuro and Nishimura: firm leadership helps; .3 by assumption",
    )
    integration_coordination: float = parameter(
        unit="share",
        low=0,
        high=1,
        meaning="gC, what coordination can add at most",
        source="Cummings and Kiesler 2007; .5 by assumption",
    )
    coordination_saturation: float = parameter(
        unit="per unit of coordination",
        low=0.1,
        high=10,
        meaning="how fast what coordination can add is reached",
        source="Cummings and Kiesler 2007; form and size assumed",
    )
    integration_communication: float = parameter(
        unit="share",
        low=0,
        high=1,
        meaning="gM, what communication between tasks adds",
        source="seed document; .1 by assumption",
    )
    loss_institutions: float = parameter(
        unit="exponent",
        low=0,
        high=0.8,
        meaning="kI, loss of integration with the effective number of institutions",
        source="Cummings and Kiesler 2007: more institutions hurt; .25 by assumption",
    )
    general_burden: float = parameter(
        unit="members",
        low=0,
        high=1,
        meaning="burden on coordination of a general member with .4 of a close member's effort, in proportion to its effort",
        source="assumption: less than its effort",
    )
    loss_regions: float = parameter(
        unit="exponent",
        low=0,
        high=0.8,
        meaning="kR, loss of integration with the number of regions",
        source="Hoekman et al. 2010; .35 by assumption",
    )
    gain_trust: float = parameter(
        unit="share",
        low=0,
        high=0.8,
        meaning="kT, what full trust restores",
        source="assumption: .35",
    )
    pair_cost_myuan: float = parameter(
        unit="million yuan per pair and quarter",
        low=0,
        high=0.2,
        meaning="c_p, cost of coordinating two institutions",
        source="assumption: .012",
    )
    coordination_price: float = parameter(
        unit="times the pair cost per unit of coordination",
        low=0,
        high=20,
        meaning="what bought coordination adds to the cost of coordinating two institutions",
        source="assumption",
    )


@rule
def integration(
    g0, g_lead, g_coordination, saturation, g_communication, k_institutions, k_regions,
    k_trust, ability, coordination, burden, regions, relief, trust, communication,
):  # fmt: skip
    r"""Share of tries that are judged on the whole design.

    .. math:: \gamma = \min(.98, [g_0 + g_L a + g_C (1-e^{-bc})]\, n_{eff}^{-k_I}\,
              n_{reg}^{-k_R(1-r)}\, (1 + k_T t) + g_M m)

    Institutions and borders cost integration (Cummings and Kiesler 2007; Hoekman et al. 2010);
    coordination, relief and trust restore it. The functional form is an assumption.
    """
    base = g0 + g_lead * ability + g_coordination * (1.0 - math.exp(-saturation * coordination))
    base *= math.pow(max(burden, 1.0), -k_institutions)
    base *= math.pow(float(regions), -k_regions * (1.0 - relief))
    return min(0.98, base * (1.0 + k_trust * trust) + g_communication * communication)


@rule
def team_integration(s, c):
    """The gamma of a consortium."""
    w = s.world[0]
    p = s.programmes[c.programme]
    return integration(
        w.search_integration_base, w.search_integration_lead, w.search_integration_coordination,
        w.search_coordination_saturation, w.search_integration_communication,
        w.search_loss_institutions, w.search_loss_regions, w.search_gain_trust,
        s.organisations[c.lead].lead_ability, p.coordination_bought, c.burden, c.regions,
        p.coordination_border_relief, c.trust, p.coordination_communication,
    )  # fmt: skip


@rule
def pick_component(part, u):
    """The component at a uniform position among those in a bit set."""
    for _ in range(int(u * count_bits(part))):
        part &= part - 1
    return lowest(part)


@rule
def pick_in_turn(m, u):
    """The component that :func:`pick_component` picks of a member's own, without counting up to it."""
    return np.int64(m.in_turn[int(u * count_bits(m.components))])


@rule
def list_tries(s, c, paid_share):
    """Name the tries of a quarter that was paid for to this share, round after round.

    Writes who makes them to ``s.try_member``, their names in all draws to ``s.try_name`` and
    where rounds end to ``s.round_ends``; returns how many there are.
    """
    w = s.world[0]
    n = 0
    for r in range(w.search_rounds):
        for row in range(c.first, c.first + c.size):
            m = s.members[row]
            if m.worked <= 0.0:
                continue
            m.credit += w.search_tries_per_fte * m.worked * paid_share
            tries = int(m.credit)
            if tries == 0:
                continue
            m.credit -= tries
            member = streams.combine(c.luck, s.organisations[m.row].entity)
            if n + tries > MOST_TRIES:
                s.counters[OVERFLOW] += 1
                tries = 0
            for k in range(tries):
                s.try_member[n] = row
                s.try_name[n] = streams.combine(member, r * 1024 + k)
                n += 1
        s.round_ends[r] = n
    return n


@rule
def draw_tries(s, step, n):
    """The luck of n named tries: which component, judged on the whole or not, and two for the noise.

    All are drawn before the first is made, for then the compiler draws several at once.
    """
    luck = s.luck[0]
    streams.uniforms_in(
        streams.stream(luck, streams.TRY_COMPONENT, step), s.try_name, n, s.try_component
    )
    streams.uniforms_in(
        streams.stream(luck, streams.TRY_INTEGRATED, step), s.try_name, n, s.try_integrated
    )
    streams.pairs_in(
        streams.stream(luck, streams.TRY_NOISE, step), s.try_name, n, s.try_noise, s.try_angle
    )


@rule
def prepare_tries(s, c, step, n):
    """What each of n named tries changes, whose contributions that may change, and how it errs.

    A try changes one component of the member's own, or several when the team is bold. Of all this
    nothing depends on what the tries before have found.
    """
    w = s.world[0]
    need = s.needs[c.problem]
    for k in range(n):
        m = s.members[s.try_member[k]]
        first = pick_in_turn(m, s.try_component[k])
        flips = 1 << first
        if c.bold == 1:
            flips = boldly(s, m, step, s.try_name[k], flips)
        s.try_flips[k] = flips
        s.try_concerned[k] = m.components & seeing(need, flips)
        expertise = s.expertise[m.row, need.field[first]]
        s.try_error[k] = w.search_noise * (1.0 - expertise) * w.needs_components * MEAN_CONTRIBUTION


@rule
def boldly(s, m, step, name, flips):
    """With the components that a bold team's try may change besides."""
    w = s.world[0]
    luck = s.luck[0]
    if streams.uniform(luck, streams.TRY_BOLD, step, name) < w.search_bold_share:
        for more in range(1, w.search_bold_flips):
            u = streams.uniform(luck, streams.TRY_COMPONENT, step, streams.combine(name, more))
            flips |= 1 << pick_in_turn(m, u)
    return flips


@rule
def attempt(s, c, m, before, k):
    """Try k, by one member; returns the design afterwards.

    With probability gamma it is judged on the whole design as the others have left it; otherwise
    on the member's own components only, as if the others stood where they stood at the start of
    the round (Levinthal 1997; Rivkin and Siggelkow 2003).
    """
    flips = s.try_flips[k]
    tried = c.design ^ flips
    if s.try_integrated[k] < c.gamma:
        place = s.place_of[c.problem]
        gain = float(s.landscapes[place, tried]) - float(s.landscapes[place, c.design])
    else:
        need = s.needs[c.problem]
        seen = (before & ~m.components) | (c.design & m.components)
        gain = float(partial_gain(need.key, need.mask, s.try_concerned[k], seen, flips))
    c.tries += 1
    if streams.sign_seen(gain, s.try_error[k], s.try_noise[k], s.try_angle[k]):
        c.improvements += 1
        c.stuck = 0
        return tried
    return c.design


@rule
def search_quarter(s, row, step, paid_share):
    """A quarter of tries by a team that paid this share of its cost."""
    c = s.consortia[row]
    tries = list_tries(s, c, paid_share)
    draw_tries(s, step, tries)
    prepare_tries(s, c, step, tries)
    table_of(s, c.problem)  # puts the landscape in its place, if it has lost it
    c.stuck = 1
    k = 0
    for r in range(s.world[0].search_rounds):
        before = c.design
        while k < s.round_ends[r]:
            c.design = attempt(s, c, s.members[s.try_member[k]], before, k)
            k += 1


@rule
def assign_components(s, row):
    """Each component goes to the member who knows the field it seems to lie in best.

    Ties go to the lowest entity. Sets responsibility, coverage and expertise.
    """
    w = s.world[0]
    c = s.consortia[row]
    need = s.needs[c.problem]
    covered = 0
    level = 0.0
    for i in range(w.needs_components):
        field = field_seen(need, c.misposed, i)
        best = best_member(s, c, field)
        c.responsible[i] = best
        if best >= 0:
            covered += 1
            level += s.expertise[s.members[c.first + best].row, field]
    c.coverage = covered / w.needs_components
    c.expertise = level / covered if covered > 0 else 0.0


@rule
def best_member(s, c, field):
    """Position of the member with most expertise in a field, at least e_min; -1 if none."""
    best = -1
    level = s.world[0].search_least_expertise
    lowest_entity = np.uint64(0)
    for position in range(c.size):
        m = s.members[c.first + position]
        row = m.row
        e = s.expertise[row, field]
        if e < level:
            continue
        entity = s.organisations[row].entity
        if best < 0 or e > level or entity < lowest_entity:
            best = position
            level = e
            lowest_entity = entity
    return best


@rule
def have_no_component(m):
    """A member is responsible for nothing, until components are shared out."""
    m.components = 0
    for k in range(len(m.in_turn)):
        m.in_turn[k] = 0


@rule
def share_effort(s, c):
    """Staff of members without a component works for those who have one, in proportion."""
    for position in range(c.size):
        have_no_component(s.members[c.first + position])
    for i in range(s.world[0].needs_components):
        if c.responsible[i] >= 0:
            m = s.members[c.first + c.responsible[i]]
            m.in_turn[count_bits(m.components)] = i
            m.components |= 1 << i
    useful = 0.0
    total = 0.0
    for position in range(c.size):
        m = s.members[c.first + position]
        total += m.fte
        m.worked = 0.0
        if m.components != 0:
            m.worked = m.fte
            useful += m.fte
    if useful <= 0.0:
        return
    for position in range(c.size):
        m = s.members[c.first + position]
        m.worked *= total / useful
