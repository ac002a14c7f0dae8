"""Settings of select and half_width: what is taken, and what is refused in which words."""

from __future__ import annotations

import pytest

from agents.settings import ConfigError
from experiments.configuration import SelectSetup, load_setup
from experiments.sequential.settings import (
    SelectionRule,
    Target,
    known_outcome,
    selection_rule,
    target_half_width,
)

PLAIN = {"outcome": "technical", "indifference": 1, "confidence": 0.95, "best": "highest"}


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("none", None),
        (None, None),
        (0.5, Target(0.5, False)),
        ("2", Target(2.0, False)),
        ("10%", Target(0.1, True)),
    ],
)
def test_half_widths(value, target) -> None:
    assert target_half_width(value) == target


def test_a_relative_half_width_is_a_share_of_the_reference() -> None:
    assert Target(0.1, True).absolute(-30.0) == pytest.approx(3.0)
    assert Target(0.1, False).absolute(-30.0) == 0.1


@pytest.mark.parametrize("value", [0, -1, "narrow", "0%", True, float("nan"), "inf"])
def test_what_is_no_half_width(value) -> None:
    with pytest.raises(ConfigError, match="half_width = .*Write half_width=0.5"):
        target_half_width(value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"indifference": "none"}, "smallest difference in technical .needs. that matters"),
        ({"indifference": 0}, "indifference = 0 is not a difference above 0"),
        ({"confidence": 0.2}, r"confidence = 0.2 is outside \[0.5, 0.9999\].*0.95 for 95 %"),
        ({"confidence": "sure"}, "confidence = 'sure'"),
        ({"best": "largest"}, "best = 'largest' is not known"),
        ({"outcome": "tecnical"}, "outcome = 'tecnical' is not known.*technical"),
    ],
)
def test_what_is_no_selection(changes, words) -> None:
    with pytest.raises(ConfigError, match=words):
        selection_rule(PLAIN | changes)


def test_a_selection() -> None:
    assert selection_rule(PLAIN) == SelectionRule(1.0, 0.95, "highest")
    assert known_outcome("welfare") == "welfare"


def test_select_takes_only_the_regimes_that_were_named() -> None:
    setup = load_setup(
        "select", ["regimes=race,prize", "indifference=2", "best=lowest", "outcome=all_in_cost"]
    )
    assert isinstance(setup, SelectSetup)
    assert [entry.name for entry in setup.regimes] == ["race", "prize"]
    assert setup.rule == SelectionRule(2.0, 0.95, "lowest")
    assert setup.config["outcome"] == "all_in_cost" and setup.config["indifference"] == 2


def test_compare_keeps_its_target_among_the_settings() -> None:
    setup = load_setup("compare", ["regimes=race", "half_width=10%", "outcome=solved"])
    assert (setup.outcome, setup.target) == ("solved", Target(0.1, True))
    assert setup.config["half_width"] == "10%"
    plain = load_setup("compare", ["regimes=race"])
    assert plain.target is None and "half_width" not in plain.config


@pytest.mark.parametrize("setting", ["robustness=none", "robustness=definitions"])
def test_a_choice_has_no_variants(setting) -> None:
    with pytest.raises(ConfigError, match="robustness does nothing here"):
        load_setup("select", ["indifference=1", "regimes=race,prize", setting])
