"""Answers: sentences that follow from the numbers, the map, both pages, and their publication."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from agents.settings import ConfigError
from experiments import answer_page, answers
from experiments.answer_sentences import Answer, cell_names, headline, reversal
from experiments.compare import comparison_plan, runs_table
from experiments.configuration import QuestionSetup, load_setup
from experiments.figures.break_even import (
    UNTOLD_HATCH,
    _draw,
    break_even_edges,
    scale_limit,
    write_break_even,
)
from experiments.figures.style import printable, style
from experiments.library import CONFIGS, Library
from experiments.question_map import AXES
from experiments.question_tables import BREAK_EVEN, CONTRASTS, grid, write_question_tables
from experiments.running.executor import execute
from experiments.running.progress import make_progress
from experiments.running.store import Store
from experiments.statistics.paired import (
    CANNOT_TELL,
    HIGHER,
    LOWER,
    paired_differences,
    student_quantile,
)
from experiments.tables import COMPARED, make_table, write_tables
from experiments.words import LANGUAGES, Words, catalogue
from tests.support import fake_engine as fake

NAME = "renew_or_replace"
PROVENANCE: dict[str, Any] = {
    "command": "cli.py compare experiment=renew_or_replace out=results/mine",
    "replicates": {"main": 3, "map": 2}, "versions": {"consortia": "0.1.0"}, "source_hash": "ab" * 8,
}  # fmt: skip


@pytest.fixture(scope="module")
def setup() -> QuestionSetup:
    made = load_setup("compare", [f"experiment={NAME}", "population=classroom", "robustness=none",
                                  "replicates=3", "jobs=1"])  # fmt: skip
    assert isinstance(made, QuestionSetup)
    return made


def difference(low: float, high: float, n: int = 30) -> dict[str, Any]:
    """A row's numbers with this simultaneous interval, and the verdict that follows from it."""
    verdict = HIGHER if low > 0 else LOWER if high < 0 else CANNOT_TELL
    return {
        "difference": (low + high) / 2, "se": 0.5, "low": low, "high": high, "sim_low": low,
        "sim_high": high, "share_won": 0.5, "n": n, "verdict": verdict, "family_size": 1,
    }  # fmt: skip


def contrast_row(outcome: str, numbers: dict[str, Any], variant: str = "main") -> dict[str, Any]:
    head = {"variant": variant, "outcome": outcome, "contrast": 1, "regime": "a", "baseline": "b"}
    return head | numbers


def answer(
    setup: QuestionSetup,
    main: dict[str, Any],
    *,
    special: dict[int, dict[str, Any]] | None = None,
    others: dict[str, dict[str, Any]] | None = None,
    variants: dict[str, dict[str, Any]] | None = None,
    lang: str = "en",
) -> Answer:
    """An answer with these numbers; cells that are not ``special`` are as the main contrast."""
    rows = [contrast_row("technical", main)]
    rows += [contrast_row(outcome, numbers) for outcome, numbers in (others or {}).items()]
    rows += [contrast_row("technical", numbers, v) for v, numbers in (variants or {}).items()]
    cells = [
        dict(zip(AXES, cell.levels, strict=True))
        | {"outcome": "technical", "regime": "a", "baseline": "b"}
        | (special or {}).get(k, main)
        for k, cell in enumerate(setup.cells)
    ]
    tables = {"contrasts": make_table(CONTRASTS, rows), "break_even": make_table(BREAK_EVEN, cells)}
    return Answer(setup, tables, Words(lang))


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.5, 2.5, "higher under “Renew all” than under “Replace all”, by +1.50 per run (interval +0.500 to +2.50)"),
        (-2.5, -0.5, "lower under “Renew all” than under “Replace all”, by -1.50 per run (interval -2.50 to -0.500)"),
        (-0.5, 2.5, "Cannot be told. Technical breakthroughs: “Renew all” minus “Replace all” is +1.00 per run, and the interval, -0.500 to +2.50, contains 0."),
        (0.0, 2.0, "Cannot be told."),
    ],
)  # fmt: skip
def test_the_finding_is_what_the_interval_allows(
    setup: QuestionSetup, low: float, high: float, said: str
) -> None:
    sentence = headline(answer(setup, difference(low, high)))
    assert sentence.startswith("Is it better to renew all than to replace all?")
    assert said in sentence


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.5, 2.5, "“全部续建”高于“全部更换”"), (-2.5, -0.5, "“全部续建”低于“全部更换”"), (-1.0, 1.5, "看不出差异")],
)  # fmt: skip
def test_the_finding_in_chinese(setup: QuestionSetup, low: float, high: float, said: str) -> None:
    assert said in headline(answer(setup, difference(low, high), lang="zh"))


