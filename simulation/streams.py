"""All luck. Nothing else in the product draws.

A draw belongs to (seed, replicate, decision, step, entity): it is a hash of that address and of
nothing else, so it does not depend on the order of calls, the number of organisations, the worker
or the regime. The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
"""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import rule

# One code per kind of decision; a new decision gets a new line, never a used number.
(
    HASH_ORGANISATION, HOME_FIELD, HELD_FIELD, EXPERTISE, ORIENTATION, ABILITY, RD_SHARE,
    FIRST_TIE, FIRST_TIE_HOME, NEED_RAISED, NEED_OWNER, NEED_FIELD, NEED_LINKS, NEED_NEIGHBOUR,
    NEED_VALUE, NEED_TAIL, NEED_DEADLINE, NEED_PREREQUISITE, NEED_PREREQUISITE_PICK, NEED_FRONTIER,
    NEED_SURPRISE, LANDSCAPE, START_DESIGN, SCAN_POSITION, SCAN_CLOCK, BIDDER_POSITION,
    APPRAISAL, REVIEW, LOTTERY, GATE, TRY_COMPONENT, TRY_INTEGRATED, TRY_NOISE, TRY_BOLD,
    ADOPTION_NOISE, ADOPTER_POSITION, FIRM_EXIT, ENTRANT, PROGRAMME_CHOICE, BODY_POSITION,
    CHAIN_FIELD, CHAIN_RISK, NEED_MISPOSED, NEED_POSED_FIELD, OWNER_PUTS_RIGHT, EXPERTS_PUT_RIGHT,
    SUPPLY_LINK,
) = range(47)  # fmt: skip

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ODD_A = np.uint64(0xD1B54A32D192ED03)
_ODD_B = np.uint64(0xABC98388FB8FAC03)
_ODD_C = np.uint64(0x8CB92BA72F3D8DD7)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_BLOCK = 32  # entities whose draws are worked out together
_UNIT = 1.0 / 9007199254740992.0  # 2**-53


@rule
def mix(x):
    """Scramble 64 bits (SplitMix64 finaliser); a bijection."""
    x = np.uint64(x)
    x = (x ^ (x >> np.uint64(30))) * _MIX_A
    x = (x ^ (x >> np.uint64(27))) * _MIX_B
    return x ^ (x >> np.uint64(31))


@rule
def combine(a, b):
    """A hash of an ordered pair; used to name composite entities."""
    return mix(np.uint64(a) * _GOLDEN + np.uint64(b) + _ODD_C)


@rule
def replicate_key(seed, replicate):
    """The key all draws of one replicate start from."""
    return combine(combine(np.uint64(seed), np.uint64(replicate)), np.uint64(1))


@rule
def bits(key, decision, step, entity):
    """64 uniform bits at this address."""
    return bits_in(stream(key, decision, step), entity)


@rule
def stream(key, decision, step):
    """The part of an address that all entities share; with many of them it is hashed once."""
    return mix(np.uint64(key) + np.uint64(decision + 1) * _GOLDEN + np.uint64(step + 1) * _ODD_A)


@rule
def bits_in(stream, entity):
    """The 64 bits of :func:`bits` for an entity in a :func:`stream`."""
    return mix(stream + np.uint64(entity) * _ODD_B)


@rule
def uniform(key, decision, step, entity):
    """A number in (0, 1) at this address."""
    return _uniform_from(bits(key, decision, step, entity))


@rule
def uniform_in(stream, entity):
    """The number of :func:`uniform` for an entity in a :func:`stream`."""
    return _uniform_from(bits_in(stream, entity))


@rule
def whole_blocks(n):
    """The number of draws that are worked out so that n of them are."""
    return (n + _BLOCK - 1) // _BLOCK * _BLOCK


@rule
def uniforms_in(stream, entities, n, out):
    """The numbers of :func:`uniform_in` for the first n entities, written to ``out``.

    Worked out in whole blocks, for the compiler works out a block at once; up to 31 more entries
    are read and written, and mean nothing.
    """
    for k in range(whole_blocks(n)):
        out[k] = uniform_in(stream, entities[k])


@rule
def uniforms_in_pairs(stream, a, others, n, out):
    """The same for the pairs of ``a`` and each of the first n others, named by :func:`combine`."""
    for k in range(whole_blocks(n)):
        out[k] = uniform_in(stream, combine(a, others[k]))


@rule
def pairs_in(stream, entities, n, out, more):
    """The two numbers of a normal draw for the first n entities; see :func:`uniforms_in`."""
    for k in range(whole_blocks(n)):
        bits = bits_in(stream, entities[k])
        out[k] = _uniform_from(bits)
        more[k] = _uniform_from(mix(bits + _ODD_C))


@rule
def _uniform_from(bits):
    return (np.float64(bits >> np.uint64(11)) + 0.5) * _UNIT


@rule
def normal(key, decision, step, entity):
    """A standard normal number at this address (Box and Muller 1958)."""
    return _normal_from(bits(key, decision, step, entity))


@rule
def _normal_from(first):
    return _box_muller(_uniform_from(first), _uniform_from(mix(first + _ODD_C)))


@rule
def _box_muller(u, v):
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)


@rule
def sign_seen(value, spread, u, v):
    """Whether a value seen with a normal error of this spread looks larger than 0.

    ``u`` and ``v`` are the two numbers of the normal draw, as of :func:`pairs_in`. The error is
    worked out only where it could change the sign: where it points to the other side and is large
    enough. Its square is less than 2 (1 - u) / u, since -log(u) is less than 1 / u - 1.
    """
    away = v - 0.5 if v > 0.5 else 0.5 - v
    against = away < 0.2501 if value > 0.0 else away > 0.2499
    large = value * value * u <= 2.000001 * spread * spread * (1.0 - u)
    if against & large:
        value += spread * _box_muller(u, v)
    return value > 0.0


@rule
def clock(key, decision, step, entity, weight):
    """An exponential clock that rings sooner the larger the weight; never for weight 0.

    The item whose clock rings first is drawn with probability proportional to its weight, and
    adding items with weight 0 changes nothing.
    """
    return clock_before(np.inf, key, decision, step, entity, weight)


@rule
def clock_before(limit, key, decision, step, entity, weight):
    """The same where the clock rings before a limit; otherwise any number that is not before it."""
    return clock_by(limit, uniform(key, decision, step, entity), weight)


@rule
def clock_by(limit, u, weight):
    """The clock of :func:`clock_before` by its uniform draw u.

    Since -log(u) is more than (1 - u) + (1 - u)^2 / 2, most clocks that are late need no logarithm.
    """
    if weight <= 0.0:
        return np.inf
    rest = 1.0 - u
    if rest + 0.5 * rest * rest > 1.000001 * weight * limit:
        return limit
    return -math.log(u) / weight


@rule
def keep_soonest(clocks, soonest, kept, item, ring):
    """Insert an item by its clock among those that ring first, in place of the last of ``kept``."""
    place = kept - 1
    while place > 0 and clocks[place - 1] > ring:
        clocks[place] = clocks[place - 1]
        soonest[place] = soonest[place - 1]
        place -= 1
    clocks[place] = ring
    soonest[place] = item
