"""The lessons' pages say what the model says, and in every lesson one changed assumption matters."""

from __future__ import annotations

from functools import cache

import pytest

from experiments.classroom import reversals
from experiments.classroom.case import case_of
from experiments.classroom.compared import difference, pairs
from experiments.classroom.lessons import (
    FOLDER,
    MANY,
    Expected,
    choices_of,
    expected,
    index,
    page,
    turn,
)
from experiments.classroom.menu import Lesson, menu
from experiments.classroom.stepping import Stepper
from experiments.words import LANGUAGES

every_lesson = pytest.mark.parametrize("lesson", menu().lessons, ids=lambda one: one.name)


@cache
def computed(name: str) -> Expected:
    return expected(next(one for one in menu().lessons if one.name == name))


@every_lesson
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_what_the_model_gives(lesson: Lesson, lang: str) -> None:
    """Renew with ``python -m experiments.classroom.lessons``; numbers depend on numba's version."""
    name = f"{lesson.name}{'.zh' if lang == 'zh' else ''}.md"
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == page(lesson, computed(lesson.name), lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_index_names_every_lesson(lang: str) -> None:
    name = f"index{'.zh' if lang == 'zh' else ''}.md"
    assert (FOLDER / name).read_text(encoding="utf-8") == index(lang)
    assert index(lang).count("](") == 6 + 2


@every_lesson
def test_one_changed_assumption_reverses_the_answer(lesson: Lesson) -> None:
    """A lesson without a reversal teaches ideology. Both by thirty pairs and by 200 others."""
    assert len(lesson.changed) == 1
    ((name, value),) = lesson.changed.items()
    one = menu().sliders[name]
    assert one.low <= value <= one.high and not one.lever
    found = computed(lesson.name)
    assert turn(found) == "reverses"
    before, after = (
        difference(pairs(case_of(choices_of(lesson, changed=changed)), MANY), lesson.outcome)
        for changed in (False, True)
    )
    assert before.verdict == found.before["en"]["verdict"]
    assert after.verdict == found.after["en"]["verdict"]


@every_lesson
def test_the_table_of_the_search_is_what_the_model_gives(lesson: Lesson) -> None:
    """The line of the lesson as it stands and one of the changed values, run again."""
    mine = [one for one in reversals.read() if one.lesson == lesson.name]
    tried = {(one.name, one.value): one for one in reversals.assumptions(lesson)}
    assert {(one.assumption, one.value) for one in mine} <= {("", None), *tried}
    ((name, value),) = lesson.changed.items()
    for changed in (reversals.AS_IT_STANDS, tried[name, value]):
        (written,) = (
            one for one in mine if (one.assumption, one.value) == (changed.name, changed.value)
        )
        assert reversals.write([reversals.trial(lesson, changed)]) == reversals.write([written])


@every_lesson
def test_the_counts_of_the_search_add_up(lesson: Lesson) -> None:
    found = reversals.found(lesson, reversals.read())
    assert found.tried == len(found.reverse) + found.vanish + found.stay
    assert lesson.changed.items() <= {(one.assumption, one.value) for one in found.reverse}


@every_lesson
def test_the_seed_that_is_said_to_mislead_does(lesson: Lesson) -> None:
    found = computed(lesson.name)
    assert found.misleading is not None and found.against_it > 0
    mean = found.before["en"]["difference"]
    ((mine, other),) = pairs(case_of(choices_of(lesson, seed=found.misleading)), [0])[
        lesson.outcome
    ]
    assert (mine - other) * mean < 0


def test_the_misleading_run_is_the_one_that_the_page_shows() -> None:
    """Counts of a page's run are those of replicate 0, so a class sees what the guide says."""
    lesson = next(one for one in menu().lessons if one.outcome == "solved")
    seed = computed(lesson.name).misleading
    assert seed is not None
    case = case_of(choices_of(lesson, seed=seed))
    runs = [Stepper(case), Stepper(case, against=True)]
    for run in runs:
        run.run()
    shown = [float(run.state.trajectory[run.quarter - 1, 0]) for run in runs]
    assert shown == pairs(case, [0])["solved"][0]
