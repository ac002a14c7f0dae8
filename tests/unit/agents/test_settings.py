"""Settings refuse nonsense and say which setting, what value, what is allowed, what to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.settings import ConfigError, Settings, nearest, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Settings):
    SECTION: ClassVar[str] = "example"

    share: float = parameter(
        unit="share of cost", meaning="part paid", source="assumption", low=0, high=1
    )
    members: int = parameter(unit="members", meaning="size", source="assumption", low=1, high=40)
    open: bool = parameter(unit="yes or no", meaning="whether open", source="assumption")
    mode: str = parameter(
        unit="choice", meaning="how", source="assumption", choices=("merit", "lottery")
    )
    types: tuple[str, ...] = parameter(
        unit="set", meaning="who", source="assumption", choices=("firm", "sme", "university")
    )

    def check(self) -> None:
        if self.open and self.members == 13:
            raise ConfigError("example.members = 13 and example.open contradict each other.")


GOOD: dict[str, Any] = {
    "share": 0.3, "members": 4, "open": True, "mode": "lottery", "types": ["firm", "university"],
}  # fmt: skip


def test_plain_values_survive_the_round_trip() -> None:
    built = Example.from_mapping(GOOD)
    assert built.as_mapping() == GOOD
    assert Example.from_mapping(built.as_mapping()) == built


def test_whole_numbers_are_numbers_and_round_numbers_are_whole() -> None:
    built = Example.from_mapping(GOOD | {"share": 1, "members": 5.0})
    assert (built.share, built.members) == (1.0, 5)
    assert isinstance(built.share, float)
    assert isinstance(built.members, int)


def test_choices_become_codes_and_sets_become_bits() -> None:
    assert Example.from_mapping(GOOD).encode() == {
        "share": 0.3, "members": 4, "open": 1, "mode": 1, "types": 0b101,
    }  # fmt: skip
    assert dict(Example.columns()) == {
        "share": "f8", "members": "i8", "open": "i8", "mode": "i8", "types": "i8",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"share": 30}, r"example\.share = 30.0 is outside \[0, 1\].*part paid.*Write 30 % as 0.3"),
        ({"share": -0.2}, r"example\.share = -0.2 is outside.*Write 0, the nearest"),
        ({"share": float("nan")}, r"example\.share = nan is outside.*Write a number from 0 to 1"),
        ({"members": 41}, r"example\.members = 41 is outside \[1, 40\].*Write 40"),
        ({"members": 2.5}, r"example\.members = 2.5 is not a whole number.*between 1 and 40"),
        ({"members": True}, r"example\.members = True is not a whole number"),
        ({"open": 1}, r"example\.open = 1 is not true or false"),
        ({"share": "much"}, r"example\.share = 'much' is not a number"),
        ({"mode": "lotery"}, r"example\.mode = 'lotery' is not known. Did you mean 'lottery'"),
        ({"mode": 3}, r"example\.mode = 3 is not a word.*one of merit, lottery"),
        ({"types": ["firms"]}, r"example\.types = 'firms' is not known. Did you mean 'firm'"),
        ({"types": 3}, r"example\.types = 3 is not a list"),
        ({"shares": 0.3}, r"example\.shares is not a setting. Did you mean 'share'"),
        ({"members": 13}, "contradict"),
    ],
)
def test_nonsense_is_refused_helpfully(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Example.from_mapping(GOOD | changes)


def test_a_missing_setting_is_explained() -> None:
    with pytest.raises(ConfigError, match=r"example\.members is missing. It is: size \(members\)"):
        Example.from_mapping({name: value for name, value in GOOD.items() if name != "members"})


def test_something_else_than_a_group_is_refused() -> None:
    with pytest.raises(ConfigError, match="is not a group of settings"):
        Example.from_mapping([0.3])  # type: ignore[arg-type]


def test_direct_construction_is_checked_too() -> None:
    with pytest.raises(ConfigError, match="outside"):
        Example(share=2.0, members=1, open=False, mode="merit", types=())


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_share_is_accepted_exactly_between_its_bounds(value: float) -> None:
    if 0.0 <= value <= 1.0:
        assert Example.from_mapping(GOOD | {"share": value}).share == value
        return
    with pytest.raises(ConfigError, match=r"example\.share"):
        Example.from_mapping(GOOD | {"share": value})


def test_without_a_near_name_all_are_listed() -> None:
    assert nearest("zzz", ["race", "prize"]) == "Known: prize, race."
    assert nearest("rase", ["race", "prize"]) == "Did you mean 'race'?"
