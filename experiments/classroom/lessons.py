"""Six lessons of 45 minutes: ``python -m experiments.classroom.lessons`` writes their pages.

What is expected is computed from the model and never typed: a single run that misleads, the verdict
of thirty pairs, and the verdict after one assumption is changed. "Cannot tell" is an answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.classroom import reversals
from experiments.classroom.case import case_of
from experiments.classroom.choices import Choices
from experiments.classroom.compared import Pairs, difference, pairs, title, title_against, verdict
from experiments.classroom.menu import Lesson, menu
from experiments.markdown import table
from experiments.statistics import paired
from experiments.words import LANGUAGES, Words

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "teaching"
MANY = range(100, 300)  # replicates for the teacher, which had no part in choosing any settings
SEED = 7  # of the pages' first picture
LUCK = (1.0 - paired.LEVEL) / 2.0  # share of equal regimes that an interval tells to one side
MOST_SEEDS = 200  # looked through for a single run that misleads
MINUTES = (
    ("predict", 5),
    ("one_run", 8),
    ("pairs", 10),
    ("why", 7),
    ("changed", 10),
    ("debrief", 5),
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a class will find.

    Attributes
    ----------
    before, after: answers of thirty pairs as the page shows them, by language, without and with
        the changed assumption.
    many: the same with the replicates of :data:`MANY`, first sentence only: before and after.
    against_it: of the thirty pairs before the change, how many have the other sign than the mean.
    against_many: the same among the pairs of :data:`MANY`.
    misleading: first seed, from 1, whose single run has the other sign; None if there is none.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    many: dict[str, tuple[str, str]]
    against_it: int
    against_many: int
    misleading: int | None


def choices_of(lesson: Lesson, *, changed: bool = False, seed: int = SEED) -> Choices:
    """Settings of a lesson, before or after its assumption is changed."""
    settings = lesson.settings | (lesson.changed if changed else {})
    return Choices(
        lesson.regime, lesson.against, lesson.outcome, seed, tuple(sorted(settings.items()))
    )


def expected(lesson: Lesson) -> Expected:
    """Run what the class will run."""
    all_before, all_after = (
        pairs(case_of(choices_of(lesson, changed=changed)), MANY) for changed in (False, True)
    )
    before, after = (
        pairs(case_of(choices_of(lesson, changed=changed)), range(menu().replicates))
        for changed in (False, True)
    )
    more = (_answers(lesson, all_before, changed=False), _answers(lesson, all_after, changed=True))
    lean = np.sign(difference(before, lesson.outcome).difference)
    return Expected(
        before=_answers(lesson, before, changed=False),
        after=_answers(lesson, after, changed=True),
        many={
            lang: (more[0][lang]["sentences"][0], more[1][lang]["sentences"][0])
            for lang in LANGUAGES
        },
        against_it=_against(before, lesson.outcome, lean),
        against_many=_against(all_before, lesson.outcome, lean),
        misleading=_misleading(lesson, lean),
    )


def _answers(lesson: Lesson, found: Pairs, *, changed: bool) -> dict[str, Any]:
    case = case_of(choices_of(lesson, changed=changed))
    return {lang: verdict(case, found, Words(lang)) for lang in LANGUAGES}


def _misleading(lesson: Lesson, lean: float) -> int | None:
    for seed in range(1, MOST_SEEDS + 1):
        one = pairs(case_of(choices_of(lesson, seed=seed)), [0])
        if _against(one, lesson.outcome, lean):
            return seed
    return None


def _against(found: Pairs, outcome: str, lean: float) -> int:
    """How many pairs have the other sign than ``lean``."""
    values = np.array(found[outcome])
    return int((np.sign(values[:, 0] - values[:, 1]) == -lean).sum()) if lean else 0


# ---------------------------------------------------------------- pages


def page(lesson: Lesson, found: Expected, lang: str) -> str:
    """Teacher's guide, worksheet, expected answers and debrief of a lesson, as Markdown."""
    words = Words(lang)
    blocks = [
        f"# {lesson.title[lang]}",
        words("teaching.other", link=f"{lesson.name}{'' if lang == 'zh' else '.zh'}.md"),
        f"**{lesson.question[lang]}**",
        *_guide(lesson, words),
        *_worksheet(lesson, words),
        *_answers_told(lesson, found, words),
        f"## {words('teaching.head.debrief')}",
        lesson.debrief[lang],
        words("teaching.caution"),
    ]
    return "\n\n".join(blocks) + "\n"


def _guide(lesson: Lesson, words: Words) -> Iterator[str]:
    yield f"## {words('teaching.head.guide')}"
    yield words("teaching.start", lang=words.lang)
    rows = [
        (str(minutes), words(f"teaching.phase.{name}"), words(f"teaching.do.{name}"))
        for name, minutes in MINUTES
    ]
    yield table([words(f"teaching.column.{name}") for name in ("minutes", "phase", "do")], rows)


