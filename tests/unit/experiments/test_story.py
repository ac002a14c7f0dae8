"""One run, told in words: complete, true to the log, in both languages."""

import csv
import dataclasses
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

from agents.kinds import FEN_PER_MYUAN, PAYER_PROGRAMME
from agents.settings import ConfigError
from experiments.configuration import Setup, load_setup
from experiments.stages import FUNNEL, columns_of
from experiments.story import FILES, Story, page_of, run_story
from experiments.story.accounts import paid_by
from experiments.story.formation import find_formation
from experiments.story.one_consortium import ConsortiumTeller
from experiments.story.page import PIECES, Grid, Heading, _widths, as_text, fold, money
from experiments.story.run import choose_consortium, run_model
from experiments.story.stages import StagesTeller
from experiments.words import catalogue
from simulation import events as log
from simulation.columns import BIDDING_OUT, EVENT, SCANNING_OUT

SHORT = ("population=classroom", "time.burn_in=8", "time.policy=16", "time.hand_over=0", "seed=3")


def setup_of(*overrides: str) -> Setup:
    return load_setup("run", ["regime=open_challenge", *SHORT, *overrides])


@cache
def told(*overrides: str) -> Story:
    """A finished run without its files."""
    setup = setup_of(*overrides)
    model, paths = run_model(setup)
    row = choose_consortium(model, setup.config["consortium"])
    return Story(setup, model, model.outcomes(), row, paths, Path("nowhere"))


def text_of(story: Story) -> str:
    parts: list[str] = []
    for block in page_of(story):
        if isinstance(block, Grid):
            parts += [cell for row in (block.columns, *block.rows) for cell in row]
        else:
            parts.append(block if isinstance(block, str) else block.text)
    return "\n".join(parts)


