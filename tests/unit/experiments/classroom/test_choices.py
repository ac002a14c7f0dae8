"""An address says what a page shows; a wrong one is refused in the reader's language."""

from __future__ import annotations

import pytest

from agents.settings import ConfigError
from experiments.classroom.choices import Choices, read_choices
from experiments.classroom.menu import menu
from experiments.words import LANGUAGES, Words

GIVEN = menu()


def read(lang: str = "en", **given: str) -> Choices:
    return read_choices(given.items(), GIVEN, Words(lang))


def test_an_empty_address_is_the_first_lesson() -> None:
    first = GIVEN.lessons[0]
    chosen = read()
    assert (chosen.regime, chosen.against, chosen.outcome) == (
        first.regime,
        first.against,
        first.outcome,
    )


def test_levers_act_on_the_regime_and_parameters_on_the_world() -> None:
    chosen = read(regime="race", **{"selection.teams": "3", "search.loss_regions": "0.5"})
    assert chosen.changes(GIVEN) == ["search.loss_regions=0.5", "regime.race.selection.teams=3"]
    assert chosen.world_only(GIVEN).changes(GIVEN) == ["search.loss_regions=0.5"]


def test_what_is_only_looked_at_changes_nothing() -> None:
    assert read(lang="zh", lesson="patience", quarter="12") == read()


BAD = {
    "above the range": ({"regime": "race", "funding.public_share": "1.5"}, "1.5", "0", "1"),
    "below the range": ({"search.loss_regions": "-0.1"}, "-0.1", "0", "0.8"),
    "no number": ({"search.loss_regions": "much"}, "much", "0", "0.8"),
    "not finite": ({"search.loss_regions": "nan"}, "nan", "0", "0.8"),
    "half a team": ({"regime": "race", "selection.teams": "1.5"}, "1.5", "1", "5"),
    "seed too large": ({"seed": "1000000000"}, "1000000000", "0", "999999"),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", BAD)
def test_a_value_out_of_range_is_answered_with_the_range(name: str, lang: str) -> None:
    given, *parts = BAD[name]
    with pytest.raises(ConfigError) as error:
        read_choices(given.items(), GIVEN, Words(lang))
    assert all(part in str(error.value) for part in parts)
    assert ("请写" in str(error.value)) == (lang == "zh")


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("regime", "communism")], "is not known"),
        ([("search.noises", "1")], "not a setting of the classroom"),
        ([("seed", "1"), ("seed", "2")], "stands twice"),
        ([("regime", "laissez_faire"), ("funding.public_share", "0.5")], "does nothing"),
        ([("regime", "x" * 5000)], "60 characters"),
        ([(f"a{k}", "1") for k in range(100)], "too much"),
        ([("<script>alert(1)</script>", "1")], "not a setting"),
    ],
)
def test_nonsense_is_refused(pairs: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_choices(pairs, GIVEN, Words("en"))


def test_the_lessons_can_be_read() -> None:
    assert len(GIVEN.lessons) == 6
    for one in GIVEN.lessons:
        chosen = read(
            regime=one.regime, against=one.against, outcome=one.outcome,
            **{name: str(value) for name, value in one.settings.items()},
        )  # fmt: skip
        assert chosen.regime == one.regime != chosen.against