def _worksheet(lesson: Lesson, words: Words) -> Iterator[str]:
    case = case_of(choices_of(lesson))
    places = {
        "regime": title(case, words), "against": title_against(case, words),
        "outcome": words(f"measure.{lesson.outcome}"), "pairs": menu().replicates,
        "change": change(lesson, words), "lesson": lesson.title[words.lang],
    }  # fmt: skip
    yield f"## {words('teaching.head.worksheet')}"
    tasks = ("predict", "one_run", "pairs", "why", "change", "conclude")
    yield "\n".join(
        f"{k}. {words(f'teaching.task.{name}', **places)}" for k, name in enumerate(tasks, start=1)
    )


def change(lesson: Lesson, words: Words) -> str:
    """The changed assumption in words."""
    return words.join(
        words("teaching.change", name=words(f"classroom.slider.{name}"), value=f"{value:g}")
        for name, value in lesson.changed.items()
    )


def _answers_told(lesson: Lesson, found: Expected, words: Words) -> Iterator[str]:
    lang = words.lang
    yield f"## {words('teaching.head.expected')}"
    yield words("teaching.computed", seed=SEED)
    told = [
        words("teaching.one_run", count=found.against_it, pairs=menu().replicates,
              many=found.against_many, others=len(MANY))
    ]  # fmt: skip
    if found.misleading is not None:
        told.append(words("teaching.misleading", seed=found.misleading))
    told.append(words("teaching.before", answer=words.paragraph(found.before[lang]["sentences"])))
    told.append(
        words(
            "teaching.after",
            change=change(lesson, words),
            answer=words.paragraph(found.after[lang]["sentences"]),
        )
    )
    told.append(words(f"teaching.turn.{turn(found)}"))
    first, second = found.many[lang]
    told.append(
        words(
            "teaching.many",
            n=len(MANY),
            first=MANY.start,
            last=MANY.stop - 1,
            before=first,
            after=second,
        )  # fmt: skip
    )
    told.extend(_searched(lesson, words))
    yield "\n".join(f"- {one}" for one in told)
    yield words("teaching.all_outcomes")
    yield table(
        [words(f"teaching.column.{name}") for name in ("outcome", "before", "after")],
        [
            (one["title"], f"{one['difference']} {one['interval']} {one['verdict']}",
             f"{other['difference']} {other['interval']} {other['verdict']}")
            for one, other in zip(found.before[lang]["table"], found.after[lang]["table"], strict=True)
        ],
    )  # fmt: skip


def _searched(lesson: Lesson, words: Words) -> Iterator[str]:
    """How many assumptions were tried, and which of them turn the answer."""
    tried = reversals.found(lesson, reversals.read())
    yield words(
        "teaching.searched", seed=reversals.SEED, tried=tried.tried, reverse=len(tried.reverse),
        vanish=tried.vanish, stay=tried.stay, luck=f"{LUCK * tried.tried:.0f}",
        file=reversals.FILE.name,
    )  # fmt: skip
    known = {(one.name, one.value): one for one in reversals.assumptions(lesson)}
    yield words(
        "teaching.reversing",
        list=words.join(known[one.assumption, one.value].told(words) for one in tried.reverse),
    )


def turn(found: Expected) -> str:
    """How the answer changes: ``reverses``, ``appears``, ``vanishes`` or ``stays``."""
    before, after = (one["en"]["verdict"] for one in (found.before, found.after))
    if before == after:
        return "stays"
    if "cannot_tell" in (before, after):
        return "appears" if before == "cannot_tell" else "vanishes"
    return "reverses"


def index(lang: str) -> str:
    """The list of lessons."""
    words = Words(lang)
    suffix = ".zh.md" if lang == "zh" else ".md"
    rows = [
        (f"[{one.title[lang]}]({one.name}{suffix})", one.question[lang]) for one in menu().lessons
    ]
    head = [words(f"teaching.column.{name}") for name in ("lesson", "question")]
    other = words("teaching.other", link="index.zh.md" if lang == "en" else "index.md")
    blocks = [f"# {words('teaching.head.index')}", other, words("teaching.lead"), table(head, rows),
              words("teaching.written")]  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def pages() -> dict[str, str]:
    """All pages by file name."""
    made = {"index.md": index("en"), "index.zh.md": index("zh")}
    for lesson in menu().lessons:
        found = expected(lesson)
        made[f"{lesson.name}.md"] = page(lesson, found, "en")
        made[f"{lesson.name}.zh.md"] = page(lesson, found, "zh")
    return made


def main(arguments: Sequence[str]) -> int:
    """Write all pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