def test_equal_runs_and_one_replicate_have_words_of_their_own(setup: QuestionSetup) -> None:
    equal = difference(0.0, 0.0) | {"se": 0.0}
    assert "equal in all 30 paired replicates" in headline(answer(setup, equal))
    single = difference(1.0, 1.0, n=1) | {"se": None, "sim_low": None, "sim_high": None}
    assert "Cannot be told: 1 paired replicates give no interval" in headline(answer(setup, single))


def test_what_reverses_a_sign_is_named(setup: QuestionSetup) -> None:
    special = {0: difference(-3.0, -1.0), 1: difference(-2.0, 1.0), 2: difference(-1.0, 2.0)}
    lines = list(reversal(answer(setup, difference(0.5, 1.5), special=special)))
    assert lines[0] == (
        "“Renew all” is higher in 24 of 27 cells of the map, lower in 1, and in 2 it cannot be told."
    )
    assert lines[1].startswith("The sign is reversed in 1 of 27 cells: easy / gathered / half (")
    assert "the sign is the opposite in 1 of the cells" in lines[2]
    assert lines[-1] == "No other definition of success was run."


def test_a_sign_that_nothing_reverses(setup: QuestionSetup) -> None:
    lines = list(reversal(answer(setup, difference(-1.5, -0.5))))
    assert lines[1] == "The sign is reversed in none of 27 cells."
    assert lines[2] == "By none of the other gains shown here is the opposite sign told."


def test_without_a_sign_there_is_none_to_reverse(setup: QuestionSetup) -> None:
    special = {26: difference(1.0, 2.0), 0: difference(-2.0, -1.0)}
    lines = list(reversal(answer(setup, difference(-1.0, 1.0), special=special)))
    assert lines[1] == "No sign is told in the main comparison, so there is none to reverse."
    assert lines[2].startswith("Higher in: hard / dispersed / double")
    assert lines[3].startswith("Lower in: easy / gathered / half")


def test_other_gains_and_definitions_are_counted_and_costs_are_not(setup: QuestionSetup) -> None:
    others = {"welfare": difference(-300.0, -100.0), "public_spent": difference(-9.0, -1.0)}
    variants = {"q=0.01": difference(1.0, 2.0), "q=0.02": difference(-1.0, 2.0)}
    lines = list(reversal(answer(setup, difference(0.5, 1.5), others=others, variants=variants)))
    assert "Judged by another gain the sign is the opposite: Net social value" in lines[2]
    assert "-200" in lines[2] and "Public money" not in lines[2]
    assert "Under 2 other definitions" in lines[3]
    assert "higher in 1, lower in 0, and cannot be told in 1" in lines[3]


def test_long_lists_of_cells_are_cut(setup: QuestionSetup) -> None:
    made = answer(setup, difference(0.5, 1.5))
    named = cell_names(made, made.rows("break_even"))
    assert named.count("; ") == 9 and "and 18 more" in named


def test_every_outcome_that_can_be_asked_has_words() -> None:
    for lang in LANGUAGES:
        assert {f"measure.{name}" for name in COMPARED} <= set(catalogue(lang))


# ---------------------------------------------------------------- tables


