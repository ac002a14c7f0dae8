"""Settings of ``why``: the two regimes, how fine the levers are grouped, and how many orders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.settings import ConfigError, nearest
from experiments.why.mixing import LEVELS

if TYPE_CHECKING:
    from experiments.configuration import WhySetup

AUTO, ALL = "auto", "all"
MOST_ORDERS = 10_000
FEWEST_ORDERS = 4  # two pairs, from which a spread can be estimated


@dataclass(frozen=True, slots=True)
class WhyRule:
    """How a difference is taken apart.

    Attributes
    ----------
    level: ``family`` or ``lever``.
    orders: ``auto``, ``all``, or an even number of orders to draw.
    """

    level: str
    orders: str | int


def why_rule(values: Mapping[str, Any]) -> WhyRule:
    """The settings ``level`` and ``orders``.

    Raises
    ------
    ConfigError: either is not known.
    """
    level, orders = values["level"], values["orders"]
    if level not in LEVELS:
        raise ConfigError(
            f"level = {level!r} is not known. {nearest(str(level), LEVELS)} Levers are switched "
            f"family by family, or one by one."
        )
    if orders in (AUTO, ALL):
        return WhyRule(level, orders)
    whole = isinstance(orders, int) and not isinstance(orders, bool)
    if not whole or orders % 2 or not FEWEST_ORDERS <= orders <= MOST_ORDERS:
        raise ConfigError(
            f"orders = {orders!r} is not known. Write orders=all, orders=auto, or an even number "
            f"from {FEWEST_ORDERS} to {MOST_ORDERS:,}: every order is drawn with its reverse."
        )
    return WhyRule(level, orders)


def load_why(
    names: Sequence[str], texts: Sequence[str], config_dirs: Sequence[Path] = ()
) -> WhySetup:
    """Compose and check everything for ``why A B``.

    Raises
    ------
    ConfigError: not two different regimes, or any setting that cannot be used.
    """
    from experiments.configuration import WhySetup, load_setup
    from experiments.library import Library

    if len(names) != 2:
        raise ConfigError(
            f"why takes two regimes apart, and {len(names)} are named. Write: consortia why "
            f"lead_firm_consortium open_challenge"
        )
    if any(re.match(r"regimes?=", text) for text in texts):
        raise ConfigError(
            "regimes are named without a setting here. Write: consortia why "
            "lead_firm_consortium open_challenge"
        )
    known = Library.open(config_dirs).names("regime")
    for name in names:
        if name not in known:
            raise ConfigError(f"regime '{name}' is not known. {nearest(name, known)}")
    if names[0] == names[1]:
        raise ConfigError(
            f"'{names[0]}' is named twice, and a regime does not differ from itself. Name two "
            f"regimes; 'consortia regimes' lists them."
        )
    setup = load_setup("why", [f"regimes=[{','.join(names)}]", *texts], config_dirs)
    assert isinstance(setup, WhySetup)
    return setup