def test_all_files_are_written_and_agree(tmp_path: Path) -> None:
    story = run_story(dataclasses.replace(setup_of(), out=tmp_path / "run"), show=False)
    assert sorted(path.name for path in story.out.iterdir()) == sorted(FILES)
    assert (story.out / "story.txt").read_text(encoding="utf-8") == story.text
    record = json.loads((story.out / "run.json").read_text(encoding="utf-8"))
    assert record["outcomes"]["solved"] == story.outcomes["solved"]
    assert record["consortium"] == story.consortium
    with (story.out / "trajectories.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["solved"]) == story.outcomes["solved"]
    with (story.out / "events.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(story.model.events)
    run_story(dataclasses.replace(setup_of("seed=4"), out=story.out), show=False)


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "runs.parquet").write_text("precious")
    with pytest.raises(ConfigError, match=r"runs\.parquet.*another folder"):
        run_story(dataclasses.replace(setup_of(), out=tmp_path), show=False)
    assert [path.name for path in tmp_path.iterdir()] == ["runs.parquet"]


@pytest.mark.parametrize("number", ["-1", "100000"])
def test_a_number_out_of_range_names_the_range(number: str) -> None:
    story = told()
    with pytest.raises(ConfigError, match=rf"0 to {story.model.consortium_count - 1}"):
        choose_consortium(story.model, int(number))


@pytest.mark.parametrize("number", ["largest", "1.5", "true"])
def test_what_is_no_number_is_refused(number: str, tmp_path: Path) -> None:
    setup = dataclasses.replace(setup_of(f"consortium={number}"), out=tmp_path)
    with pytest.raises(ConfigError, match="neither auto nor a number"):
        run_story(setup, show=False)


def test_auto_takes_the_most_valuable_solved_funded_project() -> None:
    story = told()
    formed = story.model.state.consortia[: story.model.consortium_count]
    good = [row for row in range(len(formed)) if formed["state"][row] == 2 and formed["grant"][row]]
    if good:
        value = story.model.state.needs["value"]
        assert story.consortium == max(good, key=lambda row: value[formed["problem"][row]])
    without_money = told("regime=laissez_faire")
    assert without_money.consortium is not None
    assert without_money.paths[without_money.consortium]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("regime", ["open_challenge", "race", "soe_consortia", "laissez_faire"])
def test_every_consortium_can_be_told(regime: str, lang: str) -> None:
    story = told(f"regime={regime}", f"lang={lang}")
    page = text_of(story)
    assert "{" not in page and "nan" not in page
    for row in range(story.model.consortium_count):
        assert ConsortiumTeller(story, row).blocks()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("public_share", [0.0, 0.35])
def test_labels_without_money_or_work_are_told(public_share: float, lang: str) -> None:
    story = told(
        "regime=lead_firm_consortium", f"lang={lang}", "targets.consortia_per_year=40.0",
        "recognition.label=1.0", f"funding.public_share={public_share}",
        "forming.label_worth_myuan=20.0", "needs.per_quarter=24",
    )  # fmt: skip
    rows = story.model.events["consortium"][story.model.events["kind"] == log.NAME_ONLY]
    assert len(rows)
    for row in rows:
        teller = ConsortiumTeller(story, int(row))
        said = "".join(str(block) for block in teller.blocks())
        planned = money(teller.agent.planned)
        assert teller.say("in_name_only", share="10") in said
        assert (teller.say("recognised", planned=planned) in said) == (public_share == 0.0)


def test_the_story_says_who_answered_what() -> None:
    story = told()
    model = story.model
    refusals = 0
    for row in range(model.consortium_count):
        agent, own = model.consortium(row), model.state.consortia[row]
        formation = find_formation(model.events, row, agent.problem)
        joined = [who for who, kind, _ in formation.answers if kind == log.ACCEPTED]
        assert joined == [member.row for member in agent.members[1:]]
        assert len(formation.answers) - len(joined) == own["refusals"]
        assert {who for who, _, _ in formation.answers} <= set(formation.looked)
        refusals += int(own["refusals"])
    assert refusals > 0


def test_a_dropped_formation_does_not_leak_into_the_next() -> None:
    lines = [
        (0, log.ACCEPTED, 7, 4, 1, 0.0),  # dropped: too few members
        (0, log.FEW_MEMBERS, 7, 4, 9, 1.0),
        (0, log.LOOKED_AT, 7, 4, 2, 0.5),
        (0, log.REFUSED_DEAL, 7, 4, 2, -1.0),
        (0, log.ACCEPTED, 7, 4, 3, 0.2),
        (0, log.BID, 7, 4, 8, 1.0),
    ]
    found = find_formation(np.array(lines, EVENT), 4, 7)
    assert found.looked == (2,)
    assert found.answers == ((2, log.REFUSED_DEAL, -1.0), (3, log.ACCEPTED, 0.2))


@pytest.mark.parametrize("regime", ["open_challenge", "race", "prize", "laissez_faire"])
def test_payers_pay_no_more_than_was_due(regime: str) -> None:
    story = told(f"regime={regime}")
    model = story.model
    burn_in = int(model.state.world[0]["time_burn_in"])
    for row, path in story.paths.items():
        paid = paid_by(model, row)
        assert sum(paid) <= model.consortium(row).spent + 1e-6
        if model.consortium(row).programme == 0:
            assert paid[0] == 0.0
        assert path[-1].step >= path[0].step >= 0 or burn_in == 0


def test_payments_of_all_projects_are_those_of_the_run() -> None:
    """Without penalties or credits, the projects' accounts add up to the run's."""
    story = told("regime=open_challenge", "monitoring.penalty=0")
    total = np.zeros(4)
    for row in story.paths:
        total += paid_by(story.model, row)
    paid = story.model.state.paid / FEN_PER_MYUAN
    outside = story.model.state.ledger[[SCANNING_OUT, BIDDING_OUT]].sum() / FEN_PER_MYUAN
    assert outside > 0
    assert total[PAYER_PROGRAMME] == pytest.approx(paid[PAYER_PROGRAMME], abs=1e-5)
    assert total.sum() == pytest.approx(paid.sum() - outside, abs=1e-4)


def test_paths_show_every_quarter_of_work() -> None:
    story = told()
    for row, path in story.paths.items():
        own = story.model.state.consortia[row]
        steps = [one.step for one in path]
        assert steps == list(range(steps[0], steps[-1] + 1))
        assert (path[-1].tries, path[-1].percentile) == (own["tries"], own["percentile"])


def test_words_of_the_story_agree_in_their_places() -> None:
    import re

    def places(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    english, chinese = catalogue("en"), catalogue("zh")
    for key, text in english.items():
        if key.startswith("story."):
            assert places(text) == places(chinese[key]), key


def test_the_log_had_room() -> None:
    """The story would be cut short where the log is full."""
    from experiments.story.run import EVENTS_ROOM

    story: Any = told()
    assert len(story.model.events) < EVENTS_ROOM / 10


@pytest.mark.parametrize("width", [10, 37, 100])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_folded_lines_fit_and_lose_nothing(lang: str, width: int) -> None:
    text = "".join(catalogue(lang)[key] for key in ("text.cost", "text.welfare", "text.dependence"))
    lines = fold(text, width).split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split())
    longest = max(cell_len(piece.rstrip()) for piece in PIECES.findall(text))
    assert max(map(cell_len, lines)) <= max(width, longest)
    assert not any(line[0] in "，。；：、）”%" for line in lines)
    if lang == "zh":  # not ragged: a line ends early only for the next word
        assert all(cell_len(line) > width - longest for line in lines[:-1])


def test_a_table_cuts_no_word() -> None:
    long = Grid(("name", "kind, region"), (("A name of several words", "lead firm, Zhejiang"),), 0)
    page = as_text([dataclasses.replace(long, rows=long.rows * 2), long])
    assert "…" not in page and page.count("A name of several words   lead firm, Zhejiang") == 3
    assert _widths([["A name", "firm"], ["of several words"]], 16) == [6, 7]
    assert _widths([["A name", "firm"], ["of several words"]], 15) == [None, None]


def test_solved_needs_are_split_by_what_the_reference_solves() -> None:
    """Every solved need is counted once: here and there, only here, only there."""
    story = told()
    outcomes = {**story.outcomes, "solved": 22, "additional": 14, "displaced": 9, "deadweight": 3}
    text = text_of(dataclasses.replace(story, outcomes=outcomes))
    assert "solves 22 needs" in text and "17 are solved" in text
    assert (
        "Solved either way: 8 (of which 3 funded here); only here: 14; only without policy: 9."
        in text
    )


def test_those_who_must_agree_are_named_once() -> None:
    text = text_of(told("regime=lead_firm_consortium"))
    assert text.count("Must agree: development department (") == 1
    assert text.count("million yuan a quarter at the start), industry department (") == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_funnel_is_told_and_adds_up(lang: str) -> None:
    story = told(f"lang={lang}")
    counts = dict(
        zip(columns_of(story.model.regions), story.model.state.stages[1].tolist(), strict=True)
    )
    assert counts["collected"] > counts["approved"] > 0
    (grid,) = [
        block
        for block in page_of(story)
        if isinstance(block, Grid) and block.columns[0] == catalogue(lang)["story.head.stage"]
    ]
    shown = {row[0]: row[1] for row in grid.rows}
    for name in FUNNEL:
        if name in counts:
            assert shown[catalogue(lang)[f"stage.{name}"]] == str(counts[name])
    wait = counts["waiting"] / counts["approved"]
    assert shown[catalogue(lang)["stage.wait"]] == money(wait)
    bids = (story.model.events["kind"] == log.BID).sum()
    assert counts["bids"] == bids


def test_each_programme_has_its_funnel() -> None:
    setup = load_setup("run", ["regime=combined", *SHORT])
    model, _ = run_model(setup)
    story = Story(setup, model, model.outcomes(), None, {}, Path("nowhere"))
    headings = [block.text for block in StagesTeller(story).blocks() if isinstance(block, Heading)]
    assert headings == [
        catalogue("en")["story.stages"].format(programme=name)
        for name in story.setup.regimes[0].programmes
    ]


def test_without_programmes_no_funnel_is_told() -> None:
    setup = load_setup("run", ["regime=laissez_faire", *SHORT])
    model, _ = run_model(setup)
    assert StagesTeller(Story(setup, model, {}, None, {}, Path("nowhere"))).blocks() == []