@pytest.fixture(scope="module")
def runs(setup: QuestionSetup, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """All runs of the question by an engine that takes no time."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "log").mkdir()
    plan = comparison_plan(setup)
    with Store(folder / "out", {"test": 1}) as store, make_progress(False) as shown:
        execute(plan, store, 1, shown, run=fake.FakeEngine(folder / "log"))
        return runs_table(plan, store)


def test_contrasts_and_cells_are_paired_differences(
    setup: QuestionSetup, runs: pa.Table, tmp_path: Path
) -> None:
    tables = write_question_tables(runs, setup, tmp_path)
    frame = runs.to_pandas()

    def values(variant: str, regime: str) -> np.ndarray:
        part = frame[(frame.variant == variant) & (frame.regime == regime)]
        found: np.ndarray = part.sort_values("replicate")["solved"].to_numpy()
        return found

    contrasts = tables["contrasts"].to_pylist()
    assert len(contrasts) == len(setup.question.outcomes) * len(setup.question.contrasts)
    for row in contrasts:
        if row["outcome"] == "solved":
            paired = values("main", row["regime"]) - values("main", row["baseline"])
            assert row["difference"] == pytest.approx(paired.mean())
    cells = [row for row in tables["break_even"].to_pylist() if row["outcome"] == "solved"]
    assert len(cells) == 27
    for row, cell in zip(cells, setup.cells, strict=True):
        paired = values(cell.variant, "renew_all") - values(cell.variant, "replace_all")
        assert tuple(row[axis] for axis in AXES) == cell.levels
        assert row["difference"] == pytest.approx(paired.mean())
        half = (
            student_quantile(len(paired) - 1, 1 - 0.05 / 27)
            * paired.std(ddof=1)
            / len(paired) ** 0.5
        )
        assert row["sim_high"] - row["difference"] == pytest.approx(half)
    assert (tmp_path / "contrasts.csv").is_file() and (tmp_path / "break_even.csv").is_file()


def test_bonferroni_is_wider_than_the_pointwise_interval_and_grows_with_the_family() -> None:
    values = np.random.default_rng(3).normal(size=(8, 40))
    pairs = [(0, 1), (2, 3), (4, 5), (6, 7)]
    names = [str(k) for k in range(8)]
    four = paired_differences(values, names, pairs, bonferroni=True)[0]
    one = paired_differences(values, names, pairs[:1], bonferroni=True)[0]
    assert one.sim_high == pytest.approx(one.high)
    assert four.sim_high > one.sim_high


def test_all_signs_of_a_map_of_chance_are_rarely_told() -> None:
    """At least one false sign in at most 5 % of maps; a false alarm of this test: below 1e-4."""
    maps, cells, replicates = 600, 27, 24
    counts = np.random.default_rng(11).poisson(5.0, (maps, 2 * cells, replicates))
    pairs = [(2 * k, 2 * k + 1) for k in range(cells)]
    names = ["a", "b"] * cells
    wrong = sum(
        any(
            one.verdict != CANNOT_TELL
            for one in paired_differences(values.astype(float), names, pairs, bonferroni=True)
        )
        for values in counts
    )
    assert wrong / maps < 0.05 + 3.8 * (0.05 * 0.95 / maps) ** 0.5


def test_a_cell_without_runs_cannot_be_told(
    setup: QuestionSetup, runs: pa.Table, tmp_path: Path
) -> None:
    lost = setup.cells[4].variant
    kept = runs.filter(pa.array([variant != lost for variant in runs["variant"].to_pylist()]))
    table = write_question_tables(kept, setup, tmp_path)["break_even"].to_pylist()
    assert (table[4]["difference"], table[4]["verdict"], table[4]["n"]) == (None, CANNOT_TELL, 0)
    assert table[5]["difference"] is not None
    assert write_break_even(pa.Table.from_pylist(table, BREAK_EVEN), setup.question, tmp_path, "en")


# ---------------------------------------------------------------- the figure


def test_the_edge_runs_between_signs() -> None:
    differences = np.array([[1.0, -2.0], [1.0, 1.0]])
    told = np.array([[True, True], [True, False]])
    assert break_even_edges(differences, told) == [
        (((0.5, -0.5), (0.5, 0.5)), True),
        (((0.5, 0.5), (1.5, 0.5)), False),
    ]


@pytest.mark.parametrize("differences", [np.ones((3, 3)), np.array([[1.0, 0.0, -1.0]]), np.array([[1.0, np.nan, -1.0]])])  # fmt: skip
def test_no_edge_without_a_change_of_sign(differences: np.ndarray) -> None:
    assert break_even_edges(differences, np.ones(differences.shape, bool)) == []


def test_a_map_of_chance_stays_pale() -> None:
    assert scale_limit(np.array([0.1, -0.2]), np.array([3.0, 5.0])) == 4.0
    assert scale_limit(np.array([9.0, -0.2]), np.array([3.0, 5.0])) == 9.0
    assert scale_limit(np.array([np.nan]), np.array([np.nan])) == 1.0


def drawn(made: Answer) -> Figure:
    cells = grid(made.rows("break_even"), made.question, "technical")
    with style(made.words.lang):
        return _draw(cells, made.question, made.words)


def test_the_map_marks_what_cannot_be_told_and_shows_signs(setup: QuestionSetup) -> None:
    special = {0: difference(-3.0, -1.0), 1: difference(-1.0, 2.0)}
    figure = drawn(answer(setup, difference(0.5, 3.5), special=special))
    panels = figure.axes[:3]
    hatched = [[p for p in axes.patches if p.get_hatch() == UNTOLD_HATCH] for axes in panels]
    assert [len(found) for found in hatched] == [0, 1, 0]
    texts = [text.get_text() for text in panels[0].texts]
    assert "-2.00" in texts and texts.count("+2.00") == 8
    colours = {
        patch.get_xy(): to_hex(patch.get_facecolor())
        for patch in panels[0].patches
        if isinstance(patch, Rectangle)
    }
    assert colours[-0.5, -0.5] == "#2d004b" and colours[0.5, 0.5] == "#7f3b08"
    assert [len(axes.lines) for axes in panels] == [2, 0, 0]


def test_chinese_labels_have_type() -> None:
    paths = [
        *(CONFIGS / "experiment").glob("*.yaml"),
        *(CONFIGS / "experiment" / "axes").glob("*.yaml"),
    ]
    assert len(paths) == 10
    for path in paths:
        text = path.read_text(encoding="utf-8").replace("\n", "")
        assert printable(text) == text
        assert not set("創聯體產學協掛帥關鍵國資業項請評審規術對應進發現時間題員廣場單個") & set(
            text
        )


# ---------------------------------------------------------------- pages


@pytest.fixture(scope="module")
def results(setup: QuestionSetup, runs: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with pages."""
    out = tmp_path_factory.mktemp("results")
    answers.write_answer(runs, write_tables(runs, setup, out), setup, PROVENANCE, out)
    (out / "config.yaml").write_text(f"experiment: {{name: {NAME}}}\n", encoding="utf-8")
    return out


def shape(text: str) -> tuple[list[str], int, int]:
    """Levels of headings, rows of tables, items of lists."""
    return (
        re.findall(r"^#+(?= )", text, re.MULTILINE),
        len(re.findall(r"^\|", text, re.MULTILINE)),
        len(re.findall(r"^- ", text, re.MULTILINE)),
    )


def test_the_pages_are_twins(results: Path) -> None:
    english, chinese = (
        (results / answer_page.PAGES[lang]).read_text("utf-8") for lang in LANGUAGES
    )
    assert shape(english) == shape(chinese)
    assert english.count("\n## ") == 6
    assert "{" not in english + chinese
    numbers = [re.findall(r"[+-]?\d+\.\d+", text) for text in (english, chinese)]
    assert sorted(numbers[0]) == sorted(numbers[1]) and len(numbers[0]) > 50
    assert "续建还是新建" in chinese and "Renew or replace" in english


def test_the_page_names_levers_money_and_command(results: Path) -> None:
    text = (results / "answer.md").read_text("utf-8")
    assert "| `renewal.renewed_share` | 0 | 0.33 | 0.5 | 1 | 0.33 |" in text
    assert "`renewal.slots`" not in text
    assert "consortia compare experiment=renew_or_replace out=results/mine" in text
    assert "Seed 20240521; 3 paired replicates of the comparison, 2 of each cell" in text
    assert "| Renew all | " in text.partition("## Public money and cost")[2]
    assert text.count("(figures/break_even.svg)") == 1


def test_a_program_gets_a_command_that_does_the_same(setup: QuestionSetup) -> None:
    made = answer(setup, difference(0.5, 1.5))
    assert answer_page.command(made, PROVENANCE | {"command": "python notebook.py"}) == (
        f"consortia compare experiment={NAME} replicates=3 seed=20240521 out=results/{NAME}"
    )


def test_many_levers_are_left_to_the_command() -> None:
    made = load_setup("compare", ["experiment=happened_anyway", "robustness=none"])
    assert isinstance(made, QuestionSetup)
    assert (
        len(answer_page.differing_levers(Answer(made, {}, Words("en")))) > answer_page.MOST_LEVERS
    )


def test_publishing_renames_links_and_renews_the_index(results: Path, tmp_path: Path) -> None:
    folder = tmp_path / "questions"
    assert answers.main([str(results), str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {
        f"{NAME}.md", f"{NAME}.zh.md", f"{NAME}.svg", f"{NAME}.zh.svg", "index.md",
    }  # fmt: skip
    for path in folder.glob(f"{NAME}*.md"):
        links = re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8"))
        assert sorted(links)[0] == "../decisions/0005-statistics.md"
        assert sorted(links)[1] == "../how-to/ask-a-question.md#how-far-to-trust-a-sign"
        assert all((folder / link).is_file() for link in links if not link.startswith(".."))
    index = (folder / "index.md").read_text("utf-8")
    finding = re.findall(r"^\*\*(.+)\*\*$", (folder / f"{NAME}.md").read_text("utf-8"), re.M)[0]
    assert f"| [Renew or replace]({NAME}.md) | {finding} |" in index
    assert f"[续建还是新建]({NAME}.zh.md)" in index
    before = index
    answers.publish(results, folder)
    assert (folder / "index.md").read_text("utf-8") == before


def test_publishing_refuses_a_folder_without_an_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match="holds no answer"):
        answers.publish(tmp_path, tmp_path / "questions")
    assert answers.main([str(tmp_path), str(tmp_path / "questions")]) == 2
    assert answers.main([]) == 2
    assert "usage" in capsys.readouterr().err
    assert not (tmp_path / "questions").exists()


def test_every_question_has_its_published_pages() -> None:
    folder = CONFIGS.parent / "docs" / "questions"
    names = Library.open().names("experiment")
    wanted = {f"{name}{end}" for name in names for end in (".md", ".zh.md", ".svg", ".zh.svg")}
    without_map = {
        f"{name}{end}" for name in ("soe_batches", "origin_batches") for end in (".svg", ".zh.svg")
    }
    assert {path.name for path in folder.iterdir()} == wanted - without_map | {"index.md"}
